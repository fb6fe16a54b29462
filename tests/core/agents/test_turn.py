"""A turn of an agent's session: whose it is, when it is over, and what has come of it."""

import copy
import json
import pickle
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.agents.environment_files import check_destinations, destination
from api_openai.core.agents.tool_answers import answer, arguments, refusal
from api_openai.core.agents.turn import (
    RECENT,
    AgentOutputParseError,
    AgentTurnResultError,
    TurnAccumulator,
)
from api_openai.core.api.type_names import codec_of
from api_openai.core.api.types import beta_agents as types

from ...support.agents import turn

EVENTS: Final = codec_of("beta_agents:AgentSessionEvent")
PREFIX: Final = "agent.session"


def event(kind: str, identity: str | None = None, **fields: Any) -> Any:
    kind = f"{PREFIX}.{kind}"
    name = identity or f"e_{kind}_{fields.get('turn_id')}_{json.dumps(fields)}"
    return EVENTS.decode(json.dumps({"type": kind, "event_id": name, **fields}).encode())


def began(identity: str = "t", **fields: Any) -> Any:
    about = turn(identity, **fields)
    return event("turn.created", session_id="s", turn=about, turn_id=identity)


def ended(how: str = "completed", identity: str = "t") -> Any:
    return event(f"turn.{how}", session_id="s", turn=turn(identity, how), turn_id=identity)


def session(kind: str, identity: str = "s", **fields: Any) -> Any:
    return event(kind, session={"id": identity, "status": kind, "required_actions": [], **fields})


def said(text: str, index: int = 0, identity: str = "m", **fields: Any) -> Any:
    item: Any = {
        "type": "message",
        "id": identity,
        "role": "assistant",
        "status": "completed",
        "turn_id": "t",
        "content": [{"type": "output_text", "text": text}],
        **fields,
    }
    return event("turn.item.done", item=item, output_index=index, session_id="s", turn_id="t")


def after(*events: Any) -> TurnAccumulator:
    known = TurnAccumulator("s")
    for each in events:
        known.receive(each)
    return known


def reason(known: TurnAccumulator) -> str:
    with pytest.raises(AgentTurnResultError) as caught:
        known.result()
    return caught.value.reason


def test_a_turn_from_its_beginning_to_its_end() -> None:
    known = TurnAccumulator("s")
    overs: list[bool] = []
    for each in (
        session("idle"),
        began(),
        session("in_progress"),
        said("b", 1, "m2"),
        said("a"),
        ended(),
        session("idle", last_active_at=5),
    ):
        assert known.receive(each)
        overs.append(known.over)
    assert overs == [False] * 6 + [True]
    result = known.result()
    assert (result.output_text, result.turn_id, result.session_id) == ("ab", "t", "s")
    assert result.output_parsed is None


def test_what_is_no_part_of_the_answer() -> None:
    known = after(
        began("sub", subagent_id="x"),
        said("before the turn"),
        began(),
        said("thinking", identity="m1", phase="commentary"),
        said("half", identity="m2", status="incomplete"),
        said("of another", identity="m3", turn_id="sub"),
        said("it", identity="m4", phase="final_answer"),
        ended("failed", "sub"),
        began("t2"),
        ended(),
    )
    assert not known.over
    assert known.result().output_text == "it"


def test_a_message_that_comes_again_takes_the_place_of_the_first() -> None:
    known = after(began(), said("draft"), said("final"), ended())
    assert known.result().output_text == "final"


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_turn_that_is_not_completed(how: str) -> None:
    assert reason(after(began(), said("x"), ended(how))) == how


def test_a_session_that_ends() -> None:
    known = after(began(), session("failed"))
    assert known.over
    assert reason(known) == "failed"
    assert after(session("budget_reached")).over
    assert not after(session("budget_reached", "another")).over
    assert not after(began(), session("budget_reached")).over
    assert after(began(), ended(), session("budget_reached")).over
    assert reason(after(session("budget_reached"))) == "incomplete"
    assert reason(after(began())) == "incomplete"


def test_actions_that_are_for_the_caller() -> None:
    call: Any = {
        "type": "function_call",
        "name": "f",
        "arguments": {},
        "call_id": "c",
        "turn_id": "t",
        "id": "i",
        "status": "in_progress",
    }
    waiting = session("requires_action", required_actions=[call])
    known = after(began(), waiting)
    assert reason(known) == "requires_action"
    known.check(["f"])
    known.receive(session("in_progress"))
    known.check()
    approval: Any = {
        "type": "mcp_approval_request",
        "request_id": "r",
        "turn_id": "t",
        "request": {},
    }
    with pytest.raises(AgentTurnResultError) as caught:
        after(began(), session("requires_action", required_actions=[approval])).check(["f"])
    assert [each.type for each in caught.value.required_actions] == ["mcp_approval_request"]
    assert caught.value.turn_id == "t"


