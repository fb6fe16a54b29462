"""Path templates: `/files/{file_id}` and values to a path in which each value is one segment.

A value can never reach another resource than the template's: what is not allowed in a segment
(RFC 3986 section 3.3), the slash included, is percent-encoded, and the dot segments `.` and `..`,
which have no encoded form that servers leave alone, are refused.
"""

import re
from functools import lru_cache
from typing import Final

_SEGMENT: Final = re.compile(r"[A-Za-z0-9\-_~!$&'()*+,;=:@.]+").fullmatch
_ESCAPED: Final = re.compile(rb"[^A-Za-z0-9\-_~!$&'()*+,;=:@.]")


def fill(template: str, *values: object) -> str:
    """Return `template` with each `{name}` in it replaced by the next of `values`, encoded.

    `TypeError` for a value that is not a `str` or too few or many of them, `ValueError` for one
    that is empty, `.` or `..`; the message names the parameter.
    """
    literals, names = _parts(template)
    if len(values) != len(names):
        raise TypeError(f"{template}: expected {len(names)} path parameters, got {len(values)}")
    path = literals[0]
    for name, value, literal in zip(names, values, literals[1:], strict=True):
        path += segment(name, value) + literal
    return path


def segment(name: str, value: object) -> str:
    """Return `value` as one segment of a path; `name` is the parameter in error messages."""
    if not isinstance(value, str):
        raise TypeError(f"{name}={value!r}: expected a str, got {type(value).__name__}")
    if _SEGMENT(value):
        if value in (".", ".."):
            raise ValueError(f"{name}={value!r}: expected a name, got a dot segment")
        return value
    if not value:
        raise ValueError(f"{name}={value!r}: expected a non-empty string")
    try:
        return _ESCAPED.sub(escape, value.encode()).decode("ascii")
    except UnicodeEncodeError:
        raise ValueError(f"{name}={value!r}: expected text, got lone surrogates") from None


def escape(match: re.Match[bytes]) -> bytes:
    """Return the percent-encoding of the one byte that matched (RFC 3986 section 2.1)."""
    return b"%%%02X" % ord(match[0])


@lru_cache(maxsize=1024)
def _parts(template: str) -> tuple[list[str], list[str]]:
    """Split a template into the text around its parameters, and their names."""
    pieces = re.split(r"\{([^{}]+)\}", template)
    return pieces[::2], pieces[1::2]
