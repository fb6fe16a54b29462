"""Hedges and their budget against plain numbers: when a second attempt begins, and how many may."""

import pickle
from collections import deque

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api_openai.core.policies.budget import Budget
from api_openai.core.policies.hedge import KEPT, Hedge

from ...support.outcomes import GET, asked, outcome

LEAST = 3


class HedgeMachine(RuleBasedStateMachine):
    """Calls of different length, with and without a second attempt."""

    @initialize(
        after=st.none() | st.sampled_from((0.0, 1.5)),
        quantile=st.none() | st.sampled_from((0.0, 0.5, 0.9, 1.0)),
        budget=st.none()
        | st.tuples(st.sampled_from((0.0, 0.25, 1.0)), st.sampled_from((1.0, 2.0))),
    )
    def begin(
        self, after: float | None, quantile: float | None, budget: tuple[float, float] | None
    ) -> None:
        if after is None and quantile is None:
            after = 1.5
        self.ratio, self.burst = budget or (0.0, 0.0)
        self.balance = self.burst
        self.hedge = Hedge(
            after=after,
            quantile=quantile,
            least=LEAST,
            budget=None if budget is None else Budget(*budget),
        )
        self.durations: deque[float] = deque(maxlen=KEPT)
        self.begun = self.won = self.refused = 0

    @rule(
        took=st.sampled_from((0.1, 0.2, 3.0, 7.0)),
        second=st.booleans(),
        wins=st.booleans(),
        status=st.sampled_from((200, 200, 500, None, "given up")),
    )
    def a_call(self, took: float, second: bool, wins: bool, status: int | str | None) -> None:
        hedge = self.hedge
        assert hedge.delay(asked(0.0, GET)) == self.delay()
        begun = second and self.may_begin()
        given_up = status == "given up"
        code = None if isinstance(status, str) else status
        losers = 2 if begun and code == 200 else 1
        for number in (1, 2) if begun else (1,):
            first = number == 1
            winner = code == 200 and (losers == 1 or wins != first)
            lost = given_up or (code == 200 and not winner)
            hedge.record(
                outcome(
                    code,
                    operation=GET,
                    number=number,
                    hedging=not first,
                    abandoned=lost,
                    ended=took,
                ),
                0.0,
            )
            if first:
                self.balance = min(self.burst, self.balance + self.ratio)
            if winner:
                self.won += not first
                self.durations.append(took)

    def delay(self) -> float | None:
        """Seconds until the second attempt."""
        hedge = self.hedge
        if hedge.quantile is not None and len(self.durations) >= LEAST:
            known = sorted(self.durations)
            below = [each for each in known if known.index(each) <= hedge.quantile * len(known)]
            assert hedge.delay(asked(0.0, GET)) in below
            return known[min(int(hedge.quantile * len(known)), len(known) - 1)]
        return hedge.after

    def may_begin(self) -> bool:
        may = self.hedge.budget is None or self.balance >= 1
        assert self.hedge.may_begin() == may
        if may:
            self.begun += 1
            self.balance -= self.hedge.budget is not None
        else:
            self.refused += 1
        return may

    @rule()
    def pickled(self) -> None:
        self.hedge = pickle.loads(pickle.dumps(self.hedge))

    @invariant()
    def alike(self) -> None:
        if not hasattr(self, "hedge"):
            return
        stats = self.hedge.stats
        assert (stats.begun, stats.won, stats.refused) == (self.begun, self.won, self.refused)
        if self.hedge.budget is not None:
            assert self.hedge.budget.balance == self.balance >= 0


TestHedge = HedgeMachine.TestCase
TestHedge.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
