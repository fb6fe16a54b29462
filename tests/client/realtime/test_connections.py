"""What a connection does for every kind of caller, over sockets."""

import gc
from typing import Any

import pytest

from api_openai import (
    APIError,
    APITimeoutError,
    AuthenticationError,
    Reconnect,
    ResponseDecodeError,
    Unknown,
)
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import LocalProtocolError
from api_openai.core.terms.session_errors import WebSocketConnectionClosedError
from api_openai.core.websocket.events import Close

from ...support.clients import gathered, settled
from .callers import CREATED, KINDS, delta, play
from .peer import DROP, HEAR, Refusal, Step, Together

pytestmark = pytest.mark.parametrize("kind", KINDS)

DONE = Close(1000, "done")


async def entered(client: Any, **keywords: Any) -> Any:
    """A connection without a block."""
    return await settled(client.realtime.connect(model="m", **keywords).enter())


async def in_block(kind: str, manager: Any, body: Any) -> Any:
    """Run `body` with the connection in a block of its kind."""
    if kind == "blocking":
        with manager as connection:
            return await body(connection)
    async with manager as connection:
        return await body(connection)


def test_iterating_gives_events_up_to_the_close(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        return await in_block(kind, client.realtime.connect(model="m"), gathered)

    events, (session,) = play(kind, scenario, [CREATED, delta("a"), delta("b"), DONE])
    assert [each.type for each in events] == [
        "session.created",
        *2 * ["response.output_text.delta"],
    ]
    assert [each.delta for each in events[1:]] == ["a", "b"]
    assert session.target == "/v1/realtime?model=m"


@pytest.mark.parametrize("reconnect", [None, Reconnect()], ids=["once", "again"])
def test_only_a_session_that_may_be_opened_again_keeps_its_request(
    kind: str, reconnect: Reconnect | None
) -> None:
    """A thousand idle sessions keep none."""

    def kept() -> int:
        gc.collect()
        known: list[Any] = gc.get_objects()
        return sum(isinstance(each, Operation) and each.path == "/realtime" for each in known)

    async def scenario(client: Any) -> int:
        before = kept()
        connection = await entered(client, reconnect=reconnect)
        assert (await settled(connection.recv())).type == "session.created"
        after = kept()
        await settled(connection.close())
        return after - before

    found, _ = play(kind, scenario, [CREATED])
    assert bool(found) is (reconnect is not None)


def test_leaving_the_block_closes_with_1000(kind: str) -> None:
    async def body(connection: Any) -> None:
        assert (await settled(connection.recv())).type == "session.created"

    async def scenario(client: Any) -> None:
        await in_block(kind, client.realtime.connect(model="m"), body)

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.close == Close(1000, "")


def test_an_exception_in_the_block_comes_out_and_closes(kind: str) -> None:
    async def body(connection: Any) -> None:
        raise KeyError("mine")

    async def scenario(client: Any) -> None:
        with pytest.raises(KeyError, match="mine"):
            await in_block(kind, client.realtime.connect(model="m"), body)

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.close == Close(1000, "")


def test_an_interrupt_in_the_block_ends_it_at_once(kind: str) -> None:
    held: list[Any] = []

    async def body(connection: Any) -> None:
        held.append(connection)  # for what nobody holds is closed as well
        raise GeneratorExit

    async def scenario(client: Any) -> None:
        with pytest.raises(GeneratorExit):
            await in_block(kind, client.realtime.connect(model="m"), body)

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.close is None
    assert held


def test_without_a_block(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client)
        first = await settled(connection.recv())
        await settled(connection.close(code=3001, reason="enough"))
        await settled(connection.close())
        assert await gathered(connection) == []
        with pytest.raises(WebSocketConnectionClosedError):
            await settled(connection.recv())
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await settled(connection.send({"type": "x"}))
        assert caught.value.unsent_messages == ['{"type":"x"}']
        return first

    first, (session,) = play(kind, scenario, [CREATED])
    assert first.type == "session.created"
    assert session.close == Close(3001, "enough")


def test_iterating_again_goes_on(kind: str) -> None:
    async def body(connection: Any) -> list[Any]:
        if kind == "blocking":
            for event in connection:
                assert event.type == "session.created"
                break
        else:
            async for event in connection:
                assert event.type == "session.created"
                break
        return await gathered(connection)

    async def scenario(client: Any) -> list[Any]:
        found: list[Any] = await in_block(kind, client.realtime.connect(model="m"), body)
        return found

    events, _ = play(kind, scenario, [CREATED, delta("a"), DONE])
    assert [each.delta for each in events] == ["a"]


@pytest.mark.parametrize("end", [Close(1001, "going"), Close(None, ""), DROP], ids=str)
def test_every_other_end_raises(kind: str, end: Any) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client)
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await gathered(connection)
        assert connection.closed is not None
        assert repr(connection).endswith("closed>")
        return caught.value

    error, _ = play(kind, scenario, [CREATED, end])
    assert error.close_code == (None if end is DROP else end.code)
    assert error.request_id == "req_1"


