"""Scenarios of request bodies: where they come from, how they are framed, how they are refused."""

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from api_openai.core.http.body import as_body
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import APIConnectionError, APIStatusError, LocalProtocolError

from ..support.http import answer, chunk, head
from ..support.server import ASK, CLOSE, GATE, HANGUP, HEAD, RESET, STALL, Received
from ..support.shapes import CHAT, UPLOAD, Item
from .framing import OK, POST
from .stage import BLOCKING, HTTPX, NO_PROXY, Stage, scenario
from .ways import DIRECT

STORED = answer({"id": "file-1"})
DATA = bytes(range(256)) * 5000
"""More than one piece of what is read from disk."""
HUGE = 12_000_000
"""More bytes than the buffers between two sockets hold."""
TOO_LARGE = answer({"error": "too large"}, status="413 Content Too Large")
READS_LATER = "httpx sends all of a request before it looks for an answer"


def put(content: object, *, safe: bool = False) -> Operation[Any, Any]:
    """A request with any content as its body."""
    return Operation(
        name="blobs.put",
        method="PUT",
        path="/blobs/1",
        answer=JsonAnswer(Item),
        body=as_body(content, "content", "application/octet-stream"),
        safe=safe,
    )


async def put_and_reuse(stage: Stage, content: object) -> Received:
    """Upload, and see that the connection goes on."""
    stage.server.on(ASK, STORED, ASK, OK)
    client = stage.client()
    assert (await client.send(put(content))).id == "file-1"
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1
    request = stage.server.requests[0]
    assert request.header("content-type") == "application/octet-stream"
    return request


def with_length(request: Received, data: bytes) -> None:
    assert request.body == data
    assert request.header("content-length") == str(len(data))
    assert request.header("transfer-encoding") is None


def in_chunks(request: Received, data: bytes) -> None:
    assert request.body == data
    assert request.header("transfer-encoding") == "chunked"
    assert request.header("content-length") is None


@scenario()
async def upload_of_bytes(stage: Stage) -> None:
    with_length(await put_and_reuse(stage, DATA), DATA)


@scenario()
async def upload_of_a_path(stage: Stage) -> None:
    path = stage.tmp / "data"
    path.write_bytes(DATA)
    with_length(await put_and_reuse(stage, path), DATA)


@scenario()
async def upload_of_a_file_object(stage: Stage) -> None:
    path = stage.tmp / "data"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        file.seek(4)  # wherever it stands, all of it is sent
        with_length(await put_and_reuse(stage, file), DATA)
        assert not file.closed, "it is the caller's to close"


