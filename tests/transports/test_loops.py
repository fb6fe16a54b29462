"""Loops: several of them, their ends, files in threads, and fairness."""

import asyncio
import gc
import os
import socket
import threading
import weakref
from collections.abc import Callable
from math import inf
from pathlib import Path

import pytest
import trio
import trio.lowlevel

from api_openai.core.call.network import Network
from api_openai.core.call.wire import Exchange, PooledWire
from api_openai.transports.asyncio.transport import AsyncioTransport
from api_openai.transports.auto import AutoTransport
from api_openai.transports.common.files import Opening
from api_openai.transports.trio.transport import TrioTransport

from ..support.ports import LOOPS, SocketsPort, both, drive, on, turns
from ..support.raw import PATIENCE, open_files, open_sockets, serving, until_closed
from ..support.shipments import deadlines, fetch, shipment, tracer
from .test_cancel import cancelled_at, until

HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"

loops = pytest.mark.parametrize("kind", LOOPS)


def transport_of(kind: str, network: Network | None = None) -> AsyncioTransport | TrioTransport:
    return (TrioTransport if kind == "trio" else AsyncioTransport)(network)


# Loops that end.


@loops
def test_a_client_outlives_its_loops(kind: str) -> None:
    before = open_sockets()
    transport = transport_of(kind)
    ports: list[weakref.ref[object]] = []

    async def program() -> None:
        wire = transport.wire()
        assert wire is transport.wire()
        ports.append(weakref.ref(wire.backend))
        for _ in range(2):
            assert await fetch(wire, shipment(raw.address)) == (204, b"")

    with serving(no_content) as raw:
        for _ in range(3):
            drive(kind, program)
            served = raw.active  # first: one may end while sockets are counted
            assert open_sockets() - served <= before + 1  # its listener
            assert all(port() is None for port in ports)
        assert raw.accepted == 3
        transport.close()
        transport.close()


def no_content(sock: socket.socket) -> None:
    got = b""
    while data := sock.recv(65536):
        got += data
        if got.endswith(b"\r\n\r\n"):
            sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            got = b""


def half(sock: socket.socket) -> None:
    sock.recv(65536)
    sock.sendall(HALF)
    until_closed(sock)


@loops
def test_a_loop_that_ends_in_the_middle_of_an_answer(kind: str) -> None:
    """The exchange is given up when the collector finds it, if nobody did so before."""
    transport = transport_of(kind)
    kept: list[Exchange] = []

    async def program() -> None:
        wire = transport.wire()
        kept.append(await wire.exchange(shipment(raw.address), deadlines(wire), tracer(wire)))

    with serving(half) as raw:
        drive(kind, program)
        exchange = kept.pop()
        exchange.abort()
        exchange.abort()
        del exchange
        gc.collect()