def test_a_message_that_is_no_event_is_an_error_and_the_session_goes_on(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client)
        with pytest.raises(ResponseDecodeError):
            await gathered(connection)
        return await gathered(connection)

    events, _ = play(kind, scenario, ["{", delta("a"), DONE])
    assert [each.delta for each in events] == ["a"]


def test_recv_takes_a_timeout(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client)
        with pytest.raises(APITimeoutError):
            await settled(connection.recv(timeout=0))
        with pytest.raises(APITimeoutError):
            await settled(connection.recv_bytes(timeout=0))
        for wrong in (-1, "1", True):
            with pytest.raises(ValueError, match="timeout="):
                await settled(connection.recv(timeout=wrong))
        await settled(connection.send({"type": "go"}))
        event = await settled(connection.recv(timeout=60))
        await settled(connection.close())
        return event

    event, _ = play(kind, scenario, [HEAR, delta("a")])
    assert event.delta == "a"


def test_bytes_as_they_come_and_what_they_mean(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client)
        text = await settled(connection.recv_bytes())
        binary = await settled(connection.recv_bytes())
        await settled(connection.close())
        assert text == b'{"type": "new"}'
        assert connection.parse_event(text) == connection.parse_event(text.decode())
        return connection.parse_event(text), connection.parse_event(binary)

    (text, binary), _ = play(kind, scenario, [{"type": "new"}, b'{"type":"newer"}'])
    assert isinstance(text, Unknown)
    assert (text.type, binary.type) == ("new", "newer")


def test_sending(kind: str) -> None:
    async def body(connection: Any) -> None:
        await settled(connection.send({"type": "a"}))
        await settled(connection.send_raw('{"type":"b"}'))
        await settled(connection.send_raw(b"c"))
        await settled(connection.input_audio_buffer.append(audio="AA=="))
        await settled(connection.conversation.item.delete(item_id="i", event_id="e"))
        with pytest.raises(TypeError, match="send_raw"):
            await settled(connection.send('{"type":"d"}'))
        with pytest.raises(TypeError, match="nearest known one is 'audio'"):
            connection.input_audio_buffer.append(audo="AA==")
        with pytest.raises(TypeError, match="'audio'"):
            connection.input_audio_buffer.append()

    async def scenario(client: Any) -> None:
        await in_block(kind, client.realtime.connect(model="m"), body)

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.heard == [
        {"type": "a"},
        {"type": "b"},
        b"c",
        {"type": "input_audio_buffer.append", "audio": "AA=="},
        {"type": "conversation.item.delete", "item_id": "i", "event_id": "e"},
    ]


def test_a_close_that_may_not_be_sent(kind: str) -> None:
    async def scenario(client: Any) -> None:
        connection = await entered(client)
        for wrong in ({"code": 1005}, {"code": 999}, {"reason": "x" * 124}):
            with pytest.raises(LocalProtocolError):
                await settled(connection.close(**wrong))
        await settled(connection.close())

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.close == Close(1000, "")


def test_a_refused_handshake_is_a_status_error(kind: str) -> None:
    document = {"error": {"message": "no such key", "type": "invalid_request_error"}}

    async def scenario(client: Any) -> Any:
        with pytest.raises(AuthenticationError) as caught:
            await entered(client)
        return caught.value

    error, _ = play(kind, scenario, [Refusal("401 Unauthorized", document)])
    assert "no such key" in error.message


