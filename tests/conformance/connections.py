"""One session, used the same way whatever its client runs on."""

from types import TracebackType
from typing import Any, Protocol, Self

from api_openai.client.realtime.connections import SocketConnection
from api_openai.client.realtime.managers import SocketManager
from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.session_errors import WebSocketConnectionClosedError


class Connection(Protocol):
    """A session: `AsyncSocketConnection`, or what looks like one over `SocketConnection`."""

    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> Any: ...
    async def recv(self, timeout: float | None = None) -> Any: ...
    async def recv_bytes(self, timeout: float | None = None) -> bytes: ...
    async def send(self, event: object) -> None: ...
    async def send_raw(self, data: str | bytes) -> None: ...
    async def close(self, *, code: int = 1000, reason: str = "") -> None: ...
    @property
    def closed(self) -> WebSocketConnectionClosedError | None: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def subprotocol(self) -> str | None: ...
    @property
    def latency(self) -> float | None: ...


class Connecting(Protocol):
    """`async with` it for a `Connection`, or enter it."""

    def send(self, event: object) -> None: ...
    async def enter(self) -> Connection: ...
    async def __aenter__(self) -> Connection: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class SyncConnection:
    """A `SocketConnection` whose methods are awaited."""

    def __init__(self, connection: SocketConnection[Any]) -> None:
        self._connection = connection

    @property
    def closed(self) -> WebSocketConnectionClosedError | None:
        return self._connection.closed

    @property
    def headers(self) -> Headers:
        return self._connection.headers

    @property
    def subprotocol(self) -> str | None:
        return self._connection.subprotocol

    @property
    def latency(self) -> float | None:
        return self._connection.latency

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        for event in self._connection:
            return event
        raise StopAsyncIteration

    async def recv(self, timeout: float | None = None) -> Any:
        return self._connection.recv(timeout)

    async def recv_bytes(self, timeout: float | None = None) -> bytes:
        return self._connection.recv_bytes(timeout)

    async def send(self, event: object) -> None:
        self._connection.send(event)

    async def send_raw(self, data: str | bytes) -> None:
        self._connection.send_raw(data)

    async def close(self, *, code: int = 1000, reason: str = "") -> None:
        self._connection.close(code=code, reason=reason)


class SyncConnecting:
    """A `SocketManager` for `async with`."""

    def __init__(self, manager: SocketManager[Any]) -> None:
        self._manager = manager

    def send(self, event: object) -> None:
        self._manager.send(event)

    async def enter(self) -> Connection:
        return SyncConnection(self._manager.enter())

    async def __aenter__(self) -> Connection:
        return SyncConnection(self._manager.__enter__())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._manager.__exit__(kind, error, trace)
