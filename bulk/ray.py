"""Rows through actors of Ray Data: `dataset.map_batches(Calls, **Calls.options(...))`.

Uses `on_ray`; Ray itself is imported when `Calls.options` is called.
"""

from .on_ray import COLUMNS, Calls
from .recipe import Recipe, SharedLimit

__all__ = ["COLUMNS", "Calls", "Recipe", "SharedLimit"]
