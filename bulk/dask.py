"""Rows through workers of Dask: `run(source, out, cluster, ...)`.

Uses `on_dask`; `distributed` itself is imported when `run` is called.
"""

from .on_dask import Calls, run
from .recipe import Recipe, SharedLimit

__all__ = ["Calls", "Recipe", "SharedLimit", "run"]
