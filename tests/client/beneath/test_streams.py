"""Streams of events beneath a client of httpx or httpx2: whole, cut, traced, and their connections."""

import gzip
from typing import Any

import pytest

from api_openai import Network, StreamTruncatedError
from api_openai.tracing import TraceEvent

from ...support.above import Above, above
from ...support.http import DONE, END, EVENTS, answer, chunk, chunked, event, head
from ...support.server import ASK, CLOSE, GATE, STALL, Server

FIELDS = (EVENTS,)


def delta(finish: str | None = None, index: int = 0) -> bytes:
    return event(
        {
            "object": "chat.completion.chunk",
            "model": "m-1",
            "choices": [{"index": index, "delta": {"content": "hi"}, "finish_reason": finish}],
        }
    )


def said(kind: str, **more: Any) -> bytes:
    return event({"type": kind, **more}, kind)


USAGE = event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}})
FAILED = event({"error": {"message": "out of memory"}})
STREAM = {"model": "m", "stream": True}


def at(server: Server, path: str = "/v1/chat/completions") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"

WHOLE = {
    "done": (CHAT, [delta(), DONE]),
    "finish reasons": (CHAT, [delta(), delta("stop"), USAGE]),
    "finish reasons of two": (CHAT, [delta("stop"), delta("length", 1)]),
    "an error in it": (CHAT, [delta(), FAILED]),
    "terminal": (RESPONSES, [said("response.created"), said("response.completed")]),
    "terminal, with others in one part": (
        RESPONSES,
        [said("response.created") + said("response.completed")],
    ),
    "done, with others in one part": (RESPONSES, [said("a") + DONE + said("b"), said("c")]),
    "terminal without a name": (RESPONSES, [event({"type": "response.incomplete"})]),
    "no empty line at its end": (RESPONSES, [said("response.completed")[:-1]]),
    "of a deployment": ("/openai/deployments/m/chat/completions", [delta(), DONE]),
    "of another API": ("/v1/watch", [event({"a": 1})]),
}
CUT: dict[str, tuple[str, list[bytes]]] = {
    "behind its last": (RESPONSES, [said("response.completed") + said("response.created")]),
    "in the middle": (CHAT, [delta(), delta()]),
    "one of two choices": (CHAT, [delta("stop"), delta(None, 1)]),
    "in an event": (CHAT, [delta("stop"), delta()[:-9]]),
    "before the first": (CHAT, []),
    "without its last": (RESPONSES, [said("response.created", response={"error": None})]),
    "behind a message": (RESPONSES, [said("response.output_item.added", item={"type": "message"})]),
}


@pytest.mark.parametrize("case", WHOLE)
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_stream_that_is_whole(
    package: Any, kind: str, server: Server, case: str, coding: str
) -> None:
    path, parts = WHOLE[case]

    async def scenario(client: Above) -> None:
        got = await client.open("POST", at(server, path), json=STREAM)
        assert b"".join(await client.parts(got)) == b"".join(parts)

    sent = [gzip.compress(b"".join(parts))] if coding == "gzip" else parts
    server.on(ASK, chunked(*sent, fields=(EVENTS, f"content-encoding: {coding}")))
    above(package, kind, scenario)


@pytest.mark.parametrize("case", CUT)
def test_a_stream_that_is_cut(package: Any, kind: str, server: Server, case: str) -> None:
    path, parts = CUT[case]

    async def scenario(client: Above) -> None:
        got = await client.open("POST", at(server, path), json=STREAM)
        with pytest.raises(package.RemoteProtocolError, match="cut short") as caught:
            await client.parts(got)
        assert isinstance(caught.value.__cause__, StreamTruncatedError)

    server.on(ASK, chunked(*parts, fields=FIELDS))
    above(package, kind, scenario)


