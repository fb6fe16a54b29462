"""`Pace`: how fast many calls go out that nobody waits for, and what a server's refusal means for all."""

from functools import partial
from math import inf
from typing import Final

import msgspec

from ..call.policy import Asked, AttemptOutcome, Denied, Elsewhere, RateLimit, Wait
from ..terms.rate_limits import RateLimits
from .resending import final
from ..terms.retry_after import asked_wait

__all__ = ["Pace"]

FIRST: Final = 400.0
"""Sends a second in the first moment; twice as many each tenth of a second."""
NO_LIMIT: Final = 50_000.0
"""Sends a second from which on nothing is spaced any more."""
AT_ONCE: Final = 0.25
"""Seconds of a known limit that may go out at once."""
FIRST_SHARE: Final = 1.5
"""Sends a second after the first refusal, for each answer before it: a bucket of half a second."""
LEAST_FIRST: Final = 10.0
GROWTH: Final = 0.05
"""Share by which the pace grows in each second without a refusal, at first."""
RETURN: Final = 0.25
"""That share where it is less than half of what was refused."""
LEAST_GROWTH: Final = 0.001
QUIET: Final = 60.0
"""Seconds without a refusal after which it grows twice as fast again."""
LONG: Final = 5.0
"""Seconds at the beginning after which their number does, whatever came at once."""
LEAST: Final = 1 / 60
"""Sends a second of the slowest pace."""
WITHOUT_A_WORD: Final = 1.0
"""Seconds for which a refusal holds all that says nothing of it."""


