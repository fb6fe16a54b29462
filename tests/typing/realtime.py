"""What type checkers say of sessions over a WebSocket. Checked, not run: see test_typing.py."""

from typing import Any, assert_type

from api_openai import AsyncClient, Client, Reconnect, ReconnectedEvent
from api_openai.resources import beta_realtime, beta_responses, live, realtime, responses
from api_openai.types.realtime import (
    RealtimeServerEvent,
    ResponseTextDeltaEvent,
    SessionUpdateEventParam,
)


def blocking(client: Client) -> None:
    manager = client.realtime.connect(model="gpt-realtime")
    assert_type(manager, realtime.RealtimeConnectionManager)
    assert_type(manager.send({"type": "response.create"}), None)
    with manager as connection:
        assert_type(connection, realtime.RealtimeConnection)
        assert_type(connection.session.update(session={"type": "realtime"}), None)
        assert_type(connection.conversation.item.delete(item_id="i", event_id="e"), None)
        assert_type(connection.response.create(), None)
        assert_type(connection.recv(timeout=3), RealtimeServerEvent)
        assert_type(connection.recv_bytes(), bytes)
        assert_type(connection.close(code=1000, reason="done"), None)
        for event in connection:
            assert_type(event, RealtimeServerEvent)
            if event.type == "response.output_text.delta":
                assert_type(event.delta, str)
            if isinstance(event, ReconnectedEvent):
                assert_type(event.attempts, int)
    assert_type(manager.enter(), realtime.RealtimeConnection)


async def asynchronous(client: AsyncClient) -> None:
    manager = client.realtime.connect(model="gpt-realtime", reconnect=Reconnect())
    assert_type(manager, realtime.AsyncRealtimeConnectionManager)
    async with manager as connection:
        assert_type(connection, realtime.AsyncRealtimeConnection)
        assert_type(await connection.session.update(session={"type": "realtime"}), None)
        assert_type(await connection.input_audio_buffer.append(audio="AA=="), None)
        assert_type(await connection.recv(), RealtimeServerEvent)
        assert_type(await connection.close(), None)
        async for event in connection:
            assert_type(event, RealtimeServerEvent)
    assert_type(await manager.enter(), realtime.AsyncRealtimeConnection)


def handlers(client: Client) -> None:
    manager = client.realtime.connect(model="m")

    @manager.on("response.output_text.delta")
    def text(event: ResponseTextDeltaEvent) -> str:
        return event.delta

    chained = manager.on("event", print).once("error", text).off("event", print)
    assert_type(chained, realtime.RealtimeConnectionManager)
    with manager as connection:
        assert_type(connection.on("event", text), realtime.RealtimeConnection)
        assert_type(connection.dispatch_events(), None)


def all_eight(client: Client, later: AsyncClient) -> None:
    translations = client.realtime.translations.connect("m")
    assert_type(translations, realtime.TranslationsConnectionManager)
    old = client.beta.realtime.connect(model="m")
    assert_type(old, beta_realtime.RealtimeConnectionManager)
    assert_type(client.live.connect(), live.LiveConnectionManager)
    sideband = client.live.sideband.connect(session_id="s", graceful_close=True)
    assert_type(sideband, live.SidebandConnectionManager)
    assert_type(client.live.forks.connect(session_id="s"), live.ForksConnectionManager)
    assert_type(client.responses.connect(), responses.ResponsesConnectionManager)
    assert_type(client.beta.responses.connect(), beta_responses.ResponsesConnectionManager)
    assert_type(later.live.connect(), live.AsyncLiveConnectionManager)
    older = later.beta.realtime.connect(model="m")
    assert_type(older, beta_realtime.AsyncRealtimeConnectionManager)
    assert_type(later.responses.connect(), responses.AsyncResponsesConnectionManager)
    with client.live.connect(max_queue_size=1) as connection:
        connection.session.input_audio.append(audio="AA==")
        connection.session.output_audio.fixture.play(audio="AA==", event_id=None)
    with client.responses.connect() as responding:
        responding.response.create(model="gpt-5", input="Hello", store=False)
        responding.response.steer(previous_response_id="r", input="Stop")


def params(connection: realtime.RealtimeConnection, event: SessionUpdateEventParam) -> None:
    connection.send(event)
    connection.session.update(session=event["session"])


def wrong(client: Client, connection: realtime.RealtimeConnection) -> None:
    client.realtime.connect(modl="m")  # type: ignore[call-arg]  # pyright: ignore
    client.beta.realtime.connect()  # type: ignore[call-arg]  # pyright: ignore
    client.live.forks.connect()  # type: ignore[call-arg]  # pyright: ignore
    connection.session.update()  # type: ignore[call-arg]  # pyright: ignore
    connection.session.update(session={"type": 3})  # type: ignore[arg-type]  # pyright: ignore
    connection.input_audio_buffer.append(audio=b"")  # type: ignore[arg-type]  # pyright: ignore
    connection.transport.dtmf  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore
    client.with_raw_response.realtime.connect(model="m")  # type: ignore[misc]  # pyright: ignore


def generic(client: Client) -> dict[str, Any]:
    return dict(client.realtime.connect(model="m").enter().headers)
