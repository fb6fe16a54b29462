"""The accumulator of chat completions: snapshots, events, and what servers make of deltas."""

import json
import pickle
from itertools import pairwise
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.accumulate.chat import ChatAccumulator
from api_openai.core.accumulate.chat_events import (
    ChatCompletionStreamEvent,
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDoneEvent,
)
from api_openai.core.api.type_names import codec_of
from api_openai.core.json.provenance import meta
from api_openai.core.structured.outcomes import Called, Misfit, Parsed, Stopped
from api_openai.core.structured.output_format import OutputFormat

from ...support.damage import damaged

CHUNKS: Final = codec_of("chat:ChatCompletionChunk")


class Point(msgspec.Struct):
    x: int
    y: int


POINT: Final = OutputFormat.of(Point)


def chunk(*choices: dict[str, Any], **fields: Any) -> Any:
    document: dict[str, Any] = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": {}, "finish_reason": None, **each} for each in choices],
        **fields,
    }
    return CHUNKS.decode(json.dumps(document).encode())


def said(index: int = 0, **delta: Any) -> Any:
    return chunk({"index": index, "delta": delta})


def called(arguments: str, **fields: Any) -> Any:
    call = {"index": 0, "function": {"arguments": arguments}, **fields}
    return said(tool_calls=[call])


def begun(name: str, index: int = 0, **fields: Any) -> Any:
    function = {"name": name, "arguments": ""}
    call = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
    return said(tool_calls=[call | fields])


def stop(reason: str = "stop", index: int = 0) -> Any:
    return chunk({"index": index, "finish_reason": reason})


def run(
    *chunks: Any, known: ChatAccumulator[Any] | None = None
) -> tuple[ChatAccumulator[Any], list[Any]]:
    known = known or ChatAccumulator[Any]()
    found: list[ChatCompletionStreamEvent[Any]] = []
    for each in chunks:
        found += known.receive(each)
    found += known.finish()
    return known, [event for event in found if event.type != "chunk"]


def functions(known: ChatAccumulator[Any], index: int = 0) -> list[tuple[str, str]]:
    """Name and arguments of each call of a choice."""
    calls: Any = known.completion().choices[index].message.tool_calls
    return [(each.function.name, each.function.arguments) for each in calls or ()]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def split(draw: st.DrawFn, text: str) -> list[str]:
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[a:b] for a, b in pairwise([0, *cuts, len(text)])]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Any], list[dict[str, Any]]]:
    """Chunks, in any order over the choices, and the messages that they are of."""
    messages: list[dict[str, Any]] = []
    queues: list[list[Any]] = []
    for index in range(draw(st.integers(1, 3))):
        content = draw(st.none() | TEXTS)
        calls = draw(st.lists(st.tuples(TEXTS, st.text(max_size=8)), max_size=3))
        pieces = draw(split(content)) if content else []
        queue = [said(index, content=piece) for piece in pieces]
        for number, (name, arguments) in enumerate(calls):
            queue.append(chunk({"index": index, "delta": {"tool_calls": [call(number, name)]}}))
            for piece in draw(split(arguments)):
                more = {"index": number, "function": {"arguments": piece}}
                queue.append(said(index, tool_calls=[more]))
        messages.append({"content": content, "calls": calls})
        queues.append([*queue, stop("tool_calls" if calls else "stop", index)])
    chunks: list[Any] = []
    while any(queues):
        chunks.append(draw(st.sampled_from([queue for queue in queues if queue])).pop(0))
    return chunks, messages


def call(index: int, name: str) -> dict[str, Any]:
    function = {"name": name, "arguments": ""}
    return {"index": index, "id": f"call_{index}", "type": "function", "function": function}


