"""The accumulator of responses: snapshots, events with more, and what servers leave out."""

import json
import pickle
from itertools import pairwise
from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.accumulate import response_events as events
from api_openai.core.accumulate.responses import ResponseAccumulator
from api_openai.core.api.type_names import codec_of
from api_openai.core.api.types import responses_events as types
from api_openai.core.json.provenance import meta
from api_openai.core.json.unknown import Unknown
from api_openai.core.structured.outcomes import Parsed, Stopped
from api_openai.core.structured.output_format import OutputFormat
from api_openai.core.terms.errors import StreamTruncatedError

EVENTS: Final = codec_of("responses_events:ResponseStreamEvent")


class Point(msgspec.Struct):
    x: int
    y: int


POINT: Final = OutputFormat.of(Point)


def event(kind: str, **fields: Any) -> Any:
    document = {"type": f"response.{kind}", "sequence_number": 1, **fields}
    return EVENTS.decode(json.dumps(document).encode())


def response(status: str = "in_progress", *output: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "m",
        "output": list(output),
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        **fields,
    }


def part(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], **fields}


def message(*content: Any, name: str = "msg_1", **fields: Any) -> dict[str, Any]:
    return {
        "id": name,
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": list(content),
        **fields,
    }


def function(arguments: str, name: str = "fc_1") -> dict[str, Any]:
    return {
        "id": name,
        "type": "function_call",
        "call_id": "call_1",
        "name": "point",
        "arguments": arguments,
        "status": "completed",
    }


def added(item: dict[str, Any], place: int = 0) -> Any:
    return event("output_item.added", output_index=place, item=item)


def ended(item: dict[str, Any], place: int = 0) -> Any:
    return event("output_item.done", output_index=place, item=item)


def text(delta: str, name: str = "msg_1", place: int = 0, index: int = 0) -> Any:
    where = {"item_id": name, "output_index": place, "content_index": index}
    return event("output_text.delta", delta=delta, logprobs=[], **where)


def text_done(whole: str, name: str = "msg_1", place: int = 0) -> Any:
    where = {"item_id": name, "output_index": place, "content_index": 0}
    return event("output_text.done", text=whole, logprobs=[], **where)


def completed(*output: Any, **fields: Any) -> Any:
    return event("completed", response=response("completed", *output, **fields))


def run(
    *given: Any, known: ResponseAccumulator[Any] | None = None
) -> tuple[ResponseAccumulator[Any], list[Any]]:
    known = known or ResponseAccumulator[Any]()
    found: list[Any] = []
    for each in given:
        found += known.receive(each)
    return known, [*found, *known.finish()]


def test_the_union_is_that_of_the_api_with_four_members_replaced() -> None:
    own = {
        cls.__name__: cls
        for cls in (
            events.ResponseTextDeltaEvent,
            events.ResponseTextDoneEvent,
            events.ResponseFunctionCallArgumentsDeltaEvent,
            events.ResponseCompletedEvent,
        )
    }
    expected = {own.get(cls.__name__, cls) for cls in get_args(types.ResponseStreamEvent)}
    union: Any = events.ResponseStreamEvent
    assert {getattr(cls, "__origin__", cls) for cls in get_args(union)} == expected


def test_a_text_tells_how_far_it_has_come() -> None:
    known, found = run(
        event("created", response=response()),
        added(message(name="msg_1")),
        event(
            "content_part.added",
            item_id="msg_1",
            output_index=0,
            content_index=0,
            part=part(""),
        ),
        text('{"x":1'),
        text(',"y":2}'),
        text_done('{"x":1,"y":2}'),
        ended(message(part('{"x":1,"y":2}'))),
        completed(message(part('{"x":1,"y":2}'))),
        known=ResponseAccumulator(POINT),
    )
    first, second, done, *_, end = found[3:]
    kinds: list[Any] = [type(each) for each in found]
    assert kinds[5] is events.ResponseTextDoneEvent
    assert kinds[-1] is events.ResponseCompletedEvent
    assert isinstance(first, events.ResponseTextDeltaEvent)
    assert isinstance(first, types.ResponseTextDeltaEvent)
    assert (first.snapshot, first.parsed) == ('{"x":1', {})
    assert (second.snapshot, second.parsed) == ('{"x":1,"y":2}', {"x": 1, "y": 2})
    assert (done.parsed, done.misfit) == (Point(1, 2), None)
    assert end.response is known.response()
    assert end.response.output_parsed == Point(1, 2)
    assert isinstance(known.response().outcome, Parsed)


