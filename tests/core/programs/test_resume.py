"""Responses whose streams are cut, resumed where they had come to, refused, polled, and made up."""

import pickle
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai import (
    APIError,
    APIStatusError,
    APITimeoutError,
    PollTimeoutError,
    Resume,
    StreamCancelledError,
    StreamSequenceError,
    StreamTruncatedError,
    Timeout,
)
from api_openai.core.programs.resume import SequenceNumbers
from api_openai.streaming import ResponsePolledEvent

from ...support.http import DONE, END, answer, chunk
from ...support.port import Pause, Step, run
from ...support.resumable import (
    OPEN,
    ResumablePort,
    cut,
    finished,
    in_turn,
    looked_at,
    refusal,
    script,
    sent,
    told,
    whole,
)
from ...support.scripted import Script

WORDS = ("Once ", "upon ", "a ", "time\n", "\U0001f600")
ALL = told(WORDS)
NEW: dict[str, Any] = {"model": "m", "input": "x", "background": True}
QUICK = Resume(delays=(1.0, 2.0))


async def collected(made: Script, resume: Resume = QUICK, **params: Any) -> list[Any]:
    """Every event, as the server wrote it."""
    manager = made.client.responses.follow(**(params or NEW), resume=resume)
    async with manager as stream:
        return [each async for each in stream]


async def settled(made: Script, resume: Resume) -> list[Any] | StreamTruncatedError:
    try:
        return await collected(made, resume)
    except StreamTruncatedError as error:
        return error


def documents(events: Sequence[Any]) -> list[dict[str, Any]]:
    return [each.to_dict() for each in events]


def port_of(made: Script) -> ResumablePort:
    assert isinstance(made.port, ResumablePort)
    return made.port


def test_an_uncut_stream_is_one_request() -> None:
    made = in_turn(whole(ALL))
    assert documents(made.run(collected(made))) == ALL
    assert port_of(made).requests == ["POST /responses"]


def test_the_rest_is_asked_for_after_each_cut() -> None:
    made = in_turn(cut(ALL[:3]), cut(ALL[3:5]), whole(ALL[5:]))
    assert documents(made.run(collected(made))) == ALL
    assert port_of(made).requests == [
        "POST /responses",
        "GET /responses/resp_1?starting_after=2&stream=true",
        "GET /responses/resp_1?starting_after=4&stream=true",
    ]
    assert made.port.now() == 1002.0


def test_what_was_asked_of_the_stream_is_asked_of_its_rest() -> None:
    made = in_turn(cut(ALL[:3]), whole(ALL[3:]))
    params: dict[str, Any] = {
        **NEW,
        "include": ["message.output_text.logprobs"],
        "stream_options": {"include_obfuscation": False},
        "extra_headers": {"x-mine": "1"},
    }
    assert documents(made.run(collected(made, **params))) == ALL
    line = port_of(made).requests[1]
    assert "include_obfuscation=false" in line
    assert "message.output_text.logprobs" in line
    assert made.sent.count(b"x-mine: 1") == 2


def test_a_stored_response_from_a_number_on() -> None:
    made = script(lambda line, after: whole(ALL[4:]) if after == 3 else cut(ALL[2:4]))
    events = made.run(collected(made, response_id="resp_1", starting_after=1))
    assert documents(events) == ALL[2:]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_wherever_and_however_often_it_is_cut_the_events_are_those_of_the_uncut_stream(
    data: st.DataObject,
) -> None:
    events = told(data.draw(st.lists(st.text(max_size=5), max_size=6)))

    def handler(line: str, after: int | None) -> Sequence[Step]:
        if len(port_of(made).requests) > 8:
            return whole(events[0 if after is None else after + 1 :])
        begin = 0 if after is None else data.draw(st.integers(0, after + 1))  # some come again
        body = sent(events[begin:]) + DONE
        at = data.draw(st.integers(0, len(body)) | st.just(len(body)))
        cuts = data.draw(st.lists(st.integers(0, at), max_size=4).map(sorted))
        pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, at], strict=True)]
        proper = at == len(body) or data.draw(st.booleans())
        return [OPEN, *(chunk(each) for each in pieces if each), END if proper else b""]

    made = script(handler)
    many = Resume(max_attempts=1000, delays=(0,))
    found = made.run(settled(made, many))
    if isinstance(found, StreamTruncatedError):  # nothing of it had come
        assert "without its id" in str(found)
        assert found.received == 0
    else:
        assert documents(found) == events