def test_a_stream_whose_connection_breaks(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        got = await client.open("POST", at(server), json=STREAM)
        with pytest.raises(package.RemoteProtocolError):
            await client.parts(got)

    server.on(ASK, head("200 OK", EVENTS, "transfer-encoding: chunked") + chunk(delta()), CLOSE)
    above(package, kind, scenario)


def test_a_stream_that_may_end_with_its_body(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        got = await client.open("POST", at(server), json=STREAM)
        assert b"".join(await client.parts(got)) == delta()

    server.on(ASK, chunked(delta(), fields=FIELDS))
    above(package, kind, scenario, stream_end="body")


def test_one_document_in_place_of_a_stream(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        assert (await client.ask("POST", at(server), json=STREAM)).json() == {"id": "x"}

    server.on(ASK, answer({"id": "x"}))
    above(package, kind, scenario)


def test_events_come_one_by_one(package: Any, kind: str) -> None:
    async def scenario(client: Above) -> None:
        got = await client.open("POST", at(server), json=STREAM)
        assert await client.parts(got, 1) == [delta()]
        await client.shut(got)

    with Server() as server:
        first = head("200 OK", EVENTS, "transfer-encoding: chunked") + chunk(delta())
        server.on(ASK, first, STALL)
        above(package, kind, scenario)


@pytest.mark.parametrize("rest", [END, b""], ids=["its end is there", "its end may come later"])
def test_who_stops_at_done_leaves_the_connection_usable(
    package: Any, kind: str, server: Server, rest: bytes
) -> None:
    """The SDK closes its response there, before the body is over."""

    async def scenario(client: Above) -> None:
        got = await client.open("POST", at(server), json=STREAM)
        with client.clock.hold():
            if not rest:
                server.go()
            assert await client.parts(got, 1) == [delta() + DONE]
            await client.shut(got)
        assert (await client.ask("POST", at(server), json={})).json() == {"id": "x"}
        assert len(server.peers) == 1

    stream = head("200 OK", EVENTS, "transfer-encoding: chunked") + chunk(delta() + DONE)
    late = () if rest else (GATE, END)
    server.on(ASK, stream + rest, *late, ASK, answer({"id": "x"}))
    above(package, kind, scenario, network=Network(max_connections=1))


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "a stream"])
def test_what_a_listener_is_told(package: Any, kind: str, server: Server, streams: bool) -> None:
    told: list[TraceEvent] = []
    tokens: list[int | None] = []

    def listen(event: TraceEvent) -> None:
        told.append(event)
        if event.last and event.traced is not None and event.traced.usage is not None:
            tokens.append(event.traced.usage.output_tokens)

    async def scenario(client: Above) -> None:
        headers = {"authorization": "Bearer sk-secret-of-mine"}
        got = await client.open(
            "POST", at(server), json={"model": "m", "stream": streams}, headers=headers
        )
        await client.parts(got)
        await client.shut(got)

    whole = {"id": "x", "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    coded = gzip.compress(b"".join((delta(), delta("stop"), USAGE, DONE)))
    if streams:
        server.on(ASK, chunked(coded, fields=(EVENTS, "content-encoding: gzip")))
    else:
        server.on(ASK, answer(whole))
    above(package, kind, scenario, trace=listen)
    assert {event.operation for event in told} == {"chat.completions.create"}
    assert {event.model for event in told} == {"m"}
    assert [event.kind for event in told if event.last] == ["stream.end" if streams else "call.end"]
    assert tokens == [4]
    assert "sk-secret" not in repr(told)


def test_a_stream_that_is_given_up_is_told_of(package: Any, kind: str, server: Server) -> None:
    told: list[TraceEvent] = []

    async def scenario(client: Above) -> None:
        got = await client.open("POST", at(server), json=STREAM)
        await client.parts(got, 1)
        await client.shut(got)

    server.on(ASK, head("200 OK", EVENTS, "transfer-encoding: chunked") + chunk(delta()))
    above(package, kind, scenario, trace=told.append)
    assert [(event.kind, event.detail) for event in told if event.last] == [
        ("stream.end", "given up")
    ]