def test_what_nobody_holds_is_closed_at_once(kind: str) -> None:
    async def scenario(client: Any) -> None:
        connection = await entered(client)
        await settled(connection.recv())
        del connection
        gc.collect()

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.close is None


def test_a_loop_holds_its_connection(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        return await gathered(await entered(client))

    events, _ = play(kind, scenario, [CREATED, DONE])
    assert len(events) == 1


def test_what_the_handshake_told(kind: str) -> None:
    async def scenario(client: Any) -> None:
        connection = await entered(client)
        assert connection.headers["x-request-id"] == "req_1"
        assert connection.subprotocol is None
        assert connection.latency is None
        assert connection.closed is None
        assert repr(connection).endswith("open>")
        await settled(connection.close())

    play(kind, scenario, [CREATED])


@pytest.mark.parametrize(
    "offered",
    [["realtime"], ["realtime", "openai-insecure-api-key.ek_secret"], ["one-of-my-own"]],
)
def test_the_subprotocol_that_the_server_chose(kind: str, offered: list[str]) -> None:
    options = {"subprotocols": offered}

    async def scenario(client: Any) -> None:
        connection = await entered(client, websocket_connection_options=options)
        assert connection.subprotocol == offered[0]
        await settled(connection.close())

    _, (session,) = play(kind, scenario, [CREATED])
    assert session.fields["sec-websocket-protocol"] == ", ".join(offered)


def test_a_key_in_a_subprotocol_does_not_show(kind: str) -> None:
    options = {"subprotocols": ["realtime", "openai-insecure-api-key.ek_secret"]}

    async def scenario(client: Any) -> str:
        with pytest.raises(AuthenticationError) as caught:
            await entered(client, websocket_connection_options=options)
        return repr(vars(caught.value)) + str(caught.value)

    refusal = Refusal("401 No", {"error": {"message": "Incorrect API key provided: ek_secret"}})
    told, _ = play(kind, scenario, [refusal])
    assert "Incorrect API key provided: ***" in told
    assert "ek_secret" not in told


def test_events_go_to_handlers(kind: str) -> None:
    calls: list[tuple[str, str]] = []

    def note(name: str) -> Any:
        def handler(event: Any) -> None:
            calls.append((name, event.type))

        return handler

    async def body(connection: Any) -> None:
        delta_ = "response.output_text.delta"
        chained = connection.on("event", note("every")).on(delta_, twice := note("twice"))
        assert chained is connection
        connection.on(delta_, twice).on(delta_, twice).off(delta_, twice)
        connection.once(delta_, note("once"))
        connection.on(delta_, gone := note("gone"))
        assert connection.off(delta_, gone).off(delta_, gone) is connection

        created = note("created")
        assert connection.on("session.created")(created) is created
        await settled(connection.dispatch_events())

    async def scenario(client: Any) -> None:
        await in_block(kind, client.realtime.connect(model="m"), body)

    play(kind, scenario, [CREATED, delta("a"), delta("b"), DONE])
    kind_ = "response.output_text.delta"
    assert calls == [
        ("created", "session.created"),
        ("every", "session.created"),
        *[("twice", kind_), ("twice", kind_), ("once", kind_), ("every", kind_)],
        *[("twice", kind_), ("twice", kind_), ("every", kind_)],
    ]


ERROR = {
    "type": "error",
    "event_id": "e",
    "error": {"message": "no such item", "type": "invalid_request_error", "param": "item_id"},
}


def test_an_error_without_a_handler_is_raised(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client)
        connection.on("session.created", print)
        with pytest.raises(APIError, match="no such item") as caught:
            await settled(connection.dispatch_events())
        await settled(connection.close())
        return caught.value

    error, _ = play(kind, scenario, [CREATED, ERROR])
    assert error.param == "item_id"
    assert error.request_id == "req_1"


@pytest.mark.parametrize("event_type", ["error", "event"])
def test_an_error_with_a_handler_is_not(kind: str, event_type: str) -> None:
    seen: list[Any] = []

    async def scenario(client: Any) -> None:
        connection = await entered(client)
        connection.on(event_type, seen.append)
        await settled(connection.dispatch_events())

    play(kind, scenario, [ERROR, DONE])
    assert seen[0].error.message == "no such item"


def test_what_a_handler_raises_comes_out(kind: str) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client)

        def fails(event: Any) -> None:
            raise KeyError("mine")

        connection.on("session.created", fails)
        with pytest.raises(KeyError, match="mine"):
            await settled(connection.dispatch_events())
        return await gathered(connection)  # and the session goes on

    events, _ = play(kind, scenario, [CREATED, delta("a"), DONE])
    assert [each.delta for each in events] == ["a"]


