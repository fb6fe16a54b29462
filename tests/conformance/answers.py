"""Scenarios of what answers say: errors in all their forms, odd documents, redirects, views."""

from typing import Any

import pytest

from api_openai.core.json.provenance import meta
from api_openai.core.terms.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    InternalServerError,
    RateLimitError,
    ResponseDecodeError,
)

from ..support.http import JSON, answer, chunked, head
from ..support.server import ASK, GATE, HANGUP
from ..support.shapes import CHAT, DOWNLOAD, LIST, RETRIEVE
from .callers import Caller
from .framing import OK, POST
from .stage import KEY, Stage, scenario

LIMITS = (
    "x-request-id: req-9",
    "x-ratelimit-limit-requests: 60",
    "x-ratelimit-remaining-requests: 59",
    "x-ratelimit-reset-tokens: 6m0s",
)


@scenario()
async def request_id_and_rate_limits_of_a_result(stage: Stage) -> None:
    stage.server.on(ASK, answer({"id": "r1"}, *LIMITS), ASK, answer({"id": "r1"}, *LIMITS))
    client = stage.client()
    known = meta(await client.send(POST))
    response = await client.raw(POST)
    for request_id, limits in (
        (known.request_id, known.rate_limits),
        (response.request_id, response.rate_limits),
    ):
        assert request_id == "req-9"
        assert limits is not None
        assert (limits.limit_requests, limits.remaining_requests) == (60, 59)
        assert limits.reset_tokens == 360


@scenario()
async def request_id_and_rate_limits_of_an_error(stage: Stage) -> None:
    body = {"error": {"message": "Slow down", "type": "requests", "code": "rate_limit_exceeded"}}
    fields = (*LIMITS, "retry-after: 7", "retry-after-ms: 6500")
    stage.server.on(ASK, answer(body, *fields, status="429 Too Many Requests"))
    with pytest.raises(RateLimitError) as caught:
        await stage.client().send(POST)
    error = caught.value
    assert (error.headers["retry-after"], error.headers["Retry-After-Ms"]) == ("7", "6500")
    assert (error.code, error.type, error.request_id) == (
        "rate_limit_exceeded",
        "requests",
        "req-9",
    )
    assert error.rate_limits is not None
    assert error.rate_limits.remaining_requests == 59
    assert [attempt.outcome for attempt in error.attempts] == ["answered 429"]


ERRORS: list[tuple[str, Any, str]] = [
    (JSON, {"error": {"message": "m1", "param": None, "code": 429, "type": None}}, "m1"),
    (JSON, {"error": "m2"}, "m2"),
    (JSON, {"detail": "m3"}, "m3"),
    (JSON, {"detail": [{"loc": ["body", "model"], "msg": "m4"}]}, "m4"),
    (JSON, {"message": "m5"}, "m5"),
    ("content-type: application/problem+json", {"title": "m6", "status": 400}, "m6"),
    ("content-type: text/plain", b"m7", "m7"),
    ("content-type: text/html", b"<h1>m8</h1>", "m8"),
    ("content-type: text/event-stream", {"error": {"message": "m9"}}, "m9"),
    (JSON, b'{"error": {"message": "m10', "m10"),
    (JSON, b"", "Error code: 500"),
    (JSON, b"\xff\xfe", "Error code: 500"),
]


@scenario()
async def errors_in_all_forms(stage: Stage) -> None:
    """All on one connection: whatever an error looks like, it is read to its end."""
    script = [
        answer(body, kind, "connection: keep-alive", status="500 Oops") for kind, body, _ in ERRORS
    ]
    stage.server.on(*[action for each in script for action in (ASK, each)], ASK, OK)
    client = stage.client()
    for _, _, text in ERRORS:
        with pytest.raises(InternalServerError, match=text):
            await client.send(POST)
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


@scenario()
async def an_error_that_repeats_the_key(stage: Stage) -> None:
    said = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    stage.server.on(ASK, answer(said, status="401 Unauthorized"))
    with pytest.raises(AuthenticationError) as caught:
        await stage.client().send(POST)
    assert KEY not in str(caught.value)
    assert KEY not in repr(vars(caught.value))


@scenario()
async def an_error_with_a_body_without_end(stage: Stage) -> None:
    stage.server.on(ASK, head("500 Oops", "content-length: 9000000") + b"x" * 2_000_000, HANGUP)
    stage.server.on(ASK, OK)
    client = stage.client()
    with pytest.raises(InternalServerError):
        await client.send(POST)
    assert (await client.send(POST)).id == "r1"


