"""`Pace`: how fast many calls go out that nobody waits for, and what a server's refusal means for all."""

from collections.abc import Callable
from functools import partial
from math import inf, log2
from typing import Final

import msgspec

from ..call.policy import (
    Again,
    Asked,
    AttemptOutcome,
    Denied,
    Elsewhere,
    Listens,
    Place,
    RateLimit,
    Retry,
    Stop,
    Wait,
    listens,
)
from ..terms.http_message import Headers
from ..terms.rate_limits import RateLimits
from ..terms.retry_after import asked_wait
from .resending import final

__all__ = ["Pace", "PacedRetry"]

Then = Callable[[Asked], Wait | Denied | Elsewhere]

FIRST: Final = 16
"""Sends that go out at once, first of all."""
DOUBLED: Final = 0.05
"""Seconds until there are twice as many in all, and so on."""
BURSTS: Final = 4
"""Bursts in that time."""
SETTLED: Final = 50_000
"""Sends after which there are no bursts: the last are over in less than a second."""
FASTEST: Final = 50_000.0
"""Sends a second of the fastest pace."""
AT_ONCE: Final = 0.25
"""Seconds of a known limit that may go out at once."""
FULL: Final = 0.5
"""Seconds of its rate that a bucket is taken to hold which refuses for the first time."""
LEAST_FIRST: Final = 10.0
"""Sends a second after that first refusal, at least, if it comes soon."""
GROWTH: Final = 0.05
"""Share by which the pace grows in each second without a refusal, at first."""
RETURN: Final = 0.25
"""That share where it is less than half of what was refused."""
LEAST_GROWTH: Final = 0.001
QUIET: Final = 60.0
"""Seconds without a refusal after which it grows twice as fast again."""
LONG: Final = 5.0
"""Seconds at the beginning after which what came in them says more than that."""
LEAST: Final = 1 / 60
"""Sends a second of the slowest pace."""
EARLY: Final = 0.001
"""Seconds by which a clock may wake too early."""
LEAST_HOLD: Final = 0.001
"""Seconds of the shortest hold."""
WITHOUT_A_WORD: Final = 1.0
"""Seconds for which a refusal holds all that says nothing of it."""
GO: Final = Wait(0.0)


