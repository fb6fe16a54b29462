"""Retries against a count: how often, how long, never what must not be sent again, never beyond a budget."""

import pickle
from math import inf

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api_openai.core.call.policy import Again
from api_openai.core.policies.budget import Budget
from api_openai.core.policies.retry import Retry
from api_openai.core.terms.errors import Sent

from ...support.outcomes import GET, POST, asked, outcome

STATUSES = (400, 401, 404, 408, 409, 429, 500, 503, 529, None)
CHANCES = st.sampled_from((0.0, 0.5, 0.999))


class RetryMachine(RuleBasedStateMachine):
    """Calls that fail in all ways; each goes on for as long as its policy says."""

    @initialize(
        retries=st.integers(0, 4),
        factor=st.sampled_from((1.0, 2.0, 10.0)),
        jitter=st.sampled_from((0.0, 0.25, 1.0)),
        maybe=st.booleans(),
        server_errors=st.booleans(),
        obey=st.booleans(),
        burst=st.none() | st.sampled_from((1.0, 2.5)),
    )
    def begin(
        self,
        retries: int,
        factor: float,
        jitter: float,
        maybe: bool,
        server_errors: bool,
        obey: bool,
        burst: float | None,
    ) -> None:
        self.retry = Retry(
            retries,
            initial=0.5,
            factor=factor,
            longest=8.0,
            jitter=jitter,
            maybe_executed=maybe,
            server_errors=server_errors,
            obey=obey,
            budget=None if burst is None else Budget(0.5, burst),
        )
        self.balance = inf if burst is None else burst
        self.burst = self.balance
        self.taken = 0

    @rule(
        statuses=st.lists(st.sampled_from(STATUSES), min_size=6, max_size=6),
        sent=st.sampled_from(("no", "maybe")),
        get=st.booleans(),
        replayable=st.booleans(),
        code=st.sampled_from(("", "", "insufficient_quota")),
        says=st.sampled_from(
            ({}, {"retry_after": "3"}, {"retry_after_ms": "70000"}, {"retry_after": "0"})
        ),
        should=st.sampled_from((None, None, "true", "false")),
        left=st.sampled_from((inf, inf, 2.0, 0.0, -1.0)),
        chance=CHANCES,
    )
    def a_call(
        self,
        statuses: list[int | None],
        sent: Sent,
        get: bool,
        replayable: bool,
        code: str,
        says: dict[str, str],
        should: str | None,
        left: float,
        chance: float,
    ) -> None:
        headers = {**says, **({"x_should_retry": should} if should else {})}
        operation = GET if get else POST
        retry = self.retry
        for done, status in enumerate(statuses):
            ended = outcome(
                status,
                operation=operation,
                sent=sent,
                code=code if status == 429 else "",
                headers=headers if status else None,
                replayable=replayable,
                number=done + 1,
            )
            retry.record(ended, 0.0)
            if done == 0:
                self.balance = min(self.burst, self.balance + 0.5)
            verdict = retry.judge(
                ended, asked(0.0, operation, left=left, chance=chance, retries=done)
            )
            assert verdict.reason
            wait = self.wait(headers if status else {}, done, chance)
            goes_on = (
                self.may(ended.status, sent, get, replayable, code, should)
                and done < retry.retries
                and wait < left
            )
            if goes_on and self.balance < 1:
                goes_on = False
                assert "budget" in verdict.reason
            assert isinstance(verdict, Again) == goes_on, verdict
            if not isinstance(verdict, Again):
                return
            assert abs(verdict.seconds - wait) < 1e-9
            self.balance -= 1
            self.taken += 1

    def may(
        self,
        status: int | None,
        sent: Sent,
        get: bool,
        replayable: bool,
        code: str,
        should: str | None,
    ) -> bool:
        """Whether this failure may be followed by another attempt at all."""
        retry = self.retry
        if not replayable:
            return False
        if status is None:
            return sent == "no" or get or retry.maybe_executed
        if status == 429 and code:
            return False
        if retry.obey and should is not None:
            return should == "true"
        return status in (408, 409, 429) or (status >= 500 and retry.server_errors)

    def wait(self, headers: dict[str, str], done: int, chance: float) -> float:
        """Seconds until then; infinitely many where the server asks too much."""
        retry = self.retry
        if retry.obey and "retry_after" in headers and headers["retry_after"] == "3":
            return 3.0
        if retry.obey and "retry_after_ms" in headers:
            return inf
        wait = 0.5
        for _ in range(done):
            wait *= retry.factor
        return min(wait, 8.0) * (1 - retry.jitter * chance)

    @rule()
    def pickled(self) -> None:
        self.retry = pickle.loads(pickle.dumps(self.retry))

    @invariant()
    def budget(self) -> None:
        if hasattr(self, "retry") and self.retry.budget is not None:
            assert self.retry.budget.balance == self.balance
            assert self.retry.budget.stats["taken"] == self.taken


TestRetry = RetryMachine.TestCase
TestRetry.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
