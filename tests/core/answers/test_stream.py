"""Streams of events, over a scripted port: how they end, and what becomes of the connection."""

import pickle
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.answers.source import AHEAD, DRAIN_BYTES, EventSource
from api_openai.core.answers.stream import AsyncStream, Stream
from api_openai.core.api.type_names import codec_of
from api_openai.core.call.call import call
from api_openai.core.call.settings import Settings
from api_openai.core.call.wire import PooledWire
from api_openai.core.json.codec import Codec
from api_openai.core.request.answer_kinds import EventsAnswer
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.limits import Limits
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    ResponseDecodeError,
    StreamCancelledError,
    StreamTruncatedError,
)
from api_openai.core.terms.sentinels import END, NEED_DATA

from ...support.http import DONE, EVENTS, answer, chunk, chunked, event, head
from ...support.port import ASKED, Pause, ScriptedPort, Step, run, stop
from ...support.shapes import CHAT, RESPOND, Reply, delta

ENDPOINT = Endpoint("http://api.test")
STREAM = CHAT({"model": "m", "stream": True})
RESPONSE = RESPOND({"model": "m", "stream": True})
A, B = event(delta("a")), event(delta("b"))
LAST = event(delta("", "stop"))
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked", "x-request-id: req-1")
"""The head of a stream that goes on."""
OVER = b"0\r\n\r\n"


def opened(
    port: ScriptedPort, operation: Operation[Any, Any] = STREAM, **changes: Any
) -> EventSource[Any]:
    """Send the operation and return the stream of its answer."""
    settings = Settings(endpoint=ENDPOINT, **changes)
    wire = PooledWire(port, port.network)
    reply = run(call(wire, settings, operation, whole=False))
    answer = operation.answer
    assert isinstance(answer, EventsAnswer)
    return EventSource(reply, answer, codec_of(answer.type), settings, codec_of(answer.document))


def texts(events: Sequence[Any]) -> list[str]:
    return [each.choices[0].delta for each in events]


def rest(source: EventSource[Any]) -> list[Any]:
    """Every event that is left."""
    return list(Stream(source, run))


def cut(*script: Step, operation: Operation[Any, Any] = STREAM, **changes: Any) -> APIError:
    """The error of a stream that does not end well; its connection is closed."""
    port = ScriptedPort(script)
    with pytest.raises(APIError) as caught:
        rest(opened(port, operation, **changes))
    assert port.pool.in_use == 0
    assert port.open == port.pool.idle
    return caught.value


def test_done_ends_a_stream_and_its_connection_is_reused() -> None:
    port = ScriptedPort([chunked(A, B, DONE, fields=(EVENTS,)), ASKED, answer({"id": "r"})])
    assert texts(rest(opened(port))) == ["a", "b"]
    assert port.pool.idle == 1
    run(call(PooledWire(port, port.network), Settings(endpoint=ENDPOINT), STREAM, whole=True))
    assert len(port.conns) == 1


def test_what_follows_done_is_drained_for_a_moment() -> None:
    port = ScriptedPort([OPEN + chunk(A) + chunk(DONE), Pause(0.1), OVER])
    assert texts(rest(opened(port))) == ["a"]
    assert (port.pool.idle, port.now()) == (1, 1000.1)


