"""The program that reads a streaming answer: next event, drain, close.

`EventSource` turns the parts of a reply into typed events: `pull` is pure, `fill` reads one more
part, `settle` brings the connection back after the last event. `Stream` and `AsyncStream` are its
two faces and hold no logic of their own.

A stream ends properly at `[DONE]`, at an event that the API calls terminal, or where a server
knows neither, at the end of a body whose last chunks said why they stopped. Everything else that
ends it is an error.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from ..call.error_answers import SNIPPET, error_event, unreadable
from ..call.reply import Reply
from ..http.sse import ServerSentEvent, SSEDecoder
from ..json.codec import Codec
from ..json.encode import encode
from ..json.values import fields_of, items
from ..request.answer_kinds import EventsAnswer
from ..terms.closing import AsyncClosing, Closing
from ..terms.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ResponseDecodeError,
    StreamTruncatedError,
)
from ..terms.json_text import CodecError, decode_json
from ..terms.sentinels import END, NEED_DATA, End, NeedData

if TYPE_CHECKING:
    from ..call.settings import Settings

T = TypeVar("T")

Drive = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a program to its end: over blocking sockets it never pauses."""

ERROR_WITHIN: Final = 256
"""Bytes of an event in which the key of an error document is looked for."""

DRAIN_SECONDS: Final = 0.25
"""How long a finished stream waits for the end of its body before it closes the connection."""

DRAIN_BYTES: Final = 1 << 16
"""How much may follow the last event before the connection is closed rather than drained."""


class EventSource(Generic[T]):
    """Typed events out of one streaming answer."""

    __slots__ = (
        "_closed",
        "_codec",
        "_ended",
        "_finished",
        "_history",
        "_last",
        "_may_just_end",
        "_named",
        "_ready",
        "_redact",
        "_reports_errors",
        "_sse",
        "_strict",
        "_terminal",
        "received",
        "reply",
    )

    def __init__(
        self, reply: Reply, answer: EventsAnswer, codec: Codec[T], settings: "Settings"
    ) -> None:
        self.reply = reply
        self.received = 0
        self._codec = codec
        self._strict = settings.strict
        self._redact = settings.endpoint.redaction.data
        self._terminal = answer.terminal  # no set: what a server says may have no hash
        self._last = (*answer.terminal, *answer.last)
        self._may_just_end = answer.may_just_end
        self._named = answer.named
        self._reports_errors = answer.reports_errors
        self._sse = SSEDecoder()
        self._ready: Iterator[ServerSentEvent] = iter(())
        self._history: deque[bytes] = deque(maxlen=settings.history)
        self._closed = False
        self._finished = False
        self._ended = False

    def pull(self) -> "T | NeedData | End":
        """Return the next event out of what has been read."""
        if self._finished:
            return END
        for event in self._ready:
            data = event.data
            if data == b"[DONE]":
                self._finished = True
                return END
            try:
                value = self._decode(data)
            except BaseException:
                self.abort()
                raise
            self._history.append(data)
            self.received += 1
            if self._terminal and getattr(value, "type", None) in self._terminal:
                self._finished = True
            return value
        if self._ended:
            self._finish_at_end()
            return END
        return NEED_DATA

    async def next(self) -> T | End:
        """Return the next event, reading as much as that takes."""
        while (event := self.pull()) is NEED_DATA:
            await self._fill()
        if event is END:
            await self._settle()
        return event

    async def _fill(self) -> None:
        try:
            data = await self.reply.part()
            self._sse.receive_data(data)
            events = iter(self._sse.events())
            self._ready = map(_with_name, events) if self._named else events
        except APITimeoutError as error:
            self.abort()
            raise self._about(error) from None
        except APIConnectionError as error:
            raise self._truncated(str(error)) from error
        if not data:
            self._ended = True

    async def _settle(self) -> None:
        """Read what follows the last event, so that the connection can be used again."""
        reply = self.reply
        reply.deadlines = reply.deadlines.briefly(DRAIN_SECONDS)
        size = 0
        try:
            while not reply.ended and size <= DRAIN_BYTES:
                size += len(await reply.part())
        except APIError:
            pass  # all events have come; only the connection is lost
        self.abort()

    def abort(self) -> None:
        """Give up the rest of the stream and close its connection, unless it was at its end."""
        if not self._closed:
            self._closed = self._finished = True
            self._ready = iter(())
            self.reply.abort()
            self.reply.tracer("stream.end")

    def _decode(self, data: bytes) -> T:
        try:
            if b'"error"' in data[:ERROR_WITHIN] and not self._reports_errors:
                self._raise_error_event(data)
            return self._codec.decode(data, strict=self._strict)
        except CodecError as error:
            what = f"Event {self.received + 1} of the stream cannot be decoded"
            data = self._redact(data)
            raise self._about(unreadable(error, self.reply.head, data, what)) from error

    def _raise_error_event(self, data: bytes) -> None:
        """Raise if the event is an error document; many good ones have `error` somewhere within."""
        document = fields_of(decode_json(self._redact(data)))
        if document.get("error"):
            raise self._about(error_event(document))

    def _about(self, error: APIError) -> APIError:
        return self.reply.on_error(error)

    def _finish_at_end(self) -> None:
        """Judge a body that ended without `[DONE]`: some servers never send it."""
        last = self._sse.unfinished
        if (last is not None and last.data == b"[DONE]") or self._said_why_it_stopped():
            self._finished = True
            return
        head = self.reply.head
        kind = head.headers.get("content-type", "")
        if not self.received and not kind.startswith("text/event-stream"):
            raise self._about(
                ResponseDecodeError(
                    f"expected a stream of events, got {kind or 'a body without a type'!r}",
                    status_code=head.status,
                    headers=head.headers,
                    snippet=self._redact(self._sse.tail)[:SNIPPET],
                )
            )
        raise self._truncated("the body ended before the stream did")

    def _said_why_it_stopped(self) -> bool:
        """Whether the last event is terminal, or one of the last chunks has a finish reason."""
        if self._may_just_end:
            return True
        if self._last:
            last = fields_of(decode_json(self._history[-1])) if self._history else {}
            return last.get("type") in self._last
        for data in list(self._history)[-3:]:
            choices = fields_of(decode_json(data)).get("choices")
            if any(fields_of(each).get("finish_reason") for each in items(choices)):
                return True
        return False

    def _truncated(self, why: str) -> APIError:
        partial = [self._codec.decode(self._redact(data)) for data in self._history]
        error = StreamTruncatedError(
            f"Stream cut short after {self.received} events: {why}",
            partial=partial,
            received=self.received,
            tail=self._redact(self._sse.tail),
        )
        self.abort()
        return self._about(error)


