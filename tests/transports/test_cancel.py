"""Cancellation anywhere: no connection, no place in the pool and no file is left behind."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trio
import trio.lowlevel
import trio.testing

from api_openai.core.call.backend import Address
from api_openai.core.call.network import Network
from api_openai.core.call.wire import PooledWire
from api_openai.core.http import body_readers
from api_openai.core.http.body import BytesBody, PathBody
from api_openai.core.request.url import Origin
from api_openai.transports.trio.transport import TrioTransport

from ..support.certificates import Certificates
from ..support.ports import LOOPS, SocketsPort, on, turns
from ..support.raw import PATIENCE, echo, more, open_files, serving
from ..support.shipments import fetch, shipment

T = TypeVar("T")

SIZE = 300_000
"""Bytes of a body: more than one read and less than the kernel buffers."""

loops = pytest.mark.parametrize("kind", LOOPS)


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
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_readers, "PIECE", SIZE // 2)  # so that some goes out unread
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


@pytest.mark.parametrize("size", [1, 16 << 20], ids=["waiting for an answer", "sending a body"])
def test_a_cancellation_comes_as_trios_own_exception(size: int) -> None:
    begun, over = threading.Event(), threading.Event()
    caught: list[BaseException] = []

    def never(sock: socket.socket) -> None:
        more(sock)
        begun.set()
        over.wait(PATIENCE)

    async def program(address: Address) -> None:
        wire = TrioTransport().wire()

        async def ask() -> None:
            try:
                await fetch(wire, shipment(address, body=BytesBody(b"x" * size)))
            except BaseException as error:
                caught.append(error)
                raise

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            await trio.to_thread.run_sync(begun.wait)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        over.set()

    with serving(never) as raw:
        trio.run(program, raw.address)
    assert [type(error) for error in caught] == [trio.Cancelled]
