"""What is agreed when a session over a WebSocket is opened, and opened again, in the official SDK's terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

__all__ = [
    "ReconnectingEvent",
    "ReconnectingOverrides",
    "SyncWebSocketConnectionOptions",
    "WebSocketConnectionOptions",
]


@dataclass(frozen=True, slots=True)
class ReconnectingEvent:
    """A connection was lost, and is about to be opened again."""

    attempt: int
    """Which try it will be, from 1."""
    max_attempts: int
    delay: float
    """Seconds until then."""
    close_code: int
    """Why the last connection ended: a code of RFC 6455."""
    extra_query: Mapping[str, object]
    """What was said beside the query of the session when it was last opened."""
    extra_headers: Mapping[str, object]

    def __repr__(self) -> str:
        """Without the query and the headers: they may hold credentials."""
        tries = f"attempt={self.attempt}, max_attempts={self.max_attempts}"
        return f"ReconnectingEvent({tries}, delay={self.delay}, close_code={self.close_code})"


class ReconnectingOverrides(TypedDict, total=False):
    """What is to be different when the connection is opened again."""

    extra_query: Mapping[str, object]
    extra_headers: Mapping[str, object]
    abort: bool
    """Whether to leave it closed."""


class SyncWebSocketConnectionOptions(TypedDict, total=False):
    """Options of a connection for blocking callers."""

    extensions: Sequence[object] | None
    """Extensions to offer, the most wanted first."""
    subprotocols: Sequence[str] | None
    """Subprotocols to offer, the most wanted first."""
    compression: str | None
    """`deflate`, or nothing."""
    max_size: int | None
    """The most bytes that a message may have; `None` for any number."""
    max_queue: int | tuple[int | None, int | None] | None
    """How many frames may wait to be read before the peer has to wait, and how few before it may go on."""
    open_timeout: float | None
    """Seconds for the opening handshake in all; by default the limits of the client count."""
    close_timeout: float | None
    """Seconds for the closing handshake, 10 by default."""
    ping_interval: float | None
    """Seconds of silence before the peer is asked whether it is there; by default it is not."""
    ping_timeout: float | None
    """Seconds that it may then take to say anything, 20 by default."""


class WebSocketConnectionOptions(SyncWebSocketConnectionOptions, total=False):
    """Options of a connection for async callers."""

    write_limit: int | tuple[int, int | None]
    """How many bytes may wait to be sent before senders have to wait, and how few before they may go on."""
