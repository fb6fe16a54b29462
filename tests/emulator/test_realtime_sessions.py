"""What a realtime session does: turns, interruptions, responses beside it, transcripts."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from api_openai.emulator import faults as f

from .sessions import Event, Peer, begun, only, pcm, runs, types, updated, user

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
