"""What every port does, plain TCP: one list of scenarios for all of them."""

import socket
import struct
import threading
from math import inf
from pathlib import Path

import pytest

from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.request.url import Origin
from api_openai.core.terms.errors import APIConnectionError

from ..support.clock import Clock
from ..support.ports import KINDS, SocketsPort, both, on, turns
from ..support.raw import PATIENCE, echo, full, open_sockets, serving, until_closed, unused

SOON = 0.05
"""Seconds until a deadline that passes, by the clock of the test."""
BIG = bytes(range(256)) * 16 * 1024  # 4 MiB: more than the kernel buffers

pytestmark = pytest.mark.parametrize("kind", KINDS)


def test_bytes_go_there_and_back(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        for deadline in (inf, port.now() + PATIENCE):
            await port.send(conn, b"hello", deadline)
            assert await port.receive(conn, deadline) == b"hello"
        await port.send(conn, memoryview(b"-view-")[1:-1], inf)
        assert await port.receive(conn, inf) == b"view"
        assert not port.readable(conn)
        port.abort(conn)
        port.abort(conn)

    with serving(echo) as raw:
        on(kind, scenario)


def test_connection_options(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        sock = socket.socket(
            fileno=socket.dup(conn.fd if hasattr(conn, "fd") else conn.sock.fileno())
        )
        with sock:
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            if hasattr(socket, "TCP_KEEPIDLE"):
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
        port.abort(conn)

    with serving(echo) as raw:
        on(kind, scenario)


def test_connection_refused(kind: str) -> None:
    address = unused()

    async def scenario(port: SocketsPort) -> APIConnectionError:
        with pytest.raises(APIConnectionError) as caught:
            await port.connect(address, inf)
        return caught.value

    error = on(kind, scenario)
    assert error.sent == "no"
    assert f"127.0.0.1:{address.port}" in str(error)
    assert "refused" in str(error)
    assert isinstance(error.__cause__, OSError)


def test_unknown_host(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def scenario(port: SocketsPort) -> APIConnectionError:
        with pytest.raises(APIConnectionError) as caught:
            await port.connect(Address("no-such-host.invalid", 443), inf)
        return caught.value

    monkeypatch.setattr(socket, "getaddrinfo", fail)  # loops that ask libc find the same
    error = on(kind, scenario)
    assert error.sent == "no"
    assert "no-such-host.invalid:443" in str(error)
    assert isinstance(error.__cause__, OSError)


def test_a_name_that_no_host_can_have(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        with pytest.raises(APIConnectionError) as caught:
            await port.connect(Address("a" * 64 + ".invalid", 443), inf)
        assert caught.value.sent == "no"

    on(kind, scenario)


def test_deadline_of_connecting(kind: str) -> None:
    before = open_sockets()

    async def scenario(port: SocketsPort) -> None:
        with pytest.raises(DeadlinePassed):
            await port.connect(address, port.now() + SOON)

    with full() as address:
        on(kind, scenario)
    assert open_sockets() == before


def test_deadline_of_receiving_changes_nothing(kind: str) -> None:
    go = threading.Event()

    def handler(sock: socket.socket) -> None:
        assert go.wait(PATIENCE)
        sock.sendall(b"late")
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        for _ in range(2):
            with pytest.raises(DeadlinePassed):
                await port.receive(conn, port.now() + SOON)
        go.set()
        assert await port.receive(conn, port.now() + PATIENCE) == b"late"
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


def test_a_deadline_that_has_passed(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        await port.send(conn, b"x", inf)
        assert await port.receive(conn, inf) == b"x"
        with pytest.raises(DeadlinePassed):
            await port.receive(conn, port.now() - 1)
        port.abort(conn)

    with serving(echo) as raw:
        on(kind, scenario)


def test_deadlines_that_change_from_call_to_call(kind: str) -> None:
    """A timer that is set lazily has to be set anew for an earlier deadline, and for none."""

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        for deadline in (port.now() + 3600, inf, port.now() + PATIENCE):
            await port.send(conn, b"x", inf)
            assert await port.receive(conn, deadline) == b"x"
        with pytest.raises(DeadlinePassed):
            await port.receive(conn, port.now() + SOON)
        with pytest.raises(DeadlinePassed):
            await port.receive(conn, port.now() + 2 * SOON)
        port.abort(conn)

    with serving(echo) as raw:
        on(kind, scenario)


def test_a_timer_that_fires_before_the_deadline_that_counts(kind: str) -> None:
    """It was set for a receive that was in time, and has to be set anew."""

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        await port.send(conn, b"x", inf)
        with clock.hold():
            assert await port.receive(conn, port.now() + SOON) == b"x"
        with pytest.raises(DeadlinePassed):
            await port.receive(conn, port.now() + 2 * SOON)
        port.abort(conn)

    clock = Clock()
    with serving(echo) as raw:
        on(kind, scenario, clock=clock)


def test_half_close(kind: str) -> None:
    got: list[bytes] = []

    def handler(sock: socket.socket) -> None:
        sock.sendall(b"last words")
        sock.shutdown(socket.SHUT_WR)
        got.append(sock.recv(100))
        until_closed(sock)

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        assert await port.receive(conn, inf) == b"last words"
        for _ in range(3):
            assert await port.receive(conn, inf) == b""
        assert port.readable(conn)
        await port.send(conn, b"still here", inf)
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)
    assert got == [b"still here"]


def test_reset(kind: str) -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        await port.send(conn, b"x", inf)
        with pytest.raises(APIConnectionError) as caught:
            await port.receive(conn, inf)
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        assert f"127.0.0.1:{raw.address.port}" in str(caught.value)
        assert port.readable(conn)
        with pytest.raises(APIConnectionError):
            await port.send(conn, BIG * 4, inf)
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


def test_a_dead_idle_connection_is_readable_at_once(kind: str) -> None:
    """Also before an event loop had an opportunity to look."""
    closed = threading.Event()

    def handler(sock: socket.socket) -> None:
        sock.recv(1)
        sock.close()
        closed.set()

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        assert not port.readable(conn)
        await port.send(conn, b"x", inf)
        assert closed.wait(PATIENCE)
        assert port.readable(conn)
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)


def test_abort_wakes_who_receives(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        receiving = threading.Event()

        async def receive() -> None:
            receiving.set()
            try:
                # The kernel may wake a blocking thread with an end.
                assert (await port.receive(conn, inf), kind) == (b"", "blocking")
            except APIConnectionError:
                pass

        async def abort() -> None:
            assert kind != "blocking" or receiving.wait(PATIENCE)
            await turns(kind)
            port.abort(conn)

        await both(kind, receive, abort)

    with serving(echo) as raw:
        on(kind, scenario)


def test_closed_connections_fail(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        port.abort(conn)
        await turns(kind)
        assert port.readable(conn)
        with pytest.raises(APIConnectionError):
            await port.send(conn, b"x", inf)
        with pytest.raises(APIConnectionError):
            await port.receive(conn, inf)

    with serving(echo) as raw:
        on(kind, scenario)


def test_parking_until_a_connection_is_free(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        origin = Origin("http", *raw.address)
        first = port.request(origin)
        first.conn = conn = await port.connect(raw.address, inf)
        second, third = port.request(origin), port.request(origin)
        assert (first.granted, second.granted, third.granted) == (True, False, False)
        with pytest.raises(DeadlinePassed):
            await port.park(second, port.now() + SOON)
        port.release(second, reuse=False)
        parked = threading.Event()

        async def wait() -> None:
            parked.set()
            await port.park(third, inf)

        async def free() -> None:
            assert kind != "blocking" or parked.wait(PATIENCE)
            await turns(kind)
            port.release(first, reuse=True)
            port.release(first, reuse=True)

        await both(kind, wait, free)
        assert third.granted
        assert third.conn is conn
        port.release(third, reuse=False)

    with serving(echo) as raw:
        on(kind, scenario, Network(max_connections=1))


def test_a_ticket_that_is_granted_needs_no_parking(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        ticket = port.request(Origin("http", "localhost", 80))
        await port.park(ticket, inf)
        port.release(ticket, reuse=False)

    on(kind, scenario)


def test_idle_connections_are_closed(kind: str) -> None:
    before = open_sockets()

    async def scenario(port: SocketsPort) -> None:
        origin = Origin("http", *raw.address)
        for _ in range(3):
            ticket = port.request(origin)
            ticket.conn = ticket.conn or await port.connect(raw.address, inf)
            port.release(ticket, reuse=True)
        assert port.pool.idle == 1

    with serving(echo) as raw:
        on(kind, scenario)
    assert open_sockets() == before


def test_clock_and_chance(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        began = port.now()
        await port.sleep(0.01)
        assert port.now() >= began + 0.009
        assert 0 <= port.random() < 1
        assert port.random() != port.random()
        assert port.token() != port.token()
        assert len(port.token()) >= 32
        assert port.token().isalnum()

    on(kind, scenario)


def test_files(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    here = threading.get_ident()

    async def scenario(port: SocketsPort) -> None:
        file, size = await port.open_file(str(path))
        assert size == 10
        assert await port.read_file(file, 6) == b"012345"
        assert await port.read_file(file, 6) == b"6789"
        assert await port.read_file(file, 6) == b""
        file.close()
        with pytest.raises(FileNotFoundError):
            await port.open_file(str(path) + "?")
        with pytest.raises(IsADirectoryError):
            await port.open_file(str(tmp_path))
        assert (await port.in_worker(threading.get_ident) == here) == (not port.asynchronous)

    on(kind, scenario)
