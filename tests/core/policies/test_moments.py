"""Limits in memory, by the moments at which calls may go out: never more than the limit."""

from math import inf
from typing import Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.policies import Amounts, LocalLimits, Wait

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
