"""What a page has to be able to do, against the emulator."""

import asyncio
import gc
import importlib
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from api_openai import (
    APITimeoutError,
    AsyncClient,
    Client,
    NotFoundError,
    OpenAIError,
    RateLimitError,
    StreamTruncatedError,
    Timeout,
    json_schema,
)
from api_openai.core.call.summary import read_summary
from api_openai.core.json.codec import Codec
from api_openai.core.json.encode import encode
from api_openai.core.realtime.outbox import type_of
from api_openai.core.structured.json_schema import SchemaError
from api_openai.core.structured.type_reader import reader
from api_openai.core.terms.json_text import CodecError, decode_json
from api_openai.core.websocket.events import Text
from api_openai.emulator import AsyncMemoryTransport, Emulator

ASK: dict[str, Any] = {"model": "gpt-5", "input": "Say this, word by word."}


def client(emulator: str, *faults: str, **settings: Any) -> Any:
    fields = {"x-emulator-fault": ", ".join(faults)} if faults else {}
    return AsyncClient(base_url=emulator, api_key="sk-page", default_headers=fields, **settings)


def raises(kind: type[BaseException], error: BaseException | None) -> Any:
    assert isinstance(error, kind), repr(error)
    assert "sk-page" not in str(error)
    return error


async def failure(program: Any) -> BaseException | None:
    try:
        await program
    except BaseException as error:
        return error
    return None


def refusal(kind: type[Exception], function: Callable[[], object]) -> str:
    """What a function is refused with."""
    try:
        function()
    except kind as error:
        return str(error)
    raise AssertionError("it was not refused")


async def words(stream: Any) -> list[str]:
    async with stream:
        return [each.delta async for each in stream if each.type == "response.output_text.delta"]


async def answers(emulator: str) -> None:
    one = client(emulator)
    response = await one.responses.create(**ASK)
    assert response.output_text.startswith("You said:")
    raw = await one.responses.with_raw_response.create(**ASK)
    assert raw.request_id
    assert raw.rate_limits
    assert [model.id async for model in one.models.list()]
    assert len(await asyncio.gather(*[one.responses.create(**ASK) for _ in range(20)])) == 20


async def streams(emulator: str) -> None:
    found = await words(await client(emulator).responses.create(**ASK, stream=True))
    assert len(found) > 5
    assert "".join(found).startswith("You said:")


async def cuts(emulator: str) -> None:
    one = client(emulator, "truncate;after=4")
    stream = await one.responses.create(**ASK, stream=True)
    error = raises(StreamTruncatedError, await failure(words(stream)))
    assert error.received <= 4  # a browser may throw away what came with the end


async def deadlines(emulator: str) -> None:
    for timeout, phase in (
        (Timeout(first_byte=0.05, total=20), "first_byte"),
        (Timeout(first_byte=20, total=0.05), "total"),
    ):
        one = client(emulator, "stall", timeout=timeout)
        error = raises(APITimeoutError, await failure(one.responses.create(**ASK)))
        assert (error.phase, error.seconds) == (phase, 0.05)


async def cancellation(emulator: str) -> None:
    one = client(emulator, "stall")
    task = asyncio.ensure_future(one.responses.create(**ASK))
    await asyncio.sleep(0.05)
    task.cancel()
    raises(asyncio.CancelledError, await failure(task))
    async with await client(emulator).responses.create(**ASK, stream=True) as stream:
        await anext(stream)


async def errors(emulator: str) -> None:
    missing = raises(NotFoundError, await failure(client(emulator).models.retrieve("none")))
    assert missing.request_id
    slow = client(emulator, "status;status=429;retry_after=3")
    limited = raises(RateLimitError, await failure(slow.responses.create(**ASK)))
    assert limited.rate_limits
    dead = client("http://127.0.0.1:9/v1")
    raises(OpenAIError, await failure(dead.responses.create(**ASK)))


async def uploads_and_downloads(emulator: str) -> None:
    data = bytes(range(256)) * 4096

    async def pieces() -> Any:
        for at in range(0, len(data), 100_000):
            yield data[at : at + 100_000]

    one = client(emulator)
    for file in (data, pieces()):
        made = await one.files.create(file=("a.bin", file), purpose="user_data")
        assert made.bytes == len(data)
        assert await (await one.files.content(made.id)).aread() == data


async def a_session(emulator: str) -> None:
    if not hasattr(importlib.import_module("js"), "WebSocket"):
        return
    async with client(emulator).realtime.connect(model="gpt-realtime") as connection:
        assert (await connection.recv()).type == "session.created"
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        await connection.response.create()
        said = ""
        async for event in connection:
            if event.type == "response.output_text.delta":
                said += event.delta
            elif event.type == "response.done":
                break
        assert said


async def blocking(emulator: str) -> None:
    blocking: Any = Client(base_url=emulator, api_key="sk-page")
    with blocking as one:
        if not importlib.import_module("pyodide.ffi").can_run_sync():
            said = refusal(OpenAIError, partial(one.responses.create, **ASK))
            assert "AsyncClient works everywhere" in said
            return
        assert one.responses.create(**ASK).output_text.startswith("You said:")
        with one.responses.create(**ASK, stream=True) as stream:
            assert sum(event.type == "response.output_text.delta" for event in stream) > 5
        assert [model.id for model in one.models.list()]


async def emulator_in_memory(emulator: str) -> None:
    transport = AsyncMemoryTransport(Emulator())
    one: Any = AsyncClient(api_key="sk-page", transport=transport)
    assert (await one.responses.create(**ASK)).output_text.startswith("You said:")
    assert len(await words(await one.responses.create(**ASK, stream=True))) > 5


async def nesting(emulator: str) -> None:
    document = b'{"type":"x","a":' + b"[" * 9000 + b"]" * 9000 + b"}"
    assert type_of(Text(document)) == ""  # what looks into a document on the way passes over it
    assert read_summary(document) is None
    for data in (b"[" * 100_000, b'{"a":' * 100_000, b"[" * 9000 + b"]" * 9000):
        assert "more than 300 levels" in refusal(CodecError, partial(decode_json, data))
    deep: Any = []
    for _ in range(50_000):
        deep = {"a": [deep]}
    assert "more than 300 levels" in refusal(ValueError, lambda: encode(deep))
    while deep:  # piece by piece, as the stack would not hold its end either
        deep = deep["a"].pop()
    assert encode(decode_json(b"[" * 300 + b"]" * 300)) == b"[" * 300 + b"]" * 300


async def a_field_that_hides_its_type(emulator: str) -> None:
    if sys.version_info < (3, 14):
        return
    from datetime import date

    for field in ("date: date", "date: date | None = None", "date: list[date]"):
        namespace: dict[str, Any] = {"Struct": msgspec.Struct, "date": date}
        exec(f"class Day(Struct):\n    {field}", namespace)
        day: Any = namespace["Day"]
        reads: Any = (json_schema, reader, lambda kind: Codec[Any](kind).decode(b"{}"))
        for read in reads:
            said = refusal(SchemaError, partial(read, day))
            assert "from __future__ import annotations" in said


async def nothing_is_left(emulator: str) -> None:
    one = client(emulator)
    for _ in range(3):
        await one.responses.create(**ASK)
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(50):
        async with await one.responses.create(**ASK, stream=True) as stream:
            await anext(stream)
    gc.collect()
    assert len(gc.get_objects()) - before < 500
