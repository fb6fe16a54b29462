"""`Retry`: what is tried again, when, and why not."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.call.policy import Again, AttemptOutcome, Stop
from api_openai.core.policies.budget import Budget
from api_openai.core.policies.retry import Retry

from .outcomes import GET, answered, asked, broken

NO_QUOTA = b'{"error": {"message": "spent", "code": "insufficient_quota", "type": "x"}}'


def verdict(policy: Retry, outcome: AttemptOutcome, **more: Any) -> Again | Stop:
    return policy.judge(outcome, asked(number=outcome.number + 1, **more))


def reason(policy: Retry, outcome: AttemptOutcome, **more: Any) -> str:
    """Why it is not tried again."""
    answer = verdict(policy, outcome, **more)
    assert isinstance(answer, Stop)
    return answer.reason


def wait(policy: Retry, outcome: AttemptOutcome, **more: Any) -> float:
    """Seconds until it is tried again."""
    answer = verdict(policy, outcome, **more)
    assert isinstance(answer, Again)
    return answer.seconds


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529, 599])
def test_statuses_that_pass(status: int) -> None:
    assert wait(Retry(), answered(status)) == 0.5


@pytest.mark.parametrize("status", [300, 400, 401, 403, 404, 418, 422, 451])
def test_statuses_that_stay(status: int) -> None:
    outcome = answered(status) if status >= 400 else answered(400)
    assert f"status {outcome.status}" in reason(Retry(), outcome)


def test_statuses_are_the_callers() -> None:
    policy = Retry(statuses=[404], server_errors=False)
    assert wait(policy, answered(404)) == 0.5
    assert "500" in reason(policy, answered(500))


def test_what_was_not_sent_is_tried_again() -> None:
    assert wait(Retry(), broken("no")) == 0.5


@pytest.mark.parametrize("sent", ["maybe", "answered"])
def test_what_may_have_been_executed_is_not(sent: Any) -> None:
    assert "may have executed it" in reason(Retry(), broken(sent))
    assert wait(Retry(maybe_executed=True), broken(sent)) == 0.5
    assert wait(Retry(), broken(sent, operation=GET)) == 0.5


def test_a_body_that_is_gone_is_not_sent_again() -> None:
    outcome = answered(503, replayable=False)
    assert reason(Retry(maybe_executed=True), outcome) == "the request's body cannot be sent twice"


@pytest.mark.parametrize("policy", [Retry(5), Retry.official(5)])
@pytest.mark.parametrize("status", [429, 503])
def test_a_quota_that_is_spent_is_final(policy: Retry, status: int) -> None:
    assert "insufficient_quota" in reason(policy, answered(status, body=NO_QUOTA))


def test_the_schedule() -> None:
    policy = Retry(8, initial=0.5, factor=2, longest=8, jitter=0.25)
    outcome = answered(503)
    waits = [wait(policy, outcome, retries=done) for done in range(7)]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    assert wait(policy, outcome, chance=0.5) == pytest.approx(0.4375)
    assert wait(Retry(2000), outcome, retries=1999) == 8


def test_a_count_that_is_used_up() -> None:
    assert reason(Retry(2), answered(503), retries=2) == "no retry of 2 is left"
    assert reason(Retry(0), answered(503)) == "no retries"


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    said = reason(Retry(), answered(503), left=0.3)
    assert "0.5 s" in said
    assert "the deadline is in 0.3 s" in said
    assert wait(Retry(), answered(503), left=0.6) == 0.5


def test_what_the_server_says_counts() -> None:
    assert wait(Retry(), answered(503, {"retry-after": "3"})) == 3
    assert wait(Retry(obey=False), answered(503, {"retry-after": "3"})) == 0.5
    assert wait(Retry(), answered(400, {"x-should-retry": "true"})) == 0.5
    assert "x-should-retry" in reason(Retry(), answered(503, {"x-should-retry": "false"}))
    assert wait(Retry(obey=False), answered(503, {"x-should-retry": "false"})) == 0.5


@pytest.mark.parametrize("value", ["61", "99999999", "1e30", "1e999", "9" * 48])
def test_a_server_that_asks_too_much_is_left_alone(value: str) -> None:
    assert "longest_asked" in reason(Retry(), answered(429, {"retry-after": value}))


@pytest.mark.parametrize("value", ["0", "-3", "nan", "inf", "soon", "", "1_0", "9" * 200])
def test_what_asks_for_nothing_leaves_the_schedule(value: str) -> None:
    assert wait(Retry(), answered(429, {"retry-after": value})) == 0.5


def test_a_budget_bounds_retries_over_all_calls() -> None:
    budget = Budget(ratio=0.1, burst=1)
    policy = Retry(budget=budget)
    assert wait(policy, answered(503)) == 0.5
    assert "budget" in reason(policy, answered(503))
    for _ in range(10):
        policy.record(answered(200), 0.0)
    assert wait(policy, answered(503)) == 0.5
    assert budget.stats == {"balance": pytest.approx(0.0), "taken": 2, "refused": 1}


def test_a_retry_that_would_come_too_late_spends_nothing() -> None:
    policy = Retry(budget=Budget(burst=1))
    assert "deadline" in reason(policy, answered(503), left=0.1)
    assert wait(policy, answered(503)) == 0.5


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("retries", -1, "a whole number of 0 or more"),
        ("retries", 1.5, "a whole number of 0 or more"),
        ("retries", True, "a whole number of 0 or more"),
        ("initial", -0.1, "a number of 0 or more"),
        ("initial", float("nan"), "a number of 0 or more"),
        ("factor", 0.5, "a number of 1 or more"),
        ("longest", float("inf"), "a number of 0 or more"),
        ("jitter", 1.1, "a number from 0 to 1"),
        ("longest_asked", -1, "a number of 0 or more"),
    ],
)
def test_settings_out_of_their_range(name: str, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=f"^Retry {name}={value!r}: expected {expected}$"):
        Retry(**{name: value})


@given(
    st.integers(0, 100_000),
    st.floats(0, 1e6),
    st.floats(1, 1e3),
    st.floats(0, 1e6),
    st.floats(0, 1),
    st.floats(0, 1, exclude_max=True),
)
def test_waits_stay_within_their_bounds(
    done: int, initial: float, factor: float, longest: float, jitter: float, chance: float
) -> None:
    policy = Retry(done + 1, initial=initial, factor=factor, longest=longest, jitter=jitter)
    assert 0 <= wait(policy, answered(503), retries=done, chance=chance) <= longest


def test_it_pickles_with_its_budget() -> None:
    budget = Budget(burst=3)
    budget.withdraw()
    policy = pickle.loads(pickle.dumps(Retry(4, budget=budget)))
    assert (policy.retries, policy.budget.balance) == (4, 2)
    assert repr(policy.budget) == repr(budget)
