"""When to look next: the decision, without anything that waits."""

from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.programs.polling import HINT, PAUSE, Poll
from api_openai.core.terms.omit import omit


def test_the_callers_pause_goes_before_the_servers_and_that_before_the_default() -> None:
    hint = {HINT: "250"}
    assert Poll.of(2000, omit).after(hint, 0) == 2
    assert Poll.of(0, omit).after(hint, 0) == 0
    assert Poll.of(omit, omit).after(hint, 0) == 0.25
    assert Poll.of(None, None).after({HINT: "0"}, 0) == 0
    assert Poll.of(omit, omit).after({}, 0) == PAUSE == 1
    assert Poll.of(omit, omit).after(None, 0) == 1
    assert Poll.every(3, None, 5).after(hint, 0) == 3
    assert Poll.every(omit, None, 5).after(hint, 0) == 0.25
    assert Poll.every(omit, None, 5).after({}, 0) == 5


@pytest.mark.parametrize("hint", ["", "soon", "-1", "1.5", "inf", "1e3", "\u0663", "10, 20"])
def test_a_hint_that_is_no_number_is_none(hint: str) -> None:
    assert Poll.of(omit, omit).after({HINT: hint}, 0) == 1


def test_the_last_look_is_when_the_time_is_over() -> None:
    poll = Poll.of(4000, 10)
    assert poll.after(None, 0) == 4
    assert poll.after(None, 4) == 4
    assert poll.after(None, 8) == 2
    assert poll.after(None, 10) is None
    assert poll.after(None, 11) is None
    assert Poll.of(4000, 0).after(None, 0) is None


@given(
    pause=st.floats(0, 1e6),
    longest=st.floats(0, 1e6),
    looks=st.lists(st.floats(0, 100), max_size=20),
)
def test_it_never_waits_beyond_the_end(pause: float, longest: float, looks: list[float]) -> None:
    poll = Poll.of(pause, longest)
    waited = 0.0
    for took in looks:
        waited += took
        seconds = poll.after(None, waited)
        if seconds is None:
            assert waited >= longest
            return
        assert 0 <= seconds <= longest - waited
        waited += seconds


@pytest.mark.parametrize("wrong", [-1, inf, -inf, nan, True])
def test_what_is_no_time(wrong: Any) -> None:
    with pytest.raises(ValueError, match="poll_interval_ms="):
        Poll.of(wrong, omit)
    with pytest.raises(ValueError, match="max_wait_seconds="):
        Poll.of(omit, wrong)
    with pytest.raises(ValueError, match="poll_interval="):
        Poll.every(wrong, omit, 1)
