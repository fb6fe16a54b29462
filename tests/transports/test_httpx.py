"""Calls through the caller's httpx clients: blocking, and asynchronous under both loops."""

import gc
import ssl
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api_openai.core.call.wire import Wire
from api_openai.core.http.body import BytesBody, PathBody
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APIConnectionError,
    APITimeoutError,
    LocalProtocolError,
    RemoteProtocolError,
)
from api_openai.transports.httpx.transport import AsyncHttpxTransport, HttpxTransport

from ..support.certificates import Certificates
from ..support.ports import drive
from ..support.raw import unused
from ..support.server import ASK, CLOSE, HANGUP, HEAD, STALL, Server
from ..support.shipments import deadlines, fetch, shipment, tracer

KINDS = ["blocking", "asyncio", "trio"]
every_client = pytest.mark.parametrize("kind", KINDS)
async_clients = pytest.mark.parametrize("kind", KINDS[1:])

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Request-Id: abc\r\n\r\nhello"
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"

Scenario = Callable[[Wire], Awaitable[Any]]


def on(package: Any, kind: str, scenario: Scenario, **options: Any) -> Any:
    """Run a scenario with an httpx client of a kind, which is closed after it."""

    async def blocking() -> Any:
        with package.Client(trust_env=False, **options) as client:
            return await scenario(HttpxTransport(client).wire())

    async def program() -> Any:
        async with package.AsyncClient(trust_env=False, **options) as client:
            return await scenario(AsyncHttpxTransport(client).wire())

    result = drive(kind, blocking if kind == "blocking" else program)
    gc.collect()
    return result


@contextmanager
def serving(*script: Any, tls: ssl.SSLContext | None = None) -> Generator[Server]:
    """Serve one scripted connection."""
    server = Server(tls)
    server.on(*script)
    yield server
    assert server.finish() == []


def at(server: Server, **options: Any) -> Any:
    return shipment(address_of(server), **options)


def address_of(server: Server) -> Any:
    from api_openai.core.call.backend import Address

    return Address("127.0.0.1", server.port)


