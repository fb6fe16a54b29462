"""Programs side by side: order, limit, failures and cancellation, in every way of doing I/O."""

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from functools import partial
from math import inf
from typing import Any

import httpx
import pytest
import trio

from api_openai.core.call.network import Network
from api_openai.core.call.run import run
from api_openai.core.request.url import Origin
from api_openai.core.terms.effects import Tasks
from api_openai.core.terms.errors import APIConnectionError
from api_openai.transports.blocking.transport import BlockingBackend
from api_openai.transports.common.gather import in_turn
from api_openai.transports.httpx.transport import AsyncHttpxTransport, HttpxTransport

from ..support.port import ScriptedPort
from ..support.ports import KINDS, LOOPS, SocketsPort, drive, on, turns
from ..support.raw import PATIENCE, serving
from .test_cancel import cancelled_at, until

kinds = pytest.mark.parametrize("kind", KINDS)
loops = pytest.mark.parametrize("kind", LOOPS)

Programs = list[Callable[[], Coroutine[Any, Any, Any]]]


class Oops(Exception):
    """What programs of these tests fail with."""


class Meeting:
    """Programs wait here until so many have come: in threads, or in tasks of an event loop."""

    def __init__(self, kind: str, count: int) -> None:
        self._kind = kind
        self._count = count
        self._barrier = threading.Barrier(count) if kind == "blocking" else None

    async def join(self) -> None:
        if self._barrier is not None:
            self._barrier.wait(PATIENCE)
            return
        self._count -= 1
        for _ in range(1000):
            if self._count <= 0:
                return
            await turns(self._kind, 1)
        raise AssertionError("the others did not come")


