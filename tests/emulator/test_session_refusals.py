"""What realtime sessions refuse, and how they begin: client secrets, models, the beta."""

from base64 import b64decode
from typing import Any

import pytest

from api_openai import AuthenticationError, Client
from api_openai.core.websocket.events import Close
from api_openai.emulator import NEED_DATA, Emulator, MemoryTransport

from .sessions import SILENCE, Event, Peer, begun, only, types, updated, user

FUNCTION = {"type": "function", "name": "f"}
ENDLESS = {"type": "object", "properties": {"a": {"type": "array", "minItems": 10**9}}}
REFUSED: dict[str, tuple[str, Event, str]] = {
    "a type in other letters": ("session_update", {"session": {}}, "type"),
    "a number for a text": ("session.update", {"session": {"instructions": 7}}, "session.type"),
    "wrong tools": (
        "session.update",
        {"session": {"type": "realtime", "tools": "x"}},
        "session.tools",
    ),
    "a tool of no type": (
        "session.update",
        {"session": {"type": "realtime", "tools": [{"name": "f"}]}},
        "session.tools[0].type",
    ),
    "text and audio": (
        "session.update",
        {"session": {"type": "realtime", "output_modalities": ["text", "audio"]}},
        "session.output_modalities",
    ),
    "another format": (
        "session.update",
        {"session": {"type": "realtime", "audio": {"input": {"format": {"type": "audio/mp3"}}}}},
        "session.audio.input.format.type",
    ),
    "a part of no type": (
        "conversation.item.create",
        {"item": {"type": "message", "role": "user", "content": [{"text": "x"}]}},
        "item.content[0].type",
    ),
    "a result without its call": (
        "conversation.item.create",
        {"item": {"type": "function_call_output", "call_id": "c", "output": "x"}},
        "item.call_id",
    ),
    "a tool that is not there": (
        "response.create",
        {"response": {"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "g"}}},
        "tool_choice",
    ),
    "a schema without end": (
        "response.create",
        {
            "response": {
                "tools": [{**FUNCTION, "parameters": {**ENDLESS, "required": ["a"]}}],
                "tool_choice": "required",
            }
        },
        "",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_leaves_the_session_as_it_was(case: str) -> None:
    kind, fields, param = REFUSED[case]
    peer = begun()
    (error,) = peer.ask(kind, **fields)
    assert error["type"] == "error"
    assert error["error"]["type"] == "invalid_request_error"
    assert error["error"]["event_id"] == "mine"
    assert (error["error"]["param"] or "") == param
    assert only(peer.ask("response.create"), "response.done")


def test_an_item_has_its_id_alone() -> None:
    peer = begun()
    item = {**user("Hi"), "id": "one"}
    assert types(peer.ask("conversation.item.create", item=item))[0] == "conversation.item.added"
    (error,) = peer.ask("conversation.item.create", item=item)
    assert error["error"]["param"] == "item.id"


def test_a_voice_that_was_heard_stays() -> None:
    peer = begun()
    voice = {"output": {"voice": "marin"}}
    (event,) = updated(peer, audio=voice)
    assert event["session"]["audio"]["output"]["voice"] == "marin"
    peer.ask("response.create")
    assert types(updated(peer, audio=voice)) == ["session.updated"]
    (error,) = updated(peer, audio={"output": {"voice": "cedar"}})
    assert error["error"]["code"] == "cannot_update_voice"


def test_a_bomb_of_json_is_no_event() -> None:
    peer = begun()
    (error,) = peer.ask("response.create", response=[[]] * 600_000)
    assert "more than 1000000 values" in error["error"]["message"]


def test_a_mistake_of_the_emulators_own_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from api_openai.emulator.sockets import telling

    peer = begun()
    monkeypatch.setattr(telling, "said_in", None)
    monkeypatch.setattr(telling.Telling, "_spoken", None)
    peer.ask("conversation.item.create", item=user("Hi"))
    assert peer.ask("response.create")[-1]["error"]["type"] == "server_error"
    monkeypatch.undo()
    monkeypatch.setattr(telling.Telling, "_spoken", None)
    assert peer.ask("response.create")[-1]["error"]["type"] == "server_error"
    assert types(peer.ask("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]


def test_the_beta_begins_a_conversation_and_names_its_formats() -> None:
    peer = Peer("beta.realtime.connect")
    assert types(peer.hear()) == ["session.created", "conversation.created"]
    (error,) = peer.ask("session.update", session={"input_audio_format": "mp3"})
    assert "'pcm16', 'g711_ulaw', and 'g711_alaw'" in error["error"]["message"]
    wanted = {"output_audio_format": "g711_alaw", "max_output_tokens": 2}
    events = peer.ask("response.create", response=wanted)
    sound = only(events, "response.audio.delta")
    assert [len(b64decode(event["delta"])) for event in sound] == [320, 320]
    assert events[-2]["response"]["output_audio_format"] == "g711_alaw"
    assert only(peer.ask("input_audio_buffer.append", audio=SILENCE), "error") == []


# Client secrets


@pytest.mark.parametrize("said", ["authorization", "subprotocol"])
def test_a_session_begins_as_its_client_secret_says(said: str) -> None:
    emulator = Emulator(key="k")
    client = Client(api_key="k", transport=MemoryTransport(emulator))
    session: Any = {"type": "realtime", "model": "gpt-realtime-mini", "output_modalities": ["text"]}
    secret = client.realtime.client_secrets.create(session=session)
    assert secret.value.startswith("ek_")
    fields = (("authorization", f"Bearer {secret.value}"),)
    if said == "subprotocol":
        fields = (("sec-websocket-protocol", f"realtime, openai-insecure-api-key.{secret.value}"),)
    peer = Peer(target="/v1/realtime", fields=fields, emulator=emulator)
    created = peer.hear()[0]["session"]
    assert created.items() >= session.items()
    assert only(peer.ask("response.create"), "response.output_text.done")


def test_a_client_secret_is_for_sessions_alone() -> None:
    emulator = Emulator(key="k")
    secret = Client(
        api_key="k", transport=MemoryTransport(emulator)
    ).realtime.client_secrets.create()
    with pytest.raises(AuthenticationError):
        Client(api_key=secret.value, transport=MemoryTransport(emulator)).models.list()
    Peer(fields=(("authorization", f"Bearer {secret.value}"),), emulator=emulator).hear()


# Models


@pytest.mark.parametrize("name", ["realtime.connect", "beta.realtime.connect"])
def test_a_model_that_is_not_for_sessions_ends_the_session(name: str) -> None:
    target = "/v1/realtime?model=gpt-4o"
    error, close = Peer(name, target=target).hear()
    assert error["error"]["code"] == "invalid_model"
    assert close == Close(4000, "invalid_request_error.invalid_model")
    peer = Peer(name, target=target, emulator=Emulator(any_model=True))
    assert peer.hear()[0]["session"]["model"] == "gpt-4o"


def test_what_is_said_after_the_close_is_not_heard() -> None:
    peer = Peer(target="/v1/realtime?model=gpt-4o")
    peer.say("response.create")
    peer.hear()
    assert peer.connection.next_action() == NEED_DATA
