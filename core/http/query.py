"""Bracket encoding: nested values as flat name and text pairs, for queries and form fields.

    include=["a", "b"]              include[]=a  include[]=b
    metadata={"tier": {"n": 1}}     metadata[tier][n]=1
    limit=None                      (not sent; nor are omitted, empty lists and empty mappings)
    after=""                        after=
    stream=True                     stream=true

Query text is percent-encoded UTF-8 in which only the unreserved characters of RFC 3986 section 2.3
stand for themselves; a space is `%20`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from math import isfinite
from typing import Final, TypeGuard

import msgspec

from ..json.values import is_mapping
from ..terms.omit import is_omitted
from .path import escape

Pairs = tuple[tuple[str, str], ...]

MAX_DEPTH: Final = 32
"""Levels of nesting; more is taken for a reference in a circle."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9\-._~]*").fullmatch
_ESCAPED: Final = re.compile(rb"[^A-Za-z0-9\-._~]")


def encode_query(params: Mapping[str, object]) -> Pairs:
    """Return the pairs for `params`, in order.

    Values are text, numbers, booleans, enumerations, whatever the JSON encoder takes (dates as
    ISO 8601, structs and dataclasses as mappings), and lists and mappings of these. `TypeError` for
    another type and `ValueError` for NaN, Infinity and lone surrogates name the parameter.
    """
    return tuple(pair for name, value in params.items() for pair in flatten(name, value))


def render_query(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return `name=value&...` in ASCII, without a question mark; `b""` for no pairs."""
    return "&".join([f"{_quote(name)}={_quote(value)}" for name, value in pairs]).encode("ascii")


def flatten(name: str, value: object, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Give the pairs for one parameter."""
    if depth > MAX_DEPTH:
        raise ValueError(f"{name[:64]}...: nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Enum):
        value = value.value
    if value is None or value is msgspec.UNSET or is_omitted(value):
        return
    if is_mapping(value):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{name}: expected keys of str, got {type(key).__name__} {key!r}")
            yield from flatten(f"{name}[{key}]", item, depth + 1)
    elif is_list_or_tuple(value):
        for item in value:
            yield from flatten(f"{name}[]", item, depth + 1)
    elif (plain := _text(name, value)) is not None:
        yield name, _encodable(name, plain)
    else:
        yield from flatten(name, _builtins(name, value), depth + 1)


def is_list_or_tuple(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    """Say whether `value` is encoded item by item."""
    return isinstance(value, list | tuple)


def _text(name: str, value: object) -> str | None:
    """Return the text of a scalar, or `None` when `value` is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{name}={value!r}: expected a finite number")
        return repr(value)
    return None


def _builtins(name: str, value: object) -> object:
    """Take an object through JSON, as it would go in a JSON body."""
    from ..json.encode import encode
    from ..terms.nesting import decode

    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{name}: expected text, a number, a list or a mapping, got bytes")
    try:
        return decode(encode(value))
    except TypeError as error:
        raise TypeError(
            f"{name}: expected text, a number, a list or a mapping, got {type(value).__name__}"
        ) from error


def _encodable(name: str, text: str) -> str:
    try:
        name.encode()
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name!r}: expected text, got lone surrogates") from None
    return str(text)


def _quote(text: str) -> str:
    if _PLAIN(text):
        return text
    return _ESCAPED.sub(escape, text.encode()).decode("ascii")