@pytest.mark.parametrize(
    "after", [Pause(5), b"", chunk(b": more\n\n" * (DRAIN_BYTES // 4)) * 2, APIConnectionError("x")]
)
def test_what_does_not_end_soon_after_done_costs_the_connection_only(after: Step) -> None:
    port = ScriptedPort([OPEN + chunk(A) + chunk(DONE), after, OVER])
    assert texts(rest(opened(port))) == ["a"]
    assert (port.pool.idle, port.open) == (0, 0)
    assert port.now() <= 1000.3


def test_a_terminal_event_ends_a_stream() -> None:
    last = event({"type": "response.completed"})
    first = event({"type": "delta", "text": "a"}, "delta")
    port = ScriptedPort([OPEN + chunk(first + last), OVER])
    events = rest(opened(port, RESPONSE))
    assert [each.type for each in events] == ["delta", "response.completed"]
    assert port.pool.idle == 1


def test_a_terminal_event_ends_a_stream_that_the_server_leaves_open() -> None:
    last = event({"type": "response.failed"})
    port = ScriptedPort([OPEN + chunk(last + event({"type": "late"})), Pause(60), OVER])
    assert [each.type for each in rest(opened(port, RESPONSE))] == ["response.failed"]
    assert port.now() < 1001
    assert port.open == port.pool.in_use == 0


def test_events_after_the_last_are_not_handed_out() -> None:
    port = ScriptedPort([chunked(A, DONE, B, fields=(EVENTS,))])
    assert texts(rest(opened(port))) == ["a"]


@pytest.mark.parametrize("before", [0, 1, AHEAD - 1, AHEAD, AHEAD + 1, 3 * AHEAD])
def test_events_of_one_read_come_before_the_error_among_them(before: int) -> None:
    odd = event({"error": {"message": "overloaded"}})
    port = ScriptedPort([OPEN + chunk(A * before + odd + B), OVER])
    source = opened(port)
    stream = Stream(source, run)
    assert [next(stream).choices[0].delta for _ in range(before)] == ["a"] * before
    with pytest.raises(APIError, match="overloaded"):
        next(stream)
    assert source.received == before
    assert list(stream) == []


def test_events_that_have_come_are_counted_when_they_are_handed_out() -> None:
    port = ScriptedPort([OPEN + chunk(A * 3), Pause(1), chunk(DONE) + OVER])
    source = opened(port)
    stream = Stream(source, run)
    assert source.received == 0
    assert next(stream).choices[0].delta == "a"
    assert source.received == 1
    source.pause()
    assert source.pull() is NEED_DATA
    source.resume()
    assert next(stream).choices[0].delta == "a"
    source.cancel()
    with pytest.raises(StreamCancelledError) as caught:
        next(stream)
    assert (caught.value.received, source.received) == (2, 2)


def test_who_is_interrupted_while_an_event_is_decoded_reads_no_further(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = ScriptedPort([OPEN + chunk(A + B), Pause(1), chunk(DONE) + OVER])
    source = opened(port)

    def interrupted(_: Codec[Any], data: bytes) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Codec, "quick", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(source.next())
    assert (port.pool.in_use, port.open) == (0, 0)
    assert source.pull() is END


def test_a_finish_reason_will_do_where_done_never_comes() -> None:
    port = ScriptedPort([chunked(A, LAST, fields=(EVENTS,))])
    assert texts(rest(opened(port))) == ["a", ""]
    usage = event({"choices": []})
    port = ScriptedPort([chunked(A, LAST, usage, fields=(EVENTS,))])
    assert len(rest(opened(port))) == 3


def part(index: int, finish: str | None = None) -> bytes:
    return event({"choices": [{"index": index, "delta": "x", "finish_reason": finish}]})


@pytest.mark.parametrize("last", [b"", event({"choices": []}) * 5])
def test_a_stream_of_several_choices_is_whole_when_each_has_said_why_it_stopped(
    last: bytes,
) -> None:
    events = [part(0), part(1), part(0, "stop"), *[part(1)] * 9, part(1, "length"), last]
    port = ScriptedPort([chunked(b"".join(events), fields=(EVENTS,))])
    assert len(rest(opened(port))) == 13 + (5 if last else 0)
    for count in range(1, 13):
        error = cut(chunked(b"".join(events[:count]) + last, fields=(EVENTS,)))
        assert isinstance(error, StreamTruncatedError)


@pytest.mark.parametrize("choices", [5, True, {"a": 1}, [5], [{"finish_reason": []}]])
def test_an_odd_end_is_a_stream_cut_short(choices: object) -> None:
    error = cut(chunked(A, event({"choices": choices}), fields=(EVENTS,)))
    assert isinstance(error, StreamTruncatedError)
    error = cut(chunked(event({"type": choices}), fields=(EVENTS,)), operation=RESPONSE)
    assert isinstance(error, StreamTruncatedError)


def test_done_without_its_empty_line_is_enough() -> None:
    port = ScriptedPort([chunked(A, DONE.rstrip(), fields=(EVENTS,))])
    assert texts(rest(opened(port))) == ["a"]


@pytest.mark.parametrize(
    "script",
    [
        [chunked(A, B, fields=(EVENTS,))],
        [OPEN + chunk(A) + chunk(B), b""],
        [OPEN + chunk(A) + chunk(B)[:-4], b""],
        [OPEN + chunk(A) + chunk(B), APIConnectionError("reset")],
        [head("200 OK", EVENTS, version="1.0") + A + B + b'data: {"cho', b""],
    ],
)
def test_a_stream_cut_short_hands_over_what_came(script: list[Step]) -> None:
    error = cut(*script)
    assert isinstance(error, StreamTruncatedError)
    assert texts(error.partial) in (["a", "b"], ["a"])
    assert error.received == len(error.partial)
    assert (error.sent, error.request_id) in (("answered", "req-1"), ("answered", None))
    assert error.operation == "chat.create"
    assert len(error.attempts) == 1


def test_the_beginning_of_the_next_event_is_kept() -> None:
    error = cut(OPEN + chunk(A + b'data: {"cho'), b"")
    assert isinstance(error, StreamTruncatedError)
    assert b'{"cho' in error.tail


def test_a_response_that_never_completes_is_cut_short_whatever_its_events_say() -> None:
    item = event({"type": "delta", "choices": [{"finish_reason": "stop"}]})
    error = cut(chunked(item, fields=(EVENTS,)), operation=RESPONSE)
    assert isinstance(error, StreamTruncatedError)


def test_the_history_is_bounded() -> None:
    error = cut(chunked(*[A] * 10, fields=(EVENTS,)), limits=Limits(history=3))
    assert isinstance(error, StreamTruncatedError)
    assert (len(error.partial), error.received) == (3, 10)


@pytest.mark.parametrize(
    "failed",
    [
        event({"error": {"message": "overloaded", "code": "busy"}}),
        b'data: { "error" : {"message": "overloaded", "code": "busy"}}\n\n',
        event({"id": "x", "type": None, "error": {"message": "overloaded", "code": "busy"}}),
    ],
)
def test_an_error_in_mid_stream(failed: bytes) -> None:
    port = ScriptedPort([OPEN + chunk(A) + chunk(failed)])
    source = opened(port)
    stream = Stream(source, run)
    assert next(stream).choices[0].delta == "a"
    with pytest.raises(APIError, match="overloaded") as caught:
        next(stream)
    assert (caught.value.code, caught.value.request_id) == ("busy", "req-1")
    assert port.open == port.pool.in_use == 0


PADDING = {"id": "gen-" + "x" * 300, "system_fingerprint": "f" * 300}
CHOICE = {"index": 0, "delta": "", "finish_reason": "error"}


@pytest.mark.parametrize(
    "failed",
    [
        event({**PADDING, "choices": [CHOICE], "error": {"code": 502, "message": "BOOM"}}),
        event({**PADDING, "choices": [], "error": {"code": 502, "message": "BOOM"}}),
        event({**PADDING, "choices": [{**CHOICE, "error": {"message": "BOOM"}}]}),
        event({"error": "BOOM"}),
        event({"object": "error", "message": "BOOM", "type": "x", "param": None, "code": 500}),
        event({"type": "error", "error": {"type": "overloaded_error", "message": "BOOM"}}),
        event({"detail": "BOOM"}),
        event({"code": 400, "message": "BOOM", "type": "invalid_request_error"}),
        event({"message": "BOOM"}),
        b'event: error\ndata: {"message":"BOOM","code":503}\n\n',
        b'event: error\ndata: {"error":{"message":"BOOM"}}\n\n',
        b'event: error\ndata: "BOOM"\n\n',
        b"event: error\ndata: BOOM\n\n",
        b'error: {"code":400,"message":"BOOM","type":"invalid_request_error"}\n\n',
        b'{"error":{"message":"BOOM"}}\n\n',
        b'{\n  "error": {\n    "message": "BOOM"\n  }\n}\n\n',
    ],
)
@pytest.mark.parametrize("operation", [STREAM, RESPONSE])
@pytest.mark.parametrize("after", [b"", DONE])
@pytest.mark.parametrize("first", [b"", A])
def test_an_error_in_whatever_form(
    failed: bytes, operation: Operation[Any, Any], after: bytes, first: bytes
) -> None:
    first = event({"type": "delta"}) if first and operation is RESPONSE else first
    for script in (
        [chunked(first + failed + after, fields=(EVENTS,))],
        [OPEN + chunk(first + failed + after)],
        [chunked(first + failed.rstrip(), fields=(EVENTS,))],
        [chunked(first + failed.rstrip(), fields=("content-type: application/json",))],
    ):
        error = cut(*script, operation=operation)
        assert type(error) is APIError
        assert "BOOM" in str(error)
        assert error.operation == operation.name


def test_an_error_for_a_type_of_the_callers() -> None:
    failed = event({**PADDING, "error": {"message": "BOOM"}})
    operation = CHAT({"model": "m", "stream": True, "response_type": dict})
    assert "BOOM" in str(cut(chunked(A, failed, DONE, fields=(EVENTS,)), operation=operation))


@pytest.mark.parametrize(
    "said",
    [
        {"error": None},
        {"error": False},
        {"error": {}},
        {"error": ""},
        {"message": "what", "choices": []},
        {"detail": "what", "id": "x", "choices": []},
        {"choices": [{"index": 0, "delta": "a", "error": None}]},
    ],
)
def test_what_looks_like_an_error_and_is_none(said: dict[str, Any]) -> None:
    port = ScriptedPort([chunked(event(said), DONE, fields=(EVENTS,))])
    assert len(rest(opened(port))) == 1


@pytest.mark.parametrize("space", [b"", b" ", b"\t", b"  \n  "])
def test_done_with_white_space(space: bytes) -> None:
    port = ScriptedPort(
        [chunked(A, b"data:" + space.partition(b"\n")[0] + b"[DONE] \n\n", fields=(EVENTS,))]
    )
    assert texts(rest(opened(port))) == ["a"]


@pytest.mark.parametrize(
    "operation", [STREAM, CHAT({"model": "m", "stream": True, "response_type": dict})]
)
@pytest.mark.parametrize(
    "said",
    [
        b"data:\n\n",
        b"data: \n\n",
        b"data: null\n\n",
        b"event: ping\ndata:\n\n",
        b"event: ping\ndata: {}\n\n",
        b'event: ping\ndata: {"type":"ping"}\n\n',
        b"retry: 3000\n\n",
        b"event: ping\n\n",
        b"id: 1\n: ping\n\n",
    ],
)
def test_events_that_say_nothing(said: bytes, operation: Operation[Any, Any]) -> None:
    for events in (
        (said, A, LAST, DONE),
        (A, said, LAST, DONE),
        (A, LAST, said, DONE),
        (A, LAST, said),
    ):
        port = ScriptedPort([chunked(*events, fields=(EVENTS,))])
        source = opened(port, operation)
        assert len(rest(source)) == source.received == 2


def test_an_event_that_has_its_type_in_its_name() -> None:
    said = b'event: delta\ndata: {"delta":"x"}\n\n'
    over = b"event: response.completed\ndata: {}\n\n"
    port = ScriptedPort([chunked(said, over, fields=(EVENTS,))])
    first, last = rest(opened(port, RESPONSE))
    assert (first.type, last.type) == ("delta", "response.completed")
    error = cut(chunked(said, fields=(EVENTS,)), operation=RESPONSE)
    assert isinstance(error, StreamTruncatedError)
    assert [each.type for each in error.partial] == ["delta"]


def test_the_last_event_lacks_its_empty_line() -> None:
    for last in (LAST, LAST.rstrip()):
        port = ScriptedPort([chunked(A, last, fields=(EVENTS,))])
        assert texts(rest(opened(port))) == ["a", ""]
    error = cut(chunked(A, B.rstrip(), fields=(EVENTS,)))
    assert isinstance(error, StreamTruncatedError)
    assert (texts(error.partial), error.tail) == (["a", "b"], b"")


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_a_whole_answer_in_place_of_a_stream_is_kept(kind: str) -> None:
    error = cut(answer({"id": "r1", "x": 1}, f"content-type: {kind}"))
    assert isinstance(error, ResponseDecodeError)
    assert isinstance(error.body, Reply)
    assert error.body.id == "r1"
    assert pickle.loads(pickle.dumps(error)).body.id == "r1"
    error = cut(answer({"id": 5}, f"content-type: {kind}"))
    assert isinstance(error, ResponseDecodeError)
    assert error.body == {"id": 5}


def test_only_events_are_signs_of_life() -> None:
    drip = [step for _ in range(100) for step in (chunk(b": ping\n\ndata:\n\n"), Pause(0.4))]
    error = cut(OPEN + chunk(A), *drip, timeout=Timeout(idle=1))
    assert isinstance(error, APITimeoutError)
    assert error.phase == "idle"
    script = [OPEN + chunk(A), *drip, chunk(LAST + DONE) + OVER]
    source = opened(ScriptedPort(script), timeout=Timeout(idle=1, keepalives=True))
    assert texts(rest(source)) == ["a", ""]
    slow = [step for _ in range(9) for step in (Pause(0.9), chunk(A))]
    source = opened(ScriptedPort([OPEN, *slow, chunk(DONE) + OVER]), timeout=Timeout(idle=1))
    assert len(rest(source)) == 9


def test_the_history_is_bounded_in_bytes() -> None:
    big = event(delta("x" * 1000))
    for script in ([chunked(*[big] * 50, fields=(EVENTS,))], [OPEN, *[chunk(big)] * 50, OVER]):
        error = cut(*script, limits=Limits(history_bytes=5000))
        assert isinstance(error, StreamTruncatedError)
        assert 1 <= len(error.partial) <= 5
        assert error.received == 50


def test_the_size_of_an_event_can_be_limited() -> None:
    error = cut(OPEN + chunk(A + event(delta("x" * 1000))), limits=Limits(event=500))
    assert isinstance(error, StreamTruncatedError)
    assert "500" in str(error)
    assert texts(error.partial) == ["a"]


def test_an_error_within_an_event_is_no_error_of_the_stream() -> None:
    port = ScriptedPort([OPEN + chunk(event({"id": "c", "error": None, "choices": []}) + DONE)])
    assert [each.id for each in Stream(opened(port), run)] == ["c"]


def test_an_error_document_that_is_no_json() -> None:
    assert isinstance(cut(OPEN + chunk(A + b'data: {"error": {]\n\n')), ResponseDecodeError)


def test_an_event_that_is_no_json() -> None:
    error = cut(OPEN + chunk(A + b"data: {]\n\n"))
    assert isinstance(error, ResponseDecodeError)
    assert "Event 2 of the stream" in str(error)
    assert error.snippet == b"{]"


def test_strict_settings_refuse_an_event_that_does_not_fit() -> None:
    bad = event({"choices": "none"})
    assert isinstance(cut(OPEN + chunk(bad), strict=True), APIError)
    port = ScriptedPort([chunked(bad, DONE, fields=(EVENTS,))])
    assert len(rest(opened(port))) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>hello</html>", "text/html"),
        (b'{"id": "r"}', "application/json"),
        (b"", "text/plain"),
    ],
)
def test_what_is_no_stream_at_all(body: bytes, kind: str) -> None:
    error = cut(answer(body, f"content-type: {kind}"))
    assert isinstance(error, ResponseDecodeError)
    assert kind in str(error)
    assert error.snippet in body
    assert bool(error.snippet) == bool(body)


def test_an_empty_stream_is_cut_short() -> None:
    error = cut(answer(b"", EVENTS))
    assert isinstance(error, StreamTruncatedError)
    assert error.received == 0


@pytest.mark.parametrize(
    ("timeout", "phase"), [(Timeout(idle=2), "idle"), (Timeout(total=2), "total")]
)
def test_deadlines(timeout: Timeout, phase: str) -> None:
    error = cut(OPEN + chunk(A), Pause(3), chunk(B), timeout=timeout)
    assert isinstance(error, APITimeoutError)
    assert error.phase == phase
    assert (error.operation, error.request_id) == ("chat.create", "req-1")


def test_after_an_error_a_stream_is_over() -> None:
    port = ScriptedPort([OPEN + chunk(A), Pause(3)])
    stream = AsyncStream(opened(port, timeout=Timeout(idle=1)))
    run(anext_of(stream))
    with pytest.raises(APITimeoutError):
        run(anext_of(stream))
    with pytest.raises(StopAsyncIteration):
        run(anext_of(stream))


async def anext_of(stream: AsyncStream[Any]) -> Any:
    return await anext(stream)


def test_after_a_cancelled_read_a_stream_says_that_it_was_cut() -> None:
    port = ScriptedPort([OPEN + chunk(A), chunk(B)])
    source = opened(port)
    run(source.next())
    assert stop(source.next(), 1, close=True)
    assert port.open == port.pool.in_use == 0
    with pytest.raises(StreamTruncatedError) as caught:
        run(source.next())
    assert texts(caught.value.partial) == ["a"]


@pytest.mark.parametrize("close", [True, False])
def test_a_stream_can_be_cancelled_at_every_await(close: bool) -> None:
    at, stopped = 0, True
    while stopped:
        at += 1
        port = ScriptedPort([OPEN, chunk(A), chunk(B)[:9], chunk(B)[9:], chunk(DONE), OVER])
        stopped = stop(streaming(port), at, close=close)
        assert port.pool.in_use == 0
        assert port.open == port.pool.idle
    assert at > 8


async def streaming(port: ScriptedPort) -> int:
    settings = Settings(endpoint=ENDPOINT)
    reply = await call(PooledWire(port, port.network), settings, STREAM, whole=False)
    assert isinstance(STREAM.answer, EventsAnswer)
    source: EventSource[Any] = EventSource(
        reply, STREAM.answer, codec_of(STREAM.answer.type), settings
    )
    received = 0
    while await source.next() is not END:
        received += 1
    assert received == 2
    return received


def test_leaving_the_block_closes_the_connection() -> None:
    port = ScriptedPort([OPEN + chunk(A), Pause(1)])
    with Stream(opened(port), run) as stream:
        next(stream)
        assert port.open == 1
    assert port.open == port.pool.in_use == 0
    assert list(stream) == []


def test_closing_at_the_end_keeps_the_connection() -> None:
    port = ScriptedPort([chunked(A, DONE, fields=(EVENTS,))])
    with Stream(opened(port), run) as stream:
        assert len(list(stream)) == 1
    stream.close()
    assert (port.open, port.pool.idle) == (1, 1)


def test_a_stream_that_nobody_holds_frees_its_connection() -> None:
    port = ScriptedPort([OPEN + chunk(A), Pause(1)])
    stream = Stream(opened(port), run)
    next(stream)
    del stream
    assert port.open == port.pool.in_use == 0


def test_the_async_face_is_the_same() -> None:
    async def read() -> list[Any]:
        async with AsyncStream(opened(port)) as stream:
            assert stream.response.status_code == 200
            return [each async for each in stream]

    port = ScriptedPort([chunked(A, B, DONE, fields=(EVENTS,))])
    assert texts(run(read())) == ["a", "b"]
    assert port.pool.idle == 1


@given(st.lists(st.integers(1, 400), max_size=12))
def test_any_split_gives_the_same_events(sizes: list[int]) -> None:
    wire = chunked(A, b": ping\n\n", B + LAST[:7], LAST[7:] + DONE, fields=(EVENTS,))
    parts: list[Step] = []
    for size in sizes:
        if wire:
            parts.append(wire[:size])
            wire = wire[size:]
    if wire:
        parts.append(wire)
    port = ScriptedPort(parts)
    assert texts(rest(opened(port))) == ["a", "b", ""]
    assert port.pool.idle == 1


def drive_nothing(program: Coroutine[Any, Any, Any]) -> Any:
    raise AssertionError("nothing more is to be read")


def test_events_that_have_come_are_handed_out_without_the_port() -> None:
    port = ScriptedPort([OPEN + chunk(A + B), OVER])
    source = opened(port)
    run(source.next())
    stream = Stream(source, drive_nothing)
    assert texts([next(stream)]) == ["b"]
    source.abort()


def test_validation_errors_are_told_apart() -> None:
    error = cut(OPEN + chunk(event({"choices": 5})), strict=True)
    assert isinstance(error, ResponseDecodeError | APIResponseValidationError)
