"""`run` on the workers of a Dask cluster: chunks of rows, a client and a loop in each process.

    with distributed.Client(address) as cluster:
        summary = run("rows.jsonl", "results.jsonl", cluster, journal="/shared/journal")

Nothing here starts a cluster, and `distributed` is imported by `run` alone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack, cast

from ..core.policies import checks
from .courier import Batch, Work, carry_here
from .journal import Journal
from .progress import Progress, Summary, reporter
from .results import failure_of, stored_row
from .rows import Request, failed, usage_of
from .sources import Bad, Row, Source, request_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from .courier import Working
    from .sources import Rows

__all__ = ["Calls", "run"]

AHEAD: Final = 2
"""Chunks that are handed over for each thread of the workers."""
NOTICE: Final = 0.5
"""Seconds between two looks at how far the run is, and between two times that the file is synced."""


class Calls:
    """A function of a chunk of rows, for tasks of your own: what `run` gives to the workers.

    `cluster.submit(calls, rows, pure=False)` returns a row of results (bytes, as in a file) for each
    row. All chunks of a process share one client, so many calls in flight, and one loop.
    """

    def __init__(self, **work: "Unpack[Working]") -> None:
        self._work = Work(**work)

    def __call__(self, rows: Sequence[Row]) -> list[bytes]:
        """Carry rows out in this process; what fails is a row with its error."""
        made = [request_of(row, number) for number, row in enumerate(rows, 1)]
        return self.carry(made).rows

    def carry(self, rows: "Sequence[Request | Bad]") -> Batch:
        """Carry out rows that have been read."""
        return carry_here(self._work, rows).result()


def run(
    source: "Rows",
    out: "str | os.PathLike[str]",
    cluster: Any,
    *,
    chunk: int = 200,
    ahead: int | None = None,
    resume: "bool | Literal['failed']" = False,
    progress: "Callable[[Progress], Any] | Literal['log', 'bar'] | None" = None,
    total: int | None = None,
    **work: "Unpack[Working]",
) -> Summary:
    """Send the rows of `source` from the workers of `cluster`, and append what comes of each to `out`.

    `source`, `out`, `resume`, `progress`, `total` are those of `bulk.run`; `cluster` is a
    `distributed.Client`. Rows go out in chunks of `chunk`, and are read as these get done: `ahead` are
    handed over at once, by default twice as many as the workers have threads. Each process makes its
    client by `recipe`, and has `concurrency` calls in flight, whatever its number of threads.

    Results come to `out` and stay in no worker. With `journal`, a folder that all workers share, a
    chunk that is done again, because its worker is gone, has the results of what had ended; without
    it its calls are made again. A chunk that is given up (`KilledWorker`) becomes rows with that error.
    """
    checks.count("run", "chunk", chunk, least=1)
    if getattr(cluster, "asynchronous", False):
        raise TypeError("cluster: expected a Client of distributed that is not asynchronous")
    if resume not in (True, False, "failed"):
        raise ValueError(f"run resume={resume!r}: expected True, False or 'failed'")
    if ahead is None:
        ahead = AHEAD * max(1, sum(cluster.nthreads().values()))
    checks.count("run", "ahead", ahead, least=1)
    if total is None and hasattr(source, "__len__") and not isinstance(source, str):
        total = len(cast("Sequence[object]", source))
    calls = Calls(**work)
    tell, told = reporter(progress)
    try:
        with Journal.open(out, resume=bool(resume)) as file:
            if resume == "failed":
                file.drop_failed()
            rows = Source(source, file.finished() if resume else None)
            try:
                if rows.asynchronous:
                    raise TypeError("source: expected an iterable that is not asynchronous")
                return _Run(rows, file, total, tell).go(cluster, calls, chunk, ahead)
            finally:
                rows.close()
    finally:
        told()


class _Run:
    """The driver's part: hands chunks over, and writes what comes back."""

    def __init__(
        self,
        source: Source,
        file: Journal,
        total: int | None,
        tell: "Callable[[Progress], Any] | None",
    ) -> None:
        self._source = source
        self._file = file
        self._total = total
        self._tell = tell
        self._began = self._told = monotonic()
        self._done = self._failed = self._input = self._output = 0
        self._requests: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def go(self, cluster: Any, calls: Calls, chunk: int, ahead: int) -> Summary:
        """Do all rows."""
        library: Any = import_module("distributed")
        chunks = self._chunks(chunk)
        under_way: dict[Any, list[Request]] = {}

        def hand_over() -> Any:
            if (rows := next(chunks, None)) is None:
                return None
            future = cluster.submit(calls.carry, rows, pure=False)
            under_way[future] = rows
            return future

        try:
            first = [future for _ in range(ahead) if (future := hand_over()) is not None]
            ended = library.as_completed(first)
            for future in ended:
                self._take(future, under_way.pop(future), library.KilledWorker)
                if (following := hand_over()) is not None:
                    ended.add(following)
        finally:
            for future in under_way:
                future.cancel()
        return self._summary()

    def _chunks(self, size: int) -> Iterator[list[Request]]:
        """Requests of the source, so many at once; rows that are none are written here."""
        rows: list[Request] = []
        while (row := self._source.take()) is not None:
            if isinstance(row, Bad):
                self._write(failed(row.key, row.id, row.error))
                continue
            rows.append(row[0])
            if len(rows) == size:
                yield rows
                rows = []
        if rows:
            yield rows

    def _take(self, future: Any, rows: list[Request], killed: type[Exception]) -> None:
        """Write what came of a chunk, and let the cluster forget it."""
        try:
            found, courier, requests = future.result()
        except killed as error:
            found = [failed(row.key, row.id, error) for row in rows]
        else:
            self._requests[courier] = max(requests, self._requests[courier])
        for row in found:
            self._write(row)
        future.release()
        now = monotonic()
        if now - self._told >= NOTICE:
            self._told = now
            self._file.sync()
            if self._tell is not None:
                self._tell(Progress(**self._figures()))

    def _write(self, row: bytes) -> None:
        self._file.append(row)
        self._done += 1
        stored = stored_row(row, self._file.path, self._done)
        if (failure := failure_of(stored)) is not None:
            self._failed += 1
            self._errors[str(failure.status_code or failure.type)] += 1
        elif stored.response is not None:
            usage = usage_of(bytes(stored.response.body))
            self._input += usage.input
            self._output += usage.output

    def _summary(self) -> Summary:
        summary = Summary(**self._figures(), errors=dict(self._errors.most_common()))
        if self._tell is not None:
            self._tell(summary)
        return summary

    def _figures(self) -> dict[str, Any]:
        return {
            "done": self._done,
            "failed": self._failed,
            "skipped": self._source.skipped,
            "requests": self._requests.total(),
            "input_tokens": self._input,
            "output_tokens": self._output,
            "seconds": monotonic() - self._began,
            "total": self._total,
        }
