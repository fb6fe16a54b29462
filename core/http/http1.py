"""One HTTP/1.1 exchange from the client's side (RFC 9112), without I/O.

    machine = Http1Client()
    send(machine.send(Request(...)) + machine.send(Data(...)) + machine.send(EndOfMessage()))
    while (event := machine.next_event()) is NEED_DATA:
        machine.receive_data(receive())

The head of the response, which is where hostile bytes arrive, is read by `heads.py`, and by h11 but
for heads of the usual form. The request's head is rendered by `request_head.py`, because its fields
were checked when they were made, and the response's body is framed by `framing.py`, because every
token of a stream goes through it.

Theory: a server may answer before it has the whole request, so the two sides have a state each and
move by the tables below. A pair that is not in the tables is an error of the side that made it.
"""

import re
from enum import StrEnum
from typing import Final

from ..terms.errors import LocalProtocolError, RemoteProtocolError, Sent
from ..terms.http_message import (
    Data,
    EndOfMessage,
    Headers,
    InformationalResponse,
    Request,
    ResponseHead,
)
from ..terms.sentinels import NEED_DATA, PAUSED, NeedData, Paused
from .framing import Chunked, Counted, Framing, UntilClose
from .heads import read_head
from .request_head import PreparedHead, PreparedRequest, connection_options, render


class State(StrEnum):
    """Where one side of the exchange is; a `StrEnum`, because its members hash in C."""

    IDLE = "IDLE"
    """Before its head."""
    BODY = "BODY"
    """After its head."""
    DONE = "DONE"
    """After its end."""
    SWITCHED = "SWITCHED"
    """After a 101 that was asked for: what follows is another protocol's."""
    FAILED = "FAILED"
    """It broke the rules, and will not be heard again."""


REQUEST: Final[dict[State, dict[type, State]]] = {
    State.IDLE: {Request: State.BODY, PreparedRequest: State.BODY},
    State.BODY: {Data: State.BODY, EndOfMessage: State.DONE},
    State.DONE: {},
    State.SWITCHED: {},
    State.FAILED: {},
}
RESPONSE: Final[dict[State, dict[type, State]]] = {
    State.IDLE: {InformationalResponse: State.IDLE, ResponseHead: State.BODY},
    State.BODY: {Data: State.BODY, EndOfMessage: State.DONE},
    State.DONE: {},
    State.SWITCHED: {},
    State.FAILED: {},
}

ClientEvent = Request | PreparedRequest | Data | EndOfMessage
ServerEvent = InformationalResponse | ResponseHead | Data | EndOfMessage

MAX_HEAD: Final = 64 * 1024
"""Bytes that the heads of a response, 1xx ones included, may have by default."""

_HEAD_END: Final = re.compile(rb"\n\r?\n").search


