"""Deadlines of calls through httpx that it does not keep by itself, and errors of what lies below it."""

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from math import inf
from typing import Any

import anyio
import pytest
import trio

from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.call.deadlines import Deadlines
from api_openai.core.call.run import run
from api_openai.core.call.wire import Wire
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APIConnectionError, APITimeoutError, RemoteProtocolError
from api_openai.transports.httpx.package import made_for
from api_openai.transports.httpx.transport import AsyncHttpxTransport, HttpxTransport
from api_openai.transports.httpx.watch import Watch

from ..support.server import ASK, CLOSE, HEAD, STALL, Server
from ..support.shipments import fetch, shipment

KINDS = ["blocking", "asyncio", "trio"]
every_client = pytest.mark.parametrize("kind", KINDS)
SOON = 0.03
PATIENCE = 10.0


def failure(
    package: Any, kind: str, where: Any, timeout: Timeout, **options: Any
) -> APIConnectionError:
    """The error of one call through an httpx client without timeouts of its own."""
    options = {"trust_env": False, "timeout": None, **options}

    async def ask(wire: Wire) -> None:
        await fetch(wire, where, timeout)

    async def program() -> None:
        async with package.AsyncClient(**options) as client:
            await ask(AsyncHttpxTransport(client).wire())

    def call() -> None:
        if kind == "blocking":
            with package.Client(**options) as client:
                run(ask(HttpxTransport(client).wire()))
        elif kind == "asyncio":
            asyncio.run(program())
        else:
            trio.run(program)

    with pytest.raises(APIConnectionError) as caught:
        call()
    return caught.value


@every_client
@pytest.mark.parametrize(
    "timeout", [Timeout(connect=SOON), Timeout(total=SOON)], ids=["connect", "total"]
)
def test_a_proxy_that_never_opens_the_tunnel(package: Any, kind: str, timeout: Timeout) -> None:
    with Server() as server:
        server.on(HEAD, STALL)
        proxy = f"http://127.0.0.1:{server.port}"
        where = shipment(Address("api.test", 443), scheme="https")
        error = failure(package, kind, where, timeout, proxy=proxy)
    assert isinstance(error, APITimeoutError)
    assert error.phase == ("connect" if timeout.total is None else "total")
    assert error.sent == "no"


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
@pytest.mark.parametrize("through_proxy", [False, True], ids=["direct", "proxy"])
def test_a_handshake_that_is_cancelled_leaves_nothing_open(
    package: Any, kind: str, through_proxy: bool
) -> None:
    """Which httpcore does, until the collector comes by."""
    begun: list[bool] = []
    ended = threading.Event()

    def silent(listener: socket.socket) -> None:
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(PATIENCE)
            if through_proxy:
                while not peer.recv(4096).endswith(b"\r\n\r\n"):
                    pass
                peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            begun.append(bool(peer.recv(1)))
            while peer.recv(4096):
                pass
        ended.set()

    async def call(port: int, sleep: Any) -> None:
        proxy = f"http://127.0.0.1:{port}" if through_proxy else None
        async with package.AsyncClient(trust_env=False, timeout=None, proxy=proxy) as client:
            wire = AsyncHttpxTransport(client).wire()
            where = shipment(Address("127.0.0.1", port), scheme="https")
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(fetch, wire, where, Timeout())
                    while not begun:
                        await sleep(0.001)
                    scope.cancel()
            assert await anyio.to_thread.run_sync(ended.wait, PATIENCE)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=silent, args=(listener,), daemon=True)
        thread.start()
        gc.disable()
        try:
            anyio.run(call, listener.getsockname()[1], anyio.sleep, backend=kind)
        finally:
            gc.enable()
        thread.join(PATIENCE)


@every_client
@pytest.mark.parametrize(
    ("said", "sent"), [(b"HTTP/1.1 200 OK\r\nx-", "answered"), (b"", "maybe")], ids=["some", "none"]
)
def test_an_answer_that_stops_in_its_head(package: Any, kind: str, said: bytes, sent: str) -> None:
    for end in (STALL, CLOSE):
        with Server() as server:
            server.on(ASK, said, end)
            error = failure(
                package, kind, shipment(Address("127.0.0.1", server.port)), Timeout(first_byte=SOON)
            )
        if end is STALL:
            assert isinstance(error, APITimeoutError)
            assert error.phase == "first_byte"
        assert error.sent == sent


class Stream:
    """A stream of httpcore's: takes note of the timeouts that it is read with."""

    def __init__(self, clock: "Clock") -> None:
        self.clock = clock
        self.timeouts: list[float | None] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.timeouts.append(timeout)
        self.clock.time += 2.0
        return b"x"


class Clock:
    time = 100.0

    def now(self) -> float:
        return self.time


class Asked:
    """A request of httpcore's."""

    def __init__(self, method: bytes) -> None:
        self.method = method


def told(watch: Watch, step: str, **info: Any) -> dict[str, Any]:
    watch.trace(step, info)
    return info


