"""What type checkers say of calls through `Client`. Checked, not run: see test_typing.py."""

from pathlib import Path
from typing import assert_type

from api_openai import BinaryContent, Client, Page, Secret, Stream
from api_openai.core.api.operations import chat as chat_operations
from api_openai.core.api.operations import responses as operations
from api_openai.core.api.params.embeddings import EmbeddingCreateParams
from api_openai.core.api.types.chat import ChatCompletion, ChatCompletionChunk
from api_openai.core.api.types.embeddings import (
    CreateEmbeddingResponse,
    CreateEmbeddingResponseBase64,
)
from api_openai.core.api.types.files import FileDeleted, FileObject
from api_openai.core.api.types.models import Model
from api_openai.core.api.types.responses import Response
from api_openai.core.api.types.responses_events import ResponseStreamEvent


def chat(client: Client, flag: bool) -> None:
    create = client.chat.completions.create
    assert_type(create(model="m", messages=[]), ChatCompletion)
    assert_type(create(model="m", messages=[], stream=False), ChatCompletion)
    assert_type(create(model="m", messages=[], stream=None), ChatCompletion)
    assert_type(create(model="m", messages=[], stream=True), Stream[ChatCompletionChunk])
    assert_type(
        create(model="m", messages=[], stream=flag),
        ChatCompletion | Stream[ChatCompletionChunk],
    )
    completion = create(
        model="m",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        ],
        temperature=0.5,
        metadata={"a": "b"},
        extra_headers={"x-a": "b", "openai-project": None},
        extra_query={"a": 1},
        extra_body={"top_k": 3},
        timeout=3,
    )
    assert_type(completion.choices[0].message.content, str | None)
    assert_type(completion.usage.total_tokens if completion.usage else 0, int)


def sending_back(client: Client, completion: ChatCompletion, response: Response) -> None:
    client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": "Hi"}, completion.choices[0].message]
    )
    client.responses.create(model="m", input=[*response.output, {"role": "user", "content": "?"}])


def responses(client: Client, flag: bool) -> None:
    create = client.responses.create
    assert_type(create(model="m", input="Hi"), Response)
    assert_type(create(model="m", input="Hi", stream=True), Stream[ResponseStreamEvent])
    assert_type(create(model="m", input="Hi", stream=flag), Response | Stream[ResponseStreamEvent])
    assert_type(create(model="m", input="Hi").output_text, str)
    assert_type(client.responses.retrieve("r"), Response)
    assert_type(client.responses.retrieve(response_id="r"), Response)
    assert_type(client.responses.retrieve("r", stream=True), Stream[ResponseStreamEvent])
    assert_type(client.responses.retrieve("r", stream=flag), Response | Stream[ResponseStreamEvent])
    assert_type(client.responses.cancel("r"), Response)
    client.responses.delete("r")
    with create(model="m", input="Hi", stream=True) as stream:
        assert_type(stream, Stream[ResponseStreamEvent])
        for event in stream:
            assert_type(event, ResponseStreamEvent)
        assert_type(stream.response.status_code, int)


def lists(client: Client) -> None:
    page = client.models.list()
    assert_type(page, Page[Model])
    assert_type(page.data, list[Model])
    assert_type(page.get_next_page(), Page[Model])
    for model in page:
        assert_type(model, Model)
    for each in client.files.list(limit=3, order="asc").iter_pages():
        assert_type(each, Page[FileObject])
    assert_type([item.id for item in client.chat.completions.list(model="m")], list[str])


def other_methods(client: Client) -> None:
    assert_type(client.models.retrieve("m"), Model)
    assert_type(client.models.retrieve(model="m", timeout=None), Model)
    assert_type(client.chat.completions.retrieve("c"), ChatCompletion)
    assert_type(client.embeddings.create(model="m", input="a"), CreateEmbeddingResponse)
    assert_type(client.embeddings.create(model="m", input=["a", "b"]), CreateEmbeddingResponse)
    plain = client.embeddings.create(model="m", input="a", encoding_format="float")
    assert_type(plain.data[0].embedding, list[float])
    packed = client.embeddings.create(model="m", input="a", encoding_format="base64")
    assert_type(packed.data[0].embedding, str)
    assert_type(packed.data[0].floats(), memoryview[float])
    given = EmbeddingCreateParams(model="m", input="a")
    either = client.embeddings.create(**given)
    assert_type(either, CreateEmbeddingResponse | CreateEmbeddingResponseBase64)
    assert_type(client.files.create(file=b"", purpose="batch"), FileObject)
    assert_type(client.files.create(file=("a.txt", b""), purpose="batch"), FileObject)
    assert_type(client.files.delete("f"), FileDeleted)
    content = client.files.content("f")
    assert_type(content, BinaryContent)
    assert_type(content.read(), bytes)
    assert_type(client.files.retrieve_content("f"), str)


def operations_are_values(client: Client, flag: bool) -> None:
    assert_type(client.send(operations.create(model="m", input="Hi")), Response)
    assert_type(
        client.send(operations.create_stream(model="m", input="Hi", stream=True)),
        Stream[ResponseStreamEvent],
    )
    assert_type(
        client.send(operations.create_either(model="m", input="Hi", stream=flag)),
        Response | Stream[ResponseStreamEvent],
    )
    assert_type(
        client.send(chat_operations.completions_create(model="m", messages=[])), ChatCompletion
    )
    assert_type(operations.create(model="m", input="Hi").to_curl(), str)


def clients(client: Client) -> None:
    assert_type(client.with_options(timeout=3), Client)
    assert_type(client.copy(api_key="k"), Client)
    assert_type(client.with_options(timeout=3).models.retrieve("m"), Model)
    assert_type(client.base_url, str)
    assert_type(client.copy(api_key=lambda: Secret("k")), Client)
    assert_type(Secret.load_with_fallbacks("NAME", folder=Path("f"), checked=False), Secret)
    Secret.audit(lambda exposure: assert_type(exposure.count, int))
    with Client(api_key=lambda: "k", default_headers={"a": "b"}) as other:
        assert_type(other, Client)


def mistakes(client: Client) -> None:
    create = client.chat.completions.create
    create(model="m", messages=[], temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    create(model="m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    create(model="m", messages=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    create(model="m", messages=[], stream="yes")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    client.models.retrieve()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.models.retrieve(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.models.retrieve("m", nothing=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.models.list(limt=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.files.list(order="up")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.files.create(file=b"", purpose=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.models.retrieve("m").nothing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    client.models.nothing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    client.models.retrieve("m").id = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    Client(api_ky="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.with_options(api_ky="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