def test_a_handler_may_send(kind: str) -> None:
    async def scenario(client: Any) -> None:
        connection = await entered(client)

        def answer(event: Any) -> Any:
            return connection.response.create()

        connection.on("session.created", answer)
        await settled(connection.dispatch_events())

    _, (session,) = play(kind, scenario, [CREATED, HEAR, DONE])
    assert session.heard == [{"type": "response.create"}]


def test_async_handlers_are_awaited_or_refused(kind: str) -> None:
    calls: list[str] = []

    async def handler(event: Any) -> None:
        calls.append(event.type)

    class Callable_:
        async def __call__(self, event: Any) -> None:
            calls.append(event.type)

    async def scenario(client: Any) -> None:
        manager = client.realtime.connect(model="m")
        connection = await settled(manager.enter())
        for each in (handler, Callable_()):
            for listening in (connection, manager):
                if kind == "blocking":
                    with pytest.raises(TypeError, match="AsyncClient"):
                        listening.on("session.created", each)
                    with pytest.raises(TypeError, match="AsyncClient"):
                        listening.once("session.created")(each)
                else:
                    listening.on("session.created", each)
        if kind == "blocking":

            def returns_a_coroutine(event: Any) -> Any:
                return handler(event)

            connection.on("session.created", returns_a_coroutine)
            with pytest.raises(TypeError, match="AsyncClient"):
                await settled(connection.dispatch_events())
        else:
            await settled(connection.dispatch_events())
        await settled(connection.close())

    play(kind, scenario, [CREATED, DONE])
    assert calls == ([] if kind == "blocking" else 2 * ["session.created"])


@pytest.mark.parametrize("how", ["reconnect", "on_reconnecting"])
def test_a_lost_connection_is_opened_again_where_that_is_asked_for(kind: str, how: str) -> None:
    told: list[Any] = []
    keywords: dict[str, Any] = {"reconnect": Reconnect(initial_delay=0)}
    if how == "on_reconnecting":
        keywords = {"on_reconnecting": told.append, "initial_delay": 0, "max_retries": 1}
    seen: list[object] = []

    def types(event: Any) -> None:
        seen.append(event.type)

    def codes(event: Any) -> None:
        seen.append(event.close_code)

    async def scenario(client: Any) -> Any:
        connection = await entered(client, **keywords)
        await settled(connection.session.update(session={"type": "realtime"}))
        connection.on("event", types).on("reconnected", codes)
        await settled(connection.dispatch_events())

    first: Step = {"type": "session.created", "event_id": "e", "session": {"type": "realtime"}}
    _, sessions = play(kind, scenario, [HEAR, first, DROP], [first, HEAR, delta("a"), DONE])
    assert seen == ["session.created", 1006, "reconnected", "session.created", delta("a")["type"]]
    update = {"type": "session.update", "session": {"type": "realtime"}}
    assert [session.heard for session in sessions] == [[update], [update]]
    assert [event.attempt for event in told] == ([1] if how == "on_reconnecting" else [])


def test_without_that_it_is_not(kind: str) -> None:
    async def scenario(client: Any) -> None:
        connection = await entered(client)
        with pytest.raises(WebSocketConnectionClosedError):
            await gathered(connection)

    _, sessions = play(kind, scenario, [CREATED, DROP])
    assert len(sessions) == 1


def test_an_event_that_had_come_before_shows_not_that_the_last_one_sent_was_heard(
    kind: str,
) -> None:
    async def scenario(client: Any) -> Any:
        connection = await entered(client, reconnect=Reconnect(max_attempts=0))
        await settled(connection.send({"type": "go"}))
        assert await settled(connection.recv()) is not None
        await settled(connection.send({"type": "lost"}))
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await gathered(connection)
        return caught.value

    both = Together([delta("a"), delta("b")])
    error, _ = play(kind, scenario, [HEAR, both, HEAR, DROP])
    assert error.unsure_frames == ['{"type":"lost"}']
