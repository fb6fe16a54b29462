"""A session that is open, for blocking and for async callers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from ...core.terms.sentinels import END, NEED_DATA
from .handlers import Listening
from .reading import dispatch, following

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from types import TracebackType

    from ...core.realtime.channel import Channel
    from ...core.terms.http_message import Headers
    from ...core.terms.session_errors import WebSocketConnectionClosedError
    from ..sending.sender import Sender
    from .handlers import Handlers

E = TypeVar("E")
T = TypeVar("T")


class _Connection(Listening, Generic[E]):
    """What a connection is for any kind of caller."""

    __slots__ = ("_channel", "_sender")

    def __init__(self, channel: Channel[E], sender: Sender, handlers: Handlers) -> None:
        super().__init__(handlers)
        self._channel = channel
        self._sender = sender

    def parse_event(self, data: str | bytes) -> E:
        """Make an event of a message as `recv_bytes` returns it."""
        return self._channel.parse_event(data)

    @property
    def closed(self) -> WebSocketConnectionClosedError | None:
        """How the session ended; `None` as long as nobody has come upon an end."""
        return self._channel.closed

    @property
    def headers(self) -> Headers:
        """The header fields of the answer that opened the session."""
        return self._channel.headers

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
        return self._channel.subprotocol

    @property
    def latency(self) -> float | None:
        """Seconds from the last ping that was answered to its pong; see `ping_interval`."""
        return self._channel.latency

    def __repr__(self) -> str:
        state = "open" if self.closed is None else "closed"
        return f"<{type(self).__name__} of {self._sender!r}, {state}>"


class SocketConnection(_Connection[E]):
    """A session of a blocking client: an iterator of its events, and a context manager.

    Iterating ends at the server's close with code 1000, and after `close`; every other end raises
    `WebSocketConnectionClosedError`. Any number of threads may send, and one at a time receives.
    Leaving the `with` block closes the session.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[E]:
        channel, run = self._channel, self._sender.run
        while True:
            event = channel.pull()
            if event is NEED_DATA:
                found: Any = run(following(channel))
                if found is END:
                    return
                event = cast("E", found)
            yield event

    def recv(self, timeout: float | None = None) -> E:
        """Return the next event.

        `WebSocketConnectionClosedError` at the end of the session, whoever ended it;
        `APITimeoutError` where nothing comes within `timeout` seconds, and `ResponseDecodeError`
        about a message that is no JSON object: the session goes on after both.
        """
        event = self._channel.pull()
        if event is NEED_DATA:
            event = cast("E", self._sender.run(self._channel.recv(_seconds(timeout))))
        return event

    def recv_bytes(self, timeout: float | None = None) -> bytes:
        """Return the next message as it came, text or binary; errors as `recv`."""
        data: bytes = self._sender.run(self._channel.recv_bytes(_seconds(timeout)))
        return data

    def send(self, event: object) -> None:
        """Send an event: a mapping, a typed dict, or a model.

        It returns when the system has taken it. `WebSocketConnectionClosedError` at the end of the
        session says what was not sent; `TypeError` for text and bytes, which `send_raw` takes.
        """
        self._sender.run(self._channel.send(event))

    def send_raw(self, data: str | bytes) -> None:
        """Send a message as it is: text as a text message, bytes as a binary one."""
        self._sender.run(self._channel.send_raw(data))

    def dispatch_events(self) -> None:
        """Call the handlers of each event up to the end: those of its type, then those of `event`.

        A handler's exception ends it. So does an `error` event without a handler, as an `APIError`.
        """
        self._sender.run(dispatch(self._channel, self._handlers, waits=False))

    def close(self, *, code: int = 1000, reason: str = "") -> None:
        """Close the session, with at most 123 bytes of reason; any number of times.

        Codes are 1000 to 1003, 1007 to 1014 and 3000 to 4999; `LocalProtocolError` for others.
        """
        self._sender.run(self._channel.close(code, reason))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if _leaves_in_order(error):
            self.close()
        else:
            self._channel.abandon()


class AsyncSocketConnection(_Connection[E]):
    """`SocketConnection` for asyncio, trio and foreign loops; handlers may be async.

    Any number of tasks may send, and one at a time receives; a receiver that is cancelled loses
    nothing.
    """

    __slots__ = ()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        event = self._channel.pull()
        if event is NEED_DATA:
            program = following(self._channel)
            found = await self._here(program)
            if found is END:
                raise StopAsyncIteration
            return found
        return event

    async def recv(self, timeout: float | None = None) -> E:
        """Return the next event; errors as `SocketConnection.recv`."""
        event = self._channel.pull()
        if event is NEED_DATA:
            return await self._here(self._channel.recv(_seconds(timeout)))
        return event

    async def recv_bytes(self, timeout: float | None = None) -> bytes:
        """Return the next message as it came, text or binary; errors as `recv`."""
        return await self._here(self._channel.recv_bytes(_seconds(timeout)))

    async def send(self, event: object) -> None:
        """Send an event: a mapping, a typed dict, or a model; errors as `SocketConnection.send`."""
        await self._here(self._channel.send(event))

    async def send_raw(self, data: str | bytes) -> None:
        """Send a message as it is: text as a text message, bytes as a binary one."""
        await self._here(self._channel.send_raw(data))

    async def dispatch_events(self) -> None:
        """Call the handlers of each event up to the end: those of its type, then those of `event`.

        Async ones are awaited one by one. A handler's exception ends it. So does an `error` event
        without a handler, as an `APIError`.
        """
        await self._here(dispatch(self._channel, self._handlers, waits=True))

    async def close(self, *, code: int = 1000, reason: str = "") -> None:
        """Close the session; as `SocketConnection.close`."""
        await self._here(self._channel.close(code, reason))

    async def _here(self, program: Coroutine[Any, Any, T]) -> T:
        """Await a program; what it comes upon in an event loop that is not its own has clear words."""
        try:
            return await program
        except (RuntimeError, TypeError) as error:
            if self._channel.backend is self._sender.socket_backend():
                raise
            raise RuntimeError(
                "This session was opened in another event loop, which still runs: use it there"
            ) from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if _leaves_in_order(error):
            await self.close()
        else:
            self._channel.abandon()


def _leaves_in_order(error: BaseException | None) -> bool:
    """Whether there is time for a closing handshake: not for who is cancelled or interrupted."""
    return error is None or isinstance(error, Exception)


def _seconds(timeout: object) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not timeout >= 0:
        raise ValueError(f"timeout={timeout!r}: expected seconds of 0 or more, or None")
    return timeout
