"""`run`: rows of a source through a client into a file of results."""

import os
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from math import inf
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, Unpack, cast, overload

from ..core.policies import checks
from ..core.policies.pace import Pace, PacedRetry
from ..core.policies.rate_limit import RateLimit
from .job import Job, Limits
from .journal import Journal
from .progress import Progress, Summary, reporter
from .sending import retry_of
from .sources import Rows, Source

if TYPE_CHECKING:
    from ..client.client import AsyncClient, Client
    from ..core.call import policy

__all__ = ["Options", "Stop", "run"]

MOST_THREADS: Final = 4096
"""Workers of a blocking run: more threads than that hinder one another, and a system soon has no more."""
MOST_TASKS: Final = 1_000_000


class Stop:
    """Ends a run from outside: `stop("why")`, in any thread, a signal handler or a callback.

    Rows under way are finished and written; no more are begun. Rows that wait because the server has
    asked for that notice it within a second, and are left for the next time.
    """

    def __init__(self) -> None:
        self._why = ""
        self._listener: Callable[[str], object] | None = None

    def __call__(self, why: str = "asked to stop") -> None:
        """End the run that it was given to, also one that has not begun."""
        self._why = why
        if self._listener is not None:
            self._listener(why)

    def tell(self, listener: Callable[[str], object]) -> None:
        """Call `listener` when it is time to stop, or now."""
        self._listener = listener
        if self._why:
            listener(self._why)


class Options(TypedDict, total=False):
    """What a run may be told; see `run`."""

    concurrency: int
    retries: "int | policy.Retry | None"
    requests_per_minute: float | None
    tokens_per_minute: float | None
    follow_limits: bool
    resume: "bool | Literal['failed']"
    max_errors: int | None
    max_requests: int | None
    max_tokens: int | None
    seconds: float | None
    stop: Stop | None
    progress: "Callable[[Progress], Any] | Literal['log', 'bar'] | None"
    total: int | None
    sync: float | None


