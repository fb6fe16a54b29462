"""Ray and Dask on this machine: rows that survive their workers, limits that processes share."""
