"""Errors made as those of the official SDK are, of an HTTP library's request and response."""

import copy
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import MagicMock, Mock

import pytest

import api_openai
from api_openai.core.terms import errors
from api_openai.core.terms.http_facts import RequestFacts, ResponseFacts
from api_openai.core.terms.http_message import Headers

BODY: Final = {"message": "slow", "code": 7, "param": "model", "type": "requests"}
STATUSES: Final = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
    500: errors.InternalServerError,
    418: errors.APIStatusError,
}
LIBRARIES: Final = ("httpx", "httpx2", "ours")


def pair(library: str, status: int = 429) -> tuple[Any, Any]:
    """A request and the response to it, of an HTTP library or of ours."""
    fields = {"x-request-id": "req_1", "x-ratelimit-remaining-tokens": "7", "retry-after": "1"}
    if library == "ours":
        request: Any = RequestFacts("POST", "http://api.test/v1/x")
        return request, ResponseFacts(status, Headers.of(fields), b'{"error": 1}', request)
    http: Any = pytest.importorskip(library)
    request = http.Request(
        "POST", "http://api.test/v1/x", headers={"authorization": "Bearer sk-secret"}
    )
    return request, http.Response(status, headers=fields, json={"error": 1}, request=request)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("status", STATUSES)
def test_of_a_response(library: str, status: int) -> None:
    _, response = pair(library, status)
    error = STATUSES[status]("slow", response=response, body=BODY)
    assert error.status_code == error.response.status_code == status
    assert (error.code, error.param, error.type) == ("7", "model", "requests")
    assert error.body == BODY
    assert error.request_id == "req_1"
    assert error.rate_limits is not None
    assert error.rate_limits.remaining_tokens == 7
    assert error.response.headers["Retry-After"] == error.headers["retry-after"] == "1"
    assert error.response.json() == {"error": 1}
    assert error.response.is_error
    assert error.request is not None
    assert error.request == error.response.request
    assert (error.request.method, error.request.url) == ("POST", "http://api.test/v1/x")
    assert str(error) == "slow (request id req_1)"
    if library != "ours":
        assert error.request.headers["host"] == "api.test"
        assert error.request.headers["authorization"] == "***"
    assert "sk-secret" not in repr(vars(error)) + repr(pickle.dumps(error))


@pytest.mark.parametrize("library", LIBRARIES)
def test_of_a_request(library: str) -> None:
    request, _ = pair(library)
    made: list[tuple[errors.APIError, str]] = [
        (errors.APIConnectionError(request=request), "Connection error."),
        (errors.APIConnectionError(message="lost", request=request), "lost"),
        (errors.APITimeoutError(request=request), "Request timed out."),
        (errors.APITimeoutError(request), "Request timed out."),
        (errors.APIError("odd", request, body=BODY), "odd"),
        (errors.APIError("odd", request=request, body=None), "odd"),
    ]
    for error, words in made:
        assert str(error) == words
        assert error.request is not None
        assert error.request.method == "POST"
        assert repr(error.request) == "<RequestFacts POST http://api.test/v1/x>"


@pytest.mark.parametrize("library", LIBRARIES)
def test_pickles_and_copies_compare(library: str) -> None:
    request, response = pair(library)
    for error in (
        errors.RateLimitError("slow", response=response, body=BODY),
        errors.APIConnectionError(message="lost", request=request),
        errors.APITimeoutError(request),
        errors.APIResponseValidationError(response, BODY, message="odd"),
        errors.OAuthError(response=response, body={"error": "invalid_grant"}),
    ):
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(other) is type(error)
            assert (str(other), other.args) == (str(error), error.args)
            assert other.request == error.request
            assert vars(other) == vars(error)


def test_an_answer_that_does_not_fit() -> None:
    _, response = pair("ours", 200)
    for error in (
        errors.APIResponseValidationError(response, BODY),
        errors.APIResponseValidationError(response=response, body=BODY),
    ):
        assert (error.status_code, error.code, error.issues) == (200, "7", ())
        assert str(error).startswith("The answer does not fit its type.")
    named = errors.APIResponseValidationError(response, body=None, message="odd")
    assert named.message == "odd"


def test_of_a_server_of_tokens() -> None:
    _, response = pair("ours", 400)
    body = {"error": "invalid_grant", "error_description": "no such subject"}
    error = errors.OAuthError(response=response, body=body)
    assert (error.error, error.message) == ("invalid_grant", "no such subject")
    assert errors.OAuthError(response=response, body=None).error is None
    source = errors.SubjectTokenProviderError("none", response=response)
    assert source.response == response
    assert pickle.loads(pickle.dumps(source)).response == response


