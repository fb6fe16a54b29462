"""Clients in sessions with the emulator: this package's over memory and sockets, and the official SDK's."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from api_openai import (
    APIStatusError,
    AsyncClient,
    AzureOpenAI,
    Client,
    WebSocketConnectionClosedError,
)
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport, serve_in_thread
from api_openai.emulator import faults as f

SESSION: Any = {"type": "realtime", "output_modalities": ["text"]}
MESSAGE: Any = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "Hi"}],
}
SAID = 'You said: "Hi" This is the emulator, answering word by word.'


@pytest.fixture(scope="module", name="base_url")
def _base_url() -> Iterator[str]:
    with serve_in_thread(Emulator()) as base_url:
        yield base_url


def talk(client: Any) -> str:
    """A conversation over any blocking client of this form."""
    said: list[str] = []
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.session.update(session=SESSION)
        connection.conversation.item.create(item=MESSAGE)
        connection.response.create()
        for event in connection:
            if event.type == "response.output_text.delta":
                said.append(event.delta)
            elif event.type == "response.done":
                break
    return "".join(said)


async def talk_in_loop(client: Any) -> str:
    """The same over an async one."""
    said: list[str] = []
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.session.update(session=SESSION)
        await connection.conversation.item.create(item=MESSAGE)
        await connection.response.create()
        async for event in connection:
            if event.type == "response.output_text.delta":
                said.append(event.delta)
            elif event.type == "response.done":
                break
    return "".join(said)


def test_blocking_over_memory() -> None:
    emulator = Emulator(pace=0.5)
    with Client(api_key="k", transport=MemoryTransport(emulator)) as client:
        assert talk(client) == SAID
    kinds = [each.partition(b'"type":"')[2][:7] for each in emulator.requests[0].messages]
    assert kinds == [b"session", b"convers", b"respons"]


@pytest.mark.anyio
async def test_a_loop_over_memory() -> None:
    async with AsyncClient(
        api_key="k", transport=AsyncMemoryTransport(Emulator(pace=0.5))
    ) as client:
        assert await talk_in_loop(client) == SAID


def test_blocking_over_sockets(base_url: str) -> None:
    with Client(api_key="k", base_url=base_url) as client:
        assert talk(client) == SAID


@pytest.mark.anyio
async def test_a_loop_over_sockets(base_url: str) -> None:
    async with AsyncClient(api_key="k", base_url=base_url) as client:
        assert await talk_in_loop(client) == SAID


@pytest.mark.parametrize("azure", ["", "/openai/v1/"])
def test_azure(base_url: str, azure: str) -> None:
    root = base_url.removesuffix("/v1")
    where: Any = {"base_url": root + azure} if azure else {"azure_endpoint": root}
    with AzureOpenAI(api_key="k", api_version="2025-04-01", **where) as client:
        assert talk(client) == SAID


def test_a_refused_handshake(base_url: str) -> None:
    with (
        Client(api_key="invalid", base_url=base_url) as client,
        pytest.raises(APIStatusError) as told,
    ):
        talk(client)
    assert told.value.status_code == 401
    assert "Incorrect API key provided" in str(told.value)


@pytest.mark.parametrize(
    ("fault", "code"), [(f.Close(after_bytes=900), None), (f.SocketClose(at=0, code=1013), 1013)]
)
def test_how_a_session_ended(fault: f.Fault, code: int | None) -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator(faults=[fault])))
    with (
        client.realtime.connect(model="gpt-realtime") as connection,
        pytest.raises(WebSocketConnectionClosedError) as told,
    ):
        connection.recv()
    assert told.value.close_code == code


def official(base_url: str, name: str = "OpenAI") -> Any:
    """A client of the official SDK, where it is there."""
    openai: Any = pytest.importorskip("openai")
    pytest.importorskip("websockets")
    return getattr(openai, name)(api_key="k", base_url=base_url)


def test_the_official_sdk_under_asyncio(base_url: str) -> None:
    assert asyncio.run(talk_in_loop(official(base_url, "AsyncOpenAI"))) == SAID


def test_the_official_sdk_in_other_sessions(base_url: str) -> None:
    client = official(base_url)
    with client.responses.connect() as connection:
        connection.response.create(model="gpt-4o", input="Hi")
        events = [*_until(connection, "response.completed")]
    assert events[-1].response.output_text == SAID
    with client.realtime.translations.connect(model="gpt-realtime") as connection:
        connection.session.close()
        assert [event.type for event in connection] == ["session.created", "session.closed"]
    with client.live.connect() as connection:
        connection.session.start(session={"model": "gpt-live-1"})
        connection.session.close()
        assert [event.type for event in connection] == ["session.started", "session.closed"]


def test_the_official_sdk_hears_of_errors(base_url: str) -> None:
    client = official(base_url)
    with client.realtime.connect(model="gpt-realtime") as connection:
        connection.send({"type": "session.dance", "event_id": "mine"})
        error = [*_until(connection, "error")][-1].error
    assert (error.event_id, error.param) == ("mine", "type")


def test_the_official_sdk_comes_back(base_url: str) -> None:
    fields = {"x-emulator-fault": "socket-close;at=1;code=1013"}
    seen: list[int] = []

    def again(event: Any) -> Any:
        seen.append(event.close_code)
        return {"extra_headers": {}}

    client = official(base_url)
    manager = client.realtime.connect(
        model="gpt-realtime", extra_headers=fields, on_reconnecting=again, initial_delay=0.001
    )
    with manager as connection:
        connection.input_audio_buffer.clear()
        kinds: list[str] = []
        for event in connection:
            kinds.append(event.type)
            if len(kinds) == 2:
                break
    assert (kinds, seen) == (["session.created", "session.created"], [1013])


def _until(connection: Any, kind: str) -> Iterator[Any]:
    for event in connection:
        yield event
        if event.type == kind:
            return
