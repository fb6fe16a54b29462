"""Heads of responses: those of the usual form are read here, all others by h11.

h11 is the authority. What this file reads by itself is what one strict expression matches, a form in
which nothing can be misread: HTTP/1.1, a final status, CRLF ends, names that are tokens, values of
visible ASCII without space around them, framing by one plain content-length or by `chunked` alone;
and 101 where another protocol was asked for, without framing. A test holds that h11 reads the same
there. Every doubt goes to h11, which is loaded only then.
"""

import re
from typing import Final

from ..terms.errors import RemoteProtocolError
from ..terms.http_message import Headers, InformationalResponse, ResponseHead

__all__ = ["read_head", "read_with_h11"]

# Nothing in a line can be read in two ways, so no repetition keeps what it would take to go back.
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_VALUE: Final = rb"[!-~][ -~]*+(?<! )"
_USUAL: Final = re.compile(
    rb"HTTP/1\.1 (101|[2-5][0-9][0-9]) ([ -~]*)\r\n((?:%b: ?+(?:%b)?+\r\n)*+)\r\n"
    % (_TOKEN, _VALUE)
).fullmatch
_LENGTH: Final = re.compile(rb"[0-9]{1,18}").fullmatch


def read_head(head: bytes, *, upgrade: bool) -> InformationalResponse | ResponseHead:
    """Read a whole head, its empty line included; `RemoteProtocolError` for one that is not valid.

    `upgrade` says whether the request asked for another protocol.
    """
    usual = _USUAL(head)
    if usual is not None:
        status, reason, lines = usual.groups()
        headers = Headers.of_lines(lines)
        if status == b"101":
            if upgrade and not _frames(headers):
                return InformationalResponse(101, headers)
        elif _framed_plainly(headers):
            return ResponseHead(int(status), headers, b"1.1", reason)
    return read_with_h11(head, upgrade=upgrade)


def _frames(headers: Headers) -> bool:
    """Whether a field frames a body."""
    return bool(headers.raw_values(b"content-length") or headers.raw_values(b"transfer-encoding"))


def _framed_plainly(headers: Headers) -> bool:
    """Whether what frames the body can be read in one way only."""
    lengths = headers.raw_values(b"content-length")
    codings = headers.raw_values(b"transfer-encoding")
    if codings:
        return codings == [b"chunked"] and not lengths
    return not lengths or (len(lengths) == 1 and _LENGTH(lengths[0]) is not None)


def read_with_h11(head: bytes, *, upgrade: bool) -> InformationalResponse | ResponseHead:
    """Read any head; the rest as `read_head`."""
    import h11  # a client that meets only the usual needs none

    parser = h11.Connection(h11.CLIENT, len(head))
    if head.startswith(b" 1", 8):  # h11 takes a 1xx only after a request, and all others anyway
        asked = [(b"upgrade", b"any"), (b"connection", b"upgrade")] if upgrade else []
        parser.send(h11.Request(method=b"GET", target=b"/", headers=[(b"host", b"h"), *asked]))
    parser.receive_data(head)
    try:
        event = parser.next_event()
    except h11.RemoteProtocolError as error:
        raise RemoteProtocolError(f"the head of the response is not valid: {error}") from error
    if isinstance(event, h11.Response):
        headers = _headers(event.headers.raw_items())
        return ResponseHead(event.status_code, headers, event.http_version, event.reason)
    assert isinstance(event, h11.InformationalResponse)  # the head is complete: here is an event
    return InformationalResponse(event.status_code, _headers(event.headers.raw_items()))


def _headers(items: list[tuple[bytes, bytes]]) -> Headers:
    """Headers out of h11's, whose quickest way out has the names as they came."""
    return Headers([(name.lower(), value) for name, value in items])
