"""What only blocking code has: threads, forks, and coroutines that must not wait."""

import asyncio
import gc
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable
from math import inf

import pytest

from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.call.pool import Ticket
from api_openai.core.call.run import run
from api_openai.core.request.timeout import Timeout
from api_openai.core.request.url import Origin
from api_openai.core.terms.errors import APIConnectionError, APITimeoutError
from api_openai.transports.blocking import transport as blocking
from api_openai.transports.blocking.transport import BlockingBackend, BlockingTransport
from api_openai.transports.common.sockets import Connection, Want, wait

from ..support.certificates import Certificates
from ..support.raw import PATIENCE, echo, open_sockets, serving, until_closed
from ..support.shipments import deadlines, fetch, shipment, tracer


def answering(sock: socket.socket) -> None:
    """Answer each request with 204."""
    got = b""
    while data := sock.recv(65536):
        got += data
        if got.endswith(b"\r\n\r\n"):
            sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            got = b""


def in_threads(count: int, work: Callable[[], object]) -> None:
    """Run `work` in so many threads at once; what one of them raises fails the test."""
    failures: list[BaseException] = []
    start = threading.Barrier(count)

    def body() -> None:
        try:
            start.wait(PATIENCE)
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=body) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    assert not failures


def test_run_returns_and_raises() -> None:
    async def returns() -> int:
        return 7

    async def raises() -> int:
        raise KeyError("x")

    assert run(returns()) == 7
    with pytest.raises(KeyError):
        run(raises())


def test_run_refuses_to_wait() -> None:
    cleaned: list[bool] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            cleaned.append(True)

    with pytest.raises(RuntimeError, match="AsyncClient"):
        run(waits())
    assert cleaned == [True]


def test_sixteen_threads_over_four_connections() -> None:
    transport = BlockingTransport(Network(max_connections=4))
    wire = transport.wire()

    def work() -> None:
        for _ in range(25):
            assert run(fetch(wire, shipment(raw.address))) == (204, b"")

    with serving(answering) as raw:
        in_threads(16, work)
        assert raw.accepted <= 4
        assert isinstance(wire.backend, BlockingBackend)
        assert (wire.backend.pool.in_use, wire.backend.pool.waiting) == (0, 0)
        transport.close()


def test_the_line_is_served_in_order() -> None:
    port = BlockingBackend(Network(max_connections=1))
    origin = Origin("http", "localhost", 80)
    first = port.request(origin)
    line = [port.request(origin) for _ in range(8)]
    served: list[Ticket[Connection]] = []

    def wait(ticket: Ticket[Connection]) -> None:
        run(port.park(ticket, inf))
        served.append(ticket)
        port.release(ticket, reuse=False)

    threads = [threading.Thread(target=wait, args=(ticket,)) for ticket in reversed(line)]
    for thread in threads:
        thread.start()
    port.release(first, reuse=False)
    for thread in threads:
        thread.join(PATIENCE)
    assert served == line


def test_a_connection_is_closed_before_the_next_in_line_may_make_one() -> None:
    """Or there would be more than allowed, if only for a moment."""
    made: list[Connection] = []
    open_when_woken: list[bool] = []

    class Watched(BlockingBackend):
        def wake(self, ticket: Ticket[Connection], /) -> None:
            open_when_woken.append(made[-1].sock.fileno() >= 0)
            super().wake(ticket)

    port = Watched(Network(max_connections=1))
    with serving(echo) as raw:
        tickets = [port.request(Origin("http", host, raw.address.port)) for host in "abc"]
        for ticket, following, reuse in zip(tickets, tickets[1:], (False, True), strict=False):
            made.append(run(port.connect(raw.address, inf)))
            ticket.conn = made[-1]
            port.release(ticket, reuse=reuse)  # for another origin an idle one must go, too
            assert following.granted
        assert open_when_woken == [False, False]
        port.release(tickets[-1], reuse=False)


def test_many_threads_that_give_up_waiting() -> None:
    port = BlockingBackend(Network(max_connections=2))
    origin = Origin("http", "localhost", 80)
    outcomes: Counter[str] = Counter()

    def work() -> None:
        for number in range(30):
            ticket = port.request(origin)
            try:
                if not ticket.granted:
                    run(port.park(ticket, port.now() + (0.001 if number % 2 else PATIENCE)))
                outcomes["granted"] += 1
            except DeadlinePassed:
                outcomes["gave up"] += 1
            finally:
                port.release(ticket, reuse=False)

    in_threads(8, work)
    assert (port.pool.in_use, port.pool.waiting) == (0, 0)
    assert outcomes.total() == 240


def test_an_injected_clock() -> None:
    time = 100.0
    slept: list[float] = []
    port = BlockingBackend(Network(), now=lambda: time, sleep=slept.append)
    run(port.sleep(3.0))
    assert (port.now(), slept) == (100.0, [3.0])


class Trap(Origin):
    """An origin whose next look-up, once it is set, runs a finalizer."""

    armed: list[Callable[[], object]] = []  # noqa: RUF012 (one for all)

    def __hash__(self) -> int:
        while self.armed:
            self.armed.pop()()
        return super().__hash__()


