"""Health against the list of all probes: what an endpoint is said to be, each and together."""

import pickle

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api_openai.core.policies.health import Health, HealthState
from api_openai.core.request.endpoint import Endpoint

from ...support.outcomes import ENDPOINTS, SECONDS, Clock

SLOW, STALE = 2.0, 50.0


class HealthMachine(RuleBasedStateMachine):
    """Probes of three servers, of which each says how long it took and how it failed."""

    @initialize(
        bad=st.integers(1, 3), good=st.integers(1, 3), slow=st.booleans(), stale=st.booleans()
    )
    def begin(self, bad: int, good: int, slow: bool, stale: bool) -> None:
        self.health = Health(
            unhealthy_after=bad,
            healthy_after=good,
            slow=SLOW if slow else None,
            stale=STALE if stale else None,
        )
        self.clock = Clock()
        self.probes: dict[Endpoint, list[tuple[float, bool, float]]] = {e: [] for e in ENDPOINTS}

    @property
    def moment(self) -> float:
        """The time that counts."""
        return max(self.health.state.latest, self.clock.now)

    @rule(
        endpoint=st.sampled_from(ENDPOINTS),
        failed=st.booleans(),
        took=st.sampled_from((0.1, SLOW, 2.1)),
    )
    def probed(self, endpoint: Endpoint, failed: bool, took: float) -> None:
        self.probes[endpoint].append((self.moment, failed, took))
        said = self.health.probed(endpoint, "it broke" if failed else "", took, self.clock.now)
        assert said == self.condition(endpoint)

    def condition(self, endpoint: Endpoint) -> str:
        """What the probes amount to."""
        probes, health = self.probes[endpoint], self.health
        if not probes:
            return "unknown"
        at, failed, took = probes[-1]
        if health.stale is not None and self.moment - at >= health.stale:
            return "unknown"
        row = 0
        for _, other, _ in reversed(probes):
            if other != failed:
                break
            row += 1
        if failed:
            return "unhealthy" if row >= health.unhealthy_after else "degraded"
        slow = health.slow is not None and took > health.slow
        return "degraded" if slow or row < health.healthy_after else "healthy"

    @rule()
    def reports(self) -> None:
        report = self.health.report(ENDPOINTS, self.clock.now)
        found = [self.condition(endpoint) for endpoint in ENDPOINTS]
        assert [each.condition for each in report.endpoints] == found
        assert [each.probes for each in report.endpoints] == [
            len(self.probes[endpoint]) for endpoint in ENDPOINTS
        ]
        assert all(each.reason for each in report.endpoints)
        usable = bool({"healthy", "degraded"} & {*found})
        assert bool(report) == usable
        if len({*found}) == 1:
            assert report.condition == found[0]
        else:
            assert report.condition == ("degraded" if usable else "unknown")

    @rule(seconds=SECONDS)
    def goes_on(self, seconds: float) -> None:
        self.clock.go(seconds)

    @rule(endpoint=st.sampled_from(ENDPOINTS))
    def moves_to_another_machine(self, endpoint: Endpoint) -> None:
        """What was known for a while is so still; nothing is fresh for ever."""
        before = self.health.state.latest
        if before < 10:
            return
        self.clock.restart()
        state = pickle.loads(pickle.dumps(self.health)).state
        assert isinstance(state, HealthState)
        self.health.state.by_endpoint = state.by_endpoint
        for probes in self.probes.values():
            probes[:] = [(at - before + 5.0, failed, took) for at, failed, took in probes]
        assert self.health.condition(endpoint, self.clock.now) == self.condition(endpoint)

    @rule()
    def pickled(self) -> None:
        self.health = pickle.loads(pickle.dumps(self.health))

    @invariant()
    def alike(self) -> None:
        if hasattr(self, "health"):
            for endpoint in ENDPOINTS:
                assert self.health.condition(endpoint, self.clock.now) == self.condition(endpoint)


TestHealth = HealthMachine.TestCase
TestHealth.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
