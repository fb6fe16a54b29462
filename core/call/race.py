"""Two attempts at once, of which the first to answer counts; the other is given up."""

from collections.abc import Coroutine
from typing import Any, Protocol

from ..terms.errors import OpenAIError
from .course import Course
from .policy import Asked, AttemptOutcome, Hedge
from .reply import Reply
from .turn import Refused

__all__ = ["race"]

Ended = Reply | AttemptOutcome | Refused


class One(Protocol):
    """Makes one attempt of a call."""

    def __call__(
        self, course: Course, asked: Asked, *, hedging: str
    ) -> Coroutine[Any, Any, Ended]: ...


class _Over(Exception):  # a signal that ends the other attempt; it never leaves `race`
    """The race is over."""


class _Race:
    """What has become of the two attempts."""

    def __init__(self, course: Course, hedge: Hedge, delay: float, one: One) -> None:
        self._course = course
        self._one = one
        self._hedge = hedge
        self._delay = delay
        self._running = 1
        self.ended: Ended | None = None
        """What counts: an answer, or else how the last attempt failed."""

    async def first(self) -> None:
        """The attempt that there would be anyway."""
        self._finish(await self._one(self._course, self._course.asked(), hedging=""))

    async def second(self) -> None:
        """The one that is made when the first takes long."""
        course = self._course
        await course.wire.clock.sleep(self._delay)
        with course.wire.tasks.exclusive:
            if self._running == 0 or not self._hedge.may_begin():
                return
            self._running += 1
        reason = f"no answer within {self._delay:.3g} s"
        course.tracer("policy.hedge", reason)
        self._finish(await self._one(course, course.asked(), hedging=reason))

    def _finish(self, ended: Ended) -> None:
        """Take how an attempt ended; an answer, or the end of both, ends the race."""
        with self._course.wire.tasks.exclusive:
            self._running -= 1
            late = isinstance(self.ended, Reply)
            if not late and (self.ended is None or not isinstance(ended, Refused)):
                self.ended = ended
            over = late or isinstance(ended, Reply) or self._running == 0
            if not over and isinstance(ended, AttemptOutcome):
                self._course.explain(ended.number, "the other attempt is still under way")
        if late and isinstance(ended, Reply):
            ended.abort()
        if over:
            raise _Over


async def race(course: Course, hedge: Hedge, delay: float, one: One) -> Ended:
    """Run an attempt, and after `delay` seconds a second one; return what counts of both.

    `OpenAIError` on transports that cannot run two at once, or cannot stop the one that has lost.
    """
    tasks = course.wire.tasks
    if not tasks.races:
        raise OpenAIError(
            "hedge: this transport cannot stop an attempt that has lost; leave it out, or use another"
        )
    contest = _Race(course, hedge, delay, one)
    try:
        await tasks.gather((contest.first, contest.second), 2)
    except _Over:
        pass
    except BaseException:
        if isinstance(contest.ended, Reply):
            contest.ended.abort()
        raise
    assert contest.ended is not None
    if isinstance(contest.ended, Reply):
        for each in [*course.attempts]:
            if each.outcome == "given up":
                course.explain(each.number, "another attempt answered first")
    return contest.ended
