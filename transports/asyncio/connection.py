"""One TCP connection of an asyncio loop: bytes that came, and at most one waiter each way.

Bytes are received by the loop and kept, up to a bound, until they are asked for. A deadline sets no
timer of its own: a connection has at most one, which finds out when it fires whether anything is
due, and is set again if not.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Final, cast
from weakref import WeakKeyDictionary

from ..common.connection_errors import lost
from ..common.fairness import TakesTurns
from ..common.sockets import NOTHING, RECEIVE, RECEIVE_MORE, tune

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.call.backend import Address
    from ..common.tls import Tls

HIGH_WATER: Final = 256 * 1024
"""Received bytes that are kept before the loop is asked to read no more."""
LOW_WATER: Final = 64 * 1024
"""Received bytes at which it is asked to go on."""


_buffers: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, memoryview]] = WeakKeyDictionary()


def _shared_buffer(loop: asyncio.AbstractEventLoop) -> memoryview:
    """The buffer that the loop reads into: one for all connections where it is asked for at once.

    A proactor (Windows) holds it while it waits; there each connection needs its own.
    """
    if hasattr(loop, "_proactor"):
        return memoryview(bytearray(RECEIVE))
    buffer = _buffers.get(loop)
    if buffer is None:
        buffer = _buffers[loop] = memoryview(bytearray(RECEIVE_MORE))
    return buffer


class Waiter:
    """Somebody who waits for one direction of a connection, and until when."""

    __slots__ = ("deadline", "future")

    def __init__(self, future: asyncio.Future[bool], deadline: float) -> None:
        self.future = future
        self.deadline = deadline

    def finish(self, came: bool) -> None:
        """Let who waits go on: what was waited for `came`, or the deadline."""
        if not self.future.done():
            self.future.set_result(came)


class Connection(TakesTurns, asyncio.BufferedProtocol):
    """A connection to `peer`; `forget` is called with it when it is lost.

    A loop reads into a buffer of ours: given a `Protocol`, asyncio would allocate 256 KiB for every
    read, which costs more than the read itself.
    """

    __slots__ = (
        "_buffer",
        "_chunks",
        "_draining",
        "_ended",
        "_forget",
        "_hearing",
        "_loop",
        "_paused",
        "_size",
        "_timer",
        "_transport",
        "_watching",
        "early",
        "error",
        "late",
        "lost",
        "peer",
        "stalled",
        "tls",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        peer: Address,
        forget: Callable[[Connection], object],
    ) -> None:
        super().__init__()
        self.peer = peer
        self.tls: Tls | None = None
        self.early = b""
        self.late = NOTHING
        self.lost = False
        """Whether the connection is gone, by an error, or because this side closed it."""
        self.error: Exception | None = None
        self.stalled = False
        """Whether bytes that were written are still waiting for the kernel to take them."""
        self._loop = loop
        self._forget = forget
        self._buffer = _shared_buffer(loop)
        self._transport: asyncio.Transport | None = None
        self._chunks: list[bytes] | None = None
        self._size = 0
        self._ended = False
        self._paused = False
        self._watching = False
        self._hearing: Waiter | None = None
        self._draining: Waiter | None = None
        self._timer: asyncio.TimerHandle | None = None

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have all its methods and are no subclass of it.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(0)  # stalled until the kernel has everything
        tune(transport.get_extra_info("socket"))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._buffer[:nbytes])
        if self._chunks is None:
            self._chunks = [data]
        else:
            self._chunks.append(data)
        self._size += nbytes
        if self._size > HIGH_WATER and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._spread_news()

    def eof_received(self) -> bool:
        self._ended = True
        self._spread_news()
        return True  # the other direction stays open

    def pause_writing(self) -> None:
        self.stalled = True

    def resume_writing(self) -> None:
        self.stalled = False
        self._drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost, self.error = True, exc
        self._spread_news()
        self._drained()
        self._stop_timer()
        self._forget(self)

    def _spread_news(self) -> None:
        if self._hearing is not None:
            self._hearing.finish(True)
        if self._watching:
            self._drained()

    def _drained(self) -> None:
        if self._draining is not None:
            self._draining.finish(True)

    # What the backend calls.

    @property
    def news(self) -> bool:
        """Whether bytes have come, or the end."""
        return self._chunks is not None or self._ended or self.lost

    @property
    def broken(self) -> bool:
        """Whether there is an error to be raised, after all that came."""
        return self.lost and self._chunks is None and not self._ended

    @property
    def fd(self) -> int:
        """The socket's number; -1 once it is closed."""
        if self._transport is None:
            return -1
        number: int = self._transport.get_extra_info("socket").fileno()
        return number

    @property
    def unsent(self) -> int:
        """How many written bytes the kernel has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def pop(self) -> bytes:
        """Return what came, at most 256 KiB of it; `b""` is the end."""
        chunks = self._chunks
        if chunks is None:
            if self._ended:
                return b""
            raise lost(self.peer, "receiving", self.error) from self.error
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._chunks = None
        if len(data) > HIGH_WATER:
            self._chunks = [data[HIGH_WATER:]]
            data = data[:HIGH_WATER]
        self._size -= len(data)
        if self._paused and self._size <= LOW_WATER and self._transport is not None:
            self._paused = False
            if not self.lost:
                self._transport.resume_reading()
        return data

    async def hear(self, deadline: float) -> bool:
        """Wait for news; False when `deadline` passes first."""
        self._hearing = waiter = self._waiter(deadline)
        try:
            return await waiter.future
        finally:
            self._hearing = None

    async def drain(self, deadline: float, watching: bool) -> bool:
        """Wait until the kernel has all that was written, or also for news if `watching`."""
        self._watching = watching
        self._draining = waiter = self._waiter(deadline)
        try:
            return await waiter.future
        finally:
            self._draining, self._watching = None, False

    async def writable(self, fd: int, deadline: float) -> bool:
        """Wait until the kernel takes more at `fd`, another number of the socket, or for news.

        The transport has the first number to itself.
        """
        self._loop.add_writer(fd, self._drained)
        try:
            return await self.drain(deadline, True)
        finally:
            self._loop.remove_writer(fd)

    def write(self, data: memoryview) -> bool:
        """Send now what the kernel takes, and the rest as soon as it does; False if it is lost."""
        if self.lost or self._transport is None:
            return False
        self._transport.write(data)
        return not self._transport.is_closing()

    def abort(self) -> None:
        """Close at once."""
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    def _waiter(self, deadline: float) -> Waiter:
        if deadline != inf:
            self._set_timer(deadline)
        return Waiter(self._loop.create_future(), deadline)

    def _set_timer(self, deadline: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._due, deadline)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self, due_at: float) -> None:
        now = max(self._loop.time(), due_at)  # a loop may be early by a tick
        self._timer = None
        for waiter in (self._hearing, self._draining):
            if waiter is None or waiter.deadline == inf:
                continue
            if waiter.deadline <= now:
                waiter.finish(False)
            else:
                self._set_timer(waiter.deadline)