class Pace(msgspec.Struct, eq=False, kw_only=True):
    """Holds all calls of a run when the server refuses one, and spaces them from then on.

    It is a `RateLimit` around another one, `inner`. A 429, and any refusal with a `retry-after`, holds
    every call until the time that the server names. Afterwards calls go out one by one, at the rate
    that the answer's `x-ratelimit-*` fields tell, or else at one that answers and refusals teach: it
    grows slowly, and is cut where the server refuses again. Calls of the first moments are spaced
    too, ever less, so that a limit is met by few and not by all at once. An error that waiting does
    not mend (`insufficient_quota`) holds nobody.

    `most` is how many requests may go out at all. `stop()` lets nothing more through.
    """

    inner: RateLimit | None = None
    limit: float | None = None
    """Sends a second that are known to be allowed: spaced by that from the start, and never faster."""
    most: float = inf
    longest: float = 3600.0
    """Seconds of the longest time that a server can hold all."""
    requests: int = 0
    """How many have been sent, as far as is known of those that are over."""
    granted: int = 0
    """How many were let through."""
    held: float = 0.0
    """Seconds in which nothing went out because the server had asked for that."""
    rate: float | None = None
    """Sends a second, once the server has refused one."""
    stopped: str = ""
    """Why nothing goes out any more."""
    not_before: float = -inf
    _began: float | None = None
    _next: float = -inf
    _grew: float = 0.0
    _growth: float = GROWTH
    _cut_at: float = -inf
    """When the server last refused, and the pace was cut."""
    _quiet_since: float = -inf
    """When the hold after it ended, or the growth last changed."""
    _too_fast: float = 0.0
    """The pace that was refused."""
    _holds: int = 0
    """How often all were held: what was spaced before is not any more."""
    _answered: int = 0
    """Answers since then."""

    def stop(self, why: str) -> None:
        """Let nothing through from now on."""
        self.stopped = self.stopped or why

    def reserve(self, asked: Asked, /) -> Wait | Denied | Elsewhere:
        """Say when an attempt may go out."""
        if self.granted >= self.most:
            self.stop("the budget of requests is spent")
        if self.stopped:
            return Denied(self.stopped)
        now = asked.now
        at_once = AT_ONCE if self.rate is None and self.limit is not None else 0.0
        due = max(now - at_once, self.not_before, self._next)
        self._next, at = due + self._gap(now), max(now, due)
        if at > now:
            why = "the server asks to wait" if self.not_before > now else "rows go out one by one"
            return Wait(at - now, why, None, inf, partial(self._when_due, self._holds))
        return self._through(asked)

    def _when_due(self, holds: int, asked: Asked) -> Wait | Denied | Elsewhere:
        """Let it through now, unless all have been stopped or held meanwhile."""
        if self.stopped or self.granted >= self.most or holds != self._holds:
            return self.reserve(asked)
        return self._through(asked)

    def _through(self, asked: Asked) -> Wait | Denied | Elsewhere:
        answer = Wait(0.0) if self.inner is None else self.inner.reserve(asked)
        if not isinstance(answer, Denied):
            self.granted += 1
        return answer

    def _gap(self, now: float) -> float:
        """Seconds between a send at `now` and the next."""
        if self.rate is not None:
            self._grow(now)
            return 1 / self.rate
        if self._began is None:
            self._began = now
        if self.limit is not None:
            return 1 / self.limit
        rate = FIRST * 2.0 ** min((now - self._began) * 10, 30.0)
        return 1 / rate if rate < NO_LIMIT else 0.0

    def _grow(self, now: float) -> None:
        assert self.rate is not None
        seconds = now - self._grew
        if seconds < 1.0:
            return
        self._grew = now
        if now - self._quiet_since > QUIET:
            self._growth, self._quiet_since = min(GROWTH, self._growth * 2), now
        share = RETURN if self.rate < self._too_fast / 2 else self._growth
        self.rate = min(self.limit or NO_LIMIT, self.rate * (1 + share) ** min(seconds, QUIET))

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Learn how an attempt ended."""
        self.requests += outcome.sent != "no"
        if outcome.error is None:
            self._answered += 1
        elif outcome.headers is not None and not final(outcome):
            self._hear(outcome, now)
        if self.inner is not None and getattr(self.inner, "listens", True):
            self.inner.record(outcome, now)

    def _hear(self, outcome: AttemptOutcome, now: float) -> None:
        """Heed an answer that is an error: hold all, and be slower."""
        assert outcome.headers is not None
        wait = asked_wait(outcome.headers, outcome.wall)
        if outcome.status != 429 and not wait:
            return
        wait = min(wait or WITHOUT_A_WORD, self.longest)
        until = now + wait
        if until > self.not_before:
            self.held += until - max(now, self.not_before)
            self.not_before = until
            self._holds += 1
        if outcome.status == 429 and outcome.began >= self._quiet_since:
            self._cut(outcome, now)
            self._next = until

    def _cut(self, outcome: AttemptOutcome, now: float) -> None:
        """Be slower, once for all attempts that were under way together.

        A bucket that refuses is empty, and was when it last refused. What it gave meanwhile came in
        since then, or since the wait was over if it was full by that time: half of the wait counts.
        """
        assert outcome.headers is not None
        told, answered = told_rate(outcome.headers, outcome.wall), self._answered
        if self.rate is None:
            seconds = now - (now if self._began is None else self._began)
            guess = self.limit or max(LEAST_FIRST, FIRST_SHARE * answered)
            rate = min(guess, answered / seconds) if seconds >= LONG else guess
        else:
            seconds = now - self._quiet_since
            rate = min(self.rate, answered / (seconds + (self._quiet_since - self._cut_at) / 2))
            self._growth = max(LEAST_GROWTH, self._growth / 2)
            self._too_fast = self.rate
        self.rate = min(told or max(rate, LEAST), self.limit or inf)
        self._cut_at = now
        self._quiet_since = self._grew = self.not_before
        self._answered = 0


def told_rate(headers: "object", wall: float) -> float | None:
    """Requests a second that a server tells by how long its window takes to be full again."""
    said = RateLimits.of(headers, wall)  # type: ignore[arg-type]
    if said is None or said.limit_requests is None or not said.reset_requests:
        return None
    used = said.limit_requests - (said.remaining_requests or 0)
    return used / said.reset_requests if used > 0 else None