class Http1Client:
    """The machine of one exchange; the next one on the same connection takes a new machine.

    `max_head` bounds the heads of the response together, `max_trailers` the fields after its body,
    both in bytes. `receive_data` expects that `next_event` is called until it gives `NEED_DATA`.
    """

    __slots__ = (
        "_buffer",
        "_cut",
        "_eof",
        "_expected",
        "_framing",
        "_head_left",
        "_heard",
        "_keep_alive",
        "_max_trailers",
        "_method",
        "_request",
        "_response",
        "_searched",
        "_upgrade",
    )

    def __init__(self, *, max_head: int = MAX_HEAD, max_trailers: int = MAX_HEAD) -> None:
        self._head_left = max_head
        self._max_trailers = max_trailers
        self._request = State.IDLE
        self._response = State.IDLE
        self._method = b""
        self._expected: int | None = 0  # bytes of our body still to send; None: in chunks
        self._framing: Framing | None = None
        self._keep_alive = True
        self._buffer = b""
        self._searched = 0  # bytes of the buffer in which no head ends
        self._heard = False
        self._eof = self._cut = False
        self._upgrade = False  # whether the request asks for another protocol

    @property
    def reusable(self) -> bool:
        """Whether the connection can take another exchange.

        Both sides are at their ends, both keep the connection alive, and no byte is left over.
        After a 5xx or a 408 the server has to have said `keep-alive`.
        """
        return (
            self._request is State.DONE
            and self._response is State.DONE
            and self._keep_alive
            and not self._eof
            and not self._buffer
        )

    @property
    def trailing_data(self) -> bytes:
        """The bytes that have come and are not used; after the end, those of something else."""
        return self._buffer

    def send(self, event: ClientEvent) -> bytes:
        """Return the bytes that put `event` on the wire.

        A body with a `content-length` comes back as it is. `LocalProtocolError` when the event is
        out of turn, the body is longer or shorter than announced, or the head could be misread.
        """
        after = REQUEST[self._request].get(type(event))
        if after is None:
            raise LocalProtocolError(f"{type(event).__name__} while the request is {self._request}")
        if isinstance(event, Data):
            return self._send_data(event.data)
        if isinstance(event, EndOfMessage):
            data = self._send_end(event.trailers)
        else:
            data = self._send_head(event)
        self._request = after
        return data

    def sent(self, count: int) -> None:
        """Take note of `count` bytes of a body with a `content-length` that went another way."""
        if self._request is not State.BODY or self._expected is None or count > self._expected:
            raise LocalProtocolError(f"{count} bytes of a body of which {self._expected} are left")
        self._expected -= count

    def _send_head(self, request: Request | PreparedRequest) -> bytes:
        if isinstance(request, PreparedRequest):
            head, framing = request.head, request.framing
        else:
            head = PreparedHead(request.method, request.target, request.headers)
            framing = ()
        data, self._expected = head.framed(framing)
        self._method = head.method
        self._keep_alive = not head.closes
        self._upgrade = head.upgrades
        return data

    def _send_data(self, data: bytes) -> bytes:
        if self._expected is None:  # an empty chunk would end the body
            return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        left = self._expected - len(data)
        if left < 0:
            raise LocalProtocolError(f"the body goes {-left} bytes beyond its content-length")
        self._expected = left
        return data

    def _send_end(self, trailers: Headers) -> bytes:
        if self._expected is None:
            return b"0\r\n%b\r\n" % render(trailers.raw)
        if self._expected:
            raise LocalProtocolError(f"the body lacks {self._expected} bytes of its content-length")
        if trailers.raw:
            raise LocalProtocolError("trailer fields after a body that is not in chunks")
        return b""

    def receive_data(self, data: bytes, *, cut: bool = False) -> None:
        """Take bytes from the connection; `b""` is its end.

        With `cut` it is known that the server did not end it, so that a body which goes on until
        the end is not whole.
        """
        if data:
            if self._eof:
                raise LocalProtocolError("bytes after the end of the connection")
            self._heard = True
            self._buffer = self._buffer + data if self._buffer else data
        else:
            self._eof, self._cut = True, cut

    def next_event(self) -> ServerEvent | NeedData | Paused:
        """Return the next part of the response, `NEED_DATA`, or `PAUSED` after its end.

        A 101 is the end where the request asked for it; `trailing_data` is then the other
        protocol's. All body bytes that have come are one `Data`. Raises `RemoteProtocolError` when the server
        breaks the rules or ends too early; if it ended without a single byte, `sent` is not
        `answered`.
        """
        framing = self._framing
        if framing is None:
            return self._next_head()
        try:
            if framing.trailers is None and self._buffer:
                data, self._buffer = framing.feed(self._buffer)
                if data:
                    self._response = RESPONSE[self._response][Data]
                    return Data(data)
            if framing.trailers is None and self._eof:
                framing.end(cut=self._cut)
        except RemoteProtocolError:
            self._framing = None
            self._response = State.FAILED
            raise
        if framing.trailers is None:
            return NEED_DATA
        if self._response is State.DONE:
            return PAUSED
        self._response = RESPONSE[self._response][EndOfMessage]
        return EndOfMessage(framing.trailers)

    def _next_head(self) -> InformationalResponse | ResponseHead | NeedData | Paused:
        if self._response is State.SWITCHED:
            return PAUSED
        try:
            end = self._head_end()
            if not end:
                return NEED_DATA
            head = read_head(self._buffer[:end], upgrade=self._upgrade)
            if isinstance(head, ResponseHead):
                self._framing = self._response_framing(head)
        except RemoteProtocolError:
            self._response = State.FAILED
            raise
        self._buffer = self._buffer[end:]
        self._searched = 0
        self._head_left -= end
        switched = head.status == 101
        self._response = State.SWITCHED if switched else RESPONSE[self._response][type(head)]
        return head

    def _head_end(self) -> int:
        """Return the length of the head that the buffer begins with, 0 if it is not complete."""
        buffer = self._buffer
        if self._response is State.FAILED:
            raise RemoteProtocolError("the response has broken off", sent=self._sent)
        if buffer and self._request is State.IDLE:
            raise RemoteProtocolError("the server spoke before it was asked", sent=self._sent)
        if not b"HTTP/".startswith(buffer[:5]):
            raise RemoteProtocolError(f"expected an HTTP response, got {buffer[:16]!r}")
        found = _HEAD_END(buffer, self._searched)
        size = found.end() if found else len(buffer)
        if size > self._head_left:
            raise RemoteProtocolError("the head of the response is longer than allowed")
        if found:
            return size
        self._searched = max(size - 2, 0)
        if self._eof:
            where = "in the head of the response" if buffer else "without answering"
            raise RemoteProtocolError(f"the server closed the connection {where}", sent=self._sent)
        return 0

    @property
    def _sent(self) -> Sent:
        return "answered" if self._heard else "no" if self._request is State.IDLE else "maybe"

    def _response_framing(self, head: ResponseHead) -> Framing:
        """How the body is framed (section 6.3), and whether the connection persists (9.3)."""
        headers = head.headers
        current = head.http_version >= b"1.1"
        options = connection_options(headers.raw_values(b"connection"))
        # A server that failed may close without saying so: uvicorn does when the application raises
        # after its answer. What says keep-alive (nginx, most gateways) has the failure in hand.
        lasts = current and head.status < 500 and head.status != 408
        if b"close" in options or not (lasts or b"keep-alive" in options):
            self._keep_alive = False
        if self._method == b"HEAD" or head.status in (204, 304):
            return Counted(0)
        if self._method == b"CONNECT" and head.status < 300:
            self._keep_alive = False  # what follows is the tunnel's
            return Counted(0)
        lengths = headers.raw_values(b"content-length")
        if headers.raw_values(b"transfer-encoding"):  # h11 lets only `chunked` through
            # It goes before a content-length, and before HTTP/1.1 it does not exist: either may be
            # a trick on whoever uses the connection next, so nobody does.
            self._keep_alive = self._keep_alive and current and not lengths
            return Chunked(self._max_trailers)
        if lengths:
            return Counted(int(lengths[-1]))
        return UntilClose()  # whose end is the connection's
