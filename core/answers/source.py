"""The program that reads a streaming answer: next event, drain, close.

`EventSource` turns the parts of a reply into typed events: `pull` is pure, `fill` reads one more
part, `settle` brings the connection back after the last event. `Stream` and `AsyncStream` are its
two faces (`answers.stream`) and hold no logic of their own.

Where a stream ends properly, the fields of its `EventsAnswer` say. Everything else that ends it is
an error. So is an event in which the server says that something went wrong, in any of the forms that
servers have for it, and an answer that is one document instead of a stream.
"""

from collections import deque
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ..call.backend import DeadlinePassed
from ..call.error_answers import reported_error, unreadable
from ..call.reply import Reply
from ..http.sse import ServerSentEvent, SSEDecoder
from ..json.codec import Codec
from ..json.encode import encode
from ..json.values import fields_of, is_object
from ..request.answer_kinds import EventsAnswer
from ..terms.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    StreamCancelledError,
    StreamTruncatedError,
)
from ..terms.json_text import REFUSALS, CodecError, decode_json
from ..terms.sentinels import END, NEED_DATA, End, NeedData
from .endings import breaks_off, choices_are_finished, is_last
from .hold import Hold
from .raw_events import DONE, PING, is_whole, may_be_event, tells_of_an_error, with_name

if TYPE_CHECKING:
    from ..call.settings import Settings

T = TypeVar("T")

DRAIN_SECONDS: Final = 0.25
"""How long a finished stream waits for the end of its body before it closes the connection."""

DRAIN_BYTES: Final = 1 << 16
"""How much may follow the last event before the connection is closed rather than drained."""

AHEAD: Final = 32
"""Events that are decoded at once, if they have come: the first of many waits for no more."""


