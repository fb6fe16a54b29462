"""Ways of waiting for the in-process backend: in blocking code, under asyncio, under trio."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from ...transports.common.files import Opening, open_sized

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

R = TypeVar("R")


class Gate(Protocol):
    """Something to wait on, until it is opened for good."""

    def set(self) -> object: ...


class Caller(Protocol):
    """A way of waiting and of reading files."""

    @property
    def asynchronous(self) -> bool: ...

    def now(self) -> float:
        """The caller's own clock, in seconds."""
        ...

    async def sleep(self, seconds: float, /) -> None: ...

    async def checkpoint(self) -> None:
        """Let others run."""
        ...

    def gate(self) -> Gate: ...

    async def passed(self, gate: Gate, seconds: float | None, /) -> None:
        """Wait until `gate` opens, at most so many seconds."""
        ...

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]: ...

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]: ...

    async def in_worker(self, function: Callable[[], R], /) -> R: ...


class LoopGate:
    """A gate of an event loop, which other threads may open too."""

    def __init__(
        self, event: Any, loop: object, soon: Callable[[Callable[[], object]], object]
    ) -> None:
        self.event = event
        self._loop = loop
        self._soon = soon

    def set(self) -> None:
        """Open it: now, soon from another thread, or never if the loop has ended."""
        try:
            here = running()[0] is self._loop
        except RuntimeError:
            here = False
        if here:
            self.event.set()
            return
        with suppress(RuntimeError):
            self._soon(self.event.set)


class BlockingCaller:
    """A thread."""

    asynchronous = False

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 (its caller is a thread)

    async def checkpoint(self) -> None:
        pass

    def gate(self) -> Gate:
        return threading.Event()

    async def passed(self, gate: Gate, seconds: float | None, /) -> None:
        assert isinstance(gate, threading.Event)
        gate.wait(seconds)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs side by side."""
        from ...transports.blocking.gather import gather

        return await gather(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        return open_sized(path)

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return function()


class AsyncioCaller:
    """A task of asyncio."""

    asynchronous = True

    def __init__(self) -> None:
        import asyncio

        self._asyncio = asyncio

    def now(self) -> float:
        return self._asyncio.get_running_loop().time()

    async def sleep(self, seconds: float, /) -> None:
        await self._asyncio.sleep(seconds)

    async def checkpoint(self) -> None:
        await self._asyncio.sleep(0)

    def gate(self) -> Gate:
        loop = self._asyncio.get_running_loop()
        return LoopGate(self._asyncio.Event(), loop, loop.call_soon_threadsafe)

    async def passed(self, gate: Gate, seconds: float | None, /) -> None:
        assert isinstance(gate, LoopGate)
        try:
            async with self._asyncio.timeout(seconds):
                await gate.event.wait()
        except TimeoutError:
            pass

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs side by side."""
        from ...transports.asyncio.gather import gather

        return await gather(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        opening = Opening(path)
        try:
            return await self.in_worker(opening.open)
        except BaseException:
            opening.abandon()
            raise

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return await self._asyncio.to_thread(function)


class TrioCaller:
    """A task of trio."""

    asynchronous = True

    def __init__(self) -> None:
        import trio

        self._trio = trio

    def now(self) -> float:
        return self._trio.current_time()

    async def sleep(self, seconds: float, /) -> None:
        await self._trio.sleep(seconds)

    async def checkpoint(self) -> None:
        await self._trio.lowlevel.checkpoint()

    def gate(self) -> Gate:
        token = self._trio.lowlevel.current_trio_token()
        return LoopGate(self._trio.Event(), token, token.run_sync_soon)

    async def passed(self, gate: Gate, seconds: float | None, /) -> None:
        assert isinstance(gate, LoopGate)
        with self._trio.move_on_after(float("inf") if seconds is None else seconds):
            await gate.event.wait()

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs side by side."""
        from ...transports.trio.gather import gather

        return await gather(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        opening = Opening(path)
        try:
            return await self.in_worker(opening.open)
        except BaseException:
            opening.abandon()
            raise

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return await self._trio.to_thread.run_sync(function, abandon_on_cancel=True)


def running() -> tuple[object, Callable[[], Caller]]:
    """Return what identifies the running event loop, and the kind of caller that fits it.

    `RuntimeError` where there is none.
    """
    import sys

    if (trio := sys.modules.get("trio")) is not None and trio.lowlevel.in_trio_run():
        return trio.lowlevel.current_trio_token(), TrioCaller
    import asyncio

    return asyncio.get_running_loop(), AsyncioCaller