@given(streams())
def test_the_completion_is_the_same_however_it_was_split(
    made: tuple[list[Any], list[dict[str, Any]]],
) -> None:
    chunks, messages = made
    known, found = run(*chunks)
    completion = known.completion()
    assert meta(completion).issues == ()
    for index, message in enumerate(messages):
        choice = completion.choices[index]
        assert choice.message.content == message["content"]
        assert functions(known, index) == message["calls"]
        mine = [event for event in found if event.choice == index]
        deltas = [event for event in mine if event.type == "content.delta"]
        dones = [event for event in mine if event.type == "content.done"]
        assert "".join(event.delta for event in deltas) == (message["content"] or "")
        assert [event.content for event in dones] == ([message["content"]] if dones else [])
        assert bool(dones) == bool(message["content"])
        ends = [each for each in mine if isinstance(each, FunctionToolCallArgumentsDoneEvent)]
        ends.sort(key=lambda each: each.index)  # arguments that are no JSON are done at the end
        assert [(each.name, each.arguments) for each in ends] == message["calls"]
        assert [each.index for each in ends] == list(range(len(ends)))


@given(streams(), st.data())
def test_snapshots_grow_with_the_deltas(
    made: tuple[list[Any], list[dict[str, Any]]], data: st.DataObject
) -> None:
    chunks, _ = made
    size = data.draw(st.integers(1, len(chunks)))
    known = ChatAccumulator[Any]()
    texts: dict[int, str] = {}
    for each in chunks[:size]:
        for event in known.receive(each):
            if isinstance(event, ContentDeltaEvent):
                texts[event.choice] = texts.get(event.choice, "") + event.delta
                assert event.snapshot == texts[event.choice]
    for choice in known.completion_so_far().choices:
        assert (choice.message.content or "") == texts.get(choice.index, "")


def test_what_a_text_tells() -> None:
    _, found = run(
        said(role="assistant", content=""),
        said(content='{"x":1'),
        said(content=',"y":2}'),
        stop(),
        known=ChatAccumulator(POINT),
    )
    assert [event.type for event in found] == ["content.delta"] * 3 + ["content.done"]
    assert [event.parsed for event in found] == [None, {}, {"x": 1, "y": 2}, Point(1, 2)]
    assert [event.snapshot for event in found[:-1]] == ["", '{"x":1', '{"x":1,"y":2}']


def test_events_keep_what_was_when_they_came() -> None:
    _, found = run(said(content="a"), said(content="b"), stop())
    assert [event.snapshot for event in found[:-1]] == ["a", "ab"]
    assert pickle.loads(pickle.dumps(found)) == found
    match found[0]:
        case ContentDeltaEvent(delta=delta, snapshot=snapshot):
            assert (delta, snapshot) == ("a", "a")
        case other:
            raise AssertionError(other)


def test_texts_are_not_copied_for_events() -> None:
    _, found = run(*(said(content="ab") for _ in range(50)), stop())
    lists = {id(event.grown.pieces) for event in found[:-1]}
    assert len(lists) == 1


def test_what_calls_tell() -> None:
    known, found = run(
        said(content="I look."),
        begun("point"),
        called('{"x":1,'),
        called('"y":2}'),
        begun("other", 1),
        called("{", index=1),
        stop("tool_calls"),
        known=ChatAccumulator(tools={"point": POINT}),
    )
    assert [event.type.removeprefix("tool_calls.function.") for event in found] == [
        "content.delta",
        "content.done",
        "arguments.delta",
        "arguments.delta",
        "arguments.delta",
        "arguments.done",
        "arguments.delta",
        "arguments.delta",
        "arguments.done",
    ]
    deltas = [event for event in found if event.type == "tool_calls.function.arguments.delta"]
    assert [event.arguments_delta for event in deltas] == ["", '{"x":1,', '"y":2}', "", "{"]
    assert [event.arguments for event in deltas[:3]] == ["", '{"x":1,', '{"x":1,"y":2}']
    assert [event.parsed_arguments for event in deltas] == [
        None,
        {"x": 1},
        {"x": 1, "y": 2},
        None,
        None,
    ]
    point, other = (event for event in found if event.type.endswith("arguments.done"))
    assert (point.name, point.index, point.parsed_arguments) == ("point", 0, Point(1, 2))
    assert (other.name, other.index, other.arguments) == ("other", 1, "{")
    completion = known.completion()
    assert isinstance(completion.outcome, Called)
    assert completion.choices[0].message.content == "I look."


def test_a_refusal_is_told() -> None:
    known, found = run(said(refusal="I "), said(refusal="won't"), stop())
    assert [event.type for event in found] == ["refusal.delta", "refusal.delta", "refusal.done"]
    assert (found[1].snapshot, found[2].refusal) == ("I won't", "I won't")
    assert known.completion().choices[0].message.refusal == "I won't"


