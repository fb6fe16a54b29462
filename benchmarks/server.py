"""The peer that every subject talks to: one process, one thread, one selector, rendered bytes.

What it answers is chosen by the first segment of the path, so that it never looks at a body:
`POST /chat-chunks/v1/chat/completions` streams chat completion chunks. Of a WebSocket it answers
every short message (a request) and throws the long ones (audio) away. Run as
`python -m benchmarks.server`; it prints its port and ends when its standard input does.
"""

import argparse
import functools
import heapq
import mmap
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from . import payloads, websocket

_SCRATCH: Final = memoryview(bytearray(1 << 20))
_MAX_HEAD: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Reply:
    """`blob`, then either `more`, or `pieces`, a write each, with `interval` seconds between them.

    A WebSocket gets it after the handshake, and from then on `turn` whenever it asks.
    """

    blob: bytes
    more: memoryview | bytes = b""
    pieces: tuple[bytes, ...] = ()
    interval: float = 0.0
    turn: Self | None = None


Routes = dict[bytes, Callable[[], Reply]]


def routes(events: int, paced: int, file: Path | None) -> Routes:
    """Every scenario by its name; each is rendered when it is first asked for.

    `events` is the number of text deltas of a stream, `paced` of the paced one; `file` is what a
    download sends.
    """
    size = file.stat().st_size if file else 0
    each, many = 1, 64

    def responses(per_chunk: int, *, obfuscated: bool = False) -> Reply:
        rendered = payloads.responses_events(events, obfuscated=obfuscated)
        return Reply(payloads.streamed(rendered, per_chunk))

    def chat(per_chunk: int) -> Reply:
        return Reply(payloads.streamed(payloads.chat_events(events), per_chunk))

    def embeddings(*, as_base64: bool) -> Reply:
        return Reply(payloads.whole(payloads.embeddings(as_base64=as_base64)))

    def paced_stream() -> Reply:
        pieces = (*map(payloads.chunk, payloads.responses_events(paced)), b"0\r\n\r\n")
        return Reply(payloads.stream_head(), pieces=pieces, interval=0.002)

    def held() -> Reply:
        first = payloads.responses_events(0)[0]
        return Reply(payloads.stream_head() + payloads.chunk(first))

    def session(turn: Reply | None = None) -> Reply:
        return Reply(websocket.text(payloads.session_created()), turn=turn)

    def spoken(per_write: int, interval: float) -> Reply:
        frames = [websocket.text(event) for event in payloads.audio_events(events)]
        writes = (b"".join(frames[i : i + per_write]) for i in range(0, len(frames), per_write))
        return session(Reply(b"", pieces=tuple(writes), interval=interval))

    def committed() -> Reply:
        return session(Reply(websocket.text(payloads.audio_committed())))

    def download() -> Reply:
        head = payloads.head("application/octet-stream", f"content-length: {size}")
        return Reply(head, _mapped(file)) if file and size else Reply(head)

    built: Routes = {
        b"answer": lambda: Reply(payloads.whole(payloads.chat_completion())),
        b"structured": lambda: Reply(payloads.whole(payloads.chat_completion(payloads.forecast()))),
        b"responses-chunks": lambda: responses(each),
        b"responses-coalesced": lambda: responses(many),
        b"responses-obfuscated": lambda: responses(each, obfuscated=True),
        b"chat-chunks": lambda: chat(each),
        b"chat-coalesced": lambda: chat(many),
        b"embeddings-float": lambda: embeddings(as_base64=False),
        b"embeddings-base64": lambda: embeddings(as_base64=True),
        b"paced": paced_stream,
        b"held": held,
        b"session-held": session,
        b"session-coalesced": lambda: spoken(8, 0.0),
        b"session-single": lambda: spoken(each, 0.001),
        b"session-heard": committed,
        b"upload": lambda: Reply(payloads.whole(payloads.file_object(size))),
        b"parts": lambda: Reply(payloads.whole(payloads.upload_object(size))),
        b"download": download,
    }
    return {name: functools.cache(render) for name, render in built.items()}


def _mapped(file: Path) -> memoryview:
    """The contents of a file. Over loopback, sending memory is twice as fast as `sendfile`."""
    with file.open("rb") as opened:
        return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))


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
        discarded = min(count, self._unread)
        self._unread -= discarded
        self._received += _SCRATCH[discarded:count]
        while self._reply is not None or self._take_head():
            if self._unread:
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
        if b"transfer-encoding" in fields:
            raise ConnectionError("bodies of unknown length are not served here")
        self._reply = self._routes[target.split(b"/", 2)[1]]()
        if b"upgrade" in fields:
            self._turn, self._incoming = self._reply.turn, websocket.Incoming()
            self._out.append(memoryview(websocket.switched(fields)))
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
        except BlockingIOError:
            pass

    def add(self, piece: bytes) -> None:
        self._out.append(memoryview(piece))
        self.writable()


class Server:
    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self._listener.setblocking(False)
        self._due: list[tuple[float, int, Connection]] = []
        self.port: int = self._listener.getsockname()[1]

    def serve(self, until_readable: int) -> None:
        """Serve until the file descriptor `until_readable` is readable."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(until_readable, selectors.EVENT_READ)
        while True:
            timeout = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, mask in self._selector.select(timeout):
                if key.fd == until_readable:
                    return
                if isinstance(key.data, Connection):
                    self._step(key.data, mask)
                else:
                    self._accept()
            while self._due and self._due[0][0] <= time.monotonic():
                self._send_piece(*heapq.heappop(self._due))

    def _accept(self) -> None:
        try:
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = Connection(sock, self._routes)
                self._selector.register(sock, selectors.EVENT_READ, connection)
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
    print(server.port, flush=True)
    server.serve(sys.stdin.fileno())


if __name__ == "__main__":
    main()
