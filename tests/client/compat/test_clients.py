"""Clients that are the SDK's: what frameworks ask of them, their answers and their settings."""

import inspect
import pickle
from typing import Any

import pytest

from api_openai import Retry, Timeout
from api_openai.emulator import Emulator
from api_openai.emulator.faults import Say, Status

openai: Any = pytest.importorskip("openai")
httpx2: Any = pytest.importorskip("httpx2")

from api_openai import compat  # noqa: E402  # it needs the SDK

QUESTION = [{"role": "user", "content": "Hello"}]
CLASSES = ["OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI"]

OWN = {
    "answers",
    "circuit_breaker",
    "hedge",
    "limits",
    "network",
    "rate_limit",
    "retry",
    "stream_end",
    "trace",
}


def made(name: str, **settings: Any) -> Any:
    if "Azure" in name:
        settings = {"azure_endpoint": "http://127.0.0.1:1", "api_version": "1", **settings}
    return getattr(compat, name)(api_key="sk-test", **settings)


def client_of(url: str, **settings: Any) -> Any:
    return compat.OpenAI(api_key="sk-test", base_url=url, **settings)


@pytest.mark.parametrize("name", CLASSES)
def test_it_is_the_class_of_the_sdk(name: str) -> None:
    client = made(name)
    assert isinstance(client, getattr(openai, name))
    assert type(client).__name__ == name
    copied = client.with_options(timeout=3, max_retries=1)
    assert type(copied) is type(client)
    assert (copied.timeout, copied.max_retries) == (3, 1)
    assert copied._client is client._client  # the connections are the same


@pytest.mark.parametrize("name", CLASSES)
def test_its_signature_names_what_the_sdk_takes_and_what_is_added(name: str) -> None:
    found = inspect.signature(getattr(compat, name)).parameters
    of_sdk = inspect.signature(getattr(openai, name)).parameters
    assert found.keys() - of_sdk.keys() == OWN
    assert of_sdk.keys() - found.keys() == set()
    assert found["max_retries"].default == 0


@pytest.mark.parametrize("name", CLASSES)
def test_nothing_is_tried_again_and_nothing_times_out_unless_asked(name: str) -> None:
    client = made(name)
    assert (client.max_retries, client.timeout) == (0, None)
    assert made(name, timeout=openai.not_given).timeout is None
    assert made(name, timeout=5.0, max_retries=3).max_retries == 3


def test_answers_are_the_sdks(emulator: Emulator, url: str) -> None:
    from openai.types.chat import ChatCompletion, ChatCompletionChunk
    from openai.types.responses import Response

    emulator.script(*[Say("one two three")] * 4)
    with client_of(url, answers="sdk") as client:
        completion = client.chat.completions.create(model="gpt-5", messages=QUESTION)
        assert isinstance(completion, ChatCompletion)
        completion.choices[0].message.content = "written into"
        assert pickle.loads(pickle.dumps(completion)) == completion
        assert isinstance(client.responses.create(model="gpt-5", input="Hello"), Response)
        stream = client.chat.completions.create(model="gpt-5", messages=QUESTION, stream=True)
        assert isinstance(stream, openai.Stream)
        chunks = list(stream)
        assert all(isinstance(each, ChatCompletionChunk) for each in chunks)
        assert "".join(each.choices[0].delta.content or "" for each in chunks) == "one two three"
        raw = client.responses.with_raw_response.create(model="gpt-5", input="Hello", stream=True)
        assert isinstance(raw.parse(), openai.Stream)
        raw.http_response.close()
        page = client.models.list()
        assert isinstance(page, openai.pagination.SyncPage)
        assert page.data
    assert {each.headers["user-agent"].split("/")[0] for each in emulator.requests} == {
        "api_openai"
    }


@pytest.mark.anyio
async def test_answers_of_a_loop(emulator: Emulator, url: str) -> None:
    emulator.script(Say("one two three"), Say("one"))
    async with compat.AsyncOpenAI(api_key="sk-test", base_url=url) as client:
        stream = await client.responses.create(model="gpt-5", input="Hello", stream=True)
        assert isinstance(stream, openai.AsyncStream)
        assert [event.type async for event in stream][-1] == "response.completed"
        async with client.responses.stream(model="gpt-5", input="Hello") as helper:
            assert (await helper.get_final_response()).output_text == "one"
        assert [model.id async for model in client.models.list()]


def test_settings_of_this_client_are_its_transports(emulator: Emulator, url: str) -> None:
    steps: list[Any] = []
    emulator.script(Status(503), Say("one"))
    with client_of(url, retry=Retry(2, initial=0.001), trace=steps.append) as client:
        assert client.responses.create(model="gpt-5", input="Hello").output_text == "one"
    assert len(emulator.requests) == 2
    assert steps


def test_a_timeout_of_this_client(emulator: Emulator, url: str) -> None:
    with client_of(url, timeout=Timeout(total=60)) as client:
        assert client.timeout is None
        assert client.models.list().data


def test_a_client_of_httpx2_that_is_handed_over_carries_the_calls(url: str) -> None:
    with httpx2.Client(trust_env=False) as own, client_of(url, http_client=own) as client:
        assert client.models.list().data
        with pytest.raises(TypeError, match="retry, timeout: these are settings of the transport"):
            client_of(url, http_client=own, retry=Retry(2), timeout=Timeout(total=1))


def test_answers_are_of_one_kind(url: str) -> None:
    with pytest.raises(ValueError, match="answers='own': expected 'sdk'"):
        client_of(url, answers="own")
