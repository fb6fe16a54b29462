"""Cancelled at every suspension point, a session leaves nothing behind, and no frame is torn."""

import asyncio
import itertools
from typing import Any

import pytest
import trio

from api_openai.core.call.network import Network
from api_openai.core.realtime.reconnect import Reconnect
from api_openai.core.websocket.events import Close

from ..support.certificates import Certificates
from ..support.server import Server
from ..support.websocket import ECHO, REST, Say, Until, Upgrade
from .callers import Caller
from .cancelling import CANCELLERS, Interrupted, Program, everywhere
from .connections import Connection
from .session_events import COMPRESSED
from .sessions import CREATED, DONE, append, delta
from .ways import OnAsyncio, OnTrio, Way

KINDS = ("asyncio", "trio", "stepper")
BIG = "x" * 6_000_000


async def used_and_left(caller: Caller) -> None:
    async with caller.connect() as connection:
        assert (await connection.recv()).type == "session.created"
        for text in ("a", "b"):
            await connection.send(delta(text))
            assert (await connection.recv()).delta == text


async def used_and_closed(caller: Caller) -> None:
    connecting = caller.connect()
    connecting.send(delta("early"))
    async with connecting as connection:
        await connection.recv()
        await connection.send(delta("x" * 400_000))
        await connection.close(code=3000)


async def comes_back(caller: Caller) -> None:
    async with caller.connect(reconnect=Reconnect(initial_delay=0.01)) as connection:
        async for event in connection:
            if event.type == "reconnected":
                return


PROGRAMS: dict[str, tuple[Program, tuple[Any, ...]]] = {
    "left": (used_and_left, (Upgrade(CREATED), ECHO)),
    "closed": (used_and_closed, (Upgrade(CREATED), ECHO)),
    "back": (comes_back, (Upgrade(CREATED, Close(1012)), REST)),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("kind", KINDS)
def test_cancelled_at_every_await(kind: str, name: str) -> None:
    program, script = PROGRAMS[name]
    server = Server()
    server.on_any(*script)
    network = Network(max_connections=1)
    points = everywhere(CANCELLERS[kind](), program, server, network, "http")
    assert server.finish() == []
    assert points >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_cancelled_at_every_await_through_tls(kind: str, certificates: Certificates) -> None:
    server = Server(certificates.server)
    server.on_any(Upgrade(CREATED), ECHO)
    network = Network(ca=certificates.ca, max_connections=1)
    points = everywhere(CANCELLERS[kind](), used_and_left, server, network, "https")
    assert server.finish() == []
    assert points >= 3


async def by_task(connection: Connection, at: int) -> int:
    """Send, cancelled at a suspension point; return how many there were."""
    task = asyncio.current_task()
    assert task is not None
    sending = Interrupted(connection.send(append(BIG)), at, task.cancel)
    try:
        await sending
    except asyncio.CancelledError:
        task.uncancel()
    return sending.count


async def by_scope(connection: Connection, at: int) -> int:
    scope = trio.CancelScope()
    sending = Interrupted(connection.send(append(BIG)), at, scope.cancel)
    with scope:
        await sending
    return sending.count


WAYS: dict[str, tuple[type[Way], Any]] = {
    "asyncio": (OnAsyncio, by_task),
    "trio": (OnTrio, by_scope),
}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("options", [{}, COMPRESSED], ids=["as it is", "compressed"])
@pytest.mark.parametrize("kind", WAYS)
def test_an_interrupted_sender_tears_no_frame(
    kind: str, options: dict[str, Any], tls: bool, certificates: Certificates
) -> None:
    """What was interrupted comes whole or not at all, and what follows comes."""
    make, sends = WAYS[kind]
    server = Server(certificates.server if tls else None)
    way = make()
    heard: list[int] = []
    settings = {"base_url": f"http{'s' * tls}://127.0.0.1:{server.port}/v1", "api_key": "sk-test"}

    async def once(at: int) -> bool:
        server.on(Upgrade(), Until("last"), Say(DONE), REST)
        caller = way.caller(Network(ca=certificates.ca), settings)
        connection = await caller.connect(websocket_connection_options=options).enter()
        count: int = await sends(connection, at)
        await connection.send(append("last"))
        assert [event async for event in connection] == []
        *before, last = server.played(len(server.peers) - 1).session.messages
        assert last == append("last")
        assert before in ([], [append(BIG)])
        heard.append(len(before))
        await way.leave(caller)
        return count >= at

    async def main() -> None:
        for step in itertools.count():
            if not await once(2**step):
                return

    way.run(main())
    assert server.finish() == []
    assert heard[-1] == 1
