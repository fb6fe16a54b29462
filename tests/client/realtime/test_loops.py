"""A session of an async client, in an event loop that is not its own."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
import trio

from api_openai import AsyncClient
from api_openai.core.terms.session_errors import WebSocketConnectionClosedError

from .callers import CREATED
from .peer import HEAR, Peer


@pytest.fixture
def elsewhere() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def opened(peer: Peer) -> Any:
    connection = await AsyncClient(api_key="k", base_url=peer.url).realtime.connect().enter()
    await connection.recv()
    return connection


def in_trio(program: Coroutine[Any, Any, object]) -> object:
    async def run() -> object:
        return await program

    return trio.run(run)


@pytest.mark.parametrize("run", [asyncio.run, in_trio], ids=["asyncio", "trio"])
def test_the_loop_that_it_belongs_to_is_named(
    run: Any, elsewhere: asyncio.AbstractEventLoop
) -> None:
    with Peer([CREATED, HEAR]) as peer:
        connection = asyncio.run_coroutine_threadsafe(opened(peer), elsewhere).result()
        with pytest.raises(RuntimeError, match="another event loop"):
            run(connection.recv())
        for program in (connection.send({"type": "x"}), connection.close()):
            asyncio.run_coroutine_threadsafe(program, elsewhere).result()
    assert peer.sessions[0].heard == [{"type": "x"}]


def test_a_session_ends_with_its_loop() -> None:
    with Peer([CREATED]) as peer:
        connection = asyncio.run(opened(peer))
        with pytest.raises(WebSocketConnectionClosedError, match="it is closed"):
            asyncio.run(connection.recv())
        with pytest.raises(WebSocketConnectionClosedError):
            asyncio.run(connection.send({"type": "x"}))
        asyncio.run(connection.close())