def token(text: str) -> dict[str, Any]:
    return {"token": text, "logprob": -0.5, "bytes": None, "top_logprobs": []}


def test_probabilities_are_told() -> None:
    known, found = run(
        chunk({"delta": {"content": "a"}, "logprobs": {"content": [token("a")], "refusal": None}}),
        chunk({"delta": {"content": "b"}, "logprobs": {"content": [token("b")], "refusal": None}}),
        chunk({"delta": {"refusal": "c"}, "logprobs": {"content": None, "refusal": [token("c")]}}),
        stop(),
    )
    probabilities = [event for event in found if event.type.startswith("logprobs.")]
    assert [event.type.removeprefix("logprobs.") for event in probabilities] == [
        "content.delta",
        "content.delta",
        "refusal.delta",
        "content.done",
        "refusal.done",
    ]
    assert [[each.token for each in event.snapshot] for event in probabilities[:3]] == [
        ["a"],
        ["a", "b"],
        ["c"],
    ]
    logprobs = known.completion().choices[0].logprobs
    assert logprobs is not None
    assert [each.token for each in logprobs.content or ()] == ["a", "b"]
    assert [each.token for each in logprobs.refusal or ()] == ["c"]


def test_the_head_is_what_was_said_last() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    known, _ = run(
        chunk(id="", created=0, model="", prompt_filter_results=[{"a": 1}]),  # as Azure begins
        chunk({"delta": {"content": "a"}}, service_tier="flex", obfuscation="x"),
        stop(),
        chunk(usage=usage),
    )
    completion = known.completion()
    assert (completion.id, completion.created, completion.model) == ("c", 1, "m")
    assert (completion.object, completion.service_tier) == ("chat.completion", "flex")
    assert completion.usage is not None
    assert completion.usage.total_tokens == 3
    assert completion.model_extra == {"prompt_filter_results": [{"a": 1}]}


def test_what_no_description_knows_is_kept() -> None:
    known, _ = run(
        said(reasoning_content="I "),
        said(reasoning_content="think", content="a"),
        chunk({"delta": {}, "content_filter_results": {"hate": {"filtered": False}}}),
        chunk({"content_filter_results": {"hate": {"severity": "safe"}}}, object=""),
        stop(),
    )
    choice = known.completion().choices[0]
    assert choice.message.model_extra == {"reasoning_content": "I think"}
    assert choice.model_extra["content_filter_results"] == {
        "hate": {"filtered": False, "severity": "safe"}
    }


def test_audio_and_older_calls_grow_too() -> None:
    known, _ = run(
        said(audio={"id": "a", "transcript": "x"}, function_call={"name": "f", "arguments": "{"}),
        said(
            audio={"data": "QQ==", "transcript": "y", "expires_at": 5},
            function_call={"arguments": "}"},
        ),
        stop(),
    )
    message = known.completion().choices[0].message
    assert message.audio is not None
    assert (message.audio.transcript, message.audio.data) == ("xy", "QQ==")
    assert message.function_call is not None
    assert (message.function_call.name, message.function_call.arguments) == ("f", "{}")


@pytest.mark.parametrize(
    "chunks",
    [
        [begun("f"), called("{", id="call_0"), called("}", id="call_0")],
        [
            begun("f"),
            said(tool_calls=[call(0, "f") | {"function": {"name": "f", "arguments": "{"}}]),
            called("}"),
        ],
        [said(role="assistant", tool_calls=[call(0, "f")]), called("{}", type=None)],
        [said(tool_calls=[{"id": "call_0", "function": {"name": "f", "arguments": "{}"}}])],
    ],
    ids=["id again", "name again", "no type", "no index"],
)
def test_calls_as_servers_send_them(chunks: list[Any]) -> None:
    known, found = run(*chunks, stop("tool_calls"))
    (made,) = known.completion().choices[0].message.tool_calls or []
    assert made.id == "call_0"
    assert functions(known) == [("f", "{}")]
    assert [each.arguments for each in found if each.type.endswith("arguments.done")] == ["{}"]


