"""Models: what they are for, and how those that do not fit are refused."""

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator.http.json_documents import Object
from api_openai.emulator.requests.models import is_reasoning, kind_of

from .peer import Answer, ask
from .test_files import FORM, form

MESSAGES: Object = {"messages": [{"role": "user", "content": "Hi"}]}
SPEECH: Object = {"input": "Hi", "voice": "alloy"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gpt-4o", "chat"),
        ("gpt-5.5", "chat"),
        ("o3-mini", "chat"),
        ("gpt-4o-audio-preview", "chat"),
        ("ft:gpt-4o-mini:mine::1", "chat"),
        ("gpt-5-pro", "responses"),
        ("gpt-5.4-pro-2026-03-05", "responses"),
        ("o3-deep-research", "responses"),
        ("gpt-5-codex", "responses"),
        ("computer-use-preview", "responses"),
        ("text-embedding-3-small", "embedding"),
        ("gpt-4o-mini-tts", "speech"),
        ("whisper-1", "transcription"),
        ("gpt-4o-transcribe-diarize", "transcription"),
        ("gpt-image-2", "image"),
        ("sora-2", "video"),
        ("davinci-002", "completion"),
        ("ft:babbage-002:mine::1", "completion"),
        ("gpt-4o-realtime-preview", "realtime"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        *((each, True) for each in ("o1", "o3-mini", "o4-mini", "gpt-5", "gpt-5.4-nano")),
        *((each, False) for each in ("gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "chatgpt-4o")),
        ("ft:o4-mini:mine::1", True),
    ],
)
def test_which_reason(name: str, reasons: bool) -> None:
    assert is_reasoning(name) is reasons


REFUSALS: list[tuple[str, Object, tuple[int, str | None, str | None, str]]] = [
    (
        "/chat/completions",
        {"model": "none", **MESSAGES},
        (404, None, "model_not_found", "The model `none` does not exist or you do not have"),
    ),
    (
        "/chat/completions",
        {"model": "text-embedding-3-small", **MESSAGES},
        (404, "model", None, "This is not a chat model"),
    ),
    (
        "/chat/completions",
        {"model": "o3-pro", **MESSAGES},
        (404, "model", None, "This model is only supported in v1/responses"),
    ),
    (
        "/completions",
        {"model": "gpt-4o", "prompt": "Hi"},
        (404, "model", None, "This is a chat model"),
    ),
    (
        "/embeddings",
        {"model": "gpt-4o", "input": "Hi"},
        (403, None, None, "You are not allowed to generate embeddings from this model"),
    ),
    (
        "/responses",
        {"model": "none", "input": "Hi"},
        (400, "model", "model_not_found", "The requested model 'none' does not exist."),
    ),
    (
        "/responses",
        {"model": "whisper-1", "input": "Hi"},
        (400, "model", "unsupported_model", "The requested model 'whisper-1' cannot be used"),
    ),
    (
        "/audio/speech",
        {"model": "gpt-4o", **SPEECH},
        (400, "model", "invalid_value", "Invalid value: 'gpt-4o'. Supported values are: 'tts-1',"),
    ),
    (
        "/images/generations",
        {"model": "gpt-4o", "prompt": "x"},
        (400, "model", "invalid_value", "Invalid value: 'gpt-4o'. Supported values are: 'gpt-im"),
    ),
    (
        "/moderations",
        {"model": "gpt-4o", "input": "x"},
        (400, "model", "invalid_value", "Invalid value: 'gpt-4o'. Supported values are: 'omni-"),
    ),
]


@pytest.mark.parametrize(("path", "document", "expected"), REFUSALS)
def test_models_that_do_not_fit(
    path: str, document: Object, expected: tuple[int, str | None, str | None, str]
) -> None:
    check(ask(Emulator(), "POST", path, document), *expected)
    assert ask(Emulator(any_model=True), "POST", path, document).status == 200


def test_a_model_that_hears_nothing() -> None:
    body = form(b"sound", "a.mp3", fields={"model": "gpt-4o"})
    answer = ask(Emulator(), "POST", "/audio/transcriptions", body=body, headers=FORM)
    check(answer, 400, "model", "invalid_value", "Invalid value: 'gpt-4o'. Supported values are: '")


def check(answer: Answer, status: int, param: str | None, code: str | None, message: str) -> None:
    assert answer.status == status
    assert (answer.error["param"], answer.error["code"]) == (param, code)
    assert str(answer.error["message"]).startswith(message)
    assert answer.error["type"] == "invalid_request_error"
