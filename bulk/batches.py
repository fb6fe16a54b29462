"""`batch`: the rows of a run sent as a batch of the API, and its results in the same file.

Half the price, within a day: `POST /batches`. The file of results is one that `results` reads.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack, cast, overload

from ..core.programs.polling import Poll, ended, until
from ..core.terms.errors import OpenAIError
from .journal import Journal, ended_of
from .progress import Summary
from .rows import URL_ROOT, Request, request_row
from .sources import Bad, Rows, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from ..client.client import AsyncClient, Client
    from ..core.api.types.batches import Batch
    from ..core.programs.caller import Caller

__all__ = ["BatchFailedError", "batch"]

OVER: Final = frozenset(("completed", "failed", "expired", "cancelled"))
PAUSE: Final = 30.0
"""Seconds between two looks at a batch."""


class BatchFailedError(OpenAIError):
    """The API has refused a file of rows; `errors` says why, `batch_id` of which batch."""

    def __init__(self, batch_id: str, errors: "tuple[Mapping[str, Any], ...]" = ()) -> None:
        super().__init__(batch_id, errors)
        self.batch_id = batch_id
        self.errors = errors

    def __str__(self) -> str:
        words = [_said(each) for each in self.errors[:5]]
        if len(self.errors) > 5:
            words.append(f"and {len(self.errors) - 5} more")
        return f"{self.batch_id} has failed" + (f": {'; '.join(words)}" if words else "")


class BatchOptions(TypedDict, total=False):
    """What a batch may be told; see `batch`."""

    batch_id: str | None
    completion_window: str
    metadata: "Mapping[str, str] | None"
    poll_interval: float | None
    max_wait_seconds: float | None
    created: "Callable[[Batch], object] | None"


@overload
def batch(
    source: Rows,
    out: "str | os.PathLike[str]",
    client: "Client",
    **options: Unpack[BatchOptions],
) -> Summary: ...
@overload
def batch(
    source: Rows,
    out: "str | os.PathLike[str]",
    client: "AsyncClient",
    **options: Unpack[BatchOptions],
) -> "Coroutine[Any, Any, Summary]": ...
def batch(
    source: Rows,
    out: "str | os.PathLike[str]",
    client: "Client | AsyncClient",
    *,
    batch_id: str | None = None,
    completion_window: str = "24h",
    metadata: "Mapping[str, str] | None" = None,
    poll_interval: float | None = None,
    max_wait_seconds: float | None = None,
    created: "Callable[[Batch], object] | None" = None,
) -> "Summary | Coroutine[Any, Any, Summary]":
    """Send rows as one batch, wait for its end, and write the results of all rows to `out`.

    The rows are uploaded whole (`POST /files`), for one endpoint as the API demands: that of the
    first. A row that is none is a `RowError`, before anything is sent. `created` is called with the
    batch: its `id`, as `batch_id`, is what a later call goes on with if this one ends early, and then
    `source` is not read. `poll_interval` (30) and `max_wait_seconds` are in seconds. A batch that has
    expired or was cancelled gives what was done. Where there are no results, no file is left.

    Awaited with an `AsyncClient`. Raises `BatchFailedError` for rows that the API refuses,
    `PollTimeoutError` after `max_wait_seconds`, `FileExistsError` for a file with results.
    """
    times = Poll.every(poll_interval, max_wait_seconds, PAUSE)

    async def program() -> Summary:
        with Journal.open(out) as journal:
            try:
                return await results_of_it(journal)
            finally:
                journal.leave_no_empty_file()

    async def results_of_it(journal: Journal) -> Summary:
        began = client.clock.now()
        found = await _until_over(
            client, source, batch_id, times, completion_window, metadata, created
        )
        done = failed = 0
        for file_id in (found.output_file_id, found.error_file_id):
            if file_id is not None:
                for line in await _fetched(client, file_id):
                    failed += ended_of(line, file_id).failed
                    journal.append(line + b"\n")
                    done += 1
        usage = found.usage
        return Summary(
            done=done,
            failed=failed,
            skipped=0,
            requests=done,
            input_tokens=0 if usage is None else usage.input_tokens or 0,
            output_tokens=0 if usage is None else usage.output_tokens or 0,
            seconds=client.clock.now() - began,
            stopped=None if found.status == "completed" else f"the batch is {found.status}",
        )

    return client.run(program())


async def _until_over(
    caller: "Caller",
    source: Rows,
    batch_id: str | None,
    times: Poll,
    window: str,
    metadata: "Mapping[str, str] | None",
    created: "Callable[[Batch], object] | None",
) -> "Batch":
    from ..core.api.operations import batches, files

    first: Batch | None = None
    if batch_id is None:
        data, url = _gathered(source)
        name = Path(source).name if isinstance(source, str | os.PathLike) else "rows.jsonl"
        file = await caller.perform(
            files.create(file=(name, data, "application/jsonl"), purpose="batch")
        )
        more: dict[str, Any] = {} if metadata is None else {"metadata": dict(metadata)}
        first = await caller.perform(
            batches.create(
                input_file_id=file.id,
                endpoint=cast("Any", url),
                completion_window=cast("Any", window),
                **more,
            )
        )
        batch_id = first.id
        if created is not None:
            created(first)
    look = batches.retrieve(batch_id)
    found = await until(caller, ended(OVER), look, times, batch_id, first)
    if found.status == "failed":
        errors = found.errors.data if found.errors is not None else None
        raise BatchFailedError(batch_id, tuple(each.to_dict() for each in errors or ()))
    return found


def _gathered(source: Rows) -> tuple[bytes, str]:
    """All rows as one file, and the endpoint of the first."""
    rows = Source(source)
    if rows.asynchronous:
        raise TypeError("source: a batch takes a path or an iterable, not an async iterable")
    lines: list[bytes] = []
    url = ""
    try:
        while (row := rows.take()) is not None:
            if isinstance(row, Bad):
                raise row.error
            request: Request = row[0]
            url = url or URL_ROOT + request.operation.path
            lines.append(request_row(request))
    finally:
        rows.close()
    if not lines:
        raise ValueError("source: expected one row at least")
    return b"".join(lines), url


async def _fetched(caller: "Caller", file_id: str) -> list[bytes]:
    """The rows of a file of results."""
    from ..core.api.operations import files

    content = await caller.perform(cast("Any", files.content(file_id)))
    return [line for line in content.content.split(b"\n") if line.strip()]


def _said(error: "Mapping[str, Any]") -> str:
    line = error.get("line")
    where = "" if line is None else f"line {line}: "
    return f"{where}{error.get('code')}: {error.get('message')}"
