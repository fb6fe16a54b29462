"""trio: one backend for each run, on sockets that do not block.

Every operation is tried at once, so that a receive whose bytes are waiting costs a look at the
cancel scope and no turn of the scheduler; every so often it takes one, for the sake of the others.
"""

from __future__ import annotations

import select
import socket
import time
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import trio

from ...core.call.backend import DeadlinePassed
from ...core.call.network import Network
from ..common.connection_errors import lost, unreachable
from ..common.files import open_sized
from ..common.per_loop import Ending, PerLoop
from ..common.randomness import SystemRandom
from ..common.sockets import Connection, SocketBackend, Want, tune

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from ...core.call.backend import Address
    from ...core.call.pool import Ticket
    from ...core.call.wire import PooledWire

R = TypeVar("R")


class TrioBackend(SystemRandom, SocketBackend):
    """The outside world of one trio run; `ended` is called when the run is about to end."""

    asynchronous = True
    _ending: Ending | None = None

    def __init__(
        self,
        run: trio.lowlevel.TrioToken,
        network: Network,
        ended: Callable[[trio.lowlevel.TrioToken], object] | None = None,
    ) -> None:
        self._run = run
        self._ended = ended
        self._offset = time.monotonic() - trio.current_time()
        self._live: set[Connection] = set()
        self._both: dict[socket.socket, select.epoll] = {}
        """What tasks wait on that wait for both directions of a socket."""
        super().__init__(network)
        self._ending = Ending(self)

    def now(self) -> float:
        try:
            return trio.current_time()
        except RuntimeError:  # a finalizer, after the run or in another thread
            return inf

    def steady(self) -> float:
        try:
            return trio.current_time() + self._offset
        except RuntimeError:  # a finalizer
            return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        await trio.sleep(seconds)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in tasks, at most `limit` at once."""
        from .gather import gather

        return await gather(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        return await trio.to_thread.run_sync(open_sized, path)

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        return await trio.to_thread.run_sync(file.read, size)

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return await trio.to_thread.run_sync(function)

    async def connect(self, address: Address, deadline: float, /) -> Connection:
        """Open a TCP connection, to whichever address of the host takes one first."""
        host, port = address
        stream: trio.SocketStream | None = None
        with trio.move_on_at(deadline):
            try:
                stream = await _ungrouped(partial(trio.open_tcp_stream, host, port))
            except (OSError, UnicodeError) as error:
                raise unreachable(address, _cause(error)) from error
        if stream is None:
            raise DeadlinePassed
        sock = socket.socket(fileno=stream.socket.detach())
        sock.setblocking(False)
        tune(sock)
        conn = Connection(sock, address)
        self._live.add(conn)
        return conn

    async def wait(self, conn: Connection, want: Want, deadline: float) -> None:
        conn.begin_turn()
        if conn.sock.fileno() < 0:
            raise OSError("it has been closed")
        waiting = self._wait_either if want == "either" else _WAIT[want]
        try:
            if deadline == inf:
                await waiting(conn.sock)
                return
            with trio.move_on_at(deadline) as scope:
                await waiting(conn.sock)
        except trio.ClosedResourceError:
            raise OSError("it has been closed") from None
        if scope.cancelled_caught:
            raise DeadlinePassed

    async def _wait_either(self, sock: socket.socket) -> None:
        """Wait until a socket can be read or written."""
        if not hasattr(select, "epoll"):
            await _wait_in_two_tasks(sock)
            return
        with select.epoll(2) as both:  # can be read itself when there is something in it
            both.register(sock, select.EPOLLIN | select.EPOLLOUT)
            self._both[sock] = both
            try:
                await trio.lowlevel.wait_readable(both)
            finally:
                del self._both[sock]

    async def take(self, conn: Connection, deadline: float) -> bytes:
        if deadline != inf and deadline <= trio.current_time():
            raise DeadlinePassed
        await self._turn(conn)
        try:
            while True:
                try:
                    return conn.receive()
                except BlockingIOError:
                    await self.wait(conn, "read", deadline)
        except OSError as error:
            raise lost(conn.peer, "receiving", error) from error

    async def put(
        self, conn: Connection, data: bytes | memoryview, deadline: float, watching: bool
    ) -> int:
        # Others get their turn afterwards: who has just asked whether anything is waiting sends now.
        await trio.lowlevel.checkpoint_if_cancelled()
        sent = await super().put(conn, data, deadline, watching)
        if conn.turn_is_over():
            await trio.lowlevel.cancel_shielded_checkpoint()
        return sent

    async def put_part(self, conn: Connection, data: bytes | memoryview, deadline: float) -> int:
        await self._turn(conn)
        return await super().put_part(conn, data, deadline)

    async def _turn(self, conn: Connection) -> None:
        if conn.turn_is_over():
            await trio.lowlevel.checkpoint()
        else:
            await trio.lowlevel.checkpoint_if_cancelled()

    def abort(self, conn: Connection, /) -> None:
        """Close at once; a task that waits for this connection wakes up and fails."""
        self._live.discard(conn)
        self._in_run(self._close, conn.sock)

    def _close(self, sock: socket.socket) -> None:
        for waited_for in (sock, self._both.get(sock)):
            if waited_for is not None:
                _tell_of_closing(waited_for)
        sock.close()

    async def park(self, ticket: Ticket[Connection], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        gate = trio.Event()
        with self._lock:
            if ticket.granted:
                return
            ticket.waker = gate
        with trio.move_on_at(deadline):
            await gate.wait()
        if not ticket.granted:
            raise DeadlinePassed

    def wake(self, ticket: Ticket[Connection], /) -> None:
        if ticket.waker is not None:
            self._in_run(ticket.waker.set)

    def _in_run(self, function: Callable[..., object], *args: object) -> None:
        """Call `function` now, or soon where this is another thread."""
        if _current_run() is not self._run:
            try:
                self._run.run_sync_soon(function, *args)
                return
            except trio.RunFinishedError:
                pass
        function(*args)

    def end(self) -> None:
        """Close all connections: the run is about to end."""
        for conn in [*self._live]:
            self.abort(conn)
        if self._ended is not None:
            self._ended(self._run)

    def __del__(self) -> None:
        self.end()
        if self._ending is not None:
            self._ending.cancel()


def _current_run() -> trio.lowlevel.TrioToken | None:
    try:
        return trio.lowlevel.current_trio_token()
    except RuntimeError:
        return None


def _cause(error: BaseException) -> BaseException:
    """trio sums the failures of all addresses up; the first of them says more."""
    cause = getattr(error.__cause__, "exceptions", [error.__cause__])[0]
    return cause if isinstance(cause, OSError) else error


def _tell_of_closing(waited_for: socket.socket | select.epoll) -> None:
    try:
        trio.lowlevel.notify_closing(waited_for)
    except (RuntimeError, OSError, ValueError):  # nobody can wait: the run is over, or it is closed
        pass


async def _wait_in_two_tasks(sock: socket.socket) -> None:
    async def one(
        wait: Callable[[socket.socket], Awaitable[None]], other: trio.CancelScope
    ) -> None:
        try:
            await wait(sock)
        except trio.ClosedResourceError:
            pass  # what comes next finds out
        other.cancel()

    async def both() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one, trio.lowlevel.wait_readable, nursery.cancel_scope)
            nursery.start_soon(one, trio.lowlevel.wait_writable, nursery.cancel_scope)

    await _ungrouped(both)


async def _ungrouped(work: Callable[[], Awaitable[R]]) -> R:
    """Do some work of nurseries; a cancellation comes as trio's own exception, and not in a group."""
    try:
        return await work()
    except BaseExceptionGroup as group:
        failure = group
    await trio.lowlevel.checkpoint_if_cancelled()
    raise failure


_WAIT: Final[dict[Want, Callable[[socket.socket], Awaitable[None]]]] = {
    "read": trio.lowlevel.wait_readable,
    "write": trio.lowlevel.wait_writable,
}


class TrioTransport:
    """One backend for each trio run that the client is used in, closed when its run ends."""

    def __init__(self, network: Network | None = None) -> None:
        self._wires: PerLoop[trio.lowlevel.TrioToken, Connection] = PerLoop(
            network or Network(), TrioBackend
        )

    def wire(self) -> PooledWire[Connection]:
        """Return the wire of this run; `RuntimeError` outside of trio."""
        return self._wires[trio.lowlevel.current_trio_token()]

    def close(self) -> None:
        self._wires.close()

    async def aclose(self) -> None:
        self._wires.close()
        await trio.lowlevel.checkpoint()
