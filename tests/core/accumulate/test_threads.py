"""The accumulator of assistants' runs: snapshots, what has happened, and drift."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.accumulate.threads import ThreadAccumulator
from api_openai.core.api.type_names import codec_of
from api_openai.core.api.types import beta_threads as types
from api_openai.core.json.provenance import meta

EVENTS: Final = codec_of("beta_threads:AssistantStreamEvent")
CITED: Final = {"type": "file_citation", "text": "[1]", "file_citation": {"file_id": "f"}}


def event(name: str, data: Any) -> Any:
    return EVENTS.decode(json.dumps({"event": f"thread.{name}", "data": data}).encode())


def message(identity: str = "m", **fields: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "object": "thread.message",
        "created_at": 1,
        "thread_id": "t",
        "status": "in_progress",
        "incomplete_details": None,
        "completed_at": None,
        "incomplete_at": None,
        "role": "assistant",
        "content": [],
        "assistant_id": "a",
        "run_id": "r",
        "attachments": [],
        "metadata": {},
        **fields,
    }


def said(*content: Any, identity: str = "m") -> Any:
    delta = {"content": list(content)}
    data = {"id": identity, "object": "thread.message.delta", "delta": delta}
    return event("message.delta", data)


def piece(value: str | None, index: int = 0, **text: Any) -> dict[str, Any]:
    found = text if value is None else {"value": value, **text}
    return {"index": index, "type": "text", "text": found}


def step(identity: str = "s", *calls: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "object": "thread.run.step",
        "created_at": 1,
        "assistant_id": "a",
        "thread_id": "t",
        "run_id": "r",
        "type": "tool_calls",
        "status": "in_progress",
        "step_details": {"type": "tool_calls", "tool_calls": list(calls)},
        "last_error": None,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "metadata": {},
        "usage": None,
        **fields,
    }


def called(*calls: Any, identity: str = "s") -> Any:
    details = {"type": "tool_calls", "tool_calls": list(calls)}
    data = {
        "id": identity,
        "object": "thread.run.step.delta",
        "delta": {"step_details": details},
    }
    return event("run.step.delta", data)


def function(index: int, arguments: str, **fields: Any) -> dict[str, Any]:
    return {
        "index": index,
        "type": "function",
        "function": {"arguments": arguments, **fields.pop("function", {})},
        **fields,
    }


def happened(known: ThreadAccumulator, *events: Any) -> list[tuple[Any, ...]]:
    """What each event brought, as (callback, values)."""
    return [
        (each.callback.removeprefix("on_"), *each.values())
        for received in events
        for each in known.receive(received)
    ]


def names(found: list[tuple[Any, ...]]) -> list[str]:
    return [each[0] for each in found]


def test_a_text_grows_and_what_is_handed_out_does_not() -> None:
    known = ThreadAccumulator()
    known.receive(event("message.created", message()))
    first = happened(known, said(piece("Hel")))
    second = happened(known, said(piece("lo")))
    assert names(first) == ["text_created", "text_delta", "message_delta"]
    assert names(second) == ["text_delta", "message_delta"]
    assert [first[1][2].value, second[0][2].value] == ["Hel", "Hello"]
    assert (first[1][1], second[0][1]) == (
        types.TextDelta(value="Hel"),
        types.TextDelta(value="lo"),
    )
    assert first[2][2].content[0].text.value == "Hel"
    assert known.message is not None
    assert known.message.content == [
        types.TextContentBlock(text=types.Text(value="Hello", annotations=[]))
    ]
    assert meta(known.message).issues == ()


def test_the_server_has_the_last_word() -> None:
    known = ThreadAccumulator()
    final = message(
        status="completed", content=[{"type": "text", "text": {"value": "Bye", "annotations": []}}]
    )
    found = happened(
        known,
        event("message.created", message()),
        event("message.in_progress", message()),
        said(piece("Hello")),
        event("message.completed", final),
    )
    assert names(found)[-2:] == ["text_done", "message_done"]
    assert found[-2][1].value == "Bye"
    assert found[-1][1].to_dict() == final
    assert known.messages == [found[-1][1]]


def test_parts_of_a_message_are_done_one_after_another() -> None:
    known = ThreadAccumulator()
    image = {"index": 1, "type": "image_file", "image_file": {"file_id": "f"}}
    content: list[Any] = [
        {"type": "text", "text": {"value": "a", "annotations": []}},
        {"type": "image_file", "image_file": {"file_id": "f"}},
        {"type": "text", "text": {"value": "b", "annotations": []}},
    ]
    found = happened(
        known,
        event("message.created", message()),
        said(piece("a"), image),
        said(piece("b", 2)),
        event("message.incomplete", message(content=content, status="incomplete")),
    )
    assert [each for each in names(found) if each != "message_delta"] == [
        "message_created",
        "text_created",
        "text_delta",
        "text_done",
        "image_file_done",
        "text_created",
        "text_delta",
        "text_done",
        "message_done",
    ]
    assert [each[1].file_id for each in found if each[0] == "image_file_done"] == ["f"]
    assert [each[1].value for each in found if each[0] == "text_done"] == ["a", "b"]


def test_annotations_have_places_of_their_own() -> None:
    known = ThreadAccumulator()
    known.receive(event("message.created", message()))
    known.receive(said(piece("x", annotations=[{"index": 1, **CITED, "start_index": 5}])))
    known.receive(
        said(piece(None, annotations=[{"index": 0, **CITED, "start_index": 1, "end_index": 4}]))
    )
    known.receive(
        said(piece(None, annotations=[{"index": 1, "type": "file_citation", "end_index": 8}]))
    )
    assert known.message is not None
    block = known.message.content[0]
    assert isinstance(block, types.TextContentBlock)
    found = [(each.start_index, each.end_index, each.text) for each in block.text.annotations]
    assert found == [(1, 4, "[1]"), (5, 8, "[1]")]


def test_tool_calls_grow_by_index() -> None:
    known = ThreadAccumulator()
    code = {"index": 1, "type": "code_interpreter", "id": "c1"}
    outputs = [{"index": 0, "type": "logs", "logs": "1\n"}]
    found = happened(
        known,
        event("run.step.created", step()),
        called(function(0, "", id="c0", function={"name": "f"})),
        called(function(0, '{"a":')),
        called(function(0, "1}")),
        called({**code, "code_interpreter": {"input": "print"}}),
        called(
            {
                "index": 1,
                "type": "code_interpreter",
                "code_interpreter": {"input": "(1)", "outputs": outputs},
            }
        ),
    )
    assert [each for each in names(found) if each != "run_step_delta"] == [
        "run_step_created",
        "tool_call_created",
        "tool_call_delta",
        "tool_call_delta",
        "tool_call_done",
        "tool_call_created",
        "tool_call_delta",
    ]
    calls = [each[-1] for each in found if each[0].startswith("tool_call")]
    assert [each.function.arguments for each in calls[:4]] == ["", '{"a":', '{"a":1}', '{"a":1}']
    assert (calls[0].id, calls[0].function.name) == ("c0", "f")
    assert calls[-1].code_interpreter == types.CodeInterpreter(
        input="print(1)", outputs=[types.CodeInterpreterOutputLogs(logs="1\n")]
    )
    assert known.step is not None
    assert meta(known.step).issues == ()
    ended = happened(known, event("run.step.completed", step(status="completed")))
    assert names(ended) == ["tool_call_done", "run_step_done"]
    assert known.step is None
    assert [each.status for each in known.steps] == ["completed"]


def test_a_run_that_waits_for_outputs_ends_its_call_once() -> None:
    known = ThreadAccumulator()
    run = {"id": "r", "object": "thread.run", "status": "requires_action"}
    known.receive(event("run.step.created", step()))
    known.receive(called(function(0, "{}", id="c", function={"name": "f"})))
    found = happened(known, event("run.requires_action", run), event("run.completed", run))
    assert names(found) == ["tool_call_done"]
    assert known.run is not None
    assert known.run.status == "requires_action"


def test_what_began_before_the_stream() -> None:
    known = ThreadAccumulator()
    found = happened(known, called(function(3, "x", id="c")), said(piece("y", 2)))
    assert "tool_call_created" in names(found)
    assert found[0][1].function.arguments == "x"
    assert known.step is not None
    assert known.step.id == "s"
    assert known.step.status is None
    assert known.message is not None
    assert known.message.content == [
        types.TextContentBlock(text=types.Text(value="y", annotations=[]))
    ]


def test_messages_side_by_side() -> None:
    known = ThreadAccumulator()
    found = happened(
        known,
        event("message.created", message("m1")),
        event("message.created", message("m2")),
        said(piece("1"), identity="m1"),
        said(piece("2"), identity="m2"),
        said(piece("1"), identity="m1"),
    )
    assert [each.content[0].text.value for each in known.messages] == ["11", "2"]  # type: ignore[union-attr]
    assert [each[1].value for each in found if each[0] == "text_done"] == ["1", "2"]


ODD: Final[list[Any]] = [
    {"event": "thread.archived", "data": {"id": "t"}},
    {"event": "thread.run.step.paused", "data": {"id": "s"}},
    {"event": "thread.message.delta", "data": 5},
    {"event": "thread.message.delta", "data": {"id": {}, "delta": {}}},
    {
        "event": "thread.message.delta",
        "data": {"id": "m", "delta": {"content": [{"type": {}, "index": 0}]}},
    },
    {"event": "thread.message.delta", "data": {"id": "m"}},
    {"event": "thread.message.delta", "data": {"id": "m", "delta": {"content": "x"}}},
    {
        "event": "thread.message.delta",
        "data": {"id": "m", "delta": {"content": [{"type": "smell"}]}},
    },
    {
        "event": "thread.message.delta",
        "data": {"id": "m", "delta": {"content": [{"type": "smell", "index": 0}]}},
    },
    {
        "event": "thread.message.delta",
        "data": {"id": "m", "delta": {"content": [{"type": "text", "index": "0"}]}},
    },
    {
        "event": "thread.message.delta",
        "data": {"id": "m", "delta": {"content": [{"type": "text", "index": -(10**9)}]}},
    },
    {
        "event": "thread.message.delta",
        "data": {"id": "m", "delta": {"content": [piece("x", 10**12)]}},
    },
    {
        "event": "thread.message.delta",
        "data": {"id": "m", "delta": {"content": [{"type": "text", "index": 0, "text": 5}]}},
    },
    {
        "event": "thread.run.step.delta",
        "data": {"id": "s", "delta": {"step_details": {"type": "dreams"}}},
    },
    {"event": "thread.run.step.delta", "data": {"id": "s", "delta": {"step_details": None}}},
    {"event": "done", "data": "[DONE]"},
    {},
]


@pytest.mark.parametrize("odd", ODD)
def test_drift_raises_nothing(odd: Any) -> None:
    known = ThreadAccumulator()
    known.receive(event("message.created", message()))
    happened(known, EVENTS.decode(json.dumps(odd).encode()))
    happened(known, said(piece("fine", 1)))
    assert known.message is not None
    assert known.messages
    assert "fine" in str(known.message)


def cut(text: str, places: list[int]) -> Iterator[str]:
    ends = sorted({place % (len(text) + 1) for place in places} | {0, len(text)})
    for start, end in pairwise(ends):
        yield text[start:end]


TEXTS: Final = st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=3)
PLACES: Final = st.lists(st.integers(0, 200), max_size=12)


@given(TEXTS, PLACES)
def test_however_texts_are_cut_the_message_is_the_same(texts: list[str], places: list[int]) -> None:
    known = ThreadAccumulator()
    known.receive(event("message.created", message()))
    happenings: list[str] = []
    for index, text in enumerate(texts):
        seen: list[str] = []
        for part in cut(text, places):
            for each in known.receive(said(piece(part, index))):
                happenings.append(each.callback)
                if each.callback == "on_text_delta":
                    seen.append(each.values()[1].value)
        assert seen[-1] == text
        assert all(text.startswith(each) for each in seen)
    once = ThreadAccumulator()
    once.receive(event("message.created", message()))
    once.receive(said(*(piece(text, index) for index, text in enumerate(texts))))
    assert known.messages == once.messages
    assert happenings.count("on_text_created") == len(texts)
    assert happenings.count("on_text_done") == len(texts) - 1


@given(TEXTS, PLACES, st.booleans())
def test_however_arguments_are_cut_the_step_is_the_same(
    texts: list[str], places: list[int], looks: bool
) -> None:
    known = ThreadAccumulator()
    known.receive(event("run.step.created", step()))
    for index, text in enumerate(texts):
        known.receive(called(function(index, "", id=f"c{index}", function={"name": "f"})))
        for part in cut(text, places):
            known.receive(called(function(index, part)))
            assert not looks or known.step is not None  # looking changes nothing
    once = ThreadAccumulator()
    calls = [
        function(index, text, id=f"c{index}", function={"name": "f"})
        for index, text in enumerate(texts)
    ]
    once.receive(event("run.step.created", step()))
    once.receive(called(*calls))
    assert known.steps == once.steps
    assert [call["function"]["arguments"] for call in called_of(known)] == texts


def called_of(known: ThreadAccumulator) -> list[Any]:
    calls: list[Any] = known.steps[0].to_dict()["step_details"]["tool_calls"]
    return calls


def test_entries_without_a_place_come_last() -> None:
    known = ThreadAccumulator()
    known.receive(event("message.created", message()))
    known.receive(said(piece("a", 3), {"type": "text", "text": {"value": "b", "annotations": []}}))
    known.receive(said(piece("c", 3)))
    assert [each["text"]["value"] for each in known.messages[0].to_dict()["content"]] == ["ac", "b"]
