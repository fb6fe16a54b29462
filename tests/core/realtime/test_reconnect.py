"""`Reconnect` decides whether and when; what a caller may say of it is checked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai import Reconnect, ReconnectingEvent
from api_openai.core.call.policy import Again, Stop
from api_openai.core.realtime.reconnect import LOST


@given(
    st.integers(1, 200),
    st.floats(0, 0.999),
    st.just(0.0) | st.floats(0.001, 100),
    st.floats(0, 1000),
    st.integers(0, 100),
)
def test_delays_double_up_to_the_longest(
    attempt: int, chance: float, initial: float, longest: float, most: int
) -> None:
    policy = Reconnect(max_attempts=most, initial_delay=initial, max_delay=longest)
    verdict = policy.decide(1006, attempt, chance)
    if attempt > most:
        assert isinstance(verdict, Stop)
        return
    assert isinstance(verdict, Again)
    whole = min(initial * 2.0 ** (attempt - 1), longest)
    assert whole * 0.7499 <= verdict.seconds <= whole
    assert str(attempt) in verdict.reason


@pytest.mark.parametrize("code", [1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 4000, 4999])
def test_codes_that_say_it_would_not_help(code: int) -> None:
    verdict = Reconnect().decide(code, 1, 0.5)
    assert isinstance(verdict, Stop)
    assert str(code) in verdict.reason
    assert isinstance(Reconnect(codes=frozenset({code})).decide(code, 1, 0.5), Again)


@pytest.mark.parametrize("code", sorted(LOST))
def test_codes_of_a_connection_that_was_lost(code: int) -> None:
    assert isinstance(Reconnect().decide(code, 1, 0.5), Again)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_attempts": -1}, "max_attempts=-1"),
        ({"max_attempts": True}, "max_attempts=True"),
        ({"max_attempts": 1.5}, "max_attempts=1.5"),
        ({"initial_delay": -0.1}, "initial_delay=-0.1"),
        ({"max_delay": float("nan")}, "max_delay=nan"),
        ({"max_delay": "8"}, "max_delay='8'"),
    ],
)
def test_settings_that_are_none(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Reconnect(**settings)


EVENT = ReconnectingEvent(1, 5, 0.5, 1006, {}, {})


async def later(event: ReconnectingEvent) -> None:
    raise AssertionError("it is not run")


@pytest.mark.parametrize("answer", [None, {}, {"abort": True}, {"extra_query": {"a": 1}}])
def test_what_the_caller_may_return(answer: Any) -> None:
    seen: list[ReconnectingEvent] = []

    def handler(event: ReconnectingEvent) -> Any:
        seen.append(event)
        return answer

    assert Reconnect(on_reconnecting=handler).told(EVENT) == (answer or {})
    assert seen == [EVENT]


def test_what_the_caller_may_not_return() -> None:
    with pytest.raises(TypeError, match="plain function"):
        Reconnect(on_reconnecting=later).told(EVENT)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def odd(event: ReconnectingEvent) -> Any:
        return "no"

    with pytest.raises(TypeError, match="returned 'no'"):
        Reconnect(on_reconnecting=odd).told(EVENT)
    with pytest.raises(TypeError, match="expected a function"):
        Reconnect(on_reconnecting="x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_its_repr_and_the_event_s_hold_no_credentials() -> None:
    event = ReconnectingEvent(1, 5, 0.5, 1006, {"key": "sk-secret"}, {"authorization": "sk-secret"})
    assert "sk-secret" not in repr(event)
