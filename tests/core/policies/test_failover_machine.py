"""Failover against a model of who rests: the order of endpoints, and when a call goes on to the next."""

import pickle

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api_openai.core.call.policy import Again
from api_openai.core.policies.failover import Failover, FailoverState, Strategy
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.terms.errors import Sent

from ...support.outcomes import ENDPOINTS, GET, POST, SECONDS, Clock, asked, outcome

COOL = 20.0


class FailoverMachine(RuleBasedStateMachine):
    """Calls to three servers that go well and wrong."""

    @initialize(
        strategy=st.sampled_from(("priority", "sticky", "round robin", "random")),
        maybe=st.booleans(),
    )
    def begin(self, strategy: Strategy, maybe: bool) -> None:
        self.failover = Failover(ENDPOINTS, strategy, COOL, maybe_executed=maybe)
        self.clock = Clock()
        self.rests = dict.fromkeys(ENDPOINTS, -1.0)
        self.current = 0
        self.ends: dict[Endpoint, tuple[int, int]] = dict.fromkeys(ENDPOINTS, (0, 0))

    @property
    def moment(self) -> float:
        """The time that counts."""
        return max(self.failover.state.latest, self.clock.now)

    @rule(
        statuses=st.lists(
            st.sampled_from((200, 200, 400, 429, 503, None, "given up")), min_size=4, max_size=4
        ),
        get=st.booleans(),
        sent=st.sampled_from(("no", "maybe")),
        asks=st.sampled_from((None, "5", "60")),
        chance=st.sampled_from((0.0, 0.4, 0.999)),
    )
    def a_call(
        self,
        statuses: list[int | str | None],
        get: bool,
        sent: Sent,
        asks: str | None,
        chance: float,
    ) -> None:
        tried: tuple[Endpoint, ...] = ()
        operation, failover = GET if get else POST, self.failover
        for number, status in enumerate(statuses, 1):
            expected = self.order(tried, chance)
            known = asked(self.clock.now, operation, number=number, tried=tried, chance=chance)
            routes = failover.routes(known)
            assert [each.endpoint for each in routes] == expected
            assert all(each.reason for each in routes)
            endpoint = expected[0]
            tried = (*tried, endpoint)
            given_up = status == "given up"
            code = None if isinstance(status, str) else status
            ended = outcome(
                code,
                endpoint,
                operation,
                sent=sent,
                headers={"retry_after": asks} if asks and code else None,
                abandoned=given_up,
                tried=tried,
            )
            failover.record(ended, self.clock.now)
            bad = not given_up and code not in (200, 400)
            self.learn(endpoint, given_up, bad, code, float(asks) if asks and code else 0.0)
            if given_up or code == 200:
                return
            goes_on = (
                bad
                and (code is not None or sent == "no" or get or failover.maybe_executed)
                and len(set(tried)) < len(ENDPOINTS)
            )
            verdict = failover.judge(ended, self.clock.now)
            assert verdict.reason
            assert isinstance(verdict, Again) == goes_on, verdict
            if not isinstance(verdict, Again):
                return
            assert verdict.seconds == 0

    def order(self, tried: tuple[Endpoint, ...], chance: float) -> list[Endpoint]:
        """Who comes first: not tried and fit, then not tried, then the others."""
        first = self.current
        if self.failover.strategy == "priority":
            first = 0
        elif self.failover.strategy == "random":
            first = int(chance * 3)
        elif self.failover.strategy == "round robin" and not tried:
            self.current = (self.current + 1) % 3
        turns = [ENDPOINTS[(first + more) % 3] for more in range(3)]
        return sorted(turns, key=lambda e: 2 if e in tried else self.rests[e] > self.moment)

    def learn(
        self, endpoint: Endpoint, given_up: bool, bad: bool, code: int | None, asks: float
    ) -> None:
        if given_up:
            return
        calls, failures = self.ends[endpoint]
        self.ends[endpoint] = (calls + 1, failures + bad)
        place = ENDPOINTS.index(endpoint)
        sticky = self.failover.strategy == "sticky"
        if bad:
            self.rests[endpoint] = self.moment + max(COOL, asks)
            if sticky and self.current == place:
                self.current = (place + 1) % 3
        elif code == 200:
            self.rests[endpoint] = -1.0
            if sticky:
                self.current = place

    @rule(seconds=SECONDS | st.just(21.0))
    def goes_on(self, seconds: float) -> None:
        self.clock.go(seconds)

    @rule()
    def moves_to_another_machine(self) -> None:
        before = self.failover.state.latest
        if before < 10:
            return
        self.clock.restart()
        assert self.failover.state.moment(self.clock.now) == self.clock.now
        self.rests = {each: at - before + self.clock.now for each, at in self.rests.items()}

    @rule()
    def pickled(self) -> None:
        """The state pickles by itself, and with its policy."""
        state = pickle.loads(pickle.dumps(self.failover)).state
        assert isinstance(state, FailoverState)
        self.failover = Failover(
            ENDPOINTS,
            self.failover.strategy,
            COOL,
            maybe_executed=self.failover.maybe_executed,
            state=state,
        )

    @invariant()
    def alike(self) -> None:
        if not hasattr(self, "failover"):
            return
        for endpoint, stats in zip(ENDPOINTS, self.failover.stats, strict=True):
            assert stats.failures == self.ends[endpoint][1]


TestFailover = FailoverMachine.TestCase
TestFailover.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
