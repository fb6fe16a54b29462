"""Scenarios of streams: what events come, how a stream ends, what becomes of its connection."""

from typing import Any

import pytest

from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APIError,
    APIStatusError,
    APITimeoutError,
    ResponseDecodeError,
    StreamTruncatedError,
)

from ..support.http import DONE, END, EVENTS, answer, chunk, chunked, event, head
from ..support.server import ASK, CLOSE, GATE, HANGUP, RESET, STALL, Drip
from ..support.shapes import CHAT, RESPOND, delta
from .callers import Caller
from .framing import OK, POST
from .stage import HTTPX, Stage, scenario

STREAM = CHAT({"model": "m", "stream": True})
RESPONSE = RESPOND({"model": "m", "stream": True})
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked", "x-request-id: req-1")
A, B = event(delta("a")), event(delta("b"))
LAST = event(delta("", "stop"))
WHOLE = chunked(A, B, DONE, fields=(EVENTS,))


def texts(events: list[Any]) -> list[str | None]:
    return [each.choices[0].delta for each in events]


@scenario()
async def done_and_the_connection_is_reused(stage: Stage) -> None:
    stage.server.on(ASK, WHOLE, ASK, WHOLE, ASK, OK)
    client = stage.client()
    for _ in range(2):
        assert texts(await client.events(STREAM)) == ["a", "b"]
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1
    assert stage.server.requests[0].header("accept") == "text/event-stream, application/json"


@scenario()
async def the_end_of_the_body_comes_after_done(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A + DONE), GATE, END, ASK, OK)
    client = stage.client()
    async with await client.stream(STREAM) as stream:
        assert texts([await anext(stream)]) == ["a"]
        stage.server.go()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


@scenario()
async def events_are_handed_out_as_they_come(stage: Stage) -> None:
    stage.server.on(ASK, OPEN, GATE, chunk(A), GATE, chunk(B), GATE, chunk(DONE) + END)
    async with await stage.client().stream(STREAM) as stream:
        assert stream.response.status_code == 200
        assert stream.response.request_id == "req-1"
        for text in ("a", "b"):
            stage.server.go()
            assert (await anext(stream)).choices[0].delta == text
        stage.server.go()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


@scenario()
async def a_terminal_event_without_done(stage: Stage) -> None:
    text = event({"type": "response.output_text.delta", "text": "a"})
    last = event({"type": "response.completed"}, "response.completed")
    stage.server.on(ASK, chunked(text, last, fields=(EVENTS,)), ASK, OK)
    client = stage.client()
    events = await client.events(RESPONSE)
    assert [each.type for each in events] == ["response.output_text.delta", "response.completed"]
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


@scenario()
async def a_finish_reason_without_done(stage: Stage) -> None:
    stage.server.on(ASK, chunked(A, LAST, fields=(EVENTS,)), ASK, OK)
    client = stage.client()
    assert texts(await client.events(STREAM)) == ["a", ""]
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_stream_that_ends_with_its_connection(stage: Stage) -> None:
    stage.server.on(ASK, head("200 OK", EVENTS, version="1.0") + A + LAST, CLOSE)
    assert texts(await stage.client().events(STREAM)) == ["a", ""]


async def cut(stage: Stage) -> StreamTruncatedError:
    """The error of a stream of which one event came."""
    async with await stage.client().stream(STREAM) as stream:
        assert (await anext(stream)).choices[0].delta == "a"
        stage.server.go()
        with pytest.raises(StreamTruncatedError) as caught:
            await anext(stream)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    error = caught.value
    assert texts(list(error.partial)) == ["a"]
    assert (error.received, error.sent) == (1, "answered")
    assert (error.operation, error.request_id) == ("chat.create", "req-1")
    return error


@scenario()
async def cut_short_by_a_close(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), GATE, CLOSE)
    await cut(stage)


@scenario()
async def cut_short_by_a_reset(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), GATE, RESET)
    await cut(stage)


@scenario()
async def cut_short_in_an_event(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), GATE, chunk(B[:-5]) + END)
    assert B[:-5] in (await cut(stage)).tail + B[:-5]


@scenario()
async def cut_short_by_the_end_of_the_body(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), GATE, END, ASK, OK)
    await cut(stage)


@scenario()
async def an_error_in_mid_stream(stage: Stage) -> None:
    failed = event({"error": {"message": "The server is overloaded", "code": "busy"}})
    stage.server.on(ASK, OPEN + chunk(A + failed) + END)
    async with await stage.client().stream(STREAM) as stream:
        assert (await anext(stream)).choices[0].delta == "a"
        with pytest.raises(APIError, match="overloaded") as caught:
            await anext(stream)
    assert (caught.value.code, caught.value.request_id) == ("busy", "req-1")


@scenario()
async def an_error_in_mid_response(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(event({"error": "no capacity"})) + END)
    with pytest.raises(APIError, match="no capacity"):
        await stage.client().events(RESPONSE)


@scenario()
async def comments_pings_and_blank_lines(stage: Stage) -> None:
    noise = b": keepalive 1/2\n\n\n:\n\nevent: ping\n\nretry: 10\n\n: OPENROUTER PROCESSING\n\n"
    stage.server.on(ASK, chunked(noise, A, noise, B, DONE, noise, fields=(EVENTS,)), ASK, OK)
    client = stage.client()
    assert texts(await client.events(STREAM)) == ["a", "b"]
    assert (await client.send(POST)).id == "r1"


@scenario()
async def carriage_returns_and_no_space(stage: Stage) -> None:
    lines = A.replace(b"data: ", b"data:").replace(b"\n", b"\r\n") + B.replace(b"\n", b"\r")
    stage.server.on(ASK, chunked(b"\xef\xbb\xbf" + lines, DONE, fields=(EVENTS,)))
    assert texts(await stage.client().events(STREAM)) == ["a", "b"]


