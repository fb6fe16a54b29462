"""Sessions of the emulator: every event fits its type, in the order of the API; refusals and faults."""

from base64 import b64decode
from typing import Any

import pytest

from api_openai.core.websocket.events import Close, Ping, Pong, Text
from api_openai.emulator import CloseConnection, Emulator, ResetConnection, SendBytes
from api_openai.emulator import faults as f

from .sessions import SILENCE, SOUND, Event, Peer, runs, types, user


@pytest.mark.parametrize("deflate", [False, True])
def test_a_conversation_in_text(deflate: bool) -> None:
    peer = Peer(deflate=deflate)
    assert types(peer.hear()) == ["session.created"]
    session: Event = {"type": "realtime", "output_modalities": ["text"]}
    assert types(peer.ask("session.update", session=session)) == ["session.updated"]
    created = peer.ask("conversation.item.create", item=user("Hi"))
    assert types(created) == ["conversation.item.added", "conversation.item.done"]
    events = peer.ask("response.create")
    assert runs(types(events)) == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "rate_limits.updated",
    ]
    said = "".join(event["delta"] for event in events if "delta" in event)
    assert said.startswith('You said: "Hi"')
    done = events[-2]["response"]
    assert done["output"][0]["content"] == [{"type": "output_text", "text": said}]
    assert done["usage"]["total_tokens"] > 0


def test_a_conversation_in_audio_with_turns_found_by_the_server() -> None:
    peer = Peer()
    peer.hear()
    transcription = {"input": {"transcription": {"model": "whisper-1"}}}
    peer.ask("session.update", session={"type": "realtime", "audio": transcription})
    started = peer.ask("input_audio_buffer.append", audio=SOUND)
    assert types(started) == ["input_audio_buffer.speech_started"]
    assert peer.ask("input_audio_buffer.append", audio=SOUND) == []
    events = peer.ask("input_audio_buffer.append", audio=SILENCE)
    assert runs(types(events))[:8] == [
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
    ]
    assert {event["item_id"] for event in events[:2]} == {started[0]["item_id"]}
    sound = [e["delta"] for e in events if e["type"] == "response.output_audio.delta"]
    assert all(len(b64decode(each)) == 24 * 40 * 2 for each in sound)
    assert types(events)[-1] == "rate_limits.updated"


def test_a_function_is_called_and_its_result_is_read() -> None:
    peer = Peer()
    peer.hear()
    tool = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
    session: Event = {"type": "realtime", "output_modalities": ["text"], "tools": [tool]}
    peer.ask("session.update", session=session)
    peer.ask("conversation.item.create", item=user("Weather?"))
    events = peer.ask("response.create")
    (item,) = events[-2]["response"]["output"]
    done = next(e for e in events if e["type"] == "response.function_call_arguments.done")
    assert (item["type"], item["name"], item["arguments"]) == ("function_call", "get_weather", "{}")
    assert done["call_id"] == item["call_id"]
    result = {"type": "function_call_output", "call_id": item["call_id"], "output": "sunny"}
    peer.ask("conversation.item.create", item=result)
    events = peer.ask("response.create")
    assert "".join(e.get("delta", "") for e in events) == "The function answered: sunny"


