"""A scripted peer on a loopback port: it says what the script says, and records every byte.

A script is a list of actions for one connection, and the n-th connection that is accepted runs the
n-th script. When its script is over a connection is read until the client closes it, so that
`finish` can say whether the client left a socket open. Nothing here sleeps; a peer that waits is
woken by the client, by the scenario (`go`) or by its end.
"""

import contextlib
import socket
import ssl
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

PATIENCE: Final = 30.0
"""Seconds after which a peer or a join gives up: a test that comes here has failed."""


SMALL: Final = 64 * 1024
"""What servers and proxies buffer, so that a client notices soon that nobody reads."""


class Act(Enum):
    """Actions without arguments."""

    ASK = "read one whole request"
    HEAD = "read the head of a request and leave its body alone"
    CLOSE = "close"
    CUT = "close, and let TLS say nothing of it"
    RESET = "close with a reset"
    SHUT = "end sending, go on receiving"
    STALL = "neither read nor write until the scenario is over"
    GATE = "neither read nor write until the scenario says go"
    HANGUP = "read until the client closes"


ASK, HEAD, CLOSE, CUT, RESET = Act.ASK, Act.HEAD, Act.CLOSE, Act.CUT, Act.RESET
SHUT, STALL, GATE, HANGUP = Act.SHUT, Act.STALL, Act.GATE, Act.HANGUP


class Drip(NamedTuple):
    """Send byte by byte."""

    data: bytes


class Always(NamedTuple):
    """Answer every request the same, until the client closes."""

    answer: bytes


class Move(ABC):
    """An action that says itself what it does; those of WebSockets are in `websocket.py`."""

    @abstractmethod
    def play(self, peer: "Peer") -> None: ...


Action = bytes | Act | Drip | Always | Move


@dataclass(frozen=True)
class Received:
    """One request, as it came."""

    raw: bytes
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """Without its transfer coding."""

    def header(self, name: str) -> str | None:
        """The value of a field; a field that came twice fails the test."""
        values = [value for field_, value in self.headers if field_ == name]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


class Hangup(Exception):
    """The client has closed."""


