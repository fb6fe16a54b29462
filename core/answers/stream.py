"""The faces of a streaming answer, for blocking and async callers."""

from collections.abc import Callable, Coroutine, Generator, Iterator
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from ..call.reply import Reply
from ..terms.closing import AsyncClosing, Closing
from ..terms.sentinels import END, NEED_DATA, End, NeedData

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Drive = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a program to its end: over blocking sockets it never pauses."""


class Ready(Protocol[T_co]):
    """A queue, as whoever takes from it sees it."""

    def __len__(self) -> int: ...
    def popleft(self) -> T_co: ...


class Source(Protocol[T_co]):
    """What a stream reads from: the events of an answer, or of several, one after the other."""

    @property
    def reply(self) -> Reply:
        """The answer that the events come from."""
        ...

    @property
    def received(self) -> int:
        """How many events have come."""
        ...

    @property
    def paused(self) -> bool:
        """Whether `pause` holds the events back."""
        ...

    @property
    def ready(self) -> Ready[T_co]:
        """Events that may be taken without asking as long as it is not `stopped`."""
        ...

    @property
    def stopped(self) -> bool:
        """Whether no event is handed out, or only if `pull` or `next` is asked."""
        ...

    def pull(self) -> T_co | NeedData | End:
        """Return the next event, if that takes no waiting."""
        ...

    async def next(self) -> T_co | End:
        """Return the next event."""
        ...

    def abort(self) -> None:
        """Give up the rest."""
        ...

    def pause(self) -> None:
        """Hand out nothing until `resume`."""
        ...

    def resume(self) -> None:
        """Go on after `pause`."""
        ...

    def cancel(self) -> None:
        """Give up the rest, and tell the reader."""
        ...


class Controlled:
    """A stream that other tasks and threads can hold up and end; they may call these at any time."""

    __slots__ = ()

    @property
    def source(self) -> Source[Any]:
        """What the events come from, for programs that read them for any kind of caller."""
        raise NotImplementedError

    @property
    def paused(self) -> bool:
        """Whether `pause` holds the events back."""
        return self.source.paused

    def pause(self) -> None:
        """Hand out nothing and read nothing until `resume`: the reader waits.

        The pause counts as a part of `Timeout.total` alone.
        """
        self.source.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self.source.resume()

    def cancel(self) -> None:
        """Give up the rest; its reader gets a `StreamCancelledError`, at once if it waits.

        After the stream's end it does nothing.
        """
        self.source.cancel()


class Stream(Closing, Controlled, Generic[T]):
    """The events of one answer, as an iterator and a context manager.

    Leaving the `with` block, or `close`, gives up what has not been read. Iterating raises
    `StreamTruncatedError` when the stream is cut short, `APITimeoutError` when a deadline passes,
    `APIError` for an error that the server reports in its midst.
    """

    __slots__ = ("_events", "_source")

    def __init__(self, source: Source[T], drive: Drive) -> None:
        self._source = source
        self._events = _events(source, drive)  # holds no stream: one that is dropped, closes

    def __iter__(self) -> Iterator[T]:
        return self._events

    def __next__(self) -> T:
        return next(self._events)

    @property
    def source(self) -> Source[T]:
        """What the events come from, for programs that read them for any kind of caller."""
        return self._source

    @property
    def response(self) -> Reply:
        """The answer that the events come from: status, headers, request id, rate limits."""
        return self._source.reply

    def close(self) -> None:
        """Give up the rest; the connection is closed unless the stream was at its end."""
        self._source.abort()


def _events(source: Source[T], drive: Drive) -> Generator[T, None, None]:
    ready = source.ready
    while True:
        while ready and not source.stopped:
            yield ready.popleft()
        event = source.pull()
        if event is NEED_DATA or event is END:
            event = cast("T | End", drive(source.next()))  # a Drive returns what it ran
        if event is END:
            return
        yield event


class AsyncStream(AsyncClosing, Controlled, Generic[T]):
    """`Stream` for asyncio, trio and foreign loops: the same with `async for` and `async with`."""

    __slots__ = ("_ready", "_source")

    def __init__(self, source: Source[T]) -> None:
        self._source = source
        self._ready = source.ready

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        source = self._source
        if self._ready and not source.stopped:
            return self._ready.popleft()
        event = source.pull()
        if event is NEED_DATA or event is END:
            event = await source.next()
        if event is END:
            raise StopAsyncIteration
        return event

    @property
    def source(self) -> Source[T]:
        """What the events come from, for programs that read them for any kind of caller."""
        return self._source

    @property
    def response(self) -> Reply:
        """The answer that the events come from: status, headers, request id, rate limits."""
        return self._source.reply

    async def close(self) -> None:
        """Give up the rest; the connection is closed unless the stream was at its end."""
        self._source.abort()


__all__ = ["AsyncStream", "Controlled", "Drive", "Source", "Stream"]
