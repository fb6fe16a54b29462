"""A call that somebody listens to: its events, and what they lead to.

A listener gets every event of a call with the same `TracedCall`. Nothing is decoded for it, nor
kept, unless it asks.
"""

from sys import is_finalizing
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from ..request.endpoint import Endpoint
from ..request.operation import Operation
from ..terms.errors import APIError, APIStatusError
from .settings import Settings
from .trace import DROPPED, Kind, TraceEvent, Tracer
from .traced_call import PROGRAM, TracedCall, programs
from .wire import Wire, masks_of

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..terms.http_message import ResponseHead
    from .reply import Reply

__all__ = ["traced", "within_program"]

T = TypeVar("T")


class _Telling(Tracer):
    """Tells the steps of an attempt."""

    __slots__ = ("_endpoint", "_masks", "_model", "_origin", "subject")

    listens = True

    def __init__(self, subject: TracedCall, attempt: int) -> None:
        self.subject = subject
        self.attempt = attempt
        assert subject.endpoint is not None  # the call is not over
        self._meet(subject.endpoint)

    def _meet(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._masks = masks = self.subject.masks(endpoint)
        self._model = self.subject.model(masks)
        self._origin = masks.text(str(endpoint.origin))

    def begin(self, endpoint: Endpoint) -> None:
        if endpoint is not self._endpoint:
            self._meet(endpoint)
        subject = self.subject
        subject.endpoint, subject.attempts = endpoint, max(self.attempt, subject.attempts)
        self("attempt.start")

    def of(self, attempt: int) -> Tracer:
        return _Telling(self.subject, attempt)

    def watched(self, codec: T) -> T:
        return cast("T", _Watched(codec, self))

    def __call__(
        self,
        kind: Kind,
        detail: object = "",
        head: "ResponseHead | None" = None,
        *,
        status: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        if kind == "response.abort" or (kind == "answer.failed" and not self.subject.answered):
            return  # a part of how the attempt fails, which is told
        last = kind == "call.failed" or (kind == "call.end" and self.subject.whole)
        self._tell(kind, detail, head, status, error, last=last)

    def _tell(
        self,
        kind: Kind,
        detail: object,
        head: "ResponseHead | None",
        status: int | None,
        error: BaseException | None,
        *,
        last: bool,
    ) -> None:
        subject, text = self.subject, self._masks.text
        if subject.over and kind != "answer.failed":
            return  # of an attempt that was given up for another
        request_id = None
        if head is not None:
            status, request_id = head.status, head.headers.get("x-request-id")
        elif isinstance(error, APIError):
            request_id = error.request_id
            if isinstance(error, APIStatusError):
                status = error.status_code
        now = subject.now()
        event = TraceEvent(
            kind,
            now,
            subject.name,
            self.attempt,
            text(str(detail)) if detail else "",
            status,
            text(request_id) if request_id else None,
            subject.id,
            subject.program,
            now - subject.began,
            self._model,
            self._origin,
            None if error is None else type(error).__name__,
            last,
            subject,
        )
        try:
            subject.tell(event)
        finally:
            if last:
                subject.forget()


class _Answering(_Telling):
    """Tells what becomes of an answer that is read later; the answer alone holds it."""

    __slots__ = ("_ends_with",)

    def __init__(self, subject: TracedCall, before: _Telling) -> None:
        self.subject, self.attempt = subject, before.attempt
        self._endpoint, self._masks = before._endpoint, before._masks
        self._model, self._origin = before._model, before._origin
        self._ends_with: tuple[Kind, ...] = ("response.end", "response.abort")

    def watched(self, codec: T) -> T:
        self._ends_with = ("stream.end",)
        return super().watched(codec)

    def hand_over(self) -> None:
        self._ends_with = ("session.end",)

    def __call__(
        self,
        kind: Kind,
        detail: object = "",
        head: "ResponseHead | None" = None,
        *,
        status: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        last = kind in self._ends_with
        if kind != "response.abort" or last:
            self._tell(kind, detail, head, status, error, last=last)

    def __del__(self) -> None:
        if not self.subject.over and not is_finalizing():
            self(self._ends_with[-1], DROPPED)


class _Decoder(Protocol):
    """What a stream uses of a codec."""

    @property
    def lenient(self) -> bool: ...
    def quick(self, data: bytes) -> Any: ...
    def decode(self, data: bytes, *, strict: bool = False) -> Any: ...
    def salvage(self, document: object, raw: bytes | None, *, strict: bool = False) -> Any: ...


class _Watched:
    """The codec of a stream's events, whose values are noted for who listens."""

    __slots__ = ("_codec", "_subject", "_tracer", "lenient")

    def __init__(self, codec: Any, tracer: _Telling) -> None:
        self._codec: _Decoder = codec
        self._tracer: _Telling | None = tracer
        self._subject = tracer.subject
        self.lenient = self._codec.lenient

    def _seen(self, value: T) -> T:
        self._subject.see(value)
        if (tracer := self._tracer) is not None:
            self._tracer = None
            tracer("stream.first")
        return value

    def quick(self, data: bytes) -> Any:
        return self._seen(self._codec.quick(data))

    def decode(self, data: bytes, *, strict: bool = False) -> Any:
        return self._seen(self._codec.decode(data, strict=strict))

    def salvage(self, document: object, raw: bytes | None, *, strict: bool = False) -> Any:
        return self._seen(self._codec.salvage(document, raw, strict=strict))


class CarryOut(Protocol):
    """The program of a call."""

    def __call__(
        self,
        wire: Wire,
        settings: Settings,
        operation: Operation[Any, Any],
        tracer: Tracer,
        *,
        whole: bool,
    ) -> "Coroutine[Any, Any, Reply]": ...


async def within_program(program: "Coroutine[Any, Any, T]") -> T:
    """Run a program of several calls, so that their events have its number."""
    token = PROGRAM.set(next(programs))
    try:
        return await program
    finally:
        PROGRAM.reset(token)


async def traced(
    carry_out: CarryOut,
    wire: Wire,
    settings: Settings,
    operation: Operation[Any, Any],
    *,
    whole: bool,
) -> "Reply":
    """Run the program of a call, and tell how it begins and ends."""
    assert settings.trace is not None  # else nobody listens
    subject = TracedCall(
        operation, settings.endpoint, masks_of(wire), wire.clock.now, settings.trace, whole=whole
    )
    tracer = _Telling(subject, 0)
    reply: Reply | None = None
    try:
        tracer("call.start")
        reply = await carry_out(wire, settings, subject.dressed(operation), tracer, whole=whole)
        answering = cast("_Telling", reply.tracer)
        if whole:
            subject.take(reply.readable)
        else:
            reply.tracer = answering = _Answering(subject, answering)
        subject.answered = True
        answering("call.end", head=reply.head)
    except BaseException as error:
        if reply is not None:  # a listener did not like the answer
            reply.abort()
        tracer.attempt = subject.attempts
        tracer("call.failed", error if isinstance(error, APIError) else "", error=error)
        raise
    return reply
