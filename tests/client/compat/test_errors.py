"""Errors of both packages at once: who catches them, and what they hold."""

import copy
import pickle
from typing import Any

import pytest

import api_openai
from api_openai.emulator import Emulator
from api_openai.emulator.faults import MidStreamError, Stall, Status, Truncate

openai: Any = pytest.importorskip("openai")
httpx2: Any = pytest.importorskip("httpx2")

from api_openai import compat  # noqa: E402  # it needs the SDK

STATUSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    418: "APIStatusError",
}


def client_of(url: str, **settings: Any) -> Any:
    return compat.OpenAI(api_key="sk-test", base_url=url, **settings)


def failure(call: Any) -> Any:
    with pytest.raises(openai.APIError) as caught:
        call()
    with pytest.raises(api_openai.APIError):
        call()
    return caught.value


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("carried_by_httpx2", [False, True])
def test_a_status(emulator: Emulator, url: str, status: int, carried_by_httpx2: bool) -> None:
    emulator.script(Status(status), Status(status))
    own = httpx2.Client(trust_env=False) if carried_by_httpx2 else None
    with client_of(url, http_client=own) as client:
        error = failure(client.models.list)
    name = STATUSES[status]
    assert isinstance(error, getattr(openai, name))
    assert isinstance(error, getattr(api_openai, name))
    assert type(error).__name__ == name
    assert isinstance(error.response, httpx2.Response)
    assert isinstance(error.request, httpx2.Request)
    assert error.response.status_code == error.status_code == status
    assert error.headers["content-type"] == "application/json"
    assert error.message == error.body["message"] or error.body["message"] in error.message
    assert error.request_id == error.response.headers.get("x-request-id")


def test_they_pickle_and_copy(emulator: Emulator, url: str) -> None:
    emulator.script(Status(429), Status(429))
    with client_of(url) as client:
        error = failure(client.models.list)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.response.status_code == 429
        assert again.response.json() == error.response.json()
        assert again.attempts == error.attempts


def test_no_connection() -> None:
    with client_of("http://127.0.0.1:9") as client:
        error = failure(client.models.list)
    assert isinstance(error.request, httpx2.Request)
    assert isinstance(error, openai.APIConnectionError)
    assert isinstance(error, api_openai.APIConnectionError)
    assert error.sent == "no"
    assert isinstance(error.__cause__, httpx2.ConnectError)
    assert str(error).startswith("Connection error: ")
    assert error.args == (str(error),)
    assert type(pickle.loads(pickle.dumps(error))) is type(error)


def test_a_deadline(emulator: Emulator, url: str) -> None:
    emulator.script(Stall(), Stall())
    with client_of(url, timeout=0.05) as client:
        error = failure(client.models.list)
    assert isinstance(error, openai.APITimeoutError)
    assert isinstance(error, api_openai.APITimeoutError)
    assert error.phase == "first_byte"
    assert str(error) == "Request timed out: no first byte of an answer within 0.05 s"
    assert error.args == (error.message,)


@pytest.mark.parametrize("raw", [False, True])
def test_a_stream_that_is_cut(emulator: Emulator, url: str, raw: bool) -> None:
    emulator.script(*[Truncate(after=3, proper=True)] * 2)

    def call() -> None:
        if raw:
            create = client.responses.with_raw_response.create
            list(create(model="gpt-5", input="Hello", stream=True).parse())
        else:
            list(client.responses.create(model="gpt-5", input="Hello", stream=True))

    with client_of(url) as client:
        error = failure(call)
    assert isinstance(error, openai.APIConnectionError)
    assert isinstance(error, api_openai.StreamTruncatedError)
    assert error.received == 3


def test_an_error_in_a_stream(emulator: Emulator, url: str) -> None:
    emulator.script(*[MidStreamError(after=2)] * 2)
    question = [{"role": "user", "content": "Hello"}]
    with client_of(url) as client:
        create = client.chat.completions.create
        error = failure(lambda: list(create(model="gpt-5", messages=question, stream=True)))
    assert error.body["message"] in str(error)
    assert isinstance(error.request, httpx2.Request)


@pytest.mark.anyio
async def test_a_stream_that_is_cut_in_a_loop(emulator: Emulator, url: str) -> None:
    emulator.script(Truncate(after=3, proper=True))
    async with compat.AsyncOpenAI(api_key="sk-test", base_url=url) as client:
        stream = await client.responses.create(model="gpt-5", input="Hello", stream=True)
        with pytest.raises(api_openai.StreamTruncatedError) as caught:
            async for _ in stream:
                pass
    assert isinstance(caught.value, openai.APIConnectionError)
