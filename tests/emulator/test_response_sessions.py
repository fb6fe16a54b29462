"""Responses over a WebSocket, live sessions and translations: what each remembers and in what order."""

from typing import Any

import pytest

from api_openai.emulator import Emulator
from api_openai.emulator import faults as f

from .sessions import SILENCE, SOUND, Event, Peer, only, pcm, runs, types, user

HI: Event = {"model": "gpt-4o", "input": "Hi"}
START: Event = {"model": "gpt-live-1", "instructions": "Be brief."}


def said(event: Event) -> Any:
    return event["response"]["output"][-1]["content"][0]["text"]


def test_responses_have_the_events_of_a_stream_over_http() -> None:
    from api_openai import Client
    from api_openai.emulator import MemoryTransport

    client = Client(api_key="k", transport=MemoryTransport(Emulator()))
    with client.responses.create(model="gpt-4o", input="Hi", stream=True) as stream:
        streamed = [event.to_dict() for event in stream]
    assert Peer("responses.connect", emulator=Emulator()).ask("response.create", **HI) == streamed


def test_streams_are_told_side_by_side_and_each_in_order() -> None:
    peer = Peer("responses.connect", emulator=Emulator(pace=1))
    for stream, text in (("a", "A1"), ("b", "B1"), ("a", "A2")):
        peer.say("response.create", stream_id=stream, model="gpt-4o", input=text)
    events = peer.hear()
    streams = [event["stream_id"] for event in events]
    assert len(runs(streams)) > 10
    for stream, texts in (("a", ["A1", "A2"]), ("b", ["B1"])):
        own = [event for event in events if event["stream_id"] == stream]
        done = only(own, "response.completed")
        assert [text in said(event) for text, event in zip(texts, done, strict=True)] == [
            True
        ] * len(texts)
        assert len(runs([event["type"] for event in own if "response" in event])) == 3 * len(texts)


def test_without_streams_one_response_waits_for_another() -> None:
    peer = Peer("responses.connect", emulator=Emulator(pace=1))
    peer.say("response.create", **HI)
    peer.say("response.create", **{**HI, "model": "none"})
    peer.say("response.create", **HI)
    ends = [
        e for e in types(peer.hear()) if e in ("response.created", "response.completed", "error")
    ]
    assert ends == [
        "response.created",
        "response.completed",
        "error",
        "response.created",
        "response.completed",
    ]


def test_no_more_wait_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api_openai.emulator.sockets.responses._MOST_WAITING", 1)
    peer = Peer("responses.connect", emulator=Emulator(pace=1))
    peer.say("response.create", **HI)
    peer.hear("response.created")
    peer.say("response.create", **HI)
    peer.say("response.create", **HI)
    events = peer.hear()
    assert only(events, "error")[0]["error"]["code"] == "rate_limit_exceeded"
    assert len(only(events, "response.completed")) == 2


def test_what_is_not_stored_can_be_followed_on_the_same_connection() -> None:
    emulator = Emulator()
    peer = Peer("responses.connect", emulator=emulator)
    schema: Event = {"type": "object", "properties": {}}
    tool = {"type": "function", "name": "f", "strict": False, "parameters": schema}
    first = peer.ask("response.create", **HI, store=False, tools=[tool])[-1]["response"]
    (call,) = first["output"]
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    follow: Event = {"model": "gpt-4o", "input": [result], "previous_response_id": first["id"]}
    assert said(peer.ask("response.create", **follow)[-1]) == "The function answered: sunny"
    assert first["id"] not in emulator.state.responses
    other = Peer("responses.connect", emulator=emulator)
    (error,) = other.ask("response.create", **follow, stream_id="s")
    assert error["error"]["code"] == "previous_response_not_found"
    assert (error["status"], error["stream_id"]) == (400, "s")


def test_a_script_has_words_and_calls_for_responses_too() -> None:
    peer = Peer("responses.connect", faults=(f.Say("Bonjour!"),))
    assert said(peer.ask("response.create", **HI)[-1]) == "Bonjour!"


def test_reading_ahead_gives_no_output() -> None:
    peer = Peer("responses.connect")
    events = peer.ask("response.create", **HI, generate=False)
    assert types(events) == ["response.created", "response.in_progress", "response.completed"]
    assert events[-1]["response"]["output"] == []


