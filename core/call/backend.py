"""The only door from the core to the outside: clock, chance, disk, connections, and waiting.

A port belongs to one way of doing I/O (blocking sockets, one asyncio loop, one trio run, a script).
The programs in `call`, `wire` and `stream` are written once against it. Rules that every port keeps:

- A deadline is an absolute time of `now()`; `math.inf` is none. When it passes the port raises
  `DeadlinePassed`, and nothing else has happened.
- A call that makes a connection returns it or has destroyed it, whatever interrupts it.
- OS and TLS failures become `APIConnectionError`, raised `from` the original, here and only here.
- `abort`, `readable`, `request` and `release` are synchronous and never fail: they are what cleanup
  is made of, and cleanup has to work in a cancelled scope.
- `send` and `receive` on one connection may run at the same time in two tasks (WebSockets need it).
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, BinaryIO, NamedTuple, Protocol, TypeVar

from ..http.body import Files
from .pool import Origin, Ticket

C = TypeVar("C")
T = TypeVar("T")


class DeadlinePassed(Exception):  # a signal between port and program, never the caller's
    """The deadline given to a port call has passed."""


class Address(NamedTuple):
    """Where a TCP connection goes: the server of an origin, or the proxy in front of it."""

    host: str
    port: int


class Clock(Protocol):
    """Time and chance: what policies need of the outside."""

    def now(self) -> float:
        """Seconds of a clock that never goes back; its zero means nothing."""
        ...

    def random(self) -> float:
        """A number from 0 up to but not including 1."""
        ...

    async def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


class Tasks(Protocol):
    """Programs of several calls side by side: in threads, or in tasks of an event loop."""

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int, /
    ) -> list[T]:
        """Run programs, at most `limit` at once, and return what they return, in order.

        When one fails no more are begun, those under way are cancelled, and what it raised is
        raised once they have ended: as it is, and not in a group. When the caller is cancelled all
        of them are, and it waits for them. A loop that is driven by hand runs one after the other.
        `ValueError` for a limit below 1; with 1 there is neither a thread nor a task.
        """
        ...


class Port(Files, Clock, Tasks, Protocol[C]):
    """Everything that the core cannot do itself; `C` is the adapter's connection type."""

    async def connect(self, address: Address, deadline: float, /) -> C:
        """Open a TCP connection, keep-alive on; `APIConnectionError(sent="no")` when it fails."""
        ...

    async def start_tls(self, conn: C, host: str, deadline: float, /) -> C:
        """Take a connection through a TLS handshake for `host` and return the one to use from now.

        Whatever goes wrong, `conn` is closed when this raises.
        """
        ...

    async def send(self, conn: C, data: bytes | memoryview, deadline: float, /) -> None:
        """Send all of `data`."""
        ...

    def send_watching(
        self, conn: C, data: bytes | memoryview, deadline: float, /
    ) -> Awaitable[int]:
        """Send `data`, and stop when the peer has something to say; return how much was sent.

        A server that refuses an upload answers early and stops reading; waiting only to write
        would then wait for ever.
        """
        ...

    def receive(self, conn: C, deadline: float, /) -> Awaitable[bytes]:
        """Return the next bytes, at most 256 KiB; `b""` is the end."""
        ...

    def readable(self, conn: C, /) -> bool:
        """Say whether bytes or an end are waiting: an idle connection with either is no use."""
        ...

    def abort(self, conn: C, /) -> None:
        """Close at once."""
        ...

    def request(self, origin: Origin, /) -> Ticket[C]:
        """Ask the pool for a connection to `origin`; the ticket is granted or waits in line."""
        ...

    async def park(self, ticket: Ticket[C], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        ...

    def another(self, ticket: Ticket[C], /) -> None:
        """Put the next idle connection to its origin, or `None`, on a granted ticket."""
        ...

    def release(self, ticket: Ticket[C], /, *, reuse: bool) -> None:
        """Give the ticket back, its connection kept idle (`reuse`) or closed; wake who is next.

        Does nothing the second time, and takes a waiting ticket out of the line.
        """
        ...


__all__ = [
    "Address",
    "BinaryIO",
    "C",
    "Clock",
    "DeadlinePassed",
    "Files",
    "Origin",
    "Port",
    "Tasks",
    "Ticket",
]
