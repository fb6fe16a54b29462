"""Scenarios of streams that are held up, given up from elsewhere, and read on after a cut."""

from typing import Any

import pytest

from api_openai import Resume
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APITimeoutError,
    StreamCancelledError,
    StreamSequenceError,
    StreamTruncatedError,
)

from ..support.http import DONE, END, EVENTS, answer, chunk, event, head
from ..support.resumable import finished, sent, told
from ..support.server import ASK, CLOSE, GATE, HANGUP, RESET
from ..support.shapes import CHAT, RESPOND, delta
from .framing import OK, POST
from .stage import HTTPX, Stage, scenario

STREAM = CHAT({"model": "m", "stream": True})
RESPONSE = RESPOND({"model": "m", "stream": True})
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked")
A, B = event(delta("a")), event(delta("b"))
ALL = told(["Once ", "upon ", "a ", "time"])
NEW: dict[str, Any] = {"model": "m", "input": "x", "background": True}
SOON = Resume(max_attempts=2, delays=(0.01,))


@scenario()
async def a_pause_that_somebody_else_ends(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A + B) + chunk(DONE) + END, ASK, OK)
    client = stage.client()
    async with await client.stream(STREAM) as stream:
        assert (await anext(stream)).choices[0].delta == "a"
        stream.pause()

        async def read() -> list[str]:
            return [each.choices[0].delta async for each in stream]

        async def go_on() -> None:
            stream.resume()

        assert await client.together([read, go_on]) == [["b"], None]
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


@scenario()
async def a_total_deadline_holds_in_a_pause(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), HANGUP)
    client = stage.client(timeout=Timeout(idle=0.01, total=0.05))
    async with await client.stream(STREAM) as stream:
        with stage.way.clock.hold():
            await anext(stream)
        stream.pause()
        with pytest.raises(APITimeoutError) as caught:
            await anext(stream)
    assert caught.value.phase == "total"


@scenario()
async def given_up_by_somebody_else(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), HANGUP)
    stage.server.on(ASK, OK)
    client = stage.client()
    async with await client.stream(STREAM) as stream:
        assert (await anext(stream)).choices[0].delta == "a"

        async def read() -> Any:
            return await anext(stream)

        async def give_up() -> None:
            stream.cancel()

        told_, _ = await client.together([read, give_up])
        assert isinstance(told_, StreamCancelledError)
        assert told_.received == 1
    assert (await client.send(POST)).id == "r1"


def said(text: str) -> bytes:
    return event({"type": "response.output_text.delta", "delta": text})


@scenario(without={HTTPX: "httpx cannot wait for a part of a body for a time and go on after it"})
async def smooth_text_does_not_wait_for_a_server_that_is_silent(stage: Stage) -> None:
    last = event({"type": "response.completed"})
    stage.server.on(ASK, OPEN + chunk(said("a") + said("b")), GATE, chunk(said("c") + last) + END)
    client = stage.client()
    async with await client.stream(RESPONSE) as stream:
        smooth = client.smooth(stream, size=100, age=0.03)
        assert (await anext(smooth)).delta == "ab"
        stage.server.go()
        assert [each.type async for each in smooth] == [
            "response.output_text.delta",
            "response.completed",
        ]


async def documents(stage: Stage, **params: Any) -> list[Any]:
    """The events of a response that is followed."""
    async with stage.client().follow(**params, resume=SOON) as stream:
        return [each.to_dict() async for each in stream]


def rest(stage: Stage, number: int) -> str:
    """The target of a request for more."""
    return stage.server.requests[number].target


@scenario()
async def a_response_is_read_on_after_its_stream_was_cut(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(sent(ALL[:3])), CLOSE)
    stage.server.on(ASK, OPEN + chunk(sent(ALL[3:5])), RESET)
    stage.server.on(ASK, OPEN + chunk(sent(ALL[4:])) + END)
    assert await documents(stage, **NEW) == ALL
    assert "starting_after=2" in rest(stage, 1)


@scenario()
async def a_response_is_read_on_where_a_proxy_ended_its_stream_properly(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(sent(ALL[:3])) + END, ASK, OPEN + chunk(sent(ALL[3:])) + END)
    assert await documents(stage, **NEW) == ALL
    assert len(stage.server.peers) == 1


@scenario()
async def a_response_is_polled_where_the_server_tells_no_more_events(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(sent(ALL[:3])), CLOSE)
    refused = answer({"error": {"message": "not a stream"}}, status="400 Bad Request")
    stage.server.on(ASK, refused, ASK, answer(finished("all of it")))
    async with stage.client().follow(**NEW, resume=SOON) as stream:
        events = [each async for each in stream]
    assert [each.type for each in events[3:]] == ["polled", "response.completed"]
    assert events[-1].response.output_text == "all of it"


@scenario()
async def a_response_whose_events_are_missing(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(sent(ALL[:3])), CLOSE)
    stage.server.on(ASK, OPEN + chunk(sent(ALL[4:])), HANGUP)
    with pytest.raises(StreamSequenceError, match="expected 3"):
        await documents(stage, **NEW)


@scenario()
async def a_response_whose_server_is_gone_for_good(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(sent(ALL[:3])), CLOSE)
    for _ in range(2):
        stage.server.on(ASK, CLOSE)
    with pytest.raises(StreamTruncatedError, match="2 attempts in a row") as caught:
        await documents(stage, **NEW)
    assert caught.value.received == 3
