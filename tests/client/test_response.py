"""Answers in the three views: raw, streaming, plain; binary content; pages."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from api_openai import (
    APIConnectionError,
    APIError,
    APIResponse,
    AsyncClient,
    AsyncPage,
    Client,
    Page,
    RateLimitError,
    ResponseDecodeError,
    meta,
)
from api_openai.client.answers.response import LARGE, NewFile, save
from api_openai.core.api.types.models import Model
from api_openai.core.call.run import run
from api_openai.transports.common.files import DirectFiles

from ..support.http import DONE, END, EVENTS, answer, chunk, chunked, event, head
from ..support.server import ASK, CLOSE, GATE, HANGUP, Action, Always, Server

MODEL = {"id": "m", "created": 1, "object": "model", "owned_by": "o"}
FIELDS = ("x-request-id: req-1", "x-ratelimit-remaining-requests: 7", "x-a: 1", "x-a: 2")


class Other(msgspec.Struct):
    """A type of the caller's own."""

    id: str


@pytest.fixture
def scripted() -> Iterator[Server]:
    """A server whose connections have all been closed properly by the end of the test."""
    with Server() as server:
        yield server
        assert server.finish() == []


@pytest.fixture
def client(scripted: Server) -> Iterator[Client]:
    with Client(api_key="k", base_url=f"http://127.0.0.1:{scripted.port}/v1") as client:
        yield client


@pytest.fixture
async def async_client(scripted: Server) -> AsyncIterator[AsyncClient]:
    url = f"http://127.0.0.1:{scripted.port}/v1"
    async with AsyncClient(api_key="k", base_url=url) as client:
        yield client


# with_raw_response


def check_raw(response: APIResponse[Model]) -> None:
    assert response.status_code == 200
    assert response.http_version == "HTTP/1.1"
    assert response.request_id == "req-1"
    assert response.headers["X-A"] == "1, 2"
    assert response.headers.multi("x-a") == ["1", "2"]
    assert response.rate_limits is not None
    assert response.rate_limits.remaining_requests == 7
    assert (response.method, response.path) == ("GET", "/models/m")
    assert [attempt.outcome for attempt in response.attempts] == ["answered 200"]
    assert response.retries_taken == 0
    assert json.loads(response.content) == MODEL
    assert response.read() == response.content
    assert json.loads(response.text) == response.json() == MODEL
    first, second = response.parse(), response.parse()
    assert first == second
    assert first.id == "m"
    assert meta(first).request_id == "req-1"
    assert isinstance(response.parse(to=Other), Other)
    assert "200 to GET /models/m" in repr(response)


def test_raw(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer(MODEL, *FIELDS))
    check_raw(client.models.with_raw_response.retrieve("m"))


@pytest.mark.anyio
async def test_raw_async(scripted: Server, async_client: AsyncClient) -> None:
    scripted.on(ASK, answer(MODEL, *FIELDS))
    check_raw(await async_client.models.with_raw_response.retrieve("m"))


def test_a_raw_page(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer({"data": [MODEL], "object": "list"}))
    page = client.models.with_raw_response.list().parse()
    assert isinstance(page, Page)
    assert [model.id for model in page] == ["m"]


def test_a_raw_stream(scripted: Server, client: Client) -> None:
    body = event({"id": "c", "choices": []}) + DONE
    scripted.on(ASK, answer(body, EVENTS))
    response = client.chat.completions.with_raw_response.create(model="m", messages=[], stream=True)
    assert response.content == b""
    with response.parse() as stream:
        assert [each.id for each in stream] == ["c"]


def test_raw_errors_are_raised(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer({"error": {"message": "slow down"}}, status="429 Too Many Requests"))
    with pytest.raises(RateLimitError, match="slow down"):
        client.models.with_raw_response.list()


def test_raw_answers_that_cannot_be_read(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer(b"<html>", "content-type: text/html", *FIELDS))
    response = client.models.with_raw_response.retrieve("m")
    assert response.text == "<html>"
    for _ in range(2):
        with pytest.raises(ResponseDecodeError) as refused:
            response.parse()
        assert refused.value.request_id == "req-1"
        assert refused.value.attempts == response.attempts


# with_streaming_response


