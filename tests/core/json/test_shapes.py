"""Members of tagged unions whose tag is missing or unknown, told apart by their shape."""

import json
import pickle
from typing import Any

import pytest

from api_openai.core.api.type_names import codec_of
from api_openai.core.json.encode import encode
from api_openai.core.json.provenance import meta
from api_openai.core.json.unknown import Unknown
from api_openai.core.json.unknown_fields import MAX_VARIANTS
from api_openai.types.chat import ChatCompletion, ChatCompletionMessageFunctionToolCall
from api_openai.types.responses import (
    Response,
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
    ResponseReasoningItem,
)

FUNCTION = {"name": "f", "arguments": "{}"}


def call(**fields: Any) -> Any:
    """What becomes of a tool call with these fields."""
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", **fields}]}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
    document = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    data = json.dumps({**document, "choices": [choice]}).encode()
    completion: ChatCompletion = codec_of("chat:ChatCompletion").decode(data)
    assert pickle.loads(pickle.dumps(completion)) == completion
    assert meta(completion).issues
    return (completion.choices[0].message.tool_calls or [])[0]


def item(**fields: Any) -> Any:
    """What becomes of an output item with these fields."""
    data = json.dumps({"id": "r", "object": "response", "output": [fields]}).encode()
    response: Response = codec_of("responses:Response").decode(data)
    return response.output[0]


@pytest.mark.parametrize("tag", [{}, {"type": None}, {"type": ""}])
@pytest.mark.parametrize("more", [{}, {"x": 1}])
def test_a_call_without_a_type_is_what_it_looks_like(
    tag: dict[str, Any], more: dict[str, Any]
) -> None:
    found = call(**tag, function=FUNCTION, **more)
    assert isinstance(found, ChatCompletionMessageFunctionToolCall)
    assert (found.type, found.function.name, found.id) == ("function", "f", "1")
    assert found.model_extra == more


def test_a_call_of_an_unknown_type_keeps_it_and_is_what_it_looks_like() -> None:
    found = call(type="builtin_function", function=FUNCTION)
    assert isinstance(found, ChatCompletionMessageFunctionToolCall)
    assert (str(found.type), found.function.arguments) == ("builtin_function", "{}")
    expected = {"type": "builtin_function", "id": "1", "function": FUNCTION}
    assert json.loads(encode(found)) == found.to_dict() == expected
    again = pickle.loads(pickle.dumps(found))
    assert (again, again.type) == (found, "builtin_function")
    assert found != call(type="other_function", function=FUNCTION)
    more = call(type="builtin_function", function=FUNCTION, x=1)
    assert pickle.loads(pickle.dumps(more)).to_dict() == {**expected, "x": 1}


def test_the_number_of_types_that_a_server_may_make_up_is_bounded() -> None:
    for number in range(2 * MAX_VARIANTS):
        assert call(type=f"kind_{number}", function=FUNCTION).function.name == "f"


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "new_kind", "payload": {}},
        {"type": "new_kind", "function": "f"},
        {"type": 5, "function": FUNCTION},
        {"foo": 1},
        {},
        {"function": FUNCTION, "custom": {"name": "n", "input": "i"}},
    ],
)
def test_what_may_be_anything_is_unknown(fields: dict[str, Any]) -> None:
    found = call(**fields)
    assert isinstance(found, Unknown)
    assert found.raw == {"id": "1", **fields}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (ResponseOutputMessage, {"role": "assistant", "content": []}),
        (ResponseFunctionToolCall, {"call_id": "c", "name": "f", "arguments": "{}"}),
        (ResponseReasoningItem, {"summary": []}),
    ],
)
def test_items_without_a_type(kind: type, fields: dict[str, Any]) -> None:
    assert isinstance(item(id="i", **fields), kind)
    assert isinstance(item(type="new_kind", id="i", **fields), Unknown)


def test_parts_without_a_type() -> None:
    (part,) = item(type="message", id="i", content=[{"text": "Hi"}]).content
    assert isinstance(part, ResponseOutputText)
    assert part.text == "Hi"
