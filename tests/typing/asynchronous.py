"""What type checkers say of calls through `AsyncClient`. Checked, not run: see test_typing.py."""

from collections.abc import Coroutine
from typing import Any, assert_type

from api_openai import AsyncClient, AsyncPage, AsyncPager, AsyncStream, BinaryContent
from api_openai.core.api.operations import models as model_operations
from api_openai.core.api.operations import responses as operations
from api_openai.core.api.types.chat import ChatCompletion, ChatCompletionChunk
from api_openai.core.api.types.files import FileObject
from api_openai.core.api.types.models import Model
from api_openai.core.api.types.responses import Response
from api_openai.core.api.types.responses_events import ResponseStreamEvent


async def chat(client: AsyncClient, flag: bool) -> None:
    create = client.chat.completions.create
    await assert_type(create(model="m", messages=[]), Coroutine[Any, Any, ChatCompletion])
    assert_type(await create(model="m", messages=[]), ChatCompletion)
    assert_type(await create(model="m", messages=[], stream=False), ChatCompletion)
    assert_type(await create(model="m", messages=[], stream=None), ChatCompletion)
    assert_type(await create(model="m", messages=[], stream=True), AsyncStream[ChatCompletionChunk])
    assert_type(
        await create(model="m", messages=[], stream=flag),
        ChatCompletion | AsyncStream[ChatCompletionChunk],
    )


async def responses(client: AsyncClient) -> None:
    assert_type(await client.responses.create(model="m", input="Hi"), Response)
    assert_type(await client.responses.retrieve("r"), Response)
    assert_type(await client.responses.retrieve("r", stream=True), AsyncStream[ResponseStreamEvent])
    async with await client.responses.create(model="m", input="Hi", stream=True) as stream:
        assert_type(stream, AsyncStream[ResponseStreamEvent])
        async for event in stream:
            assert_type(event, ResponseStreamEvent)


async def lists(client: AsyncClient) -> None:
    assert_type(client.models.list(), AsyncPager[Model])
    async for model in client.models.list():
        assert_type(model, Model)
    page = await client.files.list(limit=3)
    assert_type(page, AsyncPage[FileObject])
    assert_type(page.data, list[FileObject])
    assert_type(await page.get_next_page(), AsyncPage[FileObject])
    async for file in page:
        assert_type(file, FileObject)
    async for each in page.iter_pages():
        assert_type(each, AsyncPage[FileObject])


async def other_methods(client: AsyncClient) -> None:
    assert_type(await client.models.retrieve("m"), Model)
    assert_type(await client.files.content("f"), BinaryContent)
    assert_type(await client.send(operations.create(model="m", input="Hi")), Response)
    assert_type(
        await client.send(operations.create_stream(model="m", input="Hi", stream=True)),
        AsyncStream[ResponseStreamEvent],
    )
    assert_type(await client.send(model_operations.list_()), AsyncPage[Model])
    assert_type(client.with_options(timeout=3), AsyncClient)


async def token() -> str:
    return "k"


async def clients() -> None:
    async with AsyncClient(api_key=token) as client:
        assert_type(client, AsyncClient)
    AsyncClient(api_key=lambda: "k")


async def mistakes(client: AsyncClient) -> None:
    create = client.chat.completions.create
    await create(model="m", messages=[], temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    await create(model="m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    await client.models.retrieve(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await client.models.list(limt=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.models.retrieve("m").id  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    for _ in client.models.list():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    with AsyncClient():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
