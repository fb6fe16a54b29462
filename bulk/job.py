"""`Job`: the program of a run. So many workers take rows from one iterator and write what came of them."""

from collections import Counter
from functools import partial
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..core.call.backend import Gates
from ..core.call.pool import Ticket
from ..core.policies.pace import Pace
from ..core.policies.slots import Slots
from ..core.request.endpoint import Endpoint
from ..core.terms.effects import Files
from .journal import Journal
from .progress import Progress, Summary
from .rows import Request, failed
from .sending import Carrier, Ended, carried_out
from .sources import Bad, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["Job", "Limits", "Sender"]

T = TypeVar("T")

NOTICE = 0.5
"""Seconds between two looks at how far the run is."""


class Sender(Carrier, Protocol):
    """A client, as a run needs it."""

    async def gather(
        self, programs: "list[Callable[[], Coroutine[Any, Any, T]]]", limit: int, /
    ) -> list[T]:
        """Run programs side by side."""
        ...

    @property
    def endpoint(self) -> Endpoint:
        """The server."""
        ...

    @property
    def disk(self) -> Files:
        """The disk."""
        ...

    @property
    def gates(self) -> Gates:
        """Where workers wait for one another."""
        ...


class Limits:
    """Where a run ends before its source does."""

    def __init__(
        self,
        *,
        errors: float = inf,
        tokens: float = inf,
        seconds: float = inf,
    ) -> None:
        self.errors = errors
        self.tokens = tokens
        self.seconds = seconds


class _Turn:
    """A worker whose turn it is to take a row, or will be."""

    def __init__(self) -> None:
        self.ready = False
        self.notify: Callable[[], object] | None = None


class Job:
    """One run over one source into one file."""

    def __init__(
        self,
        sender: Sender,
        source: Source,
        journal: Journal,
        pace: Pace,
        limits: Limits,
        *,
        tell: "Callable[[Progress], Any] | None" = None,
        total: int | None = None,
        sync: float | None = 1.0,
    ) -> None:
        self._sender = sender
        self._source = source
        self._journal = journal
        self._pace = pace
        self._limits = limits
        self._tell = tell
        if tell is not None:
            pace.looked = partial(self._tell_of_waiting, tell)
        self._total = total
        self._sync = inf if sync is None else sync
        self._clock = sender.clock
        self._began = self._told = self._synced = self._clock.now()
        pace.until = self._clock.steady() + limits.seconds
        self._lock = Lock()
        self._done = self._failed = self._input = self._output = 0
        self._errors: Counter[str] = Counter()
        self._turns = Slots(1)
        self._ended = False
        self._raised: Exception | None = None
        """What the source has raised, or who was told."""

    async def run(self, workers: int) -> Summary:
        """Do all rows, by so many workers at once."""
        try:
            await self._sender.gather([self._work] * workers, workers)
        finally:
            self._journal.sync()
        if self._raised is not None:
            raise self._raised
        if self._tell is not None:
            self._tell(self.progress())
        return self.summary()

    def stop(self, why: str) -> None:
        """Begin no more rows; those under way go on."""
        self._ended = True
        self._pace.stop(why)

    async def _work(self) -> None:
        sender, pace, clock = self._sender, self._pace, self._clock
        awaited = self._source.asynchronous
        now = self._began
        while not self._is_over(now):
            row = await self._next_awaited() if awaited else self._next()
            if row is None:
                return
            ended: Ended | None
            if isinstance(row, Bad):
                ended = Ended(failed(row.key, row.id, row.error), None, "RowError")
            else:
                ended = await carried_out(sender, *row, pace)
                if ended is None:
                    return
            self._note(ended)
            now = clock.now()
            if now - self._synced >= self._sync:
                self._synced = now
                await self._sender.disk.in_worker(self._journal.sync)
            if self._tell is not None and now - self._told >= NOTICE:
                self._tell_once(self._tell, now)

    def _tell_once(self, tell: "Callable[[Progress], Any]", now: float) -> None:
        """Say how far the run is, in one of the threads that found it was time."""
        with self._lock:
            due = now - self._told >= NOTICE
            self._told = max(now, self._told)
        if due:
            tell(self.progress())

    def _tell_of_waiting(self, tell: "Callable[[Progress], Any]") -> None:
        """Say how far the run is while rows wait, as one of them looks up."""
        now = self._clock.now()
        if now - self._told < NOTICE:
            return
        try:
            self._tell_once(tell, now)
        except Exception as error:  # raised as the run's, and no failure of the row that looked
            self._raised = error
            self.stop("progress has raised")

    def _is_over(self, now: float) -> bool:
        """Whether no more rows are begun."""
        if now - self._began >= self._limits.seconds:
            self.stop(f"the deadline of {self._limits.seconds:g} s has passed")
        return self._ended or bool(self._pace.stopped)

    def _next(self) -> "tuple[Request, str] | Bad | None":
        """Take the next row: nobody else does meanwhile."""
        with self._lock:
            row = None
            if not self._ended:
                try:
                    row = self._source.take()
                except Exception as error:  # it is raised when the rows under way have ended
                    self._raised = error
            self._ended = self._ended or row is None
        return row

    async def _next_awaited(self) -> "tuple[Request, str] | Bad | None":
        """Take the next row of a source that is awaited, one worker after the other."""
        turn = _Turn()
        self._turns.enter(turn)
        try:
            if not turn.ready:
                gates, ticket = self._sender.gates, Ticket[Any](self._sender.endpoint.origin)
                turn.notify = partial(gates.grant, ticket)
                await gates.park(ticket, inf)
            row = None
            if not self._ended:
                try:
                    row = await self._source.take_async()
                except Exception as error:  # as above
                    self._raised = error
            self._ended = self._ended or row is None
            return row
        finally:
            self._turns.leave(turn)

    def _note(self, ended: Ended) -> None:
        """Write a row, count it, and end the run where it is at one of its limits."""
        self._journal.append(ended.row)
        limits, usage = self._limits, ended.usage
        with self._lock:
            self._done += 1
            self._pace.answers += ended.answered
            if usage is None:
                self._failed += 1
                self._errors[ended.error] += 1
            else:
                self._input += usage.input
                self._output += usage.output
        if self._failed >= limits.errors:
            self.stop(f"{self._failed} rows have failed")
        if self._input + self._output >= limits.tokens:
            self.stop(f"{self._input + self._output} tokens have been used")

    def progress(self) -> Progress:
        """How far it is."""
        held = max(0.0, self._pace.not_before - self._clock.steady())
        return Progress(**self._figures(), waiting=held)

    def summary(self) -> Summary:
        """What it has come to."""
        stopped = self._pace.stopped or None
        errors = dict(self._errors.most_common())
        return Summary(**self._figures(), stopped=stopped, held=self._pace.held, errors=errors)

    def _figures(self) -> dict[str, Any]:
        total = self._total
        if total is not None and total < self._done + self._source.skipped:
            total = None  # there are more than was said
        return {
            "done": self._done,
            "failed": self._failed,
            "skipped": self._source.skipped,
            "failed_before": 0 if self._source.finished is None else self._source.finished.failed,
            "requests": self._pace.requests,
            "input_tokens": self._input,
            "output_tokens": self._output,
            "seconds": self._clock.now() - self._began,
            "total": total,
        }
