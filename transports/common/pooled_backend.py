"""The pool's side of a backend, for every one that has a pool."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any, Generic, TypeVar

from ...core.call.network import Network
from ...core.call.pool import Pool, Ticket
from ...core.request.url import Origin
from .exclusive import EXCLUSIVE

C = TypeVar("C")


class PooledBackend(ABC, Generic[C]):
    """`request`, `another` and `release` of a backend over a pool of connections.

    Finalizers call `release`, and the collector runs them in any thread and at any moment, a
    decision of the pool included. So there is a lock, for the threads, and a release that comes in
    the middle of a decision of its own thread is put aside until that decision has been taken.
    """

    races = True
    exclusive = EXCLUSIVE

    def __init__(self, network: Network) -> None:
        self.network = network
        self._reset()

    def _reset(self) -> None:
        """Begin with an empty pool and a lock that nobody holds."""
        network = self.network
        self.pool: Pool[C] = Pool(
            max_connections=network.max_connections,
            max_idle=network.max_idle,
            idle_seconds=network.idle_seconds,
        )
        self._lock = RLock()
        self._deciding = False
        self._late: deque[tuple[Ticket[C], bool]] = deque()

    @abstractmethod
    def now(self) -> float: ...

    @abstractmethod
    def abort(self, conn: C, /) -> None: ...

    def was_cut(self, conn: C, /) -> bool:
        """Say whether the end that `receive` gave is not the peer's own; plain TCP cannot tell."""
        return False

    def file_sender(self, conn: C, fd: int, /) -> Any:
        """Return what sends a file unread; there is nothing that could."""
        return None

    async def send_file(self, conn: C, sender: Any, at: int, size: int, deadline: float, /) -> int:
        """Send bytes of a file unread."""
        return 0

    @abstractmethod
    def wake(self, ticket: Ticket[C], /) -> None:
        """Let whoever parks on `ticket` go on; it has been granted. Called under the lock."""
        ...

    @property
    def mutex(self) -> AbstractContextManager[object]:
        """The lock of the pool's decisions serves for those of sessions."""
        return self._lock

    def grant(self, ticket: Ticket[C], /) -> None:
        """Let whoever parks on `ticket` go on."""
        with self._lock:
            ticket.granted = True
            self.wake(ticket)

    def request(self, origin: Origin, /) -> Ticket[C]:
        """Ask the pool for a connection to `origin`; the ticket is granted or waits in line."""
        with self._lock:
            try:
                self._deciding = True
                ticket, close = self.pool.request(origin, self.now())
            finally:
                self._deciding = False
        if close or self._late:
            self._settle(close)
        return ticket

    def another(self, ticket: Ticket[C], /) -> None:
        """Put the next idle connection to its origin, or `None`, on a granted ticket."""
        with self._lock:
            try:
                self._deciding = True
                self.pool.another(ticket)
            finally:
                self._deciding = False
        if self._late:
            self._settle(())

    def release(self, ticket: Ticket[C], /, *, reuse: bool) -> None:
        """Give the ticket back, its connection kept idle or closed; then wake who is next.

        In this order: who wakes may connect at once, in another thread.
        """
        with self._lock:
            if self._deciding:
                self._late.append((ticket, reuse))
                return
            try:
                self._deciding = True
                wake, close = self.pool.release(ticket, self.now(), reuse=reuse)
                try:
                    for conn in close:
                        self.abort(conn)
                finally:
                    for each in wake:
                        self.wake(each)
            finally:
                self._deciding = False
        if self._late:
            self._settle(())

    def close_idle(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            try:
                self._deciding = True
                close = self.pool.clear()
            finally:
                self._deciding = False
        self._settle(close)

    def _settle(self, close: Iterable[C]) -> None:
        """Close what the pool wants closed, and take back what came in the meantime."""
        for conn in close:
            self.abort(conn)
        while self._late:
            try:
                ticket, reuse = self._late.popleft()
            except IndexError:  # another thread took it
                return
            self.release(ticket, reuse=reuse)