@dataclass(eq=False)
class Peer:
    """The server's side of one connection."""

    sock: socket.socket
    script: tuple[Action, ...]
    over: threading.Event
    tls: ssl.SSLContext | None = None
    stalled: threading.Event = field(default_factory=threading.Event)
    requests: list[Received] = field(default_factory=list[Received])
    received: bytearray = field(default_factory=bytearray)
    """Everything that came, TLS undone."""
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    played: threading.Event = field(default_factory=threading.Event)
    """Set when the script is over."""
    failure: str | None = None
    session: Any = None
    """The WebSocket that it has become, if it has."""
    _unread: bytes = b""
    _gates: int = 0
    _at_gate: threading.Condition = field(default_factory=threading.Condition)

    def cut_off(self) -> None:
        """End it from outside."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def waited(self, count: int) -> None:
        """Wait until the script has come to its gate number `count`."""
        with self._at_gate:
            assert self._at_gate.wait_for(lambda: self._gates >= count, PATIENCE)

    def run(self) -> None:
        try:
            self.sock.settimeout(PATIENCE)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                self.sock = self.tls.wrap_socket(self.sock, server_side=True)
            for action in self.script:
                self._do(action)
            self.played.set()
            self._drain()
        except (Hangup, ConnectionError, ssl.SSLError, BrokenPipeError):
            pass
        except TimeoutError:
            self.failure = "the client neither went on nor closed"
        except OSError as error:
            if self.sock.fileno() >= 0:  # else it closed itself, as its script says
                self.failure = f"{error!r}"
        finally:
            self.sock.close()
            self.played.set()

    def _do(self, action: Action) -> None:
        match action:
            case bytes():
                self.sock.sendall(action)
            case Drip(data):
                for byte in data:
                    self.sock.sendall(bytes((byte,)))
            case Always(answer):
                while True:
                    self.request()
                    self.sock.sendall(answer)
            case Move():
                action.play(self)
            case Act.ASK:
                self.request()
            case Act.HEAD:
                self._until(b"\r\n\r\n")
            case Act.CLOSE:
                self._say_goodbye()
                self._linger_not(reset=False)
            case Act.CUT:
                self._linger_not(reset=False)
            case Act.RESET:
                self._linger_not(reset=True)
            case Act.SHUT:
                self._say_goodbye()
                self.sock.settimeout(PATIENCE)
                self.sock.shutdown(socket.SHUT_WR)
            case Act.STALL:
                self.stalled.set()
                self.over.wait(PATIENCE)
            case Act.GATE:
                with self._at_gate:
                    self._gates += 1
                    self._at_gate.notify_all()
                assert self.gate.acquire(timeout=PATIENCE), "nobody opened the gate"
            case Act.HANGUP:
                self._drain()

    def _say_goodbye(self) -> None:
        """Send the alert with which TLS ends, and do not wait for the client's."""
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(0)
            with contextlib.suppress(OSError, ValueError):
                self.sock.unwrap()

    def _linger_not(self, *, reset: bool) -> None:
        if reset:
            option = struct.pack("ii", 1, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
        self.sock.close()
        raise Hangup

    def _drain(self) -> None:
        while True:
            self._more()

    def take(self) -> bytes:
        """Return what has come and was not looked at, or wait for it."""
        if not self._unread:
            self._more()
        data, self._unread = self._unread, b""
        return data

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise Hangup
        self.received += data
        self._unread += data

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._unread:
            self._more()
        found, _, self._unread = self._unread.partition(mark)
        return found + mark

    def _exactly(self, size: int) -> bytes:
        while len(self._unread) < size:
            self._more()
        found, self._unread = self._unread[:size], self._unread[size:]
        return found

    def request(self) -> None:
        """Read one whole request."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, target, _ = first.split(" ")
        headers: list[tuple[str, str]] = []
        for line in lines:
            name, _, value = line.partition(":")
            headers.append((name.lower(), value.strip()))
        fields = dict(headers)
        if fields.get("transfer-encoding") == "chunked":
            raw, body = self._chunks()
        else:
            raw = body = self._exactly(int(fields.get("content-length", "0")))
        self.requests.append(Received(head + raw, method, target, tuple(headers), body))

    def _chunks(self) -> tuple[bytes, bytes]:
        raw = body = b""
        while True:
            line = self._until(b"\r\n")
            data = self._exactly(int(line, 16) + 2)
            raw += line + data
            if data == b"\r\n":
                return raw, body
            body += data[:-2]


class Server:
    """Scripted connections on one loopback port."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.peers: list[Peer] = []
        self.unexpected = 0
        """Connections beyond the scripts."""
        self.stalled = threading.Event()
        """Set when a script has come to `STALL`."""
        self._scripts: list[tuple[Action, ...]] = []
        self._default: tuple[Action, ...] | None = None
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepted = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="scripted server", daemon=True)
        self._acceptor.start()

    def on(self, *script: Action) -> None:
        """Script the next connection."""
        self._scripts.append(script)

    def on_any(self, *script: Action) -> None:
        """Script all connections that have no script of their own."""
        self._default = script

    def go(self, number: int = -1) -> None:
        """Let a peer, by default the last, through its gate; it need not have come to it yet."""
        self.peer(max(number, 0))
        self.peers[number].gate.release()

    def go_all(self) -> None:
        """Open the gates of all peers that wait."""
        for peer in self.peers:
            peer.gate.release()

    def peer(self, number: int) -> Peer:
        """The peer of a connection, counted from 0; waits until it is there."""
        with self._accepted:
            there = self._accepted.wait_for(lambda: len(self.peers) > number, PATIENCE)
        assert there, f"connection {number} was not made"
        return self.peers[number]

    def played(self, number: int = 0) -> Peer:
        """Wait until a connection's script is over."""
        peer = self.peer(number)
        assert peer.played.wait(PATIENCE), f"connection {number}: its script is not over"
        return peer

    @property
    def requests(self) -> list[Received]:
        """All requests, in the order of their connections."""
        return [request for peer in self.peers for request in peer.requests]

    @property
    def request(self) -> Received:
        """The only request there was."""
        (request,) = self.requests
        return request

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._over.is_set():
                sock.close()
                return
            with self._accepted:
                script = self._scripts.pop(0) if self._scripts else self._default
                if script is None:
                    self.unexpected += 1
                    script = (CLOSE,)
                peer = Peer(sock, script, self._over, self.tls, self.stalled)
                thread = threading.Thread(target=peer.run, name="scripted peer", daemon=True)
                self.peers.append(peer)
                self._threads.append(thread)
                thread.start()
                self._accepted.notify_all()

    def finish(self, *, wait: bool = True) -> list[str]:
        """End everything and return what was wrong: sockets left open, connections unasked for.

        To be called when the client has been closed, or without `wait` for that.
        """
        self._over.set()
        if not wait:
            for peer in self.peers:
                peer.cut_off()
        self.go_all()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._acceptor.join(PATIENCE)
        self._listener.close()
        return [*self._wrong()]

    def _wrong(self) -> Iterator[str]:
        for number, (peer, thread) in enumerate(zip(self.peers, self._threads, strict=True)):
            thread.join(PATIENCE)
            if thread.is_alive():
                peer.sock.close()
                yield f"connection {number} was left open"
            if peer.failure is not None:
                yield f"connection {number}: {peer.failure}"
        if self.unexpected:
            yield f"{self.unexpected} connections that nobody expected"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish(wait=False)