async def undecodable(stage: Stage, body: bytes, kind: str, words: str) -> None:
    """A 200 that is no JSON: the error says so, and the connection is usable."""
    stage.server.on(ASK, answer(body, f"content-type: {kind}", "x-request-id: req-2"), ASK, OK)
    client = stage.client()
    with pytest.raises(ResponseDecodeError, match=words) as caught:
        await client.send(POST)
    error = caught.value
    assert (error.status_code, error.content_type, error.request_id) == (200, kind, "req-2")
    assert error.snippet == body[:512]
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


@scenario()
async def a_page_with_status_200(stage: Stage) -> None:
    await undecodable(stage, b"<html>" + b"Sign in. " * 500, "text/html", "looks like HTML")


@scenario()
async def nothing_with_status_200(stage: Stage) -> None:
    await undecodable(stage, b"", "application/json", "the body is empty")


@scenario()
async def half_a_document(stage: Stage) -> None:
    await undecodable(stage, b'{"id": "r1", "te', "application/json", "not JSON")


@scenario()
async def a_document_of_another_kind(stage: Stage) -> None:
    await undecodable(stage, b'["r1"]', "application/json", "expected a JSON object")


@scenario()
async def a_document_that_has_drifted(stage: Stage) -> None:
    document = {"id": 5, "reasoning_content": "hm", "text": None}
    stage.server.on(ASK, answer(document), ASK, answer(document))
    client = stage.client()
    said = await client.send(POST)
    assert (said.id, said.reasoning_content, said.text) == (5, "hm", None)
    assert said.to_dict() == document
    assert [issue.path for issue in meta(said).issues] == [("id",)]
    with pytest.raises(APIResponseValidationError):
        await client.with_options(strict=True).send(POST)


@scenario()
async def redirects_are_not_followed(stage: Stage) -> None:
    elsewhere = stage.another_server()
    where = stage.url(elsewhere, "/v1/chat?x=1")
    statuses = ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary", "308 P")
    answers = [answer(b"", f"location: {where}", status=status) for status in statuses]
    stage.server.on(*[action for each in answers for action in (ASK, each)], ASK, OK)
    client = stage.client()
    for status in statuses:
        with pytest.raises(APIStatusError) as caught:
            await client.send(POST)
        assert caught.value.status_code == int(status[:3])
        assert where in str(caught.value)
    assert elsewhere.peers == [], "the other host has seen nothing"
    assert (await client.send(POST)).id == "r1"


@scenario()
async def raw_responses(stage: Stage) -> None:
    body = b'{"id": "r1", "text": "hello"}'
    stage.server.on(ASK, answer(body, "x-request-id: req-1"))
    response = await stage.client().raw(POST)
    assert (response.status_code, response.request_id) == (200, "req-1")
    assert (response.http_version, response.method, response.path) == ("HTTP/1.1", "POST", "/chat")
    assert (response.content, response.text) == (body, body.decode())
    assert response.json() == {"id": "r1", "text": "hello"}
    assert response.parse().text == "hello"
    assert response.parse(to=dict) == {"id": "r1", "text": "hello"}
    assert response.retries_taken == 0


@scenario()
async def streaming_responses(stage: Stage) -> None:
    body = chunked(b"one\r\ntw", b"o\n\xc3", b"\xa9", fields=("content-type: text/plain",))
    stage.server.on(*[action for _ in range(5) for action in (ASK, body)], ASK, OK)
    client = stage.client()
    file = DOWNLOAD({}, "f")
    async with client.streaming(file) as answer_:
        assert answer_.headers["content-type"] == "text/plain"
        assert await answer_.read() == "one\r\ntwo\né".encode()
    async with client.streaming(file) as answer_:
        assert await answer_.text() == "one\r\ntwo\né"
    async with client.streaming(file) as answer_:
        assert [part async for part in answer_.iter_bytes(4)] == [b"one\r", b"\ntwo", b"\n\xc3\xa9"]
    async with client.streaming(file) as answer_:
        assert [line async for line in answer_.iter_lines()] == ["one", "two", "é"]
    async with client.streaming(file) as answer_:
        assert b"".join([part async for part in answer_.iter_bytes()]) == "one\r\ntwo\né".encode()
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


