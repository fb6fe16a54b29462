"""Clients of each kind with a server that is not ours, so that one test is for all of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import trio
from tests.support.clients import settled

from api_openai import AsyncClient, Client
from api_openai.core.call.run import run

T = TypeVar("T")
KINDS: Final = ("blocking", "asyncio", "trio")


def play(
    kind: str, base_url: str | None, scenario: Callable[[Any], Awaitable[T]], **settings: Any
) -> T:
    """Run a scenario with a client, in real time, and return what it returned.

    `base_url` is `None` where a failover has the endpoints.
    """

    async def program() -> T:
        make = Client if kind == "blocking" else AsyncClient
        key = None if base_url is None else "k"
        options: dict[str, Any] = {"api_key": key, "base_url": base_url, **settings}
        client: Any = make(**options)
        try:
            return await scenario(client)
        finally:
            await settled(client.close())

    if kind == "blocking":
        return run(program())
    return asyncio.run(program()) if kind == "asyncio" else trio.run(program)


def session(
    kind: str,
    base_url: str,
    body: Callable[[Any], Awaitable[T]],
    *,
    network: Any = None,
    **options: Any,
) -> T:
    """Run `body` with the connection of a realtime session, in its block."""

    async def scenario(client: Any) -> T:
        manager = client.realtime.connect(model="gpt-realtime", **options)
        if kind == "blocking":
            with manager as connection:
                return await body(connection)
        async with manager as connection:
            return await body(connection)

    return play(kind, base_url, scenario, network=network)


async def until(connection: Any, last: str) -> list[Any]:
    """All events up to the first of a type."""
    events = [await settled(connection.recv())]
    while events[-1].type != last:
        events.append(await settled(connection.recv()))
    return events
