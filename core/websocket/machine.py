"""One WebSocket connection after its handshake (RFC 6455), without I/O.

    machine = WebSocket("client", mask=lambda: os.urandom(4))
    send(machine.send(Text(b"hello")))
    while (event := machine.next_event()) is NEED_DATA:
        send(machine.data_to_send())            # pongs, and the answer to a close
        machine.receive_data(receive())

Theory: each side speaks until its close frame, and the two are independent: a side that has sent
its close still hears the other out. What the peer asks for (a pong, the answer to its close, the
close that its violation earns) is owed, and `data_to_send` pays it. A violation is raised when its
turn has come, after everything that was in order before it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Literal

from ..terms.errors import LocalProtocolError, RemoteProtocolError
from ..terms.queues import Queue, queued
from ..terms.sentinels import NEED_DATA, PAUSED, NeedData, Paused
from .deflate import Deflate
from .events import Binary, Close, Event, Ping, Pong, Text
from .frames import (
    BINARY,
    CLOSE,
    FIN,
    MAX_CONTROL,
    PING,
    PONG,
    RSV1,
    TEXT,
    FrameReader,
    Violation,
    frame,
    may_be_sent,
)

Role = Literal["client", "server"]


class State(StrEnum):
    """Where one side of the connection is."""

    OPEN = "OPEN"
    """It may speak."""
    CLOSED = "CLOSED"
    """It has sent its close, or the connection has ended."""
    FAILED = "FAILED"
    """It broke the rules, and will not be heard again."""


_OPEN: Final[dict[type, State]] = {
    Text: State.OPEN,
    Binary: State.OPEN,
    Ping: State.OPEN,
    Pong: State.OPEN,
    Close: State.CLOSED,
}
SENDING: Final[dict[State, dict[type, State]]] = {State.OPEN: _OPEN, State.CLOSED: {}}
RECEIVING: Final[dict[State, dict[type, State]]] = {
    State.OPEN: _OPEN,
    State.CLOSED: {},
    State.FAILED: {},
}

MAX_MESSAGE: Final = 256 << 20
"""Bytes that a message may have by default, as it comes and decompressed."""

MAX_OWED: Final = 512
"""Pongs that wait to be sent; beyond, only the latest pings are answered (section 5.5.3)."""


class WebSocket:
    """The machine of one connection.

    `mask` gives four bytes that nobody can guess for each frame of a client; a server needs none.
    `deflate` is what the handshake negotiated. The sending half (`send`, `data_to_send`) and the
    receiving half (`receive_data`, `next_event`) may be used by two threads.
    """

    __slots__ = ("_deflate", "_ended", "_mask", "_owed", "_reader", "receiving", "sending")

    def __init__(
        self,
        role: Role,
        *,
        mask: Callable[[], bytes] | None = None,
        deflate: Deflate | None = None,
        max_message: int = MAX_MESSAGE,
    ) -> None:
        if role == "client" and mask is None:
            raise TypeError("mask: a client masks its frames and needs a source of keys")
        self._mask = mask if role == "client" else None
        self._deflate = deflate
        self._reader = FrameReader(masks=role == "server", deflate=deflate, max_message=max_message)
        self._owed: Queue[Pong | Close] = ()
        self._ended = False
        self.sending = State.OPEN
        self.receiving = State.OPEN

    def send(self, event: Event) -> bytes:
        """Return the bytes that put `event` on the wire, as one frame.

        `LocalProtocolError` after this side's close, for a text that is no UTF-8, more than 125
        bytes in a control frame, and a code that may not be sent.
        """
        after = SENDING[self.sending].get(type(event))
        if after is None:
            raise LocalProtocolError(f"{type(event).__name__} after the close of this side")
        data = self._render(event)
        self.sending = after
        return data

    def _render(self, event: Event) -> bytes:
        key = None if self._mask is None else self._mask()
        if isinstance(event, Text | Binary):
            first, data = (FIN | TEXT if isinstance(event, Text) else FIN | BINARY), event.data
            if first == FIN | TEXT and not (data.isascii() or _is_utf8(data)):
                raise LocalProtocolError("a text message: expected UTF-8")
            if self._deflate is not None:
                first, data = first | RSV1, self._deflate.compress(data)
            return frame(first, data, key)
        if isinstance(event, Close):
            return frame(FIN | CLOSE, _close_data(event), key)
        if len(event.data) > MAX_CONTROL:
            raise LocalProtocolError(f"a ping or pong has at most {MAX_CONTROL} bytes of data")
        return frame(FIN | (PING if isinstance(event, Ping) else PONG), event.data, key)

    def data_to_send(self) -> bytes:
        """Return the replies that are owed to the peer; call it whenever events have been taken."""
        frames: list[bytes] = []
        while self._owed:
            reply = self._owed.popleft()  # one by one: the receiving half may owe more meanwhile
            if self.sending is State.OPEN:
                frames.append(self.send(reply))
        return b"".join(frames)

    @property
    def compresses(self) -> bool:
        """Whether messages of this side are compressed, so that each has to go out once it is made."""
        return self._deflate is not None

    @property
    def owes(self) -> bool:
        """Whether `data_to_send` has something to send."""
        return bool(self._owed)

    def _owe(self, reply: Pong | Close) -> None:
        self._owed = queued(self._owed, reply, MAX_OWED)

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the connection; `b""` is its end."""
        if not data:
            self._ended = True
        elif self.receiving is State.OPEN:
            self._reader.feed(data)

    def next_event(self) -> Event | NeedData | Paused:
        """Return the next message or control frame, `NEED_DATA`, or `PAUSED` after the close.

        Raises `RemoteProtocolError` where the peer breaks the rules (a `Violation`, whose
        `close_code` is owed to it) or ends without a close; from then on it is not heard.
        """
        if self.receiving is not State.OPEN:
            return PAUSED
        try:
            event = self._reader.next()
        except Violation as error:
            self.receiving = State.FAILED
            self._owe(Close(error.close_code))
            raise
        if event is NEED_DATA:
            if self._ended:
                self.receiving = State.CLOSED
                where = " in the middle of a message" if self._reader.unfinished else ""
                raise RemoteProtocolError(f"the connection ended without a close{where}")
            return event
        if type(event) is not Text:
            self._take(event)
        return event

    def _take(self, event: Event) -> None:
        """Note what is owed for an event."""
        if isinstance(event, Ping):
            self._owe(Pong(event.data))
        elif isinstance(event, Close):
            self._owe(Close(event.code))
        self.receiving = RECEIVING[self.receiving][type(event)]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_close(close: Close) -> None:
    """Raise `LocalProtocolError` for a close that may not be sent."""
    _close_data(close)


def _close_data(close: Close) -> bytes:
    if close.code is None:
        if close.reason:
            raise LocalProtocolError("a close without a code has no reason")
        return b""
    if not may_be_sent(close.code):
        raise LocalProtocolError(
            f"close code {close.code}: expected 1000 to 1003, 1007 to 1014 or 3000 to 4999"
        )
    reason = close.reason.encode()
    if len(reason) > MAX_CONTROL - 2:
        raise LocalProtocolError(f"a close reason has at most {MAX_CONTROL - 2} bytes of UTF-8")
    return close.code.to_bytes(2, "big") + reason
