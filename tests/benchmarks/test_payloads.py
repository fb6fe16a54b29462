"""What the server answers is what the API and gateways send: described fields, and some that are not."""

import json
from typing import Any

import pytest
from benchmarks import payloads

from api_openai import Model
from api_openai.core.json.codec import codec
from api_openai.core.json.values import is_list
from api_openai.types.chat import ChatCompletion, ChatCompletionChunk


def unknown(value: Any, place: str = "") -> list[str]:
    """The places of fields that the description lacks."""
    if is_list(value):
        return [found for item in value for found in unknown(item, f"{place}[]")]
    if not isinstance(value, Model):
        return []
    found = [f"{place}.{name}" for name in value.model_extra or {}]
    for name in value.__struct_fields__:
        found += unknown(getattr(value, name), f"{place}.{name}")
    return sorted(found)


def test_a_head_has_24_fields() -> None:
    for head in (payloads.whole({}), payloads.stream_head()):
        fields = head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
        assert len({field.partition(b":")[0] for field in fields}) == len(fields) == 24


def test_a_completion_has_fields_of_a_gateway() -> None:
    decode = codec(ChatCompletion).decode
    gateway = decode(json.dumps(payloads.chat_completion()).encode())
    described = decode(json.dumps(payloads.described_completion()).encode())
    assert unknown(described) == []
    assert unknown(gateway) == [
        ".choices[].message.reasoning",
        ".choices[].native_finish_reason",
        ".provider",
        ".usage.cost",
    ]


@pytest.mark.parametrize(
    ("dialect", "fields"),
    [
        ("", []),
        (
            "vllm",
            [
                ".choices[].delta.reasoning_content",
                ".choices[].stop_reason",
                ".choices[].token_ids",
            ],
        ),
        ("llama", [".timings"]),
    ],
)
def test_every_chunk_of_a_dialect_has_its_fields(
    dialect: payloads.Dialect, fields: list[str]
) -> None:
    decode = codec(ChatCompletionChunk).decode
    *events, done = payloads.chat_events(3, dialect)
    assert done == b"data: [DONE]\n\n"
    for event in events:
        assert unknown(decode(event.removeprefix(b"data: "))) == fields