@scenario()
async def events_byte_by_byte(stage: Stage) -> None:
    said = event(delta("\u2028 \u0085 \U0001f600"))
    stage.server.on(ASK, OPEN, Drip(chunk(said) + chunk(DONE) + END), ASK, OK)
    client = stage.client()
    assert texts(await client.events(STREAM)) == ["\u2028 \u0085 \U0001f600"]
    assert (await client.send(POST)).id == "r1"


@scenario()
async def one_byte_in_each_chunk(stage: Stage) -> None:
    parts = [bytes((byte,)) for byte in A + DONE]
    stage.server.on(ASK, chunked(*parts, fields=(EVENTS,)))
    assert texts(await stage.client().events(STREAM)) == ["a"]


@scenario()
async def many_events_in_one_piece(stage: Stage) -> None:
    stage.server.on(ASK, chunked(A * 2000 + DONE, fields=(EVENTS,)))
    assert len(await stage.client().events(STREAM)) == 2000


@scenario()
async def a_stream_asked_for_and_a_document_given(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK)
    client = stage.client()
    with pytest.raises(ResponseDecodeError, match="application/json") as caught:
        await client.events(STREAM)
    assert caught.value.snippet.startswith(b'{"id"')
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_stream_asked_for_and_a_page_given(stage: Stage) -> None:
    page = answer(b"<html><h1>Sign in</h1></html>", "content-type: text/html")
    stage.server.on(ASK, page)
    with pytest.raises(ResponseDecodeError, match="text/html"):
        await stage.client().events(STREAM)


@scenario()
async def a_stream_asked_for_and_nothing_given(stage: Stage) -> None:
    stage.server.on(ASK, answer(b"", EVENTS))
    with pytest.raises(StreamTruncatedError) as caught:
        await stage.client().events(STREAM)
    assert caught.value.received == 0


@scenario()
async def a_document_asked_for_and_a_stream_given(stage: Stage) -> None:
    stage.server.on(ASK, WHOLE)
    with pytest.raises(ResponseDecodeError, match="text/event-stream"):
        await stage.client().send(POST)


@scenario()
async def a_stream_refused(stage: Stage) -> None:
    refusal = answer({"error": {"message": "slow down"}}, EVENTS, status="429 Too Many")
    stage.server.on(ASK, refusal, ASK, OK)
    client = stage.client()
    with pytest.raises(APIStatusError, match="slow down"):
        await client.stream(STREAM)
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_stream_closed_midway(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), HANGUP)
    stage.server.on(ASK, OK)
    client = stage.client()
    stream = await client.stream(STREAM)
    assert (await anext(stream)).choices[0].delta == "a"
    await stream.close()
    assert [event async for event in stream] == []
    assert (await client.send(POST)).id == "r1"


async def leave(client: Caller) -> None:
    """Leave the block of a stream by an exception."""
    async with await client.stream(STREAM) as stream:
        await anext(stream)
        raise ZeroDivisionError


@scenario()
async def a_block_left_by_an_exception(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), HANGUP)
    with pytest.raises(ZeroDivisionError):
        await leave(stage.client())


@scenario(without={HTTPX: "what httpx holds is closed at the end of its loop, or by its client"})
async def a_stream_dropped_unread(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), HANGUP)
    stage.server.on(ASK, OK)
    client = stage.client()
    stream = await client.stream(STREAM)
    await anext(stream)
    del stream
    assert (await client.send(POST)).id == "r1"


@scenario()
async def two_streams_at_once(stage: Stage) -> None:
    for _ in range(2):
        stage.server.on(ASK, OPEN + chunk(A), GATE, chunk(B) + chunk(DONE) + END)
    client = stage.client()
    async with await client.stream(STREAM) as one, await client.stream(STREAM) as two:
        for stream in (one, two):
            assert (await anext(stream)).choices[0].delta == "a"
        for number in (0, 1):
            stage.server.peer(number).waited(1)
        stage.server.go_all()
        for stream in (two, one):
            assert texts([each async for each in stream]) == ["b"]


@scenario()
async def idle_deadline_of_a_stream(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), STALL)
    client = stage.client(timeout=Timeout(idle=0.03))
    async with await client.stream(STREAM) as stream:
        with stage.way.clock.hold():
            await anext(stream)
        with pytest.raises(APITimeoutError) as caught:
            await anext(stream)
        assert [each async for each in stream] == []
    assert (caught.value.phase, caught.value.seconds) == ("idle", 0.03)
    assert caught.value.request_id == "req-1"


@scenario()
async def total_deadline_of_a_stream(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), STALL)
    client = stage.client(timeout=Timeout(total=0.03))
    with pytest.raises(APITimeoutError) as caught:
        await client.events(STREAM)
    assert (caught.value.phase, caught.value.seconds) == ("total", 0.03)


@scenario()
async def a_raw_view_of_a_stream(stage: Stage) -> None:
    stage.server.on(ASK, WHOLE)
    response = await stage.client().raw(STREAM)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream")
    stream = response.parse()
    events = [each async for each in stream] if hasattr(stream, "__aiter__") else [*stream]
    assert texts(events) == ["a", "b"]


@scenario()
async def a_streaming_view_of_a_stream(stage: Stage) -> None:
    stage.server.on(ASK, WHOLE, ASK, OK)
    client = stage.client()
    async with client.streaming(STREAM) as body:
        events = [each async for each in await body.parse()]
    assert texts(events) == ["a", "b"]
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1
