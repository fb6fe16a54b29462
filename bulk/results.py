"""`results`: files of results, of a run or of the Batch API, as typed values."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, overload

import msgspec

from ..core.json.restoring import restore
from ..core.json.values import fields_of
from ..core.terms.nesting import decode, decoder
from .sources import Bad, Rows, Source
from .tidying import tidied

__all__ = ["Failure", "Result", "StoredRow", "failure_of", "results", "stored_row"]

T = TypeVar("T")
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """How a row failed."""

    message: str
    code: str | None = None
    type: str | None = None
    """Of the error document; where no answer came, the name of the exception."""
    param: str | None = None
    status_code: int | None = None
    """Of the answer; `None` where none came."""
    body: Any = None
    """The error document, or its text."""

    def __str__(self) -> str:
        head = self.code or self.type or "failed"
        return (
            f"{head if self.status_code is None else f'{self.status_code} {head}'}: {self.message}"
        )


class Result(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One row: an answer, or how it failed."""

    custom_id: str
    answer: T | None
    error: Failure | None
    status_code: int | None = None
    request_id: str | None = None
    attempts: tuple[dict[str, Any], ...] = ()
    """Each try of a row that failed, as `Attempt` has it."""
    seconds: float | None = None
    """From taking a connection to the whole answer, in a run; of the last try."""
    id: str | None = None


class _Response(msgspec.Struct):
    status_code: int = 0
    request_id: str | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class StoredRow(msgspec.Struct):
    """A line of a file of results; the answer is not looked at."""

    custom_id: str
    response: _Response | None
    id: str | None = None
    error: dict[str, Any] | None = None
    attempts: tuple[dict[str, Any], ...] = ()
    seconds: float | None = None


_row_of: Final = decoder(StoredRow)


@overload
def results(
    paths: Paths, kind: type[T], *, order: Rows | None = None, strict: bool = False
) -> Iterator[Result[T]]: ...
@overload
def results(
    paths: Paths, kind: Any = ..., *, order: Rows | None = None, strict: bool = False
) -> Iterator[Result[Any]]: ...
def results(
    paths: Paths, kind: Any = Any, *, order: Rows | None = None, strict: bool = False
) -> Iterator[Result[Any]]:
    """Read results, row by row: `for row in results("out.jsonl", ChatCompletion)`.

    `paths` is a file, or several (the output and error files of a batch, the files of several runs).
    `kind` is what answers become, as `restore` makes it; by default builtins. `order` gives the rows
    in the order of the source that they were made of: those that have no result are left out. The
    whole of a file that is being written can be read; a row that is torn is not there yet.

    An answer that is none of `kind` (with `strict`, one that does not fit it) is a row with the error
    `misfit`. Raises `ValueError` for a line that is no row of results, naming file and line.
    """
    files = [paths] if isinstance(paths, str | os.PathLike) else [*paths]
    _check_kind(kind)
    if order is None:
        return _in_file_order(files, kind, strict)
    return _in_order_of(order, files, kind, strict)


def _check_kind(kind: Any) -> None:
    """Raise `TypeError`, before any file is read, for what no answer can become."""
    try:
        restore(b"null", kind)
    except ValueError:
        pass  # a type, and null is none of it
    except TypeError as error:
        raise TypeError(
            f"results kind={kind!r}: expected a type, as Response or list[dict], or Any: {error}"
        ) from None


def _in_file_order(files: "list[Any]", kind: Any, strict: bool) -> Iterator[Result[Any]]:
    for path in files:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.endswith(b"\n") and line.strip():
                    yield _result(line, kind, strict, path, number)


def _in_order_of(order: Rows, files: "list[Any]", kind: Any, strict: bool) -> Iterator[Result[Any]]:
    """The rows of an index: the file and the byte where each begins. Of rows with one key the last counts."""
    index: dict[str, tuple[int, int, int]] = {}
    for place, path in enumerate(files):
        at = 0
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.endswith(b"\n") and line.strip():
                    index[stored_row(line, path, number).custom_id] = (place, at, number)
                at += len(line)
    source = Source(order)
    if source.asynchronous:
        raise TypeError("order: expected a path or an iterable of rows, not an async iterable")
    with ExitStack() as stack:
        stack.callback(source.close)
        opened = [stack.enter_context(Path(path).open("rb")) for path in files]
        while (row := source.take()) is not None:
            key = row.key if isinstance(row, Bad) else row[0].key
            if (found := index.get(key)) is not None:
                place, at, number = found
                opened[place].seek(at)
                yield _result(opened[place].readline(), kind, strict, files[place], number)


def stored_row(line: bytes, path: Any, number: int) -> StoredRow:
    """Read a line; `ValueError` says which is none."""
    try:
        return _row_of(line)
    except (ValueError, RecursionError) as error:
        with suppress(ValueError, RecursionError):
            return _row_of(tidied(line))
        raise ValueError(f"{path}, line {number}: it is no row of results: {error}") from None


def _result(line: bytes, kind: Any, strict: bool, path: Any, number: int) -> Result[Any]:
    row = stored_row(line, path, number)
    response, failure = row.response, failure_of(row)
    answer: Any = None
    if response is not None and failure is None:
        try:
            answer = restore(bytes(response.body), kind, strict=strict)
        except ValueError as wrong:
            failure = Failure(
                message=f"{path}, line {number}: {wrong}",
                code="misfit",
                type=type(wrong).__name__,
                status_code=response.status_code,
                body=decode(response.body),
            )
    return Result(
        custom_id=row.custom_id,
        answer=answer,
        error=failure,
        status_code=response.status_code if response is not None else None,
        request_id=response.request_id if response is not None else None,
        attempts=row.attempts,
        seconds=row.seconds,
        id=row.id,
    )


def failure_of(row: StoredRow) -> Failure | None:
    """How a row failed; nothing where it has an answer."""
    response, error = row.response, row.error
    if error is not None or response is None:
        return _failure(error or {}, response)
    return _refusal(response) if response.status_code >= 300 else None


def _failure(error: dict[str, Any], response: _Response | None) -> Failure:
    """What no answer came of, or one that is no JSON document."""
    return Failure(
        message=str(error.get("message") or "there is no answer"),
        code=error.get("code"),
        type=error.get("type"),
        status_code=response.status_code if response is not None else None,
        body=decode(response.body) if response is not None else None,
    )


def _refusal(response: _Response) -> Failure:
    """The error document of an answer: at `error` in its body, or all of it."""
    body: Any = decode(response.body)
    said = fields_of(fields_of(body).get("error", body)) or {"message": body or None}
    text = {name: None if value is None else str(value) for name, value in said.items()}
    return Failure(
        message=text.get("message") or f"status {response.status_code}",
        code=text.get("code"),
        type=text.get("type"),
        param=text.get("param"),
        status_code=response.status_code,
        body=body,
    )
