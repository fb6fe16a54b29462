"""HTTP messages as values: header fields, request and response heads, body parts.

Header field names are compared without case (RFC 9110 section 5.1) and stored in lower case;
order and repetition are kept. Values are bytes on the wire and ISO 8859-1 text for readers.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

import msgspec

from .base_errors import LocalProtocolError

RawHeaders = tuple[tuple[bytes, bytes], ...]

# Sets of bytes, tested with `translate`: quicker than regular expressions, to make and to use.
LOWER_TOKEN: Final = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
"""What a field name in lower case is made of (RFC 9110 section 5.6.2)."""
TOKEN: Final = LOWER_TOKEN + b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What a field name or a method is made of."""
_CONTROLS: Final = bytes({*range(0x20), 0x7F} - {0x09})  # a tab is white space (section 5.5)
_FIELDS: Final = re.compile(rb"\n([^:]+): ?([^\r]*)\r").findall

_names: Final[dict[bytes, bytes]] = {}
"""Names in lower case by how servers write them: all answers that are kept share them."""
_MAX_NAMES: Final = 256
_MAX_NAME: Final = 40


def made_of(text: bytes, allowed: bytes) -> bool:
    """Whether `text` is not empty and has no byte but those `allowed`."""
    return bool(text) and not text.translate(None, allowed)


def header_name(name: str | bytes) -> bytes:
    """Return `name` as a lower-case field name; `LocalProtocolError` unless it is a token."""
    try:
        raw = name.encode("ascii") if isinstance(name, str) else name
    except UnicodeEncodeError:
        raw = b""
    if not made_of(raw, TOKEN):
        raise LocalProtocolError(f"header name {name!r}: expected an RFC 9110 token")
    return raw.lower()


def header_value(name: str | bytes, value: str | bytes) -> bytes:
    """Return `value` as field-value bytes; control characters raise `LocalProtocolError`.

    The message names the header and not the value: it may be a credential. `TypeError` for a value
    that is neither text nor bytes.
    """
    if not isinstance(value, str | bytes):  # pyright: ignore[reportUnnecessaryIsInstance]  # untyped callers
        raise TypeError(f"header {name!r}: expected text as its value, got {type(value).__name__}")
    try:
        raw = value.encode("latin-1") if isinstance(value, str) else value
    except UnicodeEncodeError:
        raise LocalProtocolError(
            f"header {name!r}: expected ISO 8859-1 text as its value"
        ) from None
    if len(raw.translate(None, _CONTROLS)) < len(raw):
        raise LocalProtocolError(
            f"header {name!r}: control characters (line ends, NUL, VT, ...) are not allowed in its value"
        )
    return raw.strip(b" \t")


def _lower(name: bytes) -> bytes:
    """Return a name in lower case, and remember one that will come again."""
    lower = name.lower()
    if len(_names) < _MAX_NAMES and len(name) <= _MAX_NAME:
        _names[name] = lower
    return lower


