"""Sockets that never block: what the blocking and the trio backend share, and asyncio partly.

Every operation is tried at once, and where it would block the backend waits, in its own way, until
the kernel says that it will not. So one connection serves two threads or two tasks, and a deadline
costs nothing until there is something to wait for.
"""

from __future__ import annotations

import select
import socket
from abc import abstractmethod
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from .connection_errors import lost
from .fairness import TakesTurns
from .tls_or_plain import ByteStreamBackend

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.call.backend import Address
    from .file_sender import FileSender
    from .tls import Tls

KEEPALIVE_IDLE: Final = 60
"""Seconds of silence before the kernel asks whether the peer is still there."""
KEEPALIVE_INTERVAL: Final = 15
"""Seconds between two such questions."""
KEEPALIVE_COUNT: Final = 4
"""Questions without an answer before the connection counts as dead."""

LONGEST_WAIT: Final = 3600.0
"""Seconds that one system call waits at most; the deadline is looked at in between."""

RECEIVE: Final = 64 * 1024
"""Bytes asked of the kernel at once, which is plenty for a stream of events."""

RECEIVE_MORE: Final = 256 * 1024
"""Bytes asked for after a read that was full: a large body comes in fewer, larger parts."""

NOTHING: Final = memoryview(b"")

Want = Literal["read", "write", "either"]

R = TypeVar("R")


def tune(sock: socket.socket) -> None:
    """Send small messages at once, and notice a peer that vanished without a word."""
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    options.append((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1))
    for names, value in (
        (("TCP_KEEPIDLE", "TCP_KEEPALIVE"), KEEPALIVE_IDLE),
        (("TCP_KEEPINTVL",), KEEPALIVE_INTERVAL),
        (("TCP_KEEPCNT",), KEEPALIVE_COUNT),
    ):
        known = [getattr(socket, name) for name in names if hasattr(socket, name)]
        options.extend((socket.IPPROTO_TCP, option, value) for option in known[:1])
    for level, option, value in options:
        try:
            sock.setsockopt(level, option, value)
        except OSError:  # not TCP, or not on this system: it works without
            pass


def has_news(fd: int) -> bool:
    """Say whether the kernel holds bytes, an end or an error of the peer for `fd`."""
    return bool(wait(fd, "read", 0))


def receive_now(fd: int) -> bytes | None:
    """Return what the kernel holds for `fd`: `b""` for an end or an error, `None` for nothing.

    For a socket that belongs to an event loop, which does not give it out.
    """
    try:
        sock = socket.socket(fileno=fd)
    except OSError:
        return b""
    try:
        return sock.recv(RECEIVE)
    except BlockingIOError:
        return None
    except OSError:
        return b""
    finally:
        sock.detach()  # the loop closes it


def wait(fd: int, want: Want, seconds: float | None, also: int = -1) -> bool:
    """Wait until `fd` can be read or written without blocking; False when `seconds` pass first.

    What is closed (-1) blocks nobody. The wait ends when `also` can be read, too.
    """
    if fd < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(fd, _POLL[want])
        if also >= 0:
            poll.register(also, select.POLLIN)
        return bool(poll.poll(None if seconds is None else seconds * 1000))
    reads = [fd] if want != "write" else []
    writes = [fd] if want != "read" else []
    if also >= 0:
        reads.append(also)
    # Windows tells of a connection that could not be made in the third list only.
    return any(select.select(reads, writes, writes, seconds))


def writable(fds: list[int], seconds: float, also: int = -1) -> list[int]:
    """Wait until some of `fds` can be written, or have failed, and return which.

    The wait ends when `also` can be read, too.
    """
    if hasattr(select, "poll"):
        poll = select.poll()
        for fd in fds:
            poll.register(fd, select.POLLOUT)
        if also >= 0:
            poll.register(also, select.POLLIN)
        return [fd for fd, _ in poll.poll(seconds * 1000) if fd != also]
    _, done, failed = select.select([also] if also >= 0 else [], fds, fds, seconds)
    return [*{*done, *failed}]


_POLL: Final[dict[Want, int]] = (
    {
        "read": select.POLLIN,
        "write": select.POLLOUT,
        "either": select.POLLIN | select.POLLOUT,
    }
    if hasattr(select, "poll")
    else {}
)


class Connection(TakesTurns):
    """One TCP connection on a socket that does not block."""

    __slots__ = ("early", "full", "given_up", "late", "peer", "sock", "tls", "users")

    def __init__(self, sock: socket.socket, peer: Address) -> None:
        super().__init__()
        self.sock = sock
        self.peer = peer
        self.tls: Tls | None = None
        self.early = b""
        self.late = NOTHING
        self.users: list[None] = []
        """One entry for each thread that uses the socket just now."""
        self.given_up = False
        """Whether the last of them closes it."""
        self.full = False
        """Whether the last read took as much as it might, so that there is probably more."""

    def receive(self) -> bytes:
        """Read what the kernel holds, more of it where the last read was full."""
        try:
            data = self.sock.recv(RECEIVE_MORE if self.full else RECEIVE)
        except BlockingIOError:
            self.full = False
            raise
        self.full = len(data) >= RECEIVE
        return data

    def __repr__(self) -> str:
        return f"<Connection to {self.peer.host}:{self.peer.port}, fd {self.sock.fileno()}>"


class SocketBackend(ByteStreamBackend[Connection]):
    """Raw bytes over sockets; a backend adds how it waits."""

    @abstractmethod
    async def in_worker(self, function: Callable[[], R], /) -> R: ...

    @abstractmethod
    async def wait(self, conn: Connection, want: Want, deadline: float) -> None:
        """Wait until `conn` can be read or written; `OSError` when it has been closed."""
        ...

    def take_now(self, conn: Connection) -> bytes | None:
        try:
            return conn.sock.recv(RECEIVE)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    async def put(
        self, conn: Connection, data: bytes | memoryview, deadline: float, watching: bool
    ) -> int:
        sock = conn.sock
        try:
            sent = _try_send(sock, data)
            if sent == len(data):
                return sent
            view = memoryview(data)
            while sent < len(view):
                await self.wait(conn, "either" if watching else "write", deadline)
                if watching and has_news(sock.fileno()):
                    break
                sent += _try_send(sock, view[sent:])
            return sent
        except OSError as error:
            raise lost(conn.peer, "sending", error) from error

    async def put_part(self, conn: Connection, data: bytes | memoryview, deadline: float) -> int:
        try:
            while not (sent := _try_send(conn.sock, data)) and data:
                await self.wait(conn, "write", deadline)
            return sent
        except OSError as error:
            raise lost(conn.peer, "sending", error) from error

    def file_sender(self, conn: Connection, fd: int, /) -> FileSender | None:
        if conn.tls is not None:
            return None
        from .file_sender import file_sender

        return file_sender(conn.sock.fileno(), fd)

    async def send_file(
        self, conn: Connection, sender: FileSender, at: int, size: int, deadline: float, /
    ) -> int:
        try:
            while True:
                if sender.full:
                    await self.wait(conn, "either", deadline)
                if self.waiting(conn):
                    return 0
                sent = await self.in_worker(lambda: sender.push(at, size))
                if sent is not None:
                    return sent
        except OSError as error:
            raise lost(conn.peer, "sending", error) from error

    def waiting(self, conn: Connection) -> bool:
        return has_news(conn.sock.fileno())


def _try_send(sock: socket.socket, data: bytes | memoryview) -> int:
    try:
        return sock.send(data)
    except BlockingIOError:
        return 0
