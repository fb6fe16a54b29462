"""The streams of `.stream()`: events with what they add up to, for blocking and async callers.

    with client.chat.completions.stream(model=..., messages=...) as stream:
        for event in stream:
            if event.type == "content.delta":
                print(event.delta, end="")
        completion = stream.get_final_completion()

What events add up to is known by the accumulators of the core; here they meet the stream of a
client. Nothing is read unless somebody iterates or asks for the end.
"""

from __future__ import annotations

from collections import deque
from operator import index
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from msgspec import structs

from ...core.accumulate.chat import ChatAccumulator
from ...core.accumulate.chat_events import ChatCompletionStreamEvent
from ...core.accumulate.responses import ResponseAccumulator, ResponseStreamEvent
from ...core.answers.stream import Controlled
from ...core.json.provenance import attach
from ...core.terms.closing import AsyncClosing, Closing
from ...core.terms.omit import Omit, is_omitted
from ...core.terms.sentinels import END
from ..sending.context_managers import AsyncManager, Manager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...core.answers.stream import AsyncStream, Source, Stream
    from ...core.api.types.chat import ChatCompletion
    from ...core.api.types.responses import Response
    from ...core.call.reply import Reply
    from ...core.programs.resume import Resume
    from ...core.request.operation import Operation
    from ...core.structured.format_request import Wanted
    from ...core.structured.parsed_chat import ParsedChatCompletion
    from ...core.structured.parsed_responses import ParsedResponse
    from ..sending.sender import Sender

__all__ = [
    "AsyncChatCompletionStream",
    "AsyncResponseStream",
    "ChatCompletionStream",
    "ResponseStream",
    "open_chat",
    "open_response",
    "open_stored_response",
]

T = TypeVar("T")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
S = TypeVar("S", bound="Stream[Any] | AsyncStream[Any]")


class _Accumulator(Protocol[E_co]):
    def receive(self, event: Any, /) -> Iterable[E_co]: ...
    def finish(self) -> Iterable[E_co]: ...


class _Accumulating(Controlled, Generic[S, E]):
    """What both faces have: the events that are ready, and whether more can come."""

    def __init__(self, stream: S, known: _Accumulator[E]) -> None:
        self._stream = stream
        self._known = known
        self._ready = deque[E]()
        self._over = False
        self._whole = False

    @property
    def events(self) -> S:
        """The stream that these events are made from."""
        return self._stream

    def read_from(self, stream: S) -> None:
        """Take the further events from another stream."""
        self._stream = stream

    @property
    def source(self) -> Source[Any]:
        """What the events come from, for programs that read them for any kind of caller."""
        return self._stream.source

    @property
    def response(self) -> Reply:
        """The answer that the events come from: status, headers, request id, rate limits."""
        return self._stream.response

    def _receive(self, event: Any) -> None:
        if event is END:
            self._over = self._whole = True
            self._ready.extend(self._known.finish())
        else:
            self._ready.extend(self._known.receive(event))

    def _give_up(self) -> None:
        self._over = True
        self._ready.clear()

    def _final(self, make: Callable[[], T]) -> T:
        if not self._whole:
            raise RuntimeError("The stream was given up before its end; there is no final answer")
        made = make()
        attach(made, self.response.head)
        return made


class _Blocking(Closing, _Accumulating["Stream[Any]", E]):
    def __iter__(self) -> Self:
        return self

    def __next__(self) -> E:
        while not self._ready:
            if self._over:
                raise StopIteration
            try:
                self._receive(next(self._stream, END))
            except BaseException:
                self._give_up()
                raise
        return self._ready.popleft()

    def close(self) -> None:
        """Give up what has not been read."""
        self._give_up()
        self._stream.close()

    def until_done(self) -> Self:
        """Read the stream to its end."""
        for _ in self:
            pass
        return self


class _Async(AsyncClosing, _Accumulating["AsyncStream[Any]", E]):
    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        while not self._ready:
            if self._over:
                raise StopAsyncIteration
            try:
                event = await self._stream.__anext__()
            except StopAsyncIteration:
                event = END
            except BaseException:
                self._give_up()
                raise
            try:
                self._receive(event)
            except BaseException:
                self._give_up()
                raise
        return self._ready.popleft()

    async def close(self) -> None:
        """Give up what has not been read."""
        self._give_up()
        await self._stream.close()

    async def until_done(self) -> Self:
        """Read the stream to its end."""
        async for _ in self:
            pass
        return self


class _Chat(_Accumulating[S, ChatCompletionStreamEvent[T]]):
    _known: ChatAccumulator[T]

    @property
    def current_completion_snapshot(self) -> ChatCompletion:
        """The completion as far as it has come, after an error too."""
        return self._known.completion_so_far()


