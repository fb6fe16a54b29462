"""Frames of a WebSocket (RFC 6455 section 5): made, and read out of bytes that come in any pieces.

`FrameReader` gives whole messages and control frames. It is the path of every event of a session,
so that the common frame, whole and not compressed, is read with one look at its first byte.
"""

from codecs import utf_8_decode
from typing import Final

from ..terms.errors import RemoteProtocolError
from ..terms.sentinels import NEED_DATA, NeedData
from .deflate import Deflate, TooLarge
from .events import INVALID_DATA, PROTOCOL_ERROR, TOO_BIG, Binary, Close, Event, Ping, Pong, Text
from .masking import masked

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN: Final = 0x80
RSV1: Final = 0x40
MASK: Final = 0x80
MAX_CONTROL: Final = 125
"""Bytes of data in a control frame."""

_TWO_BYTES: Final = 126
_EIGHT_BYTES: Final = 127
_KNOWN: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
_NAMES: Final = {CLOSE: "close", PING: "ping", PONG: "pong"}


class Violation(RemoteProtocolError):
    """The peer broke the rules of WebSocket; `close_code` is what it is told."""

    def __init__(self, message: str, close_code: int = PROTOCOL_ERROR) -> None:
        super().__init__(message)
        self.close_code = close_code


def frame(first: int, data: bytes, key: bytes | None) -> bytes:
    """Return a frame: its first byte (FIN, RSV1 and opcode), its data, and its mask if it has one."""
    size = len(data)
    bit = 0 if key is None else MASK
    if size < _TWO_BYTES:
        head = bytes((first, bit | size))
    elif size < 0x10000:
        head = bytes((first, bit | _TWO_BYTES, size >> 8, size & 0xFF))
    else:
        head = bytes((first, bit | _EIGHT_BYTES)) + size.to_bytes(8, "big")
    if key is None:
        return head + data
    return b"".join((head, key, masked(data, key)))


