"""Watching a stream of events that passes through: whether it ends, or is cut short."""

from typing import TYPE_CHECKING, Any, Final

import msgspec

from ...core.answers.endings import breaks_off
from ...core.answers.raw_events import DONE, is_whole, may_tell_of_errors
from ...core.call.error_answers import reports_error
from ...core.http.content_coding import decoder_for
from ...core.http.sse import ServerSentEvent, SSEDecoder
from ...core.json.values import fields_of
from ...core.request.answer_kinds import EventsAnswer
from ...core.terms.errors import RemoteProtocolError, StreamTruncatedError
from ...core.terms.json_text import CodecError, decode_json
from ...core.terms.nesting import decoder

if TYPE_CHECKING:
    from ...core.call.reply import Reply
    from ...core.call.settings import Settings

__all__ = ["StreamWatch"]


class _Choice(msgspec.Struct):
    index: Any = None
    finish_reason: Any = None


class _Event(msgspec.Struct):
    type: Any = None
    choices: list[_Choice] = []


_event: Final = decoder(_Event)


class _Documents:
    """What stands for the codec of a stream where somebody listens to it."""

    lenient = True

    def quick(self, data: bytes) -> Any:
        return decode_json(data)


class StreamWatch:
    """Sees the parts of a stream of events as they are handed on, and keeps next to nothing of them."""

    __slots__ = (
        "_answer",
        "_body_ends",
        "_choices",
        "_coding",
        "_ends",
        "_may_end",
        "_noted",
        "_received",
        "_reply",
        "_sse",
        "_told",
        "done",
    )

    def __init__(self, reply: "Reply", answer: EventsAnswer, settings: "Settings") -> None:
        self._reply = reply
        self._answer = answer
        self._body_ends = (answer.end or settings.stream_end) == "body"
        self._ends = (*answer.terminal, *answer.last)
        self._sse = SSEDecoder(max_event=settings.limits.event)
        self._received = 0
        self._may_end = False  # behind the event that came last
        self._choices: dict[str, bool] | None = None  # whether each has its finish reason
        self._told = False
        tracer = reply.tracer
        self._noted: Any = tracer.watched(_Documents()) if tracer.listens else None
        coding = reply.head.headers.raw_value(b"content-encoding")
        self._coding = None if coding is None else decoder_for(coding.decode("latin-1"))
        self.done = False
        """Whether the stream has said that nothing follows."""

    def take(self, data: bytes) -> None:
        """See a part; `b""` is the end: `StreamTruncatedError` if it is not that of the stream."""
        if self._coding is None:
            self._sse.receive_data(data)
        else:
            for piece in self._coding.decode(data):
                if piece:
                    self._sse.receive_data(piece)
            if not data:
                self._sse.receive_data(data)
        events = self._sse.events()
        if self._noted is not None or self._answer.finish_reasons:
            for event in events:
                self._see(event)
        elif events:
            self._see_last(events)
        if not data:
            self._end()

    def over(self, how: str = "") -> None:
        """Tell who listens that the stream is over."""
        if not self._told:
            self._told = True
            self._reply.tracer("stream.end", how)

    def _see_last(self, events: list[ServerSentEvent]) -> None:
        """See the last of some, where those before it say nothing of how the stream may end."""
        last = events.pop()
        if done := [event.data for event in events].count(DONE):
            self.done = True
        self._received += len(events) - done
        self._see(last)

    def _see(self, event: ServerSentEvent) -> None:
        data, name = event.data, event.event
        if data == DONE:
            self.done = True
            return
        self._received += 1
        self._may_end = name in self._ends or name == "error"
        try:
            if self._noted is not None:
                self._noted.quick(data)
            if self._answer.finish_reasons:
                self._see_choices(_event(data))
            elif self._ends and not name:
                self._may_end = _event(data).type in self._ends
            if may_tell_of_errors(event) and reports_error(fields_of(decode_json(data))):
                self._may_end = True  # who reads it raises it
        except (msgspec.DecodeError, CodecError, RecursionError, UnicodeDecodeError):
            pass  # as above

    def _see_choices(self, event: "_Event") -> None:
        known = self._choices
        if known is None:
            known = self._choices = {}
        for choice in event.choices:
            which = str(choice.index)
            known[which] = bool(choice.finish_reason) or known.get(which, False)

    def _end(self) -> None:
        rest = self._sse.unfinished
        if rest and all(map(is_whole, rest)):
            for event in rest:
                self._see(event)
        elif not self.done and breaks_off(self._sse.tail):
            raise self._cut()
        if not (self.done or self._may_end_here()):
            raise self._cut()
        self.over()

    def _may_end_here(self) -> bool:
        if self._may_end or self._answer.may_just_end or (self._body_ends and self._received):
            return True
        known = self._choices
        return known is not None and bool(known) and all(known.values())

    def _cut(self) -> StreamTruncatedError:
        error = StreamTruncatedError(
            f"Stream cut short after {self._received} events: the body ended before the stream did",
            received=self._received,
            tail=self._sse.tail,
        )
        return self._reply.on_error(error)


def watch_of(reply: "Reply", settings: "Settings") -> StreamWatch | None:
    """Watch an answer if it is the stream of events that was asked for, and can be read here."""
    answer = reply.operation.answer
    kind = reply.head.headers.raw_value(b"content-type") or b""
    if not isinstance(answer, EventsAnswer) or not kind.startswith(b"text/event-stream"):
        return None
    try:
        return StreamWatch(reply, answer, settings)
    except RemoteProtocolError:  # a content coding that its reader may know
        return None
