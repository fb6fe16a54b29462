"""What requests have to be: types of parameters, header fields, values of forms and queries."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypedDict

import pytest

from api_openai.core.terms.omit import Omit
from api_openai.emulator import Emulator
from api_openai.emulator.http.errors import ApiError
from api_openai.emulator.http.forms import nested
from api_openai.emulator.http.json_documents import Object
from api_openai.emulator.requests.typed_checks import check, check_keys, from_text

from .peer import ask

ASSISTANTS = {"openai-beta": "assistants=v2"}
AGENTS = {"openai-beta": "agents=v1"}


class Text(TypedDict, total=False):
    type: Required[Literal["text"]]
    text: Required[str]


class Image(TypedDict, total=False):
    type: Required[Literal["image"]]
    url: Required[str]
    detail: Literal["low", "high"]


class Params(TypedDict, total=False):
    name: Required[str]
    count: int | Omit
    score: float | Omit | None
    flag: bool | Omit
    kind: Literal["a", "b"] | Omit
    model: str | Literal["m"] | Omit
    tags: Sequence[str] | Omit
    parts: str | Sequence[Text | Image] | Omit
    metadata: Mapping[str, str] | Omit | None
    anything: Any


KEYS = tuple(Params.__annotations__)


PASSING: Sequence[Object] = [
    {"name": "x"},
    {"name": "x", "count": 1, "score": 1, "flag": False, "kind": "b", "model": "other"},
    {"name": "x", "count": None, "score": None, "kind": None},
    {"name": "x", "tags": ["a"], "parts": "said", "metadata": {"a": "b"}, "anything": [1]},
    {"name": "x", "parts": [{"type": "text", "text": "a"}, {"type": "image", "url": "u"}]},
    {"name": "x", "unknown": 5, "parts": [{"type": "text", "text": "a", "more": 1}]},
]


@pytest.mark.parametrize("document", PASSING)
def test_what_passes(document: Object) -> None:
    check_keys(document, Params, KEYS)


REFUSED: Sequence[tuple[Object, str, str, str]] = [
    ({}, "name", "missing_required_parameter", "Missing required"),
    ({"name": None}, "name", "invalid_type", "expected a string, but got null"),
    ({"name": 5}, "name", "invalid_type", "expected a string, but got an integer"),
    ({"count": 1.5}, "count", "invalid_type", "expected an integer, but got a decimal"),
    ({"count": True}, "count", "invalid_type", "got a boolean"),
    ({"score": "1"}, "score", "invalid_type", "expected a number, but got a string"),
    ({"flag": "true"}, "flag", "invalid_type", "expected a boolean"),
    ({"kind": "c"}, "kind", "invalid_value", "'c'. Supported values are: 'a' and 'b'"),
    ({"kind": 1}, "kind", "invalid_type", "expected a string"),
    ({"tags": "a"}, "tags", "invalid_type", "expected an array, but got a string"),
    ({"tags": ["a", 1]}, "tags[1]", "invalid_type", "got an integer"),
    ({"parts": {}}, "parts", "invalid_type", "expected a string or an array"),
    ({"parts": [{}]}, "parts[0].type", "missing_required_parameter", "Missing"),
    ({"parts": [{"type": "audio"}]}, "parts[0].type", "invalid_value", "'text' and 'image'"),
    ({"parts": [{"type": 1}]}, "parts[0].type", "invalid_type", "expected a string"),
    ({"parts": [{"type": "image"}]}, "parts[0].url", "missing_required_parameter", "Missing"),
    (
        {"parts": [{"type": "image", "url": "u", "detail": "mid"}]},
        "parts[0].detail",
        "invalid_value",
        "'mid'. Supported",
    ),
    ({"parts": ["said"]}, "parts[0]", "invalid_type", "expected an object"),
    ({"metadata": {"a": 1}}, "metadata.a", "invalid_type", "expected a string"),
    ({"metadata": []}, "metadata", "invalid_type", "expected an object"),
]


@pytest.mark.parametrize(("document", "param", "code", "message"), REFUSED)
def test_what_is_refused(document: Object, param: str, code: str, message: str) -> None:
    given = document if param == "name" else {"name": "x", **document}
    with pytest.raises(ApiError) as refused:
        check_keys(given, Params, KEYS)
    assert (refused.value.status, refused.value.param, refused.value.code) == (400, param, code)
    assert message in refused.value.message


def test_constants_that_are_no_texts() -> None:
    check(True, Literal[True], "x")
    check(3, Literal[3, 4], "x")
    with pytest.raises(ApiError):
        check(1, Literal[True], "x")
    with pytest.raises(ApiError, match="Supported values are: '3' and '4'"):
        check(5, Literal[3, 4], "x")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("5", int, 5),
        ("0.5", float, 0.5),
        ("true", bool, True),
        ("five", int, "five"),
        ("5", str | int, 5),
        ("5", str, "5"),
        ("a", Literal["a", "b"], "a"),
        ("3", Literal[3], 3),
        (["1", "2"], Sequence[int], [1, 2]),
        ("1", Sequence[int], [1]),
        ({"count": "1", "more": "x"}, Params, {"count": 1, "more": "x"}),
        ({"a": "1"}, Mapping[str, int], {"a": 1}),
        ('{"count": 2}', Params, {"count": 2}),
        ("{broken", Params, "{broken"),
        ('{"a": 1}', str, '{"a": 1}'),
    ],
)
def test_texts_of_forms_are_read_as_what_they_stand_for(
    value: object, kind: Any, expected: object
) -> None:
    assert from_text(value, kind) == expected


def test_names_in_brackets() -> None:
    pairs = [
        ("a", "1"),
        ("b[]", "2"),
        ("b[]", "3"),
        ("c[d]", "4"),
        ("c[e][f]", "5"),
        ("g[][h]", "6"),
        ("g[][i]", "7"),
        ("g[][h]", "8"),
    ]
    assert nested(pairs) == {
        "a": "1",
        "b": ["2", "3"],
        "c": {"d": "4", "e": {"f": "5"}},
        "g": [{"h": "6", "i": "7"}, {"h": "8"}],
    }


@pytest.mark.parametrize(
    ("path", "given", "ok"),
    [
        ("/assistants", None, False),
        ("/assistants", "agents=v1", False),
        ("/assistants", "assistants=v2", True),
        ("/assistants", "other=v1, assistants=v2", True),
        ("/agents", "agents=v1", True),
        ("/agents", None, False),
        ("/chatkit/threads", None, False),
        ("/vector_stores", None, True),
    ],
)
def test_beta_headers(path: str, given: str | None, ok: bool) -> None:
    answer = ask(Emulator(), "GET", path, headers={"openai-beta": given} if given else {})
    assert (answer.status == 200) is ok
    if not ok:
        assert (answer.status, answer.error["code"]) == (400, "invalid_beta")


def test_endpoints_of_administrators_always_need_a_key() -> None:
    emulator = Emulator(require_key=False)
    assert ask(emulator, "GET", "/videos", headers={"authorization": ""}).status == 200
    refused = ask(emulator, "GET", "/organization/users", headers={"authorization": ""})
    assert (refused.status, refused.error["code"]) == (401, "invalid_api_key")
    assert ask(emulator, "GET", "/organization/users").status == 200


@pytest.mark.parametrize(
    ("path", "document", "param", "code"),
    [
        ("/batches", {"endpoint": "/v1/x", "completion_window": "24h"}, "input_file_id", None),
        (
            "/batches",
            {"input_file_id": "f", "endpoint": "/v1/x", "completion_window": "24h"},
            "endpoint",
            "invalid_value",
        ),
        ("/audio/speech", {"model": "tts-1", "voice": "alloy"}, "input", None),
        ("/audio/speech", {"model": "tts-1", "voice": 5, "input": "x"}, "voice", "invalid_type"),
        ("/audio/speech", {"model": "x", "voice": "alloy", "input": "x"}, None, "model_not_found"),
        ("/images/generations", {"prompt": "x", "size": 5}, "size", "invalid_type"),
        ("/images/generations", {"prompt": "x", "n": 0}, "n", "integer_below_min_value"),
        ("/images/generations", {"prompt": "x", "stream": "yes"}, "stream", "invalid_type"),
        ("/vector_stores", {"expires_after": {"days": 1}}, "expires_after.anchor", None),
        ("/moderations", {"input": [{"type": "x"}]}, "input[0].type", "invalid_value"),
        ("/uploads", {"bytes": "9", "filename": "a", "mime_type": "b"}, "purpose", None),
        ("/conversations", {"items": [{"type": "message", "role": "user"}]}, None, None),
        (
            "/fine_tuning/jobs",
            {"model": "gpt-4o", "training_file": "f", "method": {"type": "other"}},
            "method.type",
            "invalid_value",
        ),
    ],
)
def test_errors_have_the_form_of_the_api(
    path: str, document: Object, param: str | None, code: str | None
) -> None:
    answer = ask(Emulator(), "POST", path, document)
    assert answer.status in (400, 404)
    error = answer.error
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    if param is not None:
        assert error["param"] == param
    assert code is None or error["code"] == code


def test_queries_are_checked() -> None:
    emulator = Emulator()
    assert ask(emulator, "GET", "/videos?limit=5&order=asc").status == 200
    for query, param in (("limit=five", "limit"), ("order=up", "order"), ("limit=0", "limit")):
        refused = ask(emulator, "GET", f"/videos?{query}")
        assert (refused.status, refused.error["param"]) == (400, param)


def test_forms_are_checked() -> None:
    def form(**fields: str) -> bytes:
        parts = [
            f'--b-o-u-n-d\r\nContent-Disposition: form-data; name="{name}"'
            + ('; filename="a.mp3"' if name == "file" else "")
            + f"\r\n\r\n{value}\r\n"
            for name, value in fields.items()
        ]
        return ("".join(parts) + "--b-o-u-n-d--\r\n").encode()

    kind = {"content-type": "multipart/form-data; boundary=b-o-u-n-d"}
    emulator = Emulator()
    for fields, param in (
        ({"model": "whisper-1"}, "file"),
        ({"file": "x", "model": "whisper-1", "temperature": "hot"}, "temperature"),
        ({"file": "x", "model": "whisper-1", "response_format": "xml"}, "response_format"),
        ({"file": "x", "model": "whisper-1", "stream": "maybe"}, "stream"),
        ({"file": "x"}, "model"),
    ):
        body = form(**fields)
        answer = ask(emulator, "POST", "/audio/transcriptions", body=body, headers=kind)
        assert (answer.status, answer.error["param"]) == (400, param)
    body = form(file="x", model="whisper-1", temperature="0.5")
    answer = ask(emulator, "POST", "/audio/transcriptions", body=body, headers=kind)
    assert answer.status == 200
    broken = ask(emulator, "POST", "/audio/transcriptions", body=b"nothing", headers=kind)
    assert (broken.status, broken.error["param"]) == (400, None)
