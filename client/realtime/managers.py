"""What `connect` returns: a context manager that opens a session on entering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from ...core.realtime.channel import Channel
from .connections import AsyncSocketConnection, SocketConnection
from .handlers import Handlers, Listening

if TYPE_CHECKING:
    from types import TracebackType

    from ...core.realtime.kinds import SocketKind
    from ...core.realtime.options import SocketOptions
    from ...core.request.operation import Operation
    from ..sending.sender import Sender

C = TypeVar("C", bound=SocketConnection[Any])
A = TypeVar("A", bound=AsyncSocketConnection[Any])


class _Manager(Listening):
    """What a manager is for any kind of caller."""

    __slots__ = ("_kind", "_next", "_operation", "_options", "_sender")

    connection: ClassVar[type[Any]]
    """The class of what it opens."""

    def __init__(
        self,
        sender: Sender,
        kind: SocketKind,
        operation: Operation[Any, Any],
        options: SocketOptions,
    ) -> None:
        super().__init__(Handlers(waits=sender.asynchronous))
        self._sender = sender
        self._kind = kind
        self._operation = operation
        self._options = options
        self._next = self._channel()

    def send(self, event: object) -> None:
        """Keep an event, to be sent when the session is opened.

        `WebSocketQueueFullError` beyond `max_queue_size`; `TypeError` for text and bytes.
        """
        self._next.queue(event)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._sender!r}>"

    def _channel(self) -> Channel[Any]:
        return Channel(self._sender, self._kind, self._operation, self._options)

    async def _open(self) -> Any:
        """Open one more session; one that could not be opened keeps its events for the next try."""
        channel, self._next = self._next, self._channel()
        try:
            await channel.open()
        except BaseException:
            if not channel.opened:
                self._next = channel
            raise
        return self.connection(channel, self._sender, self._handlers.copy())


class SocketManager(_Manager, Generic[C]):
    """A session of a blocking client, to be opened: `with ... as connection:`, or `enter()`.

    Events may be sent and handlers added before. Each entering opens a session of its own: the
    handlers are on all of them, and the events go to the first.
    """

    __slots__ = ("_entered",)

    def __init__(
        self,
        sender: Sender,
        kind: SocketKind,
        operation: Operation[Any, Any],
        options: SocketOptions,
    ) -> None:
        super().__init__(sender, kind, operation, options)
        self._entered: list[C] = []

    def enter(self) -> C:
        """Open a session, which its caller closes.

        `APIStatusError` where the server refuses, `APIConnectionError` where there is none.
        """
        connection: C = self._sender.run(self._open())
        return connection

    def __enter__(self) -> C:
        self._entered.append(connection := self.enter())
        return connection

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._entered.pop().__exit__(kind, error, trace)


class AsyncSocketManager(_Manager, Generic[A]):
    """`SocketManager` for an async client: `async with ... as connection:`, or `await enter()`."""

    __slots__ = ("_entered",)

    def __init__(
        self,
        sender: Sender,
        kind: SocketKind,
        operation: Operation[Any, Any],
        options: SocketOptions,
    ) -> None:
        super().__init__(sender, kind, operation, options)
        self._entered: list[A] = []

    async def enter(self) -> A:
        """Open a session, which its caller closes; errors as `SocketManager.enter`."""
        connection: A = await self._open()
        return connection

    async def __aenter__(self) -> A:
        self._entered.append(connection := await self.enter())
        return connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._entered.pop().__aexit__(kind, error, trace)
