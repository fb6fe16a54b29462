"""Summaries of answers: the same of documents and of streams, and never an error."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.call.summary import AnswerSummary, Summing, Usage, read_summary

CHAT: Final = {
    "id": "chatcmpl-1",
    "model": "gpt-4.1-2025",
    "choices": [
        {"index": 1, "finish_reason": "length", "message": {"content": "b"}},
        {"index": 0, "finish_reason": "stop", "message": {"content": "a"}},
    ],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 5, "audio_tokens": 1},
    },
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}
RESPONSE: Final = {
    "id": "resp_1",
    "object": "response",
    "model": "gpt-5",
    "status": "incomplete",
    "incomplete_details": {"reason": "max_output_tokens"},
    "error": None,
    "conversation": {"id": "conv_1"},
    "usage": {
        "input_tokens": 3,
        "output_tokens": 4,
        "input_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 2},
        "output_tokens_details": {"reasoning_tokens": 2},
    },
}


def test_a_chat_completion() -> None:
    assert read_summary(msgspec.json.encode(CHAT)) == AnswerSummary(
        "chatcmpl-1",
        "gpt-4.1-2025",
        ("stop", "length"),
        Usage(9, 12, 4, None, 5, 2, 1),
        "default",
        "fp_1",
    )


def test_a_response() -> None:
    assert read_summary(msgspec.json.encode(RESPONSE)) == AnswerSummary(
        "resp_1",
        "gpt-5",
        ("max_output_tokens",),
        Usage(3, 4, 1, 2, 2),
        conversation="conv_1",
    )


@pytest.mark.parametrize(
    ("change", "reasons", "failed"),
    [
        ({"status": "completed", "incomplete_details": None}, ("completed",), False),
        ({"status": "queued", "incomplete_details": None}, (), False),
        ({"status": "failed", "error": {"code": "x"}}, ("max_output_tokens",), True),
        ({"status": 3, "incomplete_details": {"reason": 4}}, (), False),
    ],
)
def test_how_a_response_ended(change: Any, reasons: Any, failed: bool) -> None:
    summary = read_summary(msgspec.json.encode(RESPONSE | change))
    assert summary is not None
    assert (summary.finish_reasons, summary.failed) == (reasons, failed)


def test_events_add_up() -> None:
    summing = Summing()
    for choice in ({"index": 0, "finish_reason": "stop"}, {"index": 0, "finish_reason": None}):
        summing.add({"id": "c", "model": "m", "choices": [choice]})
    summing.add({"id": "c", "model": "m", "choices": [], "usage": {"prompt_tokens": 1}})
    assert summing.summary() == AnswerSummary("c", "m", ("stop",), Usage(1))
    summing = Summing()
    summing.add({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}})
    summing.add({"type": "response.output_text.delta", "delta": "x"})
    summing.add({"type": "response.incomplete", "response": RESPONSE})
    assert summing.summary() == read_summary(msgspec.json.encode(RESPONSE))
    summing = Summing()
    summing.add({"type": "transcript.text.done", "usage": {"input_tokens": 5, "output_tokens": 6}})
    assert summing.summary().usage == Usage(5, 6)


def test_an_error_in_the_place_of_an_answer() -> None:
    summary = read_summary(b'{"error": {"message": "no"}}')
    assert summary == AnswerSummary(failed=True)
    assert read_summary(b"<html>") is read_summary(b"[1]") is read_summary(b"") is None


NAMES: Final = (
    "id model choices finish_reason index usage input_tokens prompt_tokens input_tokens_details"
    " cached_tokens status object incomplete_details reason response conversation error"
).split()
JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(document=JSON, more=JSON)
def test_whatever_a_server_says(document: Any, more: Any) -> None:
    read_summary(msgspec.json.encode(document))
    summing = Summing()
    summing.add(document)
    summing.add(more)
    found = summing.summary()
    msgspec.convert(msgspec.to_builtins(found), AnswerSummary)
