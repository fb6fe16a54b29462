"""Limits in memory, by the moments at which calls may go out: never more than the limit."""

from math import inf, nan
from typing import Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.policies.limit_state import Granted
from api_openai.policies import Amounts, Denied, LocalLimits, RateLimit, Wait

from ...support.outcomes import asked

Algorithm = Literal["token bucket", "sliding window"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("token bucket", "sliding window")
TINY: Final = 1e-6
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


def check(limit: Amounts, uses: list[tuple[float, float]]) -> None:
    """No stretch of time has more requests, and no more tokens, than the limit."""
    uses = sorted(uses)
    for most, amounts in (
        (limit.requests, [1.0] * len(uses)),
        (limit.tokens, [tokens for _, tokens in uses]),
    ):
        for first, (begin, _) in enumerate(uses if most is not None else ()):
            total, capacity = 0.0, most or 0.0
            for (end, _), amount in zip(uses[first:], amounts[first:], strict=True):
                total += amount
                if limit.algorithm == "token bucket":
                    allowed = capacity + (end - begin) * capacity / limit.seconds
                elif end - begin < limit.seconds - TINY:
                    allowed = capacity
                else:
                    break
                assert total <= allowed + TINY


@each_algorithm
def test_when_a_hold_is_over_no_more_than_the_limit_goes_out(algorithm: Algorithm) -> None:
    limit, state = Amounts(requests=3, seconds=6, algorithm=algorithm), LocalLimits()
    state.hold(limit, "", 30, 0.0)
    uses: list[tuple[float, float]] = []
    for now in range(0, 30, 2):
        answer = state.reserve(limit, "", 0.0, float(now), inf)
        assert isinstance(answer, Wait)
        uses.append((now + answer.seconds, 0.0))
    assert uses[0][0] == 30
    check(limit, uses)


@each_algorithm
def test_who_waits_for_tokens_counts_as_a_request_then(algorithm: Algorithm) -> None:
    limit = Amounts(requests=10, tokens=1000, seconds=10, algorithm=algorithm)
    state = LocalLimits()
    uses: list[tuple[float, float]] = []
    for number in range(60):
        tokens = 1000.0 if number < 2 else 1.0
        answer = state.reserve(limit, "", tokens, number / 10, inf)
        assert isinstance(answer, Wait)
        uses.append((number / 10 + answer.seconds, tokens))
    check(limit, uses)


@given(
    st.sampled_from(ALGORITHMS),
    st.lists(
        st.one_of(
            st.tuples(st.just("ask"), st.sampled_from([0.0, 1.0, 3.0, 9.0])),
            st.tuples(st.just("move"), st.sampled_from([0.0, 0.01, 0.5, 4.0])),
            st.tuples(st.just("hold"), st.sampled_from([0.5, 5.0])),
        ),
        max_size=60,
    ),
    st.sampled_from([0.0, 2.0, inf]),
)
def test_never_more_than_the_limit(
    algorithm: Algorithm, steps: list[tuple[str, float]], latest: float
) -> None:
    limit = Amounts(requests=4, tokens=10, seconds=5, algorithm=algorithm)
    state, now = LocalLimits(), 100.0
    uses: list[tuple[float, float]] = []
    for word, much in steps:
        if word == "move":
            now += much
        elif word == "hold":
            state.hold(limit, "", much, now)
        else:
            answer = state.reserve(limit, "", much, now, latest)
            if isinstance(answer, Wait):
                assert answer.seconds <= latest
                uses.append((now + answer.seconds, much))
    check(limit, uses)


@each_algorithm
def test_limits_that_share_what_is_used_bring_amounts_of_their_own(algorithm: Algorithm) -> None:
    small = RateLimit(requests=2, tokens=20, cost=lambda _: 10.0, algorithm=algorithm)
    for _ in range(2):
        small.reserve(asked(0.0))
    large = RateLimit(
        requests=6, tokens=60, cost=lambda _: 10.0, algorithm=algorithm, state=small.state
    )
    waits = [large.reserve(asked(0.0)) for _ in range(4)]
    assert all(isinstance(each, Wait) and each.seconds == 0 for each in waits)
    assert isinstance(large.reserve(asked(0.0, left=0.0)), Denied), "two were used before"
    refused = small.reserve(asked(0.0, left=1.0))
    assert isinstance(refused, Denied)
    assert "2 in 60 s" in refused.reason
    assert small.stats()[0].requests_used == 6


def test_a_state_takes_the_algorithm_of_the_limit_that_asks() -> None:
    bucket = RateLimit(requests=2)
    bucket.reserve(asked(0.0))
    window = RateLimit(requests=2, algorithm="sliding window", state=bucket.state)
    assert isinstance(window.reserve(asked(0.0, left=0.0)), Wait)
    assert isinstance(window.reserve(asked(0.0, left=0.0)), Denied)


def test_more_slots_let_those_in_line_through() -> None:
    old = RateLimit(concurrency=1)
    places: list[Any] = [old.reserve(asked(0.0)) for _ in range(3)]
    assert [each.place.ready for each in places] == [True, False, False]
    new = RateLimit(concurrency=3, slots=old.slots)
    last: Any = new.reserve(asked(0.0))
    assert [each.place.ready for each in [*places, last]] == [True, True, True, False]
    assert repr(new)


@pytest.mark.parametrize("cost", [-1.0, nan])
def test_what_costs_no_number_of_tokens_is_refused(cost: float) -> None:
    limit = RateLimit(tokens=5, cost=lambda _: cost)
    with pytest.raises(ValueError, match=r"^RateLimit cost: expected 0 tokens or more"):
        limit.reserve(asked(0.0))
    assert limit.stats() == ()


def test_what_comes_back_late_does_not_stop_the_clock_of_another_machine() -> None:
    limit, state = Amounts(requests=1, seconds=3600), LocalLimits()
    state.reserve(limit, "", 0.0, 1000.0, inf)
    waits = state.reserve(limit, "", 0.0, 1000.0, inf)
    assert isinstance(waits, Granted)
    state.give_back(limit, "", 1.0, 0.0, 4000.0, waits)
    for now, seconds in ((5.0, 600.0), (605.0, 3600.0)):
        granted = state.reserve(limit, "", 0.0, now, inf)
        assert isinstance(granted, Granted)
        assert granted.seconds == pytest.approx(seconds)
