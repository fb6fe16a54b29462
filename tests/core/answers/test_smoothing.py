"""Texts merged and cut anew: nothing is lost, order stays, and nothing waits longer than asked for."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai import APIError, AsyncClient, Timeout, streaming
from api_openai.core.answers.smoothing import Smoothing, TextSmoother
from api_openai.core.api.type_names import codec_of

from ...support.http import DONE, END, EVENTS, chunk, event, head
from ...support.port import Asked, Pause, ScriptedPort, Step
from ...support.resumable import cut, in_turn, told, whole
from ...support.scripted import Script

smooth: Any = streaming.smooth
CHAT = codec_of("chat:ChatCompletionChunk")
RESPONSES = codec_of("responses_events:ResponseStreamEvent")
TEXTS = codec_of("completions:Completion")
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked")
ASK: Any = {"model": "m", "messages": [{"role": "user", "content": "x"}], "stream": True}


def said(text: str, **more: Any) -> dict[str, Any]:
    """A chunk of a chat."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None, **more}
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
    }


def delta(number: int, text: str, **more: Any) -> dict[str, Any]:
    """An event of a response."""
    where = {"item_id": "i", "output_index": 0, "content_index": 0}
    kind = "response.output_text.delta"
    known: dict[str, Any] = {
        "type": kind,
        **where,
        "sequence_number": number,
        "delta": text,
        "logprobs": [],
    }
    return {**known, **more}


def smoothed(
    documents: list[Any], codec: Any = CHAT, times: list[float] | None = None, **how: Any
) -> list[dict[str, Any]]:
    """All that comes of events, and of their end."""
    machine = TextSmoother[Any](codec, Smoothing(**how))
    out: list[Any] = []
    for at, document in zip(times or [0.0] * len(documents), documents, strict=True):
        out += machine.receive(codec.decode(json.dumps(document).encode()), at)
    out += machine.flush()
    assert machine.flush() == []
    assert machine.due is None
    return [each.to_dict() for each in out]


def contents(documents: list[dict[str, Any]]) -> list[str | None]:
    return [each["choices"][0]["delta"].get("content") for each in documents]


def test_pieces_of_a_size() -> None:
    found = smoothed([said("a"), said("bcd"), said("e"), said("fghijk")], size=3)
    assert contents(found) == ["abc", "def", "ghi", "jk"]
    assert found[0] == said("abc")


def test_lines() -> None:
    found = smoothed([said("one"), said(" two\nthree\n\nfo"), said("ur")], newline=True)
    assert contents(found) == ["one two\n", "three\n", "\n", "four"]
    found = smoothed([said("one two\nthr"), said("ee\n")], newline=True, size=4)
    assert contents(found) == ["one ", "two\n", "thre", "e\n"]


def test_age() -> None:
    texts = [said(each) for each in "abcdef"]
    found = smoothed(texts, times=[0, 1, 2, 3, 4, 5], age=2)
    assert contents(found) == ["abc", "def"]


def test_the_time_when_text_is_due() -> None:
    machine = TextSmoother[Any](CHAT, Smoothing(age=2, size=3))
    assert machine.due is None
    assert machine.receive(CHAT.decode(json.dumps(said("a")).encode()), 10) == []
    assert machine.due == 12
    assert len(machine.receive(CHAT.decode(json.dumps(said("bcd")).encode()), 11)) == 1
    assert machine.due == 13


def test_what_is_no_text_comes_after_the_text_before_it() -> None:
    called = said("")
    called["choices"][0]["delta"] = {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}
    stopped = said("", finish_reason="stop")
    found = smoothed([said("a"), called, said("b"), stopped], size=100)
    assert found == [said("a"), called, said("b"), stopped]


def test_texts_of_other_places_are_not_joined() -> None:
    other = said("b", index=1)
    thought = said("")
    thought["choices"][0]["delta"] = {"reasoning_content": "hm"}
    found = smoothed([said("a"), other, thought, thought, said("c")], size=100)
    assert [each["choices"][0] for each in found[:2]] == [
        said("a")["choices"][0],
        other["choices"][0],
    ]
    assert found[2]["choices"][0]["delta"] == {"reasoning_content": "hmhm"}
    assert found[3] == said("c")


