"""Messages of the GenAI conventions, out of the forms that this API has for them."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.client.listeners.genai import modalities
from api_openai.client.listeners.genai_messages import (
    input_messages,
    output_messages,
    streamed_messages,
    system_instructions,
    tools,
)

TEXT: Final = {"type": "text", "content": "Hi"}
CALL: Final = {"type": "tool_call", "id": "c1", "name": "look", "arguments": {"at": 1}}
RESULT: Final = {"type": "tool_call_response", "id": "c1", "response": "nothing"}


@pytest.mark.parametrize(
    ("said", "role", "parts"),
    [
        ({"role": "user", "content": "Hi"}, "user", [TEXT]),
        ({"role": "user", "content": [{"type": "text", "text": "Hi"}]}, "user", [TEXT]),
        ({"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}, "user", [TEXT]),
        ({"type": "message", "role": "user", "content": "Hi"}, "user", [TEXT]),
        (
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": '{"at":1}'}}],
            },
            "assistant",
            [CALL],
        ),
        ({"role": "tool", "tool_call_id": "c1", "content": "nothing"}, "tool", [RESULT]),
        (
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"at":1}'},
            "assistant",
            [CALL],
        ),
        (
            {"type": "function_call_output", "call_id": "c1", "output": "nothing"},
            "tool",
            [RESULT],
        ),
        (
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
            "assistant",
            [{"type": "reasoning", "content": "Hm."}],
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://i"}}]},
            "user",
            [{"type": "uri", "modality": "image", "uri": "http://i"}],
        ),
        (
            {"role": "user", "content": [{"type": "input_image", "image_url": "http://i"}]},
            "user",
            [{"type": "uri", "modality": "image", "uri": "http://i"}],
        ),
        (
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "QQ=="}}]},
            "user",
            [{"type": "blob", "modality": "audio", "content": "QQ=="}],
        ),
        (
            {"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]},
            "user",
            [{"type": "file", "modality": "document", "file_id": "file-1"}],
        ),
        (
            {"role": "assistant", "content": None, "refusal": "Hi"},
            "assistant",
            [TEXT],
        ),
        ({"type": "web_search_call", "id": "w"}, "assistant", [{"type": "web_search_call"}]),
    ],
)
def test_messages_and_items(said: Any, role: str, parts: Any) -> None:
    assert input_messages({"messages": [said]}) == [{"role": role, "parts": parts}]
    assert input_messages({"input": [said]}) == [{"role": role, "parts": parts}]


def test_texts_alone() -> None:
    assert input_messages({"input": "Hi"}) == [{"role": "user", "parts": [TEXT]}]
    assert input_messages({"prompt": "Hi"}) == [{"role": "user", "parts": [TEXT]}]
    assert system_instructions({"instructions": "Hi"}) == [TEXT]
    assert input_messages({}) == system_instructions({}) == tools({}) == []


def test_tools() -> None:
    asked: Any = [
        {"type": "function", "function": {"name": "a", "parameters": {}}},
        {"type": "function", "name": "b", "description": "long"},
        {"type": "mcp", "server_label": "c"},
        {"type": "web_search"},
    ]
    assert [each["name"] for each in tools({"tools": asked})] == ["a", "b", "c", "web_search"]


def test_answers() -> None:
    chat = {"choices": [{"message": {"role": "assistant", "content": "Hi"}}, {"text": "Hi"}]}
    assert output_messages(chat) == 2 * [{"role": "assistant", "parts": [TEXT]}]
    items = [
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi"}],
        },
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"at":1}'},
    ]
    assert output_messages({"output": items}) == [{"role": "assistant", "parts": [TEXT, CALL]}]
    assert output_messages({}) == []


def test_arguments_that_are_no_json_stay_as_the_model_wrote_them() -> None:
    said = {"type": "function_call", "call_id": "c", "name": "n", "arguments": "{oh"}
    assert input_messages({"input": [said]})[0]["parts"][0]["arguments"] == "{oh"


def test_tokens_by_modality() -> None:
    assert modalities(None, None, None) == {"unknown": 0}
    assert modalities(9, None, None) == modalities(9, 0, 0) == {"unknown": 9}
    assert modalities(9, 4, 2) == {"audio": 4, "image": 2, "unknown": 3}
    assert modalities(6, 4, 2) == {"audio": 4, "image": 2}
    assert modalities(3, 4, 2) == {"unknown": 3}


NAMES: Final = (
    "messages input prompt role content type text tool_calls function name arguments id call_id"
    " image_url url choices message output summary tools custom refusal index delta"
).split()
WORDS: Final = st.sampled_from(["message", "user", "tool", "function_call", "reasoning", "x"])
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(document=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
def test_whatever_is_said(document: dict[str, Any]) -> None:
    found = [*input_messages(document), *output_messages(document), *streamed_messages([document])]
    for message in found:
        assert isinstance(message["role"], str)
        assert all(isinstance(part["type"], str) for part in message["parts"])
    json.dumps([*found, *system_instructions(document), *tools(document)])
