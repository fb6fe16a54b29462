"""The protocols of reliability policies, what they are told, and what they answer.

A policy is a decision object: it is told what happened and what time it is, and says what to do
and why. It never sleeps, reads a clock or draws a random number. Each is off unless given. Those
of this package are in `core.policies`; whatever has the methods of a protocol here can stand in
their place.

The program calls one method of one policy at a time, in the whole process, whichever threads and
event loops share it: a policy needs no lock of its own. `record` is told of each attempt that was let
through, once, also of one that was given up.

`now` is in seconds of a clock that all clients on a machine have in common and that does not go back.
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from ..request.operation import Operation
from ..terms.errors import APIConnectionError, APIError, Sent

if TYPE_CHECKING:
    from ..request.endpoint import Endpoint
    from ..terms.http_message import Headers


class Asked(msgspec.Struct, frozen=True):
    """An attempt that is about to be made."""

    operation: Operation[Any, Any]
    number: int
    """Counted from 1 within the call."""
    now: float
    left: float = inf
    """Seconds until the deadline of the call."""
    retries: int = 0
    """How often `Retry` has said to try again in this call."""
    tried: "tuple[Endpoint, ...]" = ()
    """The endpoints of the attempts since then, oldest first, and those that the breaker refused."""
    random: Callable[[], float] = float

    @property
    def chance(self) -> float:
        """A random number in [0, 1), another one each time."""
        return self.random()


class AttemptOutcome(msgspec.Struct, frozen=True):
    """How one attempt ended."""

    operation: Operation[Any, Any]
    endpoint: "Endpoint"
    error: APIError | None
    """`None` for an answer below 400, and for an attempt that was given up."""
    status: int | None
    headers: "Headers | None"
    replayable: bool
    """Whether the request's body can be sent once more."""
    number: int = 1
    """Of the attempt, counted from 1 within the call."""
    began: float = 0.0
    """When it was let through."""
    ended: float = 0.0
    wall: float = 0.0
    """When it failed, in seconds since 1970 (UTC): what dates of the server are compared with."""
    abandoned: bool = False
    """Whether it was given up, by the caller or for another: it says nothing of the server."""
    hedging: bool = False
    """Whether it was the second of two at once."""
    content: bytes | None = None
    """The body of an answer that has been read."""
    tried: "tuple[Endpoint, ...]" = ()
    """The endpoints of the attempts since the last retry, and those that the breaker refused."""

    @property
    def seconds(self) -> float:
        """From being let through to its end."""
        return self.ended - self.began

    @property
    def sent(self) -> Sent:
        """How far the request got: `no`, `maybe` (the server may have executed it) or `answered`."""
        if self.status is not None:
            return "answered"
        return self.error.sent if isinstance(self.error, APIConnectionError) else "maybe"

    @property
    def failed(self) -> bool:
        """Whether it ended with an error."""
        return self.error is not None


class Place(Protocol):
    """What an attempt holds of a limit, from its grant until it is over."""

    @property
    def ready(self) -> bool:
        """Whether it is granted; it waits in line until then."""
        ...

    @property
    def notify(self) -> Callable[[], object] | None:
        """Called once it is ready."""
        ...

    @notify.setter
    def notify(self, value: Callable[[], object] | None, /) -> None: ...

    def settle(self, outcome: AttemptOutcome | None, now: float) -> None:
        """Give it back once the attempt is over; `None` when nothing was sent. Does so once."""
        ...


class Wait(msgspec.Struct, frozen=True):
    """Go on after `seconds`, which may be 0; after that, and once `place` is ready."""

    seconds: float
    reason: str = ""
    place: Place | None = None
    at_most: float = inf
    """Seconds that `place` is waited for."""
    then: "Callable[[Asked], Wait | Denied | Elsewhere] | None" = None
    """What is asked, as a policy is, once `place` is ready: what else is to be waited for."""
    meanwhile: Callable[[], object] | None = None
    """Called when the wait of `seconds` begins, where the call waits; it may do what a policy must not."""