def test_log_probabilities_and_padding_go_along() -> None:
    one = said("ab", logprobs={"content": [{"token": "ab", "logprob": -1}], "refusal": None})
    two = said("cd", logprobs={"content": [{"token": "cd", "logprob": -2}], "refusal": None})
    found = smoothed([{**one, "obfuscation": "x"}, {**two, "obfuscation": "yz"}], size=3)
    first, second = (each["choices"][0]["logprobs"]["content"] for each in found)
    assert [each["token"] for each in first] == ["ab"]
    assert [each["token"] for each in second] == ["cd"]
    assert [each["obfuscation"] for each in found] == ["x", "yz"]


def test_numbers_are_those_of_events_that_are_out_whole() -> None:
    found = smoothed([delta(5, "abc"), delta(6, "de"), delta(7, "f")], RESPONSES, size=2)
    assert [(each["delta"], each["sequence_number"]) for each in found] == [
        ("ab", 4),
        ("cd", 5),
        ("ef", 7),
    ]


def test_texts_of_completions() -> None:
    chunks = [
        {"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": [choice]}
        for choice in (
            {"index": 0, "text": each, "logprobs": None, "finish_reason": None} for each in "abc"
        )
    ]
    assert [each["choices"][0]["text"] for each in smoothed(chunks, TEXTS, size=2)] == ["ab", "c"]


PIECES = st.lists(st.text(min_size=1, max_size=6) | st.none(), max_size=12)


@given(
    PIECES,
    st.integers(1, 9) | st.none(),
    st.floats(0.5, 4) | st.none(),
    st.booleans(),
    st.lists(st.floats(0, 2), min_size=12, max_size=12),
)
def test_nothing_is_lost_and_the_order_stays(
    texts: list[str | None], size: int | None, age: float | None, newline: bool, gaps: list[float]
) -> None:
    if size is None and age is None and not newline:
        newline = True
    events: list[dict[str, Any]] = [
        {"type": "response.queued", "sequence_number": number, "response": {"id": str(number)}}
        if text is None
        else delta(number, text, logprobs=[{"token": text, "logprob": -number}])
        for number, text in enumerate(texts)
    ]
    times = [sum(gaps[: at + 1]) for at in range(len(events))]
    found = smoothed(events, RESPONSES, times, size=size, age=age, newline=newline)

    def flat(documents: list[dict[str, Any]]) -> list[Any]:
        """Characters, and the events that are none, in order."""
        out: list[Any] = []
        for each in documents:
            out += each.get("delta", [each])
        return out

    def probabilities(documents: list[dict[str, Any]]) -> list[Any]:
        return [one for each in documents for one in each.get("logprobs", [])]

    assert flat(found) == flat(events)
    assert probabilities(found) == probabilities(events)
    assert all(len(each.get("delta", "")) <= (size or 100) for each in found) or age
    numbers = [each["sequence_number"] for each in found]
    assert numbers == sorted(numbers)


def asked(*steps: Step, **options: Any) -> Script:
    return Script(port=ScriptedPort([Asked(), OPEN, *steps]), **options)


async def created(client: AsyncClient) -> Any:
    """A stream of a chat."""
    create: Any = client.chat.completions.create
    return await create(**ASK)


async def read(client: AsyncClient, at: list[float], now: Any, **how: Any) -> list[str | None]:
    stream: Any = smooth(await created(client), **how)
    texts: list[str | None] = []
    try:
        async for each in stream:
            texts.append(each.choices[0].delta.content)
            at.append(now() - 1000)
    except APIError as error:
        texts.append(type(error).__name__)
    return texts