def test_events_with_fields_too_many_or_too_few_tell_it_too() -> None:
    accumulator = ResponseAccumulator[Any]()
    where = {"item_id": "i", "output_index": 0, "content_index": 0, "sequence_number": 1}
    kind = "response.output_text.delta"
    found: list[Any] = []
    few: dict[str, Any] = {"delta": "a"}
    many: dict[str, Any] = {"delta": "b", "logprobs": [], "made_up": 1}
    for fields in (few, many):
        data = json.dumps({"type": kind, **where, **fields}).encode()
        found += accumulator.receive(codec_of("responses_events:ResponseStreamEvent").decode(data))
    assert [each.snapshot for each in found] == ["a", "ab"]
    assert found[1].made_up == 1


def test_events_stay_what_the_server_said() -> None:
    _, found = run(text("a"), text_done("a"), completed(message(part("a"))))
    for each in found:
        assert each.to_dict() == json.loads(meta(each).raw or b"")
        again = pickle.loads(pickle.dumps(each))
        assert (type(again), again) == (type(each), each)
    assert pickle.loads(pickle.dumps(found[0])).snapshot == "a"


@given(st.data())
def test_the_text_is_the_same_however_it_was_split(data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3))
    known = ResponseAccumulator[Any]()
    queues: list[list[tuple[int, str]]] = []
    for place, whole in enumerate(texts):
        known.receive(added(message(part(""), name=f"msg_{place}"), place))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
        ends = pairwise([0, *cuts, len(whole)])
        queues.append([(place, whole[a:b]) for a, b in ends])
    so_far = [""] * len(texts)
    while any(queues):
        place, piece = data.draw(st.sampled_from([each for each in queues if each])).pop(0)
        so_far[place] += piece
        found: Any = known.receive(text(piece, f"msg_{place}", place))[0]
        assert found.snapshot == so_far[place]
        output: list[Any] = known.response_so_far().output
        assert [item.content[0].text for item in output] == so_far
    assert so_far == texts


def test_arguments_tell_how_far_they_have_come() -> None:
    where = {"item_id": "fc_1", "output_index": 0}
    known, found = run(
        added(function("")),
        event("function_call_arguments.delta", delta='{"x":1,', **where),
        event("function_call_arguments.delta", delta='"y":2}', **where),
        event("function_call_arguments.done", arguments='{"x":1,"y":2}', name="point", **where),
        completed(function('{"x":1,"y":2}')),
        known=ResponseAccumulator(tools={"point": POINT}),
    )
    assert [each.snapshot for each in found[1:3]] == ['{"x":1,', '{"x":1,"y":2}']
    (call,) = known.response().output
    assert call.type == "function_call"
    assert call.parsed_arguments == Point(1, 2)


