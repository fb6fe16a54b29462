"""Raw loopback servers for the tests of backends: a handler is a function of the accepted socket.

Each connection is handled in a thread of its own, which ends with its handler or when the server
is left. What a handler raises, other than that the client has gone, fails the test.
"""

import contextlib
import gc
import os
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

import pytest

from api_openai.core.call.backend import Address

PATIENCE: Final = 30.0
"""Seconds after which something that a test waits for will not come any more."""

Handler = Callable[[socket.socket], object]


@dataclass
class Raw:
    """A server that runs."""

    address: Address
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over; handlers that have nothing more to do wait for it."""
    accepted: int = 0
    """How many connections there have been."""
    active: int = 0
    """How many of them a handler serves still."""
    failures: list[BaseException] = field(default_factory=list[BaseException])
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextlib.contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Generator[Raw]:
    """Serve `handler` on a loopback port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    raw = Raw(Address(*listener.getsockname()))
    threads: list[threading.Thread] = []

    def handle(sock: socket.socket) -> None:
        try:
            sock.settimeout(PATIENCE)
            if tls is not None:
                sock = tls.wrap_socket(sock, server_side=True)
            handler(sock)
        except (ConnectionError, ssl.SSLError):
            pass
        except BaseException as error:
            raw.failures.append(error)
        finally:
            sock.close()
            with raw.lock:
                raw.active -= 1

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            if raw.over.is_set():
                sock.close()
                return
            with raw.lock:
                raw.accepted += 1
                raw.active += 1
            thread = threading.Thread(target=handle, args=(sock,), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield raw
    finally:
        raw.over.set()
        with contextlib.suppress(OSError):
            socket.create_connection(raw.address).close()
        acceptor.join(PATIENCE)
        listener.close()
        for thread in threads:
            thread.join(PATIENCE)
    assert not raw.failures, raw.failures
    assert not any(thread.is_alive() for thread in threads), "a client left a connection open"


def echo(sock: socket.socket) -> None:
    """Send back what comes, until the client closes."""
    while data := sock.recv(65536):
        sock.sendall(data)


def more(sock: socket.socket) -> bytes:
    """What comes next, where more has to come: an end would be waited out for ever in a loop."""
    if not (data := sock.recv(65536)):
        raise ConnectionAbortedError("the client has closed")
    return data


def until_closed(sock: socket.socket) -> int:
    """Read until the client closes and return how much there was."""
    total = 0
    while data := sock.recv(65536):
        total += len(data)
    return total


@contextlib.contextmanager
def full() -> Generator[Address]:
    """An address where connecting hangs: its queue is full and nobody accepts."""
    listener = socket.socket()
    waiting: list[socket.socket] = []
    try:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = Address(*listener.getsockname())
        for _ in range(8):
            sock = socket.socket()
            sock.setblocking(False)
            waiting.append(sock)
            sock.connect_ex(address)
        yield address
    finally:
        for sock in (*waiting, listener):
            sock.close()


def unused() -> Address:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return Address(*listener.getsockname())


def open_sockets() -> int:
    """How many sockets this process has open."""
    return _open("socket:")


def open_files(path: str) -> int:
    """How many times this process has a file open."""
    return _open(path)


def _open(what: str) -> int:
    gc.collect()
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("counts file descriptors in /proc")
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            count += os.readlink(f"/proc/self/fd/{name}").startswith(what)
    return count