class EventSource(Generic[T]):
    """Typed events out of one streaming answer."""

    __slots__ = (
        "_ahead",
        "_body_ends",
        "_choices",
        "_closed",
        "_codec",
        "_decoded",
        "_document",
        "_ended",
        "_finished",
        "_history",
        "_history_bytes",
        "_hold",
        "_idle",
        "_kept",
        "_last",
        "_last_event",
        "_lenient",
        "_may_just_end",
        "_named",
        "_plain",
        "_reports_errors",
        "_sse",
        "_strict",
        "_tail",
        "_terminal",
        "_undecoded",
        "ready",
        "reply",
        "stopped",
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
        self.ready = deque[T]()
        self.stopped = False  # finished or paused: the one thing that an event is held up by
        self._plain = codec
        self._codec = reply.tracer.watched(codec)
        self._lenient = codec.lenient
        # Who listens is told of an event when it is handed out.
        self._ahead = AHEAD if self._codec is codec else 1
        self._decoded = 0
        self._document = document
        self._strict = settings.strict
        self._terminal = answer.terminal  # no set: what a server says may have no hash
        self._last = (*answer.terminal, *answer.last)
        self._choices = answer.finish_reasons
        self._may_just_end = answer.may_just_end
        self._body_ends = (answer.end or settings.stream_end) == "body"
        self._named = answer.named
        self._reports_errors = answer.reports_errors
        self._sse = SSEDecoder(max_event=limits.event)
        self._undecoded = deque[ServerSentEvent]()
        self._last_event: T | None = None  # decoded, and to be handed out after those in `ready`
        self._history: deque[bytes] = deque(maxlen=limits.history)
        self._history_bytes = limits.history_bytes
        self._idle = reply.deadlines.timeout.idle is not None
        self._kept = 0  # bytes in the history, or more
        self._tail: bytes | None = None
        self._hold: Hold | None = None
        self._closed = False
        self._finished = False
        self._ended = False

    @property
    def codec(self) -> Codec[T]:
        """What makes events of documents."""
        return self._codec

    @property
    def received(self) -> int:
        """How many events have been handed out."""
        return self._decoded - len(self.ready) - (self._last_event is not None)

    def pull(self) -> "T | NeedData | End":
        """Return the next event out of what has been read."""
        if self.stopped:
            return self._stop()
        ready = self.ready
        if ready:
            return ready.popleft()
        while True:
            if (last := self._last_event) is not None:
                self._last_event = None
                self._finish()
                return last
            if not self._undecoded:
                break
            if self._lenient:
                self._decode_ahead()
                if ready:
                    return ready.popleft()
                if self._last_event is not None:
                    continue
            value = self._take_odd(self._undecoded.popleft())
            if value is not None:
                return value
            if self._finished:
                return END
        if self._ended:
            self._finish_at_end()
            return END
        return NEED_DATA

    def _decode_ahead(self) -> None:
        """Decode events into `ready`, up to one that is not as it should be, or is the last."""
        undecoded, quick, terminal = self._undecoded, self._codec.quick, self._terminal
        ready, history = self.ready, self._history
        ordinary: type | None = None  # a class whose events are of one type, which is no end
        for _ in range(min(self._ahead, len(undecoded))):
            event = undecoded.popleft()
            data = event.data
            try:
                value = quick(data)
            except REFUSALS:
                undecoded.appendleft(event)
                return  # whatever is odd about an event, it is refused here
            except BaseException:
                self._break()
                raise
            self._decoded += 1
            history.append(data)
            if terminal and type(value) is not ordinary:
                if getattr(value, "type", None) in terminal:
                    self._last_event = value
                    return
                same = isinstance(getattr(type(value), "type", None), str)
                ordinary = type(value) if same else None
            ready.append(value)

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
        if self.stopped:
            await self._wait()
            return
        if self._kept > self._history_bytes:
            self._forget()
        try:
            if self._sse.fault is not None:
                self._sse.events()  # raises it, now that all events before it have been handed out
            data = await self.reply.part()
            self._sse.receive_data(data)
            events = self._sse.events()
        except Exception as error:
            failure = self._failed(error)
            raise failure from failure.__cause__
        if self._closed:
            raise self._given_up()
        if not data:
            self._ended = True
            events = self._unfinished()
        self._undecoded += map(with_name, events) if self._named else events
        self._kept += len(data)

    def _failed(self, error: Exception) -> Exception:
        """What to raise for what went wrong in reading."""
        if self._closed:  # elsewhere, and whatever it is comes of that
            return self._given_up()
        if isinstance(error, APITimeoutError):
            return self._broken(error)
        if isinstance(error, APIConnectionError):
            cause = self.reply.redaction.error(error)
            failure = self._truncated(str(cause))
            failure.__cause__ = cause
            return failure
        return error

    def _unfinished(self) -> list[ServerSentEvent]:
        """Events that lack nothing but the empty line behind them."""
        events = self._sse.unfinished
        if not events or not all(map(is_whole, events)):
            return []
        self._tail = b""
        return events

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
            self._closed = True
            how = "" if self._finished else "given up"
            self._finish()
            self.reply.abort()
            if self._hold is not None:
                self._hold.release(over=True)
            self.reply.tracer("stream.end", how)

    def _break(self) -> None:
        """Give up an answer of which nothing more can be read."""
        self.abort()

    def pause(self) -> None:
        """Hand out nothing and read nothing until `resume`; from any task or thread."""
        hold = self._holding()
        with hold.mutex:
            hold.paused = self.stopped = True

    def resume(self) -> None:
        """Go on after `pause`; from any task or thread."""
        if self._hold is None:
            return
        with self._hold.mutex:
            self._hold.release()
            self.stopped = False
            if self._finished:  # looked at afterwards: a reader may be at the end just now
                self.stopped = True

    def cancel(self) -> None:
        """Give up the rest and tell the reader, from any task or thread; nothing after the end."""
        if not self._finished:
            self._holding().cancelled = True
            self.abort()

    @property
    def paused(self) -> bool:
        """Whether `pause` holds the events back."""
        return self._hold is not None and self._hold.paused and not self._finished

    def _holding(self) -> Hold:
        gates = self.reply.exchange.gates
        with gates.mutex:
            if self._hold is None:
                self._hold = Hold(gates)
            return self._hold

    def _finish(self) -> None:
        self._finished = True
        self.stopped = True  # in this order: see `resume`

    def _stop(self) -> "NeedData | End":
        """Say why there is no event although one may have come; raise if it was cancelled."""
        if not self._finished:
            return NEED_DATA
        if self._hold is not None and self._hold.cancelled:
            raise self._given_up()
        return END

    async def _wait(self) -> None:
        """Wait until somebody ends the pause; the limit to the whole call holds."""
        reply, hold = self.reply, self._hold
        if hold is None:
            return
        try:
            await hold.wait(reply.deadlines.total_at)
        except DeadlinePassed:
            raise self._final(reply.deadlines.passed("idle", "answered")) from None
        if self._idle:
            reply.deadlines.await_event()

    def _given_up(self) -> APIError:
        text = f"The stream was cancelled after {self.received} events, by another task or thread"
        return self._about(StreamCancelledError(text, received=self.received))

    def _take_odd(self, event: ServerSentEvent) -> T | None:
        """Make a value of an event that `_decode_ahead` does not take; `None` if it says nothing."""
        if event.data == DONE:
            self._finish()
            return None
        try:
            value = self._examine(event)
        except BaseException:
            self._break()
            raise
        if value is not None:
            self._decoded += 1
            if self._terminal and getattr(value, "type", None) in self._terminal:
                self._finish()
        return value

    def _examine(self, event: ServerSentEvent) -> T | None:
        """Take an event that is not as it should be, or whose type would not show it."""
        data = event.data.strip()
        if data == DONE:
            self._finish()
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
        if tells_of_an_error(event, fields, self._terminal, self._reports_errors):
            raise self._about(reported_error(decode_json(self._redact(data)) or None))
        if event.bare and not may_be_event(fields, bool(self._last)):
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

    def _unreadable(self, error: CodecError, data: bytes) -> APIError:
        what = f"Event {self.received + 1} of the stream cannot be decoded"
        return self._about(unreadable(error, self.reply.head, self._redact(data), what))

    def _no_stream(self, data: bytes) -> APIError:
        from .no_stream import one_document

        return one_document(data, self.reply.head, self._document)

    def _redact(self, data: bytes) -> bytes:
        return self.reply.redaction.data(data)

    def _about(self, error: APIError) -> APIError:
        return self.reply.on_error(error)

    def _broken(self, error: APIError) -> APIError:
        self._about(error)
        self._break()
        return error

    def _final(self, error: APIError) -> APIError:
        self._about(error)
        self.abort()
        return error

    def _finish_at_end(self) -> None:
        """Judge a body that ended without `[DONE]`: some servers never send it."""
        if self._may_end_here():
            self._finish()
            return
        head = self.reply.head
        kind = head.headers.get("content-type", "")
        if not self.received and not kind.startswith("text/event-stream"):
            from .no_stream import something_else

            raise self._final(something_else(self._redact(self._sse.tail), head))
        raise self._truncated("the body ended before the stream did")

    def _may_end_here(self) -> bool:
        """Whether the end of the body is one of the stream."""
        if self._may_just_end or (self._body_ends and self.received):
            return self._tail is not None or not breaks_off(self._sse.tail)
        if self._last:
            return is_last(self._history, self._last)
        return self._choices and choices_are_finished(self._history)

    def _truncated(self, why: str) -> APIError:
        redact = self.reply.redaction.data
        partial = [self._plain.decode(redact(data)) for data in self._history]
        error = StreamTruncatedError(
            f"Stream cut short after {self.received} events: {why}",
            partial=partial,
            received=self.received,
            tail=self._redact(self._sse.tail if self._tail is None else self._tail),
        )
        return self._broken(error)