def test_steering_and_injecting() -> None:
    peer = Peer("beta.responses.connect", emulator=Emulator(pace=1))
    peer.say("response.create", **HI)
    name = peer.hear("response.output_text.delta")[0]["response"]["id"]
    item = user("More")
    events = peer.ask("response.inject", response_id=name, input=[item])
    assert only(events, "response.inject.created")[0]["response_id"] == name
    (late,) = peer.ask("response.inject", response_id=name, input=[item])
    assert late["error"]["code"] == "response_already_completed"
    assert late["input"][0]["content"][0]["text"] == "More"
    (failed,) = peer.ask("response.inject", response_id="none", input=[item])
    assert failed["error"]["code"] == "response_not_found"
    events = peer.ask("response.steer", previous_response_id=name, input="Louder")
    assert events[0]["steer"]["previous_response_id"] == name
    assert "Louder" in said(events[-1])
    (failed,) = peer.ask("response.steer", previous_response_id="none", input="Louder")
    assert (failed["type"], failed["steer"]["input"]) == ("response.steer.failed", "Louder")


@pytest.mark.parametrize("name", [5, "x" * 257])
def test_names_of_streams(name: object) -> None:
    (error,) = Peer("responses.connect").ask("response.create", **HI, stream_id=name)
    assert error["error"]["param"] == "stream_id"


def test_an_empty_input_is_answered() -> None:
    (*_, done) = Peer("responses.connect").ask("response.create", model="gpt-4o", input=[])
    assert done["type"] == "response.completed"


def test_a_live_session_is_one_session() -> None:
    peer = Peer("live.connect")
    (started,) = peer.ask("session.start", session=START)
    (updated,) = peer.ask("session.update", session={})
    assert started["session"] == updated["session"]
    assert started["session"].items() >= START.items()
    assert started["client_event_id"] == "mine"
    closed = peer.ask("session.close")[0]
    assert (closed["session"], closed["reason"]) == (started["session"], "close_requested")


def test_a_sideband_is_of_the_session_that_its_path_names() -> None:
    peer = Peer("live.sideband.connect")
    (updated,) = peer.ask("session.update", session={})
    assert updated["session"]["id"] == "s1"
    for kind, fields in (("session.start", {"session": START}), ("session.input_audio.append", {})):
        (error,) = peer.ask(kind, **fields)
        assert (error["error"]["param"], error["client_event_id"]) == ("type", "mine")


@pytest.mark.parametrize("join", ["attach", "fork"])
def test_a_session_that_nobody_began_cannot_be_joined(join: str) -> None:
    emulator = Emulator(examples=False)
    name = "live.sideband.connect" if join == "attach" else "live.forks.connect"
    refused = Peer(name, emulator=emulator)
    assert refused.head.split(b" ")[1] == b"404"
    (started,) = Peer("live.connect", emulator=emulator).ask("session.start", session=START)
    target = f"/v1/live/sessions/{started['session']['id']}/{join}"
    assert Peer(name, target=target, emulator=emulator).head.split(b" ")[1] == b"101"


def test_who_is_muted_is_not_heard() -> None:
    peer = Peer("live.connect")
    peer.ask("session.start", session=START)
    peer.ask("session.input_audio.mute")
    assert peer.ask("session.input_audio.append", audio=pcm((200, 8000), (300, 0))) == []
    peer.ask("session.input_audio.unmute")
    events = peer.ask("session.input_audio.append", audio=pcm((200, 8000), (300, 0)))
    assert (events[0]["start_ms"], events[0]["end_ms"]) == (500, 900)
    ends = [event["end_ms"] for event in only(events, "session.output_audio.delta")]
    assert ends == [40 * (number + 1) for number in range(len(ends))]


def test_what_was_being_said_is_translated_before_the_end() -> None:
    peer = Peer("realtime.translations.connect", faults=(f.Say("Guten Tag."),))
    (created,) = peer.hear()
    session = {"audio": {"output": {"language": "de"}}}
    (updated,) = peer.ask("session.update", session=session)
    assert updated["session"]["id"] == created["session"]["id"]
    assert updated["session"]["audio"]["output"] == {"language": "de"}
    assert peer.ask("session.input_audio_buffer.append", audio=SOUND) == []
    events = peer.ask("session.close")[:-1]
    words = only(events, "session.output_transcript.delta")
    assert "".join(event["delta"] for event in words) == "Guten Tag."
    assert types(events)[-1] == "session.closed"


def test_silence_is_not_translated() -> None:
    peer = Peer("realtime.translations.connect")
    peer.hear()
    assert peer.ask("session.input_audio_buffer.append", audio=SILENCE) == []
    assert types(peer.ask("session.close")[:-1]) == ["session.closed"]
