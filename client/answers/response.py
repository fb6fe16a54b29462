"""An answer as the server gave it: what `with_raw_response` and `with_streaming_response` return."""

from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Generic, Protocol, TypeVar

from ...core.answers.binary import PathLike, path_text
from ...core.answers.lines import LineSplitter, Rechunker, TextChunks, utf8
from ...core.call.reply import Reply
from ...core.terms.errors import Attempt
from ...core.terms.http_message import Headers
from ...core.terms.in_memory import InMemory
from ...core.terms.json_text import decode_json
from ...core.terms.rate_limits import RateLimits
from ..sending.context_managers import AsyncManager, Manager

if TYPE_CHECKING:
    from datetime import timedelta

    from ...core.terms.effects import Files
    from ...core.terms.http_facts import RequestFacts, ResponseFacts

T = TypeVar("T")

LARGE: Final = 64 * 1024
"""Bytes of a part behind which there is probably more at once."""
TOGETHER: Final = 1024 * 1024
"""Bytes of such parts that are kept until they are written."""


class Parser(Protocol):
    """Turns an answer into what its method returns: the client that it came to."""

    def streams(self, reply: Reply, to: Any, /) -> bool:
        """Whether the answer is read event by event."""
        ...

    def parse(self, reply: Reply, to: Any = None, /) -> Any:
        """Return what the plain method returns, or the answer decoded into `to`."""
        ...

    @property
    def disk(self) -> "Files":
        """The disk, as the running transport writes it."""
        ...


class BlockingParser(Parser, Protocol):
    """A blocking client."""

    def drive(self, program: Coroutine[Any, Any, Any], /) -> Any:
        """Run a program of the core to its end."""
        ...


class _Response(Generic[T]):
    """Status, header fields and what else is known of an answer, however its body is read."""

    __slots__ = ("_client", "_parsed", "_reply")

    def __init__(self, client: Parser, reply: Reply) -> None:
        self._client = client
        self._reply = reply
        self._parsed: list[tuple[object, Any]] = []

    @property
    def status_code(self) -> int:
        """The status of the answer."""
        return self._reply.status_code

    @property
    def headers(self) -> Headers:
        """The header fields of the answer."""
        return self._reply.headers

    @property
    def http_version(self) -> str:
        """The HTTP version of the answer, as `HTTP/1.1`."""
        return f"HTTP/{self._reply.head.http_version.decode('latin-1')}"

    @property
    def request_id(self) -> str | None:
        """The server's `x-request-id`."""
        return self._reply.request_id

    @property
    def rate_limits(self) -> RateLimits | None:
        """What the `x-ratelimit-*` header fields say; `None` where there are none."""
        return self._reply.rate_limits

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try of the call, this answer's last."""
        return self._reply.attempts

    @property
    def retries_taken(self) -> int:
        """How many tries failed before this answer."""
        return max(0, len(self._reply.attempts) - 1)

    @property
    def method(self) -> str:
        """The method of the request."""
        return self._reply.operation.method

    @property
    def path(self) -> str:
        """The path of the request, below the base URL."""
        return self._reply.operation.path

    @property
    def url(self) -> str | None:
        """Where the request went, what may be a credential masked."""
        request = self.http_request
        return None if request is None else request.url

    @property
    def http_request(self) -> "RequestFacts | None":
        """Method, URL and header fields of the request, credentials masked."""
        return self._reply.asked

    @property
    def http_response(self) -> "ResponseFacts":
        """The answer as a value: its body is in it if it has been read."""
        from ...core.terms.http_facts import ResponseFacts

        reply = self._reply
        return ResponseFacts(reply.status_code, reply.headers, reply.content or b"", reply.asked)

    @property
    def elapsed(self) -> "timedelta":
        """How long it took: of a body that is read later, until its head was there."""
        from datetime import timedelta

        attempts = self._reply.attempts
        return timedelta(seconds=attempts[-1].seconds if attempts else 0.0)

    @property
    def is_closed(self) -> bool:
        """Whether the body has come to its end, or was given up."""
        return self._reply.ended

    def _parse(self, to: Any) -> Any:
        """What the answer says; asked again, the same object: a stream can be read once."""
        for wanted, result in self._parsed:
            if wanted is to:
                return result
        result = self._client.parse(self._reply, to)
        self._parsed.append((to, result))
        return result

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.status_code} to {self.method} {self.path}>"


async def save(reply: Reply, files: "Files", path: str) -> None:
    """Write the rest of a body to a file as it comes; `OSError` when the file refuses.

    Large parts, behind which there is probably more, are written several at once: a way to a worker
    thread and back costs more than writing one.
    """
    file, held, size = NewFile(path), list[bytes](), 0
    try:
        await files.in_worker(file.create)
        while data := await reply.part():
            held.append(data)
            size += len(data)
            if len(data) < LARGE or size >= TOGETHER:
                ready, held, size = held, [], 0
                await files.in_worker(partial(file.write, *ready))
        if held:
            ready, held = held, []
            await files.in_worker(partial(file.write, *ready))
    finally:
        with suppress(OSError):  # what ended it says more
            file.write(*held)
        file.close()


