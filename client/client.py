"""`Client` and `AsyncClient`: the resource tree, sent over a transport.

`OpenAI` and `AsyncOpenAI` are the same classes under the names that the official SDK has.
"""

import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.call.run import run
from ..core.request.answer_kinds import PageAnswer
from ..core.request.timeout import Timeout
from ..core.terms.closing import AsyncClosing, Closing
from ..core.terms.secret import SecretValue
from .secrets.secret import Secret
from .sending.modes import Async, RawAsync, RawSync, StreamingAsync, StreamingSync, Sync
from .settings import ClientSettings, whole
from .tree.root import Root

if TYPE_CHECKING:
    from ..core.agents.turn_answer import TurnAnswer
    from ..core.answers.pages import AsyncPage, Page, PageDocument
    from ..core.answers.source import EventSource
    from ..core.answers.stream import AsyncStream, Stream
    from ..core.call.network import Network
    from ..core.call.reply import Reply
    from ..core.call.settings import Settings
    from ..core.policies.health import HealthReport
    from ..core.request.operation import Operation
    from ..transports.common.transport import Transport
    from .answers.agent_streams import AgentSessionEventStream, AsyncAgentSessionEventStream
    from .sending.modes import View

T = TypeVar("T")
A = TypeVar("A")

Key = str | bytes | Secret | SecretValue
KeySource = Callable[[], Key]
AsyncKeySource = Callable[[], Key | Awaitable[Key]]


