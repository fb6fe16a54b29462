"""The official SDK holds sessions with the emulator, and its programs run with the import changed."""

import asyncio
from importlib import import_module
from typing import Any

import pytest

from api_openai.emulator import Emulator, serve_in_thread

PACKAGES = ("openai", "api_openai")


def package(name: str) -> Any:
    if name == "openai":
        pytest.importorskip("websockets")  # which the SDK's sessions need
        return pytest.importorskip("openai")
    return import_module(name)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_realtime_session(name: str) -> None:
    sdk = package(name)
    words: list[str] = []
    with serve_in_thread(Emulator()) as base_url:
        client = sdk.OpenAI(api_key="k", base_url=base_url)
        with client.realtime.connect(model="gpt-realtime") as connection:
            connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            content = [{"type": "input_text", "text": "Hi there"}]
            item = {"type": "message", "role": "user", "content": content}
            connection.conversation.item.create(item=item)
            connection.response.create()
            for event in connection:
                if event.type == "response.output_text.delta":
                    words.append(event.delta)
                elif event.type == "response.done":
                    break
        client.close()
    assert "".join(words).startswith('You said: "Hi there"')


@pytest.mark.parametrize("name", PACKAGES)
def test_responses_over_a_websocket(name: str) -> None:
    sdk = package(name)

    async def ask(base_url: str) -> str:
        client = sdk.AsyncOpenAI(api_key="k", base_url=base_url)
        text = ""
        async with client.responses.connect() as connection:
            await connection.response.create(model="gpt-5", input="Hello")
            async for event in connection:
                if event.type == "response.completed":
                    text = event.response.output[-1].content[0].text
                    break
        await client.close()
        return text

    with serve_in_thread(Emulator()) as base_url:
        assert asyncio.run(ask(base_url)).startswith('You said: "Hello"')