def test_calls_that_are_all_numbered_0_are_several() -> None:
    known, found = run(
        begun("f"), called("1"), begun("g", id="call_b"), called("2"), stop("tool_calls")
    )
    assert functions(known) == [("f", "1"), ("g", "2")]
    assert [each.name for each in found if each.type.endswith("arguments.done")] == ["f", "g"]


def test_calls_of_other_kinds_are_kept() -> None:
    custom = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "n", "input": "a"}}
    known, found = run(
        said(tool_calls=[custom]),
        said(tool_calls=[{"index": 0, "custom": {"input": "b"}}]),
        stop("tool_calls"),
    )
    (made,) = known.completion().choices[0].message.tool_calls or []
    assert made.to_dict() == {"id": "c", "type": "custom", "custom": {"name": "n", "input": "ab"}}
    assert found == []


def test_a_text_is_done_at_the_end_without_a_finish_reason() -> None:
    _, found = run(said(content="a"), begun("f"))
    assert [event.type for event in found[-2:]] == [
        "tool_calls.function.arguments.delta",
        "tool_calls.function.arguments.done",
    ]
    known, found = run(said(content="a"))
    assert isinstance(found[-1], ContentDoneEvent)
    assert known.completion_so_far().choices[0].message.content == "a"


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_text_cut_off_is_not_read(reason: str) -> None:
    known, found = run(said(content="5"), stop(reason), known=ChatAccumulator(POINT))
    assert (found[-1].parsed, found[-1].misfit) == (None, None)
    match known.completion().outcome:
        case Stopped(reason=said_reason, text="5"):
            assert said_reason == reason
        case other:
            raise AssertionError(other)


def test_a_text_that_does_not_fit_raises_nothing() -> None:
    known, found = run(said(content='{"x":1}'), stop(), known=ChatAccumulator(POINT))
    assert found[-1].parsed is None
    assert "y" in str(found[-1].misfit)
    assert isinstance(known.completion().outcome, Misfit)
    known, _ = run(said(content='{"x":1,"y":2}'), stop(), known=ChatAccumulator(POINT))
    assert isinstance(known.completion().outcome, Parsed)


@pytest.mark.parametrize("content", [["a"], 1, {"a": 1}])
def test_a_content_that_is_no_text_is_added_to_none(content: object) -> None:
    known, _ = run(said(content="a"), said(content=content), said(content="b"), stop())
    json.dumps(known.completion().to_dict())


def test_a_chunk_gives_the_completion_so_far() -> None:
    known = ChatAccumulator[Any]()
    (event, _) = known.receive(said(content="a"))
    assert isinstance(event, ChunkEvent)
    assert event.snapshot is event.snapshot
    assert event.snapshot.choices[0].message.content == "a"
    known.receive(said(content="b"))
    assert event.snapshot.choices[0].message.content == "ab"
    assert repr(event) == f"ChunkEvent(chunk={event.chunk!r})"


FULL: Final[dict[str, Any]] = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    "choices": [
        {
            "index": 0,
            "delta": {
                "role": "assistant",
                "content": "a",
                "refusal": "b",
                "audio": {"id": "audio", "data": "AA"},
                "function_call": {"name": "f", "arguments": "{"},
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "call",
                        "type": "function",
                        "function": {"name": "f", "arguments": "{"},
                    }
                ],
            },
            "logprobs": {
                "content": [{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}],
                "refusal": None,
            },
            "finish_reason": "stop",
        }
    ],
}


ALONE: Final[dict[str, Any]] = {
    **FULL,
    "usage": None,
    "choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": None, "finish_reason": None}],
}
"""A text and nothing else, as nearly every chunk is."""


@given(st.lists(damaged(FULL) | damaged(ALONE), min_size=1, max_size=3))
def test_nothing_a_server_says_raises(chunks: list[dict[str, Any]]) -> None:
    known = ChatAccumulator(POINT, {"f": POINT})
    for each in chunks:
        for event in known.receive(CHUNKS.decode(json.dumps(each).encode())):
            repr(event)
    known.receive(CHUNKS.decode(b"null"))
    for event in known.finish():
        repr(event)
    known.completion_so_far().to_json()
    repr(known.completion())
