"""One client over the lives of event loops, threads and processes."""

import asyncio
import gc
import json
import os
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import trio

from api_openai.client.client import AsyncClient, Client
from api_openai.core.call.wire import PooledWire
from api_openai.core.terms.errors import APIConnectionError
from api_openai.core.terms.session_errors import WebSocketConnectionClosedError

from ..support.http import EVENTS, chunk, event, head
from ..support.server import ASK, HANGUP, Always, Server
from ..support.shapes import delta
from ..support.websocket import ECHO, Upgrade
from . import sessions
from .framing import OK, POST
from .streaming import STREAM

Main = Callable[[], Coroutine[Any, Any, Any]]
OPEN = head("200 OK", EVENTS, "transfer-encoding: chunked") + chunk(event(delta("a")))


def settings(server: Server) -> dict[str, Any]:
    return {"base_url": f"http://127.0.0.1:{server.port}/v1", "api_key": "sk-test"}


def on_asyncio(main: Main) -> Any:
    return asyncio.run(main())


@pytest.mark.parametrize("order", [(on_asyncio,) * 2, (trio.run,) * 2, (on_asyncio, trio.run)])
@pytest.mark.parametrize("close", [True, False])
def test_a_client_in_one_loop_after_another(
    order: tuple[Callable[[Main], Any], ...], close: bool
) -> None:
    """Each loop has connections of its own, and they end with it whether or not they are closed."""
    server = Server()
    server.on_any(Always(OK))
    client = AsyncClient(**settings(server))

    async def main() -> list[str]:
        ids = [(await client.send(POST)).id for _ in range(2)]
        if close:
            await client.close()
        return ids

    for run in order:
        assert run(main) == ["r1", "r1"]
        gc.collect()
    assert server.finish() == []
    assert [len(peer.requests) for peer in server.peers] == [2, 2]


@pytest.mark.parametrize("run", [on_asyncio, trio.run])
def test_a_loop_that_ends_in_the_middle_of_a_stream(run: Callable[[Main], Any]) -> None:
    server = Server()
    server.on(ASK, OPEN, HANGUP)
    client = AsyncClient(**settings(server))
    kept: list[Any] = []

    async def main() -> None:
        stream = await client.send(STREAM)
        await anext(stream)
        kept.append(stream)

    run(main)
    assert server.finish() == [], "the loop took the connection with it"
    kept.clear()
    gc.collect()


def test_an_async_client_without_a_loop_says_so() -> None:
    client = AsyncClient(base_url="http://127.0.0.1:1", api_key="")
    program = client.send(POST)
    with pytest.raises(RuntimeError, match="event loop"):
        program.send(None)
    program.close()


def test_a_blocking_client_works_in_a_thread_of_a_loop() -> None:
    server = Server()
    server.on_any(Always(OK))
    client = Client(**settings(server))

    async def main() -> list[str]:
        calls = [asyncio.to_thread(client.send, POST) for _ in range(8)]
        return [each.id for each in await asyncio.gather(*calls)]

    assert asyncio.run(main()) == ["r1"] * 8
    client.close()
    assert server.finish() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_client_survives_fork() -> None:
    """The child makes connections of its own; the parent's are as they were."""
    server = Server()
    server.on(ASK, OK, ASK, OK)
    server.on(ASK, OK, HANGUP)
    client = Client(**settings(server))
    assert client.send(POST).id == "r1"
    said = in_child(lambda: client.send(POST).id)
    assert said == "r1"
    assert client.send(POST).id == "r1"
    client.close()
    assert server.finish() == []
    assert [len(peer.requests) for peer in server.peers] == [2, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_stream_of_the_parent_is_not_the_childs() -> None:
    server = Server()
    server.on(ASK, OPEN, HANGUP)
    client = Client(**settings(server))
    stream = client.send(STREAM)
    assert next(stream).choices[0].delta == "a"

    def child() -> str:
        try:
            next(stream)
        except APIConnectionError as error:
            return type(error).__name__
        return "an event"

    assert in_child(child) == "StreamTruncatedError"
    wire = client.transport.wire()
    assert isinstance(wire, PooledWire)
    stream.close()
    client.close()
    assert server.finish() == []


def in_child(action: Callable[[], str]) -> str:
    """Call `action` in a child process and return what it returns."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the servers are threads
        child = os.fork()
    if child == 0:
        try:
            os.write(writing, action().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize("run", [on_asyncio, trio.run])
@pytest.mark.parametrize("close", [True, False])
def test_sessions_in_one_loop_after_another(run: Callable[[Main], Any], close: bool) -> None:
    """A session ends with its loop, closed or not; the next loop's client opens others."""
    server = Server()
    server.on_any(Upgrade(sessions.CREATED), ECHO)
    client = AsyncClient(**settings(server))
    kept: list[Any] = []

    async def main() -> str:
        connection = await client.realtime.connect(model="m").enter()
        kept.append(connection)
        if close:
            await connection.close()
            return "session.created"
        return (await connection.recv()).type

    for _ in range(2):
        assert run(main) == "session.created"
        gc.collect()
    assert server.finish() == []
    kept.clear()
    gc.collect()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_session_of_the_parent_is_not_the_childs() -> None:
    """The child opens one of its own, and the parent's goes on."""
    server = Server()
    server.on_any(Upgrade(sessions.CREATED), ECHO)
    client = Client(**settings(server))
    connection = client.realtime.connect(model="m").enter()
    assert connection.recv().type == "session.created"

    def child() -> str:
        try:
            connection.send(sessions.delta("child"))
            return "sent"
        except WebSocketConnectionClosedError:
            pass
        with client.realtime.connect(model="m") as own:
            return own.recv().type

    assert in_child(child) == "session.created"
    connection.send(sessions.delta("parent"))
    assert json.loads(connection.recv_bytes()) == sessions.delta("parent")
    connection.close()
    client.close()
    assert server.finish() == []
    assert len(server.peers) == 2
