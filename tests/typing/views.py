"""What type checkers say of raw, streaming and untyped calls. Checked, not run."""

from typing import Any, assert_type

from api_openai import (
    APIResponse,
    AsyncClient,
    AsyncPage,
    AsyncStream,
    AsyncStreamedResponse,
    BinaryContent,
    Client,
    Operation,
    Page,
    RateLimits,
    Secret,
    Stream,
    StreamedResponse,
    Timeout,
)
from api_openai.client.answers.response import AsyncResponseManager, ResponseManager
from api_openai.core.api.types.chat import ChatCompletion, ChatCompletionChunk
from api_openai.core.api.types.models import Model
from api_openai.core.terms.http_message import Headers


def raw(client: Client, flag: bool) -> None:
    create = client.chat.completions.with_raw_response.create
    assert_type(create(model="m", messages=[]), APIResponse[ChatCompletion])
    assert_type(create(model="m", messages=[]).parse(), ChatCompletion)
    assert_type(
        create(model="m", messages=[], stream=True), APIResponse[Stream[ChatCompletionChunk]]
    )
    assert_type(
        create(model="m", messages=[], stream=flag),
        APIResponse[ChatCompletion | Stream[ChatCompletionChunk]],
    )
    response = client.models.with_raw_response.list()
    assert_type(response, APIResponse[Page[Model]])
    assert_type(response.status_code, int)
    assert_type(response.headers, Headers)
    assert_type(response.headers.get("a"), str | None)
    assert_type(response.request_id, str | None)
    assert_type(response.rate_limits, RateLimits | None)
    assert_type(response.content, bytes)
    assert_type(client.models.with_raw_response.retrieve("m").parse(), Model)
    assert_type(client.with_raw_response.models.retrieve("m").parse(), Model)


def streamed(client: Client) -> None:
    create = client.chat.completions.with_streaming_response.create
    assert_type(create(model="m", messages=[]), ResponseManager[ChatCompletion])
    assert_type(
        create(model="m", messages=[], stream=True), ResponseManager[Stream[ChatCompletionChunk]]
    )
    with client.files.with_streaming_response.content("f") as response:
        assert_type(response, StreamedResponse[BinaryContent])
        assert_type(response.parse(), BinaryContent)
        assert_type([*response.iter_bytes(3)], list[bytes])
        assert_type([*response.iter_lines()], list[str])


async def async_raw(client: AsyncClient, flag: bool) -> None:
    create = client.chat.completions.with_raw_response.create
    assert_type(await create(model="m", messages=[]), APIResponse[ChatCompletion])
    assert_type(
        await create(model="m", messages=[], stream=True),
        APIResponse[AsyncStream[ChatCompletionChunk]],
    )
    assert_type(
        await create(model="m", messages=[], stream=flag),
        APIResponse[ChatCompletion | AsyncStream[ChatCompletionChunk]],
    )
    assert_type(await client.models.with_raw_response.list(), APIResponse[AsyncPage[Model]])


async def async_streamed(client: AsyncClient) -> None:
    manager = client.models.with_streaming_response.retrieve("m")
    assert_type(manager, AsyncResponseManager[Model])
    async with manager as response:
        assert_type(response, AsyncStreamedResponse[Model])
        assert_type(await response.parse(), Model)
        async for part in response.iter_bytes():
            assert_type(part, bytes)


def untyped(client: Client) -> None:
    assert_type(client.get("/models/m", cast_to=Model), Model)
    assert_type(client.post("/x", cast_to=dict[str, int], body={"a": 1}), dict[str, int])
    assert_type(client.put("/x", cast_to=str), str)
    assert_type(client.patch("/x", cast_to=bytes, query={"a": 1}, timeout=3), bytes)
    assert_type(client.post("/x", cast_to=Stream[Model], files={"f": b""}), Stream[Model])
    assert_type(client.get("/x"), Any)
    assert_type(client.post("/x", stream=True, stream_cls=Stream[Model]), Stream[Model])
    client.post("/x", cast_to=Model, options={"headers": {"a": "b"}, "timeout": 3})
    client.delete("/x", cast_to=None)
    assert_type(Client.get("/x", cast_to=Model), Operation[Model, Model])


async def async_untyped(client: AsyncClient) -> None:
    assert_type(await client.get("/models/m", cast_to=Model), Model)
    assert_type(await client.post("/x", cast_to=AsyncStream[Model]), AsyncStream[Model])
    assert_type(await client.get("/x"), Any)
    await client.delete("/x", cast_to=None)


def settings(client: Client) -> None:
    client.api_key = Secret("k")
    client.api_key = lambda: "k"
    client.timeout = 3
    client.organization = None
    assert_type(client.api_key, str)
    assert_type(client.timeout, Timeout)
    client.models.list = print


def mistakes(client: Client) -> None:
    client.apikey = "k"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    client.max_retries = "3"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    client.models.list = 3  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    client.get("/x", cast_to=Model, headers={})  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.get()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.get("/x", query=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    client.models.with_raw_response.retrieve("m", nothing=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.models.with_raw_response.retrieve("m").id  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    with client.models.with_raw_response.retrieve("m"):  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
