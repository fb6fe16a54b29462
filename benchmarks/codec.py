"""What the codec costs beside bare msgspec, and what the official SDK's models cost.

    python -m benchmarks.codec

Prints microseconds (the best of several rounds) and ratios to msgspec with the same types; then what
an answer costs with fields that only its server knows, beside the same one without them.
"""

import json
from collections.abc import Callable
from statistics import median
from time import process_time
from timeit import repeat
from typing import Any, ClassVar, Literal

import msgspec

from api_openai import Model, omit
from api_openai.core.api.types.chat import ChatCompletion, ChatCompletionChunk
from api_openai.core.api.types.responses_events import ResponseStreamEvent
from api_openai.core.json.codec import Codec, codec
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

CHUNK: dict[str, Any] = {
    "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    "object": "chat.completion.chunk",
    "created": 1741569952,
    "model": "gpt-4.1-2025-04-14",
    "service_tier": "default",
    "system_fingerprint": "fp_44709d6fcb",
    "choices": [
        {"index": 0, "delta": {"content": "Hello"}, "logprobs": None, "finish_reason": None}
    ],
}
DELTA: dict[str, Any] = {**EVENT, "type": "response.output_text.delta"}


def event_union() -> Any:
    """A union of 60 classes, as wide as that of the Responses API's events."""

    class Event(Model, kw_only=True):
        item_id: str
        output_index: int
        content_index: int
        delta: str
        sequence_number: int
        logprobs: list[dict[str, Any]] | None = None

    union: Any = None
    for number in range(60):

        class Kind(Event, kw_only=True, tag_field="type", tag=f"response.kind{number}"):
            pass

        kind: Any = Kind
        union = kind if union is None else union | kind
    return union


def microseconds(call: Callable[[], object], number: int, rounds: int = 15) -> float:
    return min(repeat(call, number=number, repeat=rounds, timer=process_time)) / number * 1e6


def row(name: str, subject: Callable[[], object], floor: Callable[[], object], number: int) -> None:
    ours, bare = microseconds(subject, number), microseconds(floor, number)
    print(f"{name:<44}{ours:>10.2f}{bare:>10.2f}{ours / bare:>8.2f}")


def bytes_of(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def with_fields_of_a_server() -> list[tuple[str, Any, dict[str, Any], dict[str, Any]]]:
    """Answers with fields that the description lacks, and the same ones without them."""
    choice, whole = CHUNK["choices"][0], COMPLETION["choices"][0]
    delta = {**choice["delta"], "reasoning_content": None}
    everywhere = {**choice, "delta": delta, "stop_reason": None}
    message = {**whole["message"], "reasoning_content": "hm"}
    completion = {
        **COMPLETION,
        "choices": [{**whole, "message": message, "stop_reason": None}],
        "usage": {**COMPLETION["usage"], "cost": 0.0012},
        "provider": "x",
    }
    return [
        ("chunk, one field", ChatCompletionChunk,
         {**CHUNK, "choices": [{**choice, "delta": delta}]}, CHUNK),
        ("chunk, a field at each depth", ChatCompletionChunk,
         {**CHUNK, "choices": [everywhere], "provider": "x"}, CHUNK),
        ("completion, a field at each depth", ChatCompletion, completion, COMPLETION),
        ("event of Responses, one field", ResponseStreamEvent, {**DELTA, "trace": "x"}, DELTA),
    ]  # fmt: skip


def print_fields_of_a_server() -> None:
    print(f"\n{'us per call, fields unknown':<36}", end="")
    print(f"{'learnt':>8}{'without':>9}{'ratio':>7}{'salvage':>9}{'ratio':>7}")
    for name, kind, more, plain in with_fields_of_a_server():
        data, without = bytes_of(more), bytes_of(plain)
        known, usual = Codec[Any](kind), Codec[Any](kind)
        usual.decode(without)
        for _ in range(20):
            known.decode(data)
        known.quick(data)  # or it has learnt nothing
        rounds = [
            (
                microseconds(lambda known=known, data=data: known.decode(data), 5000, 3),
                microseconds(lambda usual=usual, data=without: usual.decode(data), 5000, 3),
                microseconds(
                    lambda usual=usual, data=data: usual.decode_value(msgspec.json.decode(data)),
                    1000,
                    3,
                ),
            )
            for _ in range(7)
        ]
        learnt, fitting, salvaged = (min(each) for each in zip(*rounds, strict=True))
        print(f"{name:<36}{learnt:>8.2f}{fitting:>9.2f}", end="")
        print(f"{median(a / b for a, b, _ in rounds):>7.2f}", end="")
        print(f"{salvaged:>9.2f}{median(c / b for _, b, c in rounds):>7.2f}")


def main() -> None:
    print(f"{'us per call':<44}{'codec':>10}{'msgspec':>10}{'ratio':>8}")
    completion = bytes_of(COMPLETION)
    decode, bare = codec(Completion).decode, msgspec.json.Decoder(Completion).decode
    row(
        f"completion, {len(completion)} bytes",
        lambda: decode(completion),
        lambda: bare(completion),
        20000,
    )

    union = event_union()
    event = bytes_of(EVENT)
    decode_event, bare_event = codec(union).decode, msgspec.json.Decoder(union).decode
    row("event of a union of 60", lambda: decode_event(event), lambda: bare_event(event), 50000)

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
    print_fields_of_a_server()

    try:
        from openai.types.chat import ChatCompletion
    except ImportError:
        print("\nThe official SDK is not installed.")
        return
    official = microseconds(lambda: ChatCompletion.construct(**json.loads(completion)), 300)
    print(
        f"\nofficial SDK, the same completion: {official:.1f} us, "
        f"{official / microseconds(lambda: decode(completion), 20000):.0f} times as long"
    )


if __name__ == "__main__":
    main()
