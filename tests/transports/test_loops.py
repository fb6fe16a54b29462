"""What only event loops have: cancellation at any point, several loops, ends of loops."""

import asyncio
import gc
import os
import socket
import threading
import weakref
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trio
import trio.lowlevel

from api_openai.core.http.body import BytesBody, PathBody
from api_openai.core.network import Network
from api_openai.core.pool import Origin
from api_openai.core.wire import Exchange, PooledWire
from api_openai.transports.asyncio import AsyncioTransport
from api_openai.transports.auto import AutoTransport
from api_openai.transports.disk import Opening
from api_openai.transports.trio import TrioTransport

from ..support.certificates import Certificates
from ..support.ports import LOOPS, SocketsPort, both, drive, on, turns
from ..support.raw import PATIENCE, echo, open_files, open_sockets, serving, until_closed
from ..support.shipments import deadlines, fetch, shipment, tracer

T = TypeVar("T")

SIZE = 300_000
"""Bytes of a body: more than one read and less than the kernel buffers."""
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"

loops = pytest.mark.parametrize("kind", LOOPS)


def transport_of(kind: str, network: Network | None = None) -> AsyncioTransport | TrioTransport:
    return (TrioTransport if kind == "trio" else AsyncioTransport)(network)


# Cancellation.


@dataclass
class Counting(Awaitable[T]):
    """Calls `at_turn` each time that what it awaits suspends."""

    inner: Awaitable[T]
    at_turn: Callable[[], None]

    def __await__(self) -> Generator[Any, Any, T]:
        inner = self.inner.__await__()
        value: Any = None
        error: BaseException | None = None
        while True:
            try:
                waits = inner.send(value) if error is None else inner.throw(error)
            except StopIteration as end:
                result: T = end.value
                return result
            self.at_turn()
            error = None
            try:
                value = yield waits
            except BaseException as thrown:
                error = thrown