class FrameReader:
    """Messages and control frames out of bytes.

    `masks` says whether the peer has to mask (a client has to, a server must not); `deflate` is
    what was negotiated; `max_message` bounds the bytes of a message, as they come and decompressed.
    After `feed`, `next` is called until it gives `NEED_DATA`.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_compressed",
        "_deflate",
        "_first",
        "_key",
        "_kind",
        "_masks",
        "_max_message",
        "_missing",
        "_parts",
        "_pos",
        "_seen",
        "_total",
        "_utf8",
        "_wire",
    )

    def __init__(self, *, masks: bool, deflate: Deflate | None, max_message: int) -> None:
        self._masks = masks
        self._deflate = deflate
        self._max_message = max_message
        self._buffer = b""
        self._pos = 0  # where the next frame begins
        self._body: list[bytes] | None = None  # pieces of a frame whose head has been read
        self._missing = 0  # bytes of it that are still to come
        self._seen = 0  # pieces of it that have been unmasked and looked at
        self._first = 0
        self._key = b""
        self._kind = 0  # opcode of the message whose fragments are coming; 0 for none
        self._compressed = False
        self._parts: list[bytes] | None = None  # its data so far
        self._total = 0  # bytes in the parts
        self._wire = 0  # as they came
        self._utf8 = b""  # the beginning of a character whose rest is in the next piece

    @property
    def unfinished(self) -> bool:
        """Whether a frame or a message has begun."""
        return self._kind != 0 or self._body is not None or self._pos < len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take bytes of the connection."""
        if missing := self._missing:
            assert self._body is not None
            piece = data if len(data) <= missing else data[:missing]
            self._body.append(piece)
            self._missing = missing - len(piece)
            data = data[missing:]
        left = self._buffer[self._pos :]
        self._buffer = left + data if left else data
        self._pos = 0

    def next(self) -> Event | NeedData:
        """Return what is whole, or `NEED_DATA`; `Violation` for what the peer must not send."""
        while True:
            if self._body is None:
                buffer, pos = self._buffer, self._pos
                if pos + 2 > len(buffer):
                    return NEED_DATA
                if buffer[pos] == FIN | TEXT and buffer[pos + 1] == _TWO_BYTES and not self._kind:
                    # The common frame, from a server: a whole text, not compressed.
                    start = pos + 4
                    size = int.from_bytes(buffer[pos + 2 : start], "big")
                    end = start + size
                    whole = end <= len(buffer) and not self._masks
                    if whole and _TWO_BYTES <= size <= self._max_message:
                        data = buffer[start:end]
                        self._pos = end
                        if end == len(buffer):  # what has been read is not kept until more comes
                            self._buffer, self._pos = b"", 0
                        if not data.isascii():
                            self._check_text(data, end=True)
                        return Text(data)
                event = self._begin(buffer, pos)
            else:
                event = self._go_on(self._body)
            if event is not None:
                return event

    def _begin(self, buffer: bytes, pos: int) -> Event | NeedData | None:
        """Read the head of the frame at `pos`, and its data as far as they are there."""
        first, second = buffer[pos], buffer[pos + 1]
        self._check_head(first, second)
        size, start = second & 0x7F, pos + 2
        if size >= _TWO_BYTES:
            start += 2 if size == _TWO_BYTES else 8
            if start > len(buffer):
                return NEED_DATA
            size = _long_size(buffer[pos + 2 : start])
        if first & 0x0F < CLOSE and self._wire + size > self._max_message:
            raise self._too_large()
        if self._masks:
            start += 4
            if start > len(buffer):
                return NEED_DATA
            self._key = buffer[start - 4 : start]
        self._first, self._seen = first, 0
        end = start + size
        if end <= len(buffer):
            data = buffer[start:end]
            self._buffer, self._pos = (b"", 0) if end == len(buffer) else (buffer, end)
            return self._complete(masked(data, self._key) if self._masks else data)
        self._body, self._missing = [buffer[start:]], end - len(buffer)
        self._buffer, self._pos = b"", 0
        return self._go_on(self._body)

    def _go_on(self, body: list[bytes]) -> Event | NeedData | None:
        """Take what has come of an unfinished frame: text is looked at as it comes."""
        opcode = self._first & 0x0F or self._kind
        plain_text = opcode == TEXT and not (self._compressed or self._first & RSV1)
        for place in range(self._seen, len(body)):
            piece = body[place]
            if self._masks:
                piece = body[place] = masked(piece, self._key)
                turn = len(piece) & 3
                self._key = self._key[turn:] + self._key[:turn]
            if plain_text:
                self._check_text(piece, end=False)
        self._seen = len(body)
        if self._missing:
            return NEED_DATA
        self._body = None
        return self._complete(b"".join(body), checked=plain_text)

    def _complete(self, data: bytes, *, checked: bool = False) -> Event | None:
        """Take the data of a whole frame; `None` for one that does not end a message."""
        first = self._first
        opcode, fin = first & 0x0F, first >= FIN
        if opcode >= CLOSE:
            return _control(opcode, data)
        if opcode != CONTINUATION:
            self._kind = opcode
            self._compressed = bool(first & RSV1)
        self._wire += len(data)
        if self._compressed:
            data = self._inflated(data, end=fin)
        if self._kind == TEXT and (not checked or fin):
            self._check_text(b"" if checked else data, end=fin)
        if data:
            if self._parts is None:
                self._parts = []
            self._parts.append(data)
            self._total += len(data)
        return self._message() if fin else None

    def _message(self) -> Text | Binary:
        parts, kind = self._parts or [], self._kind
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts = None
        self._kind = self._total = self._wire = 0
        return Text(data) if kind == TEXT else Binary(data)

    def _inflated(self, data: bytes, *, end: bool) -> bytes:
        assert self._deflate is not None
        try:
            return self._deflate.inflate(data, self._max_message - self._total, end=end)
        except TooLarge:
            raise self._too_large() from None
        except RemoteProtocolError as error:
            raise Violation(error.message, INVALID_DATA) from None

    def _check_text(self, data: bytes, *, end: bool) -> None:
        """Refuse what is no UTF-8 (section 8.1) as soon as it has come."""
        if not self._utf8 and data.isascii():
            return
        data = self._utf8 + data
        try:
            _, used = utf_8_decode(data, "strict", end)
        except UnicodeDecodeError as error:
            raise Violation(f"a text message is not UTF-8: {error.reason}", INVALID_DATA) from None
        self._utf8 = data[used:]

    def _check_head(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if opcode not in _KNOWN:
            raise Violation(f"a frame has the reserved opcode {opcode:#x}")
        begins = opcode in (TEXT, BINARY)
        if first & 0x30 or (first & RSV1 and not (begins and self._deflate is not None)):
            raise Violation("a frame has reserved bits that were not negotiated")
        if (second >= MASK) is not self._masks:
            raise Violation("a frame is not masked" if self._masks else "a frame is masked")
        if opcode >= CLOSE:
            if not first & FIN:
                raise Violation(f"a {_NAMES[opcode]} frame is fragmented")
            if second & 0x7F > MAX_CONTROL:
                raise Violation(f"a {_NAMES[opcode]} frame has more than {MAX_CONTROL} bytes")
        elif begins and self._kind:
            raise Violation("a message begins before the fragments of another have ended")
        elif not (begins or self._kind):
            raise Violation("a frame goes on with a message that has not begun")

    def _too_large(self) -> Violation:
        return Violation(f"a message has more than {self._max_message} bytes", TOO_BIG)


def _long_size(stated: bytes) -> int:
    """The length that two or eight bytes state, which has to need them (section 5.2)."""
    size = int.from_bytes(stated, "big")
    if size < (_TWO_BYTES if len(stated) == 2 else 0x10000) or size >> 63:
        raise Violation(f"a frame states its length, {size}, in {len(stated)} bytes")
    return size


def _control(opcode: int, data: bytes) -> Ping | Pong | Close:
    if opcode == PING:
        return Ping(data)
    if opcode == PONG:
        return Pong(data)
    if not data:
        return Close()
    code = int.from_bytes(data[:2], "big")
    if len(data) == 1 or not may_be_sent(code):
        raise Violation(
            f"a close frame has the code {code}" if len(data) > 1 else "a close frame has one byte"
        )
    try:
        return Close(code, data[2:].decode())
    except UnicodeDecodeError as error:
        raise Violation(f"a close reason is not UTF-8: {error.reason}", INVALID_DATA) from None


def may_be_sent(code: int) -> bool:
    """Whether a close frame may have `code` (section 7.4): those reserved for the inside may not."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
