"""asyncio: one backend for each event loop, on the loop's own transports and protocols.

Works on any loop that keeps to the documented interface, uvloop included. TLS is the same machine
as on every backend: the loop sees encrypted bytes only.
"""

from __future__ import annotations

import asyncio
import time
from math import inf
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from ...core.call.backend import DeadlinePassed
from ...core.call.network import Network
from ..common.connection_errors import lost, unreachable
from ..common.files import Opening
from ..common.per_loop import Ending, PerLoop
from ..common.randomness import SystemRandom
from ..common.sockets import has_news, receive_now
from ..common.tls_or_plain import ByteStreamBackend
from .connection import Connection
from .dial import dial

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ...core.call.backend import Address
    from ...core.call.pool import Ticket
    from ...core.call.wire import PooledWire
    from ..common.file_sender import FileSender

R = TypeVar("R")

SLICE: Final = 64 * 1024
"""Bytes of a message given to the loop at once."""

BULK: Final = 256 * 1024
"""Bytes of a body given to the loop at once: what the kernel does not take at once is copied."""


class AsyncioBackend(SystemRandom, ByteStreamBackend[Connection]):
    """The outside world of one event loop; `ended` is called when the loop is about to close."""

    asynchronous = True
    _ending: Ending | None = None

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        network: Network,
        ended: Callable[[asyncio.AbstractEventLoop], object] | None = None,
    ) -> None:
        self._loop = loop
        self._ended = ended
        self._offset = time.monotonic() - loop.time()
        self._live: set[Connection] = set()
        self._forget = self._live.discard
        super().__init__(network)
        self._ending = Ending(self)

    def now(self) -> float:
        return self._loop.time()

    def steady(self) -> float:
        return self._loop.time() + self._offset

    async def sleep(self, seconds: float, /) -> None:
        await asyncio.sleep(seconds)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in tasks, at most `limit` at once."""
        from .gather import gather

        return await gather(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        opening = Opening(path)
        try:
            return await asyncio.to_thread(opening.open)
        except BaseException:
            opening.abandon()
            raise

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        return await asyncio.to_thread(file.read, size)

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return await asyncio.to_thread(function)

    async def connect(self, address: Address, deadline: float, /) -> Connection:
        """Open a TCP connection, to whichever address of the host takes one first."""
        conn = Connection(self._loop, address, self._forget)
        scope = asyncio.timeout_at(None if deadline == inf else deadline)
        try:
            async with scope:
                sock = await dial(self._loop, address)
                await self._loop.create_connection(lambda: conn, sock=sock)
        except (OSError, UnicodeError) as error:
            if scope.expired():
                raise DeadlinePassed from None
            raise unreachable(address, error) from error
        if not conn.lost:
            self._live.add(conn)
        return conn

    async def take(self, conn: Connection, deadline: float) -> bytes:
        if deadline != inf and deadline <= self._loop.time():
            raise DeadlinePassed
        if conn.news:
            await self._turn(conn)
        else:
            conn.begin_turn()
            if not await conn.hear(deadline):
                raise DeadlinePassed
        return conn.pop()

    def take_now(self, conn: Connection) -> bytes | None:
        if conn.news:
            return b"" if conn.broken else conn.pop()
        return receive_now(conn.fd)  # what the loop has had no turn to read

    async def put(
        self, conn: Connection, data: bytes | memoryview, deadline: float, watching: bool
    ) -> int:
        view = memoryview(data)
        sent = 0
        while sent < len(view):
            if watching and await self._spoken_to(conn):
                return sent
            piece = view[sent : sent + BULK]
            if not conn.write(piece):
                await asyncio.sleep(0)  # in which the loop tells what was wrong
                raise lost(conn.peer, "sending", conn.error) from conn.error
            sent += len(piece)
            if not conn.stalled:
                await self._turn(conn)
            elif not await conn.drain(deadline, watching):
                raise DeadlinePassed
            if conn.lost:
                raise lost(conn.peer, "sending", conn.error) from conn.error
            if conn.stalled:
                return max(0, sent - conn.unsent)
        return sent

    def file_sender(self, conn: Connection, fd: int, /) -> FileSender | None:
        if conn.tls is not None or hasattr(self._loop, "_proactor"):
            return None
        from ..common.file_sender import file_sender

        return file_sender(conn.fd, fd)

    async def send_file(
        self, conn: Connection, sender: FileSender, at: int, size: int, deadline: float, /
    ) -> int:
        while True:
            if await self._spoken_to(conn):
                return 0
            if sender.full and not await conn.writable(sender.sock, deadline):
                raise DeadlinePassed
            if conn.lost:
                raise lost(conn.peer, "sending", conn.error) from conn.error
            if conn.news:
                return 0
            try:
                sent = await asyncio.to_thread(sender.push, at, size)
            except OSError as error:
                raise lost(conn.peer, "sending", error) from error
            if sent is not None:
                return sent

    async def put_part(self, conn: Connection, data: bytes | memoryview, deadline: float) -> int:
        if conn.stalled:
            if not await conn.drain(deadline, False):
                raise DeadlinePassed
        else:
            await self._turn(conn)
        if conn.lost:
            raise lost(conn.peer, "sending", conn.error) from conn.error
        piece = memoryview(data)[:SLICE]
        if piece and not conn.write(piece):
            await asyncio.sleep(0)  # in which the loop tells what was wrong
            raise lost(conn.peer, "sending", conn.error) from conn.error
        return len(piece)

    def stalled(self, conn: Connection) -> bool:
        return conn.stalled

    async def _spoken_to(self, conn: Connection) -> bool:
        """Say whether bytes have come; give the loop the turns it takes to read them."""
        for _ in range(3):
            if conn.news or not has_news(conn.fd):
                break
            await asyncio.sleep(0)
        return conn.news

    async def _turn(self, conn: Connection) -> None:
        """Let other tasks run, now and then."""
        if conn.turn_is_over():
            await asyncio.sleep(0)

    def waiting(self, conn: Connection) -> bool:
        return conn.news or has_news(conn.fd)

    def abort(self, conn: Connection, /) -> None:
        """Close at once; a task that waits for this connection wakes up and fails."""
        self._live.discard(conn)
        self._in_loop(conn.abort)

    async def park(self, ticket: Ticket[Connection], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        gate: asyncio.Future[None] = self._loop.create_future()
        with self._lock:
            if ticket.granted:
                return
            ticket.waker = gate
        timer = None if deadline == inf else self._loop.call_at(deadline, _open, gate)
        try:
            await gate
        finally:
            if timer is not None:
                timer.cancel()
        if not ticket.granted:
            raise DeadlinePassed

    def wake(self, ticket: Ticket[Connection], /) -> None:
        if ticket.waker is not None:
            self._in_loop(_open, ticket.waker)

    def _in_loop(self, function: Callable[..., object], *args: object) -> None:
        """Call `function` now, soon if this is another thread, or never if the loop has ended."""
        try:
            if asyncio.get_running_loop() is self._loop:
                function(*args)
                return
        except RuntimeError:
            pass
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:  # the loop is closed
            pass

    def end(self) -> None:
        """Close all connections: the loop is about to close."""
        for conn in [*self._live]:
            self.abort(conn)
        if self._ended is not None:
            self._ended(self._loop)

    def __del__(self) -> None:
        self.end()
        if self._ending is not None:
            self._ending.cancel()


def _open(gate: asyncio.Future[None]) -> None:
    if not gate.done():
        gate.set_result(None)


class AsyncioTransport:
    """One backend for each event loop that the client is used in, closed when its loop ends."""

    def __init__(self, network: Network | None = None) -> None:
        self._wires: PerLoop[asyncio.AbstractEventLoop, Connection] = PerLoop(
            network or Network(), AsyncioBackend, lambda loop: loop.is_closed()
        )

    def wire(self) -> PooledWire[Connection]:
        """Return the wire of the running loop; `RuntimeError` when none is running."""
        return self._wires[asyncio.get_running_loop()]

    def close(self) -> None:
        self._wires.close()

    async def aclose(self) -> None:
        self.close()
        await asyncio.sleep(0)  # in which the loop closes the sockets