@given(st.lists(st.integers(-3, 9) | st.none() | st.just(10**40), max_size=12))
def test_whatever_the_numbers_are_none_is_told_twice_and_none_is_missing(
    numbers: list[int | None],
) -> None:
    known = SequenceNumbers()
    handed: list[int] = []
    known.reconnected()
    for number in numbers:
        try:
            new = known.is_new(number)
        except StreamSequenceError:
            break
        if new and number is not None:
            handed.append(number)
    assert handed == [*range(handed[0], handed[0] + len(handed))] if handed else True
    assert not handed or handed[0] in (0, 1)


def test_a_gap_is_an_error_at_once() -> None:
    made = in_turn(cut(ALL[:3]), whole(ALL[4:]))
    with pytest.raises(StreamSequenceError, match="sequence number 4 came, expected 3") as caught:
        made.run(collected(made))
    assert (caught.value.expected, caught.value.got) == (3, 4)
    assert made.port.open == 0


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([0, 1, 1], "number 1 came, expected 2"),
        ([0, 1, 2, 0], "number 0 came, expected 3"),
        ([0, 2], "number 2 came, expected 1"),
        ([5], "the first sequence number is 5, expected 0"),
        ([0, -1], "number -1 came, expected 1"),
        ([0, 10**60], "of 200 bits came, expected 1"),
    ],
)
def test_numbers_that_do_not_rise_by_one(numbers: list[int], words: str) -> None:
    events = [{**ALL[at], "sequence_number": number} for at, number in enumerate(numbers)]
    known = SequenceNumbers()
    *right, wrong = numbers
    assert all(map(known.is_new, right))
    with pytest.raises(StreamSequenceError, match=words) as caught:
        known.is_new(wrong)
    assert pickle.loads(pickle.dumps(caught.value)).got == wrong
    if max(numbers) < 2**62:
        made = in_turn(whole(events))
        with pytest.raises(StreamSequenceError, match=words):
            made.run(collected(made))


def test_numbers_that_begin_with_one() -> None:
    events = [{**each, "sequence_number": each["sequence_number"] + 1} for each in ALL]
    made = in_turn(cut(events[:2]), whole(events[2:]))
    assert documents(made.run(collected(made))) == events


def test_a_server_without_numbers_is_read_and_not_resumed() -> None:
    plain = [{name: each[name] for name in each if name != "sequence_number"} for each in ALL]
    made = in_turn(whole(plain))
    assert documents(made.run(collected(made))) == plain
    made = in_turn(cut(plain[:3]))
    with pytest.raises(StreamTruncatedError, match="without sequence numbers") as caught:
        made.run(collected(made))
    assert caught.value.received == 3
    made = in_turn(cut(ALL[:3]), whole(plain[3:]))
    with pytest.raises(StreamSequenceError, match="without a sequence number"):
        made.run(collected(made))


def test_attempts_in_a_row_are_bounded_and_wait_as_told() -> None:
    made = in_turn(cut(ALL[:3]), *[refusal("503 Busy")] * 3)
    resume = Resume(max_attempts=3, delays=(1.0, 5.0))
    with pytest.raises(StreamTruncatedError, match="3 attempts in a row were made") as caught:
        made.run(collected(made, resume))
    assert (caught.value.received, len(caught.value.partial)) == (3, 3)
    assert isinstance(caught.value.__cause__, APIStatusError)
    assert made.port.now() == 1011.0
    assert len(port_of(made).requests) == 4


def test_the_count_begins_anew_with_an_event() -> None:
    made = in_turn(*[cut(ALL[:at]) for at in range(1, len(ALL))], whole(ALL))
    assert documents(made.run(collected(made, Resume(max_attempts=1, delays=(0,))))) == ALL


def test_answers_without_a_new_event_are_attempts_too() -> None:
    made = script(lambda line, after: cut(ALL[:2]))
    with pytest.raises(StreamTruncatedError, match="2 attempts in a row"):
        made.run(collected(made, Resume(max_attempts=2, delays=(0,))))
    assert len(port_of(made).requests) == 3


def test_no_attempts_at_all_leave_the_error_as_it_is() -> None:
    made = in_turn(cut(ALL[:2]))
    with pytest.raises(StreamTruncatedError, match="after 2 events") as caught:
        made.run(collected(made, Resume(max_attempts=0)))
    assert "attempts" not in str(caught.value)


def test_a_stream_that_is_silent_too_long_is_resumed() -> None:
    made = in_turn([OPEN, chunk(sent(ALL[:3])), Pause(60)], whole(ALL[3:]))
    assert documents(made.run(collected(made, **NEW, timeout=Timeout(idle=5)))) == ALL
    assert made.port.now() == 1006.0


