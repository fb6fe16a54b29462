"""`Retry`: whether a failed attempt is followed by another, and when."""

from collections.abc import Collection
from math import inf
from typing import Final

import msgspec

from ..call.policy import Again, Asked, AttemptOutcome, Stop
from ..terms.retry_after import asked_wait, should_retry
from . import checks
from .budget import Budget
from .resending import final, resendable, unsafe

__all__ = ["Retry"]

STATUSES: Final = frozenset({408, 409, 429})


class _Count(msgspec.Struct, frozen=True):
    retries: int = 2
    """How often at most, after the first attempt."""


class Retry(_Count, frozen=True, kw_only=True, eq=False):
    """Tries again after failures that may pass.

    The wait before retry n (from 0) is `min(initial * factor**n, longest)` seconds, less a random
    share of up to `jitter` of it; what the server asks for (`retry-after-ms`, `retry-after`) takes
    its place. Never later than the call's deadline: such a wait is not begun.

    Tried again is what was not sent, and what was answered with one of `statuses`, or 5xx with
    `server_errors`. What the server may have executed is tried again only if the operation is safe to
    send twice, or `maybe_executed` says that twice is no harm. A body that cannot be read again, and
    errors that waiting does not mend (`insufficient_quota`), never. All attempts of a call have one
    `Idempotency-Key`. `ValueError` for settings out of their range.
    """

    initial: float = 0.5
    """Seconds."""
    factor: float = 2.0
    longest: float = 8.0
    """Seconds of the schedule's longest wait."""
    jitter: float = 0.25
    """Share of a wait, from 0 to 1, that chance may take away."""
    statuses: Collection[int] = STATUSES
    server_errors: bool = True
    maybe_executed: bool = False
    obey: bool = True
    """Whether `retry-after-ms`, `retry-after` and `x-should-retry` count."""
    longest_asked: float = 60.0
    """Seconds of the longest wait that a server is given; it is left alone where it asks for more."""
    budget: Budget | None = None
    """What all calls together may spend on retries."""

    def __post_init__(self) -> None:
        checks.count("Retry", "retries", self.retries)
        for name in ("initial", "longest", "longest_asked"):
            checks.seconds("Retry", name, getattr(self, name))
        checks.seconds("Retry", "factor", self.factor)
        if self.factor < 1:
            raise ValueError(f"Retry factor={self.factor!r}: expected a number of 1 or more")
        checks.share("Retry", "jitter", self.jitter)
        for name in ("server_errors", "maybe_executed", "obey"):
            checks.switch("Retry", name, getattr(self, name))
        checks.instance("Retry", "budget", self.budget, Budget, type(None))
        statuses = checks.statuses("Retry", "statuses", self.statuses)
        msgspec.structs.force_setattr(self, "statuses", statuses)

    @classmethod
    def official(cls, retries: int) -> "Retry":
        """As the official SDK does with `max_retries`: its schedule, statuses and header fields.

        It sends again what the server may have executed too, with the same `Idempotency-Key`, and waits
        up to two minutes where a server asks for that. Unlike it, `insufficient_quota` is final.
        """
        return cls(retries, maybe_executed=True, longest_asked=120.0)

    @property
    def listens(self) -> bool:
        """Whether it wants to be told how attempts end: for its budget only."""
        return self.budget is not None

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Count a call for the budget."""
        if self.budget is not None and outcome.number == 1:
            self.budget.deposit()

    def judge(self, outcome: AttemptOutcome, asked: Asked, /) -> Again | Stop:
        """Say whether to try again, when, and why."""
        refused = self._refusal(outcome)
        if refused:
            return Stop(refused)
        done = asked.retries
        if done >= self.retries:
            return Stop(f"no retry of {self.retries} is left" if self.retries else "no retries")
        seconds, why = self._wait(outcome, done, asked.chance)
        if seconds == inf:
            return Stop(why)
        if seconds >= asked.left:
            return Stop(f"{why}, and the deadline is in {max(asked.left, 0):.3g} s")
        if self.budget is not None and not self.budget.withdraw():
            return Stop("the budget for retries is spent")
        return Again(seconds, f"retry {done + 1} of {self.retries}: {why}")

    def _refusal(self, outcome: AttemptOutcome) -> str:
        """Why this failure is not tried again, or nothing."""
        if code := final(outcome):
            return f"{code} does not pass by waiting"
        if reason := unsafe(outcome, maybe_executed=self.maybe_executed):
            return reason
        if outcome.status is None:
            return ""
        said = None
        if self.obey and outcome.headers is not None:
            said = should_retry(outcome.headers)
        if said is False:
            return "the server says not to retry (x-should-retry)"
        statuses = frozenset(self.statuses)
        if said or resendable(outcome.status, statuses, server_errors=self.server_errors):
            return ""
        return f"status {outcome.status} is not tried again"

    def _wait(self, outcome: AttemptOutcome, done: int, chance: float) -> tuple[float, str]:
        """Seconds to wait, and why so many; infinitely many where the server asks too much."""
        if self.obey and outcome.headers is not None:
            seconds = asked_wait(outcome.headers, outcome.wall)
            if seconds is not None and 0 < seconds <= self.longest_asked:
                return seconds, f"the server asks to wait {seconds:.3g} s"
            if seconds:
                most = f"{self.longest_asked:g} s of longest_asked"
                return inf, f"the server asks to wait {seconds:.6g} s, more than the {most}"
        # A power may be too large for a float; the schedule has long reached its end then.
        wait = self.longest if done > 64 else min(self.initial * self.factor**done, self.longest)
        wait *= 1 - self.jitter * chance
        return wait, f"the schedule says {wait:.3g} s"
