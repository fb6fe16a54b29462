"""The ways of doing I/O that all scenarios run on, and the routes that connections take.

A way makes clients and runs scenarios. Adding a transport is adding a way: it inherits the list.
"""

import asyncio
import ssl
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import anyio
import anyio.lowlevel
import httpx
import trio

from api_openai.client.client import AsyncClient, Client
from api_openai.core.call.network import Network, Proxy
from api_openai.core.call.run import run
from api_openai.core.call.wire import PooledWire
from api_openai.core.terms.secret import Secret
from api_openai.transports.stepper.effects import Sleep, perform

from ..support.clock import Clock, run_asyncio, run_trio, without_a_loop
from ..support.loop import Loop, together
from .callers import AsyncCaller, Caller, Program, SyncCaller

WayName = Literal["blocking", "asyncio", "trio", "stepper", "httpx", "httpx-asyncio", "httpx-trio"]


class Route(NamedTuple):
    """How connections reach the server."""

    tls: bool
    proxy: bool

    def __str__(self) -> str:
        return {
            (False, False): "direct",
            (True, False): "tls",
            (False, True): "proxy",
            (True, True): "proxy+tls",
        }[self]


DIRECT, TLS = Route(False, False), Route(True, False)
PROXY, PROXY_TLS = Route(False, True), Route(True, True)


class Way(ABC):
    """One transport, made anew for each scenario."""

    name: ClassVar[WayName]
    routes: ClassVar[dict[Route, str]] = {}
    """Routes that this way does not take, and why."""

    @cached_property
    def clock(self) -> Clock:
        """The time of the scenario."""
        return Clock()

    @abstractmethod
    def run(self, program: Coroutine[Any, Any, None]) -> None:
        """Run a scenario."""

    @abstractmethod
    def caller(self, network: Network, settings: dict[str, Any]) -> Caller:
        """Make a client. Called while the scenario runs."""

    async def turns(self) -> None:  # noqa: B027 (most have nothing to do)
        """Let the event loop, if there is one, notice what has come in the meantime."""

    async def leave(self, caller: Caller) -> None:
        """Close a client; it must have nothing in use."""
        pool = in_use(caller)
        await caller.close()
        assert pool == (0, 0), f"{pool[0]} places of the pool in use, {pool[1]} waiting"


def in_use(caller: Caller) -> tuple[int, int]:
    """How many places of a client's pool are taken, and how many wait for one."""
    wire: Any = caller.client.transport.wire()
    if not issubclass(type(wire), PooledWire):
        return 0, 0  # its pool is another's, and the server sees what it leaves open
    pool = wire.backend.pool
    return pool.in_use, pool.waiting


class Blocking(Way):
    name: ClassVar[WayName] = "blocking"

    def run(self, program: Coroutine[Any, Any, None]) -> None:
        with without_a_loop(self.clock):
            run(program)

    def caller(self, network: Network, settings: dict[str, Any]) -> Caller:
        return SyncCaller(Client(network=network, **settings))


class OnAsyncio(Way):
    name: ClassVar[WayName] = "asyncio"

    def run(self, program: Coroutine[Any, Any, None]) -> None:
        run_asyncio(program, self.clock)

    async def turns(self) -> None:
        for _ in range(3):
            await anyio.lowlevel.checkpoint()

    def caller(self, network: Network, settings: dict[str, Any]) -> Caller:
        return AsyncCaller(AsyncClient(network=network, **settings), in_asyncio)


class OnTrio(Way):
    name: ClassVar[WayName] = "trio"

    def run(self, program: Coroutine[Any, Any, None]) -> None:
        async def main() -> None:
            await program

        run_trio(main, self.clock)

    async def turns(self) -> None:
        await trio.lowlevel.checkpoint()

    def caller(self, network: Network, settings: dict[str, Any]) -> Caller:
        return AsyncCaller(AsyncClient(network=network, **settings), in_trio)


