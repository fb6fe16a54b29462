"""The protocol `Backend`, the core's only door to the outside: clock, disk, connections, waiting.

A backend belongs to one way of doing I/O (blocking sockets, one asyncio loop, one trio run, a
script). The programs in `call`, `wire` and `stream` are written once against it. Rules that every
backend keeps:

- A deadline is an absolute time of `now()`; `math.inf` is none. When it passes the backend raises
  `DeadlinePassed`, and nothing else has happened.
- A call that makes a connection returns it or has destroyed it, whatever interrupts it.
- OS and TLS failures become `APIConnectionError`, raised `from` the original, here and only here.
- `abort`, `readable`, `request` and `release` are synchronous and never fail: they are what cleanup
  is made of, and cleanup has to work in a cancelled scope.
- Sending and `receive` on one connection may run at the same time in two tasks (WebSockets need it).
"""

from collections.abc import Awaitable
from contextlib import AbstractContextManager
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from ..request.url import Origin
from ..terms.effects import Clock, Files, Tasks
from .pool import Ticket

C = TypeVar("C")
T = TypeVar("T")


class DeadlinePassed(Exception):  # a signal between backend and program, never the caller's
    """The deadline given to a backend call has passed."""


class Address(NamedTuple):
    """Where a TCP connection goes: the server of an origin, or the proxy in front of it."""

    host: str
    port: int


class Gates(Protocol):
    """Waiting for somebody else, who may be in another task or thread."""

    @property
    def mutex(self) -> AbstractContextManager[object]:
        """Held for moments, where threads share something, and never across an `await`; reentrant."""
        ...

    def grant(self, ticket: Ticket[Any], /) -> None:
        """Let whoever parks on `ticket`, which is no pool's, go on."""
        ...

    async def park(self, ticket: Ticket[Any], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        ...


class FileSender(Protocol):
    """Sends bytes of one file to one connection, without their being read here."""

    def close(self) -> None:
        """Let both go."""
        ...


class Backend(Files, Clock, Tasks, Gates, Protocol[C]):
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

    def send_part(self, conn: C, data: bytes | memoryview, deadline: float, /) -> Awaitable[int]:
        """Take some of `data`, at least a byte, and return how much; with none, send what was taken.

        It waits first and takes afterwards: an interrupt or a deadline means that nothing was taken.
        What has been taken goes out, whatever becomes of the caller, as further calls are made.
        """
        ...

    def file_sender(self, conn: C, fd: int, /) -> Any:
        """Return the `FileSender` of an open file, `None` where its bytes have to be read."""
        ...

    async def send_file(self, conn: C, sender: Any, at: int, size: int, deadline: float, /) -> int:
        """Send some of `size` bytes from `at` of the sender's file, and return how many.

        It waits until the connection takes some. 0 when the peer has something to say, or when
        there are none: whoever reads the file learns why.
        """
        ...

    def unsent(self, conn: C, /) -> bool:
        """Say whether bytes that `send_part` has taken are not with the kernel yet."""
        ...

    def receive(self, conn: C, deadline: float, /) -> Awaitable[bytes]:
        """Return the next bytes, at most 256 KiB; `b""` is the end."""
        ...

    def was_cut(self, conn: C, /) -> bool:
        """Say whether the end that `receive` gave is known not to be the peer's own.

        TLS knows: a peer that ends says so, and whoever cuts the connection cannot.
        """
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

    def mask(self) -> bytes:
        """Return four bytes that nobody can guess."""
        ...

    def another(self, ticket: Ticket[C], /) -> None:
        """Put the next idle connection to its origin, or `None`, on a granted ticket."""
        ...

    def release(self, ticket: Ticket[C], /, *, reuse: bool) -> None:
        """Give the ticket back, its connection kept idle (`reuse`) or closed; wake who is next.

        Does nothing the second time, and takes a waiting ticket out of the line.
        """
        ...


class Switched(NamedTuple, Generic[C]):
    """A connection that speaks another protocol from now on."""

    backend: Backend[C]
    ticket: Ticket[C]
    data: bytes
    """What has come of the other protocol."""