class Denied(msgspec.Struct, frozen=True):
    """Do not go on; it may work `after` seconds, where that is known."""

    reason: str
    after: float | None = None


class Elsewhere(msgspec.Struct, frozen=True):
    """The answer is on another machine: `ask`, which may block, gives it.

    It is called in a worker thread under an event loop, and at once otherwise; other policies may
    be asked meanwhile, and `place` settled, if the call is given up.
    """

    ask: Callable[[], Wait | Denied]
    place: Place | None = None
    """What is held of this machine's own limits meanwhile."""


class Again(msgspec.Struct, frozen=True):
    """Try once more after `seconds`."""

    seconds: float
    reason: str = ""


class Stop(msgspec.Struct, frozen=True):
    """Leave it at the outcome there is."""

    reason: str = ""


class Route(msgspec.Struct, frozen=True):
    """An endpoint that may serve an attempt, and why it."""

    endpoint: "Endpoint"
    reason: str = ""


class Recorder(Protocol):
    """Learns how attempts go."""

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Learn how one went."""
        ...


class RateLimit(Recorder, Protocol):
    """Spreads calls in time."""

    def reserve(self, asked: Asked, /) -> Wait | Denied | Elsewhere:
        """Take a place for one attempt."""
        ...


class CircuitBreaker(Recorder, Protocol):
    """Stops calls to an endpoint that fails."""

    def allow(self, endpoint: "Endpoint", asked: Asked, /) -> Wait | Denied:
        """Say whether an attempt may be made; if so `record` is told of it, once."""
        ...


class Failover(Recorder, Protocol):
    """Chooses among several endpoints."""

    def routes(self, asked: Asked, /) -> Sequence[Route]:
        """Return the endpoints that may serve an attempt, best first, at least one."""
        ...

    def judge(self, outcome: AttemptOutcome, now: float, /) -> Again | Stop:
        """Say whether a failed attempt goes to another endpoint at once."""
        ...


class Retry(Recorder, Protocol):
    """Judges a failed attempt."""

    def judge(self, outcome: AttemptOutcome, asked: Asked, /) -> Again | Stop:
        """Say whether to try again; `asked` is as the next attempt would be."""
        ...


Condition = Literal["healthy", "degraded", "unhealthy", "unknown"]


class Health(Protocol):
    """Knows from explicit probes how endpoints are."""

    def condition(self, endpoint: "Endpoint", now: float, /) -> Condition:
        """Say how an endpoint is; an unhealthy one is used only where there is no other."""
        ...


class Hedge(Recorder, Protocol):
    """Sends a second attempt while the first is still out."""

    def delay(self, asked: Asked, /) -> float | None:
        """Return the seconds after which to begin it, or `None` for none."""
        ...

    def may_begin(self) -> bool:
        """Say whether it may be made, now that its time has come."""
        ...


Listens = bool | Literal["failures"]


def listens(policy: Recorder) -> Listens:
    """Whether a policy wants to be told how attempts end.

    One that does not has `listens = False`; one with `listens = "failures"` is told of those that fail
    or are given up.
    """
    wants: Listens = getattr(policy, "listens", True)
    return wants


class Policies(msgspec.Struct, frozen=True, kw_only=True):
    """The policies of a client; each is off while it is `None`."""

    rate_limit: RateLimit | None = None
    circuit_breaker: CircuitBreaker | None = None
    failover: Failover | None = None
    retry: Retry | None = None
    health: Health | None = None
    hedge: Hedge | None = None
    recorders: tuple[Recorder, ...] = ()
    """Those of them that are told how each attempt ended; found by itself."""
    told_of_failures: tuple[Recorder, ...] = ()
    """Those that are told of one that failed or was given up."""

    def __post_init__(self) -> None:
        told = (self.circuit_breaker, self.failover, self.rate_limit, self.retry, self.hedge)
        failures = tuple(each for each in told if each is not None and listens(each))
        recorders = tuple(each for each in failures if listens(each) != "failures")
        msgspec.structs.force_setattr(self, "recorders", recorders)
        msgspec.structs.force_setattr(self, "told_of_failures", failures)


NO_POLICIES = Policies()
