"""The emulator on a TCP port: one thread, one selector, many connections.

A `Peer` performs what the machine of its connection asks for. Bytes to send are gathered until the
machine waits, ends or has nothing more to do, so that a stream without pace costs few system calls.
"""

import contextlib
import errno
import heapq
import math
import selectors
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Generator
from typing import Final

from ..app.emulator import Emulator
from ..http.actions import CloseConnection, Pause, ResetConnection, SendBytes

_READ: Final = 64 * 1024
_GATHER: Final = 64 * 1024
_TURN: Final = 1024 * 1024
"""Bytes sent for one connection before the others have their turn."""
_LINGER: Final = 2.0
"""Seconds in which what a refused peer still sends is taken."""
_WANTS: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_LOOPBACK: Final = "127.0.0.1"
_NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors of an accept that come again until something is closed."""
_ROOM_AFTER: Final = 0.5
"""Seconds until the next try, where nothing of the server's own is closed."""
_AT_ONCE: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""The SO_LINGER that makes a close a reset."""


class Peer:
    """One connection: its socket, its machine, and what is not sent yet."""

    __slots__ = (
        "_finish",
        "_handshake",
        "_machine",
        "_out",
        "_server",
        "_sock",
        "interest",
        "wake_at",
    )

    def __init__(self, server: "Server", sock: socket.socket, *, handshake: bool) -> None:
        self._server = server
        self._sock = sock
        self._machine = server.emulator.connection()
        self._out = bytearray()
        self._handshake = handshake
        self._finish: CloseConnection | ResetConnection | None = None
        self.wake_at = 0.0
        """When the wait under way is over; 0 when there is none."""
        self.interest = 0

    def fileno(self) -> int:
        """Return the socket's descriptor, for the selector."""
        return self._sock.fileno()

    def ready(self, *, readable: bool) -> None:
        """Go on: the socket can be read or written, or a wait is over."""
        try:
            if self._handshake and not self._shake_hands():
                return
            if readable:
                self._receive()
            self._pump()
        except OSError:
            self._server.forget(self)
            self._sock.close()

    def _shake_hands(self) -> bool:
        assert isinstance(self._sock, ssl.SSLSocket)
        try:
            self._sock.do_handshake()
        except ssl.SSLWantReadError:
            self._server.watch(self, selectors.EVENT_READ)
            return False
        except ssl.SSLWantWriteError:
            self._server.watch(self, selectors.EVENT_WRITE)
            return False
        self._handshake = False
        return True

    def _receive(self) -> None:
        while True:
            try:
                data = self._sock.recv(_READ)
            except _WANTS:
                return
            if self._finish is None:
                self._machine.receive_data(data)
            elif not data:
                raise ConnectionAbortedError("the peer has ended, as awaited")
            if not data or not (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending()):
                return

    def _pump(self) -> None:
        """Do what the machine asks for, until it waits or the socket is full."""
        sent = 0
        while self._finish is None and sent < _TURN:
            if self.wake_at and (self.wake_at == math.inf or self._server.now() < self.wake_at):
                break
            self.wake_at = 0.0
            more = self._gather()
            sent += len(self._out)
            if not self._flush() or not more:
                break
        if self._out and not self._flush():
            self._server.watch(self, self._reading() | selectors.EVENT_WRITE)
        elif self._finish is not None:
            self._end(self._finish)
        elif self.wake_at == math.inf and self._machine.eof:
            raise ConnectionAbortedError("the peer has left, and the answer stalls for ever")
        else:
            turn_over = 0 if sent < _TURN else selectors.EVENT_WRITE
            self._server.watch(self, self._reading() | turn_over)

    def _gather(self) -> bool:
        """Collect bytes to send; false when nothing follows them yet."""
        while len(self._out) < _GATHER:
            match self._machine.next_action():
                case SendBytes(data):
                    self._out += data
                case Pause(seconds):
                    self.wake_at = self._server.now() + seconds
                    self._server.call_later(self)
                    return False
                case CloseConnection() | ResetConnection() as end:
                    self._finish = end
                    return False
                case _:
                    return False
        return True

    def _flush(self) -> bool:
        """Send as much as the socket takes; true when that is all."""
        while self._out:
            try:
                count = self._sock.send(self._out)
            except _WANTS:
                return False
            del self._out[:count]
        return True

    def _reading(self) -> int:
        return selectors.EVENT_READ if self._machine.wants_data else 0

    def _end(self, how: CloseConnection | ResetConnection) -> None:
        if isinstance(how, ResetConnection):
            self.abort()
            return
        if isinstance(self._sock, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self._sock.unwrap()
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
        if how.linger:
            if not self.wake_at:
                self.wake_at = self._server.now() + _LINGER
                self._server.call_later(self)
            if self._server.now() < self.wake_at:
                self._server.watch(self, selectors.EVENT_READ)
                return
        self._server.forget(self)
        self._sock.close()

    def abort(self) -> None:
        """Break the connection: the peer gets a reset."""
        self._server.forget(self)
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._sock.close()


class Server:
    """An emulator that listens. `run` serves until `stop` is called, from any thread."""

    def __init__(
        self,
        emulator: Emulator,
        *,
        host: str = _LOOPBACK,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.emulator = emulator
        self._tls = tls
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=1024)
        self._listener.setblocking(False)
        self.host: str = host
        self.port: int = self._listener.getsockname()[1]
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self.peers: set[Peer] = set()
        """The open connections."""
        self._timers: list[tuple[float, int, Peer]] = []
        self._timer_count = 0
        self._stopping = False
        self._accept_at = 0.0
        """When to look for new connections again; 0 while they are looked for."""
        self.now = time.monotonic

    @property
    def base_url(self) -> str:
        """What clients take for `base_url`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}/v1"

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._stopping:
            for key, events in self._selector.select(self._until_timer()):
                if isinstance(key.fileobj, Peer):
                    key.fileobj.ready(readable=bool(events & selectors.EVENT_READ))
                elif key.fileobj is self._listener:
                    self._accept()
            self._run_timers()

    def stop(self) -> None:
        """Make `run` return soon; may be called from any thread and from a signal handler."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def close(self) -> None:
        """Close everything, open connections included."""
        for peer in list(self.peers):
            peer.abort()
        self._selector.close()
        for sock in (self._listener, self._waker, self._woken):
            sock.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def watch(self, peer: Peer, interest: int) -> None:
        """Tell the selector what `peer` waits for."""
        if interest == peer.interest:
            return
        if not peer.interest:
            self._selector.register(peer, interest)
        elif interest:
            self._selector.modify(peer, interest)
        else:
            self._selector.unregister(peer)
        peer.interest = interest

    def forget(self, peer: Peer) -> None:
        """Drop `peer`, whose socket is about to be closed."""
        self.watch(peer, 0)
        self.peers.discard(peer)
        if self._accept_at:
            self._accept_at = self.now()

    def call_later(self, peer: Peer) -> None:
        """Call `peer` when its `wake_at` has come."""
        if peer.wake_at < math.inf:
            self._timer_count += 1
            heapq.heappush(self._timers, (peer.wake_at, self._timer_count, peer))

    def _accept(self) -> None:
        for _ in range(64):
            try:
                sock, _ = self._listener.accept()
            except OSError as error:
                if error.errno in _NO_ROOM:
                    self._stop_accepting()
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(
                    sock, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
                )
            peer = Peer(self, sock, handshake=self._tls is not None)
            self.peers.add(peer)
            self.watch(peer, selectors.EVENT_READ)

    def _stop_accepting(self) -> None:
        """Leave new connections waiting: the selector would report them without end."""
        self._accept_at = self.now() + _ROOM_AFTER
        self._selector.unregister(self._listener)

    def _until_timer(self) -> float | None:
        times = [self._timers[0][0]] if self._timers else []
        if self._accept_at:
            times.append(self._accept_at)
        return max(0.0, min(times) - self.now()) if times else None

    def _run_timers(self) -> None:
        if self._accept_at and self._accept_at <= self.now():
            self._accept_at = 0.0
            self._selector.register(self._listener, selectors.EVENT_READ)
        while self._timers and self._timers[0][0] <= self.now():
            _, _, peer = heapq.heappop(self._timers)
            if peer in self.peers:
                peer.ready(readable=False)


@contextlib.contextmanager
def serve_in_thread(
    emulator: Emulator | None = None,
    *,
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> Generator[str]:
    """Serve on a loopback port while the block runs; gives the base URL.

    The thread has ended and every socket is closed when the block is left.
    """
    with Server(emulator or Emulator(), port=port, tls=tls) as server:
        thread = threading.Thread(target=server.run, name="openai-emulator", daemon=True)
        thread.start()
        try:
            yield server.base_url
        finally:
            server.stop()
            thread.join()
