"""The peer that every subject talks to: one process, one thread, one selector, rendered bytes.

What it answers is chosen by the first segment of the path, so that it never looks at a body:
`POST /chat-chunks/v1/chat/completions` streams chat completion chunks. Of a WebSocket it answers
every short message (a request) and throws the long ones (audio) away. Run as
`python -m benchmarks.server`; it prints its three ports (plain, TLS, TLS with sessions that can be
resumed) and ends when its standard input does.
"""

import argparse
import heapq
import selectors
import socket
import ssl
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from . import websocket
from .authority import CERTIFICATE
from .chunks import Chunks
from .scenarios import Reply, Routes, routes

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRATCH: Final = memoryview(bytearray(1 << 20))
_MAX_HEAD: Final = 64 << 10


class Connection:
    """One client: reads requests, throws their bodies away, writes the reply of their path."""

    def __init__(self, sock: socket.socket, routes: Routes) -> None:
        self.sock = sock
        self.pieces: Iterator[bytes] = iter(())
        self.interval = 0.0
        self.paced = False
        self.watched: int = selectors.EVENT_READ
        self._routes = routes
        self._received = bytearray()
        self._reply: Reply | None = None
        self._unread = 0
        self._chunks: Chunks | None = None
        self._turn: Reply | None = None
        self._incoming: websocket.Incoming | None = None
        self._out: deque[memoryview] = deque()

    @property
    def writing(self) -> bool:
        return bool(self._out)

    def readable(self) -> bool:
        """Take what has arrived. False when the client has left."""
        count = self.sock.recv_into(_SCRATCH)
        if not count:
            return False
        if self._incoming is not None:
            return self._take_frames(self._incoming.short_frames(bytes(_SCRATCH[:count])))
        if self._chunks is None:
            discarded = min(count, self._unread)
            self._unread -= discarded
            self._received += _SCRATCH[discarded:count]
        elif (rest := self._chunks.rest(_SCRATCH[:count])) is not None:
            self._chunks = None
            self._received += rest
        while self._reply is not None or self._take_head():
            if self._unread or self._chunks is not None:
                break
            self._begin_reply()
        return True

    def _take_head(self) -> bool:
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            if len(self._received) > _MAX_HEAD:
                raise ConnectionError("request head too long")
            return False
        lines = bytes(self._received[:end]).split(b"\r\n")
        target = lines[0].split(b" ")[1]
        pairs = (line.partition(b":") for line in lines[1:])
        fields = {name.lower(): value.strip() for name, _, value in pairs}
        self._reply = self._routes[target.split(b"/", 2)[1]]()
        if b"upgrade" in fields:
            self._turn, self._incoming = self._reply.turn, websocket.Incoming()
            self._out.append(memoryview(websocket.switched(fields)))
        if b"transfer-encoding" in fields:
            self._chunks = Chunks()
            rest = self._chunks.rest(memoryview(bytes(self._received[end + 4 :])))
            self._received[:] = b"" if rest is None else rest
            if rest is not None:
                self._chunks = None
            return True
        body = len(self._received) - (end + 4)
        self._unread = int(fields.get(b"content-length", b"0"))
        discarded = min(body, self._unread)
        self._unread -= discarded
        del self._received[: end + 4 + discarded]
        return True

    def _take_frames(self, opcodes: list[int]) -> bool:
        for opcode in opcodes:
            if opcode == websocket.CLOSE:
                self.add(websocket.GOODBYE)
                return False
            if self._turn is not None:
                self._reply = self._turn
                self._begin_reply()
        return True

    def _begin_reply(self) -> None:
        reply, self._reply = self._reply, None
        assert reply is not None
        self._out += (memoryview(reply.blob), memoryview(reply.more))
        if reply.interval:
            self.pieces, self.interval = iter(reply.pieces), reply.interval
        else:
            self._out += map(memoryview, reply.pieces)
        self.writable()

    def writable(self) -> None:
        """Write as much as the socket takes."""
        try:
            while self._out:
                while self._out[0]:
                    self._out[0] = self._out[0][self.sock.send(self._out[0]) :]
                self._out.popleft()
        except (BlockingIOError, ssl.SSLWantWriteError):
            pass

    def add(self, piece: bytes) -> None:
        self._out.append(memoryview(piece))
        self.writable()


class TlsConnection(Connection):
    """The same on a socket with TLS, whose handshake goes on as the client's bytes come in."""

    def __init__(self, sock: ssl.SSLSocket, routes: Routes) -> None:
        super().__init__(sock, routes)
        self._tls = sock

    def readable(self) -> bool:
        try:
            alive = super().readable()
            while alive and self._tls.pending():  # a read gives one record
                alive = super().readable()
        except ssl.SSLWantReadError:
            return True
        return alive


def _tls(*, resumed: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    if not resumed:
        context.num_tickets = 0
    return context


class Server:
    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, Connection]] = []
        ways = (None, _tls(resumed=False), _tls(resumed=True))
        self.ports: list[int] = [self._listen(tls) for tls in ways]

    def _listen(self, tls: ssl.SSLContext | None) -> int:
        listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, (listener, tls))
        port: int = listener.getsockname()[1]
        return port

    def serve(self, until_readable: int) -> None:
        """Serve until the file descriptor `until_readable` is readable."""
        self._selector.register(until_readable, selectors.EVENT_READ)
        while True:
            timeout = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, mask in self._selector.select(timeout):
                if key.fd == until_readable:
                    return
                if isinstance(key.data, Connection):
                    self._step(key.data, mask)
                else:
                    self._accept(*key.data)
            while self._due and self._due[0][0] <= time.monotonic():
                self._send_piece(*heapq.heappop(self._due))

    def _accept(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        try:
            while True:
                sock, _ = listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if tls is None:
                    connection = Connection(sock, self._routes)
                else:
                    secured = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                    connection = TlsConnection(secured, self._routes)
                self._selector.register(connection.sock, selectors.EVENT_READ, connection)
        except BlockingIOError:
            pass

    def _step(self, connection: Connection, mask: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                connection.writable()
            if mask & selectors.EVENT_READ and not connection.readable():
                raise ConnectionResetError
        except (OSError, LookupError, ValueError):
            self._selector.unregister(connection.sock)
            connection.sock.close()
            return
        if connection.interval and not connection.paced:
            connection.paced = True
            heapq.heappush(self._due, (time.monotonic(), connection.sock.fileno(), connection))
        self._watch(connection)

    def _watch(self, connection: Connection) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.writing else 0)
        if events != connection.watched:
            connection.watched = events
            self._selector.modify(connection.sock, events, connection)

    def _send_piece(self, due: float, order: int, connection: Connection) -> None:
        piece = next(connection.pieces, None)
        if piece is None or connection.sock.fileno() < 0:
            connection.interval, connection.paced = 0.0, False
            return
        try:
            connection.add(piece)
        except OSError:
            return  # the selector reports it too, and closes the connection
        self._watch(connection)
        heapq.heappush(self._due, (due + connection.interval, order, connection))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server")
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--paced", type=int, default=400)
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    server = Server(routes(options.events, options.paced, options.file))
    print(*server.ports, flush=True)
    server.serve(sys.stdin.fileno())


if __name__ == "__main__":
    main()
