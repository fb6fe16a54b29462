"""Running one scenario on every backend that has sockets."""

import asyncio
import gc
import importlib
import importlib.util
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from typing import Any, Protocol, TypeVar, runtime_checkable

import pytest
import trio

from api_openai.core.call.backend import Backend
from api_openai.core.call.network import Network
from api_openai.core.call.pool import Pool
from api_openai.core.call.run import run
from api_openai.transports.asyncio.transport import AsyncioTransport
from api_openai.transports.blocking.transport import BlockingTransport
from api_openai.transports.trio.transport import TrioTransport

from .clock import Clock, run_asyncio, run_trio, without_a_loop

T = TypeVar("T")
C = TypeVar("C")

KINDS = [
    "blocking",
    "asyncio",
    pytest.param(
        "uvloop",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("uvloop") is None, reason="uvloop is not installed"
        ),
    ),
    "trio",
]
"""All ports."""
LOOPS = KINDS[1:]
"""The ports of event loops."""


@runtime_checkable
class SocketsPort(Backend[Any], Protocol):
    """A port over sockets, its pool included."""

    pool: Pool[Any]

    def close_idle(self) -> None: ...


Scenario = Callable[[SocketsPort], Coroutine[Any, Any, T]]


def drive(
    kind: str, program: Callable[[], Coroutine[Any, Any, T]], clock: Clock | None = None
) -> T:
    """Run a coroutine function in the event loop of a kind of port, or without one."""
    clock = clock or Clock()
    match kind:
        case "blocking":
            with without_a_loop(clock):
                return run(program())
        case "asyncio":
            return run_asyncio(program(), clock)
        case "uvloop":
            uvloop = importlib.import_module("uvloop")

            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(program())
        case _:
            return run_trio(program, clock)


def on(
    kind: str,
    scenario: Scenario[T],
    network: Network | None = None,
    clock: Clock | None = None,
) -> T:
    """Run a scenario with a port, and see that the port ends it with nothing in use."""
    network = network or Network()

    async def program() -> T:
        transport: BlockingTransport | AsyncioTransport | TrioTransport
        match kind:
            case "blocking":
                transport = BlockingTransport(network)
            case "trio":
                transport = TrioTransport(network)
            case _:
                transport = AsyncioTransport(network)
        port: object = transport.wire().backend
        assert isinstance(port, SocketsPort)
        try:
            return await scenario(port)
        finally:
            await transport.aclose()
            assert port.pool.in_use == port.pool.waiting == 0

    result = drive(kind, program, clock)
    gc.collect()  # what was not closed properly says so now
    return result


async def turns(kind: str, count: int = 3) -> None:
    """Let the event loop go round."""
    for _ in range(count):
        if kind == "trio":
            await trio.lowlevel.checkpoint()
        elif kind != "blocking":
            await asyncio.sleep(0)


async def both(kind: str, *steps: Callable[[], Awaitable[object]]) -> None:
    """Run async functions at the same time: in tasks, or in threads where nothing suspends."""
    if kind == "trio":
        async with trio.open_nursery() as nursery:
            for step in steps:
                nursery.start_soon(step)
    elif kind == "blocking":
        await _threads(*steps)
    else:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(_coroutine(step))


async def _coroutine(step: Callable[[], Awaitable[object]]) -> None:
    await step()


async def _threads(*steps: Callable[[], Awaitable[object]]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(steps)) as pool:
        for each in [pool.submit(run, _coroutine(step)) for step in steps]:
            each.result()


__all__ = ["KINDS", "LOOPS", "SocketsPort", "both", "drive", "nullcontext", "on", "turns"]