def test_every_text_that_grows_is_in_the_snapshot() -> None:
    reasoning: dict[str, Any] = {"id": "rs_1", "type": "reasoning", "summary": []}
    summary = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    thought = {"item_id": "rs_1", "output_index": 0, "content_index": 0}
    refusal = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
    code = {"item_id": "ci_1", "output_index": 2}
    interpreter = {
        "id": "ci_1",
        "type": "code_interpreter_call",
        "status": "in_progress",
        "container_id": "c",
        "code": None,
        "outputs": None,
    }
    citation = {
        "type": "url_citation",
        "url": "u",
        "title": "t",
        "start_index": 0,
        "end_index": 1,
    }
    known, _ = run(
        event("created", response=response()),
        added(reasoning),
        event("reasoning_summary_part.added", part={"type": "summary_text", "text": ""}, **summary),
        event("reasoning_summary_text.delta", delta="I ", **summary),
        event("reasoning_summary_text.delta", delta="sum", **summary),
        event("reasoning_text.delta", delta="I think", **thought),
        added(message(), 1),
        event("refusal.delta", delta="I ", **refusal),
        event("refusal.delta", delta="won't", **refusal),
        text("x", "msg_1", 1, 1),
        event(
            "output_text.annotation.added",
            annotation_index=0,
            annotation=citation,
            item_id="msg_1",
            output_index=1,
            content_index=1,
        ),
        added(interpreter, 2),
        event("code_interpreter_call_code.delta", delta="1+", **code),
        event("code_interpreter_call_code.delta", delta="1", **code),
    )
    snapshot = known.response_so_far()
    assert meta(snapshot).issues == ()
    assert snapshot.status == "in_progress"
    documents = [item.to_dict() for item in snapshot.output]
    assert documents[0]["summary"] == [{"type": "summary_text", "text": "I sum"}]
    assert documents[0]["content"] == [{"type": "reasoning_text", "text": "I think"}]
    assert documents[1]["content"][0] == {"type": "refusal", "refusal": "I won't"}
    assert documents[1]["content"][1]["annotations"] == [citation]
    assert documents[2]["code"] == "1+1"


def test_commentary_is_not_read() -> None:
    _, found = run(
        added(message(phase="commentary")),
        text("hm"),
        text_done("hm"),
        known=ResponseAccumulator(POINT),
    )
    assert (found[-1].parsed, found[-1].misfit) == (None, None)


def test_a_text_that_does_not_fit_raises_nothing() -> None:
    known, found = run(
        text_done('{"x":1}'),
        completed(message(part('{"x":1}'))),
        known=ResponseAccumulator(POINT),
    )
    assert found[0].parsed is None
    assert "y" in str(found[0].misfit)
    assert known.response().output_parsed is None


@pytest.mark.parametrize(
    ("end", "status"),
    [("incomplete", "incomplete"), ("failed", "failed")],
)
def test_other_ends_are_answers_too(end: str, status: str) -> None:
    details = {"reason": "max_output_tokens"} if end == "incomplete" else None
    document = response(status, message(part("a")), incomplete_details=details)
    known, found = run(event(end, response=document), known=ResponseAccumulator(POINT))
    assert found[-1].type == f"response.{end}"
    outcome = known.response().outcome
    assert isinstance(outcome, Stopped)
    assert outcome.reason == ("max_output_tokens" if details else "failed")
    assert known.response_so_far() is known.response()


def test_before_its_end_there_is_no_response() -> None:
    known, _ = run(event("created", response=response()))
    with pytest.raises(StreamTruncatedError, match="ended without its response") as caught:
        known.response()
    assert caught.value.partial == (known.response_so_far(),)
    assert caught.value.received == 1


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ({"type": "error", "code": "busy", "message": "BOOM", "param": None}, "BOOM"),
        ({"type": "error"}, "without a message"),
        ({"type": "response.completed", "response": None}, "came without a response"),
        ({"type": "response.completed"}, "came without a response"),
        ({"type": "response.failed", "response": "x"}, "came without a response"),
    ],
)
def test_an_end_that_has_no_response_is_an_error_with_the_servers_words(
    last: dict[str, Any], words: str
) -> None:
    known = ResponseAccumulator[Any]()
    known.receive(event("created", response=response()))
    known.receive(EVENTS.decode(json.dumps(last).encode()))
    with pytest.raises(StreamTruncatedError, match=words) as caught:
        known.response()
    assert caught.value.partial[0].id == known.response_so_far().id
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("output", [None, []])
def test_an_output_that_the_end_leaves_out_is_made_of_the_items(output: Any) -> None:
    end = response("completed")
    end["output"] = output
    known, _ = run(
        added(message(name="a"), 1),
        ended(message(part("second"), name="a"), 1),
        added(message(name="b")),
        ended(message(part("first"), name="b")),
        event("completed", response=end),
    )
    assert known.response().output_text == "firstsecond"


