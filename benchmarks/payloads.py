"""The bytes that the benchmark's server answers with, rendered once, before anything is measured.

The documents have the shapes that the API and gateways send: every required field, the usual optional
ones, a few that the API's description lacks, 24 header fields, texts of ordinary length.
"""

import base64
import json
import random
import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

MODEL = "gpt-5.2-2025-12-11"
CREATED = 1_765_500_000
EMBEDDINGS, DIMENSIONS = 64, 3072

_HEADERS = (
    "date: Fri, 12 Dec 2025 08:00:00 GMT",
    "openai-organization: org-benchmark",
    "openai-project: proj_8aM5PsHvDEr7cQ0gbFhGWnKd",
    "openai-processing-ms: 412",
    "openai-version: 2020-10-01",
    "x-ratelimit-limit-requests: 10000",
    "x-ratelimit-limit-tokens: 2000000",
    "x-ratelimit-remaining-requests: 9999",
    "x-ratelimit-remaining-tokens: 1999742",
    "x-ratelimit-reset-requests: 6ms",
    "x-ratelimit-reset-tokens: 7ms",
    "x-request-id: req_5b1f0c8e4d2a4f6f9a7c3e1d2b4a6c8e",
    "x-content-type-options: nosniff",
    "x-envoy-upstream-service-time: 415",
    "access-control-expose-headers: X-Request-ID, CF-Ray",
    "strict-transport-security: max-age=31536000; includeSubDomains; preload",
    "set-cookie: __cf_bm=Q7bTn5dUuY0sWf4hVxJ2aL-1765500000-1.0.1.1-8aM5PsHvDEr7cQ0gbFhGWnKd; path=/; "
    "expires=Fri, 12-Dec-25 08:30:00 GMT; domain=.api.openai.com; HttpOnly; Secure; SameSite=None",
    "cf-cache-status: DYNAMIC",
    "cf-ray: 9a1c5d7e9b3a1c5d-FRA",
    'alt-svc: h3=":443"; ma=86400',
    "connection: keep-alive",
    "server: cloudflare",
)

_SENTENCE = (
    "the quick answer is that a state machine reads bytes and gives events while the loop around "
    "it decides when to read again and nobody has to guess what happens in between"
)
_WORDS = _SENTENCE.split()


def head(content_type: str, *framing: str) -> bytes:
    """A response head with the headers that the API sends; `framing` says how the body ends."""
    lines = ("HTTP/1.1 200 OK", *_HEADERS, f"content-type: {content_type}", *framing, "", "")
    return "\r\n".join(lines).encode()


def whole(document: object) -> bytes:
    """A complete JSON response."""
    body = json.dumps(document).encode()
    return head("application/json", f"content-length: {len(body)}") + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream_head() -> bytes:
    return head("text/event-stream; charset=utf-8", "transfer-encoding: chunked")


def streamed(events: list[bytes], per_chunk: int) -> bytes:
    """A complete event stream, `per_chunk` events in each HTTP chunk."""
    groups = (b"".join(events[i : i + per_chunk]) for i in range(0, len(events), per_chunk))
    return stream_head() + b"".join(map(chunk, groups)) + b"0\r\n\r\n"


def text(words: int) -> str:
    return " ".join(_WORDS[i % len(_WORDS)] for i in range(words))


def forecast() -> str:
    """The weather of a week, as JSON, for an answer that is structured."""
    days = [{"date": f"2026-01-0{day}", "high": 3.5, "low": -1, "sky": None} for day in range(1, 8)]
    return json.dumps({"city": "Z\u00fcrich", "days": days, "warnings": ["Ice on the roads."]})


def chat_completion(content: str = "") -> dict[str, object]:
    """A chat completion of about 1 KB, as a gateway hands it on: with fields of its own in it."""
    completion = described_completion(content)
    [choice] = completion["choices"]
    choice["native_finish_reason"] = "stop"
    choice["message"]["reasoning"] = None
    completion["usage"]["cost"] = 0.00127
    return {**completion, "provider": "OpenAI"}


def described_completion(content: str = "") -> dict[str, Any]:
    """The same with what the API's description names, and no more."""
    return {
        "id": "chatcmpl-CmK3pQ7bTn5dUuY0sWf4hVxJ2aLze",
        "object": "chat.completion",
        "created": CREATED,
        "model": MODEL,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": content or text(70),
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 24,
            "completion_tokens": 74,
            "total_tokens": 98,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_3a1c5d7e9b",
    }


def _response(status: str) -> dict[str, object]:
    return {
        "id": "resp_68f1c2a34b5d6e7f8091a2b3c4d5e6f7",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": MODEL,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "auto",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": {},
    }


_ITEM = "msg_68f1c2a44b5d6e7f8091a2b3c4d5e6f7"


def _padding(word: str) -> str:
    return "aWx3TnQ0bVZrc2R"[: 15 - len(word)]


