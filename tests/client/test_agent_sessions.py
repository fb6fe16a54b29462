"""Turns of agents' sessions and what they have left, for blocking and async clients."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest

from api_openai import (
    AgentOutputParseError,
    AgentToolError,
    AgentTurnResultError,
    APIStatusError,
    AsyncClient,
    BadRequestError,
    Client,
    StreamTruncatedError,
)
from api_openai.core.agents import function_calls as calls
from api_openai.emulator import Emulator
from api_openai.emulator.faults import CallFunction

from ..support.clients import KINDS, client_of, settled
from ..support.ports import drive
from .agent_peer import (
    BEGIN,
    END,
    IDLE,
    SESSION,
    Peer,
    add,
    call,
    client_to,
    error,
    idle_peer,
    reply,
    said,
    session,
    stream,
)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def peer() -> Peer:
    return idle_peer()


@pytest.fixture
def client(peer: Peer) -> Iterator[Client]:
    with client_to(peer) as client:
        yield client


def test_a_turn(client: Client, peer: Peer) -> None:
    manager = client.beta.agents.sessions.stream("s", input="hi", timeout=5)
    assert not peer.requests
    with manager as events:
        kinds = [event.type.removeprefix("agent.session.") for event in events]
    assert kinds == ["idle", "turn.created", "turn.item.done", "turn.completed", "idle"]
    at = SESSION.removeprefix("/v1")
    assert peer.routes_asked() == [f"GET {at}", f"GET {at}/events", f"POST {at}/events"]
    content = [{"type": "input_text", "text": "hi"}]
    sent, key = peer.posted()[0]
    assert sent == {
        "type": "agent.session.input.message",
        "input": [{"role": "user", "content": content}],
    }
    assert len(key) >= 32
    assert events.get_final_result().output_text == "hello"
    assert list(events) == []


class Word(msgspec.Struct):
    word: str


def test_the_result_as_a_value(client: Client, peer: Peer) -> None:
    peer.on(f"GET {SESSION}/events", stream(BEGIN, said('{"word":"x"}'), *END))
    messages: Any = [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]
    with client.beta.agents.sessions.stream("s", input=messages, output_type=Word) as events:
        result = events.with_result_collection().get_final_result()
    assert result.output_parsed == Word("x")
    peer.on(f"GET {SESSION}/events", stream(BEGIN, said("prose"), *END))
    with client.beta.agents.sessions.stream("s", input=messages, output_type=Word) as events:
        with pytest.raises(AgentOutputParseError) as caught:
            events.get_final_result()
        assert caught.value.result.output_text == "prose"


def test_tools_are_called_after_their_event(client: Client, peer: Peer) -> None:
    peer.on(f"GET {SESSION}/events", stream(BEGIN, call(), call(), call("other"), said("3"), *END))
    order: list[str] = []

    def handler(arguments: dict[str, Any]) -> str:
        order.append("called")
        return add(arguments)

    with client.beta.agents.sessions.stream(
        "s", input="hi", tool_handlers={"add": handler}, idempotency_key="mine"
    ) as events:
        for event in events:
            order.append(event.type.removeprefix("agent.session.turn."))
    assert order[:5] == ["created", "item.added", "called", "item.added", "item.added"]
    (_, first), (result, second) = peer.posted()
    assert first == "mine"
    assert second != "mine"
    assert result == {
        "type": "agent.session.input.tool_result",
        "turn_id": "t",
        "call_id": "c",
        "success": True,
        "output": "3",
    }


def test_the_keys_of_headers(client: Client, peer: Peer) -> None:
    peer.on(f"GET {SESSION}/events", stream(BEGIN, call(), *END))
    headers = {"Idempotency-Key": "header", "x-trace": "1"}
    with client.beta.agents.sessions.stream(
        "s", input="hi", tool_handlers={"add": add}, idempotency_key="named", extra_headers=headers
    ) as events:
        events.until_done()
    assert [key == "header" for _, key in peer.posted()] == [True, False]
    assert [each.headers.get("x-trace") for each in peer.requests] == ["1"] * 4


def test_a_call_that_the_server_does_not_know_yet(
    client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "TOO_EARLY_SECONDS", (0.0, 0.0))
    peer.on(f"GET {SESSION}/events", stream(BEGIN, call(), said("3"), *END))
    early = error(400, "Unknown pending tool call: c")
    done = reply(None, 204)
    peer.on(f"POST {SESSION}/events", done, early, early, done)
    with client.beta.agents.sessions.stream("s", input="hi", tool_handlers={"add": add}) as events:
        assert events.get_final_result().output_text == "3"
    keys = [key for _, key in peer.posted()]
    assert len(keys) == 4
    assert len(set(keys[1:])) == 1
    peer.on(f"POST {SESSION}/events", done, early)
    with (
        client.beta.agents.sessions.stream("s", input="hi", tool_handlers={"add": add}) as events,
        pytest.raises(BadRequestError),
    ):
        events.until_done()
    peer.on(f"POST {SESSION}/events", done, error(400, "Something else"))
    with client.beta.agents.sessions.stream("s", input="hi", tool_handlers={"add": add}) as events:
        with pytest.raises(AgentTurnResultError, match="observation failed") as caught:
            events.get_final_result()
        assert isinstance(caught.value.__cause__, BadRequestError)


@pytest.mark.parametrize(
    ("arguments", "output", "stage"),
    [("[]", "x", "arguments"), (None, KeyError("secret"), "execution"), (None, 5, "output")],
)
def test_a_tool_that_fails(
    client: Client, peer: Peer, arguments: Any, output: Any, stage: str
) -> None:
    peer.on(f"GET {SESSION}/events", stream(BEGIN, call(arguments=arguments), said("3"), *END))
    told: list[AgentToolError] = []

    def handler(arguments: dict[str, Any]) -> Any:
        if isinstance(output, Exception):
            raise output
        return output

    start: Any = client.beta.agents.sessions.stream
    with start("s", input="x", tool_handlers={"add": handler}, on_tool_error=told.append) as events:
        assert events.get_final_result().output_text == "3"
    assert [(each.stage, each.tool_name, each.call_id) for each in told] == [(stage, "add", "c")]
    result, _ = peer.posted()[-1]
    assert result["success"] is False
    assert "secret" not in json.dumps(result)
    with start("s", input="x", tool_handlers={"add": handler}) as events:
        with pytest.raises(type(told[0].error)):
            events.until_done()
        assert peer.posted()[-1][0]["success"] is False
        assert list(events) == []


def test_a_blocking_client_awaits_no_tool(client: Client, peer: Peer) -> None:
    peer.on(f"GET {SESSION}/events", stream(BEGIN, call(), said("3"), *END))
    told: list[AgentToolError] = []

    async def later(arguments: dict[str, Any]) -> str:
        raise AssertionError

    start: Any = client.beta.agents.sessions.stream
    handlers = {"add": later}
    with start("s", input="x", tool_handlers=handlers, on_tool_error=told.append) as events:
        events.until_done()
    assert [(each.stage, type(each.error)) for each in told] == [("execution", TypeError)]
    assert peer.posted()[-1][0]["success"] is False


def test_a_session_that_is_busy(client: Client, peer: Peer) -> None:
    peer.on(f"GET {SESSION}", reply(session("in_progress")))
    with (
        pytest.raises(ValueError, match="in_progress, not idle"),
        client.beta.agents.sessions.stream("s", input="hi"),
    ):
        pass
    assert len(peer.requests) == 1


def test_an_input_that_is_refused(client: Client, peer: Peer) -> None:
    peer.on(f"POST {SESSION}/events", error(409, "no"))
    with pytest.raises(APIStatusError), client.beta.agents.sessions.stream("s", input="hi"):
        pass
    nothings: list[Any] = ["", []]
    for nothing in nothings:
        with pytest.raises(ValueError, match="empty"):
            client.beta.agents.sessions.stream("s", input=nothing)


def test_events_that_end_too_early(client: Client, peer: Peer) -> None:
    peer.on(f"GET {SESSION}/events", stream(IDLE, BEGIN))
    with (
        client.beta.agents.sessions.stream("s", input="hi") as events,
        pytest.raises(StreamTruncatedError, match="before its turn did"),
    ):
        events.until_done()
    with (
        client.beta.agents.sessions.stream("s", input="hi") as events,
        pytest.raises(AgentTurnResultError) as caught,
    ):
        events.get_final_result()
    assert caught.value.reason == "observation_failed"
    assert caught.value.turn_id == "t"
    assert isinstance(caught.value.__cause__, StreamTruncatedError)


def test_a_stream_is_entered_once(client: Client, peer: Peer) -> None:
    events = client.beta.agents.sessions.stream("s", input="hi")
    with pytest.raises(RuntimeError, match="with"):
        next(events)
    with events:
        next(events)
        events.close()
        with pytest.raises(AgentTurnResultError, match="incomplete"):
            events.get_final_result()
    with pytest.raises(RuntimeError, match="its own"), events:
        pass
    raw: Any = client.with_raw_response.beta.agents.sessions
    with pytest.raises(AttributeError, match="no raw view"):
        raw.stream("s", input="hi")


@pytest.mark.anyio
async def test_async_clients_have_the_same(peer: Peer) -> None:
    peer.on(
        f"GET {SESSION}/events", stream(BEGIN, call(), call("sub", call_id="d"), said("3"), *END)
    )
    told: list[AgentToolError] = []

    async def waits(arguments: dict[str, Any]) -> str:
        await anyio.lowlevel.checkpoint()
        return add(arguments)

    async def fails(arguments: dict[str, Any]) -> str:
        await anyio.lowlevel.checkpoint()
        raise KeyError("x")

    async def note(failure: AgentToolError) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(failure)

    async with httpx.AsyncClient(transport=httpx.MockTransport(peer)) as http:
        client = AsyncClient(api_key="k", http_client=http)
        async with client.beta.agents.sessions.stream(
            "s", input="hi", tool_handlers={"add": waits, "sub": fails}, on_tool_error=note
        ) as events:
            kinds = [event.type async for event in events]
            result = await events.get_final_result()
        assert kinds[-1] == "agent.session.idle"
        assert result.output_text == "3"
        assert [each["success"] for each, _ in peer.posted()[1:]] == [True, False]
        assert [each.call_id for each in told] == ["d"]

        async def never(arguments: dict[str, Any]) -> str:
            scope.cancel()
            await anyio.sleep_forever()
            return ""

        with anyio.CancelScope() as scope:
            async with client.beta.agents.sessions.stream(
                "s", input="hi", tool_handlers={"add": never}
            ) as events:
                await events.until_done()
        assert scope.cancelled_caught
        assert [event async for event in events] == []


def artifact(identity: str, path: str, turn_id: str = "t") -> dict[str, Any]:
    return {"id": identity, "path": path, "session_id": "s", "turn_id": turn_id, "size_bytes": 1}


def listed(peer: Peer) -> None:
    first = [artifact("a1", "/x", "other"), artifact("a2", "/y")]
    second = [artifact("a3", "/x"), artifact("a4", "/twice"), artifact("a5", "/twice")]
    peer.on(
        f"GET {SESSION}/artifacts",
        lambda request: httpx.Response(
            200,
            json={"data": second, "has_more": False}
            if request.url.params.get("after") == "a2"
            else {"data": first, "has_more": True},
        ),
    )
    head = {"content-type": "application/octet-stream"}
    peer.on(
        f"GET {SESSION}/artifacts/a3/content",
        lambda request: httpx.Response(200, headers=head, content=b"bytes"),
    )


def test_what_a_turn_has_left(client: Client, peer: Peer, tmp_path: Path) -> None:
    listed(peer)
    with client.beta.agents.sessions.stream("s", input="hi") as events:
        result = events.get_final_result()
    left = client.beta.agents.sessions.artifacts.for_result(result)
    before = len(peer.requests)
    assert left.content("/x").content == b"bytes"
    assert len(peer.requests) == before + 3
    assert left.download("/x", to=tmp_path / "x").id == "a3"
    assert (tmp_path / "x").read_bytes() == b"bytes"
    with pytest.raises(ValueError, match="no artifact"):
        left.content("/z")
    with pytest.raises(ValueError, match="2 artifacts"):
        left.download("/twice", to=tmp_path / "y")
    assert "of turn t" in repr(left)


@pytest.mark.anyio
async def test_what_a_turn_has_left_async(peer: Peer, tmp_path: Path) -> None:
    listed(peer)
    async with httpx.AsyncClient(transport=httpx.MockTransport(peer)) as http:
        client = AsyncClient(api_key="k", http_client=http)
        async with client.beta.agents.sessions.stream("s", input="hi") as events:
            result = await events.get_final_result()
        left = client.beta.agents.sessions.artifacts.for_result(result)
        assert (await left.content("/x")).content == b"bytes"
        assert (await left.download("/x", to=tmp_path / "x")).id == "a3"
        assert await anyio.Path(tmp_path / "x").read_bytes() == b"bytes"
        with pytest.raises(ValueError, match="no artifact"):
            await left.content("/z")


# Against the emulator


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_with_a_tool_against_the_emulator(kind: str) -> None:
    emulator = Emulator()
    emulator.script(
        CallFunction("add", '{"a": 2, "b": 3}'), path="/agents/sessions/*/events", method="POST"
    )
    asked: list[object] = []

    def add(arguments: dict[str, Any]) -> str:
        asked.append(arguments)
        return f"the sum is {arguments['a'] + arguments['b']}"

    async def program() -> tuple[list[str], Any, list[str]]:
        client: Any = client_of(kind, emulator)
        sessions = client.beta.agents.sessions
        session = await settled(sessions.create(agent_id="agent_1", environment={"type": "none"}))
        turn = sessions.stream(session.id, input="What is 2 + 3?", tool_handlers={"add": add})
        if kind == "blocking":
            with turn as events:
                names = [event.type for event in events]
                result = events.get_final_result()
            items = [item.type for item in sessions.items.list(session.id)]
        else:
            async with turn as events:
                names = [event.type async for event in events]
                result = await events.get_final_result()
            items = [item.type async for item in sessions.items.list(session.id)]
        return names, result, items

    names, result, items = drive(kind, program)
    assert asked == [{"a": 2, "b": 3}]
    assert "the sum is 5" in result.output_text
    assert names[:2] == ["agent.session.in_progress", "agent.session.turn.created"]
    assert names[-2:] == ["agent.session.turn.completed", "agent.session.idle"]
    assert sorted(items) == ["function_call", "message", "message"]
    verbs = [f"{each.method} {each.path.rpartition('/')[2]}" for each in emulator.requests]
    assert verbs.count("POST events") == 2
