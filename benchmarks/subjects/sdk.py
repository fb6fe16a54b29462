"""The calls of both clients, the official and ours, and how they are measured.

A call is written once: the blocking client answers it with a value, the asynchronous one with an
awaitable of the same value.
"""

import asyncio
import base64
import gc
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from .inputs import (
    CHAT,
    EMBEDDING_MODEL,
    MODEL,
    PROMPT,
    QUESTION,
    TEXTS,
    WEBHOOK,
    WEBHOOK_SECRET,
    webhook_headers,
)
from .meter import Figures, Meter, memory
from .plan import Plan
from .report import depart
from .sources import prepare, source
from .surface import Client, asynchronous, blocking

_SMALL_FILE: Final[dict[str, object]] = {"file": ("small.bin", b"small"), "purpose": "user_data"}


@dataclass(frozen=True, slots=True)
class Task:
    """`call` starts it; `take` reads what came and says how many units (calls, vectors) it was."""

    call: Callable[[Client, Plan], Any]
    kind: Literal["answer", "stream", "adds", "save"] = "answer"
    take: Callable[[Any, Plan], int] = lambda _answer, _plan: 1


def vectors(answer: Any, plan: Plan) -> int:
    """Read every embedding as floats: what a program does with the answer of its call."""
    if plan.who == "ours" and plan.task == "base64":
        read: Sequence[Sequence[float]] = [item.floats() for item in answer.data]
    elif plan.variant == "numpy":
        numpy = importlib.import_module("numpy")
        read = [numpy.frombuffer(base64.b64decode(e.embedding), "<f4") for e in answer.data]
    else:
        read = [item.embedding for item in answer.data]
    if len({len(vector) for vector in read}) != 1 or not isinstance(float(read[0][0]), float):
        raise ValueError("these are not floats")
    return 1


def _embed(client: Client, **options: str) -> Any:
    return client.embeddings.create(model=EMBEDDING_MODEL, input=TEXTS, **options)


def _base64(client: Client, plan: Plan) -> Any:
    # The official SDK asks for base64 and decodes it by itself when no encoding is asked for.
    return _embed(client) if plan.variant == "itself" else _embed(client, encoding_format="base64")


def _parse(client: Client, struct: bool) -> Any:
    formats = importlib.import_module("benchmarks.subjects.formats")
    kind = formats.ForecastStruct if struct else formats.Forecast
    return client.chat.completions.parse(model=MODEL, messages=QUESTION, response_format=kind)


def _parsed(answer: Any, _: Plan) -> int:
    if len(answer.choices[0].message.parsed.days) != 7:
        raise ValueError("this is not the forecast of a week")
    return 1


def _came(event: Any) -> bool:
    """Whether the server sent it; `.stream()` of chat makes others of it."""
    return event.type == "chunk" or event.type.startswith("response.")


def _received(event: Any, _: Plan) -> int:
    if not event.data.id.startswith("resp_"):
        raise ValueError("this is not the event of a response")
    return 1


def _kept(answer: Any, _: Plan) -> int:
    if not answer.content:
        raise ValueError("nothing came")
    return 1


def _upload_parts(client: Client, plan: Plan) -> Any:
    return client.uploads.upload_file_chunked(
        file=plan.file, mime_type="text/plain", purpose="user_data"
    )


TASKS: Final[dict[str, Task]] = {
    "answer": Task(lambda c, _: c.chat.completions.create(model=MODEL, messages=QUESTION)),
    "parse": Task(lambda c, _: _parse(c, struct=False), take=_parsed),
    "parse-struct": Task(lambda c, plan: _parse(c, struct=plan.who == "ours"), take=_parsed),
    "messages": Task(lambda c, _: c.chat.completions.create(model=MODEL, messages=CHAT)),
    "floats": Task(lambda c, _: _embed(c, encoding_format="float"), take=vectors),
    "base64": Task(lambda c, plan: _base64(c, plan), take=vectors),
    "vectors": Task(lambda c, _: _embed(c), take=vectors),
    "responses": Task(
        lambda c, _: c.responses.create(model=MODEL, input=PROMPT, stream=True), "stream"
    ),
    "chat": Task(
        lambda c, _: c.chat.completions.create(model=MODEL, messages=QUESTION, stream=True),
        "stream",
    ),
    "responses-adds": Task(lambda c, _: c.responses.stream(model=MODEL, input=PROMPT), "adds"),
    "chat-adds": Task(
        lambda c, _: c.chat.completions.stream(model=MODEL, messages=QUESTION), "adds"
    ),
    "webhook": Task(
        lambda c, _: c.webhooks.unwrap(WEBHOOK, webhook_headers(), secret=WEBHOOK_SECRET),
        take=_received,
    ),
    **{
        task: Task(lambda c, plan: c.files.create(file=source(plan), purpose="user_data"))
        for task in ("upload", "upload-opened", "upload-bytes", "upload-iterated")
    },
    "parts": Task(_upload_parts),
    "download": Task(lambda c, _: c.files.with_streaming_response.content("file-1"), "save"),
    "keep": Task(lambda c, _: c.files.content("file-1"), take=_kept),
}