def _responses_documents(deltas: int, obfuscated: bool) -> Iterator[dict[str, object]]:
    """The events of one answer: an opening, `deltas` pieces of text, a close."""
    place: dict[str, object] = {"item_id": _ITEM, "output_index": 0, "content_index": 0}
    item: dict[str, object] = {"id": _ITEM, "type": "message", "role": "assistant", "content": []}
    part: dict[str, object] = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    yield {"type": "response.created", "response": _response("in_progress")}
    yield {"type": "response.in_progress", "response": _response("in_progress")}
    yield {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {**item, "status": "in_progress"},
    }
    yield {"type": "response.content_part.added", **place, "part": part}
    words = [" " + _WORDS[i % len(_WORDS)] for i in range(deltas)]
    for word in words:
        delta: dict[str, object] = {"delta": word, "logprobs": []}
        if obfuscated:
            delta["obfuscation"] = _padding(word)
        yield {"type": "response.output_text.delta", **place, **delta}
    # The closing text is kept short: a long one would be measured as part of every event.
    closing = text(100)
    part = {**part, "text": closing}
    yield {"type": "response.output_text.done", **place, "text": closing, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}
    done: dict[str, object] = {**item, "status": "completed", "content": [part]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": done}
    usage = {
        "input_tokens": 24,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": deltas,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 24 + deltas,
    }
    finished = {**_response("completed"), "output": [done], "usage": usage}
    yield {"type": "response.completed", "response": finished}


def responses_events(deltas: int, *, obfuscated: bool = False) -> list[bytes]:
    """Responses API events. `obfuscated` adds the padding that the API sends unless told not to."""
    return [
        b"event: %b\ndata: %b\n\n"
        % (
            str(document["type"]).encode(),
            compact({**document, "sequence_number": number}),
        )
        for number, document in enumerate(_responses_documents(deltas, obfuscated))
    ]


Dialect = Literal["", "vllm", "llama"]
_TIMINGS: Final[dict[str, object]] = {
    "cache_n": 0,
    "prompt_n": 24,
    "prompt_ms": 41.318,
    "prompt_per_token_ms": 1.7215,
    "prompt_per_second": 580.86,
    "predicted_n": 12,
    "predicted_ms": 203.411,
    "predicted_per_token_ms": 16.95,
    "predicted_per_second": 58.99,
}


def chat_events(deltas: int, dialect: Dialect = "") -> list[bytes]:
    """Chat completion chunks, `[DONE]` at the end.

    "vllm" has fields in each choice that the API's description lacks, "llama" the timings of each.
    """
    base: dict[str, object] = {
        "id": "chatcmpl-CmK3pQ7bTn5dUuY0sWf4hVxJ2aLze",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": MODEL,
        "service_tier": "default",
        "system_fingerprint": "fp_3a1c5d7e9b",
    }

    def event(delta: Mapping[str, object], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        padding = _padding(str(delta.get("content", "")))
        if dialect == "vllm":
            choice["delta"] = {**delta, "reasoning_content": None}
            choice |= {"stop_reason": None, "token_ids": None}
        document = {**base, "choices": [choice], "usage": None, "obfuscation": padding}
        if dialect == "llama":
            document["timings"] = _TIMINGS
        return b"data: %b\n\n" % compact(document)

    opening = event({"role": "assistant", "content": "", "refusal": None})
    words = [event({"content": " " + _WORDS[i % len(_WORDS)]}) for i in range(deltas)]
    return [opening, *words, event({}, "stop"), b"data: [DONE]\n\n"]


def embeddings(*, as_base64: bool) -> dict[str, object]:
    """`EMBEDDINGS` vectors of `DIMENSIONS` floats, as JSON numbers or as packed base64."""
    rng = random.Random(3072)
    data: list[dict[str, object]] = []
    for index in range(EMBEDDINGS):
        vector = [round(rng.uniform(-0.1, 0.1), 9) for _ in range(DIMENSIONS)]
        packed = struct.pack(f"<{DIMENSIONS}f", *vector)
        value = base64.b64encode(packed).decode() if as_base64 else vector
        data.append({"object": "embedding", "index": index, "embedding": value})
    usage = {"prompt_tokens": 512, "total_tokens": 512}
    return {"object": "list", "data": data, "model": "text-embedding-3-large", "usage": usage}


def file_object(size: int) -> dict[str, object]:
    return {
        "id": "file-Q7bTn5dUuY0sWf4hVxJ2aL",
        "object": "file",
        "bytes": size,
        "created_at": CREATED,
        "expires_at": None,
        "filename": "upload.bin",
        "purpose": "user_data",
        "status": "processed",
        "status_details": None,
    }


def upload_object(size: int) -> dict[str, object]:
    """An upload, which is also what adding a part to it answers."""
    return {
        "id": "upload_Q7bTn5dUuY0sWf4hVxJ2aL",
        "object": "upload",
        "bytes": size,
        "created_at": CREATED,
        "expires_at": CREATED + 3600,
        "filename": "upload.bin",
        "purpose": "user_data",
        "status": "completed",
        "upload_id": "upload_Q7bTn5dUuY0sWf4hVxJ2aL",
        "file": file_object(size),
    }


def compact(document: Mapping[str, object]) -> bytes:
    """JSON without spaces, as events have it."""
    return json.dumps(document, separators=(",", ":")).encode()
