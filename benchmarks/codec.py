"""What the codec costs beside bare msgspec, and what the official SDK's models cost.

    python benchmarks/codec.py

Prints microseconds (the best of several rounds) and ratios to msgspec with the same types.
"""

import json
from collections.abc import Callable
from time import process_time
from timeit import repeat
from typing import Any, ClassVar, Literal

import msgspec

from api_openai import Model, omit
from api_openai.core.json.codec import codec
from api_openai.core.json.encode import encode


class Function(Model, kw_only=True):
    name: str
    arguments: str


class FunctionCall(Model, tag_field="type", tag="function", kw_only=True):
    type: ClassVar[Literal["function"]] = "function"
    id: str
    function: Function


class CustomCall(Model, tag_field="type", tag="custom", kw_only=True):
    type: ClassVar[Literal["custom"]] = "custom"
    id: str
    input: str | None = None


class Message(Model, kw_only=True):
    role: str
    content: str | None
    refusal: str | None = None
    annotations: list[dict[str, Any]] | None = None
    tool_calls: list[FunctionCall | CustomCall] | None = None


class Choice(Model, kw_only=True):
    index: int
    message: Message
    finish_reason: str | None
    logprobs: dict[str, Any] | None = None


class Details(Model, kw_only=True):
    cached_tokens: int | None = None
    audio_tokens: int | None = None
    reasoning_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None


class Usage(Model, kw_only=True):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: Details | None = None
    completion_tokens_details: Details | None = None


class Completion(Model, kw_only=True):
    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: Usage | None = None
    service_tier: str | None = None
    system_fingerprint: str | None = None


COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    "object": "chat.completion",
    "created": 1741569952,
    "model": "gpt-4.1-2025-04-14",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hello! How can I assist you today? " * 6,
                "refusal": None,
                "annotations": [],
            },
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 19,
        "completion_tokens": 10,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    },
    "service_tier": "default",
    "system_fingerprint": "fp_44709d6fcb",
}
EVENT: dict[str, Any] = {
    "type": "response.kind7",
    "item_id": "msg_67c9fdcf37fc8190ba82116e33fb28c507b8b0ad4e5eb654",
    "output_index": 0,
    "content_index": 0,
    "delta": "Hi",
    "sequence_number": 4,
    "logprobs": [],
}


def event_union() -> Any:
    """A union of 60 classes, as wide as that of the Responses API's events."""
    fields: list[Any] = [
        ("item_id", str),
        ("output_index", int),
        ("content_index", int),
        ("delta", str),
        ("sequence_number", int),
        ("logprobs", list[dict[str, Any]] | None, None),
    ]
    union: Any = None
    for number in range(60):
        kind: Any = msgspec.defstruct(
            f"Kind{number}",
            fields,
            bases=(Model,),
            tag_field="type",
            tag=f"response.kind{number}",
            kw_only=True,
        )
        union = kind if union is None else union | kind
    return union


def microseconds(call: Callable[[], object], number: int) -> float:
    return min(repeat(call, number=number, repeat=15, timer=process_time)) / number * 1e6


def row(name: str, subject: Callable[[], object], floor: Callable[[], object], number: int) -> None:
    ours, bare = microseconds(subject, number), microseconds(floor, number)
    print(f"{name:<44}{ours:>10.2f}{bare:>10.2f}{ours / bare:>8.2f}")


def main() -> None:
    print(f"{'us per call':<44}{'codec':>10}{'msgspec':>10}{'ratio':>8}")
    completion = json.dumps(COMPLETION, separators=(",", ":")).encode()
    decode, bare = codec(Completion).decode, msgspec.json.Decoder(Completion).decode
    row(
        f"completion, {len(completion)} bytes",
        lambda: decode(completion),
        lambda: bare(completion),
        20000,
    )

    union = event_union()
    event = json.dumps(EVENT, separators=(",", ":")).encode()
    decode_event, bare_event = codec(union).decode, msgspec.json.Decoder(union).decode
    row("event of a union of 60", lambda: decode_event(event), lambda: bare_event(event), 50000)

    message = {**COMPLETION["choices"][0]["message"], "reasoning_content": "hm"}
    choices = [{**COMPLETION["choices"][0], "message": message}]
    drifted = json.dumps({**COMPLETION, "choices": choices}).encode()
    row(
        "completion with an unknown nested field",
        lambda: decode(drifted),
        lambda: bare(completion),
        5000,
    )
    drifted_event = json.dumps({**EVENT, "obfuscation": "x"}).encode()
    row(
        "event with an unknown field",
        lambda: decode_event(drifted_event),
        lambda: bare_event(event),
        5000,
    )

    chat: dict[str, Any] = {
        "model": "gpt-4.1",
        "messages": [
            {"role": "user" if number % 2 else "assistant", "content": f"{number} " + "text " * 40}
            for number in range(1000)
        ],
    }
    row("encode 1,000 messages", lambda: encode(chat), lambda: msgspec.json.encode(chat), 100)
    short = {"model": "gpt-4.1", "messages": chat["messages"][:2], "temperature": 0.5}
    row("encode 2 messages", lambda: encode(short), lambda: msgspec.json.encode(short), 20000)
    sparse = {**short, "metadata": {"a": omit}}
    row(
        "encode 2 messages, with omit inside",
        lambda: encode(sparse),
        lambda: msgspec.json.encode(short),
        5000,
    )

    try:
        from openai.types.chat import ChatCompletion
    except ImportError:
        print("The official SDK is not installed.")
        return
    official = microseconds(lambda: ChatCompletion.construct(**json.loads(completion)), 300)
    print(
        f"official SDK, the same completion: {official:.1f} us, "
        f"{official / microseconds(lambda: decode(completion), 20000):.0f} times as long"
    )


if __name__ == "__main__":
    main()
