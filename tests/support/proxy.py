"""An HTTP proxy on a loopback port. What ends or breaks on one side does so on the other."""

import base64
import contextlib
import re
import socket
import struct
import threading
from typing import Final

from .raw import PATIENCE
from .server import SMALL

_RESET: Final = struct.pack("ii", 1, 0)


_HEAD: Final = re.compile(rb"([A-Z]+) http://[^/ ]+(/[^ ]* HTTP/1\.1\r\n)(.*?\r\n\r\n)", re.DOTALL)
_FOR_THE_PROXY: Final = re.compile(rb"(proxy-authorization|upgrade): [^\r]*\r\n")


def _in_origin_form(data: bytes) -> bytes:
    """Requests as a proxy passes them on; each has its head in one piece."""
    return _HEAD.sub(
        lambda head: b"%b %b%b" % (head[1], head[2], _FOR_THE_PROXY.sub(b"", head[3])), data
    )


class HttpProxy:
    """Tunnels or passes on to wherever it is asked, and records what it was asked."""

    def __init__(self, username: str | None = None, password: str = "") -> None:
        self.asked: list[str] = []
        """The request lines that came."""
        self._credentials = (
            None
            if username is None
            else b"Basic " + base64.b64encode(f"{username}:{password}".encode())
        )
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._moved = threading.Condition()
        self._ended = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._acceptor.start()

    def ended(self, count: int) -> None:
        """Wait until the end or break of `count` servers has been passed on."""
        with self._moved:
            assert self._moved.wait_for(lambda: self._ended >= count, PATIENCE)

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            if self._over.is_set():
                sock.close()
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(PATIENCE)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            head = b""
            while b"\r\n\r\n" not in head:
                if not (byte := client.recv(1)):
                    return  # a client that gave up
                head += byte
            line = head.partition(b"\r\n")[0].decode()
            self.asked.append(line)
            if self._credentials is not None and self._credentials not in head:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            tunnel = line.startswith("CONNECT ")
            place = line.split(" ")[1]
            if not tunnel:
                place = place.removeprefix("http://").partition("/")[0]
            host, _, port = place.rpartition(":")
            try:
                server = socket.create_connection((host, int(port)))
            except OSError:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
                return
            with server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
                if tunnel:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server.settimeout(PATIENCE)
                if not tunnel:
                    server.sendall(_in_origin_form(head))
                self._relay(client, server)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what comes from either side, each in a thread of its own."""
        back = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
        back.start()
        self._pass_on(client, server)
        back.join(PATIENCE)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        """Relay one direction to its end. After a break both sides are reset."""
        from_server = threading.current_thread() not in self._threads
        try:
            while data := source.recv(65536):
                target.sendall(data if from_server else _in_origin_form(data))
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for sock in (target, source):
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    sock.shutdown(socket.SHUT_RD)  # wakes the other thread
        if from_server:
            with self._moved:
                self._ended += 1
                self._moved.notify_all()

    def finish(self) -> None:
        """End everything; to be called when the clients and servers have been closed."""
        self._over.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._acceptor.join(PATIENCE)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)
