"""`Source`: what a run reads, one request after the other, from whatever the caller has."""

import os
from collections.abc import AsyncIterable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, cast

from ..core.request.operation import Operation
from .journal import Finished
from .rows import Request, RowError, id_of_none
from .seen import Seen

__all__ = ["Bad", "Row", "Rows", "Source", "SourceChangedError", "request_of"]

Row: TypeAlias = (
    Operation[Any, Any] | tuple[str, Operation[Any, Any]] | Mapping[str, Any] | bytes | str
)
"""A request of a run: an operation, alone (its key is its number, from 0) or with its key, or a row in
the Batch API's form, as a dict or as JSON."""
Rows: TypeAlias = str | os.PathLike[str] | Iterable[Row] | AsyncIterable[Row]
"""Rows, or the path of a file of them (JSON lines)."""


class SourceChangedError(ValueError):
    """A run that goes on finds another request under a key that is finished."""


class Bad:
    """A row that is none, and what it is called in the results."""

    __slots__ = ("error", "key")

    def __init__(self, error: RowError, key: str) -> None:
        self.error = error
        self.key = key

    @property
    def id(self) -> str:
        """What it has in the place of a request's id."""
        return id_of_none(self.key, self.error)


class Source:
    """The rows of a run that are yet to be done, in order; each is taken once."""

    def __init__(self, rows: "Rows", finished: Finished | None = None) -> None:
        self.read = 0
        """Rows taken so far."""
        self.skipped = 0
        """Of those, the ones that were finished before."""
        self.finished = finished
        """What is done already: those rows are not given out."""
        self._numbered = 0
        """Rows at the beginning whose keys are their numbers: those need no room."""
        self._keys = Seen()
        self._file: BinaryIO | None = None
        if isinstance(rows, str | os.PathLike):
            rows = self._file = Path(rows).open("rb")  # noqa: SIM115 (until `close`)
        taken: Any = rows  # as its type says, and it is looked at
        self.asynchronous = hasattr(taken, "__aiter__") and not hasattr(taken, "__iter__")
        """Whether rows are awaited."""
        if isinstance(taken, bytes | Mapping) or not (
            self.asynchronous or hasattr(taken, "__iter__")
        ):
            kind = type(cast("object", taken)).__name__
            raise TypeError(f"source: expected a path or an iterable of rows, not {kind}")
        self._rows: Any = aiter(taken) if self.asynchronous else iter(taken)

    def take(self) -> "tuple[Request, str] | Bad | None":
        """Return the next request and its id, or a row that is none; `None` at the end."""
        for row in self._rows:
            if (found := self._taken(row)) is not None:
                return found
        return None

    async def take_async(self) -> "tuple[Request, str] | Bad | None":
        """As `take`, of rows that are awaited."""
        async for row in self._rows:
            if (found := self._taken(row)) is not None:
                return found
        return None

    def close(self) -> None:
        """Close the file that was opened."""
        if self._file is not None:
            self._file.close()

    def _taken(self, row: Row) -> "tuple[Request, str] | Bad | None":
        number = self.read = self.read + 1
        if self._file is not None and not cast("bytes", row).strip():
            return None
        try:
            request = request_of(row, number)
            if self._numbered == number - 1 and type(row) is Operation:
                self._numbered = number
            elif not self._is_new(request.key):
                again = f"custom_id={request.key!r}: it has come before, and keys are unique"
                raise RowError(again, number)
        except RowError as error:
            key = error.key or f"row {number}"
            if not self._is_new(key):
                key = f"row {number}"
                while not self._is_new(key):
                    key += "*"
            if self.finished is not None and key in self.finished.keys:
                self.skipped += 1
                return None
            return Bad(error, key)
        id = request.id
        if self.finished is not None:
            there = self.finished.has(request.key, lambda: id)
            if there == "yes":
                self.skipped += 1
                return None
            if there != "no":
                raise SourceChangedError(
                    f"source: row {number}, custom_id={request.key!r}, is another request than the one "
                    "whose result is in the file; go on with the source it was made of, or into a new file"
                )
        return request, id

    def _is_new(self, key: str) -> bool:
        """Note a key; whether it has not come before."""
        if key.isdecimal() and len(key) < 20 and int(key) < self._numbered and key == f"{int(key)}":
            return False
        return self._keys.add(key)


def request_of(row: Any, number: int) -> Request:
    """Make a request of whatever a row is; `RowError` where it is none."""
    if type(row) is Operation:
        return Request.of_operation(str(number - 1), row, number)  # pyright: ignore[reportUnknownArgumentType]
    pair = issubclass(type(row), tuple) and len(row) == 2
    key, asked = row if pair else (str(number - 1), row)
    if issubclass(type(asked), Operation):
        if not isinstance(key, str) or not _is_text(key):
            raise RowError(f"key={key!r}: expected text", number)
        return Request.of_operation(key, asked, number)
    if issubclass(type(row), bytes | str | Mapping):
        return Request.of_row(row, number)
    raise RowError(
        "expected an operation, a key (text) and an operation, or a row as dict, bytes or text; "
        f"not {type(row).__name__}",
        number,
    )


def _is_text(key: str) -> bool:
    """Whether there is something in it, and no half of a character."""
    try:
        return bool(key.encode())
    except UnicodeEncodeError:
        return False
