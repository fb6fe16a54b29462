"""One client, asked the same way whatever it runs on.

Scenarios are coroutines over a `Caller`. For blocking clients its methods never suspend, and
`run` takes a whole scenario to its end.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from api_openai.client.answers.response import (
    APIResponse,
    AsyncResponseManager,
    AsyncStreamedResponse,
    ResponseManager,
    StreamedResponse,
)
from api_openai.client.client import AsyncClient, Client
from api_openai.client.sending.context_managers import Manager
from api_openai.core.answers.stream import AsyncStream, Stream
from api_openai.core.call.reply import Reply
from api_openai.core.call.run import run
from api_openai.core.request.operation import Operation
from api_openai.core.terms.http_message import Headers
from api_openai.streaming import smooth

from .connections import Connecting, SyncConnecting

if TYPE_CHECKING:
    from api_openai.core.answers.pages import AsyncPage, AsyncPager, Page
    from api_openai.core.policies.health import HealthReport

_SMOOTH: Any = smooth
Op = Operation[Any, Any]
Program = Callable[[], Coroutine[Any, Any, Any]]
Together = Callable[[list[Program]], Awaitable[list[Any]]]
"""Runs programs at the same time; returns results, and exceptions as such."""


class Events(Protocol):
    """A stream of events: `AsyncStream`, or what looks like one over `Stream`."""

    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> Any: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    @property
    def response(self) -> Reply: ...
    async def close(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def cancel(self) -> None: ...


class Following(Protocol):
    """`async with` it for the events of a response that is read on after a cut."""

    async def __aenter__(self) -> Events: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Body(Protocol):
    """An answer whose body is yet to be read."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    async def parse(self) -> Any: ...
    async def read(self) -> bytes: ...
    async def text(self) -> str: ...
    async def json(self) -> Any: ...
    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]: ...
    def iter_lines(self) -> AsyncIterator[str]: ...
    async def stream_to_file(self, path: str, /) -> None: ...
    async def close(self) -> None: ...


class Opening(Protocol):
    """`async with` it for a `Body`."""

    async def __aenter__(self) -> Body: ...
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Caller(ABC):
    """A client in the hands of a scenario."""

    together: Together

    @property
    @abstractmethod
    def client(self) -> Client | AsyncClient: ...

    @abstractmethod
    async def send(self, operation: Op) -> Any:
        """What the method of the operation returns."""

    @abstractmethod
    async def stream(self, operation: Op) -> Events: ...

    @abstractmethod
    def follow(self, **params: Any) -> Following:
        """What `client.responses.follow` returns."""

    @abstractmethod
    def smooth(self, stream: Any, **how: Any) -> Events:
        """What `streaming.smooth` returns of a stream that is this caller's."""

    @abstractmethod
    async def raw(self, operation: Op) -> APIResponse[Any]:
        """What the method returns under `with_raw_response`."""

    @abstractmethod
    def streaming(self, operation: Op) -> Opening:
        """What the method returns under `with_streaming_response`."""

    @abstractmethod
    def items(self, operation: Op) -> AsyncIterator[Any]:
        """The items of a list, as `for` gives them."""

    @abstractmethod
    def pages(self, page: Any) -> AsyncIterator[Any]: ...

    @abstractmethod
    def connect(self, **options: Any) -> Connecting:
        """What `client.realtime.connect` returns."""

    @abstractmethod
    async def check_health(self) -> "HealthReport": ...

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    def with_options(self, **options: Any) -> "Caller": ...

    async def events(self, operation: Op) -> list[Any]:
        """All events of a stream."""
        async with await self.stream(operation) as stream:
            return [event async for event in stream]


class AsyncCaller(Caller):
    """An `AsyncClient`."""

    def __init__(self, client: AsyncClient, together: Together) -> None:
        self._client = client
        self.together = together

    @property
    def client(self) -> AsyncClient:
        return self._client

    async def send(self, operation: Op) -> Any:
        return await self._client.send(operation)

    async def stream(self, operation: Op) -> Events:
        stream: AsyncStream[Any] = await self._client.send(operation)
        return stream

    def follow(self, **params: Any) -> Following:
        manager: Following = self._client.responses.follow(**params)
        return manager

    def smooth(self, stream: Any, **how: Any) -> Events:
        made: Events = _SMOOTH(stream, **how)
        return made

    async def raw(self, operation: Op) -> APIResponse[Any]:
        response: APIResponse[Any] = await self._client.deliver(operation, "raw")
        return response

    def streaming(self, operation: Op) -> "AsyncResponseManager[Any]":
        manager: AsyncResponseManager[Any] = self._client.deliver(operation, "streaming")
        return manager

    def items(self, operation: Op) -> AsyncIterator[Any]:
        pager: AsyncPager[Any] = self._client.deliver(operation, "plain")
        return aiter(pager)

    def pages(self, page: Any) -> AsyncIterator[Any]:
        first: AsyncPage[Any] = page
        return first.iter_pages()

    def connect(self, **options: Any) -> Connecting:
        asked: dict[str, Any] = {"model": "m", **options}
        manager: Connecting = self._client.realtime.connect(**asked)
        return manager

    async def check_health(self) -> "HealthReport":
        return await self._client.check_health()

    async def close(self) -> None:
        await self._client.close()

    def with_options(self, **options: Any) -> "AsyncCaller":
        return AsyncCaller(self._client.with_options(**options), self.together)