@overload
def run(
    source: Rows, out: "str | os.PathLike[str]", client: "Client", **options: Unpack[Options]
) -> Summary: ...
@overload
def run(
    source: Rows, out: "str | os.PathLike[str]", client: "AsyncClient", **options: Unpack[Options]
) -> Coroutine[Any, Any, Summary]: ...
def run(
    source: Rows,
    out: "str | os.PathLike[str]",
    client: "Client | AsyncClient",
    *,
    concurrency: int = 32,
    retries: "int | policy.Retry | None" = None,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
    follow_limits: bool = False,
    resume: "bool | Literal['failed']" = False,
    max_errors: int | None = None,
    max_requests: int | None = None,
    max_tokens: int | None = None,
    seconds: float | None = None,
    stop: Stop | None = None,
    progress: "Callable[[Progress], Any] | Literal['log', 'bar'] | None" = None,
    total: int | None = None,
    sync: float | None = 1.0,
) -> "Summary | Coroutine[Any, Any, Summary]":
    """Send the rows of `source`, and append what comes of each to the file `out`.

    `source` is the path of a file of rows in the Batch API's input form, or an iterable of operations,
    `(key, operation)`, or rows; for an `AsyncClient`, whose run is awaited, an async iterable too. It
    is read row by row, as rows get done: memory does not grow with it but for about ten bytes a key.
    `out` gets a row in the Batch API's output form for each, in the order in which they end; `results`
    reads it. A row that fails is a row with its error, and so is one that is no request.

    - `concurrency`: rows under way at once; 4096 at most with a `Client`, whose workers are threads.
    - `retries`: how often a row is tried again, or a `Retry`; by default what the client does.
    - `requests_per_minute`, `tokens_per_minute`: beside a rate limit of the client's own.
    - `follow_limits`: heed what the server's `x-ratelimit-*` fields say is left.
    - `resume`: go on where the file ends. Finished keys are skipped, `"failed"` ones done again.
    - `max_errors`, `max_requests`, `max_tokens`, `seconds`: where it stops. Rows under way are finished.
    - `stop`: a `Stop`, called to end it. A cancellation or Ctrl-C ends it at once, and rows under way are
      left for the next time.
    - `progress`: a function of a `Progress`, `"log"`, or `"bar"` (needs tqdm); twice a second at most,
      also while the server asks to wait.
    - `total`: rows in all, for the time left; known for a sequence. One that is too small is dropped.
    - `sync`: seconds after which what was written is brought to the disk (fsync); `None` for never.

    A 429, and a refusal with `retry-after`, holds all rows until then; afterwards they go out one by
    one, as fast as the server lets them (`Pace`). Raises `FileExistsError` for a file with results
    without `resume`, `BlockingIOError` for one that another run writes to, `SourceChangedError` where
    a finished key is another request's, `ValueError` or `TypeError` for an argument that is none.
    """
    checks.count("run", "concurrency", concurrency, least=1)
    if not hasattr(client, "with_options"):
        raise TypeError(f"client={client!r}: expected a Client or an AsyncClient")
    _refuse_same_file(source, out)
    changes = _policies(client, retries, requests_per_minute, tokens_per_minute, follow_limits)
    if total is not None:
        checks.count("run", "total", total)
    if stop is not None and not isinstance(stop, Stop):  # pyright: ignore[reportUnnecessaryIsInstance] (anybody's)
        raise TypeError(f"run stop={stop!r}: expected a Stop")
    counts = {"max_errors": max_errors, "max_requests": max_requests, "max_tokens": max_tokens}
    for name, count in counts.items():
        if count is not None:
            checks.count("run", name, count, least=1)
    for name, time in (("seconds", seconds), ("sync", sync)):
        if time is not None:
            checks.seconds("run", name, time)
    if not isinstance(resume, bool) and resume != "failed":
        raise ValueError(f"run resume={resume!r}: expected True, False or 'failed'")
    tell, told = reporter(progress)
    pace = Pace(
        inner=changes.pop("inner"),
        limit=None if requests_per_minute is None else requests_per_minute / 60,
        most=inf if max_requests is None else max_requests,
        look=1.0,  # or a `Stop` would not be noticed before the end of a long hold
    )
    sender = client.with_options(rate_limit=cast("Any", pace), **changes)
    limits = Limits(
        errors=inf if max_errors is None else max_errors,
        tokens=inf if max_tokens is None else max_tokens,
        seconds=inf if seconds is None else seconds,
    )
    if total is None and hasattr(source, "__len__") and not isinstance(source, str | bytes):
        total = len(cast("list[object]", source))
    workers = concurrency if total is None else max(1, min(concurrency, total))
    most = MOST_TASKS if client.asynchronous else MOST_THREADS
    if workers > most:
        words = "tasks" if client.asynchronous else "threads; an AsyncClient's are tasks"
        raise ValueError(
            f"run concurrency={concurrency}: expected {most} at most, for workers are {words}"
        )

    async def program() -> Summary:
        try:
            with closing(Source(source)) as rows:
                if rows.asynchronous and not client.asynchronous:
                    raise TypeError("source: an async iterable needs an AsyncClient")
                with Journal.open(out, resume=bool(resume)) as journal:
                    if resume == "failed":
                        journal.drop_failed()
                    if resume:
                        rows.finished = journal.finished()
                    job = Job(
                        sender, rows, journal, pace, limits, tell=tell, total=total, sync=sync
                    )
                    if stop is not None:
                        stop.tell(job.stop)
                    return await job.run(workers)
        finally:
            told()

    return client.run(program())


def _refuse_same_file(source: Rows, out: "str | os.PathLike[str]") -> None:
    """Raise `ValueError` where results would go into the file that the rows are read from."""
    if not isinstance(out, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance] (anybody's)
        raise TypeError(f"out={out!r}: expected a path")
    if isinstance(source, str | os.PathLike):
        with suppress(OSError):
            if os.path.samefile(source, out):
                raise ValueError(f"out={os.fspath(out)!r}: it is the file of the rows")


def _policies(
    client: "Client | AsyncClient",
    retries: "int | policy.Retry | None",
    requests: float | None,
    tokens: float | None,
    follows: bool,
) -> dict[str, Any]:
    """The policies of a run: those of the client, and what was asked for beside them."""
    checks.switch("run", "follow_limits", follows)
    own = client.policies
    changes: dict[str, Any] = {"inner": own.rate_limit}
    retry = own.retry if retries is None else retry_of("run", retries)
    if retry is not None:
        changes["retry"] = PacedRetry(retry)
    if requests is not None:
        checks.seconds("run", "requests_per_minute", requests, above=True)
    if tokens is not None or follows:
        if tokens is not None:
            checks.seconds("run", "tokens_per_minute", tokens, above=True)
        if changes["inner"] is not None:
            raise TypeError(
                "tokens_per_minute, follow_limits: the client has a rate_limit of its own; "
                "give it RateLimit(tokens=..., learns=True) in their place"
            )
        changes["inner"] = RateLimit(tokens=tokens, learns=follows)
    return changes
