"""What raw, streamed and binary answers offer, against the same of the official SDK."""

import asyncio
import importlib
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import APIResponse, AsyncStreamedResponse, BinaryContent, Client, StreamedResponse
from api_openai.emulator import Emulator, MemoryTransport

from ..support.switching import HELLO, Package, Program, check

PAIRS: Final[list[tuple[type[Any], str, str]]] = [
    (APIResponse, "openai._legacy_response", "LegacyAPIResponse"),
    (StreamedResponse, "openai._response", "APIResponse"),
    (AsyncStreamedResponse, "openai._response", "AsyncAPIResponse"),
    (StreamedResponse, "openai._response", "StreamedBinaryAPIResponse"),
    (AsyncStreamedResponse, "openai._response", "AsyncStreamedBinaryAPIResponse"),
    (BinaryContent, "openai", "HttpxBinaryResponseContent"),
]


def public(kind: type[Any]) -> set[str]:
    names = {*dir(kind), *(name for each in kind.__mro__ for name in _annotated(each))}
    return {name for name in names if not name.startswith("_")}


def _annotated(kind: type[Any]) -> Any:
    return vars(kind).get("__annotations__", {})


@pytest.mark.parametrize(("ours", "module", "name"), PAIRS, ids=[each[2] for each in PAIRS])
def test_they_have_every_public_attribute(ours: type[Any], module: str, name: str) -> None:
    pytest.importorskip("openai", reason="the official SDK is not installed")
    theirs: type[Any] = getattr(importlib.import_module(module), name)
    assert public(theirs) - public(ours) == set()


def of_request(request: Any) -> object:
    return request.method, str(request.url).partition("/v1")[2], request.headers.get("x-title")


def raw(sdk: Package, client: Any) -> object:
    kwargs: dict[str, Any] = {"model": "gpt-4o", "messages": HELLO}
    answer = client.chat.completions.with_raw_response.create(
        **kwargs, extra_headers={"X-Title": "t"}
    )
    assert isinstance(answer.elapsed, timedelta)
    assert answer.parse() is answer.parse()
    response = answer.http_response
    return (
        (answer.method, str(answer.url).partition("/v1")[2], answer.http_version),
        (answer.is_closed, answer.retries_taken, answer.text == response.text),
        (response.status_code, response.headers["content-type"], response.is_success),
        (response.reason_phrase, response.json()["object"], response.read() == answer.content),
        of_request(answer.http_request),
        of_request(response.request),
    )


def raw_stream(sdk: Package, client: Any) -> object:
    answer = client.chat.completions.with_raw_response.create(
        model="gpt-4o", messages=HELLO, stream=True
    )
    before = answer.is_closed
    stream = answer.parse()
    next(iter(stream))
    return before, answer.parse() is stream, len([*stream]) > 0, answer.is_closed


def streamed(sdk: Package, client: Any) -> object:
    with client.chat.completions.with_streaming_response.create(
        model="gpt-4o", messages=HELLO
    ) as answer:
        assert isinstance(answer.elapsed if sdk.__name__ != "openai" else timedelta(), timedelta)
        before = answer.is_closed, answer.http_response.status_code
        text = "".join(answer.iter_text(chunk_size=7))
        return before, answer.is_closed, text.startswith("{"), of_request(answer.http_request)


def of_content(sdk: Package, client: Any) -> object:
    file = client.files.create(file=("rows.jsonl", "é\nb\n".encode()), purpose="batch")
    content = client.files.content(file.id)
    content.close()
    return (
        (content.read(), content.text, [*content.iter_text(2)], [*content.iter_lines()]),
        ([*content.iter_bytes(3)], content.response.status_code, content.response.content),
    )


def of_async_content(sdk: Package, client: Any) -> object:
    async def program() -> object:
        url = str(client.base_url)
        async with sdk.AsyncOpenAI(api_key="k", base_url=url, max_retries=0) as aclient:
            file = await aclient.files.create(file=("a.jsonl", b"a\nb\n"), purpose="batch")
            content = await aclient.files.content(file.id)
            found: list[object] = [await content.aread()]
            found.append([part async for part in await content.aiter_bytes(3)])
            found.append([part async for part in await content.aiter_text(3)])
            found.append([part async for part in await content.aiter_lines()])
            await content.aclose()
            return found

    return asyncio.run(program())


@pytest.mark.parametrize(
    "program",
    [raw, raw_stream, streamed, of_content, of_async_content],
    ids=lambda each: each.__name__,
)
def test_they_say_the_same(program: Program) -> None:
    check(program)


def test_binary_content_by_all_its_names(tmp_path: Path) -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator()))
    speech = client.audio.speech.create(
        model="tts-1", voice="alloy", input="Hi", response_format="wav"
    )
    assert speech.encoding == "utf-8"
    assert speech.charset_encoding is None
    assert b"".join(speech.iter_raw()) == b"".join(speech.iter_raw(None)) == speech.content
    with pytest.raises(ValueError, match="chunk_size=0"):
        list(speech.iter_bytes(0))

    async def read() -> bytes:
        await speech.astream_to_file(tmp_path / "a", chunk_size=5)
        speech.stream_to_file(file=tmp_path / "b", chunk_size=5)
        return b"".join([part async for part in speech.aiter_raw(1000)])  # without an await, too

    assert asyncio.run(read()) == speech.content
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == speech.content
