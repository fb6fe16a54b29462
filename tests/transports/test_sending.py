"""Sending on every port: much of it, to peers that are slow, silent, gone, or answer early."""

import socket
import struct
import threading
from math import inf

import pytest

from api_openai.core.call.backend import DeadlinePassed
from api_openai.core.terms.errors import APIConnectionError

from ..support.ports import KINDS, SocketsPort, both, on
from ..support.raw import PATIENCE, more, serving, until_closed

SOON = 0.05
"""Seconds until a deadline that passes, by the clock of the test."""
BIG = bytes(range(256)) * 16 * 1024  # 4 MiB: more than the kernel buffers

pytestmark = pytest.mark.parametrize("kind", KINDS)


def test_deadline_of_sending_to_a_peer_that_does_not_read(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        with pytest.raises(DeadlinePassed):
            await port.send(conn, BIG * 4, port.now() + SOON)
        with pytest.raises(DeadlinePassed):
            await port.send_watching(conn, BIG * 4, port.now() + SOON)
        port.abort(conn)

    with serving(lambda _: raw.over.wait(PATIENCE)) as raw:
        on(kind, scenario)


def test_much_data(kind: str) -> None:
    def handler(sock: socket.socket) -> None:
        got = bytearray()
        while len(got) < len(BIG):
            got += more(sock)
        assert got == BIG
        sock.sendall(BIG)
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        await port.send(conn, BIG, port.now() + PATIENCE)
        got = bytearray()
        while len(got) < len(BIG):
            part = await port.receive(conn, port.now() + PATIENCE)
            assert 0 < len(part) <= 256 * 1024
            got += part
        assert got == BIG
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


def test_a_slow_reader_holds_the_sender_back(kind: str) -> None:
    """What a peer sends in advance is kept up to a bound, and none of it is lost."""
    stalled = threading.Event()
    sent: list[int] = []

    def handler(sock: socket.socket) -> None:
        sock.settimeout(0.2)
        data = memoryview(BIG * 4)
        try:
            while data:
                data = data[sock.send(data) :]
        except TimeoutError:
            stalled.set()
        sent.append(len(data))
        sock.settimeout(PATIENCE)
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        while not stalled.wait(0 if kind != "blocking" else PATIENCE):
            await port.sleep(0.01)
        total = 0
        while data := await port.receive(conn, port.now() + PATIENCE):
            total += len(data)
        assert total == 4 * len(BIG)
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)
    assert sent[0] > 0


def test_sending_on_a_dead_connection_says_why(kind: str) -> None:
    """The first thing that happens on it after it broke is a send."""
    connected, closed = threading.Event(), threading.Event()

    def handler(sock: socket.socket) -> None:
        assert connected.wait(PATIENCE)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        closed.set()

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        connected.set()
        assert closed.wait(PATIENCE)
        with pytest.raises(APIConnectionError) as caught:
            await port.send(conn, b"x", inf)
        assert isinstance(caught.value.__cause__, ConnectionError)
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


def test_sending_stops_when_the_peer_answers_early(kind: str) -> None:
    answered = threading.Event()

    def handler(sock: socket.socket) -> None:
        sock.recv(1)
        sock.sendall(b"too much")
        answered.set()
        raw.over.wait(PATIENCE)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        taken = await port.send_watching(conn, BIG * 4, port.now() + PATIENCE)
        assert 0 < taken < 4 * len(BIG)
        assert port.readable(conn)
        assert await port.receive(conn, inf) == b"too much"
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


def test_sending_while_watching_a_silent_peer(kind: str) -> None:
    def handler(sock: socket.socket) -> None:
        total = 0
        while total < len(BIG):
            total += len(more(sock))
        sock.sendall(b"%d" % total)
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        assert await port.send_watching(conn, BIG, port.now() + PATIENCE) == len(BIG)
        assert await port.receive(conn, inf) == b"%d" % len(BIG)
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


def test_sending_and_receiving_at_the_same_time(kind: str) -> None:
    def handler(sock: socket.socket) -> None:
        sender = threading.Thread(target=sock.sendall, args=(BIG,))
        sender.start()
        total = 0
        while total < len(BIG):
            total += len(more(sock))
        sender.join(PATIENCE)
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)

        async def send() -> None:
            await port.send(conn, BIG, port.now() + PATIENCE)

        async def receive() -> None:
            got = bytearray()
            while len(got) < len(BIG):
                got += await port.receive(conn, port.now() + PATIENCE)
            assert got == BIG

        await both(kind, send, receive)
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)
