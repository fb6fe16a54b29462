"""The floor of many calls at once: a connection for each, in threads or in one event loop."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from .floor import TASKS, Connection, connect, opened
from .floor_wire import RECEIVE, Reader, post
from .meter import Figures, Meter
from .plan import Plan

if TYPE_CHECKING:
    import trio


def run(plan: Plan) -> Figures:
    """One round of `together`."""
    match plan.mode:
        case "blocking":
            return _threads(plan)
        case "asyncio":
            return asyncio.run(_asyncio(plan))
        case "trio":
            import trio

            return trio.run(_trio, plan)


def _asked(plan: Plan) -> tuple[bytes, Reader]:
    path, document, make = TASKS["answer"]
    return post(f"/{plan.scenario}/v1{path}", document), make()


def _threads(plan: Plan) -> Figures:
    def once(sock: socket.socket) -> None:
        request, reader = _asked(plan)
        sock.sendall(request)
        while not reader.feed(sock.recv(RECEIVE)):
            pass

    with ExitStack() as stack, ThreadPoolExecutor(plan.count) as pool:
        peers = [stack.enter_context(connect(plan)) for _ in range(plan.count)]
        for _ in range(plan.warm):
            list(pool.map(once, peers))
        with Meter(plan.count, plan.seconds) as meter:
            for _ in meter.bursts():
                list(pool.map(once, peers))
    return meter.figures(meter.measured)


async def _measured(plan: Plan, crowd: Callable[[], Awaitable[None]]) -> Figures:
    for _ in range(plan.warm):
        await crowd()
    with Meter(plan.count, plan.seconds) as meter:
        for _ in meter.bursts():
            await crowd()
    return meter.figures(meter.measured)


async def _asyncio(plan: Plan) -> Figures:
    peers: list[Connection] = [await opened(plan) for _ in range(plan.count)]

    async def crowd() -> None:
        await asyncio.gather(*(peer.begin(*_asked(plan)) for peer in peers))

    figures = await _measured(plan, crowd)
    for peer in peers:
        peer.close()
    return figures


async def _trio(plan: Plan) -> Figures:
    import trio

    async def once(peer: "trio.SocketStream") -> None:
        request, reader = _asked(plan)
        await peer.send_all(request)
        while not reader.feed(bytes(await peer.receive_some(RECEIVE))):
            pass

    async def crowd() -> None:
        async with trio.open_nursery() as nursery:
            for peer in peers:
                nursery.start_soon(once, peer)

    peers = [await trio.open_tcp_stream("127.0.0.1", plan.port) for _ in range(plan.count)]
    figures = await _measured(plan, crowd)
    for peer in peers:
        await peer.aclose()
    return figures