class Client(Closing, ClientSettings[KeySource], Root[Sync]):
    """A blocking client; one may be used by many threads."""

    @property
    def with_raw_response(self) -> Root[RawSync]:
        """The same tree, answering with an `APIResponse`."""
        return Root(self, "raw")

    @property
    def with_streaming_response(self) -> Root[StreamingSync]:
        """The same tree, answering with a context manager whose body is yet to be read."""
        return Root(self, "streaming")

    @staticmethod
    def _make_transport(network: "Network", http_client: Any) -> "Transport":
        if http_client is not None:
            from ..transports.httpx.transport import HttpxTransport

            return HttpxTransport(http_client)
        if sys.platform == "emscripten":
            from ..transports.fetch.transport import FetchTransport

            return FetchTransport(network, blocking=True)
        from ..transports.blocking.transport import BlockingTransport

        return BlockingTransport(network)

    def send(self, operation: "Operation[T, A]") -> T:
        """Send a built operation and return what its method would.

        Raises `APIStatusError` for an error status, `APIConnectionError` (or its subclasses) where
        no whole answer came, `ResponseDecodeError` for an answer that cannot be read.
        """
        result: T = self.deliver(operation, "plain")
        return result

    def deliver(self, operation: "Operation[Any, Any]", view: "View") -> Any:
        """Send an operation for the caller of a view; methods of resources end here."""
        if view == "streaming":
            from .answers.response import ResponseManager, StreamedResponse

            return ResponseManager[Any](
                lambda: StreamedResponse[Any](self, self._call(operation, read=False))
            )
        reply = self._call(operation, read=whole(operation))
        if view == "raw":
            from .answers.response import APIResponse

            return APIResponse[Any](self, reply)
        return self.parse(reply)

    def _call(self, operation: "Operation[Any, Any]", *, read: bool) -> "Reply":
        wire = self._transport.wire()
        return self.drive(_program()(wire, self._current(), operation, whole=read))

    def _current(self) -> "Settings":
        configuration = self._configuration
        source = configuration.key_source
        return configuration.settings if source is None else configuration.keyed(source())

    async def open_socket(self, operation: "Operation[Any, Any]", /) -> "Reply":
        """Perform the opening handshake of a session."""
        settings = self._for_sockets(self._current(), operation)
        return await _program()(self._transport.wire(), settings, operation, whole=False)

    async def perform(self, operation: "Operation[T, T]", /) -> T:
        """Send an operation from within a program of several calls."""
        return self.send(operation)

    async def fetch(self, operation: "Operation[Any, Any]", /) -> "Reply":
        """Send an operation from within a program, and return its answer, read and not decoded."""
        return self._call(operation, read=True)

    def run(self, program: Coroutine[Any, Any, T], /, *, numbered: bool = False) -> T:
        """Run a program of several calls to its end."""
        return self.drive(_numbered(self._configuration.settings, program) if numbered else program)

    def drive(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a program of the core to its end: over blocking I/O it never pauses."""
        return run(program)

    def stream(self, source: "EventSource[Any]") -> "Stream[Any]":
        """Wrap a stream of events for this kind of caller."""
        from ..core.answers.stream import Stream

        return Stream(source, self.drive)

    def turn(self, reply: "Reply", answer: "TurnAnswer") -> "AgentSessionEventStream[Any]":
        """Wrap the events of an agent's session for this kind of caller."""
        from ..core.agents.turn_source import TurnSource
        from .answers.agent_streams import AgentSessionEventStream

        settings = reply.settings or self._configuration.settings
        source = TurnSource[Any](reply, answer, settings, self)
        return AgentSessionEventStream(source, self.drive)

    def page(self, document: "PageDocument[Any]", operation: "Operation[Any, Any]") -> "Page[Any]":
        """Wrap a page for this kind of caller."""
        from ..core.answers.pages import Page

        return Page(document, operation, self.send)

    def check_health(self, *, timeout: "float | Timeout | None" = 10.0) -> "HealthReport":
        """Send one probe to each endpoint, and say how they are; `timeout` is for each.

        The probe is that of `health=`, by default `models.list`. It never raises for a server that
        fails: that is what it reports.
        """
        from ..core.programs.probing import check_health

        limits = Timeout.of(timeout)
        return self.drive(check_health(self._transport.wire(), self._current(), limits))

    def close(self) -> None:
        """Close the idle connections; the client can still be used."""
        self._closed = True
        self._transport.close()


class AsyncClient(AsyncClosing, ClientSettings[AsyncKeySource], Root[Async]):
    """A client for asyncio, trio, and with `transport=` for any other event loop.

    It follows the loop that runs: one client may be used in one loop after another.
    """

    asynchronous = True

    @property
    def with_raw_response(self) -> Root[RawAsync]:
        """The same tree, answering with an `APIResponse`."""
        return Root(self, "raw")

    @property
    def with_streaming_response(self) -> Root[StreamingAsync]:
        """The same tree, answering with a context manager whose body is yet to be read."""
        return Root(self, "streaming")

    @staticmethod
    def _make_transport(network: "Network", http_client: Any) -> "Transport":
        if http_client is not None:
            from ..transports.httpx.transport import AsyncHttpxTransport

            return AsyncHttpxTransport(http_client)
        from ..transports.auto import AutoTransport

        return AutoTransport(network)

    async def send(self, operation: "Operation[T, A]") -> A:
        """Send a built operation and return what its method would; errors as `Client.send`."""
        result: A = await self._plain(operation)
        return result

    async def perform(self, operation: "Operation[T, T]", /) -> T:
        """Send an operation from within a program of several calls."""
        return await self.send(operation)

    def fetch(self, operation: "Operation[Any, Any]", /) -> "Coroutine[Any, Any, Reply]":
        """Send an operation from within a program, and return its answer, read and not decoded."""
        return self._call(operation, read=True)

    def run(
        self, program: Coroutine[Any, Any, T], /, *, numbered: bool = False
    ) -> Coroutine[Any, Any, T]:
        """Return a program of several calls for the caller to await."""
        return _numbered(self._configuration.settings, program) if numbered else program

    def deliver(self, operation: "Operation[Any, Any]", view: "View") -> Any:
        """Send an operation for the caller of a view; methods of resources end here."""
        if view == "plain":
            if isinstance(operation.answer, PageAnswer):
                from ..core.answers.pages import AsyncPager

                return AsyncPager(lambda: self._plain(operation))
            return self._plain(operation)
        if view == "raw":
            return self._raw(operation)
        from .answers.response import AsyncResponseManager

        return AsyncResponseManager[Any](lambda: self._open(operation))

    async def _call(self, operation: "Operation[Any, Any]", *, read: bool) -> "Reply":
        wire = self._transport.wire()
        return await _program()(wire, await self._current(), operation, whole=read)

    async def _plain(self, operation: "Operation[Any, Any]") -> Any:
        return self.parse(await self._call(operation, read=whole(operation)))

    async def _raw(self, operation: "Operation[Any, Any]") -> Any:
        from .answers.response import APIResponse

        return APIResponse[Any](self, await self._call(operation, read=whole(operation)))

    async def _open(self, operation: "Operation[Any, Any]") -> Any:
        from .answers.response import AsyncStreamedResponse

        return AsyncStreamedResponse[Any](self, await self._call(operation, read=False))

    async def _current(self) -> "Settings":
        configuration = self._configuration
        source = configuration.key_source
        if source is None:
            return configuration.settings
        key = source()
        return configuration.keyed(await key if isinstance(key, Awaitable) else key)

    async def open_socket(self, operation: "Operation[Any, Any]", /) -> "Reply":
        """Perform the opening handshake of a session."""
        settings = self._for_sockets(await self._current(), operation)
        return await _program()(self._transport.wire(), settings, operation, whole=False)

    def stream(self, source: "EventSource[Any]") -> "AsyncStream[Any]":
        """Wrap a stream of events for this kind of caller."""
        from ..core.answers.stream import AsyncStream

        return AsyncStream(source)

    def turn(self, reply: "Reply", answer: "TurnAnswer") -> "AsyncAgentSessionEventStream[Any]":
        """Wrap the events of an agent's session for this kind of caller."""
        from ..core.agents.turn_source import TurnSource
        from .answers.agent_streams import AsyncAgentSessionEventStream

        settings = reply.settings or self._configuration.settings
        return AsyncAgentSessionEventStream(TurnSource[Any](reply, answer, settings, self))

    def page(
        self, document: "PageDocument[Any]", operation: "Operation[Any, Any]"
    ) -> "AsyncPage[Any]":
        """Wrap a page for this kind of caller."""
        from ..core.answers.pages import AsyncPage

        return AsyncPage(document, operation, self.send)

    async def check_health(self, *, timeout: "float | Timeout | None" = 10.0) -> "HealthReport":
        """Send one probe to each endpoint, side by side; as `Client.check_health`."""
        from ..core.programs.probing import check_health

        limits = Timeout.of(timeout)
        return await check_health(self._transport.wire(), await self._current(), limits)

    async def close(self) -> None:
        """Close the idle connections of the running loop; the client can still be used."""
        self._closed = True
        await self._transport.aclose()


@cache
def _program() -> "Callable[..., Coroutine[Any, Any, Reply]]":
    from ..core.call.call import call  # here, so that making a client does not load it

    return call


def _numbered(settings: "Settings", program: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """The program itself, or one whose calls tell that they belong together."""
    if settings.trace is None:
        return program
    from ..core.call.traced import within_program

    return within_program(program)


OpenAI = Client
AsyncOpenAI = AsyncClient
