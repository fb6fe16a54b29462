"""What a realtime session does: turns, interruptions, responses beside it, transcripts, refusals."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from api_openai import AuthenticationError, Client
from api_openai.core.websocket.events import Close
from api_openai.emulator import NEED_DATA, Emulator, MemoryTransport
from api_openai.emulator import faults as f

from .sessions import SILENCE, Event, Peer, only, pcm, runs, types, user

LOUD, SOFT = 8000, 100
TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
ADDED = ["conversation.item.added", "conversation.item.done"]
CLOSED = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "conversation.item.done",
    "response.done",
]


def begun(name: str = "realtime.connect", *, pace: float = 0, **options: Any) -> Peer:
    """A session after its greeting."""
    peer = Peer(name, emulator=Emulator(pace=pace), **options)
    peer.hear()
    return peer


def updated(peer: Peer, **session: Any) -> list[Event]:
    return peer.ask("session.update", session={"type": "realtime", **session})


def detecting(peer: Peer, **detection: Any) -> None:
    turns = {"type": "server_vad", **detection}
    (event,) = updated(peer, audio={"input": {"turn_detection": turns}})
    assert event["session"]["audio"]["input"]["turn_detection"].items() >= turns.items()


def append(peer: Peer, *stretches: tuple[int, int]) -> list[Event]:
    return peer.ask("input_audio_buffer.append", audio=pcm(*stretches))


# Turns


def test_a_turn_is_found_inside_one_piece_of_audio() -> None:
    peer = begun()
    detecting(peer, silence_duration_ms=100, prefix_padding_ms=50, create_response=False)
    events = append(peer, (200, SOFT), (300, LOUD), (150, SOFT))
    assert types(events)[:2] == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
    ]
    assert (events[0]["audio_start_ms"], events[1]["audio_end_ms"]) == (150, 600)


def test_silence_has_to_last() -> None:
    peer = begun()
    detecting(peer, silence_duration_ms=400, create_response=False)
    append(peer, (100, LOUD))
    assert append(peer, (390, 0)) == []
    assert append(peer, (100, LOUD)) == append(peer, (390, 0)) == []
    assert types(append(peer, (10, 0)))[0] == "input_audio_buffer.speech_stopped"


def test_two_turns_are_two_items() -> None:
    peer = begun()
    detecting(peer, silence_duration_ms=50, create_response=False)
    events = append(peer, (100, LOUD), (60, 0), (100, LOUD), (60, 0))
    committed = only(events, "input_audio_buffer.committed")
    assert committed[1]["previous_item_id"] == committed[0]["item_id"]
    started = only(events, "input_audio_buffer.speech_started")
    assert [event["audio_start_ms"] for event in started] == [0, 150]


def test_a_turn_that_cannot_be_answered_is_an_item_all_the_same() -> None:
    peer = begun()
    updated(peer, tools=[TOOL], tool_choice={"type": "function", "name": "other"})
    events = append(peer, (100, LOUD), (300, 0))
    assert types(events)[2:5] == ["input_audio_buffer.committed", *ADDED]
    (error,) = only(events, "error")
    assert error["error"]["param"] == "tool_choice"


def test_without_detection_nothing_is_heard_before_a_commit() -> None:
    peer = begun()
    updated(peer, audio={"input": {"turn_detection": None}})
    assert append(peer, (60, LOUD), (600, 0)) == []
    events = peer.ask("input_audio_buffer.commit")
    assert types(events) == ["input_audio_buffer.committed", *ADDED]
    (error,) = peer.ask("input_audio_buffer.commit")
    assert error["error"]["code"] == "input_audio_buffer_commit_empty"
    assert "only has 0ms" in error["error"]["message"]


def test_audio_that_was_cleared_is_gone() -> None:
    peer = begun()
    append(peer, (200, LOUD))
    peer.ask("input_audio_buffer.clear")
    assert types(peer.ask("input_audio_buffer.commit")) == ["error"]
    assert only(append(peer, (100, LOUD)), "input_audio_buffer.speech_started")


@pytest.mark.parametrize(
    ("kind", "silence"), [("audio/pcmu", b"\xff\x7f\xfe"), ("audio/pcma", b"\xd5\x55\xd4")]
)
def test_telephones(kind: str, silence: bytes) -> None:
    peer = begun()
    side = {"format": {"type": kind}}
    updated(peer, audio={"input": side, "output": side})
    loud, quiet = (b64encode(data).decode() for data in (bytes([0, 128]) * 800, silence * 1600))
    assert types(peer.ask("input_audio_buffer.append", audio=loud)) == [
        "input_audio_buffer.speech_started"
    ]
    events = peer.ask("input_audio_buffer.append", audio=quiet)
    sound = only(events, "response.output_audio.delta")
    assert {len(b64decode(event["delta"])) for event in sound} == {8 * 40}
    assert events[-2]["response"]["audio"]["output"]["format"] == {"type": kind}


# Interruptions


def test_who_begins_to_speak_interrupts() -> None:
    peer = begun(pace=1)
    peer.ask("conversation.item.create", item=user("Hi"))
    peer.say("response.create")
    before = peer.hear("response.output_audio.delta")
    events = append(peer, (100, LOUD))
    assert types(events) == ["input_audio_buffer.speech_started", *CLOSED]
    response = events[-1]["response"]
    assert (response["status"], response["status_details"]["reason"]) == (
        "cancelled",
        "turn_detected",
    )
    said = "".join(e["delta"] for e in only(before, "response.output_audio_transcript.delta"))
    (item,) = response["output"]
    assert (item["status"], item["content"][0]["transcript"]) == ("incomplete", said)
    assert only(append(peer, (300, 0)), "response.created")


def test_nobody_is_interrupted_where_that_is_not_wanted() -> None:
    peer = begun(pace=1)
    detecting(peer, interrupt_response=False)
    peer.say("response.create")
    peer.hear("response.output_audio.delta")
    peer.say("input_audio_buffer.append", audio=pcm((100, LOUD), (300, 0)))
    events = peer.hear()
    assert only(events, "response.created") == []
    (done,) = only(events, "response.done")
    assert done["response"]["status"] == "completed"


@pytest.mark.parametrize(
    ("until", "closed"),
    [
        ("response.created", ["response.done"]),
        ("response.output_item.added", ["response.output_item.done", *CLOSED[-2:]]),
        ("response.content_part.added", CLOSED),
    ],
)
def test_a_cancelled_response_closes_what_it_opened(until: str, closed: list[str]) -> None:
    peer = begun(pace=1)
    peer.say("response.create")
    peer.hear(until)
    events = peer.ask("response.cancel")
    assert types(events) == closed
    assert events[-1]["response"]["status"] == "cancelled"
    assert types(peer.ask("response.cancel")) == ["error"]
    assert only(peer.ask("response.create"), "response.done")


def test_a_second_response_is_refused_while_there_is_one() -> None:
    peer = begun(pace=1)
    peer.say("response.create")
    peer.hear("response.created")
    peer.say("response.create")
    (error,) = only(peer.hear(), "error")
    assert error["error"]["code"] == "conversation_already_has_active_response"


# Responses


def test_responses_outside_the_conversation() -> None:
    peer = begun(pace=1)
    peer.ask("conversation.item.create", item=user("Hi"))
    peer.say("response.create")
    peer.say(
        "response.create",
        response={
            "conversation": "none",
            "metadata": {"which": "aside"},
            "output_modalities": ["text"],
            "input": [user("Aside")],
        },
    )
    events = peer.hear()
    inside, aside = (event["response"] for event in only(events, "response.created"))
    assert (inside["conversation_id"] is None, aside["conversation_id"]) == (False, None)
    added = only(events, "conversation.item.added")
    assert len(added) == 1
    done = {event["response"]["id"]: event["response"] for event in only(events, "response.done")}
    assert done[aside["id"]]["metadata"] == {"which": "aside"}
    assert "Aside" in done[aside["id"]]["output"][0]["content"][0]["text"]
    turns = [event["response_id"] for event in events if "delta" in event]
    assert len(runs(turns)) > 4, "they are told side by side"


def test_one_of_two_responses_is_cancelled_by_its_name() -> None:
    peer = begun(pace=1)
    peer.say("response.create")
    peer.say("response.create", response={"conversation": "none"})
    created = only(peer.hear("response.output_audio.delta"), "response.created")
    name = created[1]["response"]["id"]
    events = peer.ask("response.cancel", response_id=name)
    done = {e["response"]["id"]: e["response"]["status"] for e in only(events, "response.done")}
    assert (done.pop(name), set(done.values())) == ("cancelled", {"completed"})
    assert types(peer.ask("response.cancel", response_id=name)) == ["error"]


def test_items_that_a_response_refers_to() -> None:
    peer = begun()
    item = {**user("First"), "id": "one"}
    peer.ask("conversation.item.create", item=item)
    peer.ask("conversation.item.create", item=user("Second"))
    wanted: Event = {
        "output_modalities": ["text"],
        "input": [{"type": "item_reference", "id": "one"}],
    }
    done = only(peer.ask("response.create", response=wanted), "response.done")[0]
    assert "First" in done["response"]["output"][0]["content"][0]["text"]
    wanted["input"][0]["id"] = "two"
    (error,) = peer.ask("response.create", response=wanted)
    assert (error["error"]["code"], error["error"]["event_id"]) == ("item_not_found", "mine")


@pytest.mark.parametrize("tools", [None, [TOOL]])
def test_a_limit_of_tokens(tools: Any) -> None:
    peer = begun()
    updated(peer, output_modalities=["text"], max_output_tokens=2)
    peer.ask("conversation.item.create", item=user("What is the weather?"))
    schema = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
    tools = [{**TOOL, "parameters": schema}] if tools else []
    events = peer.ask("response.create", response={"tools": tools})
    done = only(events, "response.done")[0]["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("incomplete", "max_output_tokens")
    assert done["output"][0]["status"] == "incomplete"
    assert done["usage"]["output_tokens"] == 2
    assert len([event for event in events if "delta" in event]) == 2


def test_tokens_of_text_and_of_audio_are_counted() -> None:
    peer = begun()
    peer.ask("conversation.item.create", item=user("One two three"))
    append(peer, (1000, LOUD), (100, 0))
    usage = only(append(peer, (200, 0)), "response.done")[0]["response"]["usage"]
    read, made = usage["input_token_details"], usage["output_token_details"]
    assert (read["text_tokens"], read["audio_tokens"]) == (3, 12)
    assert made["audio_tokens"] == made["text_tokens"] * 40 // 50 > 0
    assert usage["total_tokens"] == 15 + made["audio_tokens"] + made["text_tokens"]


def test_what_was_not_heard_is_forgotten() -> None:
    peer = begun()
    (done,) = only(peer.ask("response.create"), "response.done")
    (item,) = done["response"]["output"]
    cut = {"item_id": item["id"], "content_index": 0}
    length = done["response"]["usage"]["output_token_details"]["text_tokens"] * 40
    (error,) = peer.ask("conversation.item.truncate", audio_end_ms=length + 1, **cut)
    assert f"{length}ms is already shorter than {length + 1}ms" in error["error"]["message"]
    (cut_off,) = peer.ask("conversation.item.truncate", audio_end_ms=40, **cut)
    assert cut_off["audio_end_ms"] == 40
    (found,) = peer.ask("conversation.item.retrieve", item_id=item["id"])
    assert found["item"]["content"] == [{"type": "output_audio"}]
    name = peer.ask("conversation.item.create", item=user("Hi"))[0]["item"]["id"]
    cut["item_id"] = name
    assert types(peer.ask("conversation.item.truncate", audio_end_ms=0, **cut)) == ["error"]


# Transcripts


@pytest.mark.parametrize(
    ("model", "deltas", "usage"),
    [("whisper-1", 1, "duration"), ("gpt-4o-transcribe", 9, "tokens")],
)
def test_transcripts(model: str, deltas: int, usage: str) -> None:
    peer = begun()
    heard = {"transcription": {"model": model}, "turn_detection": None}
    updated(peer, audio={"input": heard}, include=["item.input_audio_transcription.logprobs"])
    append(peer, (500, LOUD))
    events = peer.ask("input_audio_buffer.commit")
    name = events[0]["item_id"]
    assert events[1]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    stem = "conversation.item.input_audio_transcription"
    told = only(events, f"{stem}.delta")
    (done,) = only(events, f"{stem}.completed")
    assert len(told) == len(done["logprobs"]) == deltas
    assert "".join(event["delta"] for event in told) == done["transcript"]
    assert done["usage"]["type"] == usage
    (found,) = peer.ask("conversation.item.retrieve", item_id=name)
    assert found["item"]["content"][0]["transcript"] == done["transcript"]


def test_speakers_are_told_apart() -> None:
    peer = Peer(target="/v1/realtime?intent=transcription", faults=(f.Say("Hello you."),))
    peer.hear()
    heard = {"transcription": {"model": "gpt-4o-transcribe-diarize"}, "turn_detection": None}
    session = {"type": "transcription", "audio": {"input": heard}}
    peer.ask("session.update", session=session)
    append(peer, (500, LOUD))
    events = peer.ask("input_audio_buffer.commit")
    (segment,) = only(events, "conversation.item.input_audio_transcription.segment")
    assert (segment["text"], segment["start"], segment["end"]) == ("Hello you.", 0, 0.5)


def test_a_session_that_transcribes_has_no_responses() -> None:
    peer = Peer(target="/v1/realtime?intent=transcription")
    peer.hear()
    assert types(peer.ask("response.create")) == ["error"]
    append(peer, (200, LOUD))
    assert only(append(peer, (300, 0)), "response.created") == []


# Refusals


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
        None or "",
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
