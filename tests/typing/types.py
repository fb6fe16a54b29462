"""What type checkers make of `api_openai.types`. Checked, not run: see test_typing.py."""

# ruff: noqa: TC001  # imported as people import them

from typing import Literal, assert_type

import api_openai
from api_openai import Client, types
from api_openai.core.api.types import chat as chat_types
from api_openai.core.api.types import responses as response_types
from api_openai.core.api.types import shared as shared_types
from api_openai.pagination import SyncCursorPage
from api_openai.types import ChatModel, CreateEmbeddingResponse, Embedding, FileObject, Metadata
from api_openai.types.beta.threads import Run
from api_openai.types.chat import (
    ChatCompletion,
    ChatCompletionMessageParam,
    ChatCompletionMessageToolCallUnion,
    ChatCompletionRole,
    ChatCompletionToolParam,
    Choice,
    CompletionCreateParams,
    CompletionCreateParamsStreaming,
)
from api_openai.types.containers import NoSuch  # type: ignore[attr-defined]  # pyright: ignore  # noqa: F401
from api_openai.types.files import FileCreateParams
from api_openai.types.realtime import (
    RealtimeClientEventParam,
    RealtimeErrorEvent,
    RealtimeServerEvent,
    ResponseCreateEventParam,
    ResponseTextDeltaEvent,
)
from api_openai.types.responses import Response, ResponseInputParam, ResponseOutputMessage
from api_openai.types.shared_params import FunctionDefinition


def answers(client: Client, messages: list[ChatCompletionMessageParam]) -> ChatCompletion:
    completion = client.chat.completions.create(model="m", messages=messages)
    choice: Choice = completion.choices[0]
    assert_type(choice.message.content, str | None)
    for call in choice.message.tool_calls or ():
        narrowed(call)
    return completion


def narrowed(call: ChatCompletionMessageToolCallUnion) -> None:
    if call.type == "function":
        assert_type(call, chat_types.ChatCompletionMessageFunctionToolCall)
        assert_type(call.function, shared_types.Function)
    else:
        assert_type(call, chat_types.ChatCompletionMessageCustomToolCall)


def the_same(completion: ChatCompletion, response: Response) -> None:
    assert_type(completion, chat_types.ChatCompletion)
    assert_type(response, response_types.Response)
    found: api_openai.types.chat.ChatCompletion = completion
    assert_type(found, types.chat.ChatCompletion)


def said_in_a_session(event: RealtimeServerEvent) -> str | None:
    if event.type == "response.output_text.delta":
        assert_type(event, ResponseTextDeltaEvent)
        return event.delta
    if isinstance(event, RealtimeErrorEvent):
        assert_type(event.error.code, str | None)
    return None


def saying_in_a_session() -> list[RealtimeClientEventParam]:
    asked: ResponseCreateEventParam = {
        "type": "response.create",
        "response": {"input": [{"type": "item_reference", "id": "i"}], "max_output_tokens": 9},
    }
    wrong: ResponseCreateEventParam = {"type": "session.update"}  # type: ignore[typeddict-item]  # pyright: ignore
    return [asked, wrong, {"type": "input_audio_buffer.append", "audio": "AAAA"}]


def parameters() -> None:
    function: FunctionDefinition = {"name": "f", "parameters": {"type": "object"}}
    tool: ChatCompletionToolParam = {"type": "function", "function": function}
    message: ChatCompletionMessageParam = {"role": "user", "content": "Hi"}
    params: CompletionCreateParams = {"model": "m", "messages": [message], "tools": [tool]}
    stream: CompletionCreateParamsStreaming = {"model": "m", "messages": [], "stream": True}
    wrong: ChatCompletionMessageParam = {"role": "nobody"}  # type: ignore  # pyright: ignore
    items: ResponseInputParam = [{"role": "user", "content": "Hi"}]
    model: ChatModel = "gpt-4o"
    role: ChatCompletionRole = "user"
    metadata: Metadata = {"a": "b"}
    file: FileCreateParams = {"file": b"", "purpose": "batch"}
    print(params, stream, wrong, items, model, role, metadata, file)
    assert_type(stream["stream"], Literal[True])


def pages(client: Client) -> SyncCursorPage[FileObject]:
    return client.files.list()


def more(embedding: CreateEmbeddingResponse, run: Run, message: ResponseOutputMessage) -> None:
    assert_type(embedding.data[0], Embedding)
    assert_type(run.id, str)
    assert_type(message.role, Literal["assistant"])
    api_openai.no_such_name  # type: ignore[attr-defined]  # pyright: ignore  # noqa: B018
