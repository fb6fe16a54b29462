"""Realtime sessions of both clients, the official and ours, and how they are measured.

`listen` asks for an answer and hears it out, `speak` sends audio until the server has taken it,
`idle` keeps sessions open in which nothing happens.
"""

import asyncio
import gc
from typing import Any

from .inputs import AUDIO, REALTIME_MODEL
from .meter import Figures, Meter, memory
from .plan import Plan
from .report import depart
from .surface import Client, asynchronous, blocking


def run(plan: Plan) -> Figures:
    """One round: a session of its own, a warm-up, then `plan.count` measured calls."""
    if plan.mode == "blocking":
        return _blocking(plan)
    work = _idle if plan.task == "idle" else _asynchronous
    if plan.mode == "asyncio":
        return asyncio.run(work(plan))
    import trio

    return trio.run(work, plan)


def _blocking(plan: Plan) -> Figures:
    once = {"listen": _listen, "speak": _speak}[plan.task]
    with (
        blocking(plan) as client,
        client.realtime.connect(model=REALTIME_MODEL) as connection,
    ):
        _expect(connection.recv(), "session.created")
        once(connection, plan.warm)
        with Meter(1, plan.seconds) as meter:
            units = sum(once(connection, plan.count) for _ in meter.calls())
    return meter.figures(units)


def _listen(connection: Any, count: int) -> int:
    heard = 0
    for _ in range(count):
        connection.response.create()
        for event in connection:
            if event.type == "response.done":
                break
            heard += bool(event.delta)
    return heard


def _speak(connection: Any, count: int) -> int:
    for _ in range(count):
        connection.input_audio_buffer.append(audio=AUDIO)
    connection.input_audio_buffer.commit()
    _expect(connection.recv(), "input_audio_buffer.committed")
    return count


async def _asynchronous(plan: Plan) -> Figures:
    once = {"listen": _listen_async, "speak": _speak_async}[plan.task]
    async with (
        asynchronous(plan) as client,
        client.realtime.connect(model=REALTIME_MODEL) as connection,
    ):
        _expect(await connection.recv(), "session.created")
        await once(connection, plan.warm)
        units = 0
        with Meter(1, plan.seconds) as meter:
            for _ in meter.calls():
                units += await once(connection, plan.count)
    return meter.figures(units)


async def _listen_async(connection: Any, count: int) -> int:
    heard = 0
    for _ in range(count):
        await connection.response.create()
        async for event in connection:
            if event.type == "response.done":
                break
            heard += bool(event.delta)
    return heard


async def _speak_async(connection: Any, count: int) -> int:
    for _ in range(count):
        await connection.input_audio_buffer.append(audio=AUDIO)
    await connection.input_audio_buffer.commit()
    _expect(await connection.recv(), "input_audio_buffer.committed")
    return count


async def _idle(plan: Plan) -> Figures:
    """Open `plan.count` sessions, read the first event of each, and keep them all.

    The first `plan.warm` sessions use up the memory that imports left free.
    """
    client = asynchronous(plan)
    held = [await _opened(client) for _ in range(plan.warm)]
    gc.collect()
    before = memory("VmRSS")
    for _ in range(plan.count):
        held.append(await _opened(client))
    gc.collect()
    return depart({"rss": (memory("VmRSS") - before) / plan.count, "units": float(plan.count)})


async def _opened(client: Client) -> Any:
    connection = await client.realtime.connect(model=REALTIME_MODEL).enter()
    _expect(await connection.recv(), "session.created")
    return connection


def _expect(event: Any, kind: str) -> None:
    if event.type != kind:
        raise ValueError(f"the server sent {event.type}, not {kind}")