@every_client
def test_a_request_goes_out_as_it_is(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        what = at(server, body=BytesBody(b"question", "application/json"), target=b"/a%2Fb?x=%7E")
        exchange = await wire.exchange(what, limits, tracer(wire))
        assert exchange.head.status == 200
        assert exchange.head.headers["x-request-id"] == "abc"
        assert (exchange.head.http_version, exchange.head.reason) == (b"1.1", b"OK")
        assert await exchange.read(limits) == b"hello"
        assert await exchange.read(limits) == b""
        assert await exchange.read(limits) == b""
        exchange.abort()

    with serving(ASK, OK) as server:
        on(package, kind, scenario)
        request = server.request
        assert (request.method, request.target) == ("POST", "/a%2Fb?x=%7E")
        assert request.body == b"question"
        assert dict(request.headers) == {
            "host": f"127.0.0.1:{server.port}",
            "accept-encoding": "identity",
            "content-length": "8",
            "content-type": "application/json",
        }


@every_client
def test_what_the_client_was_set_up_with(package: Any, kind: str) -> None:
    """Its fields, parameters and cookies count beside the call's, which are the ones to win."""

    async def scenario(wire: Wire) -> None:
        body = BytesBody(b"question", "application/json")
        what = at(server, body=body, target=b"/a?x=%7E&both=call")
        assert await fetch(wire, what) == (200, b"hello")

    options = {
        "headers": {"content-type": "text/plain", "accept": "text/html", "x-mine": "1"},
        "auth": ("me", "secret"),
        "cookies": {"a": "b"},
        "params": {"mine": "1", "both": "client"},
    }
    with serving(ASK, OK) as server:
        on(package, kind, scenario, **options)
        request = server.request
        assert request.target.startswith("/a?")
        assert sorted(request.target.removeprefix("/a?").split("&")) == [
            "both=call",
            "mine=1",
            "x=~",
        ]
        assert request.body == b"question"
        assert dict(request.headers) == {
            "host": f"127.0.0.1:{server.port}",
            "accept-encoding": "identity",
            "accept": "text/html",
            "content-length": "8",
            "content-type": "application/json",
            "authorization": "Basic bWU6c2VjcmV0",
            "cookie": "a=b",
            "x-mine": "1",
        }


@every_client
def test_an_auth_that_reads_and_signs(package: Any, kind: str) -> None:
    """It may look at the body, and send the request again."""

    class Signs(package.Auth):  # type: ignore[misc]
        requires_request_body = True

        def auth_flow(self, request: Any) -> Generator[Any, Any, None]:
            request.headers["x-signed"] = request.content.decode()
            answer = yield request
            assert answer.status_code == 401
            request.headers["x-signed"] = "again"
            yield request

    refusal = b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"

    async def scenario(wire: Wire) -> None:
        assert await fetch(wire, at(server, body=BytesBody(b"question"))) == (200, b"hello")

    with serving(ASK, refusal, ASK, OK) as server:
        on(package, kind, scenario, auth=Signs())
        assert [each.header("x-signed") for each in server.requests] == ["question", "again"]
        assert {each.body for each in server.requests} == {b"question"}


@every_client
def test_connections_are_used_again(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        for _ in range(3):
            assert await fetch(wire, at(server)) == (200, b"hello")

    with serving(ASK, OK, ASK, OK, ASK, OK) as server:
        on(package, kind, scenario)
        assert len(server.peers) == 1
        assert server.requests[0].method == "GET"


@every_client
def test_a_streamed_body(package: Any, kind: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4000
    path = tmp_path / "body"
    path.write_bytes(content)

    async def scenario(wire: Wire) -> None:
        body = PathBody(str(path), "text/plain")
        assert await fetch(wire, at(server, body=body)) == (200, b"hello")

    with serving(ASK, OK) as server:
        on(package, kind, scenario)
        assert server.request.body == content
        assert server.request.header("content-length") == str(len(content))
        assert server.request.header("content-type") == "text/plain"


@every_client
@pytest.mark.parametrize("follow", [False, True], ids=["not followed", "followed"])
def test_redirects_are_the_clients_to_follow(package: Any, kind: str, follow: bool) -> None:
    moved = b"HTTP/1.1 307 See\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n"

    async def scenario(wire: Wire) -> None:
        what = at(server, body=BytesBody(b"question"))
        assert await fetch(wire, what) == ((200, b"hello") if follow else (307, b""))

    with serving(ASK, moved, *((ASK, OK) if follow else ())) as server:
        on(package, kind, scenario, **({"follow_redirects": True} if follow else {}))
        assert server.requests[-1].target == ("/there" if follow else "/v1/echo")
        assert server.requests[-1].body == b"question"


@every_client
def test_a_body_that_is_read_once_is_not_sent_again(
    package: Any, kind: str, tmp_path: Path
) -> None:
    moved = b"HTTP/1.1 307 See\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n"
    path = tmp_path / "body"
    path.write_bytes(b"question")

    async def scenario(wire: Wire) -> None:
        with pytest.raises(LocalProtocolError, match="can be sent once"):
            await fetch(wire, at(server, body=PathBody(str(path))))

    with serving(ASK, moved, HANGUP) as server:
        on(package, kind, scenario, follow_redirects=True)


@every_client
def test_bodies_are_not_decoded(package: Any, kind: str) -> None:
    coded = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nraw!"

    async def scenario(wire: Wire) -> None:
        assert await fetch(wire, at(server)) == (200, b"raw!")

    with serving(ASK, coded) as server:
        on(package, kind, scenario)


@every_client
def test_a_hook_that_reads_the_answer(package: Any, kind: str) -> None:
    import gzip

    data = gzip.compress(b"hello")
    coded = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%s"

    def read(response: Any) -> None:
        response.read()

    async def aread(response: Any) -> None:
        await response.aread()

    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        assert await exchange.read(limits) == b"hello"
        assert await exchange.read(limits) == b""
        assert "content-encoding" not in exchange.head.headers

    with serving(ASK, coded % (len(data), data)) as server:
        hook = read if kind == "blocking" else aread
        on(package, kind, scenario, event_hooks={"response": [hook]})


@every_client
def test_connection_refused(package: Any, kind: str) -> None:
    address = unused()

    async def scenario(wire: Wire) -> None:
        with pytest.raises(APIConnectionError, match="Cannot connect") as caught:
            await fetch(wire, shipment(address))
        assert caught.value.sent == "no"
        assert isinstance(caught.value.__cause__, package.ConnectError)

    on(package, kind, scenario)


@every_client
def test_a_server_that_closes_without_an_answer(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        with pytest.raises(RemoteProtocolError) as caught:
            await fetch(wire, at(server))
        assert caught.value.sent == "maybe"

    with serving(ASK, CLOSE) as server:
        on(package, kind, scenario)


@every_client
def test_an_answer_that_is_cut_off(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        assert await exchange.read(limits) == b"hello"
        with pytest.raises(RemoteProtocolError) as caught:
            await exchange.read(limits)
        assert caught.value.sent == "answered"
        assert await exchange.read(limits) == b""

    with serving(ASK, HALF, CLOSE) as server:
        on(package, kind, scenario)


@every_client
def test_a_request_that_httpx_refuses(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        with pytest.raises(LocalProtocolError, match="httpx refused"):
            await fetch(wire, shipment(unused(), scheme="gopher"))

    on(package, kind, scenario)


@every_client
@pytest.mark.parametrize(
    ("timeout", "phase", "seconds"),
    [
        (Timeout(first_byte=0.05), "first_byte", 0.05),
        (Timeout(total=0.05), "total", 0.05),
        (Timeout(first_byte=30, total=0.05), "total", 0.05),
    ],
)
def test_no_answer_in_time(
    package: Any, kind: str, timeout: Timeout, phase: str, seconds: float
) -> None:
    async def scenario(wire: Wire) -> None:
        with pytest.raises(APITimeoutError) as caught:
            await fetch(wire, at(server), timeout)
        error = caught.value
        assert (error.phase, error.seconds, error.sent) == (phase, seconds, "maybe")

    with serving(ASK, STALL) as server:
        on(package, kind, scenario)


@every_client
@pytest.mark.parametrize(
    ("timeout", "phase"),
    [
        (Timeout(idle=0.05), "idle"),
        (Timeout(total=0.2), "total"),
        (Timeout(idle=30, total=0.2), "total"),
    ],
)
def test_an_answer_that_stalls(package: Any, kind: str, timeout: Timeout, phase: str) -> None:
    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire, timeout)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        assert await exchange.read(limits) == b"hello"
        with pytest.raises(APITimeoutError) as caught:
            await exchange.read(limits)
        assert (caught.value.phase, caught.value.sent) == (phase, "answered")

    with serving(ASK, HALF, STALL) as server:
        on(package, kind, scenario)


@every_client
def test_no_room_in_the_pool(package: Any, kind: str) -> None:
    async def scenario(wire: Wire) -> None:
        limits = deadlines(wire)
        exchange = await wire.exchange(at(server), limits, tracer(wire))
        with pytest.raises(APITimeoutError) as caught:
            await fetch(wire, at(server), Timeout(connect=0.05))
        assert (caught.value.phase, caught.value.sent) == ("pool", "no")
        exchange.abort()

    with serving(ASK, HALF) as server:
        on(package, kind, scenario, limits=package.Limits(max_connections=1))


@every_client
def test_the_timeouts_of_the_client(package: Any, kind: str) -> None:
    """They count where the call states none; the five seconds that httpx has by itself never do."""

    async def scenario(wire: Wire) -> None:
        with pytest.raises(APITimeoutError, match="in httpx") as caught:
            await fetch(wire, at(server))
        assert caught.value.phase == "first_byte"

    with serving(ASK, STALL) as server:
        on(package, kind, scenario, timeout=package.Timeout(None, read=0.05))


@every_client
def test_an_upload_that_is_not_taken(package: Any, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(bytes(32 << 20))

    async def scenario(wire: Wire) -> None:
        with pytest.raises(APITimeoutError) as caught:
            await fetch(wire, at(server, body=PathBody(str(path))), Timeout(idle=0.05))
        assert caught.value.phase == "send"

    with serving(HEAD, STALL) as server:
        on(package, kind, scenario)


@every_client
def test_through_tls(package: Any, kind: str, certificates: Certificates) -> None:
    async def scenario(wire: Wire) -> None:
        what = at(server, scheme="https", host="localhost")
        assert await fetch(wire, what) == (200, b"hello")

    context = ssl.create_default_context(cafile=certificates.ca)
    with serving(ASK, OK, tls=certificates.server) as server:
        on(package, kind, scenario, verify=context)


@every_client
def test_a_transport_without_a_network(package: Any, kind: str) -> None:
    """Whatever httpx can be told to answer with works."""

    def answer(request: Any) -> Any:
        assert request.headers["host"] == "example.org"
        return package.Response(201, content=b"made up")

    async def scenario(wire: Wire) -> None:
        from api_openai.core.call.backend import Address

        what = shipment(Address("example.org", 80))
        assert await fetch(wire, what) == (201, b"made up")

    on(package, kind, scenario, transport=package.MockTransport(answer))


@every_client
def test_clock_and_files(package: Any, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123")

    async def scenario(wire: Wire) -> None:
        began = wire.clock.now()
        await wire.clock.sleep(0.01)
        assert wire.clock.now() >= began + 0.009
        assert 0 <= wire.clock.random() < 1
        assert len(wire.files.token()) >= 32
        file, size = await wire.files.open_file(str(path))
        assert (size, await wire.files.read_file(file, 9)) == (4, b"0123")
        file.close()
        assert await wire.files.in_worker(time.monotonic) > 0
        assert wire.files.asynchronous == (kind != "blocking")

    on(package, kind, scenario)