def test_an_error_that_the_server_tells_of_is_no_cut() -> None:
    failed = {"error": {"message": "The model is gone", "code": "gone"}}
    body = sent(ALL[:2]) + b'data: {"error": {"message": "The model is gone"}}\n\n'
    assert failed
    made = in_turn([OPEN, chunk(body) + END])
    with pytest.raises(APIError, match="The model is gone"):
        made.run(collected(made))
    assert len(port_of(made).requests) == 1


@pytest.mark.parametrize(
    "refused", [refusal(), refusal("404 Not Found"), [answer(finished("", "in_progress"))]]
)
def test_a_server_that_refuses_is_polled(refused: list[Step]) -> None:
    made = in_turn(
        cut(ALL[:3]), refused, looked_at("in_progress"), looked_at("completed", "the whole text")
    )
    events = made.run(collected(made))
    assert documents(events[:3]) == ALL[:3]
    polled, last = events[3:]
    assert isinstance(polled, ResponsePolledEvent)
    assert (polled.sequence_number, polled.response.output_text) == (2, "the whole text")
    assert polled.reason
    assert (last.type, last.response.output_text) == ("response.completed", "the whole text")
    assert port_of(made).requests[2:] == ["GET /responses/resp_1"] * 2
    assert made.port.now() == 1002.0


def test_a_response_that_was_cancelled_meanwhile() -> None:
    made = in_turn(cut(ALL[:3]), refusal(), looked_at("cancelled"))
    assert [each.type for each in made.run(collected(made))][3:] == ["polled"]


def test_polling_is_bounded_too() -> None:
    made = in_turn(cut(ALL[:3]), refusal(), *[looked_at("queued")] * 3)
    resume = Resume(delays=(0,), poll_interval_ms=4000, max_wait_seconds=8)
    with pytest.raises(PollTimeoutError):
        made.run(collected(made, resume))
    assert made.port.now() == 1008.0


def test_a_refusal_without_polling_is_the_error() -> None:
    made = in_turn(cut(ALL[:3]), refusal())
    with pytest.raises(APIStatusError, match="cannot be streamed"):
        made.run(collected(made, Resume(delays=(0,), poll=False)))


def test_the_limit_to_the_whole_holds_over_all_connections() -> None:
    made = in_turn(cut(ALL[:3]), [OPEN, chunk(sent(ALL[3:4])), Pause(60)])
    with pytest.raises(APITimeoutError) as caught:
        made.run(collected(made, **NEW, timeout=Timeout(total=10)))
    assert (caught.value.phase, made.port.now()) == ("total", 1010.0)
    made = in_turn(cut(ALL[:3]))
    with pytest.raises(APITimeoutError, match="No time to go on: 30 s more") as caught:
        made.run(collected(made, Resume(delays=(30,)), **NEW, timeout=Timeout(total=10)))
    assert (caught.value.phase, made.port.now()) == ("total", 1000.0)


async def snapshot(made: Script, **params: Any) -> tuple[Any, Any]:
    async with made.client.responses.stream(**params, resume=QUICK) as stream:
        kinds = [each.type async for each in stream]
        return kinds, await stream.get_final_response()


@pytest.mark.parametrize("at", range(1, len(ALL)))
def test_a_stream_that_adds_up(at: int) -> None:
    made = in_turn(cut(ALL[:at]), whole(ALL[at:]))
    kinds, response = made.run(snapshot(made, **NEW))
    assert kinds == [each["type"] for each in ALL]
    assert response.output_text == "".join(WORDS)


def test_a_stream_that_adds_up_and_is_polled() -> None:
    for status in ("completed", "cancelled"):
        made = in_turn(cut(ALL[:4]), refusal(), looked_at(status, "all of it"))
        _, response = made.run(snapshot(made, **NEW))
        assert (response.status, response.output_text) == (status, "all of it")


def test_a_stored_stream_that_adds_up() -> None:
    made = script(lambda line, after: whole(ALL[4:]) if after == 3 else cut(ALL[:4]))
    kinds, response = made.run(snapshot(made, response_id="resp_1", starting_after=2))
    assert kinds == [each["type"] for each in ALL[3:]]
    assert response.output_text == "".join(WORDS)


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize("polled", [True, False])
def test_cancelled_at_every_await(close: bool, polled: bool) -> None:
    end = [refusal(), looked_at("queued"), looked_at("completed")] if polled else [whole(ALL[5:])]
    at = 1
    while True:
        made = in_turn(cut(ALL[:3]), refusal("503 Busy"), cut(ALL[3:5]), *end)
        if not made.stop(collected(made), at, close=close):
            break
        at += 1
    assert at > 12


