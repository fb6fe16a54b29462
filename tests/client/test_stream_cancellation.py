"""Streams that do more than hand events on, cancelled at every await: nothing stays in use."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from api_openai import Client
from api_openai.emulator import Emulator, serve_in_thread

from ..support.http import DONE, END, EVENTS, chunk, event, head
from ..support.port import Asked, ScriptedPort, Step
from ..support.scripted import Script, exchange

Program = Callable[[Any, list[object]], Coroutine[Any, Any, object]]
"""What is done with a client; it keeps what it gets alive, for what is dropped is given up anyway."""

CHUNK: Final[dict[str, Any]] = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}],
}
LAST: Final[dict[str, Any]] = {
    **CHUNK,
    "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
}
RESPONSE: Final[dict[str, Any]] = {
    "id": "r",
    "object": "response",
    "status": "completed",
    "output": [],
}
SESSION: Final[dict[str, Any]] = {"id": "s", "status": "idle", "required_actions": []}
TURN: Final = {"id": "t", "session_id": "s", "status": "completed"}
CALL: Final = {"type": "function_call", "id": "i", "name": "f", "call_id": "c", "turn_id": "t"}


def streamed(*events: bytes) -> list[Step]:
    """A stream of events, each of which is waited for."""
    begin, *rest = head("200 OK", EVENTS, "transfer-encoding: chunked"), *map(chunk, events), END
    return [Asked(), begin, *rest]


def happens(kind: str, **fields: Any) -> dict[str, Any]:
    about = {"type": f"agent.session.{kind}", "event_id": kind, "session_id": "s", "turn_id": "t"}
    return {**about, **fields}


async def chat(client: Any, kept: list[object]) -> object:
    ask = [{"role": "user", "content": "x"}]
    manager = client.chat.completions.stream(model="m", messages=ask)
    kept.append(manager)
    async with manager as stream:
        kept.append(stream)
        async for _ in stream:
            pass
        return await stream.get_final_completion()


async def response(client: Any, kept: list[object]) -> object:
    manager = client.responses.stream(model="m", input="x")
    kept.append(manager)
    async with manager as stream:
        kept.append(stream)
        return await stream.get_final_response()


async def run(client: Any, kept: list[object]) -> object:
    manager = client.beta.threads.runs.stream("thread", assistant_id="a")
    kept.append(manager)
    async with manager as stream:
        kept.append(stream)
        async for _ in stream.text_deltas:
            pass
        return await stream.get_final_messages()


def done(_: dict[str, Any]) -> str:
    return "done"


async def turn(client: Any, kept: list[object]) -> object:
    sessions = client.beta.agents.sessions
    manager = sessions.stream("s", input="x", tool_handlers={"f": done})
    kept.append(manager)
    async with manager as events:
        return [event.type async for event in events]


async def created(client: Any, kept: list[object]) -> object:
    handlers = {"f": done}
    given: dict[str, Any] = {"environment": {"type": "none"}, "input": "x"}
    making = client.beta.agents.sessions.create(**given, stream=True, tool_handlers=handlers)
    async with await making as events:
        kept.append(events)
        return await events.get_final_result()


def one(*events: bytes) -> ScriptedPort:
    return ScriptedPort(streamed(*events))


def of_turn() -> ScriptedPort:
    """The stream has a connection of its own while input and results go over another."""
    return ScriptedPort([*exchange(SESSION), *EVENTS_OF_TURN], [*TAKEN, *TAKEN])


def of_creation() -> ScriptedPort:
    """The stream is the answer that creates the session; the result of the call goes elsewhere."""
    return ScriptedPort(EVENTS_OF_TURN, TAKEN)


def events_of_turn() -> list[Step]:
    begun = happens("turn.created", turn={**TURN, "status": "in_progress"})
    called = happens("turn.item.added", item={**CALL, "arguments": {}, "status": "in_progress"})
    ended = happens("turn.completed", turn=TURN)
    idle = happens("idle", session=SESSION)
    return streamed(event(begun), event(called), event(ended), event(idle))


TAKEN: Final[list[Step]] = [Asked(), b"HTTP/1.1 204 No Content\r\n\r\n"]
EVENTS_OF_TURN: Final = events_of_turn()


CASES: Final[dict[str, tuple[Program, Callable[[], ScriptedPort]]]] = {
    "chat": (chat, lambda: one(event(CHUNK), event(CHUNK), event(LAST), DONE)),
    "response": (
        response,
        lambda: one(
            event({"type": "response.created", "sequence_number": 0, "response": RESPONSE}),
            event({"type": "response.completed", "sequence_number": 1, "response": RESPONSE}),
        ),
    ),
    "run": (
        run,
        lambda: one(event({"id": "run", "status": "completed"}, "thread.run.completed"), DONE),
    ),
    "turn": (turn, of_turn),
    "creation": (created, of_creation),
}


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize(("program", "port"), CASES.values(), ids=CASES)
def test_cancelled_at_every_await(
    program: Program, port: Callable[[], ScriptedPort], close: bool
) -> None:
    at = 1
    while True:
        scripted, kept = Script(port=port()), list[object]()
        if not scripted.stop(program(scripted.client, kept), at, close=close):
            break
        at += 1
    assert at > 6


def test_a_turn_that_is_left_early_is_listened_to_no_longer() -> None:
    scripted, kept = Script(port=of_turn()), list[object]()

    async def program() -> None:
        async with scripted.client.beta.agents.sessions.stream("s", input="x") as events:
            kept.append(events)
            async for _ in events:
                break

    scripted.run(program())
    assert kept


def test_a_turn_that_a_blocking_caller_leaves_early() -> None:
    with (
        serve_in_thread(Emulator(pace=0.01)) as url,
        Client(api_key="k", base_url=url) as client,
    ):
        sessions = client.beta.agents.sessions
        made = sessions.create(agent_id="a", environment={"type": "none"})
        with sessions.stream(made.id, input="x") as events:
            next(events)
        wire: Any = client.transport.wire()
        assert wire.backend.pool.in_use == 0
        assert list(events) == []
