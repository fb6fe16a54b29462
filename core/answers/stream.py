"""The program that reads a streaming answer: next event, drain, close.

`EventSource` turns the parts of a reply into typed events: `pull` is pure, `fill` reads one more
part, `settle` brings the connection back after the last event. `Stream` and `AsyncStream` are its
two faces and hold no logic of their own.

A stream ends properly at `[DONE]`, at an event that the API calls terminal, or where a server
knows neither, at the end of a body whose last chunks said why they stopped. Everything else that
ends it is an error. So is an event in which the server says that something went wrong, in any of the
forms that servers have for it, and an answer that is one document instead of a stream.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterator
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from ..call.error_answers import SNIPPET, is_error, reported_error, reports_error, unreadable
from ..call.reply import Reply
from ..http.sse import ServerSentEvent, SSEDecoder
from ..json.codec import Codec
from ..json.encode import encode
from ..json.provenance import provenance_of
from ..json.values import fields_of, is_object, items
from ..request.answer_kinds import EventsAnswer
from ..terms.closing import AsyncClosing, Closing
from ..terms.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ResponseDecodeError,
    StreamTruncatedError,
)
from ..terms.json_text import REFUSALS, CodecError, decode_json
from ..terms.sentinels import END, NEED_DATA, End, NeedData

if TYPE_CHECKING:
    from ..call.settings import Settings

T = TypeVar("T")

Drive = Callable[[Coroutine[Any, Any, Any]], Any]
"""Runs a program to its end: over blocking sockets it never pauses."""

DONE: Final = b"[DONE]"

PING: Final = "ping"
"""The name of events that only keep a connection alive; the others of that kind have no data."""

DRAIN_SECONDS: Final = 0.25
"""How long a finished stream waits for the end of its body before it closes the connection."""

DRAIN_BYTES: Final = 1 << 16
"""How much may follow the last event before the connection is closed rather than drained."""


class EventSource(Generic[T]):
    """Typed events out of one streaming answer."""

    __slots__ = (
        "_closed",
        "_codec",
        "_document",
        "_ended",
        "_finished",
        "_history",
        "_history_bytes",
        "_idle",
        "_kept",
        "_last",
        "_lenient",
        "_may_just_end",
        "_named",
        "_ready",
        "_reports_errors",
        "_sse",
        "_strict",
        "_tail",
        "_terminal",
        "received",
        "reply",
    )

    def __init__(
        self,
        reply: Reply,
        answer: EventsAnswer,
        codec: Codec[T],
        settings: "Settings",
        document: Codec[Any] | None = None,
    ) -> None:
        """Read `reply` as events for `codec`; `document` is for an answer that is no stream."""
        limits = settings.limits
        self.reply = reply
        self.received = 0
        self._codec = codec
        self._lenient = codec.lenient
        self._document = document
        self._strict = settings.strict
        self._terminal = answer.terminal  # no set: what a server says may have no hash
        self._last = (*answer.terminal, *answer.last)
        self._may_just_end = answer.may_just_end
        self._named = answer.named
        self._reports_errors = answer.reports_errors
        self._sse = SSEDecoder(max_event=limits.event)
        self._ready: Iterator[ServerSentEvent] = iter(())
        self._history: deque[bytes] = deque(maxlen=limits.history)
        self._history_bytes = limits.history_bytes
        self._idle = reply.deadlines.timeout.idle is not None
        self._kept = 0  # bytes in the history, or more
        self._tail: bytes | None = None
        self._closed = False
        self._finished = False
        self._ended = False

    def pull(self) -> "T | NeedData | End":
        """Return the next event out of what has been read."""
        if self._finished:
            return END
        for event in self._ready:
            if event.data == DONE:
                self._finished = True
                return END
            try:
                value = self._decode(event)
            except BaseException:
                self.abort()
                raise
            if value is None:
                if self._finished:
                    return END
                continue
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
        if self._idle:
            self.reply.deadlines.await_event()
        while (event := self.pull()) is NEED_DATA:
            await self._fill()
        if event is END:
            await self._settle()
        return event

    async def _fill(self) -> None:
        if self._kept > self._history_bytes:
            self._forget()
        try:
            if self._sse.fault is not None:
                self._sse.events()  # raises it, now that all events before it have been handed out
            data = await self.reply.part()
            self._sse.receive_data(data)
            events = iter(self._sse.events())
        except APITimeoutError as error:
            self.abort()
            raise self._about(error) from None
        except APIConnectionError as error:
            cause = self.reply.redaction.error(error)
            raise self._truncated(str(cause)) from cause
        if not data:
            self._ended = True
            events = self._unfinished()
        self._ready = map(_with_name, events) if self._named else events
        self._kept += len(data)

    def _unfinished(self) -> Iterator[ServerSentEvent]:
        """Events that lack nothing but the empty line behind them."""
        events = self._sse.unfinished
        if not events or not all(map(_is_whole, events)):
            return iter(())
        self._tail = b""
        return iter(events)

    def _forget(self) -> None:
        """Drop the oldest events until half of the limit is free; the last one stays."""
        history = self._history
        kept = sum(map(len, history))
        while kept > self._history_bytes // 2 and len(history) > 1:
            kept -= len(history.popleft())
        self._kept = kept

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

    def _decode(self, event: ServerSentEvent) -> T | None:
        """Make a value of an event; `None` for one that says nothing."""
        if self._lenient:  # then whatever is odd about it is refused at first
            try:
                value = self._codec.quick(event.data)
                self._history.append(event.data)
                return value
            except REFUSALS:
                pass  # and out: an error below is not to keep this one, which may hold the event
        return self._examine(event)

    def _examine(self, event: ServerSentEvent) -> T | None:
        """Take an event that is not as it should be, or whose type would not show it."""
        data = event.data.strip()
        if data == DONE:
            self._finished = True
        if (len(data) <= len(DONE) and data in (DONE, b"", b"null")) or event.event == PING:
            return None
        try:
            document = decode_json(data)
        except CodecError as error:
            if event.event == "error":
                said = self._redact(data).decode("utf-8", "replace")
                raise self._about(reported_error(said)) from None
            raise self._unreadable(error, data) from error
        fields = fields_of(document)
        if _may_tell_of_errors(event) and self._is_error(event, fields):
            raise self._about(reported_error(decode_json(self._redact(data)) or None))
        if event.bare and not self._may_be_event(fields):
            raise self._about(self._no_stream(self._redact(data)))
        if event.event and self._last and is_object(document) and document.get("type") is None:
            document["type"] = event.event
            data = encode(document)
        try:
            if self._lenient:
                value = self._codec.salvage(document, data, strict=self._strict)
            else:
                value = self._codec.decode(data, strict=self._strict)
        except CodecError as error:
            raise self._unreadable(error, data) from error
        self._history.append(data)
        return value

    def _is_error(self, event: ServerSentEvent, fields: dict[str, Any]) -> bool:
        """Whether an event reports that something went wrong with the stream."""
        kind = fields.get("type")
        if self._reports_errors and kind is not None:
            return False
        if "error" in self._terminal and (kind or event.event) == "error":
            return is_error(fields.get("error"))  # the API's own event has none
        return event.event == "error" or reports_error(fields)

    def _may_be_event(self, fields: dict[str, Any]) -> bool:
        """Whether JSON without `data:` is an event all the same."""
        return fields.get("object") == _CHUNK or bool(self._last and fields.get("type"))

    def _unreadable(self, error: CodecError, data: bytes) -> APIError:
        what = f"Event {self.received + 1} of the stream cannot be decoded"
        return self._about(unreadable(error, self.reply.head, self._redact(data), what))

    def _no_stream(self, data: bytes) -> APIError:
        """The error for a whole answer; it keeps the answer, as its type where it fits."""
        body: Any = fields_of(decode_json(data))
        if self._document is not None:
            try:
                value = self._document.decode(data)
            except CodecError:
                pass
            else:
                body = body if provenance_of(value).issues else value
        head = self.reply.head
        kind = head.headers.get("content-type", "of no type")
        return ResponseDecodeError(
            f"expected a stream of events, got one document ({kind}): it is the error's body",
            status_code=head.status,
            headers=head.headers,
            snippet=data[:SNIPPET],
            body=body,
        )

    def _redact(self, data: bytes) -> bytes:
        return self.reply.redaction.data(data)

    def _about(self, error: APIError) -> APIError:
        return self.reply.on_error(error)

    def _finish_at_end(self) -> None:
        """Judge a body that ended without `[DONE]`: some servers never send it."""
        if self._said_why_it_stopped():
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
        """Whether the last event is terminal, or every choice seen lately has a finish reason."""
        if self._may_just_end:
            return True
        if self._last:
            last = fields_of(decode_json(self._history[-1])) if self._history else {}
            return last.get("type") in self._last
        open_: set[str] = set()
        finished: set[str] = set()
        for data in self._history:
            for each in items(fields_of(decode_json(data)).get("choices")):
                choice = fields_of(each)
                which = str(choice.get("index"))
                (finished if choice.get("finish_reason") else open_).add(which)
        return bool(finished) and open_ <= finished

    def _truncated(self, why: str) -> APIError:
        redact = self.reply.redaction.data
        partial = [self._codec.decode(redact(data)) for data in self._history]
        error = StreamTruncatedError(
            f"Stream cut short after {self.received} events: {why}",
            partial=partial,
            received=self.received,
            tail=self._redact(self._sse.tail if self._tail is None else self._tail),
        )
        self.abort()
        return self._about(error)


_CHUNK: Final = "chat.completion.chunk"


def _may_tell_of_errors(event: ServerSentEvent) -> bool:
    """The quick look: every document that `reports_error` takes for one has one of these."""
    data = event.data
    return (
        event.event == "error" or b'error"' in data or b'"detail"' in data or b'"message"' in data
    )


def _is_whole(event: ServerSentEvent) -> bool:
    data = event.data.strip()
    if data == DONE or event.event == "error":
        return True
    try:
        decode_json(data)
    except CodecError:
        return False
    return True


def _with_name(event: ServerSentEvent) -> ServerSentEvent:
    """Put name and data into one document, but of an error or of an event that has no data."""
    name, data = event.event, event.data
    if name in ("", "error", PING) or not data.strip() or data == DONE:
        return event
    return ServerSentEvent(b'{"event":%b,"data":%b}' % (encode(name), data), name)


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