def _with_name(event: ServerSentEvent) -> ServerSentEvent:
    """Put name and data into one document; of an error, make the document of one."""
    data = event.data
    if not event.event or data == b"[DONE]":
        return event
    if event.event == "error":
        is_document = b'"error"' in data[:ERROR_WITHIN]
        return event if is_document else ServerSentEvent(b'{"error":%b}' % data)
    return ServerSentEvent(b'{"event":%b,"data":%b}' % (encode(event.event), data))


class Stream(Closing, Generic[T]):
    """The events of one answer, as an iterator and a context manager.

    Leaving the `with` block, or `close`, gives up what has not been read. Iterating raises
    `StreamTruncatedError` when the stream is cut short, `APITimeoutError` when a deadline passes,
    `APIError` for an error that the server reports in its midst.
    """

    __slots__ = ("_events", "_source")

    def __init__(self, source: EventSource[T], drive: Drive) -> None:
        self._source = source
        self._events = _events(source, drive)  # holds no stream: one that is dropped, closes

    def __iter__(self) -> Iterator[T]:
        return self._events

    def __next__(self) -> T:
        return next(self._events)

    @property
    def source(self) -> EventSource[T]:
        """What the events come from, for programs that read them for any kind of caller."""
        return self._source

    @property
    def response(self) -> Reply:
        """The answer that the events come from: status, headers, request id, rate limits."""
        return self._source.reply

    def close(self) -> None:
        """Give up the rest; the connection is closed unless the stream was at its end."""
        self._source.abort()


def _events(source: EventSource[T], drive: Drive) -> Generator[T, None, None]:
    while True:
        event = source.pull()
        if event is NEED_DATA or event is END:
            event = cast("T | End", drive(source.next()))  # a Drive returns what it ran
        if event is END:
            return
        yield event


class AsyncStream(AsyncClosing, Generic[T]):
    """`Stream` for asyncio, trio and foreign loops: the same with `async for` and `async with`."""

    __slots__ = ("_source",)

    def __init__(self, source: EventSource[T]) -> None:
        self._source = source

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        event = self._source.pull()
        if event is NEED_DATA or event is END:
            event = await self._source.next()
        if event is END:
            raise StopAsyncIteration
        return event

    @property
    def source(self) -> EventSource[T]:
        """What the events come from, for programs that read them for any kind of caller."""
        return self._source

    @property
    def response(self) -> Reply:
        """The answer that the events come from: status, headers, request id, rate limits."""
        return self._source.reply

    async def close(self) -> None:
        """Give up the rest; the connection is closed unless the stream was at its end."""
        self._source.abort()


__all__ = ["AsyncStream", "Drive", "EventSource", "Stream"]
