"""Many calls: rows of a source through a client into a file, by so many workers as are allowed.

Uses `core` and a client that is handed in; clients know nothing of it.
"""

from .batches import BatchFailedError, batch
from .progress import Progress, Summary
from .results import Failure, Result, results
from .rows import RowError, request_row
from .run import Stop, run
from .sources import SourceChangedError

__all__ = [
    "BatchFailedError",
    "Failure",
    "Progress",
    "Result",
    "RowError",
    "SourceChangedError",
    "Stop",
    "Summary",
    "batch",
    "request_row",
    "results",
    "run",
]
