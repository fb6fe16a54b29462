"""The `x-ratelimit-*` header fields of an answer, typed."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

LONGEST: Final = 64
"""Characters of a value that are read: no number of use is longer, and long ones take long."""

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class RateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What the server says of the caller's limits; a field it did not send is `None`.

    Counts are requests or tokens of the current window; resets are seconds from the answer until
    the window is full again.
    """

    limit_requests: int | None = None
    remaining_requests: int | None = None
    reset_requests: float | None = None
    limit_tokens: int | None = None
    remaining_tokens: int | None = None
    reset_tokens: float | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str], wall: float = 0.0) -> "RateLimits | None":
        """Read the fields from `headers`; `None` where there are none of them.

        A reset that is a date counts from the answer's own `date`, and from `wall` (seconds since
        1970), if that is given, where there is none.
        """
        if not any(name.startswith("x-ratelimit-") for name in headers):
            return None
        return cls(
            limit_requests=_count(headers.get("x-ratelimit-limit-requests")),
            remaining_requests=_count(headers.get("x-ratelimit-remaining-requests")),
            reset_requests=_reset(headers, "x-ratelimit-reset-requests", wall),
            limit_tokens=_count(headers.get("x-ratelimit-limit-tokens")),
            remaining_tokens=_count(headers.get("x-ratelimit-remaining-tokens")),
            reset_tokens=_reset(headers, "x-ratelimit-reset-tokens", wall),
        )


def _count(text: str | None) -> int | None:
    try:
        return int(text) if text and len(text) <= LONGEST else None
    except ValueError:
        return None


def _reset(headers: Mapping[str, str], name: str, wall: float) -> float | None:
    """Seconds until a reset, which servers write as a duration or as a date (RFC 3339, or HTTP's)."""
    text = headers.get(name)
    seconds = duration(text)
    if seconds is not None or not text:
        return seconds
    from .times import date_seconds

    then = date_seconds(text)
    now = date_seconds(headers.get("date", "").strip()) or wall
    return max(0.0, then - now) if then is not None and now else None


def duration(text: str | None) -> float | None:
    """Seconds in a duration as the API writes them: `6m0s`, `1.5s`, `20ms`, or bare seconds."""
    if not text or len(text) > LONGEST:
        return None
    parts = _DURATION.findall(text)
    if parts and "".join(number + unit for number, unit in parts) == text:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