def test_items_are_kept_in_order() -> None:
    peer = Peer()
    peer.hear()
    first = peer.ask("conversation.item.create", item=user("1"))[0]["item"]["id"]
    peer.ask("conversation.item.create", item=user("2"))
    early = peer.ask("conversation.item.create", item=user("0"), previous_item_id="root")
    assert early[0]["previous_item_id"] is None
    after = peer.ask("conversation.item.create", item=user("1b"), previous_item_id=first)
    assert after[0]["previous_item_id"] == first
    assert peer.ask("conversation.item.retrieve", item_id=first)[0]["item"]["id"] == first
    assert types(peer.ask("conversation.item.delete", item_id=first)) == [
        "conversation.item.deleted"
    ]
    (error,) = peer.ask("conversation.item.retrieve", item_id=first)
    assert (error["error"]["code"], error["error"]["event_id"]) == ("item_not_found", "mine")


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("session.dance", {}, "invalid_value"),
        ("session.update", {}, "missing_required_parameter"),
        ("session.update", {"session": {"type": "transcription"}}, "invalid_value"),
        ("conversation.item.create", {"item": {}}, "missing_required_parameter"),
        ("input_audio_buffer.append", {"audio": "?"}, "invalid_value"),
        ("input_audio_buffer.append", {}, "missing_required_parameter"),
        ("input_audio_buffer.commit", {}, "input_audio_buffer_commit_empty"),
        ("response.cancel", {}, "response_cancel_not_active"),
    ],
)
def test_refusals_name_the_event(kind: str, fields: Event, code: str) -> None:
    peer = Peer()
    peer.hear()
    (error,) = peer.ask(kind, **fields)
    assert (error["type"], error["error"]["code"]) == ("error", code)
    assert error["error"]["event_id"] == "mine"
    assert types(peer.ask("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]


@pytest.mark.parametrize("data", [b"{", b"[1]", b'{"event_id":"x"}', b'"text"'])
def test_messages_that_are_no_events(data: bytes) -> None:
    peer = Peer()
    peer.hear()
    peer.connection.receive_data(peer.socket.send(Text(data)))
    (error,) = peer.hear()
    assert error["type"] == "error"


def test_transcription_alone() -> None:
    peer = Peer(target="/v1/realtime?intent=transcription", faults=(f.Say("Hello you."),))
    assert peer.hear()[0]["session"]["type"] == "transcription"
    peer.ask("input_audio_buffer.append", audio=SOUND)
    peer.ask("input_audio_buffer.append", audio=SOUND)
    events = peer.ask("input_audio_buffer.commit")
    assert events[-1]["transcript"] == "Hello you."
    assert types(events)[0] == "input_audio_buffer.committed"


def test_the_beta_has_its_own_names() -> None:
    peer = Peer("beta.realtime.connect")
    peer.hear()
    created = peer.ask("conversation.item.create", item=user("Hi"))
    assert types(created) == ["conversation.item.created"]
    events = peer.ask("response.create")
    assert "response.audio.delta" in types(events)
    assert "response.audio_transcript.done" in types(events)
    events = peer.ask("response.create", response={"modalities": ["text"]})
    assert "response.text.done" in types(events)
    session = {"input_audio_format": "g711_ulaw"}
    updated = peer.ask("transcription_session.update", session=session)
    assert types(updated) == ["transcription_session.updated"]


@pytest.mark.parametrize("name", ["responses.connect", "beta.responses.connect"])
def test_responses(name: str) -> None:
    peer = Peer(name)
    events = peer.ask("response.create", model="gpt-5", input="Hi")
    assert (types(events)[0], types(events)[-1]) == ("response.created", "response.completed")
    said = events[-1]["response"]["output"][-1]["content"][0]["text"]
    assert '"Hi"' in said
    again = peer.ask("response.create", model="gpt-5", input="And?", previous_response_id="none")
    assert (again[0]["type"], again[0]["error"]["code"]) == ("error", "previous_response_not_found")
    (error,) = peer.ask("response.create", model="gpt-5")
    assert (error["status"], error["error"]["param"]) == (400, "input")


APPENDED: Event = {"content": "Speak.", "delegation_id": None}
QUESTION: Event = {"type": "message", "role": "user", "content": "Hi"}
START: Event = {"model": "gpt-live-1"}
LIVE: dict[str, Event] = {
    "session.update": {"session": {}},
    "session.input_audio.mute": {},
    "session.input_audio.unmute": {},
    "session.instructions.append": APPENDED,
    "session.thinking.append": APPENDED,
    "session.commentary.append": APPENDED,
    "session.output_audio.fixture.play": {"audio": SOUND},
    "decision.create": {},
    "decision.item.create": {"item": QUESTION},
    "decision.item.delete": {"item_id": "i"},
    "response.item.create": {"item": QUESTION},
    "response.create": {},
}


@pytest.mark.parametrize("name", ["live.connect", "live.sideband.connect", "live.forks.connect"])
def test_live_sessions(name: str) -> None:
    peer = Peer(name)
    assert peer.hear() == []
    if name != "live.sideband.connect":
        assert types(peer.ask("session.update", session={})) == ["error"]
        assert types(peer.ask("session.start", session=START)) == ["session.started"]
        assert types(peer.ask("session.start", session=START)) == ["error"]
    for kind, fields in LIVE.items():
        assert "error" not in types(peer.ask(kind, **fields)), kind
    if name != "live.sideband.connect":
        peer.ask("session.input_audio.append", audio=SOUND)
        assert "session.output_audio.delta" in types(
            peer.ask("session.input_audio.append", audio=SILENCE)
        )
    else:
        assert types(peer.ask("transport.dtmf.send", event="5")) == ["transport.dtmf.sent"]
    closed = peer.ask("session.close")
    assert closed[0]["type"] == "session.closed"
    assert closed[1:] == [Close(1000)]


def test_translations() -> None:
    peer = Peer("realtime.translations.connect")
    assert types(peer.hear()) == ["session.created"]
    assert types(peer.ask("session.update", session={})) == ["session.updated"]
    peer.ask("session.input_audio_buffer.append", audio=SOUND)
    events = peer.ask("session.input_audio_buffer.append", audio=SILENCE)
    assert {"session.output_transcript.delta", "session.output_audio.delta"} <= {*types(events)}
    assert peer.ask("session.close")[0]["type"] == "session.closed"


@pytest.mark.parametrize(
    ("target", "fields", "status"),
    [
        ("/v1/realtime?model=gpt-realtime", (), b"401"),
        ("/v1/realtime?model=gpt-realtime", (("authorization", "Bearer invalid"),), b"401"),
        ("/v1/nowhere", (("authorization", "Bearer k"),), b"404"),
        ("/openai/realtime?api-version=V&deployment=d", (("api-key", "k"),), b"101"),
        ("/openai/v1/realtime?api-version=V&deployment=d", (("api-key", "k"),), b"101"),
    ],
)
def test_who_may_open_what(target: str, fields: Any, status: bytes) -> None:
    peer = Peer(target=target, fields=fields)
    assert peer.head.split(b" ")[1] == status
    if status == b"101":
        assert peer.hear()[0]["session"]["model"] == "d"
    else:
        assert b'"message"' in peer.rest


def test_a_browser_says_its_key_in_a_subprotocol() -> None:
    offered = "realtime, openai-insecure-api-key.k"
    request = (
        "GET /v1/realtime?model=gpt-realtime HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\n"
        "connection: Upgrade\r\nsec-websocket-version: 13\r\n"
        f"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-protocol: {offered}\r\n\r\n"
    )
    connection = Emulator(key="k").connection()
    connection.receive_data(request.encode())
    action = connection.next_action()
    assert isinstance(action, SendBytes)
    assert action.data.startswith(b"HTTP/1.1 101")
    assert b"sec-websocket-protocol: realtime\r\n" in action.data


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("sec-websocket-version: 13", "sec-websocket-version: 8"), b"426"),
        (("connection: Upgrade", "connection: close"), b"400"),
        (("AAAAAAAAAAAAAAAAAAAAAA==", "short"), b"400"),
    ],
)
def test_handshakes_that_are_none(change: tuple[str, str], status: bytes) -> None:
    request = (
        "GET /v1/realtime HTTP/1.1\r\nhost: h\r\nauthorization: Bearer k\r\nupgrade: websocket\r\n"
        "connection: Upgrade\r\nsec-websocket-version: 13\r\n"
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    connection = Emulator().connection()
    connection.receive_data(request.replace(*change).encode())
    action = connection.next_action()
    assert isinstance(action, SendBytes)
    assert action.data.split(b" ")[1] == status


def test_faults_in_frames() -> None:
    peer = Peer(faults=(f.SocketDrop(at=1),))
    assert types(peer.hear()) == ["session.created"]
    assert peer.ask("input_audio_buffer.clear") == []
    assert peer.ends == [CloseConnection()]
    peer = Peer(faults=(f.SocketDrop(at=0, reset=True),))
    assert peer.ends == [ResetConnection()]
    peer = Peer(faults=(f.SocketClose(at=1, code=1013, reason="busy"),))
    peer.hear()
    assert peer.ask("input_audio_buffer.clear") == [Close(1013, "busy")]
    peer = Peer(faults=(f.SocketPing(at=0),))
    assert isinstance(peer.hear()[0], Ping)
    peer = Peer(faults=(f.SocketStall(at=0),))
    assert (peer.rest, peer.pauses) == (b"", [float("inf")])
    peer = Peer(faults=(f.SocketNoise(at=0),))
    assert b"no event" in peer.rest
    peer = Peer(faults=(f.SocketGarbage(at=0),))
    assert b"this is no frame" in peer.rest
    peer = Peer(faults=(f.SocketOversized(at=0),))
    assert peer.rest.startswith(b"\x81\x7f")
    peer = Peer(faults=(f.Status(503),))
    assert peer.head.split(b" ")[1] == b"503"


def test_pings_are_answered_and_a_close_too() -> None:
    peer = Peer()
    peer.hear()
    peer.connection.receive_data(peer.socket.send(Ping(b"?")))
    assert peer.hear() == [Pong(b"?")]
    peer.connection.receive_data(peer.socket.send(Close(1000, "bye")))
    assert peer.hear() == [Close(1000)]
    assert peer.ends == [CloseConnection()]
