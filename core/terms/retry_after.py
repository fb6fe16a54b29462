"""How long a server asks its callers to wait, and whether it wants to see them again at all."""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .http_message import Headers

__all__ = ["asked_wait", "should_retry"]

LONGEST: Final = 64
"""Characters of a value that are read."""

_NUMBER: Final = re.compile(
    r"\s{0,9}\+?(?:[0-9]{1,48}(?:\.[0-9]{0,48})?|\.[0-9]{1,48})(?:[eE][+-]?[0-9]{1,4})?\s{0,9}"
)


def asked_wait(headers: "Headers", wall: float | None = None) -> float | None:
    """Seconds that an answer asks to wait: `retry-after-ms`, else `retry-after` (RFC 9110 10.2.3).

    A date counts from the answer's own `date`, and from `wall` (seconds since 1970), if that is given,
    where there is none. Of several values the longest counts. What is negative or no number is not there.
    """
    found = [_number(each) for each in headers.multi("retry-after-ms")]
    milliseconds = [each for each in found if each is not None]
    if milliseconds:
        return max(milliseconds) / 1000
    waits = [_seconds(each.strip(), headers, wall) for each in headers.multi("retry-after")]
    known = [each for each in waits if each is not None]
    return max(known) if known else None


def should_retry(headers: "Headers") -> bool | None:
    """What `x-should-retry` says; `None` where it says nothing."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def _seconds(text: str, headers: "Headers", wall: float | None) -> float | None:
    if (number := _number(text)) is not None:
        return number
    from .times import date_seconds  # dates are rare, and their module takes its time

    then = date_seconds(text)
    if then is None:
        return None
    said = date_seconds(headers.get("date", "").strip())
    now = wall if said is None else said
    return None if now is None else max(0.0, then - now)


def _number(text: str) -> float | None:
    if not _NUMBER.fullmatch(text[: LONGEST + 1]):
        return None
    return float(text)  # infinitely many, where it is too large for a float
