"""The events of a background response, read on after each cut from where they had come to.

`ResumedEvents` is a source like any other. Each of its connections gives a part of one sequence:

    READS --cut--> WAITS --after a delay, GET ?starting_after=N--> READS
                     |  ^--not answered, or for the moment--|
                     |--refused--> POLLS --the response is over--> its end
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from msgspec import structs

from ..accumulate.response_events import ResponsePolledEvent
from ..answers.source import EventSource
from ..call.backend import DeadlinePassed
from ..call.policy import Stop
from ..json.encode import encode
from ..json.provenance import meta
from ..json.values import is_sendable_text
from ..terms.errors import (
    APIError,
    APITimeoutError,
    ResponseDecodeError,
    StreamTruncatedError,
)
from ..terms.sentinels import END, NEED_DATA, End, NeedData
from .polling import ended, until
from .resume import Resume, SequenceNumbers, refuses

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..api.types.responses import Response
    from ..request.endpoint import Endpoint
    from ..request.operation import Operation
    from ..request.options import Options
    from ..terms.effects import Clock
    from .caller import Caller

T = TypeVar("T")

OVER: Final = ("completed", "failed", "incomplete", "cancelled")
TOLD: Final = OVER[:3]
"""States that have an event of their own."""


class Endpoints:
    """The operations of one kind of responses, and the keywords that go along with each."""

    __slots__ = ("cancel", "options", "retrieve", "streamed")

    def __init__(
        self,
        retrieve: Callable[..., Operation[Any, Any]],
        cancel: Callable[..., Operation[Any, Any]],
        options: Options,
        **streamed: Any,
    ) -> None:
        """`streamed` are the parameters that say which events are told, and how."""
        self.retrieve = retrieve
        self.cancel = cancel
        self.options = options
        self.streamed = streamed


class ResumedEvents(EventSource[T], Generic[T]):
    """Typed events of one response, each of them once, over as many connections as it takes."""

    __slots__ = (
        "_attempt",
        "_caller",
        "_cut",
        "_late",
        "_numbers",
        "_resume",
        "endpoints",
        "response_id",
    )

    def __init__(
        self,
        first: EventSource[T],
        caller: Caller,
        endpoints: Endpoints,
        resume: Resume,
        *,
        response_id: str | None = None,
        starting_after: int | None = None,
    ) -> None:
        """Go on with the answer that `first` was to read."""
        for name in EventSource.__slots__:
            setattr(self, name, getattr(first, name))
        self._ahead = 1  # each is looked at before the next
        self.response_id = response_id
        self._caller = caller
        self.endpoints = endpoints
        self._resume = resume
        self._numbers = SequenceNumbers(starting_after)
        self._attempt = 0  # in a row
        self._cut: APIError | None = None
        self._late = deque[Any]()  # what comes of polling

    @property
    def last_sequence_number(self) -> int | None:
        """The number of the last event that was handed out."""
        return self._numbers.last

    def pull(self) -> T | NeedData | End:
        """Return the next event out of what has been read, unless it came before."""
        if self.stopped:
            return self._stop()
        if self._late:
            event: T = self._late.popleft()
            if not self._late:
                self._finish()
            return event
        while self._cut is None:
            try:
                found = super().pull()
                if found is NEED_DATA or found is END or self._is_new(found):
                    return found
            except StreamTruncatedError as error:
                self._cut = error
            except ResponseDecodeError as error:
                if not self._attempt:
                    self.abort()
                    raise
                self._cut = error  # the server has another answer to who wants the rest
            except BaseException:
                self.abort()
                raise
        return NEED_DATA

    def _is_new(self, event: T) -> bool:
        if not self._numbers.is_new(getattr(event, "sequence_number", None)):
            self._decoded -= 1
            self._history.pop()
            return False
        self._attempt = 0
        if self.response_id is None:
            name: object = getattr(getattr(event, "response", None), "id", None)
            self.response_id = name if is_sendable_text(name) and name else None
        return True

    async def _fill(self) -> None:
        if self._cut is not None and not self.stopped:
            await self._go_on(self._cut)
            return
        try:
            await super()._fill()
        except StreamTruncatedError as error:
            self._cut = error
        except APITimeoutError as error:
            if error.phase == "total":
                self.abort()
                raise
            self._cut = error
        except APIError:
            self.abort()
            raise

    def _break(self) -> None:
        """Close the connection; another may follow."""
        self.reply.abort()
        self.reply.tracer("stream.end", "cut short")

    async def _go_on(self, cut: APIError) -> None:
        """Ask for the rest, or else for the response itself."""
        if self.response_id is None or not self._numbers.resumable:
            missing = "its id" if self.response_id is None else "sequence numbers"
            raise self._over(cut, f"it cannot be resumed without {missing}")
        failure = cut
        while not refuses(failure):
            self._attempt += 1
            decision = self._resume.decide(self._attempt)
            if isinstance(decision, Stop):
                raise self._over(cut, f"{decision.reason}, the last: {failure}", failure)
            await self._nap(decision.seconds)
            try:
                stream = await self._perform(self._rest())
            except APIError as error:
                if isinstance(error, APITimeoutError) and error.phase == "total":
                    self.abort()
                    raise
                failure = error
            else:
                self._read(stream.source)
                return
        if not self._resume.poll:
            self.abort()
            raise failure
        await self._poll(failure)

    def _read(self, source: EventSource[T]) -> None:
        """Go on with another answer."""
        self.reply, self._sse, self._codec = source.reply, source._sse, source._codec
        self._undecoded.clear()
        self._tail = self._cut = None
        self._ended = False
        self._numbers.reconnected()
        self._check_alive()

    def _check_alive(self) -> None:
        if self._closed:  # in the meantime, so that what has just come was not there to be closed
            self.reply.abort()
            raise self._given_up()

    def _rest(self) -> Operation[Any, Any]:
        """The request for the events after the last one."""
        last, given = self._numbers.last, self.endpoints
        after = {} if last is None else {"starting_after": last}
        return given.retrieve(
            self.response_id, stream=True, **given.streamed, **after, **given.options
        )

    async def _poll(self, refusal: APIError) -> None:
        """Look at the response until it is over, and tell that in place of the events."""
        given = self.endpoints
        look = given.retrieve(self.response_id, **given.options)
        try:
            response: Response = await until(
                _Waking(self._caller.endpoint, self._clock, self._perform, self._nap),
                ended(OVER),
                look,
                self._resume.polling(),
                f"response {self.response_id}",
            )
        except APIError:
            self.abort()
            raise
        told = ResponsePolledEvent(
            response=response, reason=str(refusal), sequence_number=self._numbers.last
        )
        self._late.append(told)
        raw = meta(response).raw
        if response.status in TOLD and raw is not None:
            kind = encode(f"response.{response.status}")
            self._late.append(self._codec.decode(b'{"type":%b,"response":%b}' % (kind, raw)))
        self._cut = None
        self._decoded += len(self._late)
        self._check_alive()

    async def _perform(self, operation: Operation[Any, Any]) -> Any:
        """Send a request within what is left of the limit to the whole."""
        deadlines = self.reply.deadlines
        if deadlines.total_at != inf:
            left = max(deadlines.total_at - self._clock.now(), 1e-9)
            timeout = structs.replace(deadlines.timeout, total=left)
            operation = structs.replace(operation, timeout=timeout)
        return await self._caller.perform(operation)

    @property
    def _clock(self) -> Clock:
        return self._caller.clock

    async def _nap(self, seconds: float) -> None:
        """Wait; not at all where there is no time for it, and no longer once it is given up."""
        now, deadlines = self._clock.now, self.reply.deadlines
        end = now() + seconds
        if end >= deadlines.total_at:
            total = deadlines.timeout.total
            text = f"No time to go on: {seconds:g} s more to wait, and {total:g} s in all are nearly over"
            error = APITimeoutError(text, phase="total", seconds=total, sent="answered")
            raise self._final(error)
        hold = self._holding()
        while not self._closed and now() < end:
            try:
                await hold.nap(end)
            except DeadlinePassed:
                break
        if self._closed:
            raise self._given_up()

    def _over(self, cut: APIError, why: str, failure: APIError | None = None) -> APIError:
        """Give up, and return the error to raise."""
        if failure is cut and not self._resume.max_attempts:
            self.abort()
            return cut
        how = (
            cut.message.partition(": ")[2] if isinstance(cut, StreamTruncatedError) else cut.message
        )
        error = self._truncated(f"{how}; {why}")
        error.__cause__ = cut if failure is None else failure
        self.abort()
        return error


class _Waking:
    """A caller whose sleep ends when the stream is given up."""

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Clock,
        perform: Callable[[Operation[Any, Any]], Coroutine[Any, Any, Any]],
        sleep: Callable[[float], Coroutine[Any, Any, None]],
    ) -> None:
        self.endpoint = endpoint
        self.now = clock.now
        self.steady = clock.steady
        self.wall = clock.wall
        self.random = clock.random
        self._perform = perform
        self._sleep = sleep

    @property
    def clock(self) -> Clock:
        return self

    async def perform(self, operation: Operation[T, T], /) -> T:
        found: T = await self._perform(operation)
        return found

    async def sleep(self, seconds: float, /) -> None:
        await self._sleep(seconds)


async def open_events(
    caller: Caller,
    operation: Operation[Any, Any],
    endpoints: Endpoints,
    resume: Resume,
    *,
    response_id: str | None = None,
    starting_after: int | None = None,
) -> ResumedEvents[Any]:
    """Send the first request."""
    stream: Any = await caller.perform(operation)
    return ResumedEvents(
        stream.source,
        caller,
        endpoints,
        resume,
        response_id=response_id,
        starting_after=starting_after,
    )


async def cancel_response(caller: Caller, events: ResumedEvents[Any], **options: Any) -> Any:
    """Give up a stream, and cancel its response at the server."""
    if events.response_id is None:
        raise RuntimeError("cancel_response: the stream has not told the id of its response yet")
    events.cancel()
    given = {**events.endpoints.options, **options}
    return await caller.perform(events.endpoints.cancel(events.response_id, **given))