def test_text_does_not_wait_for_a_server_that_is_silent() -> None:
    made = asked(chunk(event(said("a"))), Pause(5), chunk(event(said("b")) + DONE) + END)
    at: list[float] = []
    assert made.run(read(made.client, at, made.port.now, age=2)) == ["a", "b"]
    assert at == [2, 5]


def test_deadlines_hold_while_text_waits() -> None:
    made = asked(chunk(event(said("a"))), Pause(60), timeout=Timeout(idle=1))
    at: list[float] = []
    assert made.run(read(made.client, at, made.port.now, age=2)) == ["a", "APITimeoutError"]
    assert at == [1]


def test_text_comes_before_the_error_that_ends_it() -> None:
    made = asked(chunk(event(said("a")) + event(said("b"))), b"")
    assert made.run(read(made.client, [], made.port.now, size=100)) == [
        "ab",
        "StreamTruncatedError",
    ]


def test_a_body_that_ends_or_breaks_while_text_waits() -> None:
    for last, expected in ((END, "StreamTruncatedError"), (b"", "StreamTruncatedError")):
        made = asked(chunk(event(said("a"))), Pause(1), last)
        assert made.run(read(made.client, [], made.port.now, age=2)) == ["a", expected]


@pytest.mark.parametrize("close", [True, False])
def test_cancelled_at_every_await(close: bool) -> None:
    at = 1
    while True:
        first = chunk(event(said("a")))
        made = asked(first, Pause(5), first, Pause(1), chunk(event(said("b")) + DONE) + END)
        if not made.stop(read(made.client, [], made.port.now, age=2), at, close=close):
            break
        at += 1
    assert at > 6


def test_a_blocking_stream_is_closed_and_cancelled_as_any() -> None:
    made = asked(chunk(event(said("a")) + event(said("b"))))

    async def program() -> None:
        stream: Any = smooth(await created(made.client), size=1)
        assert (await anext(stream)).choices[0].delta.content == "a"
        stream.pause()
        assert stream.paused
        stream.resume()
        await stream.close()
        assert [each async for each in stream] == []

    made.run(program())


def test_a_stream_that_adds_up() -> None:
    made = in_turn(whole(told(["a", "b", "c", "d", "e"])))

    async def program() -> Any:
        async with made.client.responses.stream(model="m", input="x") as stream:
            smoothed = smooth(stream, size=2)
            assert type(smoothed) is type(stream)
            found: list[Any] = [each async for each in smoothed]
            return found, await smoothed.get_final_response()

    found, response = made.run(program())
    deltas = [each for each in found if each.type == "response.output_text.delta"]
    assert [(each.delta, each.snapshot) for each in deltas] == [
        ("ab", "ab"),
        ("cd", "abcd"),
        ("e", "abcde"),
    ]
    assert response.output_text == "abcde"


def test_a_response_that_is_resumed() -> None:
    events = told(["a", "b", "c", "d", "e"])
    made = in_turn(cut(events[:4]), whole(events[4:]))

    async def program() -> list[Any]:
        asked: dict[str, Any] = {"model": "m", "input": "x", "background": True}
        async with made.client.responses.follow(**asked) as stream:
            return [each async for each in smooth(stream, size=3)]

    found = made.run(program())
    assert [each.delta for each in found if each.type.endswith("text.delta")] == ["abc", "de"]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, "expected one of them"),
        ({"size": 0}, "size=0: expected a number of characters"),
        ({"size": True}, "size=True"),
        ({"age": 0}, "age=0: expected seconds above 0"),
        ({"age": float("nan")}, "age=nan"),
    ],
)
def test_what_is_no_smoothing(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Smoothing(**how)


def test_what_cannot_be_smooth() -> None:
    wrong: Any = [1]
    with pytest.raises(TypeError, match="expected a stream of events"):
        smooth(wrong, size=1)
    made = asked(chunk(DONE) + END)

    async def program() -> None:
        stream: Any = await created(made.client)
        with pytest.raises(TypeError, match="smooth already"):
            smooth(smooth(stream, size=1), size=1)
        await stream.close()

    made.run(program())
