"""`Failover`: which of several endpoints serves an attempt."""

from collections.abc import Collection, Iterable, Sequence
from math import inf
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ..call.policy import Again, Asked, AttemptOutcome, Route, Stop
from ..terms.retry_after import asked_wait
from . import checks
from .resending import final, resendable, unsafe
from .steady_time import SteadyState

if TYPE_CHECKING:
    from ..request.endpoint import Endpoint

__all__ = ["EndpointStats", "Failover", "FailoverState"]

Strategy = Literal["priority", "sticky", "round robin", "random"]
STRATEGIES: Final = ("priority", "sticky", "round robin", "random")
STATUSES: Final = frozenset({408, 429})


class EndpointStats(msgspec.Struct, frozen=True, kw_only=True):
    """How one endpoint has done."""

    endpoint: str
    """Its name."""
    failures: int
    rests_until: float | None
    """When it is among the first again; `None` where it is. In seconds of the clock of policies."""


class _Record(msgspec.Struct):
    failures: int = 0
    rests_until: float = -inf


class FailoverState(SteadyState):
    """What a failover knows of its endpoints, by their place in its list."""

    records: dict[int, _Record] = msgspec.field(default_factory=dict[int, _Record])
    current: int = 0
    """The one that `sticky` stays with, or that comes next in `round robin`."""
    rest_until: float = -inf
    """When all have rested."""

    def move(self, seconds: float) -> None:
        """Put all times back by so much."""
        for record in self.records.values():
            record.rests_until -= seconds
        self.rest_until -= seconds

    def of(self, place: int) -> _Record:
        """Return what is known of the endpoint at `place`: nothing against it at first."""
        record = self.records.get(place)
        if record is None:
            record = self.records[place] = _Record()
        return record


