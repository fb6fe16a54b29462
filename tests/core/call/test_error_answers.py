"""Error documents in all the forms that servers give them."""

import json
import pickle
from typing import Any

import pytest

from api_openai.core.call.error_answers import SNIPPET, reported_error, status_error
from api_openai.core.terms.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from api_openai.core.terms.http_message import Headers, ResponseHead


def error_of(body: Any, status: int = 400, **fields: str) -> APIStatusError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = Headers.of({name.replace("_", "-"): value for name, value in fields.items()})
    error = status_error(ResponseHead(status, headers), data)
    restored: APIStatusError = pickle.loads(pickle.dumps(error))
    assert vars(restored).keys() == vars(error).keys()
    return error


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, APIStatusError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (500, InternalServerError),
        (529, InternalServerError),
        (301, APIStatusError),
    ],
)
def test_a_class_for_each_status(status: int, cls: type[APIStatusError]) -> None:
    error = error_of(b"", status)
    assert type(error) is cls
    assert error.status_code == status
    assert str(error).startswith(f"Error code: {status}")


def test_the_answer_is_kept_as_it_came() -> None:
    body = b'{"error": {"message": "no"}, "more": 1}'
    error = error_of(body, x_a="b")
    response = pickle.loads(pickle.dumps(error)).response
    assert (response.status_code, response.headers["x-a"]) == (400, "b")
    assert response.content == response.read() == body
    assert response.json() == {"error": {"message": "no"}, "more": 1}
    assert error_of(b"caf\xe9").response.text == "caf\ufffd"
    with pytest.raises(ValueError, match="not JSON"):
        error_of(b"<html>").response.json()


FULL = {"message": "No such model", "type": "invalid_request_error", "param": "model", "code": "c"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": FULL}, "No such model"),
        ({"error": {"message": "m", "code": 429, "type": None}}, "m"),
        ({"error": "just text"}, "just text"),
        ({"error": {"detail": "in detail"}}, "in detail"),
        ({"error": {"error": "nested"}}, "nested"),
        ({"error": ["odd", 1]}, "['odd', 1]"),
        ({"error": {"weird": 1}}, "{'weird': 1}"),
        ({"detail": "text"}, "text"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        ({"message": "at the top"}, "at the top"),
        ({"error": None, "message": "beside a null"}, "beside a null"),
        ({"type": "about:blank", "title": "Out of luck", "status": 400}, "Out of luck"),
        ({"title": "Short", "detail": "The long form"}, "The long form"),
        (b'"a string"', "a string"),
        (b"[1, 2]", "[1, 2]"),
        (b"upstream connect error", "upstream connect error"),
        (b"<html><h1>502 Bad Gateway</h1></html>", "502 Bad Gateway"),
        (b"\xff\xfe not utf-8", "not utf-8"),
        (b'{"error": {"message": "cut', '{"error": {"message": "cut'),
    ],
)
def test_the_message_is_found(body: Any, text: str) -> None:
    error = error_of(body)
    assert text in str(error)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_body_has_no_message(body: bytes) -> None:
    error = error_of(body, 500)
    assert (str(error), error.body) == ("Error code: 500", None)


def test_the_details_are_attributes() -> None:
    error = error_of({"error": FULL}, x_request_id="req-7", retry_after="3")
    assert (error.code, error.param, error.type) == ("c", "model", "invalid_request_error")
    assert error.body == FULL
    assert error.request_id == "req-7"
    assert "req-7" in str(error)
    assert error.headers["Retry-After"] == "3"


@pytest.mark.parametrize(("code", "text"), [(429, "429"), ("429", "429"), (None, None)])
def test_a_code_is_text(code: object, text: str | None) -> None:
    assert error_of({"error": {"message": "m", "code": code}}).code == text


def test_rate_limits_are_typed() -> None:
    error = error_of(b"", 429, x_ratelimit_remaining_requests="0", x_ratelimit_reset_tokens="6m1s")
    assert error.rate_limits is not None
    assert error.rate_limits.remaining_requests == 0
    assert error.rate_limits.reset_tokens == 361


def test_a_redirect_says_where_it_points() -> None:
    assert "https://elsewhere.test/x" in str(
        error_of(b"", 302, location="https://elsewhere.test/x")
    )
    assert "nowhere" in str(error_of(b"", 307))


def test_a_long_body_is_shortened_in_the_message_and_kept_beside_it() -> None:
    error = error_of(b"x" * 10_000, 500)
    assert len(str(error)) < SNIPPET + 100
    assert error.body == "x" * 10_000


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"error": {"message": "overloaded", "code": 529}}, "overloaded"),
        ({"error": "overloaded"}, "overloaded"),
        ({"error": {"code": 5}}, "{'code': 5}"),
    ],
)
def test_errors_in_the_middle_of_a_stream(document: dict[str, Any], text: str) -> None:
    assert str(reported_error(document)) == text
