"""Adapters of `httpx.Client` and `httpx.AsyncClient`, behind one protocol."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, TypeVar

import anyio
import anyio.to_thread

from ...core.call.backend import DeadlinePassed, Gates
from ...core.terms.effects import Clock, Tasks
from ..common.exclusive import EXCLUSIVE
from ..common.files import DirectFiles, open_sized
from ..common.randomness import SystemRandom
from .bodies import AsyncBody, SyncBody
from .gates import LoopGates, ThreadGates
from .package import made_for, package_of
from .requests import configured_timeout
from .running_loop import running, starter
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence

    from ...core.call.deadlines import Deadlines
    from ...core.http.body import BodyReader
    from ...core.terms.effects import Files
    from .package import Package

P = TypeVar("P")
R = TypeVar("R")

BUFFERED_PARTS: Final = 100_000
"""How many parts of an abandoned body are thrown away at most until its reader notices."""


class Adapter(Clock, Tasks, Gates, Protocol[P]):
    """How a blocking and an asynchronous client differ; `P` is what gives the parts of a body."""

    package: Package
    client: Any

    @property
    def files(self) -> Files: ...

    def stream(self, reader: BodyReader) -> Any:
        """Make what httpx reads a request body from."""
        ...

    def watch(self, deadlines: Deadlines) -> Watch:
        """Make the watch of a request."""
        ...

    async def send(self, request: Any, watch: Watch) -> Any:
        """Send `request` and return once the head of an answer is there."""
        ...

    def parts(self, response: Any) -> P:
        """Begin to read the body of an answer."""
        ...

    async def next(self, parts: P, deadline: float) -> bytes | None:
        """Return the next part; `None` is the end."""
        ...

    async def close(self, response: Any) -> None:
        """Close an answer, whether or not this is in a cancelled scope."""
        ...

    def abandon(self, response: Any, parts: P, *, reading: bool) -> None:
        """Have an answer closed, now or soon. Never fails.

        `reading` says that another task or thread waits for its next part, and closes it afterwards.
        """
        ...


class SyncAdapter(ThreadGates, SystemRandom, DirectFiles):
    """`httpx.Client`: its coroutines never suspend."""

    races = False
    exclusive = EXCLUSIVE

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.client = client
        self.package = package_of(client)
        self.files: Files = self

    def now(self) -> float:
        return time.monotonic()

    def steady(self) -> float:
        return self.now()

    async def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 (there is no event loop)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in threads; what one waits for when another fails goes on to its end."""
        from ..blocking.gather import gather

        return await gather(programs, limit)

    def stream(self, reader: BodyReader) -> Any:
        return made_for(SyncBody, self.package.SyncByteStream)(reader, self, self.package)

    def watch(self, deadlines: Deadlines) -> Watch:
        return Watch(
            deadlines, self.now, configured_timeout(self.client, self.package), asynchronous=False
        )

    async def send(self, request: Any, watch: Watch) -> Any:
        return self.client.send(request, stream=True)

    def parts(self, response: Any) -> Iterator[bytes]:
        parts: Iterator[bytes] = response.iter_raw()
        return parts

    async def next(self, parts: Iterator[bytes], deadline: float) -> bytes | None:
        return next(parts, None)

    async def close(self, response: Any) -> None:
        response.close()

    def abandon(self, response: Any, parts: Iterator[bytes], *, reading: bool) -> None:
        try:
            if reading:
                _wake_reader(response)
            else:
                response.close()
        except Exception:  # it is given up; how is of no interest
            pass


def _wake_reader(response: Any) -> None:
    """End the connection of an answer, so that a thread that reads it wakes up; not a shared one."""
    stream = response.extensions.get("network_stream")
    if response.http_version == "HTTP/2" or stream is None:
        return
    sock = stream.get_extra_info("socket")
    if sock is not None:
        sock.shutdown(socket.SHUT_RDWR)


class AsyncAdapter(LoopGates, SystemRandom):
    """`httpx.AsyncClient` in one event loop or run. Made in it, and `end` awaited at its end."""

    asynchronous = True
    races = True
    exclusive = EXCLUSIVE

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.client = client
        self.package = package_of(client)
        self._offset = time.monotonic() - anyio.current_time()
        self._start = starter()
        self._abandoned: dict[int, tuple[Any, AsyncIterator[bytes]]] = {}
        self.files: Files = self

    def now(self) -> float:
        return anyio.current_time()

    def steady(self) -> float:
        return anyio.current_time() + self._offset

    async def sleep(self, seconds: float, /) -> None:
        await anyio.sleep(seconds)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in tasks of the running library."""
        if isinstance(running(), asyncio.AbstractEventLoop):
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

    def stream(self, reader: BodyReader) -> Any:
        return made_for(AsyncBody, self.package.AsyncByteStream)(reader, self, self.package)

    def watch(self, deadlines: Deadlines) -> Watch:
        return Watch(
            deadlines, self.now, configured_timeout(self.client, self.package), asynchronous=True
        )

    async def send(self, request: Any, watch: Watch) -> Any:
        with anyio.CancelScope(deadline=watch.deadline) as scope:

            def moved(deadline: float) -> None:
                scope.deadline = deadline

            watch.moved = moved
            return await self.client.send(request, stream=True)
        raise DeadlinePassed

    def parts(self, response: Any) -> AsyncIterator[bytes]:
        parts: AsyncIterator[bytes] = response.aiter_raw()
        return parts

    async def next(self, parts: AsyncIterator[bytes], deadline: float) -> bytes | None:
        with anyio.CancelScope(deadline=deadline):
            return await anext(parts, None)
        raise DeadlinePassed

    async def close(self, response: Any) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await response.aclose()
            except Exception:  # what was wrong with it has been told already
                pass

    def abandon(self, response: Any, parts: AsyncIterator[bytes], *, reading: bool) -> None:
        key = id(response)
        self._abandoned[key] = (response, parts)

        async def finish() -> None:
            abandoned = self._abandoned.pop(key, None)
            if abandoned is not None:
                await self._finish(*abandoned)

        self._start(finish)

    async def _finish(self, response: Any, parts: AsyncIterator[bytes]) -> None:
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
