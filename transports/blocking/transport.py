"""Blocking sockets, for threads and for code without an event loop.

The methods of the backend are coroutines that never suspend, so that `run` takes a whole call to
its end in one step. One client serves any number of threads.

After a fork the child has none of the parent's connections: it closes its copies without a word to
the server (no TLS alert, no shutdown), and begins with an empty pool. Calls of the parent's other
threads do not exist in the child; a stream that the forking thread had open fails there.

The time that the system takes to resolve a host name cannot be bounded; the deadline is looked at
when it is done.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from math import inf
from threading import TIMEOUT_MAX, Lock
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from ...core.call.backend import DeadlinePassed
from ...core.call.network import Network
from ...core.call.wire import PooledWire
from ..common.connection_errors import lost, unreachable
from ..common.files import DirectFiles
from ..common.randomness import SystemRandom
from ..common.sockets import (
    LONGEST_WAIT,
    Connection,
    SocketBackend,
    Want,
    tune,
    wait,
)
from .dial import dial
from .thread_group import CurrentGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ...core.call.backend import Address
    from ...core.call.pool import Ticket
    from ..common.file_sender import FileSender

R = TypeVar("R")


class BlockingBackend(SystemRandom, DirectFiles, SocketBackend):
    """The outside world over blocking system calls. `now` and `sleep` may be given by tests."""

    def __init__(
        self,
        network: Network,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._live: set[Connection] = set()
        self._current = CurrentGroup()
        super().__init__(network)
        _backends.add(self)

    def now(self) -> float:
        return self._now()

    steady = now

    async def sleep(self, seconds: float, /) -> None:
        group = self._current.group
        if group is None or self._sleep is not time.sleep:
            self._sleep(seconds)
        else:
            group.sleep(seconds)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in threads, at most `limit` at once."""
        from .gather import gather

        return await gather(programs, limit, self._current)

    async def connect(self, address: Address, deadline: float, /) -> Connection:
        """Open a TCP connection, to whichever address of the host takes one first."""
        group = self._current.group
        try:
            if group is None:
                sock = dial(address, deadline, self._now)
            else:
                sock = dial(address, deadline, self._now, group.writable)
        except (OSError, UnicodeError) as error:
            raise unreachable(address, error) from error
        tune(sock)
        conn = Connection(sock, address)
        self._live.add(conn)
        return conn

    def _wait(self, sock: socket.socket, want: Want, deadline: float) -> None:
        group = self._current.group
        while True:
            fd = sock.fileno()
            if fd < 0:
                raise OSError(errno.EBADF, "it has been closed")
            if deadline == inf:
                seconds = None
            elif (seconds := min(deadline - self.now(), LONGEST_WAIT)) <= 0:
                raise DeadlinePassed
            if wait(fd, want, seconds) if group is None else group.wait(fd, want, seconds):
                return

    async def wait(self, conn: Connection, want: Want, deadline: float) -> None:
        self._wait(conn.sock, want, deadline)

    def _enter(self, conn: Connection, doing: str) -> None:
        """Have the socket stay open, whoever gives the connection up, until `_leave`.

        The number of a socket that is closed is given to the next, which a thread that was about to
        wait would wait for instead.
        """
        conn.users.append(None)
        if conn.given_up:
            self._leave(conn)
            raise lost(conn.peer, doing, OSError(errno.EBADF, "it has been closed"))

    def _leave(self, conn: Connection) -> None:
        conn.users.pop()
        if conn.given_up and not conn.users:
            conn.sock.close()

    async def put(
        self, conn: Connection, data: bytes | memoryview, deadline: float, watching: bool
    ) -> int:
        self._enter(conn, "sending")
        try:
            return await super().put(conn, data, deadline, watching)
        finally:
            self._leave(conn)

    async def put_part(self, conn: Connection, data: bytes | memoryview, deadline: float) -> int:
        self._enter(conn, "sending")
        try:
            return await super().put_part(conn, data, deadline)
        finally:
            self._leave(conn)

    async def send_file(
        self, conn: Connection, sender: FileSender, at: int, size: int, deadline: float, /
    ) -> int:
        self._enter(conn, "sending")
        try:
            return await super().send_file(conn, sender, at, size, deadline)
        finally:
            self._leave(conn)

    async def take(self, conn: Connection, deadline: float) -> bytes:
        self._enter(conn, "receiving")
        # To ask first costs less than a read that finds nothing, which raises.
        try:
            while True:
                if not conn.full:
                    self._wait(conn.sock, "read", deadline)
                elif deadline != inf and deadline <= self._now():
                    raise DeadlinePassed
                try:
                    return conn.receive()
                except BlockingIOError:
                    continue
        except OSError as error:
            raise lost(conn.peer, "receiving", error) from error
        finally:
            self._leave(conn)

    def abort(self, conn: Connection, /) -> None:
        """Close at once; a thread that waits for this connection wakes up and fails."""
        self._live.discard(conn)
        conn.given_up = True
        try:
            conn.sock.shutdown(socket.SHUT_RDWR)
        except OSError:  # not connected, or closed
            pass
        if not conn.users:
            conn.sock.close()

    async def park(self, ticket: Ticket[Connection], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        gate = Lock()
        gate.acquire()
        with self._lock:
            if ticket.granted:
                return
            ticket.waker = gate
        group = self._current.group
        if group is None:
            self._stand(gate, ticket, deadline)
            return
        try:
            group.enter(gate)
            self._stand(gate, ticket, deadline)
        finally:
            group.leave(gate)

    def _stand(self, gate: Lock, ticket: Ticket[Connection], deadline: float) -> None:
        """Wait at `gate` until the ticket is granted."""
        while not ticket.granted:
            seconds = -1.0 if deadline == inf else min(deadline - self.now(), TIMEOUT_MAX)
            if deadline != inf and seconds <= 0:
                raise DeadlinePassed
            gate.acquire(timeout=seconds)
            if self._current.group is not None:
                self._current.group.check()

    def wake(self, ticket: Ticket[Connection], /) -> None:
        if ticket.waker is not None:
            try:
                ticket.waker.release()
            except RuntimeError:  # it was let through already, since its group was stopped
                pass

    def forget(self) -> None:
        """Begin anew in a child process."""
        live, self._live = self._live, set()
        self._reset()
        for conn in live:
            conn.sock.close()

    def __del__(self) -> None:
        for conn in self._live:
            conn.sock.close()


class BlockingTransport:
    """What `Client` uses: one backend, shared by all threads of the process."""

    def __init__(self, network: Network | None = None) -> None:
        self._backend = BlockingBackend(network or Network())
        self._wire = PooledWire(self._backend, self._backend.network)

    def wire(self) -> PooledWire[Connection]:
        return self._wire

    def close(self) -> None:
        self._backend.close_idle()

    async def aclose(self) -> None:
        self._backend.close_idle()


_backends: WeakSet[BlockingBackend] = WeakSet()


def _forget_all() -> None:
    for backend in list(_backends):
        backend.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