def test_an_event_that_comes_twice() -> None:
    known = TurnAccumulator("s")
    first = event("idle", "e", session={"id": "s"})
    assert [known.receive(first), known.receive(first)] == [True, False]
    for number in range(RECENT):
        assert known.receive(event("in_progress", f"e{number}", session={"id": "s"}))
    assert known.receive(first)  # long ago is forgotten


@pytest.mark.parametrize(
    "document",
    [
        {"type": "agent.session.dreams"},
        {},
        {"type": "agent.session.turn.created"},
        {"type": "agent.session.turn.completed", "turn": None},
        {"type": "agent.session.turn.item.done"},
        {"type": "agent.session.turn.item.done", "item": {"type": "smell"}},
        {"type": "agent.session.requires_action", "session": None},
        {"type": "agent.session.budget_reached", "session": 5},
        {"type": "error", "error": {"message": "x"}},
        {
            "type": "agent.session.turn.item.done",
            "item": {"type": "message", "id": "n", "turn_id": "t", "status": "completed"},
        },
    ],
)
def test_drift_raises_nothing(document: Any) -> None:
    known = after(began(), EVENTS.decode(json.dumps(document).encode()), said("x"), ended())
    assert known.result().output_text == "x"


class Weather(msgspec.Struct):
    city: str


@dataclass
class Point:
    x: int


def test_an_answer_as_a_value() -> None:
    result = after(began(), said('{"city":"Oslo"}'), ended()).result()
    parsed = result.parse(Weather)
    assert parsed.output_parsed == Weather("Oslo")
    assert parsed.turn is result.turn
    with pytest.raises(AgentOutputParseError, match="does not fit") as caught:
        result.parse(Point)
    assert caught.value.result is result
    with pytest.raises(AgentOutputParseError, match="no text"):
        after(began(), ended()).result().parse(Weather)
    wrong: Any = 5
    with pytest.raises(TypeError):
        result.parse(wrong)


def test_errors_are_values() -> None:
    known = after(began(), said("x"), ended("failed"))
    error = known.error("failed")
    for clone in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (clone.reason, clone.turn_id, len(clone.messages)) == ("failed", "t", 1)
    assert str(known.error("requires_action")) == "The turn has no result: requires action"


def call(given: Any) -> types.AgentFunctionCallItem:
    return types.AgentFunctionCallItem(
        id="i", arguments=given, call_id="c", name="f", status="in_progress", turn_id="t"
    )


def test_arguments_of_a_call() -> None:
    given = {"a": [1]}
    found = arguments(call(given))
    assert found == given
    found["a"].append(2)
    assert given == {"a": [1]}
    assert arguments(call('{"a":1}')) == {"a": 1}
    for wrong in ("[]", "5", None, [1]):
        with pytest.raises(ValueError, match="no JSON object"):
            arguments(call(wrong))


def test_answers_to_a_call() -> None:
    part = {"type": "input_text", "text": "x"}
    for output, sent in (
        ("text", "text"),
        (None, None),
        ({"a": 1}, '{"a":1}'),
        ([part], [part]),
        (iter([part]), [part]),
    ):
        assert answer(call({}), output) == {
            "type": "agent.session.input.tool_result",
            "turn_id": "t",
            "call_id": "c",
            "success": True,
            "output": sent,
        }
    for wrong in (5, b"bytes", object(), {"a": object()}, [object()]):
        with pytest.raises(TypeError):
            answer(call({}), wrong)
    assert refusal(call({}))["success"] is False


@pytest.mark.parametrize(
    "path",
    [
        "/workspace/a",
        "/workspace/a/b.txt",
        "/workspace/outputs/x",
        "/workspace/.codexes",
        "/workspace/ä b",
    ],
)
def test_places_for_files(path: str) -> None:
    assert destination(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "a",
        "workspace/a",
        "/workspace",
        "/workspace/",
        "/workspaces/a",
        "/etc/passwd",
        "/workspace/../etc/passwd",
        "/workspace/./a",
        "/workspace//a",
        "/workspace/a/",
        "/workspace/a\\b",
        "/workspace/a\0",
        "/workspace/a\udcff",
        "/workspace/.codex",
        "/workspace/.codex/x",
        "/workspace/.managed-agents/x",
        "/workspace/.managed-agents-2",
        "/workspace/outputs",
    ],
)
def test_no_places_for_files(path: str) -> None:
    with pytest.raises(ValueError, match="path="):
        destination(path)


@given(st.text(max_size=30))
def test_every_path_is_taken_or_refused(path: str) -> None:
    try:
        assert destination(f"/workspace/{path}")
    except ValueError:
        pass
    else:
        assert ".." not in path.split("/")


def test_a_file_is_no_directory() -> None:
    check_destinations(["/workspace/a/b", "/workspace/a/c", "/workspace/ab"])
    with pytest.raises(ValueError, match="directory"):
        check_destinations(["/workspace/a/b/c", "/workspace/a"])
