"""The types in pydantic: fields, adapters, encoders, JSON schemas, bodies of FastAPI."""

import json
import subprocess
import sys
from typing import Annotated, Any

import pytest

from api_openai.types.chat import (
    ChatCompletion,
    ChatCompletionMessage,
    ChatCompletionMessageParam,
    CompletionCreateParams,
)
from api_openai.types.files import FileCreateParams
from api_openai.types.responses import ResponseInputParam, ResponseStreamEvent

pydantic: Any = pytest.importorskip("pydantic")
pydantic_core: Any = pytest.importorskip("pydantic_core")

MESSAGES: list[Any] = [
    {"role": "user", "content": [{"type": "text", "text": "x", "new": 1}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "t", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        ],
    },
]
CHAT: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hi", "reasoning_content": "t"},
        }
    ],
}


def state() -> Any:
    return pydantic.create_model(
        "State",
        messages=(list[ChatCompletionMessageParam], ...),
        last=(ChatCompletion | None, None),
    )


def test_fields_of_pydantic_models() -> None:
    found = state().model_validate_json(json.dumps({"messages": MESSAGES, "last": CHAT}))
    assert found.messages == MESSAGES
    assert isinstance(found.last, ChatCompletion)
    assert found.model_dump(exclude_unset=True) == {"messages": MESSAGES, "last": CHAT}
    assert json.loads(found.model_dump_json(exclude={"last": {"choices"}}))["last"]["id"] == "c1"
    assert found.model_dump()["last"]["usage"] is None
    assert state()(messages=[], last=found.last).last is found.last


def test_a_message_of_an_answer_stays_an_object() -> None:
    message = ChatCompletionMessage(role="assistant", content="hi")
    found = state()(messages=[message])
    assert found.messages == [message]
    assert found.model_dump(exclude_none=True)["messages"] == [
        {"role": "assistant", "content": "hi"}
    ]


@pytest.mark.parametrize("document", [{}, {**CHAT, "created": "soon"}, [], "x"])
def test_what_does_not_fit_is_an_error_of_pydantic(document: object) -> None:
    with pytest.raises(pydantic.ValidationError):
        pydantic.TypeAdapter(ChatCompletion).validate_python(document)
    with pytest.raises(pydantic.ValidationError):
        pydantic.TypeAdapter(ChatCompletion).validate_python(CHAT, strict=True)
    with pytest.raises(pydantic.ValidationError):
        state()(messages=[{"role": "wizard", "content": "x"}])


def test_parameters_are_those_of_the_api() -> None:
    adapter = pydantic.TypeAdapter(CompletionCreateParams)
    given = {"model": "m", "messages": MESSAGES, "timeout": 1, "extra_headers": {"a": "b"}}
    assert adapter.validate_python(given) == {"model": "m", "messages": MESSAGES}
    with pytest.raises(pydantic.ValidationError, match="messages"):
        adapter.validate_python({"model": "m"})
    file = pydantic.TypeAdapter(FileCreateParams)
    assert file.validate_python({"file": b"x", "purpose": "batch"})["file"] == b"x"
    items = pydantic.TypeAdapter(ResponseInputParam)
    item = {"role": "user", "content": "x"}
    assert items.validate_python([item]) == [item]


def test_unions_of_events_go_by_their_tags() -> None:
    event: dict[str, Any] = {
        "type": "response.output_text.delta",
        "delta": "x",
        "item_id": "i",
        "logprobs": [],
    }
    event |= {"output_index": 0, "content_index": 0, "sequence_number": 1}
    found = pydantic.TypeAdapter(ResponseStreamEvent).validate_python(event)
    assert type(found).__name__ == "ResponseTextDeltaEvent"


def test_encoders_take_answers() -> None:
    answer = ChatCompletion.model_validate(CHAT)
    assert pydantic_core.to_jsonable_python({"a": [answer]}, exclude_none=True)["a"] == [CHAT]
    assert json.loads(pydantic_core.to_json(answer))["id"] == "c1"


@pytest.mark.parametrize("mode", ["validation", "serialization"])
@pytest.mark.parametrize(
    "kind",
    [ChatCompletion, ChatCompletionMessageParam, CompletionCreateParams, FileCreateParams],
    ids=["model", "union", "keywords", "file"],
)
def test_schemas_in_json(kind: Any, mode: str) -> None:
    schema = pydantic.TypeAdapter(kind).json_schema(mode=mode)
    assert "anyOf" in schema or schema["properties"]
    if kind is ChatCompletion:
        assert "usage" not in schema["required"]


def test_nothing_of_pydantic_is_imported_for_it() -> None:
    program = """
import sys
from api_openai.types.chat import ChatCompletion, ChatCompletionMessageParam
ChatCompletion.model_construct(id="x").model_dump_json()
assert not {"pydantic", "pydantic_core"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_bodies_and_answers_of_fastapi() -> None:
    fastapi: Any = pytest.importorskip("fastapi")
    testing: Any = pytest.importorskip("fastapi.testclient")
    app = fastapi.FastAPI()

    def keywords(body: CompletionCreateParams) -> ChatCompletion:
        assert "extra_headers" not in body
        return ChatCompletion.model_validate(CHAT)

    def answer(body: Annotated[ChatCompletion, fastapi.Body()]) -> ChatCompletion:
        return body

    app.post("/keywords", response_model_exclude_unset=True)(keywords)
    app.post("/answer", response_model_exclude_unset=True)(answer)
    client = testing.TestClient(app)
    body = {"model": "m", "messages": MESSAGES, "extra_headers": {"a": "b"}}
    assert client.post("/keywords", json=body).json() == CHAT
    assert client.post("/answer", json=CHAT).json() == CHAT
    refused = client.post("/answer", json={"id": 3})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["msg"].startswith("id: expected a string, got an integer")
    assert "ChatCompletion" in client.get("/openapi.json").text
