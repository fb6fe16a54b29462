"""Scenarios of HTTP/1.1: how answers begin and end, and what becomes of their connections."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from api_openai.core.http.body import as_body
from api_openai.core.request.answer_kinds import EmptyAnswer
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import APIConnectionError, APIStatusError, RemoteProtocolError

from ..support.http import END, JSON, answer, chunk, chunked, head
from ..support.server import (
    ASK,
    CLOSE,
    CUT,
    GATE,
    HANGUP,
    RESET,
    SHUT,
    Action,
    Drip,
)
from ..support.shapes import CHAT, RETRIEVE
from .stage import HTTPX, NO_PROXY, Stage, scenario
from .ways import PROXY_TLS, TLS

SAID = {"id": "r1", "text": "hello"}
OK = answer(SAID, "x-request-id: req-1")
OTHER = answer({"id": "r2"})
KEPT = "connection: keep-alive"
POST = CHAT({"model": "m"})
GET = RETRIEVE({}, "i1")
DELETE = Operation[Any, Any](
    name="items.delete", method="DELETE", path="/items/i1", answer=EmptyAnswer(), safe=True
)


async def answered(stage: Stage, *script: Action, id_: str = "r1") -> None:
    """One call that the script answers."""
    stage.server.on(*script)
    assert (await stage.client().send(POST)).id == id_


@scenario()
async def keep_alive_reuse(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OTHER, ASK, OK)
    client = stage.client()
    for id_ in ("r1", "r2", "r1"):
        assert (await client.send(POST)).id == id_
    assert len(stage.server.peers) == 1
    if stage.pooled:
        assert stage.kinds().count("connection.reuse") == 2


@scenario()
async def what_a_request_looks_like(stage: Stage) -> None:
    await answered(stage, ASK, OK)
    request = stage.server.request
    assert (request.method, request.target) == ("POST", "/v1/chat")
    assert request.header("host") == f"127.0.0.1:{stage.server.port}"
    assert request.header("authorization") == "Bearer sk-conformance-secret"
    assert request.header("content-type") == "application/json"
    assert request.header("content-length") == str(len(b'{"model":"m"}'))
    assert request.header("transfer-encoding") is None
    assert request.header("accept") == "application/json"
    assert (request.header("user-agent") or "").startswith("api_openai/")
    assert request.body == b'{"model":"m"}'


@scenario(without={HTTPX: "httpcore takes bytes beyond an answer for the beginning of the next"})
async def pipelined_leftovers(stage: Stage) -> None:
    stage.server.on(ASK, OK + answer({"id": "forged"}), HANGUP)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    assert (await client.send(POST)).id == "r2"


@scenario(routes=NO_PROXY, because="what a proxy has passed on cannot be waited for")
async def leftovers_that_come_later(stage: Stage) -> None:
    stage.server.on(ASK, OK, GATE, answer({"id": "forged"}), GATE)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    stage.server.go()
    stage.server.peer(0).waited(2)
    await stage.way.turns()
    assert (await client.send(POST)).id == "r2"
    if stage.pooled:
        assert "connection.stale" in stage.kinds()


_OWN_CHECK = {HTTPX: "httpcore asks the kernel only where it reads no TLS, and reads what it finds"}


@scenario(
    routes=NO_PROXY, because="what a proxy has passed on cannot be waited for", without=_OWN_CHECK
)
async def an_unasked_answer_while_the_loop_was_busy(stage: Stage) -> None:
    """Nobody has had a turn to read it: the kernel is asked, under TLS too."""
    late = answer({"error": "x"}, "connection: close", status="408 Request Timeout")
    for unasked in (answer({"id": "forged"}), late):
        stage.server.on(ASK, OK, GATE, unasked, GATE)
    stage.server.on(ASK, OTHER, GATE, late, CLOSE)
    stage.server.on(ASK, OK)
    client = stage.client()
    for number, id_ in enumerate(("r1", "r1", "r2", "r1")):
        assert (await client.send(POST)).id == id_
        if number < 3:
            stage.server.go(number)
        if number < 2:
            stage.server.peer(number).waited(2)
        elif number == 2:
            stage.server.played(number)
    if stage.pooled:
        assert stage.kinds().count("connection.stale") == 3


@scenario(
    routes=NO_PROXY, because="what a proxy has passed on cannot be waited for", without=_OWN_CHECK
)
async def an_unasked_answer_while_the_body_is_opened(stage: Stage) -> None:
    stage.server.on(ASK, OK, GATE, answer({"id": "forged"}), GATE)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"

    class Late:
        """Pieces that take long to begin."""

        def __iter__(self) -> Iterator[bytes]:
            stage.server.go()
            stage.server.peer(0).waited(2)
            return iter((b"{}",))

    upload = Operation[Any, Any](
        name="items.upload",
        method="POST",
        path="/items",
        body=as_body(Late(), "file"),
        answer=POST.answer,
    )
    assert (await client.send(upload)).id == "r2"


@scenario()
async def chunked_with_trailers(stage: Stage) -> None:
    data = b'{"id": "r1", "text": "hello"}'
    body = chunk(data[:9]) + chunk(data[9:]) + b"0\r\nx-checksum: 5\r\nx-more: y\r\n\r\n"
    stage.server.on(ASK, head("200 OK", JSON, "transfer-encoding: chunked") + body, ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).text == "hello"
    assert (await client.send(POST)).id == "r2"
    assert len(stage.server.peers) == 1


@scenario()
async def chunks_with_upper_case_sizes_and_extensions(stage: Stage) -> None:
    data = b'{"id": "r1"}'.ljust(0x1A)
    body = b'1A;name="v"\r\n' + data + b"\r\n" + b"000;last\r\n\r\n"
    await answered(stage, ASK, head("200 OK", JSON, "Transfer-Encoding: Chunked") + body)


@scenario()
async def empty_chunked_body(stage: Stage) -> None:
    stage.server.on(ASK, head("200 OK", JSON, "transfer-encoding: chunked") + END, ASK, OTHER)
    client = stage.client()
    assert (await client.raw(POST)).content == b""
    assert (await client.send(POST)).id == "r2"


@scenario()
async def http_1_0_ends_with_its_connection(stage: Stage) -> None:
    script = (ASK, head("200 OK", JSON, version="1.0") + b'{"id": "r1"}', CLOSE)
    await answered(stage, *script)


@scenario(
    routes=(TLS, PROXY_TLS),
    because="plain TCP cannot tell",
    without={HTTPX: "httpx takes it for an end", ("stepper",): "TLS is the affair of its loop"},
)
async def a_body_until_close_that_is_cut_is_not_whole(stage: Stage) -> None:
    stage.server.on(ASK, head("200 OK", JSON, version="1.0") + b'{"id": "r1"}', CUT)
    with pytest.raises(APIConnectionError) as caught:
        await stage.client().send(POST)
    assert caught.value.sent == "answered"


@scenario()
async def http_1_0_with_a_length_is_not_reused(stage: Stage) -> None:
    stage.server.on(ASK, answer(SAID, version="1.0"), HANGUP)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    assert (await client.send(POST)).id == "r2"


@scenario()
async def connection_close_is_heeded(stage: Stage) -> None:
    stage.server.on(ASK, answer(SAID, "Connection: Close"), HANGUP)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    assert (await client.send(POST)).id == "r2"


@scenario()
async def connection_close_on_an_error(stage: Stage) -> None:
    stage.server.on(ASK, answer({"error": "x"}, "connection: close", status="500 Oops"), CLOSE)
    stage.server.on(ASK, OK)
    client = stage.client()
    with pytest.raises(APIStatusError):
        await client.send(POST)
    assert (await client.send(POST)).id == "r1"


@scenario()
async def an_error_leaves_the_connection_usable(stage: Stage) -> None:
    stage.server.on(ASK, answer({"error": "x"}, status="404 Not Found"), ASK, OK)
    client = stage.client()
    with pytest.raises(APIStatusError):
        await client.send(POST)
    assert (await client.send(POST)).id == "r1"


@scenario()
async def informational_answers_are_passed_over(stage: Stage) -> None:
    first = head("100 Continue") + head("103 Early Hints", "link: </style.css>")
    await answered(stage, ASK, first + OK)


@scenario()
async def continue_and_then_the_answer(stage: Stage) -> None:
    await answered(stage, ASK, head("100 Continue"), head("102 Processing"), OK)


@scenario()
async def no_content(stage: Stage) -> None:
    stage.server.on(ASK, head("204 No Content"), ASK, OK)
    client = stage.client()
    assert await client.send(DELETE) is None
    assert (await client.send(POST)).id == "r1"
    assert stage.server.requests[0].method == "DELETE"
    assert stage.server.requests[0].body == b""


@scenario()
async def gzip_is_undone(stage: Stage) -> None:
    body = gzip.compress(b'{"id": "r1", "text": "' + b"hello " * 1000 + b'"}')
    stage.server.on(ASK, answer(body, "content-encoding: gzip"))
    stage.server.on()
    said = await stage.client().send(POST)
    assert said.text == "hello " * 1000
    assert "gzip" in (stage.server.request.header("accept-encoding") or "")


@scenario()
async def gzip_in_chunks(stage: Stage) -> None:
    body = gzip.compress(b'{"id": "r1"}')
    parts = [body[at : at + 5] for at in range(0, len(body), 5)]
    fields = (JSON, "content-encoding: GZIP")
    stage.server.on(ASK, chunked(*parts, fields=fields), ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    assert (await client.send(POST)).id == "r2"
    assert len(stage.server.peers) == 1


@scenario()
async def deflate_with_and_without_its_wrapper(stage: Stage) -> None:
    data = b'{"id": "r1"}'
    bare = zlib.compressobj(wbits=-15)
    stage.server.on(
        ASK,
        answer(zlib.compress(data), "content-encoding: deflate"),
        ASK,
        answer(bare.compress(data) + bare.flush(), "content-encoding: deflate"),
    )
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    assert (await client.send(POST)).id == "r1"


@scenario()
async def gzip_that_is_none(stage: Stage) -> None:
    stage.server.on(ASK, answer(b"plain text", "content-encoding: gzip"))
    with pytest.raises(RemoteProtocolError):
        await stage.client().send(POST)


@scenario()
async def half_close_by_the_server(stage: Stage) -> None:
    script = (ASK, head("200 OK", JSON, "connection: close") + b'{"id": "r1"}', SHUT, HANGUP)
    await answered(stage, *script)


@scenario()
async def slow_peer(stage: Stage) -> None:
    body = chunked(b'{"id": "r1", ', b'"text": "hello"}')
    stage.server.on(ASK, Drip(body), ASK, Drip(OTHER))
    client = stage.client()
    assert (await client.send(POST)).text == "hello"
    assert (await client.send(POST)).id == "r2"
    assert len(stage.server.peers) == 1


@scenario()
async def a_status_without_a_reason(stage: Stage) -> None:
    stage.server.on(ASK, answer({"error": "overloaded"}, KEPT, status="529 "), ASK, OK)
    client = stage.client()
    with pytest.raises(APIStatusError, match="overloaded") as caught:
        await client.send(POST)
    assert caught.value.status_code == 529
    assert (await client.send(POST)).id == "r1"


@scenario()
async def odd_header_fields(stage: Stage) -> None:
    fields = ("x-empty:", "X-Padded: \t a b \t", "x-latin: \xe9", "set-cookie: a", "set-cookie: b")
    stage.server.on(ASK, answer(SAID, *fields))
    response = await stage.client().raw(POST)
    assert response.headers["X-Empty"] == ""
    assert response.headers["x-padded"] == "a b"
    assert response.headers["x-latin"] == "\xe9"
    assert response.headers.multi("set-cookie") == ["a", "b"]


@scenario()
async def garbage_instead_of_http(stage: Stage) -> None:
    stage.server.on(ASK, b"SSH-2.0-OpenSSH_9.9\r\n\r\n", HANGUP)
    with pytest.raises(RemoteProtocolError) as caught:
        await stage.client().send(POST)
    assert caught.value.operation == "chat.create"


@scenario()
async def a_head_without_end(stage: Stage) -> None:
    flood = head("200 OK") + b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 500_000
    stage.server.on(ASK, flood.partition(b"\r\n\r\n")[2], HANGUP)
    with pytest.raises(RemoteProtocolError):
        await stage.client().send(POST)


@scenario()
async def a_length_that_is_none(stage: Stage) -> None:
    stage.server.on(ASK, head("200 OK", JSON, "content-length: many") + b"{}", HANGUP)
    with pytest.raises(RemoteProtocolError):
        await stage.client().send(POST)


async def breaks(stage: Stage, *script: Action, sent: tuple[str, ...]) -> None:
    """A connection that the script breaks, on both ways of breaking; the next call works."""
    for end in (CLOSE, RESET):
        stage.server.on(*script, end)
        stage.server.on(ASK, OK)
        client = stage.client()
        with pytest.raises(APIConnectionError) as caught:
            await client.send(POST)
        assert caught.value.sent in sent
        assert caught.value.operation == "chat.create"
        assert len(caught.value.attempts) == 1
        assert (await client.send(POST)).id == "r1"


@scenario()
async def broken_before_the_head(stage: Stage) -> None:
    await breaks(stage, ASK, sent=("maybe",))


@scenario()
async def broken_in_the_head(stage: Stage) -> None:
    await breaks(stage, ASK, b"HTTP/1.1 200 OK\r\ncontent-", sent=("maybe", "answered"))


@scenario()
async def broken_between_head_and_body(stage: Stage) -> None:
    await breaks(stage, ASK, OK.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", sent=("maybe", "answered"))


@scenario()
async def broken_in_the_body(stage: Stage) -> None:
    await breaks(stage, ASK, OK[:-3], sent=("maybe", "answered"))


@scenario()
async def broken_in_a_chunk(stage: Stage) -> None:
    start = head("200 OK", JSON, "transfer-encoding: chunked") + chunk(b'{"id": "r1"}')
    await breaks(stage, ASK, start, sent=("maybe", "answered"))
    await breaks(stage, ASK, start[:-5], sent=("maybe", "answered"))


@scenario()
async def stale_connection_closed_while_idle(stage: Stage) -> None:
    stage.server.on(ASK, OK, CLOSE)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    stage.closed()
    assert (await client.send(POST)).id == "r2"
    assert len(stage.server.requests) == 2, "nothing was sent on the dead connection"
    if stage.pooled:
        assert "connection.stale" in stage.kinds()


@scenario()
async def stale_connection_after_a_500(stage: Stage) -> None:
    stage.server.on(ASK, answer({"error": "x"}, status="500 Oops"), CLOSE)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    with pytest.raises(APIStatusError):
        await client.send(POST)
    stage.closed()
    assert (await client.send(POST)).id == "r2"


@scenario(without={HTTPX: "httpx decides by itself which connections it keeps"})
async def a_connection_is_kept_after_a_5xx_only_when_that_is_promised(stage: Stage) -> None:
    """Whoever failed may be about to close, and a POST on the dying connection would be lost."""
    for number, status in enumerate(("500 Oops", "503 Busy", "408 Request Timeout")):
        stage.server.on(ASK, answer({"error": "x"}, status=status), HANGUP)
        with pytest.raises(APIStatusError):
            await stage.client().send(POST)
        await stage.way.turns()
        stage.server.played(number)  # it was not kept: the client has closed it
    stage.server.on(
        ASK, answer({"error": "x"}, "connection: Keep-Alive", status="500 Oops"), ASK, OK
    )
    client = stage.client()
    with pytest.raises(APIStatusError):
        await client.send(POST)
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 4


@scenario(without={HTTPX: "httpx gives a reused connection no second chance"})
async def a_reused_connection_that_dies_unheard(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, CLOSE)
    stage.server.on(ASK, answer({"id": "i1"}))
    client = stage.client()
    await client.send(POST)
    assert (await client.send(GET)).id == "i1"
    assert "connection.retry" in stage.kinds()
    assert [request.method for request in stage.server.requests] == ["POST", "GET", "GET"]


@scenario()
async def a_post_is_not_repeated_on_its_own(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, CLOSE)
    client = stage.client()
    await client.send(POST)
    with pytest.raises(APIConnectionError) as caught:
        await client.send(POST)
    assert caught.value.sent == "maybe"
    assert len(stage.server.requests) == 2
