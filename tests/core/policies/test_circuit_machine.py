"""Circuits against a model that keeps every attempt: when they open, what they let through, and when."""

import pickle
from dataclasses import dataclass

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from api_openai.core.call.policy import Denied, Wait
from api_openai.core.policies.circuit_breaker import SLOTS, CircuitBreaker, Circuits
from api_openai.core.request.endpoint import Endpoint

from ...support.outcomes import ENDPOINTS, SECONDS, Clock, asked, outcome

OPEN = 30.0
TWO = ENDPOINTS[:2]


@dataclass(eq=False)
class Attempt:
    """One that was let through and is not over."""

    endpoint: Endpoint
    began: float
    life: int
    """In which state of its circuit, counted."""
    probe: bool


class Known:
    """A circuit as the model has it."""

    def __init__(self) -> None:
        self.state = "closed"
        self.since = 0.0
        self.life = 0
        self.recent: list[tuple[float, bool]] = []
        """Ends of attempts of this life: when, and whether they failed."""
        self.probes: list[Attempt] = []
        self.opened = 0
        self.refused = 0

    def go(self, state: str, now: float) -> None:
        """Begin another life."""
        self.state, self.since = state, now
        self.life += 1
        self.opened += state == "open"
        self.recent.clear()
        self.probes.clear()


class CircuitMachine(RuleBasedStateMachine):
    """Attempts at two servers, which end as they please, in any order."""

    @initialize(
        failures=st.none() | st.integers(1, 3),
        ratio=st.none() | st.sampled_from((0.0, 0.5, 1.0)),
        minimum=st.integers(1, 4),
        probes=st.integers(1, 3),
        successes=st.integers(1, 3),
        limited=st.booleans(),
    )
    def begin(
        self,
        failures: int | None,
        ratio: float | None,
        minimum: int,
        probes: int,
        successes: int,
        limited: bool,
    ) -> None:
        if failures is None and ratio is None:
            failures = 2
        self.breaker = CircuitBreaker(
            failures=failures,
            ratio=ratio,
            window=60.0,
            minimum=minimum,
            open_seconds=OPEN,
            probes=probes,
            successes=successes,
            rate_limited=limited,
        )
        self.clock = Clock()
        self.known = {endpoint: Known() for endpoint in TWO}
        self.under_way: list[Attempt] = []

    @property
    def moment(self) -> float:
        """The time that counts."""
        return max(self.breaker.circuits.latest, self.clock.now)

    @rule(endpoint=st.sampled_from(TWO))
    def asks(self, endpoint: Endpoint) -> None:
        known, now = self.known[endpoint], self.moment
        answer = self.breaker.allow(endpoint, asked(self.clock.now))
        if known.state == "open" and now >= known.since + OPEN:
            known.go("half open", now)
        passes = known.state == "closed" or (
            known.state == "half open" and len(known.probes) < self.breaker.probes
        )
        assert isinstance(answer, Wait if passes else Denied)
        if isinstance(answer, Denied):
            known.refused += 1
            if known.state == "open":
                assert answer.after is not None
                assert abs(answer.after - (known.since + OPEN - now)) < 1e-6
            assert str(endpoint.origin) in answer.reason
            return
        attempt = Attempt(endpoint, self.clock.now, known.life, known.state == "half open")
        self.under_way.append(attempt)
        if attempt.probe:
            known.probes.append(attempt)

    @precondition(lambda self: bool(getattr(self, "under_way", None)))
    @rule(data=st.data(), status=st.sampled_from((200, 404, 400, 429, 500, 503, None, "given up")))
    def ends(self, data: st.DataObject, status: int | str | None) -> None:
        attempt = data.draw(st.sampled_from(self.under_way))
        self.under_way.remove(attempt)
        known, now, breaker = self.known[attempt.endpoint], self.moment, self.breaker
        given_up = status == "given up"
        number = None if isinstance(status, str) else status
        breaker.record(
            outcome(number, attempt.endpoint, abandoned=given_up, began=attempt.began),
            self.clock.now,
        )
        failed = not given_up and (
            number is None or number >= 500 or (number == 429 and breaker.rate_limited)
        )
        if known.state == "half open":
            if attempt not in known.probes:
                return
            known.probes.remove(attempt)
            if given_up:
                return
            known.recent.append((now, failed))
            if failed:
                known.go("open", now)
            elif len(known.recent) >= breaker.successes:
                known.go("closed", now)
        elif known.state == "closed" and not given_up:
            known.recent.append((now, failed))
            if self.opens(known, now):
                known.go("open", now)

    def opens(self, known: Known, now: float) -> bool:
        """Whether a closed circuit opens at its latest end."""
        breaker, recent = self.breaker, known.recent
        if not recent[-1][1]:
            return False
        if breaker.failures is not None:
            row = [failed for _, failed in recent[-breaker.failures :]]
            if len(row) == breaker.failures and all(row):
                return True
        if breaker.ratio is None:
            return False
        # The window leaves by parts: what is in the oldest of them may count or not.
        some = self.shares([f for at, f in recent if at >= now - breaker.window])
        length = breaker.window / SLOTS
        more = self.shares([f for at, f in recent if at >= now - breaker.window - length])
        if some == more:
            return some
        return self.breaker.circuits.of(str(self.endpoint_of(known).origin)).state == "open"

    def endpoint_of(self, known: Known) -> Endpoint:
        return next(endpoint for endpoint, each in self.known.items() if each is known)

    def shares(self, failed: list[bool]) -> bool:
        breaker = self.breaker
        assert breaker.ratio is not None
        return len(failed) >= breaker.minimum and sum(failed) >= breaker.ratio * len(failed)

    @rule(seconds=SECONDS | st.sampled_from((29.0, 31.0)))
    def goes_on(self, seconds: float) -> None:
        self.clock.go(seconds)

    @rule()
    def pickled(self) -> None:
        """A copy has everything but the probes, which belong to calls of this process."""
        circuits = self.breaker.circuits
        copy = pickle.loads(pickle.dumps(circuits))
        assert isinstance(copy, Circuits)
        for key, circuit in circuits.by_key.items():
            assert copy.by_key[key].probes == 0
            copy.by_key[key].probes = circuit.probes
        circuits.by_key = copy.by_key

    @precondition(lambda self: not getattr(self, "under_way", True))
    @rule()
    def moves_to_another_machine(self) -> None:
        before = self.breaker.circuits.latest
        if before < 10:
            return
        self.clock.restart()
        assert self.breaker.circuits.moment(self.clock.now) == self.clock.now
        for known in self.known.values():
            known.since -= before - self.clock.now
            known.recent = [(at - before + self.clock.now, failed) for at, failed in known.recent]

    @invariant()
    def alike(self) -> None:
        """The circuits are as the model has them."""
        if not hasattr(self, "breaker"):
            return
        stats = {each.key: each for each in self.breaker.stats}
        for endpoint, known in self.known.items():
            found = stats.get(str(endpoint.origin))
            if found is None:
                assert known.life == 0
                continue
            assert (found.state, found.opened, found.refused) == (
                known.state,
                known.opened,
                known.refused,
            )


TestCircuit = CircuitMachine.TestCase
TestCircuit.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