class Headers(Mapping[str, str]):
    """Header fields, immutable: a mapping from name (any case) to value.

    A field that came several times reads as its values joined with `, `; `multi` gives them apart
    and `raw` gives all fields as they came, names in lower case.
    """

    __slots__ = ("_folded", "_joined", "_lines", "_raw")

    _lines: bytes
    _folded: bytes
    """The same in lower case."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._raw: RawHeaders | None = tuple(raw)
        self._joined: dict[str, str] | None = None
        self._lines = self._folded = b""

    @classmethod
    def of(cls, fields: Mapping[str, str] | Iterable[tuple[str, str]]) -> "Headers":
        """Make headers from text, checking every name and value."""
        # isinstance leaves the types of a mapping open; the signature has them.
        items: Iterable[tuple[str, str]] = (
            cast("Mapping[str, str]", fields).items() if isinstance(fields, Mapping) else fields
        )
        return cls((header_name(name), header_value(name, value)) for name, value in items)

    @classmethod
    def of_lines(cls, lines: bytes) -> "Headers":
        """Make headers from lines that were checked: each a name, a colon, a value and CRLF.

        One space may stand before the value and none after it. Few answers have a field that
        somebody asks for: the lines are taken apart when it happens.
        """
        self = cls.__new__(cls)
        self._raw, self._joined = None, None
        self._lines = b"\n" + lines
        self._folded = self._lines.lower()
        return self

    @property
    def raw(self) -> RawHeaders:
        """All fields as they came, names in lower case; from now on they are not kept as lines too."""
        lines, raw = self._lines, self._raw  # in this order: another thread may take them apart
        if raw is None:
            fields: list[tuple[bytes, bytes]] = _FIELDS(lines)
            names = _names
            raw = tuple([(names.get(name) or _lower(name), value) for name, value in fields])
            self._raw = raw
            self._lines = self._folded = b""
        return raw

    def multi(self, name: str) -> list[str]:
        """Return every value of `name`, in order."""
        key = name.lower().encode("latin-1", "replace")
        return [value.decode("latin-1") for field, value in self.raw if field == key]

    def raw_values(self, name: bytes) -> list[bytes]:
        """Return every value of `name` (in lower case) as it came: the cheap look."""
        lines, folded = self._lines, self._folded  # as above
        if self._raw is not None:
            return [value for field, value in self._raw if field == name]
        found: list[bytes] = []
        mark = b"\n" + name + b":"
        at = folded.find(mark)
        while at >= 0:
            start, end = at + len(mark), folded.index(b"\r", at)
            found.append(lines[start:end].strip(b" "))
            at = folded.find(mark, end)
        return found

    def raw_value(self, name: bytes) -> bytes | None:
        """Return the first value of `name` (in lower case) as it came."""
        lines, folded = self._lines, self._folded  # as above
        if self._raw is not None:
            values = self.raw_values(name)
            return values[0] if values else None
        mark = b"\n" + name + b":"
        at = folded.find(mark)
        if at < 0:
            return None
        return lines[at + len(mark) : folded.index(b"\r", at)].strip(b" ")

    def quotes(self, text: bytes) -> bool:
        """Say whether `text` may be in a value: false means that it is in none."""
        lines = self._lines
        if self._raw is None:
            return text in lines
        return any(text in value for _, value in self._raw)

    def __getitem__(self, name: str) -> str:
        if self._joined is not None:
            return self._joined[name.lower()]
        values = self.multi(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        # Who goes over the names asks for each: thousands of fields are joined once.
        if self._joined is None:
            values: dict[str, list[str]] = {}
            for name, value in self.raw:
                values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
            self._joined = {name: ", ".join(each) for name, each in values.items()}
        return iter(self._joined)

    def __len__(self) -> int:
        return len({name for name, _ in self.raw})

    def __repr__(self) -> str:
        return f"Headers({dict(self)!r})"

    def __reduce__(self) -> tuple[type["Headers"], tuple[RawHeaders]]:
        return Headers, (self.raw,)


class Request(msgspec.Struct, frozen=True, gc=False):
    """The head of a request: method, target and header fields, framing header included."""

    method: bytes
    target: bytes
    headers: RawHeaders


class ResponseHead(msgspec.Struct, frozen=True, gc=False):
    """The head of a final response."""

    status: int
    headers: Headers
    http_version: bytes = b"1.1"
    reason: bytes = b""


class InformationalResponse(msgspec.Struct, frozen=True, gc=False):
    """The head of a 1xx response; the final one is still to come."""

    status: int
    headers: Headers


class Data(msgspec.Struct, frozen=True, gc=False):
    """A part of a body, of any size."""

    data: bytes


class EndOfMessage(msgspec.Struct, frozen=True, gc=False):
    """The end of a body, with the trailer fields of a chunked one."""

    trailers: Headers = Headers()
