"""Many calls: rows, files of results, sources, and whole runs."""
