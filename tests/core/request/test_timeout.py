"""Timeouts as callers write them, and the deadlines they become."""

from math import inf
from typing import Any

import httpx
import pytest

from api_openai.core.call.deadlines import Deadlines
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APITimeoutError, Phase


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time


def test_the_default_is_no_limit() -> None:
    deadlines = Deadlines(Timeout(), Clock().now)
    phases: list[Phase] = ["pool", "connect", "send", "first_byte", "idle", "total"]
    assert [deadlines.until(phase) for phase in phases] == [inf] * 6


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (None, Timeout()),
        (2, Timeout(connect=2, first_byte=2, idle=2)),
        (1.5, Timeout(connect=1.5, first_byte=1.5, idle=1.5)),
        (Timeout(total=3), Timeout(total=3)),
        (httpx.Timeout(7, connect=1), Timeout(connect=1, first_byte=7, idle=7)),
        (httpx.Timeout(None), Timeout()),
    ],
)
def test_what_callers_write(written: object, meant: Timeout) -> None:
    assert Timeout.of(written) == meant


@pytest.mark.parametrize("wrong", ["5", True, [1], object()])
def test_what_is_no_timeout(wrong: object) -> None:
    with pytest.raises(TypeError, match="expected seconds, a Timeout, or None"):
        Timeout.of(wrong)


@pytest.mark.parametrize("wrong", [0, -1, float("nan")])
@pytest.mark.parametrize("field", ["connect", "first_byte", "idle", "total"])
def test_limits_are_above_zero(field: str, wrong: float) -> None:
    limits: dict[str, Any] = {field: wrong}
    with pytest.raises(ValueError, match=f"timeout {field}="):
        Timeout(**limits)


def test_phases_count_from_when_they_begin_and_end_with_the_total() -> None:
    clock = Clock()
    deadlines = Deadlines(Timeout(connect=1, first_byte=2, idle=3, total=10), clock.now)
    assert deadlines.until("pool") == deadlines.until("connect") == 101
    assert deadlines.until("first_byte") == 102
    assert deadlines.until("send") == deadlines.until("idle") == 103
    clock.time = 108
    assert deadlines.until("idle") == 110
    assert deadlines.until("total") == 110


def test_the_error_names_the_limit_that_fired() -> None:
    clock = Clock()
    deadlines = Deadlines(Timeout(first_byte=2, total=10), clock.now)
    clock.time = 102
    error = deadlines.passed("first_byte", "maybe")
    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.seconds, error.sent) == ("first_byte", 2, "maybe")
    assert str(error) == "Request timed out: no first byte of an answer within 2 s"
    clock.time = 110
    error = deadlines.passed("first_byte", "maybe")
    assert (error.phase, error.seconds) == ("total", 10)
    assert "within 10 s in all" in str(error)


def test_a_timer_that_fires_a_little_early_is_told_by_what_has_a_limit() -> None:
    clock = Clock()
    deadlines = Deadlines(Timeout(total=10), clock.now)
    clock.time = 109.999
    assert deadlines.passed("idle", "maybe").phase == "total"


def test_briefly_stays_within_the_total() -> None:
    clock = Clock()
    deadlines = Deadlines(Timeout(total=10), clock.now)
    assert deadlines.briefly(1).until("idle") == 101
    clock.time = 109.5
    assert deadlines.briefly(1).until("idle") == pytest.approx(110)
    clock.time = 120
    assert deadlines.briefly(1).until("idle") == pytest.approx(120)
    assert Deadlines(Timeout(), clock.now).briefly(1).until("idle") == 121


@pytest.mark.parametrize(
    ("given", "limits", "words"),
    [
        ((60,), {}, r"Timeout\(60\): expected connect, first_byte, idle, total"),
        ((10.0,), {"connect": 2}, r"Timeout\(10.0, connect=2\): .* by name"),
        ((), {"read": 3}, r"Timeout\(read=3\): .* or one of httpx, limits each phase"),
    ],
)
def test_arguments_of_the_official_sdk_are_told_what_is_expected(
    given: tuple[Any, ...], limits: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        Timeout(*given, **limits)