class SyncEvents:
    """A `Stream` for `async for`."""

    def __init__(self, stream: Stream[Any]) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        for event in self._stream:
            return event
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        self._stream.__enter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.__exit__(kind, error, trace)

    @property
    def response(self) -> Reply:
        return self._stream.response

    async def close(self) -> None:
        self._stream.close()

    @property
    def blocking(self) -> Stream[Any]:
        """The stream itself."""
        return self._stream

    def pause(self) -> None:
        self._stream.pause()

    def resume(self) -> None:
        self._stream.resume()

    def cancel(self) -> None:
        self._stream.cancel()


class SyncFollowing:
    """A `Manager` of a stream for `async with`."""

    def __init__(self, manager: Manager[Any]) -> None:
        self._manager = manager

    async def __aenter__(self) -> SyncEvents:
        return SyncEvents(self._manager.__enter__())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._manager.__exit__(kind, error, trace)


class Stepwise:
    """An iterator for `async for`."""

    def __init__(self, values: Callable[[], Iterator[Any]]) -> None:
        self._begin = values
        self._values: Iterator[Any] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._values is None:
            self._values = self._begin()
        for value in self._values:
            return value
        raise StopAsyncIteration


class SyncBody:
    """A `StreamedResponse` as a `Body`."""

    def __init__(self, response: StreamedResponse[Any]) -> None:
        self._response = response

    @property
    def status_code(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Headers:
        return self._response.headers

    async def parse(self) -> Any:
        value: Any = self._response.parse()
        return SyncEvents(value) if hasattr(value, "__next__") else value

    async def read(self) -> bytes:
        return self._response.read()

    async def text(self) -> str:
        return self._response.text()

    async def json(self) -> Any:
        return self._response.json()

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        return Stepwise(lambda: self._response.iter_bytes(chunk_size))

    def iter_lines(self) -> AsyncIterator[str]:
        return Stepwise(self._response.iter_lines)

    async def stream_to_file(self, path: str) -> None:
        self._response.stream_to_file(path)

    async def close(self) -> None:
        self._response.close()


class SyncOpening:
    """A `ResponseManager` for `async with`."""

    def __init__(self, manager: ResponseManager[Any]) -> None:
        self._manager = manager

    async def __aenter__(self) -> SyncBody:
        return SyncBody(self._manager.__enter__())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._manager.__exit__(kind, error, trace)


class SyncCaller(Caller):
    """A blocking `Client`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.together = in_threads

    @property
    def client(self) -> Client:
        return self._client

    async def send(self, operation: Op) -> Any:
        return self._client.send(operation)

    async def stream(self, operation: Op) -> SyncEvents:
        stream: Stream[Any] = self._client.send(operation)
        return SyncEvents(stream)

    def follow(self, **params: Any) -> SyncFollowing:
        return SyncFollowing(self._client.responses.follow(**params))

    def smooth(self, stream: Any, **how: Any) -> SyncEvents:
        return SyncEvents(_SMOOTH(stream.blocking, **how))

    async def raw(self, operation: Op) -> APIResponse[Any]:
        response: APIResponse[Any] = self._client.deliver(operation, "raw")
        return response

    def streaming(self, operation: Op) -> SyncOpening:
        manager: ResponseManager[Any] = self._client.deliver(operation, "streaming")
        return SyncOpening(manager)

    def items(self, operation: Op) -> AsyncIterator[Any]:
        return Stepwise(lambda: iter(self._client.send(operation)))

    def pages(self, page: Any) -> AsyncIterator[Any]:
        first: Page[Any] = page
        return Stepwise(first.iter_pages)

    def connect(self, **options: Any) -> SyncConnecting:
        asked: dict[str, Any] = {"model": "m", **options}
        return SyncConnecting(self._client.realtime.connect(**asked))

    async def check_health(self) -> "HealthReport":
        return self._client.check_health()

    async def close(self) -> None:
        self._client.close()

    def with_options(self, **options: Any) -> "SyncCaller":
        return SyncCaller(self._client.with_options(**options))


async def in_threads(programs: list[Program]) -> list[Any]:
    """Run programs that never suspend, each in a thread of its own."""

    def one(program: Program) -> Any:
        try:
            return run(program())
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(programs)) as pool:
        return [*pool.map(one, programs)]


__all__ = ["AsyncCaller", "AsyncStreamedResponse", "Body", "Caller", "Events", "Op", "SyncCaller"]
