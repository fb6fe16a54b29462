"""How calls fail beneath a client of httpx or httpx2: in its own exceptions, with ours as the cause."""

from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from api_openai import (
    APIConnectionError,
    APITimeoutError,
    PolicyRefusedError,
    Timeout,
)
from api_openai.core.call.network import Network
from api_openai.policies import CircuitBreaker, Retry

from ...support.above import Above, above
from ...support.http import answer, head
from ...support.raw import unused
from ...support.server import ASK, CLOSE, RESET, STALL, Server

OK = answer({"id": "x"})
HALF = head("200 OK", "content-length: 10") + b"hello"
LATE = 0.05


def at(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/v1/models"


def elsewhere(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/download"


def test_nobody_listens(package: Any, kind: str) -> None:
    async def scenario(client: Above) -> None:
        with pytest.raises(package.ConnectError, match="refused") as caught:
            await client.ask("GET", f"http://127.0.0.1:{unused().port}/v1/models")
        assert isinstance(caught.value.__cause__, APIConnectionError)
        assert caught.value.__cause__.attempts[0].outcome.startswith("not sent")
        assert caught.value.request.url.path == "/v1/models"

    above(package, kind, scenario)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ((ASK, CLOSE), "RemoteProtocolError"),
        ((ASK, RESET), "ReadError"),
        ((ASK, b"HTP/1.1 200 OK\r\n\r\n", CLOSE), "RemoteProtocolError"),
        ((ASK, HALF, CLOSE), "RemoteProtocolError"),
    ],
    ids=["closed", "reset", "no HTTP", "cut"],
)
@pytest.mark.parametrize("where", [at, elsewhere], ids=["read whole", "read in parts"])
def test_a_connection_that_is_lost(
    package: Any,
    kind: str,
    server: Server,
    script: tuple[Any, ...],
    error: str,
    where: Callable[[Server], str],
) -> None:
    async def scenario(client: Above) -> None:
        with pytest.raises(getattr(package, error)) as caught:
            await client.ask("GET", where(server))
        assert isinstance(caught.value.__cause__, APIConnectionError)

    server.on(*script)
    above(package, kind, scenario)


@pytest.mark.parametrize(
    ("script", "own", "error"),
    [
        ((ASK, STALL), {"read": LATE}, "ReadTimeout"),
        ((ASK, HALF, STALL), {"read": LATE}, "ReadTimeout"),
    ],
    ids=["no answer", "a pause"],
)
@pytest.mark.parametrize("where", [at, elsewhere], ids=["read whole", "read in parts"])
def test_timeouts_of_the_client_above(
    package: Any,
    kind: str,
    script: tuple[Any, ...],
    own: dict[str, float],
    error: str,
    where: Callable[[Server], str],
) -> None:
    async def scenario(client: Above) -> None:
        with pytest.raises(getattr(package, error)) as caught:
            await client.ask("GET", where(server))
        assert isinstance(caught.value.__cause__, APITimeoutError)

    with Server() as server:
        server.on(*script)
        above(package, kind, scenario, {"timeout": package.Timeout(None, **own)})


def test_a_timeout_of_one_request(package: Any, kind: str) -> None:
    async def scenario(client: Above) -> None:
        with pytest.raises(package.ReadTimeout):
            await client.ask("GET", at(server), timeout=LATE)

    with Server() as server:
        server.on(ASK, STALL)
        above(package, kind, scenario, {"timeout": None})


def test_a_limit_to_the_whole_call(package: Any, kind: str) -> None:
    async def scenario(client: Above) -> None:
        with pytest.raises(package.ReadTimeout) as caught:
            await client.ask("GET", at(server))
        cause = caught.value.__cause__
        assert isinstance(cause, APITimeoutError)
        assert (cause.phase, cause.seconds) == ("total", LATE)

    with Server() as server:
        server.on(ASK, STALL)
        above(package, kind, scenario, timeout=Timeout(total=LATE))


def test_no_room_in_the_pool(package: Any, kind: str) -> None:
    async def scenario(client: Above) -> None:
        first = await client.open("GET", elsewhere(server))
        with pytest.raises(package.PoolTimeout):
            await client.ask("GET", at(server), timeout=package.Timeout(None, pool=LATE))
        await client.shut(first)
        assert (await client.ask("GET", at(server))).status_code == 200

    with Server() as server:
        server.on(ASK, HALF)
        server.on(ASK, OK)
        above(package, kind, scenario, network=Network(max_connections=1))


def test_a_retry_beneath(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        got = await client.ask("POST", at(server), json={})
        assert got.json() == {"id": "x"}
        keys = {each.header("idempotency-key") for each in server.requests}
        assert len(keys) == 1
        assert None not in keys

    server.on(ASK, answer(b"busy", status="503 Busy"), CLOSE)
    server.on(ASK, OK)
    above(package, kind, scenario, retry=Retry(2, initial=0.001))


def test_the_last_answer_of_a_retry(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        got = await client.ask("POST", at(server), json={})
        assert (got.status_code, got.text) == (503, "still busy")

    server.on(ASK, answer(b"busy", status="503 Busy"), CLOSE)
    server.on(ASK, answer(b"still busy", status="503 Busy"))
    above(package, kind, scenario, max_retries=1, timeout=None)


def test_forms_are_sent_again_and_iterators_are_not(
    package: Any, kind: str, server: Server
) -> None:
    async def pieces() -> Any:
        yield b"once"

    async def scenario(client: Above) -> None:
        got = await client.ask("POST", at(server), files={"file": ("a", b"content")})
        assert got.status_code == 200
        first, second = (each.body for each in server.requests)
        assert first == second
        once: Any = iter([b"once"]) if client.blocking else pieces()
        got = await client.ask("POST", at(server), content=once)
        assert got.status_code == 503

    server.on(ASK, answer(b"busy", status="503 Busy"), CLOSE)
    server.on(ASK, OK, ASK, answer(b"busy", status="503 Busy"))
    above(package, kind, scenario, retry=Retry(1, initial=0.001))


def test_a_refusal_of_a_policy(package: Any, kind: str, server: Server) -> None:
    async def scenario(client: Above) -> None:
        assert (await client.ask("GET", at(server))).status_code == 503
        with pytest.raises(package.ConnectError) as caught:
            await client.ask("GET", at(server))
        assert isinstance(caught.value.__cause__, PolicyRefusedError)

    server.on(ASK, answer(b"busy", status="503 Busy"))
    breaker = CircuitBreaker(failures=1, open_seconds=60)
    above(package, kind, scenario, circuit_breaker=breaker)


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize("script", [(ASK, STALL), (ASK, HALF, STALL)], ids=["head", "body"])
@pytest.mark.parametrize("where", [at, elsewhere], ids=["read whole", "read in parts"])
def test_a_cancelled_call_leaves_nothing_behind(
    package: Any, loop: str, script: tuple[Any, ...], where: Callable[[Server], str]
) -> None:
    async def scenario(client: Above) -> None:
        async with anyio.create_task_group() as group:

            async def ask() -> None:
                await client.ask("GET", where(server))

            group.start_soon(ask)
            with anyio.fail_after(30):
                while not server.peers or not server.peers[0].requests:
                    await anyio.lowlevel.checkpoint()
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        assert client.in_use == 0

    with Server() as server:
        server.on(*script)
        above(package, loop, scenario, {"timeout": None})