def test_drops_do_not_put_a_deadline_off() -> None:
    clock = Clock()
    limits = Timeout(connect=3, first_byte=5)
    watch = Watch(Deadlines(limits, clock.now), clock.now, {}, asynchronous=False)
    stream = Stream(clock)
    assert told(watch, "connection.connect_tcp.started", timeout=9)["timeout"] == 3
    assert (watch.phase, watch.sent, watch.seconds["read"]) == ("connect", "no", 3)
    told(watch, "connection.connect_tcp.complete", return_value=stream)
    clock.time += 1
    with watch:
        asked = Asked(b"CONNECT")
        told(watch, "http11.send_request_headers.started", request=asked)
        told(watch, "http11.receive_response_headers.started", request=asked)
        stream.read(1, 3)
        assert (watch.phase, watch.sent) == ("connect", "no")
        clock.time -= 1
        assert told(watch, "http_proxy.start_tls.started", timeout=3)["timeout"] == 1
        asked = Asked(b"POST")
        told(watch, "http11.send_request_headers.started", request=asked)
        assert (watch.phase, watch.sent) == ("send", "maybe")
        assert watch.deadline == inf
        told(watch, "http11.receive_response_headers.started", request=asked)
        assert (watch.phase, watch.sent, watch.seconds["read"]) == ("first_byte", "maybe", 5)
        for _ in range(3):
            stream.read(1, 5)
        assert watch.sent == "answered"
        with pytest.raises(DeadlinePassed):
            stream.read(1, 5)
    assert stream.timeouts == [2, 5, 3, 1]
    stream.read(1, 7)  # somebody else's
    assert stream.timeouts[-1] == 7


def test_timeouts_of_the_client_bound_what_the_call_does_not() -> None:
    clock = Clock()
    configured = {"connect": 2.0, "read": 1.0, "write": None, "pool": 9.0}
    limits = Deadlines(Timeout(first_byte=5, total=6), clock.now)
    watch = Watch(limits, clock.now, configured, asynchronous=False)
    assert watch.seconds == {"pool": 6, "connect": 2, "write": 6, "read": 5}
    told(watch, "http11.receive_response_headers.started", request=Asked(b"POST"))
    assert watch.seconds["read"] == 5
    watch.part(limits)
    assert watch.seconds["read"] == 1


def test_a_scope_follows_the_phases() -> None:
    clock, seen = Clock(), list[float]()
    limits = Timeout(connect=3, first_byte=5, idle=1, total=60)
    watch = Watch(Deadlines(limits, clock.now), clock.now, {}, asynchronous=True)
    watch.moved = seen.append
    for step in ("connection.connect_tcp", "http2.send_request_headers"):
        run_step(watch, f"{step}.started")
    run_step(watch, "http2.receive_response_headers.started")
    assert seen == [103, 160, 105]
    assert watch.part(Deadlines(Timeout(idle=2), clock.now)) == 102


def run_step(watch: Watch, step: str) -> None:
    stepping: Any = watch.trace(step, {})
    with pytest.raises(StopIteration):
        stepping.send(None)


Goodbye = type("ProtocolError", (Exception,), {"__module__": "h2.exceptions"})


class Broken:
    """Raises what HTTP/2 lets through, before the answer or in it."""

    def __init__(self, package: Any, error: Exception, *, in_body: bool) -> None:
        self.package = package
        self.error = error
        self.in_body = in_body

    def handle_request(self, request: Any) -> Any:
        if self.in_body:
            streams = (self.package.SyncByteStream, self.package.AsyncByteStream)
            return self.package.Response(200, stream=made_for(BrokenBody, *streams)(self.error))
        raise self.error

    async def handle_async_request(self, request: Any) -> Any:
        return self.handle_request(request)


class BrokenBody:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        raise self.error

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> bytes:
        raise self.error


def refused_by_h2(package: Any) -> Exception:
    """What httpx makes of it: a fault of ours, it thinks."""
    try:
        raise package.LocalProtocolError("Invalid input in state CLOSED") from ValueError(
            Goodbye(7)
        )
    except package.LocalProtocolError as error:
        refused: Exception = error
        return refused


@every_client
@pytest.mark.parametrize("in_body", [False, True], ids=["before the answer", "in its body"])
def test_a_goodbye_over_http_2_is_a_broken_connection(
    package: Any, kind: str, in_body: bool
) -> None:
    broken = made_for(Broken, package.BaseTransport, package.AsyncBaseTransport)
    sent = "answered" if in_body else "maybe"
    where = shipment(Address("api.test", 443), scheme="https")
    for error, words in ((refused_by_h2(package), "CLOSED"), (Goodbye("7"), "ProtocolError: 7")):
        transport = broken(package, error, in_body=in_body)
        failed = failure(package, kind, where, Timeout(), transport=transport)
        assert words in str(failed)
        assert failed.sent == sent
    transport = broken(package, refused_by_h2(package), in_body=in_body)
    assert isinstance(
        failure(package, kind, where, Timeout(), transport=transport), RemoteProtocolError
    )