def body_of(*parts: bytes) -> bytes:
    return chunked(*parts, fields=("content-type: application/octet-stream",))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (1, [b"a", b"b", b"c", b"d", b"e", b"f", b"g"]),
        (3, [b"abc", b"def", b"g"]),
        (7, [b"abcdefg"]),
        (100, [b"abcdefg"]),
    ],
)
def test_bytes_in_parts_of_one_size(
    scripted: Server, client: Client, size: int, expected: list[bytes]
) -> None:
    scripted.on(ASK, body_of(b"ab", b"cdef", b"g"))
    with client.files.with_streaming_response.content("f") as response:
        assert [*response.iter_bytes(size)] == expected
        assert [*response.iter_bytes(size)] == []


@pytest.mark.anyio
async def test_bytes_in_parts_async(scripted: Server, async_client: AsyncClient) -> None:
    scripted.on(ASK, body_of(b"ab", b"cdef", b"g"))
    async with async_client.files.with_streaming_response.content("f") as response:
        parts = [part async for part in response.iter_bytes(3)]
    assert parts == [b"abc", b"def", b"g"]


def test_part_sizes_that_are_none(scripted: Server, client: Client) -> None:
    scripted.on(ASK, body_of(b"ab"))
    with client.files.with_streaming_response.content("f") as response:
        for size in (0, -1):
            with pytest.raises(ValueError, match="chunk_size"):
                next(response.iter_bytes(size))
        assert b"".join(response.iter_bytes()) == b"ab"


LINES = [b"a\r", b"\nb\n", b"\nc\xc3", b"\xbc\r\n\r\nlast"]
"""Line ends and a character, split between parts."""


def test_lines(scripted: Server, client: Client) -> None:
    scripted.on(ASK, body_of(*LINES))
    with client.files.with_streaming_response.content("f") as response:
        assert [*response.iter_lines()] == ["a", "b", "", "cü", "", "last"]


@pytest.mark.anyio
async def test_lines_async(scripted: Server, async_client: AsyncClient) -> None:
    scripted.on(ASK, body_of(*LINES))
    async with async_client.files.with_streaming_response.content("f") as response:
        lines = [line async for line in response.iter_lines()]
    assert lines == ["a", "b", "", "cü", "", "last"]


def test_text(scripted: Server, client: Client) -> None:
    scripted.on(ASK, body_of(*LINES, b"\xff"))
    with client.files.with_streaming_response.content("f") as response:
        assert "".join(response.iter_text()) == "a\r\nb\n\ncü\r\n\r\nlast\ufffd"


@pytest.mark.anyio
async def test_text_async(scripted: Server, async_client: AsyncClient) -> None:
    scripted.on(ASK, body_of(*LINES))
    async with async_client.files.with_streaming_response.content("f") as response:
        parts = [part async for part in response.iter_text()]
    assert "".join(parts) == "a\r\nb\n\ncü\r\n\r\nlast"


def test_read_text_json_parse_in_any_order(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer(MODEL))
    with client.models.with_streaming_response.retrieve("m") as response:
        assert response.parse().id == "m"
        assert response.json() == MODEL
        assert json.loads(response.text()) == MODEL
        assert response.read() == response.read()
        assert isinstance(response.parse(to=Other), Other)


@pytest.mark.anyio
async def test_read_text_json_parse_async(scripted: Server, async_client: AsyncClient) -> None:
    scripted.on(ASK, answer(MODEL))
    async with async_client.models.with_streaming_response.retrieve("m") as response:
        assert await response.json() == MODEL
        assert json.loads(await response.text()) == MODEL
        assert (await response.parse()).id == "m"
        assert isinstance(await response.parse(to=Other), Other)


def test_a_streaming_response_of_events(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer(event({"id": "c", "choices": []}) + DONE, EVENTS))
    with client.chat.completions.with_streaming_response.create(
        model="m", messages=[], stream=True
    ) as response:
        assert [each.id for each in response.parse()] == ["c"]


BIG = b"0123456789abcdef" * 20_000


def test_to_a_file(scripted: Server, client: Client, tmp_path: Path) -> None:
    scripted.on(ASK, body_of(BIG, b"end"))
    with client.files.with_streaming_response.content("f") as response:
        response.stream_to_file(tmp_path / "a.bin")
    assert (tmp_path / "a.bin").read_bytes() == BIG + b"end"


@pytest.mark.anyio
async def test_to_a_file_async(scripted: Server, async_client: AsyncClient, tmp_path: Path) -> None:
    scripted.on(ASK, body_of(BIG, b"end"))
    async with async_client.files.with_streaming_response.content("f") as response:
        await response.stream_to_file(str(tmp_path / "a.bin"))
    assert (tmp_path / "a.bin").read_bytes() == BIG + b"end"


