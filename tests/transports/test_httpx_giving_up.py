"""Answers of httpx that are given up: nothing stays behind, and nothing waits."""

import asyncio
import gc
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import trio

from api_openai.core.call.wire import Exchange, Wire
from api_openai.core.request.timeout import Timeout
from api_openai.transports.httpx.package import made_for
from api_openai.transports.httpx.transport import AsyncHttpxTransport

from ..support.raw import PATIENCE, unused
from ..support.server import ASK
from ..support.shipments import deadlines, fetch, shipment, tracer
from .test_httpx import HALF, OK, async_clients, at, every_client, on, serving


@every_client
@pytest.mark.parametrize("read", [0, 1], ids=["unread", "half read"])
def test_giving_an_answer_up(package: Any, kind: str, read: int) -> None:
    """Nothing waits, and yet the place in httpx's pool is free for the next request."""

    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        for _ in range(read):
            assert await exchange.read(limits) == b"hello"
        exchange.abort()
        exchange.abort()
        assert await exchange.read(limits) == b""
        assert await fetch(wire, at(server), Timeout(total=PATIENCE)) == (200, b"hello")

    with serving(ASK, HALF) as server:
        server.on(ASK, OK)
        on(package, kind, scenario, limits=package.Limits(max_connections=1))


@every_client
def test_an_answer_that_nobody_keeps(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        assert await exchange.read(limits) == b"hello"
        del exchange
        gc.collect()
        assert await fetch(wire, at(server), Timeout(total=PATIENCE)) == (200, b"hello")

    with serving(ASK, HALF) as server:
        server.on(ASK, OK)
        on(package, kind, scenario, limits=package.Limits(max_connections=1))


@async_clients
def test_a_loop_that_ends_before_an_answer_was_closed(package: Any, kind: str) -> None:
    """What was given up last is closed when the loop shuts its generators down."""

    async def program(transport: AsyncHttpxTransport) -> None:
        wire = transport.wire()
        limits = deadlines(wire)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        assert await exchange.read(limits) == b"hello"
        exchange.abort()

    with serving(ASK, HALF) as server:
        transport = AsyncHttpxTransport(package.AsyncClient(trust_env=False))
        if kind == "asyncio":
            asyncio.run(program(transport))
        else:
            trio.run(program, transport)
        gc.collect()


@async_clients
def test_an_answer_given_up_after_its_loop(package: Any, kind: str) -> None:
    """Nothing can be closed any more by then, and nothing fails."""
    kept: list[Exchange] = []

    async def scenario(wire: Wire) -> None:
        kept.append(await wire.exchange(at(server), deadlines(wire), tracer(wire)))

    with serving(ASK, HALF) as server:
        on(package, kind, scenario)
        kept.pop().abort()
        gc.collect()


@async_clients
def test_cancelled_while_it_reads(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        assert await exchange.read(limits) == b"hello"
        if kind == "trio":
            with trio.move_on_after(0.05) as scope:
                await exchange.read(limits)
            assert scope.cancelled_caught
        else:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(exchange.read(limits), 0.05)
        assert await fetch(wire, at(server), Timeout(total=PATIENCE)) == (200, b"hello")

    with serving(ASK, HALF) as server:
        server.on(ASK, OK)
        on(package, kind, scenario, limits=package.Limits(max_connections=1))


class Foreign:
    """A transport whose answers know only when they are closed that they are given up."""

    def __init__(self, package: Any) -> None:
        self.closed = anyio.Event()
        self.package = package

    async def handle_async_request(self, request: Any) -> Any:
        return self.package.Response(200, stream=self)

    def __aiter__(self) -> "Foreign":
        return self

    async def __anext__(self) -> bytes:
        await anyio.lowlevel.checkpoint()
        return b"again"

    async def aclose(self) -> None:
        self.closed.set()


@async_clients
def test_an_answer_of_another_transport_is_closed_when_given_up(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        exchange = await wire.exchange(shipment(unused()), limits, tracer(wire))
        assert await exchange.read(limits) == b"again"
        exchange.abort()
        with anyio.fail_after(PATIENCE):
            await transport.closed.wait()

    kind_of = made_for(Foreign, package.AsyncBaseTransport, package.AsyncByteStream)
    transport = kind_of(package)
    on(package, kind, scenario, transport=transport)
