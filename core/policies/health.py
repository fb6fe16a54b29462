"""`Health`: how endpoints are, by what explicit probes found."""

from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from ..call.policy import Condition
from ..request.operation import Operation
from . import checks
from .steady_time import SteadyState

if TYPE_CHECKING:
    from ..request.endpoint import Endpoint

__all__ = ["Health", "HealthReport", "HealthState", "Probe"]


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one endpoint from its probes."""

    endpoint: str
    """Its name."""
    condition: Condition
    reason: str
    """Why it is said to be so, in words."""
    probes: int
    """How many were sent."""
    in_a_row: int
    """How many of the latest ended alike: succeeded where positive, failed where negative."""
    seconds: float | None
    """How long the latest took; `None` where there was none."""
    at: float | None
    """When the latest ended, in seconds of the clock that policies see."""


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the endpoints of a client are, together and each."""

    condition: Condition
    """`healthy` if all are, `unhealthy` if none can be used, `unknown` before the first probe, and
    else `degraded`."""
    endpoints: tuple[Probe, ...]

    def __bool__(self) -> bool:
        """Whether any endpoint can be used."""
        return self.condition in ("healthy", "degraded")


class _Known(msgspec.Struct):
    condition: Condition = "unknown"
    reason: str = "no probe yet"
    probes: int = 0
    in_a_row: int = 0
    seconds: float | None = None
    at: float = -inf


class HealthState(SteadyState):
    """What probes found, by endpoint."""

    by_endpoint: dict[str, _Known] = msgspec.field(default_factory=dict[str, _Known])

    def move(self, seconds: float) -> None:
        """Put all times back by so much."""
        for known in self.by_endpoint.values():
            known.at -= seconds


class Health(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Says how endpoints are. It probes nothing by itself: `client.check_health()` does, when called.

    A probe is `operation`, by default `models.list`. An endpoint is unhealthy after `unhealthy_after`
    failed probes in a row, and healthy after `healthy_after` good ones; in between it is degraded, as
    it is when a good probe took longer than `slow` seconds. Before the first probe, and `stale` seconds
    after the latest, it is unknown. An answer of 4xx, but for 401, 403, 408 and 429, is a good one: the
    server works. With `Failover`, an unhealthy endpoint is used only where there is no other.
    `ValueError` for settings out of their range.
    """

    operation: Operation[Any, Any] | None = None
    unhealthy_after: int = 2
    healthy_after: int = 1
    slow: float | None = None
    stale: float | None = None
    state: HealthState = msgspec.field(default_factory=HealthState)

    def __post_init__(self) -> None:
        checks.count("Health", "unhealthy_after", self.unhealthy_after, least=1)
        checks.count("Health", "healthy_after", self.healthy_after, least=1)
        for name in ("slow", "stale"):
            if getattr(self, name) is not None:
                checks.seconds("Health", name, getattr(self, name), above=True)
        checks.instance("Health", "operation", self.operation, Operation, type(None))
        if self.operation is not None and not self.operation.safe:
            raise ValueError(
                f"Health operation={self.operation.name!r}: expected one that is safe to send again"
            )

    def probed(
        self, endpoint: "Endpoint", failure: str, seconds: float, now: float, /
    ) -> Condition:
        """Take note of a probe: how it failed, or nothing where it did not."""
        state = self.state
        now = state.moment(now)
        known = state.by_endpoint.setdefault(endpoint.name, _Known())
        known.probes += 1
        known.seconds, known.at = seconds, now
        if failure:
            known.in_a_row = min(known.in_a_row, 0) - 1
        else:
            known.in_a_row = max(known.in_a_row, 0) + 1
        known.condition, known.reason = self._judge(known, failure)
        return known.condition

    def _judge(self, known: _Known, failure: str) -> tuple[Condition, str]:
        row = abs(known.in_a_row)
        if failure:
            if row >= self.unhealthy_after:
                return "unhealthy", f"{row} probes in a row failed, the last with: {failure}"
            return "degraded", f"a probe failed with: {failure}"
        took = known.seconds or 0.0
        if self.slow is not None and took > self.slow:
            return "degraded", f"a probe took {took:.3g} s, longer than {self.slow:g}"
        if row >= self.healthy_after:
            return "healthy", f"{row} probes in a row succeeded" if row > 1 else "a probe succeeded"
        return "degraded", f"{row} of {self.healthy_after} good probes in a row"

    def condition(self, endpoint: "Endpoint", now: float, /) -> Condition:
        """Say how an endpoint is."""
        now = self.state.moment(now)
        known = self.state.by_endpoint.get(endpoint.name)
        if known is None or (self.stale is not None and now - known.at >= self.stale):
            return "unknown"
        return known.condition

    def report(self, endpoints: "tuple[Endpoint, ...]", now: float) -> HealthReport:
        """Say how `endpoints` are, each and together."""
        probes: list[Probe] = []
        now = self.state.moment(now)
        for endpoint in endpoints:
            known = self.state.by_endpoint.get(endpoint.name) or _Known()
            condition = self.condition(endpoint, now)
            stale = condition != known.condition
            probes.append(
                Probe(
                    endpoint=endpoint.name,
                    condition=condition,
                    reason=f"the latest probe is {now - known.at:.3g} s old"
                    if stale
                    else known.reason,
                    probes=known.probes,
                    in_a_row=known.in_a_row,
                    seconds=known.seconds,
                    at=None if known.at == -inf else known.at,
                )
            )
        return HealthReport(condition=_together(probes), endpoints=tuple(probes))


def _together(probes: list[Probe]) -> Condition:
    found: set[Condition] = {probe.condition for probe in probes}
    if len(found) == 1:
        return found.pop()
    return "degraded" if found & {"healthy", "degraded"} else "unknown"
