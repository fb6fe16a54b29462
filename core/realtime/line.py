"""The line of those who send on one connection: one at a time, in the order in which they came.

Decisions only. Threads share a line, so each call is made under the backend's mutex.
"""

from typing import TYPE_CHECKING, Any

from ..terms.queues import Queue, queued
from ..websocket.events import Close, Event, Ping, Pong
from .outbox import check_room

if TYPE_CHECKING:
    from ..call.pool import Ticket


class Waiting:
    """Somebody who waits to send; `ticket` is granted when it is their turn."""

    __slots__ = ("event", "ticket")

    def __init__(self, event: Event, ticket: "Ticket[Any]") -> None:
        self.event = event
        self.ticket = ticket


class Line:
    """Who sends, and who waits to; `limit` bounds the bytes of messages that wait."""

    __slots__ = ("_bytes", "_limit", "_waiting", "busy")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._waiting: Queue[Waiting] = ()
        self.busy = False
        """Whether somebody sends."""

    def stand(self, waiting: Waiting) -> None:
        """Wait behind the others; `WebSocketQueueFullError` where that is too much."""
        size = size_of(waiting.event)
        check_room(self._bytes, size, self._limit)
        self._bytes += size
        self._waiting = queued(self._waiting, waiting)

    def leave(self) -> "Ticket[Any] | None":
        """Let the next one send, and return their ticket to be granted."""
        if not self._waiting:
            self.busy = False
            return None
        first = self._waiting.popleft()
        self._bytes -= size_of(first.event)
        return first.ticket

    def withdraw(self, waiting: Waiting) -> bool:
        """Take back who waits no more; False if it was their turn already."""
        if not self._waiting or waiting not in self._waiting:
            return False
        self._waiting.remove(waiting)
        self._bytes -= size_of(waiting.event)
        return True

    def dissolve(self) -> list[Waiting]:
        """Empty the line and return who stood in it."""
        left = [*self._waiting]
        self._waiting = ()
        self._bytes = 0
        return left


def size_of(event: Event) -> int:
    """How many bytes an event counts as where it waits."""
    return 0 if isinstance(event, Ping | Pong | Close) else len(event.data)