@scenario(routes=(DIRECT,), because="the system sends files itself where there is no TLS")
async def upload_of_large_files(stage: Stage) -> None:
    """More of each than the kernel takes at once: it is waited for in between."""
    path = stage.tmp / "data"
    large = DATA * (HUGE // len(DATA))
    path.write_bytes(large)
    stage.server.on(ASK, STORED, ASK, STORED)
    client = stage.client()
    with path.open("rb") as file:
        for content in (path, file):
            assert (await client.send(put(content))).id == "file-1"
        assert not file.closed, "it is the caller's to close"
    for request in stage.server.requests:
        with_length(request, large)


@scenario()
async def upload_of_a_file_in_memory(stage: Stage) -> None:
    with_length(await put_and_reuse(stage, io.BytesIO(DATA)), DATA)


class Pipe(io.RawIOBase):
    """A file that cannot seek."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._data.readinto(buffer)


@scenario()
async def upload_of_a_file_that_cannot_seek(stage: Stage) -> None:
    with Pipe(DATA) as file:
        in_chunks(await put_and_reuse(stage, file), DATA)


@scenario()
async def upload_of_an_iterator(stage: Stage) -> None:
    pieces: Iterator[bytes] = iter([b"one ", b"", b"two ", b"three"])
    in_chunks(await put_and_reuse(stage, pieces), b"one two three")


class Pieces:
    """An async iterator."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = iter(pieces)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


@scenario(without={BLOCKING: "an async iterator needs an async client: the next scenario"})
async def upload_of_an_async_iterator(stage: Stage) -> None:
    in_chunks(await put_and_reuse(stage, Pieces(b"one ", b"two")), b"one two")


@scenario(
    without={
        (
            "asyncio",
            "trio",
            "stepper",
            "httpx-asyncio",
            "httpx-trio",
        ): "it is about blocking clients"
    }
)
async def an_async_iterator_in_a_blocking_client(stage: Stage) -> None:
    stage.server.on_any(HANGUP)
    with pytest.raises(TypeError, match="async client"):
        await stage.client().send(put(Pieces(b"one")))
    assert stage.server.requests == []


@scenario()
async def upload_of_nothing(stage: Stage) -> None:
    with_length(await put_and_reuse(stage, b""), b"")


@scenario()
async def an_iterator_is_sent_once(stage: Stage) -> None:
    stage.server.on(ASK, STORED, ASK, OK)
    stage.server.on(ASK, OK)
    client = stage.client()
    operation = put(iter([b"one"]))
    await client.send(operation)
    with pytest.raises(LocalProtocolError, match="content"):
        await client.send(operation)
    assert (await client.send(POST)).id == "r1"


def parts(request: Received) -> dict[str, tuple[str, bytes]]:
    """The parts of a form: by name, their head and content."""
    kind, _, boundary = (request.header("content-type") or "").partition("; boundary=")
    assert kind == "multipart/form-data"
    *pieces, last = request.body.split(b"--" + boundary.strip('"').encode())
    assert (pieces[0], last) == (b"", b"--\r\n")
    found: dict[str, tuple[str, bytes]] = {}
    for piece in pieces[1:]:
        text, _, content = piece.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        found[text.decode().partition('name="')[2].partition('"')[0]] = (text.decode(), content)
    return found


@scenario()
async def a_form_with_a_path(stage: Stage) -> None:
    path = stage.tmp / "notes.jsonl"
    path.write_bytes(DATA)
    stage.server.on(ASK, STORED, ASK, OK)
    client = stage.client()
    stored = await client.send(UPLOAD({"file": path, "purpose": "batch"}))
    assert stored.id == "file-1"
    request = stage.server.requests[0]
    assert request.header("content-length") == str(len(request.body))
    form = parts(request)
    assert form["purpose"][1] == b"batch"
    assert form["file"][1] == DATA
    assert 'filename="notes.jsonl"' in form["file"][0]
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_form_with_bytes_and_a_name(stage: Stage) -> None:
    stage.server.on(ASK, STORED)
    file = ("a b.txt", b"hello", "text/plain")
    await stage.client().send(UPLOAD({"file": file, "purpose": "é"}))
    form = parts(stage.server.request)
    assert form["purpose"][1] == "é".encode()
    assert form["file"][1] == b"hello"
    assert 'filename="a b.txt"' in form["file"][0]
    assert "text/plain" in form["file"][0]


@scenario()
async def a_form_of_unknown_length(stage: Stage) -> None:
    stage.server.on(ASK, STORED, ASK, OK)
    client = stage.client()
    with Pipe(DATA) as file:
        await client.send(UPLOAD({"file": file, "purpose": "batch"}))
    request = stage.server.requests[0]
    assert request.header("transfer-encoding") == "chunked"
    assert parts(request)["file"][1] == DATA
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_file_that_is_not_there(stage: Stage) -> None:
    stage.server.on_any(ASK, OK)
    client = stage.client()
    with pytest.raises(FileNotFoundError):
        await client.send(put(stage.tmp / "missing"))
    assert stage.server.requests == []
    assert (await client.send(POST)).id == "r1"


@scenario()
async def an_iterator_that_fails(stage: Stage) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    # The same for both: a proxy may come with the second while it still makes the first.
    stage.server.on_any(ASK, OK)
    client = stage.client()
    with pytest.raises(ZeroDivisionError):
        await client.send(put(pieces()))
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_request_while_the_answer_begins(stage: Stage) -> None:
    """An answer that begins with the last byte of the request is no early one."""
    stage.server.on(ASK, STORED, ASK, STORED)
    client = stage.client()
    for _ in range(2):
        assert (await client.send(put(DATA))).id == "file-1"
    assert len(stage.server.peers) == 1


async def refused_early(stage: Stage, content: object) -> None:
    """An upload that the server refuses: the caller sees the refusal, and no deadline helps."""
    client = stage.client()
    with pytest.raises(APIStatusError, match="too large") as caught:
        await client.send(put(content))
    assert caught.value.status_code == 413


@scenario(without={HTTPX: READS_LATER})
async def early_refusal_and_no_reading(stage: Stage) -> None:
    stage.server.on(HEAD, TOO_LARGE, STALL)
    await refused_early(stage, bytes(HUGE))


@scenario(without={HTTPX: READS_LATER})
async def early_refusal_of_a_stream_and_no_reading(stage: Stage) -> None:
    stage.server.on(HEAD, TOO_LARGE, STALL)
    await refused_early(stage, iter([bytes(100_000)] * (HUGE // 100_000)))


@scenario(without={HTTPX: READS_LATER})
async def early_refusal_of_a_file_and_no_reading(stage: Stage) -> None:
    path = stage.tmp / "data"
    with path.open("wb") as file:
        file.truncate(HUGE)
    stage.server.on(HEAD, TOO_LARGE, STALL)
    await refused_early(stage, path)


@scenario(without={HTTPX: READS_LATER})
async def early_refusal_of_a_document(stage: Stage) -> None:
    stage.server.on(HEAD, TOO_LARGE, STALL)
    with pytest.raises(APIStatusError, match="too large"):
        await stage.client().send(CHAT({"model": "m", "messages": "x" * HUGE}))


@scenario(
    without={HTTPX: READS_LATER},
    routes=NO_PROXY,
    because="what a proxy has passed on cannot be waited for",
)
async def early_refusal_while_the_body_is_awaited(stage: Stage) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        stage.server.go()
        stage.server.peer(0).waited(2)  # the refusal has been sent
        yield from [b"more"] * 3

    stage.server.on(HEAD, GATE, TOO_LARGE, GATE, HANGUP)
    stage.server.on(ASK, OK)
    client = stage.client()
    with pytest.raises(APIStatusError, match="too large"):
        await client.send(put(pieces()))
    stage.server.go(0)
    assert (await client.send(POST)).id == "r1"


@scenario()
async def early_refusal_and_close(stage: Stage) -> None:
    """What the server said before it closed reaches the caller, or it is a broken connection."""
    stage.server.on(HEAD, TOO_LARGE, CLOSE)
    stage.server.on(ASK, OK)
    client = stage.client()
    with pytest.raises((APIStatusError, APIConnectionError)) as caught:
        await client.send(put(bytes(HUGE)))
    assert getattr(caught.value, "status_code", 413) == 413
    assert (await client.send(POST)).id == "r1"


@scenario()
async def reset_in_an_upload(stage: Stage) -> None:
    stage.server.on(HEAD, RESET)
    stage.server.on(ASK, OK)
    client = stage.client()
    with pytest.raises(APIConnectionError) as caught:
        await client.send(put(bytes(HUGE)))
    assert caught.value.sent == "maybe"
    assert (await client.send(POST)).id == "r1"


@scenario()
async def a_large_upload_and_a_large_answer(stage: Stage) -> None:
    data = bytes(3_000_000)
    said = b'{"id": "r1", "text": "' + b"x" * 3_000_000 + b'"}'
    start = head("200 OK", "content-type: application/json", "transfer-encoding: chunked")
    stage.server.on(ASK, start + chunk(said) + b"0\r\n\r\n")
    stored = await stage.client().send(put(data))
    assert len(stored.text) == 3_000_000
    assert stage.server.request.body == data