@loops
def test_an_exchange_that_nobody_keeps(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        wire = PooledWire(port, Network())
        exchange = await wire.exchange(shipment(raw.address), deadlines(wire), tracer(wire))
        assert port.pool.in_use == 1
        thread = threading.Thread(target=collect, args=([exchange],))
        del exchange
        thread.start()
        thread.join()
        assert port.pool.in_use == 0
        await until(port, lambda: raw.active == 0)

    def collect(exchanges: list[object]) -> None:
        exchanges.clear()
        gc.collect()

    with serving(half) as raw:
        on(kind, scenario)


@loops
def test_a_client_that_nobody_closes(kind: str) -> None:
    """Its connections end with it, and no warning is left."""

    async def program() -> None:
        transport = transport_of(kind)
        reference = weakref.ref(transport)
        assert await fetch(transport.wire(), shipment(raw.address)) == (204, b"")
        del transport
        gc.collect()
        assert reference() is None
        await turns(kind)

    with serving(no_content) as raw:
        drive(kind, program)
    gc.collect()


def test_a_loop_that_was_closed_without_an_end() -> None:
    """Nobody told its generators: the port is dropped, and nothing is called on the loop."""
    transport = AsyncioTransport()
    loop = asyncio.new_event_loop()

    async def use() -> None:
        wire = transport.wire()
        await fetch(wire, shipment(raw.address))
        await transport.aclose()  # else the loop itself complains of a transport

    with serving(no_content) as raw:
        loop.run_until_complete(use())
        loop.close()
        transport.close()
        reference = weakref.ref(loop)
        del loop
        asyncio.run(use())
        gc.collect()
        assert reference() is None


def test_loops_in_several_threads() -> None:
    transport = AutoTransport()
    failures: list[BaseException] = []

    async def program() -> None:
        for _ in range(20):
            assert await fetch(transport.wire(), shipment(raw.address)) == (204, b"")

    def thread(run: Callable[[], object]) -> None:
        try:
            run()
        except BaseException as error:
            failures.append(error)

    runs = [lambda: trio.run(program), lambda: asyncio.run(program())] * 2
    with serving(no_content) as raw:
        threads = [threading.Thread(target=thread, args=(run,)) for run in runs]
        for each in threads:
            each.start()
        for each in threads:
            each.join(PATIENCE)
    assert not failures
    assert raw.accepted == 4
    transport.close()


# Which loop it is.


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_auto_picks_what_runs(kind: str) -> None:
    transport = AutoTransport()

    async def program() -> None:
        wire = transport.wire()
        assert wire is transport.wire()
        assert kind in type(wire.clock).__module__
        assert await fetch(wire, shipment(raw.address)) == (204, b"")
        await transport.aclose()

    with serving(no_content) as raw:
        drive(kind, program)


def test_auto_without_a_loop() -> None:
    with pytest.raises(RuntimeError, match="needs asyncio or trio"):
        AutoTransport().wire()


def test_trio_as_a_guest_of_asyncio() -> None:
    transport = AutoTransport()
    found: list[str] = []

    async def guest() -> None:
        found.append(type(transport.wire().clock).__name__)
        await trio.lowlevel.checkpoint()

    async def host() -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[object] = loop.create_future()
        trio.lowlevel.start_guest_run(
            guest,
            run_sync_soon_threadsafe=loop.call_soon_threadsafe,
            done_callback=done.set_result,
        )
        found.append(type(transport.wire().clock).__name__)
        await done

    asyncio.run(host())
    assert sorted(found) == ["AsyncioBackend", "TrioBackend"]


# Files, and who has gone before they were open.


def test_a_file_that_nobody_waits_for(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    early = Opening(str(path))
    early.abandon()
    assert early.open()[0].closed
    late = Opening(str(path))
    file, size = late.open()
    assert (file.closed, size) == (False, 1)
    late.abandon()
    assert file.closed


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@loops
def test_cancelled_while_a_file_is_opened(kind: str, tmp_path: Path) -> None:
    if kind == "trio":
        pytest.skip("trio waits for the worker")
    path = str(tmp_path / "pipe")
    os.mkfifo(path)

    async def scenario(port: SocketsPort) -> None:
        assert await cancelled_at(kind, lambda: port.open_file(path), 1, before=True)
        os.close(os.open(path, os.O_WRONLY))  # now the worker gets on
        await until(port, lambda: open_files(path) == 0)

    on(kind, scenario)


# Fairness.


@loops
def test_work_that_never_waits_lets_others_run(kind: str) -> None:
    """What needs no turn of the loop takes one now and then."""

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        others = 0
        stop = False

        async def other() -> None:
            nonlocal others
            while not stop:
                others += 1
                await turns(kind, 1)

        async def sender() -> None:
            nonlocal stop
            for _ in range(320):
                await port.send(conn, b"small", inf)
            stop = True

        await both(kind, other, sender)
        assert others >= 10
        port.abort(conn)

    with serving(until_closed) as raw:
        on(kind, scenario)


@loops
def test_limits_that_make_no_sense(kind: str) -> None:
    """A port that was never finished leaves nothing to be complained of."""

    async def program() -> None:
        with pytest.raises(ValueError, match="max_connections"):
            transport_of(kind, Network(max_connections=0)).wire()
        gc.collect()

    drive(kind, program)


@loops
def test_a_client_in_a_cycle(kind: str) -> None:
    """The collector takes weak references away before it calls finalizers."""

    async def program() -> None:
        transport = transport_of(kind)
        cycle: list[object] = [transport]
        cycle.append(cycle)
        assert await fetch(transport.wire(), shipment(raw.address)) == (204, b"")
        del transport, cycle
        gc.collect()
        await turns(kind)

    with serving(no_content) as raw:
        drive(kind, program)
    gc.collect()
