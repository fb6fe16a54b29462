"""`CircuitBreaker`: no calls to a server that fails, until it has had a rest.

A circuit is closed (calls pass), open (none does) or half open (a few pass, as probes). What leads
from one to the other:
"""

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from ..call.policy import Asked, AttemptOutcome, Denied, Wait
from . import checks
from .steady_time import SteadyState

if TYPE_CHECKING:
    from ..request.endpoint import Endpoint

__all__ = ["TRANSITIONS", "CircuitBreaker", "CircuitStats", "Circuits"]

CircuitState = Literal["closed", "open", "half open"]

TRANSITIONS: Final[dict[CircuitState, dict[str, CircuitState]]] = {
    "closed": {"success": "closed", "failure": "closed", "too many failures": "open"},
    "open": {"open_seconds are over": "half open"},
    "half open": {
        "success": "half open",
        "enough successes": "closed",
        "failure": "open",
    },
}
"""What happens in each state, and the state after it."""

MOST_CIRCUITS: Final = 1024
"""Circuits that are kept; of more than that, closed ones without failures are forgotten."""

SLOTS: Final = 10
"""Parts of the window, which leave it one by one."""


class CircuitStats(msgspec.Struct, frozen=True, kw_only=True):
    """How one circuit is."""

    key: str
    """What it is for: an endpoint's name, with the operation or model after it if it is per those."""
    state: CircuitState
    since: float
    """When it came to this state, in seconds of the clock that policies see."""
    failures: int
    """In a row, up to now."""
    window_calls: int
    window_failures: int
    opened: int
    """How often it has opened."""
    refused: int
    """Calls that it did not let through."""


