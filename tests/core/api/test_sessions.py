"""Events of sessions over a WebSocket: read by their type, under the names that users import."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai.core.json.annotations import members
from api_openai.core.json.codec import codec
from api_openai.core.json.unknown import Unknown

FACTS: Final = Path(__file__).parent.parent.parent / "facts"
LINES: Final[list[dict[str, Any]]] = json.loads((FACTS / "answers.json").read_text())
EVENTS: Final[dict[str, list[str]]] = json.loads((FACTS / "events.json").read_text())
SAID: Final = {
    "realtime.RealtimeServerEvent": "realtime_socket:RealtimeServerEvent",
    "realtime.RealtimeClientEvent": "realtime_socket:RealtimeClientEvent",
    "realtime.RealtimeTranslationServerEvent": "realtime_socket:RealtimeTranslationServerEvent",
    "realtime.RealtimeTranslationClientEvent": "realtime_socket:RealtimeTranslationClientEvent",
    "beta.realtime.RealtimeServerEvent": "beta_realtime_socket:RealtimeServerEvent",
    "beta.realtime.RealtimeClientEvent": "beta_realtime_socket:RealtimeClientEvent",
    "live.ServerEvent": "live_socket:ServerEvent",
    "live.ClientEvent": "live_socket:ClientEvent",
    "live.ConnectServerEvent": "live_socket:ConnectServerEvent",
    "live.ConnectClientEvent": "live_socket:ConnectClientEvent",
    "live.ForkServerEvent": "live_socket:ForkServerEvent",
    "live.ForkClientEvent": "live_socket:ForkClientEvent",
    "responses.ResponsesServerEvent": "responses_socket:ResponsesServerEvent",
    "responses.ResponsesClientEvent": "responses_socket:ResponsesClientEvent",
    "beta.BetaResponsesServerEvent": "beta_responses_socket:BetaResponsesServerEvent",
    "beta.BetaResponsesClientEvent": "beta_responses_socket:BetaResponsesClientEvent",
}
"""What is said in sessions: the public name, and the facts about it."""


def imported(name: str) -> Any:
    package, _, own = name.rpartition(".")
    return getattr(import_module(f"api_openai.types.{package}"), own)


def test_nothing_that_is_said_is_left_out() -> None:
    assert set(SAID.values()) == {name for name in EVENTS if "_socket:" in name}


@pytest.mark.parametrize("name", SAID)
def test_every_event_is_read_by_its_type(name: str) -> None:
    kind = imported(name)
    documents = [each for line in LINES if line["type"] == SAID[name] for each in line["documents"]]
    found = {each["type"]: codec(kind).decode(json.dumps(each).encode()) for each in documents}
    assert {event.type for event in found.values()} == set(EVENTS[SAID[name]])
    for tag, event in found.items():
        assert event.type == tag
        assert type(event) in members(kind)
        assert not event.model_extra


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_of_an_unknown_type_is_kept(name: str) -> None:
    home, _, own = name.partition(":")
    kind = getattr(import_module(f"api_openai.core.api.types.{home}"), own)
    tag = "event" if own == "AssistantStreamEvent" else "type"
    event = codec(kind).decode(json.dumps({tag: "tomorrow.began", "clock": {"hour": 6}}).encode())
    assert isinstance(event, Unknown)
    assert event.type == "tomorrow.began"
    assert event.clock == {"hour": 6}


def test_the_beta_says_two_types_of_one_event() -> None:
    from api_openai.types.beta.realtime import RealtimeServerEvent, ResponseAudioDeltaEvent

    rest = dict.fromkeys(("event_id", "response_id", "item_id", "delta"), "x")
    for kind in ("response.audio.delta", "response.output_audio.delta"):
        document = {"type": kind, **rest, "output_index": 0, "content_index": 0}
        event = codec(RealtimeServerEvent).decode(json.dumps(document).encode(), strict=True)
        assert isinstance(event, ResponseAudioDeltaEvent)
        assert event.type == kind


def test_an_item_is_named_in_the_input_of_a_response() -> None:
    from api_openai.types.realtime import (
        RealtimeClientEvent,
        ResponseCreateEvent,
        ResponseItemReference,
    )

    document = {
        "type": "response.create",
        "response": {"input": [{"type": "item_reference", "id": "i"}]},
    }
    event = codec(RealtimeClientEvent).decode(json.dumps(document).encode(), strict=True)
    assert isinstance(event, ResponseCreateEvent)
    assert event.response is not None
    assert event.response.input is not None
    (item,) = event.response.input
    assert isinstance(item, ResponseItemReference)
    assert item.id == "i"
