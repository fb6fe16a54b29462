"""Many calls at once, of both clients, and how they are measured: in threads or in one event loop.

`together` asks and hears the answers, again and again, on connections that are open by then.
`connected` opens a stream on a connection of its own for each call, and leaves them all open.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

from .inputs import MODEL, PROMPT, QUESTION
from .meter import Figures, Meter
from .plan import Plan
from .report import depart
from .surface import Client, asynchronous, blocking

Crowd = Callable[[Callable[[], Any]], Any]
"""Has a call made by everybody at once."""


def run(plan: Plan) -> Figures:
    """One round: one client, a warm-up, then `plan.count` calls at once."""
    if plan.mode == "blocking":
        return _connected(plan) if plan.task == "connected" else _together(plan)
    work = _connected_async if plan.task == "connected" else _together_async
    if plan.mode == "asyncio":
        return asyncio.run(work(plan))
    import trio

    return trio.run(work, plan)


@contextmanager
def _threads(count: int) -> Generator[Crowd]:
    with ThreadPoolExecutor(count) as pool:
        barrier = Barrier(count)

        def crowd(call: Callable[[], object]) -> list[object]:
            def together(_: int) -> object:
                barrier.wait()
                return call()

            return list(pool.map(together, range(count)))

        crowd(lambda: None)  # starts the threads
        yield crowd


def _together(plan: Plan) -> Figures:
    def call() -> None:
        client.chat.completions.create(model=MODEL, messages=QUESTION)

    with blocking(plan) as client, _threads(plan.count) as crowd:
        for _ in range(plan.warm):
            crowd(call)
        with Meter(plan.count, plan.seconds) as meter:
            for _ in meter.bursts():
                crowd(call)
    return meter.figures(meter.measured)


def _connected(plan: Plan) -> Figures:
    def opened(client: Client) -> object:
        stream = client.responses.create(model=MODEL, input=PROMPT, stream=True)
        return stream, next(iter(stream))

    held = [opened(blocking(plan))]  # loads what is loaded once
    client = blocking(plan)
    with _threads(plan.count) as crowd:
        held += [opened(client) for _ in range(plan.warm)]
        with Meter(plan.count, 0.0) as meter:
            for _ in meter.bursts():
                held += crowd(lambda: opened(client))
        return depart(meter.figures(meter.measured))


def _crowd_of(plan: Plan) -> Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]:
    async def gathered(call: Callable[[], Awaitable[object]]) -> None:
        await asyncio.gather(*(call() for _ in range(plan.count)))

    async def nursed(call: Callable[[], Awaitable[object]]) -> None:
        import trio

        async with trio.open_nursery() as nursery:
            for _ in range(plan.count):
                nursery.start_soon(call)

    return nursed if plan.mode == "trio" else gathered


async def _together_async(plan: Plan) -> Figures:
    async def call() -> None:
        await client.chat.completions.create(model=MODEL, messages=QUESTION)

    crowd = _crowd_of(plan)
    async with asynchronous(plan) as client:
        for _ in range(plan.warm):
            await crowd(call)
        with Meter(plan.count, plan.seconds) as meter:
            for _ in meter.bursts():
                await crowd(call)
    return meter.figures(meter.measured)


async def _connected_async(plan: Plan) -> Figures:
    held: list[object] = []

    async def opened(client: Client) -> None:
        stream = await client.responses.create(model=MODEL, input=PROMPT, stream=True)
        events = aiter(stream)
        held.append((client, stream, events, await anext(events)))

    await opened(asynchronous(plan))  # loads what is loaded once
    client = asynchronous(plan)
    crowd = _crowd_of(plan)
    for _ in range(plan.warm):
        await opened(client)
    with Meter(plan.count, 0.0) as meter:
        for _ in meter.bursts():
            await crowd(lambda: opened(client))
    return depart(meter.figures(meter.measured))