@pytest.mark.parametrize("polled", [True, False])
def test_given_up_at_every_await_its_reader_is_told(polled: bool) -> None:
    end = [refusal(), looked_at("queued"), looked_at("completed")] if polled else [whole(ALL[5:])]
    at, ended = 1, False
    while not ended:
        made = in_turn(cut(ALL[:3]), refusal("503 Busy"), cut(ALL[3:5]), *end)
        ended = given_up(made, at)
        made.settled()
        at += 1
    assert at > 12


def given_up(made: Script, at: int) -> bool:
    """Cancel the stream where its reader waits for the `at`-th time; True if it had ended before."""

    async def program() -> None:
        async with made.client.responses.follow(**NEW, resume=QUICK) as stream:
            streams.append(stream)
            async for _ in stream:
                pass

    streams: list[Any] = []
    reading = program()
    try:
        for number in range(1, at + 1):
            reading.send(None)
            if number == at and streams:
                streams[0].cancel()
    except StopIteration:
        return True
    if not streams:
        reading.close()
        return False
    try:
        run(reading)
    except StreamCancelledError:
        return False
    assert streams[0].source.received == len(ALL) or streams[0].source.received == 7
    return False


def test_a_pause_between_two_connections() -> None:
    made, streams = in_turn(cut(ALL[:3]), whole(ALL[3:])), list[Any]()

    async def program() -> list[Any]:
        async with made.client.responses.follow(**NEW, resume=QUICK) as stream:
            streams.append(stream)
            found = [await anext(stream) for _ in range(3)]
            stream.pause()
            return [*found, *[each async for each in stream]]

    reading, waits = program(), list[str]()
    while "park" not in waits:
        waits.append(str(reading.send(None)))
    streams[0].resume()
    assert documents(made.run(reading)) == ALL


def test_the_response_is_cancelled_at_the_server_too() -> None:
    made = in_turn(cut(ALL[:3]), looked_at("cancelled"))

    async def program() -> Any:
        async with made.client.responses.follow(**NEW, resume=QUICK) as stream:
            with pytest.raises(RuntimeError, match="not told the id"):
                await stream.cancel_response()
            await anext(stream)
            assert (stream.response_id, stream.last_sequence_number) == ("resp_1", 0)
            response = await stream.cancel_response(extra_headers={"x-why": "enough"})
            with pytest.raises(StreamCancelledError):
                await anext(stream)
            return response

    assert made.run(program()).status == "cancelled"
    assert port_of(made).requests[1] == "POST /responses/resp_1/cancel"
    assert b"x-why: enough" in made.sent


def test_beta_responses_have_it_too() -> None:
    made = in_turn(cut(ALL[:3]), whole(ALL[3:]))

    async def program() -> list[Any]:
        async with made.client.beta.responses.follow(**NEW, resume=QUICK) as stream:
            return [each async for each in stream]

    assert documents(made.run(program())) == ALL
    assert port_of(made).requests[1].startswith("GET /responses/resp_1?beta=true&starting_after=2")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"model": "m", "input": "x"}, "background: expected True"),
        ({**NEW, "stream": True}, "stream: follow"),
        ({**NEW, "starting_after": 1}, "starting_after: only for a response that there is"),
        ({**NEW, "resume": True}, "resume=True: expected a Resume"),
        ({"response_id": "r", "model": "m"}, "model"),
    ],
)
def test_what_cannot_be_followed(params: dict[str, Any], words: str) -> None:
    made = in_turn()
    with pytest.raises(TypeError, match=words):
        made.client.responses.follow(**params)


def test_a_stream_that_adds_up_has_to_be_in_the_background_too() -> None:
    made = in_turn()
    with pytest.raises(TypeError, match="background: expected True"):
        made.client.responses.stream(model="m", input="x", resume=Resume())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"max_attempts": -1}, "max_attempts=-1: expected a number of 0 or more"),
        ({"max_attempts": True}, "max_attempts=True"),
        ({"delays": ()}, r"delays=\(\): expected seconds of 0 or more, one at least"),
        ({"delays": (1, -1)}, "delays="),
        ({"delays": 3}, "delays=3"),
        ({"poll_interval_ms": -1}, "poll_interval_ms=-1"),
        ({"max_wait_seconds": "1"}, "max_wait_seconds='1'"),
    ],
)
def test_what_is_no_way_to_resume(fields: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        Resume(**fields)


def test_resume_is_a_value() -> None:
    assert Resume(delays=[1, 2]) == Resume(delays=(1, 2))  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(QUICK)) == QUICK
