"""Scenarios of deadlines, of connections that cannot be made, and of the pool's line."""

import socket
from typing import Any

import pytest

from api_openai.core.call.network import Network
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APIConnectionError, APIStatusError, APITimeoutError

from ..support import raw
from ..support.http import END, EVENTS, answer, chunk, event, head
from ..support.server import ASK, GATE, HANGUP, STALL, Always
from ..support.shapes import CHAT, delta
from .framing import OK, POST
from .stage import HTTPX, NO_PROXY, Stage, scenario
from .ways import DIRECT, PROXY_TLS, TLS

SOON = 0.03
"""Seconds of a deadline that passes, by the clock of the stage."""
LATE = 30.0
"""Seconds of a deadline that must not be the one that fires."""


async def passes(stage: Stage, timeout: Timeout, phase: str, **settings: Any) -> APITimeoutError:
    """A call whose deadline passes; the next call works."""
    client = stage.client(timeout=timeout, **settings)
    with pytest.raises(APITimeoutError) as caught:
        await client.send(POST)
    error = caught.value
    assert (error.phase, error.seconds) == (phase, SOON)
    assert error.operation == "chat.create"
    assert len(error.attempts) == 1
    return error


@scenario()
async def first_byte_deadline(stage: Stage) -> None:
    stage.server.on(ASK, STALL)
    timeout = Timeout(first_byte=SOON, idle=LATE, connect=LATE, total=LATE)
    assert (await passes(stage, timeout, "first_byte")).sent == "maybe"


@scenario()
async def idle_deadline_in_a_body(stage: Stage) -> None:
    stage.server.on(ASK, OK[:-3], STALL)
    error = await passes(stage, Timeout(idle=SOON, first_byte=LATE), "idle")
    assert error.sent == "answered"


@scenario()
async def total_deadline_before_the_head(stage: Stage) -> None:
    stage.server.on(ASK, STALL)
    client = stage.client(timeout=Timeout(total=SOON, first_byte=LATE, idle=LATE))
    with pytest.raises(APITimeoutError) as caught:
        await client.send(POST)
    assert (caught.value.phase, caught.value.seconds) == ("total", SOON)


@scenario()
async def total_deadline_in_a_body(stage: Stage) -> None:
    stage.server.on(ASK, OK[:-3], STALL)
    client = stage.client(timeout=Timeout(total=SOON, idle=LATE))
    with pytest.raises(APITimeoutError) as caught:
        await client.send(POST)
    assert caught.value.phase == "total"


@scenario()
async def a_deadline_in_an_error_body_costs_the_body_only(stage: Stage) -> None:
    stage.server.on(ASK, head("503 Busy", "content-length: 99") + b"over", STALL)
    with pytest.raises(APIStatusError) as caught:
        await stage.client(timeout=Timeout(idle=SOON)).send(POST)
    assert (caught.value.status_code, caught.value.body) == (503, "over")


@scenario()
async def send_deadline(stage: Stage) -> None:
    stage.server.on(STALL)
    big = CHAT({"model": "m", "messages": "x" * 12_000_000})
    client = stage.client(timeout=Timeout(idle=SOON, first_byte=LATE))
    with pytest.raises(APITimeoutError) as caught:
        await client.send(big)
    assert (caught.value.phase, caught.value.sent) == ("send", "maybe")


@scenario(routes=NO_PROXY, because="the proxy is there; it is the server that is not")
async def connect_deadline(stage: Stage) -> None:
    with raw.full() as (host, port):
        base_url = f"http{'s' * stage.route.tls}://{host}:{port}"
        timeout = Timeout(connect=SOON, first_byte=LATE)
        error = await passes(stage, timeout, "connect", base_url=base_url)
    assert error.sent == "no"


@scenario(routes=NO_PROXY, because="the proxy is there; it is the server that is not")
async def total_deadline_while_connecting(stage: Stage) -> None:
    with raw.full() as (host, port):
        client = stage.client(
            base_url=f"http{'s' * stage.route.tls}://{host}:{port}", timeout=Timeout(total=SOON)
        )
        with pytest.raises(APITimeoutError) as caught:
            await client.send(POST)
    assert caught.value.phase == "total"
    if stage.pooled:  # how far httpx had come when it was cancelled it does not say
        assert caught.value.sent == "no"


@scenario()
async def a_deadline_of_the_call(stage: Stage) -> None:
    stage.server.on(ASK, STALL)
    stage.way.clock.starts = stage.server.stalled  # for connecting has the same limit
    client = stage.client(timeout=Timeout(first_byte=LATE))
    with pytest.raises(APITimeoutError) as caught:
        await client.send(CHAT({"model": "m", "timeout": SOON}))
    assert (caught.value.phase, caught.value.seconds) == ("first_byte", SOON)