def test_a_file_that_comes_to_be_when_nobody_waits_for_it_is_closed(tmp_path: Path) -> None:
    file = NewFile(str(tmp_path / "a.bin"))
    file.close()
    file.create()  # in its worker thread, after the cancellation
    file.write(b"x")
    assert file.closed
    assert (tmp_path / "a.bin").read_bytes() == b""


def test_to_a_file_that_cannot_be(scripted: Server, client: Client, tmp_path: Path) -> None:
    scripted.on(ASK, body_of(BIG))
    with (
        client.files.with_streaming_response.content("f") as response,
        pytest.raises(FileNotFoundError),
    ):
        response.stream_to_file(tmp_path / "nowhere" / "a.bin")


HELD_OPEN: tuple[Action, ...] = (
    ASK,
    head("200 OK", "transfer-encoding: chunked") + chunk(b"first"),
    HANGUP,
)
"""An answer that goes on until the client hangs up; if it does not, the fixture complains."""


def test_leaving_early_closes_the_connection(scripted: Server, client: Client) -> None:
    scripted.on(*HELD_OPEN)
    with client.files.with_streaming_response.content("f") as response:
        assert next(response.iter_bytes()) == b"first"
    scripted.on(ASK, answer(MODEL))
    assert client.models.retrieve("m").id == "m"
    assert len(scripted.peers) == 2


def test_closing_early(scripted: Server, client: Client) -> None:
    scripted.on(*HELD_OPEN)
    with client.files.with_streaming_response.content("f") as response:
        response.close()
        assert [*response.iter_bytes()] == []
        response.close()
        scripted.played(0)


def test_an_exception_closes_the_connection(scripted: Server, client: Client) -> None:
    scripted.on(*HELD_OPEN)

    def program() -> None:
        with client.files.with_streaming_response.content("f"):
            raise LookupError

    with pytest.raises(LookupError):
        program()
    scripted.played(0)


@pytest.mark.anyio
async def test_leaving_early_async(scripted: Server, async_client: AsyncClient) -> None:
    scripted.on(*HELD_OPEN)
    async with async_client.files.with_streaming_response.content("f") as response:
        async for part in response.iter_bytes():
            assert part == b"first"
            break
    scripted.on(ASK, answer(MODEL))
    assert (await async_client.models.retrieve("m")).id == "m"
    assert len(scripted.peers) == 2


def test_a_body_read_to_its_end_gives_the_connection_back(scripted: Server, client: Client) -> None:
    scripted.on(ASK, body_of(b"ab"), ASK, answer(MODEL))
    with client.files.with_streaming_response.content("f") as response:
        assert response.read() == b"ab"
    assert client.models.retrieve("m").id == "m"
    assert len(scripted.peers) == 1


def test_nothing_is_sent_before_entering(scripted: Server, client: Client) -> None:
    manager = client.models.with_streaming_response.retrieve("m")
    assert scripted.peers == []
    scripted.on(ASK, answer(MODEL))
    with manager as response:
        assert response.status_code == 200


def test_the_body_arrives_as_it_is_sent(scripted: Server, client: Client) -> None:
    begun = head("200 OK", "transfer-encoding: chunked") + chunk(b"first")
    scripted.on(ASK, begun, GATE, chunk(b"second") + END)
    with client.files.with_streaming_response.content("f") as response:
        parts = response.iter_bytes()
        assert next(parts) == b"first"
        scripted.go()
        assert [*parts] == [b"second"]


def test_streaming_errors_are_raised_on_entering(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer({"error": "busy"}, status="429 Too Many Requests"))
    with (
        pytest.raises(RateLimitError, match="busy"),
        client.models.with_streaming_response.list(),
    ):
        raise AssertionError


# Binary content


def test_binary_content(scripted: Server, client: Client, tmp_path: Path) -> None:
    scripted.on(ASK, answer(b'{"a": 1}', "content-type: application/x-thing"))
    content = client.files.content("f")
    assert bytes(content) == content.read() == content.content == b'{"a": 1}'
    assert len(content) == 8
    assert content.content_type == "application/x-thing"
    assert content.json() == {"a": 1}
    assert content.text == '{"a": 1}'
    assert [*content.iter_bytes(5)] == [b'{"a":', b" 1}"]
    content.write_to_file(tmp_path / "a.bin")
    content.stream_to_file(str(tmp_path / "b.bin"))
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes() == b'{"a": 1}'
    with pytest.raises(OSError, match="nowhere"):
        content.write_to_file(tmp_path / "nowhere" / "c.bin")


