"""The protocols of reliability policies, what they are told, and what they answer.

A policy is a decision object: it is told what happened and what time it is, and says what to do
and why. It never sleeps, reads a clock or draws a random number. Each of the four is off unless
given; `None` in their place is what a call without policies runs with.

Order, outermost first: deadline, rate limit, circuit breaker, failover, retry.
"""

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ..request.operation import Operation
from ..terms.errors import APIError

if TYPE_CHECKING:
    from ..request.endpoint import Endpoint
    from ..terms.http_message import Headers


class AttemptOutcome(msgspec.Struct, frozen=True):
    """How one attempt ended."""

    operation: Operation[Any, Any]
    endpoint: "Endpoint"
    error: APIError | None
    """`None` for an answer below 400."""
    status: int | None
    headers: "Headers | None"
    replayable: bool
    """Whether the request's body can be sent once more."""


class Wait(msgspec.Struct, frozen=True):
    """Go on after `seconds`, which may be 0."""

    seconds: float
    reason: str = ""


class Denied(msgspec.Struct, frozen=True):
    """Do not go on; it may work `after` seconds, where that is known."""

    reason: str
    after: float | None = None


class Again(msgspec.Struct, frozen=True):
    """Try once more after `seconds`."""

    seconds: float
    reason: str = ""


class Stop(msgspec.Struct, frozen=True):
    """Leave it at the outcome there is."""

    reason: str = ""


class RateLimit(Protocol):
    """Spreads calls in time."""

    def reserve(self, operation: Operation[Any, Any], now: float, deadline: float) -> Wait | Denied:
        """Take a place for one attempt."""
        ...

    def update(self, outcome: AttemptOutcome, now: float) -> None:
        """Learn from an answer (`x-ratelimit-*`)."""
        ...


class CircuitBreaker(Protocol):
    """Stops calls to an endpoint that fails."""

    def allow(self, endpoint: "Endpoint", now: float) -> Wait | Denied:
        """Say whether an attempt may be made."""
        ...

    def record(self, outcome: AttemptOutcome, now: float) -> None:
        """Learn how it went."""
        ...


class Failover(Protocol):
    """Chooses among several endpoints."""

    def choose(self, operation: Operation[Any, Any], attempt: int, now: float) -> "Endpoint":
        """Return the endpoint for an attempt (counted from 1)."""
        ...

    def record(self, outcome: AttemptOutcome, now: float) -> None:
        """Learn how it went."""
        ...


class Retry(Protocol):
    """Judges a failed attempt."""

    def judge(
        self, outcome: AttemptOutcome, attempt: int, now: float, deadline: float, chance: float
    ) -> Again | Stop:
        """Say whether to try again. `chance` is a random number in [0, 1) for jitter."""
        ...


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """The policies of a client; each is off while it is `None`."""

    rate_limit: RateLimit | None = None
    circuit_breaker: CircuitBreaker | None = None
    failover: Failover | None = None
    retry: Retry | None = None


NO_POLICIES = Policies()
