"""Calls through an httpx client that the caller has configured and owns.

Proxies, HTTP/2, mounts, event hooks and certificates are the client's; authorization, redirects,
header fields, content decoding and deadlines are not: a request goes out as the core made it, and
the answer's body comes back as it was received. The client is the caller's to close.

httpx reads the body of an HTTP/1.1 answer with one timeout throughout. Under asyncio and trio all
deadlines are exact in spite of it; the blocking client notices that the total has passed when the
next bytes come, or when none have come for as long as was left when the body began.
"""

from __future__ import annotations

import asyncio
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias, TypeVar

import anyio
import anyio.to_thread
import httpx

from ...core.call.backend import DeadlinePassed
from ..blocking.run import run
from ..common.files import DirectFiles, open_sized
from ..common.per_loop import step
from ..common.randomness import SystemRandom
from .exchange import HttpxWire

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Coroutine,
        Iterator,
        Sequence,
    )

    from ...core.http.body import BodyReader
    from ...core.terms.effects import Files

R = TypeVar("R")
Finish: TypeAlias = "Callable[[], Coroutine[Any, Any, None]]"

BUFFERED_PARTS: Final = 100_000
"""How many parts of an abandoned body are thrown away at most until its reader notices."""


class SyncBody(httpx.SyncByteStream):
    """A request body as `httpx.Client` reads it."""

    def __init__(self, reader: BodyReader, files: Files) -> None:
        self._reader = reader
        self._files = files

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if part := run(self._reader.read(self._files)):
            return part
        raise StopIteration


class AsyncBody(httpx.AsyncByteStream):
    """A request body as `httpx.AsyncClient` reads it.

    An iterator and no generator: nobody closes the latter when a request is given up midway.
    """

    def __init__(self, reader: BodyReader, files: Files) -> None:
        self._reader = reader
        self._files = files

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if part := await self._reader.read(self._files):
            return part
        raise StopAsyncIteration


class SyncSide(SystemRandom, DirectFiles):
    """`httpx.Client`: its coroutines never suspend."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.files: Files = self

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 (there is no event loop)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in threads; what one waits for when another fails goes on to its end."""
        from ..blocking.gather import gather

        return await gather(programs, limit)

    def stream(self, reader: BodyReader) -> httpx.SyncByteStream:
        return SyncBody(reader, self)

    async def send(self, request: httpx.Request, deadline: float) -> httpx.Response:
        return self._client.send(request, stream=True, auth=None, follow_redirects=False)

    def parts(self, response: httpx.Response) -> Iterator[bytes]:
        return response.iter_raw()

    async def next(self, parts: Iterator[bytes], deadline: float) -> bytes | None:
        return next(parts, None)

    async def close(self, response: httpx.Response) -> None:
        response.close()

    def abandon(self, response: httpx.Response, parts: Iterator[bytes]) -> None:
        try:
            response.close()
        except Exception:  # it is given up; how is of no interest
            pass