class ChatCompletionStream(_Chat["Stream[Any]", T], _Blocking[ChatCompletionStreamEvent[T]]):
    """The events of a chat completion, for a blocking client; errors are those of `Stream`."""

    def get_final_completion(self) -> ParsedChatCompletion[T]:
        """Read to the end, and return the completion, texts and arguments read.

        A refusal, a stop before the end or a text that does not fit raises nothing: see `outcome`.
        """
        self.until_done()
        return self._final(self._known.completion)


class AsyncChatCompletionStream(_Chat["AsyncStream[Any]", T], _Async[ChatCompletionStreamEvent[T]]):
    """`ChatCompletionStream` for an async client."""

    async def get_final_completion(self) -> ParsedChatCompletion[T]:
        """Read to the end, and return the completion; see `ChatCompletionStream`."""
        await self.until_done()
        return self._final(self._known.completion)


class _Responses(_Accumulating[S, ResponseStreamEvent[T]]):
    _known: ResponseAccumulator[T]

    @property
    def current_response_snapshot(self) -> Response:
        """The response as far as it has come, after an error too."""
        return self._known.response_so_far()


class ResponseStream(_Responses["Stream[Any]", T], _Blocking[ResponseStreamEvent[T]]):
    """The events of a response, for a blocking client; errors are those of `Stream`."""

    def get_final_response(self) -> ParsedResponse[T]:
        """Read to the end, and return the response, texts and arguments read.

        A response that failed or is incomplete raises nothing, nor does a refusal or a text that
        does not fit: see `outcome`.
        """
        self.until_done()
        return self._final(self._known.response)


class AsyncResponseStream(_Responses["AsyncStream[Any]", T], _Async[ResponseStreamEvent[T]]):
    """`ResponseStream` for an async client."""

    async def get_final_response(self) -> ParsedResponse[T]:
        """Read to the end, and return the response; see `ResponseStream`."""
        await self.until_done()
        return self._final(self._known.response)


def open_chat(sender: Sender, wanted: Wanted) -> Any:
    """The manager of a stream of a new completion."""
    from ...core.api.operations.chat import completions_create_stream

    operation = completions_create_stream(stream=True, **wanted.params)
    return _manager(
        sender,
        structs.replace(operation, name="chat.completions.stream"),
        lambda: ChatAccumulator(wanted.format, wanted.tools),
        (ChatCompletionStream, AsyncChatCompletionStream),
    )


def open_response(sender: Sender, wanted: Wanted, resume: Resume | Omit) -> Any:
    """The manager of a stream of a new response."""
    from ...core.api.operations.responses import create_stream

    operation = create_stream(stream=True, **wanted.params)
    return _of_response(sender, operation, wanted, None, None, resume)


def open_stored_response(
    sender: Sender,
    response_id: str,
    starting_after: int | Omit,
    wanted: Wanted,
    resume: Resume | Omit,
) -> Any:
    """The manager of a stream of a response that there is."""
    from ...core.api.operations.responses import retrieve_stream

    operation = retrieve_stream(response_id, stream=True, **wanted.params)
    after = None if is_omitted(starting_after) else index(starting_after)
    return _of_response(sender, operation, wanted, after, response_id, resume)


def _of_response(
    sender: Sender,
    operation: Operation[Any, Any],
    wanted: Wanted,
    after: int | None,
    response_id: str | None,
    resume: Resume | Omit,
) -> Any:
    operation = structs.replace(operation, name="responses.stream")
    streams: Any = None
    if not is_omitted(resume):
        from ...core.api.operations import responses
        from .resuming import resuming

        params = wanted.params
        streams = resuming(sender, operation, params, resume, responses, response_id=response_id)
    return _manager(
        sender,
        operation,
        lambda: ResponseAccumulator(wanted.format, wanted.tools, starting_after=after),
        (ResponseStream, AsyncResponseStream),
        streams,
    )


def _manager(
    sender: Sender,
    operation: Operation[Any, Any],
    accumulator: Callable[[], Any],
    faces: tuple[type[Any], type[Any]],
    streams: Callable[[], Any] | None = None,
) -> Any:
    """The manager of a stream that `accumulator` adds up; `streams` opens it in another way."""
    blocking, with_await = faces
    opened = streams or (lambda: sender.deliver(operation, "plain"))
    if not sender.asynchronous:
        return Manager(lambda: blocking(opened(), accumulator()))

    async def open_() -> Any:
        return with_await(await opened(), accumulator())

    return AsyncManager(open_)