@kinds
def test_results_are_in_order_whoever_is_first(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        meeting = Meeting(kind, 3)

        async def program(number: int) -> int:
            if number < 3:
                await meeting.join()
            return number

        programs = [partial(program, number) for number in range(7)]
        assert await port.gather(programs, 3) == [0, 1, 2, 3, 4, 5, 6]
        assert await port.gather([], 3) == []

    on(kind, scenario)


@kinds
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_never_more_than_the_limit(kind: str, limit: int) -> None:
    async def scenario(port: SocketsPort) -> None:
        lock = threading.Lock()
        running = most = 0

        async def program() -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            await turns(kind, 2)
            with lock:
                running -= 1

        await port.gather([program] * 12, limit)
        assert most <= limit
        assert kind == "blocking" or most == limit

    on(kind, scenario)


@kinds
@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one(kind: str, limit: int) -> None:
    async def scenario(port: SocketsPort) -> None:
        with pytest.raises(ValueError, match="limit="):
            await port.gather([], limit)

    on(kind, scenario)


@kinds
def test_one_at_a_time_is_neither_thread_nor_task(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        def here() -> object:
            if kind == "trio":
                return trio.lowlevel.current_task()
            return threading.current_thread() if kind == "blocking" else asyncio.current_task()

        async def program() -> object:
            return here()

        assert await port.gather([program, program], 1) == [here(), here()]
        assert await port.gather([program], 5) == [here()]

    on(kind, scenario)


@kinds
def test_the_first_failure_comes_out_as_it_is(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        begun: list[int] = []
        ended: list[int] = []
        meeting = Meeting(kind, 3)

        async def program(number: int) -> None:
            begun.append(number)
            try:
                await meeting.join()
                if number == 1:
                    raise Oops(number)
                await port.sleep(60)
            finally:
                ended.append(number)

        with pytest.raises(Oops, match="1") as caught:
            await port.gather([partial(program, number) for number in range(9)], 3)
        assert caught.value.__cause__ is caught.value.__context__ is None
        assert sorted(begun) == sorted(ended) == [0, 1, 2]

    on(kind, scenario)


@kinds
def test_a_failure_leaves_no_cycle(kind: str) -> None:
    async def scenario(port: SocketsPort) -> None:
        async def fail() -> None:
            raise Oops

        async def all_of_them() -> None:
            try:
                await port.gather([fail, fail], 2)
            except Oops:
                pass

        await all_of_them()
        gc.collect()
        gc.disable()
        try:
            await all_of_them()
            await turns(kind)
            alive = [each for each in gc.get_objects() if isinstance(each, Oops)]
            assert alive == []
        finally:
            gc.enable()

    on(kind, scenario)


@kinds
def test_the_context_goes_along(kind: str) -> None:
    name: ContextVar[str] = ContextVar("name")

    async def scenario(port: SocketsPort) -> None:
        async def program() -> str:
            return name.get()

        name.set("outer")
        assert await port.gather([program] * 3, 3) == ["outer"] * 3

    on(kind, scenario)


def silent(sock: socket.socket) -> None:
    """Read, and never answer."""
    while sock.recv(65536):
        pass


@kinds
def test_a_failure_ends_those_that_wait_for_a_peer(kind: str) -> None:
    """Receiving, in line for a connection, and asleep: in threads too."""

    async def scenario(port: SocketsPort) -> None:
        origin = Origin("http", *raw.address)

        async def receive() -> None:
            ticket = port.request(origin)
            try:
                ticket.conn = await port.connect(raw.address, inf)
                receiving.append(True)
                await port.receive(ticket.conn, inf)
            finally:
                port.release(ticket, reuse=False)

        async def park() -> None:
            await until(port, lambda: len(receiving) == 2)
            ticket = port.request(origin)
            try:
                await port.park(ticket, inf)
            finally:
                port.release(ticket, reuse=False)

        async def sleep() -> None:
            await port.sleep(3600)

        async def fail() -> None:
            await until(port, lambda: len(receiving) == 2 and port.pool.waiting == 1)
            raise Oops

        receiving: list[bool] = []
        with pytest.raises(Oops):
            await port.gather([receive, receive, park, sleep, fail], 5)
        assert (port.pool.in_use, port.pool.waiting) == (0, 0)
        await until(port, lambda: raw.active == 0)

    with serving(silent) as raw:
        on(kind, scenario, Network(max_connections=2))


@loops
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_cancelled_anywhere_all_of_them_end(kind: str, before: bool) -> None:
    async def scenario(port: SocketsPort) -> None:
        begun = ended = 0

        async def program(number: int) -> int:
            nonlocal begun, ended
            begun += 1
            try:
                await turns(kind, number)
                conn = await port.connect(raw.address, inf)
                try:
                    await port.send(conn, b"x" * number, inf)
                    return len(await port.receive(conn, inf))
                finally:
                    port.abort(conn)
            finally:
                ended += 1

        async def everything() -> None:
            results = await port.gather([partial(program, n) for n in range(1, 6)], 3)
            assert all(results)

        turn = 1
        while await cancelled_at(kind, everything, turn, before=before):
            assert begun == ended
            await until(port, lambda: raw.active == 0)
            turn += 1
        assert begun == ended >= 5

    def echo(sock: socket.socket) -> None:
        while data := sock.recv(65536):
            sock.sendall(data)

    with serving(echo) as raw:
        on(kind, scenario)


@loops
def test_cancelled_again_and_again_it_still_waits(kind: str) -> None:
    """A program that takes its time to end is waited for."""
    ended = False

    async def slow() -> None:
        nonlocal ended
        try:
            await turns(kind, 10_000)
        finally:
            if kind == "trio":
                with trio.CancelScope(shield=True):
                    await turns(kind, 20)
            else:
                for _ in range(20):
                    try:
                        await asyncio.sleep(0)
                    except asyncio.CancelledError:
                        pass
            ended = True

    async def scenario(port: SocketsPort) -> None:
        if kind == "trio":
            with trio.CancelScope() as scope:
                scope.cancel()
                await port.gather([slow, slow], 2)
            assert scope.cancelled_caught
        else:
            task = asyncio.create_task(port.gather([slow, slow], 2))
            for _ in range(5):
                await asyncio.sleep(0)
                task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert task.cancelling() == 5
        assert ended

    on(kind, scenario)


def test_what_a_caller_of_trio_catches_is_no_group() -> None:
    async def scenario(port: SocketsPort) -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await port.gather([trio.sleep_forever, trio.sleep_forever], 2)
            except trio.Cancelled:
                pass

    on("trio", scenario)


def test_an_asyncio_program_that_is_cancelled_by_others() -> None:
    async def scenario(port: SocketsPort) -> None:
        async def cancels_itself() -> None:
            raise asyncio.CancelledError

        async def waits() -> None:
            await asyncio.sleep(60)

        with pytest.raises(asyncio.CancelledError):
            await port.gather([cancels_itself, waits], 2)

    on("asyncio", scenario)


def test_a_gather_that_is_closed_cancels_its_tasks() -> None:
    async def scenario(port: SocketsPort) -> None:
        ended = 0

        async def program() -> None:
            nonlocal ended
            try:
                await asyncio.sleep(60)
            finally:
                ended += 1

        coroutine = port.gather([program, program], 2)
        coroutine.send(None)
        await asyncio.sleep(0)
        coroutine.close()
        await turns("asyncio")
        assert ended == 2

    on("asyncio", scenario)


def test_ctrl_c_ends_the_threads_where_they_wait() -> None:
    """The main thread waits for the others; a signal reaches it, and they stop."""
    ended: list[str] = []
    connected = threading.Event()

    async def scenario(port: SocketsPort) -> None:
        async def receive() -> None:
            conn = await port.connect(raw.address, inf)
            connected.set()
            try:
                await port.receive(conn, inf)
            finally:
                port.abort(conn)
                ended.append("receive")

        async def sleep() -> None:
            await until(port, connected.is_set)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            try:
                await port.sleep(3600)
            finally:
                ended.append("sleep")

        with pytest.raises(KeyboardInterrupt):
            await port.gather([receive, sleep], 2)

    with serving(silent) as raw:
        on("blocking", scenario)
    assert sorted(ended) == ["receive", "sleep"]


def test_threads_within_threads_are_stopped_too() -> None:
    async def scenario(port: SocketsPort) -> None:
        asleep = threading.Barrier(3)

        async def sleep() -> None:
            asleep.wait(PATIENCE)
            await port.sleep(3600)

        async def inner() -> None:
            await port.gather([sleep, sleep], 2)

        async def fail() -> None:
            asleep.wait(PATIENCE)
            raise Oops

        with pytest.raises(Oops):
            await port.gather([inner, fail], 2)

    on("blocking", scenario)


def test_an_injected_sleep_is_the_one_that_is_called() -> None:
    slept: list[float] = []
    port = BlockingBackend(Network(), sleep=slept.append)
    run(port.gather([partial(port.sleep, 3), partial(port.sleep, 4)], 2))
    assert sorted(slept) == [3, 4]


def test_a_program_that_needs_an_event_loop_fails_in_its_thread() -> None:
    async def scenario(port: SocketsPort) -> None:
        with pytest.raises(RuntimeError, match="AsyncClient"):
            await port.gather([partial(asyncio.sleep, 0), partial(asyncio.sleep, 0)], 2)

    on("blocking", scenario)


def test_no_thread_is_left() -> None:
    async def scenario(port: SocketsPort) -> None:
        async def program() -> None:
            pass

        await port.gather([program] * 8, 8)

    before = threading.active_count()
    on("blocking", scenario)
    assert threading.active_count() == before


async def one_by_one(tasks: Tasks) -> None:
    log: list[str] = []

    async def program(number: int) -> int:
        log.append(f"begin {number}")
        log.append(f"end {number}")
        if number == 3:
            raise APIConnectionError("three")
        return number

    assert await tasks.gather([partial(program, n) for n in range(2)], 9) == [0, 1]
    assert log == ["begin 0", "end 0", "begin 1", "end 1"]
    with pytest.raises(APIConnectionError, match="three"):
        await tasks.gather([partial(program, n) for n in range(2, 6)], 9)
    assert log[4:] == ["begin 2", "end 2", "begin 3", "end 3"]


def test_by_hand_one_goes_after_the_other() -> None:
    run(one_by_one(ScriptedPort()))
    nothing: list[Callable[[], Coroutine[Any, Any, int]]] = []
    assert run(in_turn(nothing)) == []


@pytest.mark.parametrize("kind", ["blocking", "asyncio", "trio"])
def test_through_httpx(kind: str) -> None:
    async def scenario() -> None:
        transport: HttpxTransport | AsyncHttpxTransport
        if kind == "blocking":
            transport = HttpxTransport(httpx.Client())
        else:
            transport = AsyncHttpxTransport(httpx.AsyncClient())
        meeting = Meeting(kind, 3)

        async def program() -> int:
            await meeting.join()
            return 1

        async def fail() -> None:
            await meeting.join()
            raise Oops

        tasks = transport.wire().tasks
        assert await tasks.gather([program] * 3, 3) == [1, 1, 1]
        meeting = Meeting(kind, 1)
        with pytest.raises(Oops):
            await tasks.gather([fail, fail], 2)

    drive(kind, scenario)
