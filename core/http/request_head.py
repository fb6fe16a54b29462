"""The head of a request, checked and rendered: once for all requests that begin alike.

Its fields were checked when they were made; here it is made sure that none of them begins a new line
and that the body is framed in one way (RFC 9112 section 6).
"""

from typing import Final

import msgspec

from ..terms.errors import LocalProtocolError
from ..terms.http_message import LOWER_TOKEN, TOKEN, RawHeaders, made_of

__all__ = ["PreparedHead", "PreparedRequest", "connection_options"]

MAX_DIGITS: Final = 18
"""Digits of a content-length; more bytes than that are nobody's body."""
_VISIBLE: Final = bytes(range(0x21, 0x7F))
_ONCE: Final = frozenset((b"host", b"content-length", b"transfer-encoding"))


class PreparedHead:
    """A request line and header fields, all or all but those of the body.

    `LocalProtocolError` for a method, target or field that could be misread.
    """

    __slots__ = ("_coding", "_length", "_once", "_text", "closes", "method", "typed", "upgrades")

    def __init__(self, method: bytes, target: bytes, headers: RawHeaders) -> None:
        if not made_of(method, TOKEN):
            raise LocalProtocolError(f"method {method!r}: expected an RFC 9110 token")
        if not made_of(target, _VISIBLE):
            raise LocalProtocolError(f"target {target!r}: expected visible ASCII without spaces")
        fields = _checked(headers)
        if b"host" not in fields:
            raise LocalProtocolError("header host is missing")
        self.method = method
        self.closes = b"connection" in fields and b"close" in connection_options(
            [value for name, value in headers if name == b"connection"]
        )
        """Whether the connection ends with the exchange."""
        self.upgrades = b"upgrade" in fields
        """Whether it asks for another protocol."""
        self.typed = b"content-type" in fields
        """Whether it says what the body is."""
        self._once = _ONCE & fields.keys()
        self._length = fields.get(b"content-length")
        self._coding = fields.get(b"transfer-encoding")
        self._text = b"%b %b HTTP/1.1\r\n%b" % (method, target, render(headers))

    def framed(self, framing: RawHeaders = ()) -> tuple[bytes, int | None]:
        """Return the head with the fields of a body, and that body's bytes; `None` for chunks."""
        length, coding, text = self._length, self._coding, self._text
        if framing:
            fields = _checked(framing)
            for name in self._once & fields.keys():
                raise LocalProtocolError(f"header {name.decode()} is there twice")
            length = fields.get(b"content-length", length)
            coding = fields.get(b"transfer-encoding", coding)
            text += render(framing)
        if coding is not None:
            if length is not None or coding != b"chunked":
                raise LocalProtocolError(
                    "transfer-encoding: expected chunked without a content-length"
                )
            return text + b"\r\n", None
        if length is None:
            return text + b"\r\n", 0
        if not (length.isdigit() and len(length) <= MAX_DIGITS):
            raise LocalProtocolError(f"content-length {length!r}: expected digits")
        return text + b"\r\n", int(length)

    def __repr__(self) -> str:
        """Without its fields: credentials are among them."""
        return f"PreparedHead({self.method!r}, ...)"


class PreparedRequest(msgspec.Struct, frozen=True, gc=False):
    """The head of a request as a prepared one, and the fields that frame this request's body."""

    head: PreparedHead
    framing: RawHeaders = ()


def render(headers: RawHeaders) -> bytes:
    """Render fields, each with its line end; `LocalProtocolError` if one would begin a new line."""
    lines = b"".join([b"%b: %b\r\n" % field for field in headers])
    ends = len(headers)
    if lines.count(b"\n") != ends or lines.count(b"\r") != ends or b"\0" in lines:
        raise LocalProtocolError("CR, LF or NUL in a header field")
    return lines


def connection_options(values: list[bytes]) -> set[bytes]:
    """Return the options in the values of `connection` (RFC 9112 section 9.1), in lower case."""
    if not values:
        return set()
    return {option.strip() for option in b",".join(values).lower().split(b",")}


def _checked(headers: RawHeaders) -> dict[bytes, bytes]:
    fields = dict(headers)
    if not made_of(b"".join(fields), LOWER_TOKEN):
        raise LocalProtocolError("header names: expected RFC 9110 tokens in lower case")
    if len(fields) < len(headers):
        names = [name for name, _ in headers]
        for name in _ONCE:
            if names.count(name) > 1:
                raise LocalProtocolError(f"header {name.decode()} is there twice")
    return fields