# Pages


def page(*ids: str, more: bool) -> bytes:
    files = [{"id": each, "object": "file", "filename": each} for each in ids]
    return answer({"object": "list", "data": files, "has_more": more})


PAGES = (ASK, page("a", "b", more=True), ASK, page("c", more=True), ASK, page("d", more=False))


def test_pages(scripted: Server, client: Client) -> None:
    scripted.on(*PAGES)
    first = client.files.list(limit=2, purpose="batch")
    assert (len(first), first.has_more, first.has_next_page()) == (2, True, True)
    assert [file.id for file in first] == ["a", "b", "c", "d"]
    assert [request.target for request in scripted.requests] == [
        "/v1/files?limit=2&purpose=batch",
        "/v1/files?limit=2&purpose=batch&after=b",
        "/v1/files?limit=2&purpose=batch&after=c",
    ]


def test_page_after_page(scripted: Server, client: Client) -> None:
    scripted.on(*PAGES)
    first = client.files.list()
    second = first.get_next_page()
    assert [file.id for file in second.data] == ["c"]
    (_, last) = second.iter_pages()
    assert not last.has_next_page()
    assert last.next_page_info() is None
    with pytest.raises(RuntimeError, match="last page"):
        last.get_next_page()


@pytest.mark.anyio
async def test_async_pages(scripted: Server, async_client: AsyncClient) -> None:
    scripted.on(*PAGES, *PAGES)
    assert [file.id async for file in async_client.files.list()] == ["a", "b", "c", "d"]
    first = await async_client.files.list()
    assert isinstance(first, AsyncPage)
    sizes = [len(each) async for each in first.iter_pages()]
    assert sizes == [2, 1, 1]


def test_iterating_sends_no_more_than_it_must(scripted: Server, client: Client) -> None:
    scripted.on(*PAGES)
    items = iter(client.files.list())
    assert [next(items).id, next(items).id] == ["a", "b"]
    assert len(scripted.requests) == 1


def test_a_cursor_that_does_not_move(scripted: Server, client: Client) -> None:
    scripted.on(Always(page("a", "b", more=True)))
    seen: list[str] = []

    def program() -> None:
        for file in client.files.list():
            seen.append(file.id)

    with pytest.raises(APIError, match="cursor does not move"):
        program()
    assert seen == ["a", "b", "a", "b"]
    assert len(scripted.requests) == 2


def test_an_error_on_a_later_page(scripted: Server, client: Client) -> None:
    scripted.on(ASK, page("a", more=True), ASK, answer({}, status="429 Too Many Requests"))
    items = iter(client.files.list())
    assert next(items).id == "a"
    with pytest.raises(RateLimitError):
        next(items)


def broken_raw(client: Client) -> None:
    client.models.with_raw_response.retrieve("m")


def broken_streaming(client: Client) -> None:
    with client.models.with_streaming_response.retrieve("m") as response:
        response.read()


def broken_binary(client: Client) -> None:
    client.files.content("f")


@pytest.mark.parametrize("broken", [broken_raw, broken_streaming, broken_binary])
def test_a_body_cut_short(
    scripted: Server, client: Client, broken: Callable[[Client], None]
) -> None:
    scripted.on(ASK, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsome", CLOSE)
    with pytest.raises(APIConnectionError) as error:
        broken(client)
    assert error.value.sent == "answered"


def test_the_views_at_the_top_of_the_tree(scripted: Server, client: Client) -> None:
    scripted.on(ASK, answer(MODEL), ASK, answer({"a": 1}))
    raw = client.with_raw_response.models.retrieve("m")
    assert isinstance(raw, APIResponse)
    assert raw.parse().id == "m"
    with client.with_streaming_response.get("/anything") as response:
        assert response.json() == {"a": 1}


class Parts:
    """An answer whose body comes in given parts, and then breaks."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = iter(parts)

    async def part(self) -> bytes:
        for part in self._parts:
            return part
        raise APIConnectionError("it broke")


def test_what_came_of_a_broken_answer_is_in_the_file(tmp_path: Path) -> None:
    large = bytes(range(256)) * (LARGE // 256)
    path = tmp_path / "a.bin"
    for parts in ((large,) * 3, (large, b"small"), (large,) * 40, (b"small",), ()):
        with pytest.raises(APIConnectionError, match="it broke"):
            run(save(cast("Any", Parts(*parts)), cast("Any", DirectFiles()), str(path)))
        assert path.read_bytes() == b"".join(parts)
