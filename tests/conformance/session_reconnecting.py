"""Scenarios of sessions that are opened again after their connection was lost."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from api_openai.core.realtime.reconnect import LOST, Reconnect, ReconnectedEvent
from api_openai.core.terms.errors import APIStatusError, APITimeoutError
from api_openai.core.terms.session_errors import WebSocketConnectionClosedError
from api_openai.core.websocket.events import Close

from ..support.http import answer
from ..support.server import ASK, CLOSE, RESET
from ..support.websocket import HEAR, REST, Hear, Say, Upgrade
from .connections import Connection
from .sessions import CREATED, DONE, NO_SOCKETS, append, delta, ended, session
from .stage import Stage, scenario

if TYPE_CHECKING:
    from .callers import Program

UPDATE = {"type": "session.update", "session": {"instructions": "brief"}}
LOSS = Say(Close(1012, "restart"))


def soon(**settings: Any) -> dict[str, Any]:
    """Options of a session that is opened again at once."""
    chosen: dict[str, Any] = {"initial_delay": 0.0, **settings}
    return {"reconnect": Reconnect(**chosen)}


async def opened(stage: Stage, **settings: Any) -> Connection:
    return await stage.client().connect(**soon(**settings)).enter()


def refused(status: str) -> tuple[Any, ...]:
    return ASK, answer({"error": {"message": "no"}}, "connection: close", status=status), CLOSE


@scenario(without=NO_SOCKETS)
async def codes_after_which_a_session_comes_back(stage: Stage) -> None:
    for code in (1000, 1001, None, 1008, 1011, 1012, 1013, 1014, 4000):
        stage.server.on(Upgrade(Close(code, "")), REST)
        comes_back = code is None or code in LOST
        if comes_back:
            stage.server.on(Upgrade(delta("b"), DONE), REST)
        connection = await opened(stage)
        if comes_back:
            event = await connection.recv()
            assert isinstance(event, ReconnectedEvent)
            assert (event.attempts, event.close_code) == (1, 1005 if code is None else code)
            assert (await connection.recv()).delta == "b"
        assert (await ended(connection)).close_code == (1000 if comes_back else code)


@scenario(without=NO_SOCKETS)
async def an_end_without_a_close_is_lost_too(stage: Stage) -> None:
    for end in (CLOSE, RESET):
        stage.server.on(Upgrade(delta("a")), end)
        stage.server.on(Upgrade(delta("b"), DONE), REST)
        connection = await opened(stage)
        first = await connection.recv()
        if not isinstance(first, ReconnectedEvent):  # a reset may take with it what came
            assert first.delta == "a"
            first = await connection.recv()
        assert first.close_code == 1006
        assert (await connection.recv()).delta == "b"
        assert (await ended(connection)).close_code == 1000


@scenario(without=NO_SOCKETS)
async def a_handshake_refused_for_good_ends_the_session(stage: Stage) -> None:
    stage.server.on(Upgrade(Close(1012)), REST)
    stage.server.on(*refused("503 Busy"))
    stage.server.on(*refused("401 Unauthorized"))
    connection = await opened(stage)
    await connection.send(append("x"))
    error = await ended(connection)
    assert error.close_code == 1012
    assert "401" in str(error)
    assert isinstance(error.__cause__, APIStatusError)
    assert error.__cause__.status_code == 401
    assert len(stage.server.peers) == 3


@scenario(without=NO_SOCKETS)
async def attempts_are_counted_and_delayed(stage: Stage) -> None:
    """Each waits twice as long as the one before, less what chance takes."""
    stage.server.on(Upgrade(Close(1012)), REST)
    for _ in range(3):
        stage.server.on(*refused("503 Busy"))
    told: list[Any] = []
    settings: dict[str, Any] = {"initial_delay": 0.02, "max_delay": 0.05, "max_attempts": 3}
    connection = await opened(stage, on_reconnecting=told.append, **settings)
    error = await ended(connection)
    assert "3 attempts" in str(error)
    assert [each.attempt for each in told] == [1, 2, 3]
    for event, most in zip(told, (0.02, 0.04, 0.05), strict=True):
        assert most * 0.75 <= event.delay <= most
        assert (event.max_attempts, event.close_code) == (3, 1012)
    assert stage.way.clock.now() >= 1000.0 + sum(event.delay for event in told)


@scenario(without=NO_SOCKETS)
async def what_makes_a_session_is_said_again(stage: Stage) -> None:
    stage.server.on(Upgrade(CREATED), Hear(3), LOSS, REST)
    stage.server.on(Upgrade(CREATED), HEAR, Say(delta("a"), DONE), REST)
    connection = await opened(stage)
    await connection.send({"type": "session.update", "session": {"instructions": "long"}})
    await connection.send(UPDATE)
    await connection.send(append("x"))
    events = [event async for event in connection]
    assert [event.type for event in events] == [
        "session.created", "reconnected", "session.created", "response.output_text.delta"
    ]  # fmt: skip
    assert session(stage, 1).messages == [UPDATE]


@scenario(without=NO_SOCKETS)
async def what_may_have_come_is_told_and_not_sent_again(stage: Stage) -> None:
    stage.server.on(Upgrade(), Hear(1), Say(delta("a")), Hear(2), LOSS, REST)
    stage.server.on(Upgrade(), Say(delta("b"), DONE), REST)
    connection = await opened(stage)
    await connection.send(append("heard"))
    assert (await connection.recv()).delta == "a"
    await connection.send(append("one"))
    await connection.send(append("two"))
    event = await connection.recv()
    assert [json.loads(each) for each in event.unsure_events] == [append("one"), append("two")]
    assert event.resent_events == 0
    assert (await connection.recv()).delta == "b"
    assert (await ended(connection)).close_code == 1000
    assert session(stage, 1).messages == []


@scenario(without=NO_SOCKETS)
async def a_sender_opens_a_session_again(stage: Stage) -> None:
    stage.server.on(Upgrade(), HEAR, LOSS, CLOSE)
    stage.server.on(Upgrade(), HEAR, Say(delta("b"), DONE), REST)
    connection = await opened(stage)
    await connection.send(append("x"))
    stage.server.played(0)
    if stage.proxy is not None:
        stage.proxy.ended(1)
    await stage.way.turns()
    stage.way.clock.go_on(5)
    await connection.send(append("y"))  # which looks at what came, after it has gone out
    await connection.send(append("z"))
    event = await connection.recv()
    assert isinstance(event, ReconnectedEvent)
    assert {json.loads(each)["audio"] for each in event.unsure_events} >= {"y"}
    assert (await connection.recv()).delta == "b"
    assert (await ended(connection)).close_code == 1000
    assert session(stage, 1).messages == [append("z")]


async def while_it_comes_back(
    stage: Stage, does: Callable[[Connection], Any], *rest: Any, **settings: Any
) -> list[Any]:
    """Receive from a session, and do something while it waits to be opened again."""
    stage.server.on(Upgrade(), LOSS, REST)
    if rest:
        stage.server.on(Upgrade(delta("b")), *rest)
    waits = Told()
    client = stage.client()
    connection = await client.connect(**soon(on_reconnecting=waits.told, **settings)).enter()

    async def receives() -> Any:
        try:
            return [event async for event in connection]
        except WebSocketConnectionClosedError as error:
            return error

    async def acts() -> Any:
        while not waits.begun:
            await stage.way.turns()
        return await does(connection)

    programs: list[Program] = [receives, acts]
    return await client.together(programs)


class Told:
    """Notes that a session is about to be opened again."""

    def __init__(self) -> None:
        self.begun = False

    def told(self, event: object) -> None:
        self.begun = True


@scenario(without=NO_SOCKETS)
async def closing_ends_the_wait(stage: Stage) -> None:
    events, closed = await while_it_comes_back(
        stage, lambda connection: connection.close(), initial_delay=1000.0, max_delay=1000.0
    )
    assert (events, closed) == ([], None)
    assert len(stage.server.peers) == 1


@scenario(without=NO_SOCKETS)
async def what_is_sent_in_the_wait_is_sent_once(stage: Stage) -> None:
    async def sends(connection: Connection) -> None:
        for number in range(3):
            await connection.send(append(str(number)))

    events, sent = await while_it_comes_back(
        stage, sends, Hear(3), Say(DONE), REST, initial_delay=0.05
    )
    assert isinstance(events[0], ReconnectedEvent)
    assert (events[0].resent_events, events[0].unsure_events, sent) == (3, (), None)
    assert session(stage, 1).messages == [append(str(number)) for number in range(3)]


@scenario(without=NO_SOCKETS)
async def what_was_sent_in_the_wait_and_then_lost_is_told(stage: Stage) -> None:
    """The second connection breaks before its server has said anything."""
    stage.server.on(Upgrade(), LOSS, REST)
    stage.server.on(Upgrade(), Hear(1), RESET)
    stage.server.on(Upgrade(DONE), REST)
    waits = Told()
    client = stage.client()
    settings = soon(on_reconnecting=waits.told, initial_delay=0.05)
    connection = await client.connect(**settings).enter()

    async def sends() -> None:
        while not waits.begun:
            await stage.way.turns()
        await connection.send(append("x"))

    async def receives() -> list[Any]:
        return [event async for event in connection]

    programs: list[Program] = [receives, sends]
    events, _ = await client.together(programs)
    unsure = [each for event in events for each in event.unsure_events]
    assert [json.loads(each) for each in unsure] == [append("x")]
    assert session(stage, 2).messages == []


@scenario(without=NO_SOCKETS)
async def a_receiver_that_waits_only_so_long_while_another_reopens(stage: Stage) -> None:
    async def waits(connection: Connection) -> str:
        with pytest.raises(APITimeoutError):
            await connection.recv(0.05)
        await connection.close()
        return "passed"

    _, passed = await while_it_comes_back(stage, waits, initial_delay=1000.0, max_delay=1000.0)
    assert passed == "passed"


@scenario(without=NO_SOCKETS)
async def each_handshake_asks_for_the_key(stage: Stage) -> None:
    keys = iter(("sk-one", "sk-two", "sk-three"))
    stage.server.on(Upgrade(Close(1012)), REST)
    stage.server.on(Upgrade(Close(1012)), REST)
    stage.server.on(Upgrade(DONE), REST)
    settings: dict[str, Any] = {"api_key": lambda: next(keys)}
    client = stage.client(**settings)
    connection = await client.connect(**soon()).enter()
    assert [event.type async for event in connection] == ["reconnected"] * 2
    used = [request.header("authorization") for request in stage.server.requests]
    assert used == ["Bearer sk-one", "Bearer sk-two", "Bearer sk-three"]


@scenario(without=NO_SOCKETS)
async def what_the_caller_changes_of_the_handshake(stage: Stage) -> None:
    def told(event: Any) -> Any:
        return {"extra_query": {"model": "other"}, "extra_headers": {"x-try": str(event.attempt)}}

    stage.server.on(Upgrade(Close(1012)), REST)
    stage.server.on(Upgrade(DONE), REST)
    connection = await opened(stage, on_reconnecting=told)
    assert [event.type async for event in connection] == ["reconnected"]
    first, second = stage.server.requests
    assert (first.target, first.header("x-try")) == ("/v1/realtime?model=m", None)
    assert (second.target, second.header("x-try")) == ("/v1/realtime?model=other", "1")


@scenario(without=NO_SOCKETS)
async def a_session_that_works_is_counted_anew(stage: Stage) -> None:
    """Also where messages are taken as they came."""
    for raw in (False, True):
        for _ in range(4):
            stage.server.on(Upgrade(CREATED, delta("a"), Close(1012)), REST)
        stage.server.on(Upgrade(DONE), REST)
        connection = await opened(stage, max_attempts=1)
        for _ in range(4 * 3):
            await (connection.recv_bytes() if raw else connection.recv())
        assert (await ended(connection)).close_code == 1000