@scenario()
async def deadlines_do_not_outlive_their_call(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, GATE, OK)
    client = stage.client(timeout=Timeout(total=LATE, idle=LATE))
    assert (await client.send(CHAT({"model": "m", "timeout": Timeout(total=5)}))).id == "r1"
    stage.server.go()
    assert (await client.send(CHAT({"model": "m", "timeout": None}))).id == "r1"


@scenario(routes=(DIRECT, TLS, PROXY_TLS), because="a proxy without a tunnel answers it by a 502")
async def refused_connection(stage: Stage) -> None:
    host, port = raw.unused()
    client = stage.client(base_url=f"http{'s' * stage.route.tls}://{host}:{port}")
    with pytest.raises(APIConnectionError) as caught:
        await client.send(POST)
    assert caught.value.sent == "no"
    assert caught.value.attempts[0].outcome.startswith("not sent")
    assert not isinstance(caught.value, APITimeoutError)


@scenario(routes=NO_PROXY, because="the proxy resolves the server's name")
async def a_name_that_does_not_resolve(stage: Stage) -> None:
    known = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in ("nowhere.test", b"nowhere.test"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *args, **kwargs)

    stage.monkeypatch.setattr(socket, "getaddrinfo", resolve)
    client = stage.client(base_url=f"http{'s' * stage.route.tls}://nowhere.test:1/v1")
    with pytest.raises(APIConnectionError, match="not known") as caught:
        await client.send(POST)
    assert caught.value.sent == "no"


THREADS = "httpcore closes connections that another thread has just been given (TLS 1.3 tickets)"
STREAM = CHAT({"model": "m", "stream": True})
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked") + chunk(event(delta("a")))
REST = chunk(event(delta("b"))) + chunk(b"data: [DONE]\n\n") + END


@scenario()
async def the_pools_line_has_a_deadline(stage: Stage) -> None:
    stage.server.on(ASK, OPEN, GATE, REST, ASK, OK)
    client = stage.client(network=Network(max_connections=1), timeout=Timeout(connect=LATE))
    async with await client.stream(STREAM) as stream:
        await anext(stream)
        with pytest.raises(APITimeoutError) as caught:
            await client.send(CHAT({"model": "m", "timeout": Timeout(connect=SOON)}))
        assert (caught.value.phase, caught.value.sent) == ("pool", "no")
        stage.server.go()
        assert len([each async for each in stream]) == 1
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 1


@scenario(without={("httpx",): THREADS})
async def who_waits_in_line_comes_next(stage: Stage) -> None:
    answers = [answer({"id": f"r{number}"}) for number in range(6)]
    stage.server.on(*[action for each in answers for action in (ASK, each)])
    client = stage.client(network=Network(max_connections=1))

    async def one() -> Any:
        return (await client.send(POST)).id

    results = await client.together([one] * 6)
    assert sorted(results) == [f"r{number}" for number in range(6)]
    assert len(stage.server.peers) == 1


@scenario(without={("httpx",): THREADS})
async def sixteen_callers_share_four_connections(stage: Stage) -> None:
    stage.server.on_any(Always(OK))
    client = stage.client(network=Network(max_connections=4))

    async def five() -> Any:
        return [(await client.send(POST)).id for _ in range(5)]

    results = await client.together([five] * 16)
    assert results == [["r1"] * 5] * 16
    assert len(stage.server.requests) == 80
    if stage.pooled:
        assert len(stage.server.peers) <= 4


@scenario(without={HTTPX: "httpx evicts the idle connections of its pool by its own rules"})
async def an_idle_connection_makes_room_for_another_server(stage: Stage) -> None:
    other = stage.another_server()
    stage.server.on(ASK, OK, HANGUP)
    other.on(ASK, OK)
    client = stage.client(network=Network(max_connections=1))
    assert (await client.send(POST)).id == "r1"
    there = client.with_options(base_url=stage.url(other), api_key="sk-other")
    assert (await there.send(POST)).id == "r1"


@scenario(routes=(DIRECT,), because="it is about the pool, which does not know of routes")
async def an_idle_connection_grows_old(stage: Stage) -> None:
    stage.server.on(ASK, OK, HANGUP)
    stage.server.on(ASK, OK)
    client = stage.client(network=Network(idle_seconds=1e-6))
    assert (await client.send(POST)).id == "r1"
    stage.way.clock.go_on(1)  # httpx has a clock of its own, and its microsecond has passed
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 2