def test_the_end_is_the_servers_to_the_byte() -> None:
    body = json.dumps(response("completed", message(part("a")), top_p=1.50, new={"a": 1e3}))
    raw = f'{{"type":"response.completed","sequence_number":1,"response":{body}}}'.encode()
    known, _ = run(EVENTS.decode(raw))
    assert meta(known.response()).raw == body.encode()
    (item,) = known.response().as_input()
    assert bytes(item) == json.dumps(message(part("a"))).encode()


@pytest.mark.parametrize(
    "given",
    [
        [text("a"), text("b")],
        [added(message(part(""), name="x")), text("a", "y"), text("b", "z")],
        [added(message(part(""), name="x")), text("a", "y"), added(message(part("")))],
        [event("created", response=response()), event("created", response=response()), text("ab")],
    ],
    ids=["never announced", "another id in each", "an index again", "created again"],
)
def test_what_servers_make_of_it(given: list[Any]) -> None:
    known, _ = run(*given)
    assert known.response_so_far().output_text in ("a", "ab")
    known, _ = run(*given, completed(message(part("ab"))))
    assert known.response().output_text == "ab"


def test_one_index_for_two_items_are_two_items() -> None:
    known, _ = run(
        added(message(part(""), name="a")),
        text("1", "a"),
        ended(message(part("1"), name="a")),
        added(message(part(""), name="b")),
        text("2", "b"),
    )
    assert known.response_so_far().output_text == "12"


def test_a_delta_goes_on_with_what_its_text_is_by_then() -> None:
    known = ResponseAccumulator[Any]()
    _, found = run(text("a"), text("b"), text_done("AB"), text("c"), text("d"), known=known)
    assert [each.snapshot for each in found if hasattr(each, "snapshot")] == [
        *("a", "ab"),
        *("ABc", "ABcd"),
    ]
    assert known.response_so_far().output_text == "ABcd"


def test_deltas_of_an_item_that_is_done_are_no_text_together() -> None:
    _, found = run(added(message()), text("a"), ended(message(part("a"))), text("b"), text("c"))
    assert [each.snapshot for each in found if hasattr(each, "snapshot")] == ["a", "b", "c"]


def test_a_delta_after_the_end_changes_nothing() -> None:
    known, found = run(
        added(message(part(""))), ended(message(part("a"))), text("b"), text_done("b")
    )
    assert known.response_so_far().output_text == "a"
    assert found[2].snapshot == "b"


def test_events_up_to_a_number_are_taken_and_not_handed_out() -> None:
    given = [added(message(part(""))), text("a"), text("b"), text("c")]
    documents = [each.to_dict() | {"sequence_number": at} for at, each in enumerate(given)]
    numbered = [EVENTS.decode(json.dumps(each).encode()) for each in documents]
    _, found = run(*numbered, known=ResponseAccumulator(starting_after=2))
    assert [(each.sequence_number, each.snapshot) for each in found] == [(3, "abc")]


def test_events_of_no_known_kind_are_handed_out() -> None:
    known, found = run(event("new.thing", a=1), event("queued", response=response("queued")))
    assert isinstance(found[0], Unknown)
    assert known.response_so_far().status == "queued"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "content", "text", "summary", "output", "phase"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
FIELDS = (
    "item",
    "item_id",
    "output_index",
    "content_index",
    "summary_index",
    "annotation_index",
    "delta",
    "text",
    "part",
    "response",
    "arguments",
)
KINDS = [each.__struct_config__.tag for each in get_args(types.ResponseStreamEvent)]


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), JUNK)),
        max_size=6,
    )
)
def test_nothing_a_server_says_raises(given: list[tuple[str, dict[str, Any]]]) -> None:
    known = ResponseAccumulator(POINT, {"point": POINT})
    for kind, fields in given:
        document = {"type": kind, **fields}
        for each in known.receive(EVENTS.decode(json.dumps(document).encode())):
            repr(each)
    known.receive(EVENTS.decode(b"null"))
    known.response_so_far().to_json()
