"""Faults in a session over a WebSocket: each strikes before the event with the number `at`.

Events of the server's are counted from 0: the greeting is the first. Faults of requests that are met
before an answer (`status`, `html`, ...) refuse the handshake.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from ...core.websocket.events import Close as CloseFrame
from ...core.websocket.events import Ping, Text
from ..http.actions import CloseConnection, Pause, ResetConnection, SendBytes
from .faults import Fault

Strike = SendBytes | Pause | CloseConnection | ResetConnection | CloseFrame | Ping | Text
"""What a fault does: to the connection, or in a frame of its own."""


class SocketFault(Fault, frozen=True):
    """Base of them; does nothing."""

    at: int = 1

    def strikes(self) -> Iterator[Strike]:
        """What happens before the event."""
        yield from ()


class SocketDrop(SocketFault, frozen=True):
    """The connection ends without a close frame; `reset` breaks it."""

    reset: bool = False

    def strikes(self) -> Iterator[Strike]:
        """End."""
        yield ResetConnection() if self.reset else CloseConnection()


class SocketStall(SocketFault, frozen=True):
    """Silence of so many seconds, for ever by default."""

    seconds: float = math.inf

    def strikes(self) -> Iterator[Strike]:
        """Wait."""
        yield Pause(self.seconds)


class SocketClose(SocketFault, frozen=True):
    """A close frame with a code and a reason; `code=0` has neither."""

    code: int = 1011
    reason: str = ""

    def strikes(self) -> Iterator[Strike]:
        """Close."""
        yield CloseFrame(self.code or None, self.reason)


class SocketGarbage(SocketFault, frozen=True):
    """Bytes that are no frame."""

    def strikes(self) -> Iterator[Strike]:
        """Send them."""
        yield SendBytes(b"\xff\x00 this is no frame \xff")


class SocketNoise(SocketFault, frozen=True):
    """A message that is no JSON."""

    def strikes(self) -> Iterator[Strike]:
        """Send it."""
        yield Text(b"<html>no event</html>")


class SocketOversized(SocketFault, frozen=True):
    """A frame that says it has so many bytes, and sends a few of them."""

    size: int = 1 << 40

    def strikes(self) -> Iterator[Strike]:
        """Begin it."""
        yield SendBytes(b"\x81\x7f" + self.size.to_bytes(8, "big") + b'{"type":')


class SocketReply(Fault, frozen=True, kw_only=True):
    """No fault: when the client says an event of the type `to`, these are said in its place.

    `to=""` is the greeting. `events` are objects, which get an `event_id` where they have none and
    their type has one; texts and bytes, which are messages as they are; and faults, which strike.
    So it is for so many `times` in a session.
    """

    to: str = ""
    events: Sequence[Mapping[str, object] | str | bytes | SocketFault] = ()
    times: float = math.inf


class SocketPing(SocketFault, frozen=True):
    """A ping, which the client answers."""

    def strikes(self) -> Iterator[Strike]:
        """Ask."""
        yield Ping(b"are you there")
