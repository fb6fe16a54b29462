"""Errors: one hierarchy, and every one of them pickles and copies with all that it says."""

import copy
import pickle
from typing import Any

import pytest

from api_openai.core.agents.environment_files import (
    AgentFilePreparationError,
    AgentFileStagingError,
    PreparedAgentFiles,
)
from api_openai.core.agents.turn import AgentOutputParseError, AgentTurnResult, AgentTurnResultError
from api_openai.core.api.types.beta_agents import Turn
from api_openai.core.api.types.chat import ChatCompletion, ChatCompletionMessage, Choice
from api_openai.core.structured.outcomes import Stopped, StructuredOutputError
from api_openai.core.terms import errors
from api_openai.core.terms.errors import (
    APIError,
    Attempt,
    OpenAIError,
    error_class,
)
from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.secret_errors import SecretError

HEADERS = Headers.of({"X-Request-Id": "req_1", "x-ratelimit-remaining-tokens": "7"})
ANSWERED: dict[str, Any] = {"status_code": 429, "headers": HEADERS}
TURN = Turn(
    id="t", agent_id="a", created_at=1, object="agent.session.turn", session_id="s", status="failed"
)
PREPARED = PreparedAgentFiles(
    files=[{"type": "file_id", "file_id": "f", "path": "/workspace/a"}], uploaded_file_ids=["f"]
)
OTHERS: dict[type[OpenAIError], OpenAIError] = {
    each.__class__: each
    for each in (
        errors.StreamSequenceError("went wrong", expected=3, got=5),
        errors.PollTimeoutError("went wrong", last={"status": "queued"}, seconds=3.0),
        AgentFilePreparationError("went wrong", PREPARED),
        AgentFileStagingError("went wrong", "f"),
        AgentOutputParseError("went wrong", AgentTurnResult(turn=TURN, messages=[])),
        AgentTurnResultError("failed", session_id="s", turn=TURN),
        SecretError("environment variable K", "it is not set", found=False),
    )
}
"""Errors that take more than a message."""


def every_class(base: type[OpenAIError] = OpenAIError) -> list[type[OpenAIError]]:
    """All error classes of the library."""
    return [base, *(each for sub in base.__subclasses__() for each in every_class(sub))]


def make(cls: type[OpenAIError]) -> OpenAIError:
    """An instance with as much in it as the class takes."""
    if cls in OTHERS:
        return OTHERS[cls]
    if issubclass(cls, StructuredOutputError):
        message = ChatCompletionMessage(role="assistant", content="{", refusal=None)
        choice = Choice(finish_reason="length", index=0, message=message, logprobs=None)
        answer = ChatCompletion(
            id="c", choices=[choice], created=1, model="m", object="chat.completion"
        )
        return cls("went wrong", outcome=Stopped("length", "{", response=answer))
    if not issubclass(cls, APIError):
        return cls("went wrong")
    extra: dict[str, Any] = {}
    if issubclass(cls, errors.APIStatusError):
        extra = {**ANSWERED, "body": {"code": 7, "param": "model", "type": "x"}}
    elif issubclass(cls, errors.APIResponseValidationError):
        extra = {**ANSWERED, "issues": ("a", "b")}
    elif issubclass(cls, errors.ResponseDecodeError):
        extra = {**ANSWERED, "snippet": b"<html>"}
    elif issubclass(cls, errors.StreamTruncatedError):
        extra = {"partial": [1, 2], "received": 2, "tail": b"data: {"}
    elif issubclass(cls, errors.APITimeoutError):
        extra = {"phase": "idle", "seconds": 3.0, "sent": "answered"}
    error: APIError
    try:
        error = cls("went wrong", **extra)
    except TypeError:
        error = cls("went wrong", **ANSWERED)  # an intermediate class
    error.operation = "responses.create"
    error.attempts = (Attempt(1, "https://api.openai.com:443", "answered 429", 0.5, "full"),)
    return error


@pytest.mark.parametrize("cls", every_class(), ids=lambda cls: cls.__name__)
def test_pickles_and_copies(cls: type[OpenAIError]) -> None:
    error = make(cls)
    clones = [pickle.loads(pickle.dumps(error, n)) for n in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for clone in (*clones, copy.copy(error), copy.deepcopy(error)):
        assert type(clone) is cls
        assert str(clone) == str(error)
        assert clone.args == error.args
        assert repr(vars(clone)) == repr(vars(error))


def test_the_classes_are_those_of_the_official_sdk() -> None:
    by_status = {
        400: "BadRequestError",
        401: "AuthenticationError",
        403: "PermissionDeniedError",
        404: "NotFoundError",
        409: "ConflictError",
        422: "UnprocessableEntityError",
        429: "RateLimitError",
        500: "InternalServerError",
        503: "InternalServerError",
        529: "InternalServerError",
        301: "APIStatusError",
        418: "APIStatusError",
    }
    assert {status: error_class(status).__name__ for status in by_status} == by_status
    assert issubclass(errors.APITimeoutError, errors.APIConnectionError)


def test_an_error_answer_tells_what_the_server_told() -> None:
    error = errors.RateLimitError(
        "slow down",
        status_code=429,
        headers=HEADERS,
        body={"code": 429, "param": None, "type": "requests"},
    )
    assert (error.code, error.param, error.type) == ("429", None, "requests")
    assert error.request_id == "req_1"
    assert error.response.status_code == error.status_code == 429
    assert error.response.headers["X-Request-ID"] == "req_1"
    assert error.rate_limits is not None
    assert error.rate_limits.remaining_tokens == 7
    assert str(error) == "slow down (request id req_1)"