@scenario()
async def a_streaming_response_is_decoded_on_demand(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK)
    client = stage.client()
    async with client.streaming(POST) as response:
        assert (await response.parse()).id == "r1"
    async with client.streaming(POST) as response:
        assert (await response.json())["id"] == "r1"


@scenario()
async def a_streaming_response_left_unread(stage: Stage) -> None:
    stage.server.on(ASK, head("200 OK", "content-length: 1000") + b"begin", HANGUP)
    stage.server.on(ASK, OK)
    client = stage.client()
    async with client.streaming(DOWNLOAD({}, "f")) as response:
        assert response.status_code == 200
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_streaming_response_of_an_error(stage: Stage) -> None:
    stage.server.on(ASK, answer({"error": "gone"}, status="404 Not Found"), ASK, OK)
    client = stage.client()
    with pytest.raises(APIStatusError, match="gone"):
        async with client.streaming(DOWNLOAD({}, "f")):
            raise AssertionError("there is nothing to read")
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_download_in_memory(stage: Stage) -> None:
    data = bytes(range(256)) * 4096
    stage.server.on(ASK, answer(data, "content-type: application/octet-stream"), ASK, OK)
    client = stage.client()
    content = await client.send(DOWNLOAD({}, "f"))
    assert content.read() == data
    assert content.content_type == "application/octet-stream"
    content.write_to_file(stage.tmp / "file")
    assert (stage.tmp / "file").read_bytes() == data
    assert (await client.send(POST)).id == "r1"
    assert stage.server.requests[0].target == "/v1/files/f/content"


@scenario()
async def a_download_to_a_file(stage: Stage) -> None:
    data = bytes(range(256)) * 4096
    parts = [data[at : at + 99_999] for at in range(0, len(data), 99_999)]
    stage.server.on(ASK, chunked(*parts), ASK, OK)
    client = stage.client()
    path = stage.tmp / "file"
    async with client.streaming(DOWNLOAD({}, "f")) as response:
        await response.stream_to_file(str(path))
    assert path.read_bytes() == data
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


def page(*ids: str, more: bool) -> bytes:
    return answer({"object": "list", "data": [{"id": each} for each in ids], "has_more": more})


@scenario()
async def items_of_all_pages(stage: Stage) -> None:
    pages = (page("a", "b", more=True), page("c", more=True), page("d", more=False))
    stage.server.on(*[action for each in pages for action in (ASK, each)])
    items = [item.id async for item in stage.client().items(LIST({"limit": 2}))]
    assert items == ["a", "b", "c", "d"]
    assert [request.target for request in stage.server.requests] == [
        "/v1/items?limit=2",
        "/v1/items?limit=2&after=b",
        "/v1/items?limit=2&after=c",
    ]


@scenario()
async def pages_on_demand(stage: Stage) -> None:
    stage.server.on(ASK, page("a", more=True), GATE, ASK, page("b", more=False))
    client = stage.client()
    first = await client.send(LIST({}))
    assert [item.id for item in first.data] == ["a"]
    assert first.has_next_page()
    stage.server.go()
    assert [each.data[0].id async for each in client.pages(first)] == ["a", "b"]


async def collect(seen: list[str], client: Caller) -> None:
    """Note the ids of all items as they come."""
    async for item in client.items(LIST({})):
        seen.append(item.id)


@scenario()
async def a_cursor_that_does_not_move(stage: Stage) -> None:
    same = page("a", more=True)
    stage.server.on(ASK, same, ASK, same)
    seen: list[str] = []
    with pytest.raises(APIError, match="cursor does not move"):
        await collect(seen, stage.client())
    assert seen == ["a", "a"]


@scenario()
async def a_page_that_fails_midway(stage: Stage) -> None:
    stage.server.on(ASK, page("a", more=True), ASK, answer({"error": "x"}, status="500 Oops"))
    seen: list[str] = []
    with pytest.raises(InternalServerError):
        await collect(seen, stage.client())
    assert seen == ["a"]


@scenario()
async def a_type_of_the_callers_own(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK, ASK, page("a", more=False))
    client = stage.client()
    assert (await client.send(CHAT({"model": "m", "response_type": dict})))["id"] == "r1"
    item = RETRIEVE({"response_type": dict[str, str]}, "i")
    assert (await client.send(item))["text"] == "hello"
    listed = await client.send(LIST({"response_type": dict[str, str]}))
    assert listed.data == [{"id": "a"}]