class _Circuit(msgspec.Struct):
    state: CircuitState = "closed"
    since: float = 0.0
    failures: int = 0
    probes: int = 0
    successes: int = 0
    opened: int = 0
    refused: int = 0
    window: deque[list[float]] = msgspec.field(default_factory=deque[list[float]])
    """Parts of the window, oldest first: when it began, calls, failures."""

    def __reduce__(self) -> tuple[Any, ...]:
        """A pickle has no probes: those that are out belong to this process."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return _circuit, ({**fields, "probes": 0},)

    def go(self, event: str, now: float) -> None:
        """Take the transition that `event` stands for."""
        state = TRANSITIONS[self.state][event]
        if state != self.state:
            self.state, self.since = state, now
            self.failures = self.successes = self.probes = 0
            self.window.clear()


def _circuit(fields: dict[str, Any]) -> _Circuit:
    return _Circuit(**fields)


class Circuits(SteadyState):
    """The circuits of a breaker, by what they are for."""

    by_key: dict[str, _Circuit] = msgspec.field(default_factory=dict[str, _Circuit])

    def move(self, seconds: float) -> None:
        """Put all times back by so much."""
        for circuit in self.by_key.values():
            circuit.since -= seconds
            for part in circuit.window:
                part[0] -= seconds

    def of(self, key: str) -> _Circuit:
        """Return the circuit for `key`, a closed one at first."""
        circuit = self.by_key.get(key)
        if circuit is None:
            if len(self.by_key) >= MOST_CIRCUITS:
                self._forget()
            circuit = self.by_key[key] = _Circuit(since=self.latest)
        return circuit

    def _forget(self) -> None:
        quiet = [k for k, c in self.by_key.items() if c.state == "closed" and not c.failures]
        for key in quiet or [next(iter(self.by_key))]:
            del self.by_key[key]


class CircuitBreaker(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Refuses calls at once while a server fails.

    A circuit opens after `failures` in a row, or when of at least `minimum` calls within `window`
    seconds the share `ratio` has failed. After `open_seconds` it lets `probes` calls through at a time;
    `successes` of them in a row close it, one failure opens it again. A failure is a call without an
    answer, or one answered 5xx; also 429 with `rate_limited`. Other 4xx are answers of a server that
    works. What the caller gave up says nothing. A refused call is a `PolicyRefusedError`, unsent.

    There is a circuit for each endpoint, or for each model or operation at one. `ValueError` for
    settings out of their range.
    """

    failures: int | None = 5
    ratio: float | None = None
    window: float = 60.0
    minimum: int = 20
    open_seconds: float = 30.0
    probes: int = 1
    successes: int = 1
    rate_limited: bool = False
    per: Literal["endpoint", "operation", "model"] = "endpoint"
    circuits: Circuits = msgspec.field(default_factory=Circuits)
    """Its state, which breakers may share."""

    def __post_init__(self) -> None:
        if self.failures is None and self.ratio is None:
            raise ValueError("CircuitBreaker failures, ratio: expected one of them, or both")
        if self.failures is not None:
            checks.count("CircuitBreaker", "failures", self.failures, least=1)
        if self.ratio is not None:
            checks.share("CircuitBreaker", "ratio", self.ratio)
        for name in ("window", "open_seconds"):
            checks.seconds("CircuitBreaker", name, getattr(self, name), above=True)
        for name in ("minimum", "probes", "successes"):
            checks.count("CircuitBreaker", name, getattr(self, name), least=1)
        checks.switch("CircuitBreaker", "rate_limited", self.rate_limited)
        checks.one_of("CircuitBreaker", "per", self.per, ("endpoint", "operation", "model"))

    def allow(self, endpoint: "Endpoint", asked: Asked, /) -> Wait | Denied:
        """Say whether an attempt may be made now."""
        circuits = self.circuits
        key = endpoint.name if self.per == "endpoint" else self._key(endpoint, asked.operation)
        circuit = circuits.by_key.get(key)
        if circuit is None or circuit.state == "closed":
            return PASS
        now = circuits.moment(asked.now)
        if circuit.state == "open":
            left = circuit.since + self.open_seconds - now
            if left > 0:
                circuit.refused += 1
                return Denied(f"the circuit of {endpoint.name} is open", left)
            circuit.go("open_seconds are over", now)
        if circuit.probes >= self.probes:
            circuit.refused += 1
            return Denied(f"the circuit of {endpoint.name} is half open, and its probes are out")
        circuit.probes += 1
        return Wait(0, "a probe of a half-open circuit")

    def record(self, outcome: AttemptOutcome, now: float, /) -> None:
        """Count how an attempt ended."""
        circuits = self.circuits
        endpoint = outcome.endpoint
        key = endpoint.name if self.per == "endpoint" else self._key(endpoint, outcome.operation)
        circuit = circuits.by_key.get(key)
        quiet = circuit is None or (circuit.state == "closed" and not circuit.failures)
        if quiet and outcome.error is None and self.ratio is None:
            return  # the usual case: nothing is counted that is not needed
        now = circuits.moment(now)
        circuit = circuit or circuits.of(key)
        if circuit.state == "closed":
            if not outcome.abandoned:
                self._count(circuit, self._is_failure(outcome), now)
        elif circuit.state == "half open" and self._is_probe(outcome, circuit):
            circuit.probes = max(0, circuit.probes - 1)
            if not outcome.abandoned:
                self._probed(circuit, self._is_failure(outcome), now)

    def _is_probe(self, outcome: AttemptOutcome, circuit: _Circuit) -> bool:
        """Whether an attempt began since the circuit is half open.

        Nothing began while it was open. Clocks of threads may be apart, so that half of that time is
        allowed for it: a probe that was taken for another attempt would be out for ever.
        """
        return outcome.began > circuit.since - self.open_seconds / 2

    def _count(self, circuit: _Circuit, failed: bool, now: float) -> None:
        circuit.failures = circuit.failures + 1 if failed else 0
        if self.ratio is not None:
            self._keep(circuit.window, failed, now)
        row = self.failures is not None and circuit.failures >= self.failures
        share = failed and self.ratio is not None and self._reached(circuit.window, self.ratio)
        if row or share:
            circuit.go("too many failures", now)
            circuit.opened += 1
        elif failed or circuit.failures:
            circuit.go("failure", now)

    def _probed(self, circuit: _Circuit, failed: bool, now: float) -> None:
        if failed:
            circuit.go("failure", now)
            circuit.opened += 1
            return
        circuit.successes += 1
        circuit.go("enough successes" if circuit.successes >= self.successes else "success", now)

    def _keep(self, window: deque[list[float]], failed: bool, now: float) -> None:
        """Count a call in the window, and let go of those that have left it."""
        if not window or now >= window[-1][0] + self.window / SLOTS:
            window.append([now, 0, 0])
        part = window[-1]
        part[1] += 1
        part[2] += failed
        while window[0][0] + self.window < now:
            window.popleft()

    def _reached(self, window: deque[list[float]], ratio: float) -> bool:
        """Whether so large a share of the window's calls has failed."""
        calls = sum(part[1] for part in window)
        return calls >= self.minimum and sum(part[2] for part in window) >= ratio * calls

    def _is_failure(self, outcome: AttemptOutcome) -> bool:
        if outcome.status is None:
            return outcome.error is not None
        return outcome.status >= 500 or (self.rate_limited and outcome.status == 429)

    def _key(self, endpoint: "Endpoint", operation: Any) -> str:
        what = operation.name if self.per == "operation" else operation.model
        return f"{endpoint.name} {what}"

    @property
    def stats(self) -> tuple[CircuitStats, ...]:
        """How each circuit is; one that has not failed may not be there."""
        return tuple(_stats(key, circuit) for key, circuit in [*self.circuits.by_key.items()])


PASS: Final = Wait(0)


def _stats(key: str, circuit: _Circuit) -> CircuitStats:
    window = [*circuit.window]
    return CircuitStats(
        key=key,
        state=circuit.state,
        since=circuit.since,
        failures=circuit.failures,
        window_calls=int(sum(part[1] for part in window)),
        window_failures=int(sum(part[2] for part in window)),
        opened=circuit.opened,
        refused=circuit.refused,
    )