class AsyncSide(SystemRandom):
    """`httpx.AsyncClient` in one event loop or run. Made in it, and `end` awaited at its end."""

    asynchronous = True

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._start = _starter()
        self._abandoned: dict[int, tuple[httpx.Response, AsyncIterator[bytes]]] = {}
        self.files: Files = self

    def now(self) -> float:
        return anyio.current_time()

    async def sleep(self, seconds: float, /) -> None:
        await anyio.sleep(seconds)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in tasks of the running library."""
        if isinstance(_running(), asyncio.AbstractEventLoop):
            from ..asyncio.gather import gather
        else:
            from ..trio.gather import gather

        return await gather(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        return await anyio.to_thread.run_sync(open_sized, path)

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        return await anyio.to_thread.run_sync(file.read, size)

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return await anyio.to_thread.run_sync(function)

    def stream(self, reader: BodyReader) -> httpx.AsyncByteStream:
        return AsyncBody(reader, self)

    async def send(self, request: httpx.Request, deadline: float) -> httpx.Response:
        with anyio.CancelScope(deadline=deadline):
            return await self._client.send(request, stream=True, auth=None, follow_redirects=False)
        raise DeadlinePassed

    def parts(self, response: httpx.Response) -> AsyncIterator[bytes]:
        return response.aiter_raw()

    async def next(self, parts: AsyncIterator[bytes], deadline: float) -> bytes | None:
        with anyio.CancelScope(deadline=deadline):
            return await anext(parts, None)
        raise DeadlinePassed

    async def close(self, response: httpx.Response) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await response.aclose()
            except Exception:  # what was wrong with it has been told already
                pass

    def abandon(self, response: httpx.Response, parts: AsyncIterator[bytes]) -> None:
        key = id(response)
        self._abandoned[key] = (response, parts)

        async def finish() -> None:
            abandoned = self._abandoned.pop(key, None)
            if abandoned is not None:
                await self._finish(*abandoned)

        self._start(finish)

    async def _finish(self, response: httpx.Response, parts: AsyncIterator[bytes]) -> None:
        """Cancel the reading of a body, so that all of httpx's generators come to their end.

        To close the outermost would drop the others where they stand, and event loops complain.
        """
        with anyio.CancelScope() as scope:
            scope.cancel()
            try:
                for _ in range(BUFFERED_PARTS):
                    if await anext(parts, None) is None:
                        break
            except Exception:
                pass
        await self.close(response)

    def forget(self) -> None:
        """Leave what was abandoned to the collector: there is no loop any more to close it in."""
        self._abandoned.clear()

    async def end(self) -> None:
        """Close what was abandoned and has not been closed when the loop ends."""
        while self._abandoned:
            await self._finish(*self._abandoned.popitem()[1])


def _starter() -> Callable[[Finish], None]:
    """Return what starts an async function in the loop or run that is current now.

    It may be called anywhere, by finalizers too, and does nothing when the loop is over.
    """
    if not isinstance(loop := _running(), asyncio.AbstractEventLoop):
        return _trio_starter()
    tasks: set[asyncio.Task[None]] = set()  # a loop keeps weak references only

    def begin(finish: Finish) -> None:
        task = loop.create_task(finish())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def start(finish: Finish) -> None:
        try:
            loop.call_soon_threadsafe(begin, finish)
        except RuntimeError:
            pass

    return start


def _trio_starter() -> Callable[[Finish], None]:
    import trio

    run = trio.lowlevel.current_trio_token()

    def begin(finish: Finish) -> None:
        try:
            trio.lowlevel.spawn_system_task(finish)
        except RuntimeError:  # the run takes no new tasks any more; `end` does it
            pass

    def start(finish: Finish) -> None:
        try:
            run.run_sync_soon(begin, finish)
        except trio.RunFinishedError:
            pass

    return start


class HttpxTransport:
    """What `Client(transport=...)` takes to go through an `httpx.Client`."""

    def __init__(self, client: httpx.Client) -> None:
        self._wire = HttpxWire(SyncSide(client))

    def wire(self) -> HttpxWire[Iterator[bytes]]:
        return self._wire

    def close(self) -> None:
        """Do nothing: the client, with its connections, is the caller's."""

    async def aclose(self) -> None:
        """Do nothing, as `close`."""


class AsyncHttpxTransport:
    """What `AsyncClient(transport=...)` takes to go through an `httpx.AsyncClient`.

    Under asyncio and trio. As with httpx itself, one loop or run must be over before the client is
    used in another.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._wires: dict[object, HttpxWire[AsyncIterator[bytes]]] = {}
        self._ends: dict[object, tuple[AsyncSide, AsyncGenerator[None, None]]] = {}

    def wire(self) -> HttpxWire[AsyncIterator[bytes]]:
        """Return the wire of the running loop or run; `RuntimeError` when there is none."""
        loop = _running()
        wire = self._wires.get(loop)
        return self._begin(loop) if wire is None else wire

    def _begin(self, loop: object) -> HttpxWire[AsyncIterator[bytes]]:
        side = AsyncSide(self._client)
        end = _until_end(side, weakref.ref(self), loop)
        step(end.asend(None))
        self._ends[loop] = (side, end)
        wire = self._wires[loop] = HttpxWire(side)
        return wire

    def drop(self, loop: object) -> None:
        """Forget a loop that has ended."""
        self._wires.pop(loop, None)
        self._ends.pop(loop, None)

    def close(self) -> None:
        """Do nothing: the client, with its connections, is the caller's."""

    async def aclose(self) -> None:
        """Do nothing, as `close`."""

    def __del__(self) -> None:
        for side, end in [*self._ends.values()]:
            side.forget()
            step(end.aclose())


async def _until_end(
    side: AsyncSide, transport: weakref.ref[AsyncHttpxTransport], loop: object
) -> AsyncGenerator[None, None]:
    """Event loops close their asynchronous generators at their end, and this is one."""
    try:
        yield
    finally:
        if (alive := transport()) is not None:
            alive.drop(loop)
        await side.end()


def _running() -> object:
    """Return the run of trio, or the loop of asyncio, that this is in."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        return trio.lowlevel.current_trio_token()
    return asyncio.get_running_loop()
