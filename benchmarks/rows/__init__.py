"""What is measured, on what, and what it may cost next to the official SDK's best and the floor."""

from typing import Final

from . import beneath, bulk, calls, cold, many, sessions, streams, transfers
from .row import MEGABYTES, TRANSFER, Figure, Row, Unit

__all__ = ["MEGABYTES", "ROWS", "TRANSFER", "Figure", "Row", "Unit", "select"]

ROWS: Final[tuple[Row, ...]] = (
    *cold.ROWS,
    *calls.ROWS,
    *streams.ROWS,
    *transfers.ROWS,
    *many.ROWS,
    *bulk.ROWS,
    *sessions.ROWS,
    *beneath.ROWS,
)


def select(names: str) -> tuple[Row, ...]:
    """The rows whose name or group is in the comma-separated `names`; "" selects all."""
    if not names:
        return ROWS
    wanted = set(names.split(","))
    if unknown := wanted - {row.name for row in ROWS} - {row.group for row in ROWS}:
        raise ValueError(f"no such rows: {', '.join(sorted(unknown))}")
    return tuple(row for row in ROWS if row.name in wanted or row.group in wanted)