class Failover(msgspec.Struct, frozen=True, eq=False):
    """Chooses an endpoint for each attempt, and goes to another when one fails.

    `strategy`: `priority` takes the first of the list that is fit, `sticky` stays with one until it
    fails, `round robin` takes turns, `random` draws. An endpoint that failed rests for `cooldown`
    seconds, or for as long as it asks with `retry-after`: it is taken only where no other is left. One
    that is new is fit. Within a call each endpoint is tried once before any is tried again.

    A failed attempt goes to the next endpoint at once if it was not sent, or answered with one of
    `statuses` or 5xx (`server_errors`), or without quota; what a server may have executed only if the
    operation is safe to send twice or `maybe_executed` allows it. Once an answer has begun, never.
    When all have been tried, `Retry` is asked, if there is one.

    Each endpoint has its own key, base URL, header fields and names of models. `ValueError` for
    settings out of their range.
    """

    endpoints: "Sequence[Endpoint]"
    strategy: Strategy = "priority"
    cooldown: float = 30.0
    statuses: Collection[int] = STATUSES
    server_errors: bool = True
    maybe_executed: bool = False
    state: FailoverState = msgspec.field(default_factory=FailoverState)
    orders: tuple[tuple[Route, ...], ...] = ()
    """The routes where all are fit, by the place of the first; found by itself."""

    def __post_init__(self) -> None:
        checks.instance("Failover", "endpoints", self.endpoints, Iterable)
        endpoints = tuple(self.endpoints)
        if not endpoints:
            raise ValueError("Failover endpoints=[]: expected one or more")
        from ..request.endpoint import Endpoint

        for each in endpoints:
            checks.instance("Failover", "endpoints", each, Endpoint)
        checks.one_of("Failover", "strategy", self.strategy, STRATEGIES)
        checks.seconds("Failover", "cooldown", self.cooldown)
        for name in ("server_errors", "maybe_executed"):
            checks.switch("Failover", name, getattr(self, name))
        msgspec.structs.force_setattr(self, "endpoints", endpoints)
        reason = self.strategy if len(endpoints) > 1 else "the only endpoint"
        routes = tuple(Route(each, reason) for each in endpoints)
        orders = tuple(routes[i:] + routes[:i] for i in range(len(routes)))
        msgspec.structs.force_setattr(self, "orders", orders)
        statuses = checks.statuses("Failover", "statuses", self.statuses)
        msgspec.structs.force_setattr(self, "statuses", statuses)

    def routes(self, asked: Asked, /) -> Sequence[Route]:
        """Return the endpoints, best first; those that rest come last."""
        state, first = self.state, 0
        if self.strategy != "priority":
            first = self._first(asked)
        order = self.orders[first]
        if not asked.tried and (state.rest_until == -inf or len(order) == 1):
            return order
        now = state.moment(asked.now)
        fresh: list[Route] = []
        resting: list[Route] = []
        again: list[Route] = []
        for offset, route in enumerate(order):
            endpoint = route.endpoint
            rests = state.of((first + offset) % len(order)).rests_until - now
            if any(endpoint is each for each in asked.tried):
                again.append(Route(endpoint, "all others were tried"))
            elif rests > 0:
                resting.append(
                    Route(endpoint, f"it rests for {rests:.3g} s more, as do the others")
                )
            else:
                fresh.append(route)
        return fresh + resting + again

    def _first(self, asked: Asked) -> int:
        """The place of the endpoint to begin with."""
        count, state = len(self.orders), self.state
        if self.strategy == "random":
            return int(asked.chance * count)
        first = state.current % count
        if self.strategy == "round robin" and not asked.tried:
            state.current = (first + 1) % count
        return first

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Learn how an attempt went."""
        state = self.state
        if outcome.error is None and state.rest_until == -inf and self.strategy != "sticky":
            return  # the usual case: all are fit, and stay so
        place = self._place(outcome.endpoint)
        if place is None or outcome.abandoned:
            return
        now = state.moment(now)
        record = state.of(place)
        if not self._goes_on(outcome):
            if outcome.error is None:
                self._is_fit(record, place)
            return
        record.failures += 1
        rest = self.cooldown
        if outcome.headers is not None:
            rest = max(rest, asked_wait(outcome.headers, outcome.wall) or 0.0)
        record.rests_until = now + rest
        state.rest_until = max(state.rest_until, now + rest)
        if self.strategy == "sticky" and state.current % len(self.endpoints) == place:
            state.current = (place + 1) % len(self.endpoints)

    def _is_fit(self, record: _Record, place: int) -> None:
        """An endpoint has answered: it need not rest any longer."""
        state = self.state
        if self.strategy == "sticky":
            state.current = place
        if record.rests_until > -inf:
            record.rests_until = -inf
            state.rest_until = max(each.rests_until for each in state.records.values())

    def judge(self, outcome: AttemptOutcome, now: float, /) -> Again | Stop:
        """Say whether a failed attempt goes to another endpoint at once, and why."""
        if not self._goes_on(outcome):
            return Stop(f"status {outcome.status} does not go to another endpoint")
        if reason := unsafe(outcome, maybe_executed=self.maybe_executed):
            return Stop(reason)
        left = [e for e in self.endpoints if not any(e is each for each in outcome.tried)]
        if not left:
            return Stop("every endpoint was tried")
        return Again(0, f"{len(left)} more to try of {len(self.endpoints)} endpoints")

    def _goes_on(self, outcome: AttemptOutcome) -> bool:
        """Whether an outcome is a failure of its endpoint, and not of the request."""
        if outcome.error is None:
            return False
        statuses = frozenset(self.statuses)
        return bool(final(outcome)) or resendable(
            outcome.status, statuses, server_errors=self.server_errors
        )

    def _place(self, endpoint: "Endpoint") -> int | None:
        for place, each in enumerate(self.endpoints):
            if each is endpoint:
                return place
        return None

    @property
    def stats(self) -> tuple[EndpointStats, ...]:
        """How each endpoint has done, in the order of the list."""
        found: list[EndpointStats] = []
        for place, endpoint in enumerate(self.endpoints):
            record = self.state.records.get(place) or _Record()
            rests = record.rests_until if record.rests_until > self.state.latest else None
            found.append(
                EndpointStats(
                    endpoint=endpoint.name,
                    failures=record.failures,
                    rests_until=rests,
                )
            )
        return tuple(found)