class NewFile:
    """A file that a worker thread creates, and that is closed even if nobody waits for it any more."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = Lock()
        self._file: BinaryIO | None = None
        self._over = False

    def create(self) -> None:
        file = open(self._path, "wb")  # noqa: SIM115  # closed by `close`, whenever that is
        with self._lock:
            self._file = file
            if self._over:
                file.close()

    @property
    def closed(self) -> bool:
        """Whether it is not there, or closed."""
        return self._file is None or self._file.closed

    def write(self, *parts: bytes) -> None:
        with self._lock:
            if self._file is not None and not self._over:
                self._file.writelines(parts)

    def close(self) -> None:
        with self._lock:
            self._over = True
            if self._file is not None:
                self._file.close()


class APIResponse(_Response[T], InMemory):
    """An answer whose body has been read; a stream of events is read by `parse()`."""

    __slots__ = ()

    @property
    def content(self) -> bytes:
        """The body, content coding undone; empty for a stream."""
        return self._reply.content or b""

    def parse(self, *, to: Any = None) -> T:
        """Return what the plain method returns, or the answer decoded into `to`."""
        result: T = self._parse(to)
        return result


class StreamedResponse(_Response[T]):
    """An answer whose body is yet to be read, in a `with` block of a blocking client."""

    __slots__ = ()
    _client: BlockingParser

    def __init__(self, client: BlockingParser, reply: Reply) -> None:
        super().__init__(client, reply)

    def _drive(self, program: Coroutine[Any, Any, Any]) -> Any:
        return self._client.drive(program)

    def parse(self, *, to: Any = None) -> T:
        """Read the body and return what the plain method returns."""
        if not self._client.streams(self._reply, to):
            self.read()
        result: T = self._parse(to)
        return result

    def read(self) -> bytes:
        """Read the body and return it."""
        content: bytes = self._drive(self._reply.read())
        return content

    def text(self) -> str:
        """Read the body and return it as UTF-8 text."""
        return self.read().decode("utf-8", "replace")

    def json(self) -> Any:
        """Read the body and decode it as JSON, unchecked; `ValueError` when it is none."""
        return decode_json(self.read())

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Give the body as it arrives, or in parts of exactly `chunk_size` bytes (but the last)."""
        parts = Rechunker(chunk_size)
        while data := self._drive(self._reply.part()):
            yield from parts.feed(data)
        yield from parts.rest()

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Give the body as UTF-8 text, as it arrives, or in parts of `chunk_size` characters."""
        decoder, parts = utf8(), TextChunks(chunk_size)
        for data in self.iter_bytes():
            yield from parts.feed(decoder(data))
        yield from parts.feed(decoder(b"", True))
        yield from parts.rest()

    def iter_lines(self) -> Iterator[str]:
        """Give the lines of the body, without their ends."""
        lines = LineSplitter()
        for data in self.iter_bytes():
            yield from lines.feed(data)
        yield from lines.rest()

    def stream_to_file(self, file: PathLike, *, chunk_size: int | None = None) -> None:
        """Write the body to a file as it arrives, whatever `chunk_size` is; it is never whole in memory."""
        self._drive(save(self._reply, self._client.disk, path_text(file)))

    def close(self) -> None:
        """Give up what has not been read."""
        self._reply.abort()


class AsyncStreamedResponse(_Response[T]):
    """`StreamedResponse` for an async client."""

    __slots__ = ()

    async def parse(self, *, to: Any = None) -> T:
        """Read the body and return what the plain method returns."""
        if not self._client.streams(self._reply, to):
            await self.read()
        result: T = self._parse(to)
        return result

    async def read(self) -> bytes:
        """Read the body and return it."""
        return await self._reply.read()

    async def text(self) -> str:
        """Read the body and return it as UTF-8 text."""
        return (await self.read()).decode("utf-8", "replace")

    async def json(self) -> Any:
        """Read the body and decode it as JSON, unchecked; `ValueError` when it is none."""
        return decode_json(await self.read())

    async def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Give the body as it arrives, or in parts of exactly `chunk_size` bytes (but the last)."""
        parts = Rechunker(chunk_size)
        while data := await self._reply.part():
            for part in parts.feed(data):
                yield part
        for part in parts.rest():
            yield part

    async def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Give the body as UTF-8 text, as it arrives, or in parts of `chunk_size` characters."""
        decoder, parts = utf8(), TextChunks(chunk_size)
        async for data in self.iter_bytes():
            for part in parts.feed(decoder(data)):
                yield part
        for part in (*parts.feed(decoder(b"", True)), *parts.rest()):
            yield part

    async def iter_lines(self) -> AsyncIterator[str]:
        """Give the lines of the body, without their ends."""
        lines = LineSplitter()
        async for data in self.iter_bytes():
            for line in lines.feed(data):
                yield line
        for line in lines.rest():
            yield line

    async def stream_to_file(self, file: PathLike, *, chunk_size: int | None = None) -> None:
        """Write the body to a file as it arrives, whatever `chunk_size` is; it is never whole in memory."""
        await save(self._reply, self._client.disk, path_text(file))

    async def close(self) -> None:
        """Give up what has not been read."""
        self._reply.abort()


class ResponseManager(Manager[StreamedResponse[T]], Generic[T]):
    """`with client....with_streaming_response.method(...) as response:` sends on entering."""

    __slots__ = ()


class AsyncResponseManager(AsyncManager[AsyncStreamedResponse[T]], Generic[T]):
    """`async with client....with_streaming_response.method(...) as response:` likewise."""

    __slots__ = ()
