"""What the two sides of a WebSocket say to each other: messages, and control frames."""

from typing import Final

import msgspec

NORMAL: Final = 1000
PROTOCOL_ERROR: Final = 1002
INVALID_DATA: Final = 1007
TOO_BIG: Final = 1009


class Text(msgspec.Struct, frozen=True, gc=False):
    """A whole text message, as UTF-8 that has been checked when it came from the peer."""

    data: bytes


class Binary(msgspec.Struct, frozen=True, gc=False):
    """A whole binary message."""

    data: bytes


class Ping(msgspec.Struct, frozen=True, gc=False):
    """Asks for a pong with the same data, at most 125 bytes; the machine answers by itself."""

    data: bytes = b""


class Pong(msgspec.Struct, frozen=True, gc=False):
    """Answers a ping, or comes unasked."""

    data: bytes = b""


class Close(msgspec.Struct, frozen=True, gc=False):
    """The last frame of a side; `code` is `None` where it says none (RFC 6455 section 7.4)."""

    code: int | None = None
    reason: str = ""


Message = Text | Binary
Event = Text | Binary | Ping | Pong | Close
