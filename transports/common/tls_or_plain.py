"""Connections with and without TLS, the same for all backends over sockets.

A backend supplies raw bytes in four steps (`take`, `take_now`, `put`, `waiting`), and has plain and
TLS connections for it. Methods that have nothing to wait for return the coroutine of the step that
has, so that a plain connection pays for no layer between.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, TypeVar

from ...core.terms.errors import APIConnectionError
from .connection_errors import lost, place
from .pooled_backend import PooledBackend

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from ...core.call.backend import Address
    from .tls import Sessions, Tls


class ByteStream(Protocol):
    """What this module has to know of a connection."""

    @property
    def peer(self) -> Address: ...

    tls: Tls | None
    early: bytes
    """Plain bytes that were decrypted in order to see whether there are any."""
    late: memoryview
    """Encrypted bytes that are still to be sent."""


S = TypeVar("S", bound=ByteStream)


class ByteStreamBackend(PooledBackend[S]):
    """`start_tls`, `send`, `send_watching`, `receive` and `readable` of a backend."""

    _kept_sessions: Sessions | None = None

    @abstractmethod
    async def take(self, conn: S, deadline: float) -> bytes:
        """Wait for raw bytes and return them, at most 256 KiB; `b""` is the end."""
        ...

    @abstractmethod
    def take_now(self, conn: S) -> bytes | None:
        """Return the raw bytes that are there, `b""` for an end or an error, `None` for nothing."""
        ...

    @abstractmethod
    async def put(self, conn: S, data: bytes | memoryview, deadline: float, watching: bool) -> int:
        """Send raw bytes and return how many: all of them, or if `watching`, fewer when raw bytes
        of the peer (or its end) are waiting."""
        ...

    @abstractmethod
    async def put_part(self, conn: S, data: bytes | memoryview, deadline: float) -> int:
        """Wait until raw bytes can be sent, send some, and return how many; see `send_part`."""
        ...

    def stalled(self, conn: S) -> bool:
        """Say whether raw bytes that `put_part` took are not with the kernel yet."""
        return False

    @abstractmethod
    def waiting(self, conn: S) -> bool:
        """Say whether raw bytes, an end or an error of the peer are waiting."""
        ...

    async def start_tls(self, conn: S, host: str, deadline: float, /) -> S:
        """Take a connection through a TLS handshake for `host`; it is the one to use from now."""
        from ssl import SSLError

        from .tls import Tls

        place = (host, conn.peer)
        try:
            sessions = self._sessions()
            tls = Tls(sessions.context, host, sessions, place)
            complete = False
            while not complete:
                failure: Exception | None = None
                try:
                    complete = tls.handshake()
                except (SSLError, ValueError) as error:
                    failure = error
                if hello := tls.data_to_send():
                    await self.put(conn, hello, deadline, False)
                if failure is not None:
                    sessions.forget(place)
                    raise _no_tls(conn, host, failure) from failure
                if not complete:
                    tls.receive_data(await self.take(conn, deadline))
        except APIConnectionError as error:
            error.sent = "no"
            self.abort(conn)
            raise
        except BaseException:
            self.abort(conn)
            raise
        conn.tls = tls
        return conn

    def _sessions(self) -> Sessions:
        """The sessions that can be resumed, and the context that they belong to."""
        from .tls import Sessions, context_for

        context = context_for(self.network)
        kept = self._kept_sessions
        if kept is None or kept.context is not context:
            kept = self._kept_sessions = Sessions(context)
        return kept

    async def send(self, conn: S, data: bytes | memoryview, deadline: float, /) -> None:
        """Send all of `data`."""
        if conn.tls is None:
            await self.put(conn, data, deadline, False)
        else:
            await self._send_tls(conn, conn.tls, data, deadline, False)

    def send_watching(
        self, conn: S, data: bytes | memoryview, deadline: float, /
    ) -> Awaitable[int]:
        """Send `data`, and stop when the peer has something to say; return how much was sent."""
        if conn.tls is None:
            return self.put(conn, data, deadline, True)
        return self._send_tls(conn, conn.tls, data, deadline, True)

    def send_part(self, conn: S, data: bytes | memoryview, deadline: float, /) -> Awaitable[int]:
        """Take some of `data`, at least a byte; with none, send what was taken."""
        if conn.tls is None:
            return self.put_part(conn, data, deadline)
        return self._send_part_tls(conn, conn.tls, data, deadline)

    async def _send_part_tls(
        self, conn: S, tls: Tls, data: bytes | memoryview, deadline: float
    ) -> int:
        from .tls import SLICE

        while conn.late or (self.stalled(conn) and not data):
            conn.late = conn.late[await self.put_part(conn, conn.late, deadline) :]
        if not data:
            return 0
        piece = memoryview(data)[:SLICE]
        conn.late = memoryview(tls.write(piece))
        return len(piece)

    def unsent(self, conn: S, /) -> bool:
        """Say whether bytes that `send_part` has taken are not with the kernel yet."""
        return bool(conn.late) or self.stalled(conn)

    async def _send_tls(
        self, conn: S, tls: Tls, data: bytes | memoryview, deadline: float, watching: bool
    ) -> int:
        from .tls import SLICE

        view = memoryview(data)
        sent = 0
        while sent < len(view):
            piece = view[sent : sent + SLICE]
            cipher = memoryview(tls.write(piece))
            while cipher:
                cipher = cipher[await self.put(conn, cipher, deadline, watching) :]
                # Raw bytes may be a session ticket, which says nothing.
                if watching and cipher and self.readable(conn):
                    return sent
            sent += len(piece)
        return sent

    def receive(self, conn: S, deadline: float, /) -> Awaitable[bytes]:
        """Return the next bytes, at most 256 KiB; `b""` is the end."""
        if conn.tls is None:
            return self.take(conn, deadline)
        return self._receive_tls(conn, conn.tls, deadline)

    async def _receive_tls(self, conn: S, tls: Tls, deadline: float) -> bytes:
        from ssl import SSLError

        if data := conn.early:
            conn.early = b""
            return data
        while True:
            try:
                data = tls.read()
            except SSLError as error:
                raise lost(conn.peer, "receiving", error) from error
            if data or tls.ended:
                return data
            tls.receive_data(await self.take(conn, deadline))

    def was_cut(self, conn: S, /) -> bool:
        """Say whether TLS knows that the end is not the peer's own."""
        return conn.tls is not None and conn.tls.cut

    def readable(self, conn: S, /) -> bool:
        """Say whether bytes or an end are waiting."""
        tls = conn.tls
        if tls is None:
            return self.waiting(conn)
        if conn.early or tls.ended:
            return True
        try:
            while not (data := tls.read()) and not tls.ended:
                raw = self.take_now(conn) if self.waiting(conn) else None
                if raw is None:
                    return False
                tls.receive_data(raw)
        except OSError:  # SSLError is one; the next receive meets it again
            return True
        conn.early = data
        return True


def _no_tls(conn: ByteStream, host: str, error: Exception) -> APIConnectionError:
    text = f"TLS handshake with {place(conn.peer)} for {host!r} failed: {_tls_reason(error)}"
    return APIConnectionError(text, sent="no")


def _tls_reason(error: Exception) -> str:
    """Prefer what a certificate check said to the name of OpenSSL's error."""
    said = getattr(error, "verify_message", None)
    return said if isinstance(said, str) and said else str(error)