def _task(plan: Plan) -> Task:
    return TASKS[plan.task.removeprefix("beneath-")]


def run(plan: Plan) -> Figures:
    """One round: a client of its own, calls that warm it up, then `plan.count` measured ones."""
    holds = plan.task.endswith("hold")
    if plan.mode == "blocking":
        return _hold(plan) if holds else _blocking(plan, _task(plan))
    work = _hold_async if holds else _asynchronous
    if plan.mode == "asyncio":
        return asyncio.run(work(plan))
    import trio

    return trio.run(work, plan)


def _blocking(plan: Plan, task: Task) -> Figures:
    if plan.file is not None:
        prepare(plan)
        with blocking(replace(plan, scenario="upload")) as client:
            client.files.create(**_SMALL_FILE)
    with blocking(plan) as client:
        warming = client.with_options(base_url=plan.warming().base_url)
        for _ in range(plan.warm):
            _once(warming, plan, task)
        with Meter(plan.count, plan.seconds) as meter:
            units = sum(_once(client, plan, task) for _ in meter.calls())
    return meter.figures(units)


def _once(client: Client, plan: Plan, task: Task) -> int:
    match task.kind:
        case "answer":
            return task.take(task.call(client, plan), plan)
        case "stream":
            return sum(1 for _event in task.call(client, plan))
        case "adds":
            with task.call(client, plan) as stream:
                return sum(_came(event) for event in stream)
        case "save":
            with task.call(client, plan) as response:
                response.stream_to_file(plan.file)
            return 1


async def _asynchronous(plan: Plan) -> Figures:
    task = _task(plan)
    if plan.file is not None:
        prepare(plan)
        async with asynchronous(replace(plan, scenario="upload")) as client:
            await client.files.create(**_SMALL_FILE)
    async with asynchronous(plan) as client:
        warming = client.with_options(base_url=plan.warming().base_url)
        for _ in range(plan.warm):
            await _once_async(warming, plan, task)
        units = 0
        with Meter(plan.count, plan.seconds) as meter:
            for _ in meter.calls():
                units += await _once_async(client, plan, task)
    return meter.figures(units)


async def _once_async(client: Client, plan: Plan, task: Task) -> int:
    match task.kind:
        case "answer":
            return task.take(await task.call(client, plan), plan)
        case "stream":
            events = 0
            async for _event in await task.call(client, plan):
                events += 1
            return events
        case "adds":
            events = 0
            async with task.call(client, plan) as stream:
                async for event in stream:
                    events += _came(event)
            return events
        case "save":
            async with task.call(client, plan) as response:
                await response.stream_to_file(plan.file)
            return 1


def _hold(plan: Plan) -> Figures:
    """Open `plan.count` streams, read the first event of each, and keep them all.

    The first `plan.warm` streams use up the memory that imports left free. They have a client of
    their own, for the official SDK opens at most 1,000 connections with one.
    """
    client = blocking(plan)
    held = [_first_event(client, plan) for _ in range(plan.warm)]
    client = blocking(plan)
    resident = _resident()
    held += [_first_event(client, plan) for _ in range(plan.count)]
    return _held(plan, held, resident)


async def _hold_async(plan: Plan) -> Figures:
    """The same in an event loop."""
    client = asynchronous(plan)
    held = [await _first_event_async(client, plan) for _ in range(plan.warm)]
    client = asynchronous(plan)
    resident = _resident()
    for _ in range(plan.count):
        held.append(await _first_event_async(client, plan))
    return _held(plan, held, resident)


def _resident() -> int:
    gc.collect()
    return memory("VmRSS")


def _held(plan: Plan, held: list[tuple[object, ...]], resident: int) -> Figures:
    """What the streams take that were opened since then; the first ones are held as well."""
    if len(held) != plan.warm + plan.count:
        raise ValueError("some streams are missing")
    return depart({"rss": (_resident() - resident) / plan.count, "units": float(plan.count)})


def _first_event(client: Client, plan: Plan) -> tuple[object, ...]:
    stream = TASKS["responses"].call(client, plan)
    events = iter(stream)
    return client, stream, events, next(events)


async def _first_event_async(client: Client, plan: Plan) -> tuple[object, ...]:
    stream = await TASKS["responses"].call(client, plan)
    events = aiter(stream)
    return client, stream, events, await anext(events)
