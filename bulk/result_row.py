"""`Columns`: a row of results as the values of a table, all of one type whatever came of it."""

import msgspec

from .results import failure_of, stored_row

__all__ = ["Columns", "columns_of"]


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one row."""

    answer: str | None = None
    """The answer's JSON; `None` where the row has failed."""
    error: str | None = None
    """What it says; `None` where there is none."""
    error_code: str | None = None
    """The code of the error document or its type; where no answer came, of the exception."""
    status_code: int | None = None
    request_id: str | None = None
    attempts: int | None = None
    """Tries of a row that has failed."""


def columns_of(row: bytes) -> Columns:
    """Read a row of results."""
    stored = stored_row(row, "results", 1)
    response, failure = stored.response, failure_of(stored)
    return Columns(
        answer=bytes(response.body).decode() if response is not None and failure is None else None,
        error=None if failure is None else failure.message,
        error_code=None if failure is None else failure.code or failure.type,
        status_code=None if response is None else response.status_code,
        request_id=None if response is None else response.request_id,
        attempts=len(stored.attempts) or None,
    )