class Pace(msgspec.Struct, eq=False, kw_only=True):
    """Holds all calls of a run when the server refuses one, and spaces them from then on.

    It is a `RateLimit` around another one, `inner`. A 429, and any refusal with a `retry-after`, holds
    every call until the time that the server names. Afterwards calls go out one by one, at the rate
    that the answer's `x-ratelimit-*` fields tell, or else at one that answers and refusals teach: it
    grows slowly, and is cut where the server refuses again. Calls of the first moments go out in
    bursts, ever more, so that a limit is met by few and not by all at once. An error that waiting does
    not mend (`insufficient_quota`) holds nobody.

    It is told of failures alone: who sends the calls counts `answers`.
    `most` is how many requests may go out at all. `stop()` lets nothing more through.
    """

    inner: RateLimit | None = None
    limit: float | None = None
    """Sends a second that are known to be allowed: spaced by that from the start, and never faster."""
    most: float = inf
    until: float = inf
    """When the run ends: what could only go out later is refused at once."""
    look: float = inf
    """Seconds between two looks of a call that waits, whether it still may go out at all."""
    looked: Callable[[], object] | None = None
    """Called at each of those looks."""
    longest: float = 3600.0
    """Seconds of the longest time that a server can hold all."""
    answers: int = 0
    """Answers that are no errors: counted by who sends the calls."""
    failures: int = 0
    """Requests that were sent and failed, or were given up."""
    granted: int = 0
    """How many were let through, without those of which nothing was sent."""
    held: float = 0.0
    """Seconds in which nothing went out because the server had asked for that."""
    rate: float | None = None
    """Sends a second, once the server has refused one."""
    stopped: str = ""
    """Why nothing goes out any more."""
    not_before: float = -inf
    _began: float | None = None
    _begun: int = 0
    """Calls that have taken their turn since then, or since the last hold."""
    _burst_at: float = 0.0
    """When the first burst of them goes out."""
    _next: float = -inf
    _grew: float = 0.0
    _growth: float = GROWTH
    _cut_at: float = -inf
    """When the server last refused, and the pace was cut."""
    _resumed: float = -inf
    """When the hold after it ended."""
    _quiet_since: float = -inf
    """The same, or when the growth last changed."""
    _too_fast: float = 0.0
    """The pace that was refused."""
    _holds: int = 0
    """How often all were held: what was spaced before is not any more."""
    _answered_before: int = 0
    """Answers before the last cut."""

    def stop(self, why: str) -> None:
        """Let nothing through from now on."""
        self.stopped = self.stopped or why

    @property
    def requests(self) -> int:
        """How many have been sent, as far as is known of those that are over."""
        return self.answers + self.failures

    @property
    def listens(self) -> Listens:
        """Whether it wants to be told of more than failures: where `inner` does."""
        return True if self._inner_listens() is True else "failures"

    def reserve(self, asked: Asked, /) -> Wait | Denied | Elsewhere:
        """Say when an attempt may go out."""
        now = asked.now
        at = self._turn(now)
        if at > now:
            return self._wait_until(at, self._ask_inner, now)
        return self._let_through(None, asked) if self.inner is None else self._ask_inner(asked)

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Learn how an attempt failed."""
        inner = self.inner
        if outcome.failed or outcome.abandoned:
            if outcome.sent == "no":
                self.granted -= 1
            else:
                self.failures += 1
            if outcome.headers is not None and not final(outcome):
                self._hear(outcome, now)
            if inner is not None and self._inner_listens():
                inner.record(outcome, now)
        elif inner is not None and self._inner_listens() is True:
            inner.record(outcome, now)

    def _inner_listens(self) -> Listens:
        return False if self.inner is None else listens(self.inner)

    # When one goes out: in its turn, when `inner` lets it, and not if all were held meanwhile.

    def _turn(self, now: float) -> float:
        """Take the next time that is free: now or later, never where nothing goes out any more."""
        if self.stopped or self.granted >= self.most:
            self.stop("the budget of requests is spent")
            return inf
        if self._began is None:
            self._began = self._burst_at = now
        if self.rate is None and self.limit is None:
            number = self._begun
            self._begun = number + 1
            at = now if number >= SETTLED else self._burst_at + _burst_of(number)
        else:
            at = self._spaced(now)
        if self.not_before > at:
            at = self.not_before
        if now < self.until > at:
            return at
        self.stop("the deadline comes before the next request may go out")
        return inf

    def _in_turn(self, go: Then, asked: Asked) -> Wait | Denied | Elsewhere:
        """Take the next time that is free, and `go` then."""
        at = self._turn(asked.now)
        return go(asked) if at <= asked.now else self._wait_until(at, go, asked.now)

    def _wait_until(self, at: float, go: Then, now: float) -> Wait | Denied:
        """Wait for a moment, looking up now and then: all may have been stopped, or held once more."""
        if at == inf:
            return Denied(self.stopped)
        why = "the server asks to wait" if self.not_before > now else "rows go out one by one"
        then = partial(self._unless_held, go, self._holds, at)
        return Wait(min(at - now, self.look), why, None, inf, then, self.looked)

    def _unless_held(
        self, go: Then, holds: int, at: float, asked: Asked
    ) -> Wait | Denied | Elsewhere:
        """Do so at its time, or if all have been held meanwhile take another turn."""
        if holds != self._holds or self.stopped or self.granted >= self.most:
            return self._in_turn(go, asked)
        if at - asked.now > EARLY:
            return self._wait_until(at, go, asked.now)
        return go(asked)

    def _ask_inner(self, asked: Asked) -> Wait | Denied | Elsewhere:
        if self.inner is None:
            return self._let_through(None, asked)
        return self._as_inner_says(self.inner.reserve(asked), asked)

    def _as_inner_says(
        self, answer: Wait | Denied | Elsewhere, asked: Asked
    ) -> Wait | Denied | Elsewhere:
        if isinstance(answer, Denied):
            return answer
        if isinstance(answer, Elsewhere):
            return Elsewhere(partial(self._elsewhere, answer), answer.place)
        if answer.seconds > 0 or answer.then or not (answer.place is None or answer.place.ready):
            return self._then(answer, answer.place)
        return self._let_through(answer.place, asked)

    def _elsewhere(self, answer: Elsewhere) -> Wait | Denied:
        """Ask another machine, without a lock: what follows is done within it again."""
        found = answer.ask()
        return found if isinstance(found, Denied) else self._then(found, answer.place)

    def _then(self, answer: Wait, place: Place | None) -> Wait:
        """Wait as `inner` says, and see then how things are."""
        go: Then = partial(self._let_through, place)
        if answer.then is not None:
            go = partial(self._ask_further, answer.then)
        then = partial(self._unless_held, go, self._holds, -inf)
        return Wait(answer.seconds, answer.reason, answer.place, answer.at_most, then)

    def _ask_further(self, then: Then, asked: Asked) -> Wait | Denied | Elsewhere:
        return self._as_inner_says(then(asked), asked)

    def _let_through(self, place: Place | None, asked: Asked) -> Wait:
        self.granted += 1
        if self.most == inf:
            return GO if place is None else Wait(0.0, place=place)
        return Wait(0.0, place=_Counted(self, place))

    # How fast.

    def _spaced(self, now: float) -> float:
        """The next time that is free at the pace that is known; one after it is the next."""
        if self.rate is None:
            assert self.limit is not None
            rate, since = self.limit, now - AT_ONCE
        else:
            self._grow(now)
            rate, since = self.rate, now
        at = max(since, self._next, self.not_before)
        self._next = at + 1 / rate
        return at

    def _grow(self, now: float) -> None:
        assert self.rate is not None
        seconds = now - self._grew
        if seconds < 1.0:
            return
        self._grew = now
        if now - self._quiet_since > QUIET:
            self._growth, self._quiet_since = min(GROWTH, self._growth * 2), now
        share = RETURN if self.rate < self._too_fast / 2 else self._growth
        self.rate = min(self.limit or FASTEST, self.rate * (1 + share) ** min(seconds, QUIET))

    def _hear(self, outcome: AttemptOutcome, now: float) -> None:
        """Heed an answer that is an error: hold all, and be slower."""
        assert outcome.headers is not None
        wait = asked_wait(outcome.headers, outcome.wall)
        if outcome.status != 429 and not wait:
            return
        until = now + min(max(wait or WITHOUT_A_WORD, LEAST_HOLD), self.longest)
        cuts = outcome.status == 429 and outcome.began >= self._resumed
        if until > self.not_before:
            self.held += until - max(now, self.not_before)
            self.not_before = self._burst_at = until
            self._begun = 0
        elif not cuts:
            return
        self._holds += 1
        self._next = self.not_before
        if cuts:
            self._cut(outcome.headers, outcome.wall, now)

    def _cut(self, headers: Headers, wall: float, now: float) -> None:
        """Be slower, once for all attempts that were under way together.

        A bucket that refuses is empty, and was when it last refused. What it gave meanwhile came in
        since then, or since the wait was over if it was full by that time: half of the wait counts.
        """
        answered = self.answers - self._answered_before
        self._answered_before = self.answers
        if self.rate is None:
            seconds = 0.0 if self._began is None else now - self._began
            rate = self.limit or answered / (FULL + seconds)
            if seconds < LONG:
                rate = max(rate, LEAST_FIRST)
        else:
            seconds = now - (self._resumed + self._cut_at) / 2
            rate = min(self.rate, answered / max(seconds, LEAST_HOLD))
            self._growth = max(LEAST_GROWTH, self._growth / 2)
            self._too_fast = self.rate
        # One for each wait at least: who asks for a second is asked again after it.
        rate = max(rate, 1 / max(self.not_before - now, WITHOUT_A_WORD))
        self.rate = min(max(told_rate(headers, wall) or rate, LEAST), self.limit or inf)
        self._cut_at = now
        self._resumed = self._quiet_since = self._grew = self.not_before


class PacedRetry:
    """A `Retry` in a run: what a server asks to wait for is what `Pace` holds all for."""

    def __init__(self, inner: Retry) -> None:
        self._inner = inner

    @property
    def listens(self) -> Listens:
        """Whether it wants to be told how attempts end."""
        return listens(self._inner)

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Tell the other."""
        self._inner.record(outcome, now)

    def judge(self, outcome: AttemptOutcome, asked: Asked, /) -> Again | Stop:
        """Say what the other says; after a refusal its next try waits with all others."""
        verdict = self._inner.judge(outcome, asked)
        if isinstance(verdict, Again) and (
            outcome.status == 429
            or (outcome.headers is not None and asked_wait(outcome.headers, outcome.wall))
        ):
            return Again(0.0, verdict.reason)
        return verdict


class _Counted:
    """The place of a call that was let through: tells if nothing was sent after all."""

    ready = True
    notify: Callable[[], object] | None = None

    def __init__(self, pace: Pace, inner: Place | None) -> None:
        self._pace: Pace | None = pace
        self._inner = inner

    def settle(self, outcome: AttemptOutcome | None, now: float) -> None:
        """Give it back, once."""
        pace, self._pace = self._pace, None
        if pace is not None and outcome is None:
            pace.granted -= 1
        if self._inner is not None:
            self._inner.settle(outcome, now)


def _burst_of(number: int) -> float:
    """Seconds after the first burst in which a call goes out, counted from 0, without a rate."""
    if number < FIRST:
        return 0.0
    return (1 + int(BURSTS * log2(number / FIRST))) * (DOUBLED / BURSTS)


def told_rate(headers: Headers, wall: float) -> float | None:
    """Requests a second that a server tells by how long its window takes to be full again."""
    said = RateLimits.of(headers, wall)
    if said is None or said.limit_requests is None or not said.reset_requests:
        return None
    used = said.limit_requests - (said.remaining_requests or 0)
    return used / said.reset_requests if used > 0 else None
