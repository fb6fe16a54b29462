"""The bytes that the benchmark's server answers with, rendered once, before anything is measured.

The documents have the shapes that the API sends: every required field, the usual optional ones,
about as many headers, texts of ordinary length.
"""

import base64
import json
import random
import struct
from collections.abc import Iterator, Mapping

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
    """A chat completion of about 1 KB."""
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
            _compact({**document, "sequence_number": number}),
        )
        for number, document in enumerate(_responses_documents(deltas, obfuscated))
    ]


def chat_events(deltas: int) -> list[bytes]:
    """Chat completion chunks, `[DONE]` at the end."""
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
        document = {**base, "choices": [choice], "usage": None, "obfuscation": padding}
        return b"data: %b\n\n" % _compact(document)

    opening = event({"role": "assistant", "content": "", "refusal": None})
    words = [event({"content": " " + _WORDS[i % len(_WORDS)]}) for i in range(deltas)]
    return [opening, *words, event({}, "stop"), b"data: [DONE]\n\n"]


def session_created() -> bytes:
    """The first event of a realtime session."""
    turns = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 500}
    pcm = {"type": "audio/pcm", "rate": 24000}
    session: dict[str, object] = {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_CmK3pQ7bTn5dUuY0sWf4h",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "instructions": text(120),
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": CREATED + 3600,
        "audio": {
            "input": {
                "format": pcm,
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": turns,
            },
            "output": {"format": pcm, "voice": "marin", "speed": 1.0},
        },
        "include": None,
    }
    event = {"type": "session.created", "event_id": "event_CmK3pQ7bTn5dUuY0sWf4i"}
    return _compact({**event, "session": session})


AUDIO_EVENT = 4096
"""Bytes of an event with audio."""


def audio_events(deltas: int) -> list[bytes]:
    """The spoken part of an answer and its end; each delta has `AUDIO_EVENT` bytes of JSON."""
    response, item = "resp_CmK3pQ7bTn5dUuY0sWf4j", "item_CmK3pQ7bTn5dUuY0sWf4k"
    rng = random.Random(24000)

    def delta(number: int, audio: str = "") -> bytes:
        return _compact(
            {
                "type": "response.output_audio.delta",
                "event_id": f"event_CmK3pQ7bTn5dUuY0{number:06}",
                "response_id": response,
                "item_id": item,
                "output_index": 0,
                "content_index": 0,
                "delta": audio,
            }
        )

    size = AUDIO_EVENT - len(delta(0))
    audio = base64.b64encode(rng.randbytes(size // 4 * 3)).decode()
    done = {
        "object": "realtime.response",
        "id": response,
        "status": "completed",
        "status_details": None,
        "output": [],
        "conversation_id": "conv_CmK3pQ7bTn5dUuY0sWf4l",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "usage": None,
        "metadata": None,
    }
    end = {"type": "response.done", "event_id": "event_CmK3pQ7bTn5dUuYdone", "response": done}
    return [*(delta(number, audio) for number in range(deltas)), _compact(end)]


def audio_committed() -> bytes:
    """What a session answers when the audio that it was sent has been taken."""
    item = {"item_id": "item_CmK3pQ7bTn5dUuY0sWf4m", "previous_item_id": None}
    event = {"type": "input_audio_buffer.committed", "event_id": "event_CmK3pQ7bTn5dUuY0sWf4n"}
    return _compact({**event, **item})


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


def _compact(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
