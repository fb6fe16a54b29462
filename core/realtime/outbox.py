"""What a session keeps of what it says: events that wait for a connection, and those sent unheard."""

from typing import Final

import msgspec

from ..terms.json_text import REFUSALS
from ..terms.nesting import decoder
from ..terms.queues import Queue, queued
from ..terms.session_errors import WebSocketQueueFullError
from ..websocket.events import Message, Text


class _Typed(msgspec.Struct):
    type: str = ""


_typed: Final = decoder(_Typed)

_NONE: Final[dict[str, Message]] = {}
"""What all sessions keep that are not to say anything again."""


class Outbox:
    """Events of this side; `limit` bounds the bytes of those that wait, and of those kept unheard.

    `start` names the types that make the session what it is: the last of each is kept, to be said
    again over another connection.
    """

    __slots__ = ("_limit", "_start", "_unheard", "_unheard_bytes", "opening", "unsure", "waiting")

    def __init__(self, limit: int, start: tuple[str, ...]) -> None:
        self._limit = limit
        self._start = start
        self._unheard: Queue[Message] = ()
        self._unheard_bytes = 0
        self.unsure: tuple[Message, ...] = ()
        """What was sent unheard by connections that have ended, until the caller is told."""
        self.waiting: Queue[Message] = ()
        """What waits for a connection, in order."""
        self.opening: dict[str, Message] = {} if start else _NONE
        """What makes the session what it is, by type."""

    def keep(self, message: Message) -> None:
        """Let a message wait; `WebSocketQueueFullError` where that is too much."""
        check_room(sum(len(each.data) for each in self.waiting), len(message.data), self._limit)
        self.waiting = queued(self.waiting, message)

    def note(self, message: Message) -> None:
        """Keep a message that makes the session what it is."""
        if not self._start:
            return
        kind = type_of(message)
        if kind in self._start:
            self.opening.pop(kind, None)
            self.opening[kind] = message

    def sent(self, message: Message) -> None:
        """Keep a message until the server is heard again; of many, the latest."""
        self._unheard = queued(self._unheard, message)
        self._unheard_bytes += len(message.data)
        while self._unheard_bytes > self._limit and len(self._unheard) > 1:
            self._unheard_bytes -= len(self._unheard.popleft().data)

    def heard(self) -> None:
        """Forget what was sent before the server said something."""
        if self._unheard:
            self._unheard = ()
            self._unheard_bytes = 0

    def unheard(self) -> list[str | bytes]:
        """What was sent, and the server has said nothing since."""
        return [frame_of(message) for message in (*self.unsure, *self._unheard)]

    def doubt(self) -> list[str | bytes]:
        """Set aside what was sent unheard, for the connection has ended; return that."""
        new = tuple(self._unheard)
        self.unsure += new
        self.heard()
        return [frame_of(message) for message in new]


def type_of(message: Message) -> str:
    """The type of an event; empty for what is none."""
    try:
        return _typed(message.data).type
    except REFUSALS:
        return ""


def frame_of(message: Message) -> str | bytes:
    """A message as callers see it."""
    return message.data.decode() if isinstance(message, Text) else message.data


def check_room(waiting: int, size: int, limit: int) -> None:
    """Raise `WebSocketQueueFullError` if `size` bytes more are too many; alone it may be any size."""
    if waiting and waiting + size > limit:
        raise WebSocketQueueFullError(
            f"max_queue_size={limit}: {waiting} bytes wait to be sent, and {size} more are too many;"
            " the event was not taken"
        )