async def cancelled_at(
    kind: str, program: Callable[[], Awaitable[object]], turn: int, *, before: bool
) -> bool:
    """Cancel a program while it is suspended for the `turn`-th time; False if it was not.

    The cancellation comes before the program is scheduled again, or just after (`before=False`),
    when what it has waited for is there already.
    """
    count = 0
    cancel: Callable[[], object]

    def at_turn() -> None:
        nonlocal count
        count += 1
        if count == turn:
            cancel()

    async def counted() -> None:
        await Counting(program(), at_turn)

    if kind == "trio":
        token = trio.lowlevel.current_trio_token()
        with trio.CancelScope() as scope:
            cancel = (lambda: token.run_sync_soon(scope.cancel)) if before else scope.cancel
            await counted()
        return scope.cancelled_caught

    task = asyncio.create_task(counted())
    loop = asyncio.get_running_loop()
    cancel = task.cancel if before else lambda: loop.call_soon(task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


def soon(kind: str, function: Callable[[], None]) -> Callable[[], None]:
    """What calls `function` as soon as the running task has come to rest."""
    if kind == "trio":
        token = trio.lowlevel.current_trio_token()
        return lambda: token.run_sync_soon(function)
    return function


def answering(sock: socket.socket) -> None:
    """Answer each request of `SIZE` bytes with as many, chunked."""
    while True:
        got = bytearray()
        while b"\r\n\r\n" not in got:
            if not (data := sock.recv(65536)):
                return
            got += data
        head, _, body = got.partition(b"\r\n\r\n")
        if head.startswith(b"CONNECT"):
            sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            continue
        size = len(body)
        while size < SIZE:
            if not (data := sock.recv(65536)):
                return
            size += len(data)
        sock.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(3):
            sock.sendall(b"186a0\r\n" + bytes(100_000) + b"\r\n")
        sock.sendall(b"0\r\n\r\n")


@loops
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_cancelled_anywhere_nothing_is_left(
    kind: str,
    before: bool,
    tls: bool,
    streamed: bool,
    certificates: Certificates,
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "body")
    Path(path).write_bytes(bytes(SIZE))
    body = PathBody(path) if streamed else BytesBody(bytes(SIZE))

    async def scenario(port: SocketsPort) -> None:
        wire = PooledWire(port, network)
        what = shipment(raw.address, scheme="https" if tls else "http", host="localhost", body=body)

        async def call() -> None:
            assert await fetch(wire, what) == (200, bytes(SIZE))

        turn = 1
        while await cancelled_at(kind, call, turn, before=before):
            assert (port.pool.in_use, port.pool.waiting, port.pool.idle) == (0, 0, 0)
            await until(port, lambda: raw.active == 0 and open_files(path) == 0)
            turn += 1
        assert turn > 3
        assert (port.pool.in_use, port.pool.idle) == (0, 1)

    network = Network(ca=certificates.ca)
    with serving(answering, certificates.server if tls else None) as raw:
        on(kind, scenario, network)


async def until(port: SocketsPort, true: Callable[[], bool]) -> None:
    """Wait for something that the other threads or the event loop are about to do."""
    give_up = port.now() + PATIENCE
    while not true():
        assert port.now() < give_up
        await port.sleep(0.001)


@loops
def test_cancelled_in_line(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        wire = PooledWire(port, network)
        first = port.request(Origin("http", *raw.address))

        async def call() -> None:
            await fetch(wire, shipment(raw.address))

        assert await cancelled_at(kind, call, 1, before=True)
        assert (port.pool.in_use, port.pool.waiting) == (1, 0)
        port.release(first, reuse=False)

    network = Network(max_connections=1)
    with serving(echo) as raw:
        on(kind, scenario, network)


@loops
def test_cancelled_when_its_turn_has_come(kind: str) -> None:
    """A place that was granted to somebody who has gone goes to the next in line."""

    async def scenario(port: SocketsPort) -> None:
        origin = Origin("http", *raw.address)
        first = port.request(origin)
        second = port.request(origin)
        third = port.request(origin)

        async def park() -> None:
            try:
                await port.park(second, inf)
                await turns(kind)
            finally:
                port.release(second, reuse=False)

        async def grant_then_cancel() -> None:
            await Counting(park(), soon(kind, lambda: port.release(first, reuse=False)))

        assert await cancelled_at(kind, grant_then_cancel, 1, before=True)
        assert third.granted
        port.release(third, reuse=False)

    with serving(echo) as raw:
        on(kind, scenario, Network(max_connections=1))


@loops
def test_a_receive_that_was_cancelled_loses_nothing(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        got = bytearray()

        async def receive() -> None:
            nonlocal got
            got += await port.receive(conn, inf)

        expected = bytearray()
        for number in range(200):  # enough for the port to let others run now and then
            expected += b"%d," % number
            await port.send(conn, b"%d," % number, inf)
            while got != expected:
                await cancelled_at(kind, receive, 1, before=number % 2 == 0)
                await port.sleep(0)
        port.abort(conn)

    with serving(echo) as raw:
        on(kind, scenario)


# Loops that end.


@loops
def test_a_client_outlives_its_loops(kind: str) -> None:
    before = open_sockets()
    transport = transport_of(kind)
    wires: list[object] = []

    async def program() -> None:
        wire = transport.wire()
        assert wire is transport.wire()
        assert not any(wire is other for other in wires)
        wires.append(wire)
        for _ in range(2):
            assert await fetch(wire, shipment(raw.address)) == (204, b"")

    with serving(no_content) as raw:
        for _ in range(3):
            drive(kind, program)
            gc.collect()
            assert open_sockets() - raw.active <= before + 1  # its listener
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
    with pytest.raises(RuntimeError, match="no running event loop"):
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
    assert sorted(found) == ["AsyncioPort", "TrioPort"]


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
def test_a_stream_that_never_waits_lets_others_run(kind: str) -> None:
    """Receives whose bytes are there take no turn of the loop, but for one now and then."""
    chunk = bytes(1000)

    def handler(sock: socket.socket) -> None:
        try:
            while True:
                sock.sendall(chunk * 1000)
        except OSError:
            return

    async def scenario(port: SocketsPort) -> None:
        conn = await port.connect(raw.address, inf)
        others = 0
        stop = False

        async def other() -> None:
            nonlocal others
            while not stop:
                others += 1
                await turns(kind, 1)

        async def reader() -> None:
            nonlocal stop
            for _ in range(500):
                await port.receive(conn, inf)
            stop = True

        await both(kind, other, reader)
        assert others > 5
        port.abort(conn)

    with serving(handler) as raw:
        on(kind, scenario)
