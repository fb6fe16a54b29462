"""How long a server asks to wait, in every form in which servers say so."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.rate_limits import RateLimits
from api_openai.core.terms.retry_after import asked_wait, should_retry
from api_openai.core.terms.times import date_seconds

NOON = 1_793_188_800.0
"""Wed, 28 Oct 2026 12:00:00 GMT"""


def wait(*fields: tuple[str, str], wall: float = NOON) -> float | None:
    return asked_wait(Headers.of(fields), wall)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ([("retry-after", "3")], 3.0),
        ([("retry-after", " 3 ")], 3.0),
        ([("retry-after", "0.25")], 0.25),
        ([("retry-after", ".5")], 0.5),
        ([("retry-after", "1e2")], 100.0),
        ([("retry-after", "-3")], None),
        ([("retry-after", "nan")], None),
        ([("retry-after", "inf")], None),
        ([("retry-after", "1e999")], float("inf")),
        ([("retry-after-ms", "250")], 0.25),
        ([("retry-after-ms", "250"), ("retry-after", "9")], 0.25),
        ([("retry-after-ms", "soon"), ("retry-after", "9")], 9.0),
        ([("retry-after", "2"), ("retry-after", "5")], 5.0),
        ([("retry-after", "5"), ("retry-after", "2")], 5.0),
        ([("retry-after", "2"), ("retry-after", "x")], 2.0),
        ([("retry-after", "Wed, 28 Oct 2026 12:00:10 GMT")], 10.0),
        ([("retry-after", "2026-10-28T12:00:10Z")], 10.0),
        ([("retry-after", "2026-10-28T14:00:10.5+02:00")], 10.5),
        ([("retry-after", "Wednesday, 28-Oct-26 12:00:10 GMT")], 10.0),
        ([("retry-after", "Wed Oct 28 12:00:10 2026")], 10.0),
        ([("retry-after", "Wed, 28 Oct 2026 11:59:00 GMT")], 0.0),
        ([("retry-after", "Wed, 32 Oct 2026 11:59:00 GMT")], None),
        ([("retry-after", "Wed, 28 Foo 2026 11:59:00 GMT")], None),
        ([], None),
    ],
)
def test_every_form(fields: list[tuple[str, str]], seconds: float | None) -> None:
    assert wait(*fields) == seconds


def test_a_date_counts_from_the_servers_own() -> None:
    """A clock of ours that is wrong changes nothing."""
    fields = (
        ("retry-after", "Wed, 28 Oct 2026 12:00:10 GMT"),
        ("date", "Wed, 28 Oct 2026 12:00:04 GMT"),
    )
    assert wait(*fields, wall=0.0) == 6.0


@pytest.mark.parametrize(
    ("text", "said"), [("true", True), ("False", False), ("", None), ("x", None)]
)
def test_whether_it_wants_to_see_us_again(text: str, said: bool | None) -> None:
    assert should_retry(Headers.of({"x-should-retry": text})) is said


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))
def test_dates_are_read_as_they_are_written(date: datetime) -> None:
    date = date.replace(microsecond=0)
    expected = date.timestamp()
    assert (
        date_seconds(
            date.strftime("%a, %d %b ") + f"{date.year:04d}" + date.strftime(" %H:%M:%S GMT")
        )
        == expected
    )
    for hours in (-11, 0, 5):
        local = f"{date.year:04d}" + date.strftime("-%m-%dT%H:%M:%S") + f"{hours:+03d}:00"
        assert date_seconds(local) == (date - timedelta(hours=hours)).timestamp()


@given(st.text(max_size=100))
def test_any_text_is_read_or_not(text: str) -> None:
    seconds = date_seconds(text)
    assert seconds is None or seconds == seconds


def test_resets_of_rate_limits_may_be_dates() -> None:
    headers = Headers.of(
        {
            "x-ratelimit-reset-requests": "2026-10-28T12:00:30Z",
            "x-ratelimit-reset-tokens": "6m0s",
        }
    )
    limits = RateLimits.of(headers, NOON)
    assert limits is not None
    assert (limits.reset_requests, limits.reset_tokens) == (30.0, 360.0)
    without = RateLimits.of(headers)
    assert without is not None
    assert without.reset_requests is None


@pytest.mark.parametrize("text", ["1" * 100_000, "1m" * 50_000, " " * 100_000, "2026-" * 20_000])
def test_long_texts_take_no_time(text: str) -> None:
    began = time.process_time()
    for _ in range(100):
        wait(("retry-after", text), ("retry-after-ms", text))
        RateLimits.of({"x-ratelimit-reset-requests": text})
    assert time.process_time() - began < 2
