"""Dates that servers write into header fields, as seconds since 1970 (UTC)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["date_seconds"]

LONGEST: Final = 64
"""Characters of a date that are read."""

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1
    )
}
_FIXDATE: Final = re.compile(
    r"[A-Z][a-z]{2}, (?P<d>\d\d) (?P<b>[A-Z][a-z]{2}) (?P<y>\d{4}) "
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) GMT"
)
_RFC850: Final = re.compile(
    r"[A-Z][a-z]{5,8}, (?P<d>\d\d)-(?P<b>[A-Z][a-z]{2})-(?P<y>\d\d) "
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) GMT"
)
_ASCTIME: Final = re.compile(
    r"[A-Z][a-z]{2} (?P<b>[A-Z][a-z]{2}) (?P<d>[ \d]\d) "
    r"(?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d) (?P<y>\d{4})"
)
_RFC3339: Final = re.compile(
    r"(?P<y>\d{4})-(?P<b>\d\d)-(?P<d>\d\d)[Tt ](?P<h>\d\d):(?P<m>\d\d):(?P<s>\d\d)(?P<f>\.\d+)?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<oh>\d\d):(?P<om>\d\d))"
)


def date_seconds(text: str) -> float | None:
    """Read an HTTP date in its three forms (RFC 9110 section 5.6.7) or one of RFC 3339.

    `None` for anything else, and for a day that no calendar has.
    """
    if len(text) > LONGEST or not text.isascii():
        return None
    for form in (_FIXDATE, _RFC3339, _RFC850, _ASCTIME):
        if (found := form.fullmatch(text)) is not None:
            return _seconds(found)
    return None


def _seconds(found: re.Match[str]) -> float | None:
    part = found.groupdict()
    year = int(part["y"])
    if len(part["y"]) == 2:
        year += 2000 if year < 70 else 1900
    month = _MONTHS.get(part["b"], 0) if part["b"].isalpha() else int(part["b"])
    second = int(part["s"])
    try:
        date = datetime(
            year, month, int(part["d"]), int(part["h"]), int(part["m"]), min(second, 59), tzinfo=UTC
        )
        if part.get("sign"):
            offset = timedelta(hours=int(part["oh"]), minutes=int(part["om"]))
            date = date - offset if part["sign"] == "+" else date + offset
        leap = 1.0 if second == 60 else 0.0
        return date.timestamp() + leap + float(part.get("f") or 0)
    except (ValueError, OverflowError):
        return None
