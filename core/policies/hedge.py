"""`Hedge`: a second attempt while the first takes long, and whichever answers first counts."""

from collections import deque

import msgspec

from ..call.policy import Asked, AttemptOutcome
from . import checks
from .budget import Budget

__all__ = ["Hedge", "HedgeState", "HedgeStats"]

KEPT = 256
"""Durations that are kept of each operation."""

MOST_OPERATIONS = 512


class HedgeStats(msgspec.Struct, frozen=True, kw_only=True):
    """What hedging has done."""

    begun: int
    """Second attempts that were meant to be made."""
    won: int
    """Calls that a second attempt answered."""
    refused: int
    """Second attempts that the budget did not allow."""


class HedgeState(msgspec.Struct):
    """How long calls took of late, and what came of second attempts."""

    durations: dict[str, deque[float]] = msgspec.field(default_factory=dict[str, deque[float]])
    begun: int = 0
    won: int = 0
    refused: int = 0


class Hedge(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Sends a request a second time when its answer takes longer than `after` seconds.

    Only for operations that are safe to send twice, and whose bodies can be. The attempt that answers
    first, up to the head of a stream, is the call's; the other one is aborted, connection and all. With
    `quantile` the delay is that share of the latest durations of the operation, once `least` are known
    (`after` until then, or no hedge without it). `budget` bounds second attempts over all calls. With
    `Failover` the second goes to another endpoint. `ValueError` for settings out of their range.
    """

    after: float | None = None
    quantile: float | None = None
    least: int = 20
    budget: Budget | None = None
    state: HedgeState = msgspec.field(default_factory=HedgeState)

    def __post_init__(self) -> None:
        if self.after is None and self.quantile is None:
            raise ValueError("Hedge after, quantile: expected one of them, or both")
        if self.after is not None:
            checks.seconds("Hedge", "after", self.after)
        if self.quantile is not None:
            checks.share("Hedge", "quantile", self.quantile)
        checks.count("Hedge", "least", self.least, least=1)
        checks.instance("Hedge", "budget", self.budget, Budget, type(None))

    def delay(self, asked: Asked, /) -> float | None:
        """Seconds after which a second attempt begins; `None` for none."""
        if self.quantile is not None:
            known = self.state.durations.get(asked.operation.name)
            if known is not None and len(known) >= self.least:
                return sorted(known)[min(int(self.quantile * len(known)), len(known) - 1)]
        return self.after

    def may_begin(self) -> bool:
        """Say whether the second attempt may be made now that its time has come."""
        if self.budget is not None and not self.budget.withdraw():
            self.state.refused += 1
            return False
        self.state.begun += 1
        return True

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Learn how long an attempt took."""
        if self.budget is not None and outcome.number == 1:
            self.budget.deposit()
        if outcome.error is None and not outcome.abandoned:
            self.state.won += outcome.hedging
            if self.quantile is not None:
                self._keep(outcome.operation.name, outcome.seconds)

    def _keep(self, name: str, seconds: float) -> None:
        durations = self.state.durations
        if name not in durations and len(durations) >= MOST_OPERATIONS:
            del durations[next(iter(durations))]
        durations.setdefault(name, deque(maxlen=KEPT)).append(seconds)

    @property
    def stats(self) -> HedgeStats:
        """What hedging has done so far."""
        state = self.state
        return HedgeStats(begun=state.begun, won=state.won, refused=state.refused)
