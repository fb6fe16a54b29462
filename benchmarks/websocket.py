"""The server's side of a WebSocket, no more than the benchmarks need: it never looks at a message."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Final

CLOSE: Final = 0x8
GOODBYE: Final = b"\x88\x02\x03\xe8"
"""The close frame with code 1000."""

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SHORT: Final = 126


def switched(fields: Mapping[bytes, bytes]) -> bytes:
    """The answer to a handshake."""
    digest = hashlib.sha1(fields[b"sec-websocket-key"] + _GUID).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        b"sec-websocket-accept: %b\r\n\r\n"
    ) % base64.b64encode(digest)


def text(data: bytes) -> bytes:
    """A text frame."""
    size = len(data)
    if size < _SHORT:
        return bytes((0x81, size)) + data
    return b"\x81\x7e" + size.to_bytes(2, "big") + data


class Incoming:
    """The frames of a client, thrown away: what counts is that a short one has come."""

    def __init__(self) -> None:
        self._head = b""
        self._skip = 0

    def short_frames(self, data: bytes) -> list[int]:
        """The opcodes of the frames below 126 bytes in `data`: requests, and the close."""
        data = self._head + data
        found: list[int] = []
        at = self._skip
        while at + 6 <= len(data):
            size = data[at + 1] & 0x7F
            if size < _SHORT:
                found.append(data[at] & 0x0F)
                at += 6 + size
            elif size == _SHORT:
                at += 8 + int.from_bytes(data[at + 2 : at + 4], "big")
            else:
                raise ValueError("frames of 64 KiB are not served here")
        self._head, self._skip = data[at:], max(0, at - len(data))
        return found