class OnStepper(Way):
    name: ClassVar[WayName] = "stepper"

    def __init__(self) -> None:
        self.loop = Loop(self.clock)

    def run(self, program: Coroutine[Any, Any, None]) -> None:
        self.loop.run(program)

    async def turns(self) -> None:
        await perform(Sleep(0))

    def caller(self, network: Network, settings: dict[str, Any]) -> Caller:
        transport = self.loop.transport(network)
        return AsyncCaller(AsyncClient(transport=transport, **settings), together)


def _options(network: Network) -> dict[str, Any]:
    """What an httpx client takes for the settings of ours."""
    verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if network.ca is not None:
        verify.load_verify_locations(cafile=network.ca)
    proxy = None
    if isinstance(network.proxy, Proxy):
        auth = (network.proxy.username or "", (network.proxy.password or Secret("")).reveal())
        proxy = httpx.Proxy(
            f"http://{network.proxy.host}:{network.proxy.port}",
            auth=auth if network.proxy.username is not None else None,
        )
    return {
        "verify": verify,
        "proxy": proxy,
        "trust_env": False,
        "limits": httpx.Limits(
            max_connections=network.max_connections,
            max_keepalive_connections=network.max_idle,
            keepalive_expiry=network.idle_seconds,
        ),
    }


_NO_TUNNEL = {PROXY: "httpx sends http:// requests to a proxy in absolute form, without a tunnel"}


class OverHttpx(Way):
    name: ClassVar[WayName] = "httpx"
    routes = _NO_TUNNEL

    def __init__(self) -> None:
        self._clients: dict[int, httpx.Client] = {}

    def run(self, program: Coroutine[Any, Any, None]) -> None:
        with without_a_loop(self.clock):
            run(program)

    def caller(self, network: Network, settings: dict[str, Any]) -> Caller:
        client = httpx.Client(**_options(network))
        caller = SyncCaller(Client(http_client=client, **settings))
        self._clients[id(caller)] = client
        return caller

    async def leave(self, caller: Caller) -> None:
        await super().leave(caller)
        self._clients[id(caller)].close()


class OverAsyncHttpx(OnAsyncio):
    name: ClassVar[WayName] = "httpx-asyncio"
    routes = _NO_TUNNEL

    def __init__(self) -> None:
        self._clients: dict[int, httpx.AsyncClient] = {}

    def caller(self, network: Network, settings: dict[str, Any]) -> Caller:
        client = httpx.AsyncClient(**_options(network))
        caller = AsyncCaller(AsyncClient(http_client=client, **settings), in_anyio)
        self._clients[id(caller)] = client
        return caller

    async def leave(self, caller: Caller) -> None:
        await super().leave(caller)
        await self._clients[id(caller)].aclose()


class OverTrioHttpx(OverAsyncHttpx):
    name: ClassVar[WayName] = "httpx-trio"

    def run(self, program: Coroutine[Any, Any, None]) -> None:
        async def main() -> None:
            await program

        run_trio(main, self.clock)


async def _caught(program: Program) -> Any:
    try:
        return await program()
    except Exception as error:
        return error


async def in_asyncio(programs: list[Program]) -> list[Any]:
    return await asyncio.gather(*[_caught(program) for program in programs])


async def in_trio(programs: list[Program]) -> list[Any]:
    results: dict[int, Any] = {}

    async def one(number: int, program: Program) -> None:
        results[number] = await _caught(program)

    async with trio.open_nursery() as nursery:
        for number, program in enumerate(programs):
            nursery.start_soon(one, number, program)
    return [results[number] for number in range(len(programs))]


async def in_anyio(programs: list[Program]) -> list[Any]:
    results: dict[int, Any] = {}

    async def one(number: int, program: Program) -> None:
        results[number] = await _caught(program)

    async with anyio.create_task_group() as group:
        for number, program in enumerate(programs):
            group.start_soon(one, number, program)
    return [results[number] for number in range(len(programs))]


WAYS: dict[WayName, type[Way]] = {
    way.name: way
    for way in (
        Blocking,
        OnAsyncio,
        OnTrio,
        OnStepper,
        OverHttpx,
        OverAsyncHttpx,
        OverTrioHttpx,
    )
}
