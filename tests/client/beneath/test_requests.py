"""What goes out beneath a client of httpx or httpx2, and what comes back."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from ...support.above import Above, above
from ...support.http import JSON, answer, chunked
from ...support.server import ASK, Server

OK = answer({"id": "x"}, "x-request-id: req_1")


def chat(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/v1/chat/completions"


def test_a_request_goes_out_as_it_is(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        headers = {"Authorization": "Bearer sk-secret", "X-Mine": "1"}
        got = await client.ask(
            "POST", chat(server) + "?a=%7E&b=c", json={"model": "m"}, headers=headers
        )
        assert (got.status_code, got.reason_phrase, got.http_version) == (200, "OK", "HTTP/1.1")
        assert got.json() == {"id": "x"}
        assert got.headers["x-request-id"] == "req_1"
        assert got.request.url.path == "/v1/chat/completions"

    server.on(ASK, OK)
    above(package, kind, scenario)
    sent = server.request
    assert (sent.method, sent.target) == ("POST", "/v1/chat/completions?a=%7E&b=c")
    assert json.loads(sent.body) == {"model": "m"}
    assert dict(sent.headers) == {
        "host": f"127.0.0.1:{server.port}",
        "accept": "*/*",
        "accept-encoding": package.Client().headers["accept-encoding"],
        "connection": "keep-alive",
        "user-agent": f"python-{package.__name__}/{package.__version__}",
        "authorization": "Bearer sk-secret",
        "x-mine": "1",
        "content-length": str(len(sent.body)),
        "content-type": "application/json",
    }


@pytest.mark.parametrize("status", ["404 Not Found", "429 Too Many", "503 Unavailable"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_status_is_an_answer(
    package: Any, kind: str, server: Server, status: str, coding: str
) -> None:
    async def scenario(client: Above) -> None:
        got = await client.ask("GET", chat(server))
        assert got.status_code == int(status[:3])
        assert got.json() == {"error": {"message": "no"}}
        assert got.headers["retry-after"] == "7"

    said = json.dumps({"error": {"message": "no"}}).encode()
    body = gzip.compress(said) if coding == "gzip" else said
    server.on(ASK, answer(body, "retry-after: 7", f"content-encoding: {coding}", status=status))
    above(package, kind, scenario)


@pytest.mark.parametrize("follow", [False, True], ids=["not followed", "followed"])
def test_redirects_are_the_clients(package: Any, kind: str, server: Server, follow: bool) -> None:
    async def scenario(client: Above) -> None:
        got = await client.ask("POST", chat(server), content=b"{}")
        assert got.status_code == (200 if follow else 307)
        assert [each.status_code for each in got.history] == ([307] if follow else [])

    moved = answer(b"", "location: /there", status="307 Moved")
    server.on(ASK, moved, *((ASK, OK) if follow else ()))
    above(package, kind, scenario, {"follow_redirects": follow})
    assert server.requests[-1].target == ("/there" if follow else "/v1/chat/completions")


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/files/f/content"])
def test_content_codings_are_undone_above(
    package: Any, kind: str, server: Server, path: str
) -> None:
    async def scenario(client: Above) -> None:
        got = await client.ask("POST", f"http://127.0.0.1:{server.port}{path}")
        assert got.content == b'{"id": "x"}'
        assert got.headers["content-encoding"] == "gzip"

    server.on(ASK, answer(gzip.compress(b'{"id": "x"}'), "content-encoding: gzip"))
    above(package, kind, scenario)


def test_forms_with_files(package: Any, kind: str, server: Server, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    (tmp_path / "a.bin").write_bytes(content)

    async def scenario(client: Above) -> None:
        with (tmp_path / "a.bin").open("rb") as file:
            got = await client.ask(
                "POST", chat(server), data={"purpose": "x"}, files={"file": ("a.bin", file)}
            )
        assert got.status_code == 200

    server.on(ASK, OK)
    above(package, kind, scenario)
    sent = server.request
    assert content in sent.body
    assert sent.header("content-length") == str(len(sent.body))
    assert (sent.header("content-type") or "").startswith("multipart/form-data; boundary=")


def test_bodies_that_are_made_while_they_are_sent(package: Any, kind: str, server: Server) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"one ", b"", b"two")

    async def async_pieces() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    async def scenario(client: Above) -> None:
        content: Any = pieces() if client.blocking else async_pieces()
        assert (await client.ask("POST", chat(server), content=content)).status_code == 200

    server.on(ASK, OK)
    above(package, kind, scenario)
    assert server.request.body == b"one two"
    assert server.request.header("transfer-encoding") == "chunked"


def test_what_the_body_raises_is_raised(package: Any, kind: str) -> None:
    def broken() -> Iterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    async def async_broken() -> AsyncIterator[bytes]:
        for piece in broken():
            yield piece

    async def scenario(client: Above) -> None:
        content: Any = broken() if client.blocking else async_broken()
        with pytest.raises(ZeroDivisionError):
            await client.ask("POST", chat(server), content=content)

    with Server() as server:
        server.on_any()
        above(package, kind, scenario)


def test_a_body_of_another_length(package: Any, kind: str) -> None:
    async def some() -> AsyncIterator[bytes]:
        yield b"one"

    async def scenario(client: Above) -> None:
        content: Any = iter([b"one"]) if client.blocking else some()
        with pytest.raises(package.LocalProtocolError, match="lacks 6 bytes"):
            await client.ask("POST", chat(server), content=content, headers={"content-length": "9"})

    with Server() as server:
        server.on_any()
        above(package, kind, scenario)


def test_answers_in_parts(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        got = await client.open("GET", f"http://127.0.0.1:{server.port}/download")
        assert b"".join(await client.parts(got)) == b"onetwo"

    server.on(ASK, chunked(b"one", b"two", fields=("content-type: application/octet-stream",)))
    above(package, kind, scenario)


@pytest.mark.parametrize("read", [0, 1], ids=["unread", "half read"])
def test_an_answer_that_is_closed_midway(package: Any, kind: str, read: int) -> None:
    async def scenario(client: Above) -> None:
        got = await client.open("GET", f"http://127.0.0.1:{server.port}/download")
        await client.parts(got, read)
        await client.shut(got)
        await client.shut(got)
        assert client.in_use == 0

    with Server() as server:
        server.on(ASK, answer(bytes(1 << 20), JSON)[:1000])
        above(package, kind, scenario)


def test_what_no_request_may_have(package: Any, kind: str) -> None:
    async def scenario(client: Above) -> None:
        with pytest.raises(package.UnsupportedProtocol, match="'ftp'"):
            await client.ask("GET", "ftp://127.0.0.1/")
        with pytest.raises(package.LocalProtocolError, match="sni_hostname"):
            await client.ask("GET", "https://x.test/", extensions={"sni_hostname": "y.test"})
        with pytest.raises(package.LocalProtocolError, match="token"):
            await client.ask("GET", "http://x.test/", headers={"a b": "c"})
        with pytest.raises(package.LocalProtocolError, match="CR, LF or NUL"):
            await client.ask("GET", f"http://127.0.0.1:{server.port}/", headers={"a": "b\r\nc: d"})

    with Server() as server:
        server.on_any()
        above(package, kind, scenario)