def test_the_collector_may_release_in_the_middle_of_a_decision() -> None:
    """A finalizer can run at any allocation; that of an exchange releases its ticket."""
    port = BlockingBackend(Network(max_connections=2))
    with serving(echo) as raw:
        idle = port.request(Trap("http", "a.test", 80))
        idle.conn = run(port.connect(raw.address, inf))
        lost = port.request(Origin("http", "b.test", 80))
        lost.conn = run(port.connect(raw.address, inf))
        port.release(idle, reuse=True)
        Trap.armed.append(lambda: port.release(lost, reuse=True))
        # There is room for it once the idle connection has been closed, and that is looked up.
        ticket = port.request(Origin("http", "c.test", 80))
        assert not Trap.armed
        assert (ticket.granted, ticket.conn, lost.granted) == (True, None, False)
        assert (port.pool.in_use, port.pool.waiting, port.pool.idle) == (1, 0, 1)
        port.release(ticket, reuse=False)
        port.close_idle()


def test_what_is_not_closed_is_closed_by_the_end_of_the_transport() -> None:
    before = open_sockets()
    with serving(answering) as raw:
        transport = BlockingTransport()
        run(fetch(transport.wire(), shipment(raw.address)))
        del transport
        gc.collect()
    assert open_sockets() == before


def test_an_exchange_that_nobody_keeps_returns_its_place() -> None:
    def handler(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
        until_closed(sock)

    transport = BlockingTransport()
    wire = transport.wire()
    with serving(handler) as raw:
        exchange = run(wire.exchange(shipment(raw.address), deadlines(wire), tracer(wire)))
        del exchange
        gc.collect()
        assert isinstance(wire.backend, BlockingBackend)
        assert wire.backend.pool.in_use == 0


def test_timeouts_name_their_phase() -> None:
    def handler(sock: socket.socket) -> None:
        until_closed(sock)

    wire = BlockingTransport(Network(max_connections=1)).wire()
    with serving(handler) as raw:
        with pytest.raises(APITimeoutError) as caught:
            run(fetch(wire, shipment(raw.address), Timeout(first_byte=0.05)))
        assert (caught.value.phase, caught.value.seconds) == ("first_byte", 0.05)
        ticket = wire.backend.request(Origin("http", *raw.address))
        with pytest.raises(APITimeoutError) as caught:
            run(fetch(wire, shipment(raw.address), Timeout(connect=0.05)))
        assert (caught.value.phase, caught.value.sent) == ("pool", "no")
        wire.backend.release(ticket, reuse=False)


# Forks.

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def in_child(work: Callable[[], bool]) -> bool:
    """Run `work` in a forked child and return what it returns."""
    child = os.fork()
    if child == 0:
        ok = False
        try:
            ok = work()
        finally:
            os._exit(0 if ok else 1)
    return os.waitpid(child, 0)[1] == 0


pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


@forks
@pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])
def test_a_child_has_connections_of_its_own(tls: bool, certificates: Certificates) -> None:
    transport = BlockingTransport(Network(ca=certificates.ca))
    wire = transport.wire()
    port = wire.backend
    assert isinstance(port, BlockingBackend)
    scheme = "https" if tls else "http"

    def call() -> bool:
        return run(fetch(wire, shipment(raw.address, scheme=scheme))) == (204, b"")

    with serving(answering, certificates.server if tls else None) as raw:
        assert call()

        def child() -> bool:
            return port.pool.idle == 0 and call() and call()

        assert in_child(child)
        assert raw.accepted == 2
        assert call()  # the parent's connection is as it was: no goodbye was said on it
        assert raw.accepted == 2
        transport.close()


@forks
def test_a_child_of_a_thread_that_is_not_alone() -> None:
    """The lock may be held, and tickets be out, in threads that the child does not have."""
    transport = BlockingTransport(Network(max_connections=1))
    port = transport.wire().backend
    assert isinstance(port, BlockingBackend)
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with port._lock:  # pyright: ignore[reportPrivateUsage]
            held.set()
            go.wait(PATIENCE)

    ticket = port.request(Origin("http", "localhost", 80))
    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(PATIENCE)

    def child() -> bool:
        fresh = port.request(Origin("http", "localhost", 80))
        port.release(ticket, reuse=False)  # of the parent's pool: nothing here
        return fresh.granted and port.pool.in_use == 1

    assert in_child(child)
    go.set()
    thread.join(PATIENCE)
    assert ticket.granted
    port.release(ticket, reuse=False)


@forks
def test_a_stream_that_was_open_fails_in_the_child_and_lives_in_the_parent() -> None:
    transport = BlockingTransport()
    port = transport.wire().backend
    with serving(echo) as raw:
        conn = run(port.connect(raw.address, inf))

        async def receive() -> bytes:
            return await port.receive(conn, inf)

        def child() -> bool:
            try:
                run(receive())
            except APIConnectionError:
                return port.readable(conn)
            return False

        assert in_child(child)
        run(port.send(conn, b"still here", inf))
        assert run(receive()) == b"still here"
        port.abort(conn)


def test_a_socket_is_not_closed_under_a_thread_that_is_about_to_wait_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Or else its number would be that of the next connection, and the thread wait for that."""
    backend = BlockingBackend(Network())
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    conn = Connection(ours, Address("x", 1))
    number = ours.fileno()
    others: list[socket.socket] = []

    def given_up_meanwhile(fd: int, want: Want, seconds: float | None) -> bool:
        backend.abort(conn)
        others.append(socket.socket())
        assert others[0].fileno() != number
        return wait(fd, want, seconds)

    monkeypatch.setattr(blocking, "wait", given_up_meanwhile)
    assert run(backend.take(conn, inf)) == b""  # the end that `abort` made
    assert ours.fileno() == -1
    for doing in (backend.take(conn, inf), backend.put(conn, b"x", inf, False)):
        with pytest.raises(APIConnectionError, match="Bad file descriptor"):
            run(doing)
    for sock in (theirs, *others):
        sock.close()