def test_of_a_completion() -> None:
    completion: Any = SimpleNamespace(usage="7 tokens")
    cut = api_openai.LengthFinishReasonError(completion=completion)
    assert cut.completion is completion
    assert str(cut).endswith("usage: 7 tokens")
    filtered = api_openai.ContentFilterFinishReasonError()
    assert filtered.completion is None
    assert filtered.usage is None
    assert str(pickle.loads(pickle.dumps(filtered))) == str(filtered)


STAND_INS: Final[dict[str, Callable[[], Any]]] = {
    "MagicMock": lambda: MagicMock(status_code=429, headers={"x-request-id": "req_1"}),
    "Mock": lambda: Mock(status_code=429, headers={"x-request-id": "req_1"}),
    "bare": lambda: SimpleNamespace(status_code=429, headers={"x-request-id": "req_1"}),
    "no status": lambda: Mock(headers={"x-request-id": "req_1"}),
}


@pytest.mark.parametrize("kind", STAND_INS)
def test_of_stand_ins(kind: str) -> None:
    error = errors.RateLimitError("slow", response=STAND_INS[kind](), body=None)
    assert (error.status_code, error.request_id) == (429, "req_1")
    assert error.response.content == b""
    assert errors.RateLimitError("slow", response=MagicMock(), body=None).headers == {}
    assert str(errors.APITimeoutError(request=Mock())) == "Request timed out."
    assert errors.APIConnectionError(request=None).request is None


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_a_body_that_was_not_read_is_empty(library: str) -> None:
    http: Any = pytest.importorskip(library)
    error = errors.NotFoundError("no", response=http.Response(404, stream=None), body=None)
    assert error.response.content == b""
    assert error.request is None


def test_what_is_no_response_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^response=7: expected a response, with status_code"):
        errors.RateLimitError("slow", response=7)
    with pytest.raises(TypeError, match=r"^request=7: expected a request, with method, url"):
        errors.APITimeoutError(request=7)
    with pytest.raises(TypeError, match=r"^RateLimitError: expected response=..., or status_code="):
        errors.RateLimitError("slow")
    with pytest.raises(TypeError, match=r"^response.status_code=.*: expected a whole number"):
        errors.APIStatusError("slow", response=Mock())


def test_credentials_of_a_url_are_masked() -> None:
    request = SimpleNamespace(method="GET", url="https://a:b@api.test/v1?key=c&n=1", headers={})
    error = errors.APITimeoutError(request=request)
    assert error.request is not None
    assert error.request.url == "https://***@api.test/v1?key=***&n=***"


def test_the_words_for_a_status() -> None:
    assert ResponseFacts(429).reason_phrase == "Too Many Requests"
    assert ResponseFacts(599).reason_phrase == ""
    assert ResponseFacts(204).is_success
    assert ResponseFacts(204).url is None


@pytest.mark.parametrize("name", [each.__name__ for each in STATUSES.values()])
def test_classes_know_their_status_as_in_the_sdk(name: str) -> None:
    sdk: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
    ours, theirs = getattr(errors, name), getattr(sdk, name)
    assert getattr(ours, "status_code", None) == getattr(theirs, "status_code", None)


MADE: Final[dict[str, Callable[[Any, Any, Any], Any]]] = {
    "status": lambda of, _, response: of.RateLimitError("slow", response=response, body=BODY),
    "any": lambda of, request, _: of.APIError("odd", request, body=BODY),
    "connection": lambda of, request, _: of.APIConnectionError(request=request),
    "timeout": lambda of, request, _: of.APITimeoutError(request),
    "misfit": lambda of, _, response: of.APIResponseValidationError(response, BODY, message="odd"),
}


@pytest.mark.parametrize("kind", MADE)
def test_the_sdk_says_the_same(kind: str) -> None:
    sdk: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
    request, response = pair("httpx2")
    mine, theirs = (MADE[kind](package, request, response) for package in (api_openai, sdk))
    for name in ("message", "body", "code", "param", "type", "args"):
        assert getattr(mine, name) == getattr(theirs, name), name
    for name in ("status_code", "request_id"):
        assert getattr(mine, name, None) == getattr(theirs, name, getattr(mine, name, None)), name
    assert (mine.request.method, mine.request.url) == ("POST", str(theirs.request.url))
