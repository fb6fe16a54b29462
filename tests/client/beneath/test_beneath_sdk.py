"""The official SDK above this client: what its callers get, and whose connections they are."""

import asyncio
import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Say, Status, Truncate

openai: Any = pytest.importorskip("openai")
QUESTION = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    with serve_in_thread(emulator) as url:
        yield url


def client_of(package: Any, url: str, asynchronous: bool) -> Any:
    home = importlib.import_module(f"api_openai.{package.__name__}")
    settings = {"api_key": "sk-test", "base_url": url, "max_retries": 0}
    if asynchronous:
        above = package.AsyncClient(transport=home.AsyncHTTPTransport())
        return openai.AsyncOpenAI(http_client=above, **settings)
    return openai.OpenAI(http_client=package.Client(transport=home.HTTPTransport()), **settings)


def test_blocking(package: Any, emulator: Emulator, url: str) -> None:
    emulator.script(Say("one"), Say("one two three"), Status(401), Say("one two three"))
    with client_of(package, url, asynchronous=False) as client:
        answer = client.chat.completions.create(model="gpt-5", messages=QUESTION)
        assert answer.choices[0].message.content == "one"
        stream = client.responses.create(model="gpt-5", input="Hello", stream=True)
        assert [event.type for event in stream][-1] == "response.completed"
        with pytest.raises(openai.AuthenticationError) as caught:
            client.models.list()
        assert caught.value.response.status_code == 401
        assert client.files.create(file=b"abc" * 1000, purpose="assistants").bytes == 3000


def test_in_a_loop(package: Any, emulator: Emulator, url: str) -> None:
    async def main() -> None:
        emulator.script(Say("one"), Say("one two three"), Status(429))
        async with client_of(package, url, asynchronous=True) as client:
            answer = await client.responses.create(model="gpt-5", input="Hello")
            assert answer.output_text == "one"
            chunks = [
                chunk
                async for chunk in await client.chat.completions.create(
                    model="gpt-5", messages=QUESTION, stream=True
                )
            ]
            assert (
                "".join(each.choices[0].delta.content or "" for each in chunks) == "one two three"
            )
            with pytest.raises(openai.RateLimitError):
                await client.models.list()
            assert (await client.files.create(file=b"abc", purpose="assistants")).bytes == 3

    asyncio.run(main())


def test_a_stream_that_is_cut(package: Any, emulator: Emulator, url: str) -> None:
    """The SDK alone takes it for the end."""
    emulator.script(Truncate(after=3, proper=True))
    with client_of(package, url, asynchronous=False) as client:
        stream = client.responses.create(model="gpt-5", input="Hello", stream=True)
        with pytest.raises(openai.APIConnectionError):
            list(stream)
