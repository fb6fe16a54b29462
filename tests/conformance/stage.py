"""What scenarios are made of: the list of them, and the stage that one is played on."""

import contextlib
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api_openai.core.call.network import Network, Proxy
from api_openai.core.call.trace import Kind, TraceEvent

from ..support.certificates import Certificates
from ..support.proxy import HttpProxy
from ..support.server import Server
from .callers import Caller
from .ways import DIRECT, PROXY, PROXY_TLS, TLS, WAYS, Route, Way, WayName

KEY = "sk-conformance-secret"
ROUTES = (DIRECT, TLS, PROXY, PROXY_TLS)
NO_PROXY = (DIRECT, TLS)
HTTPX: tuple[WayName, ...] = ("httpx", "httpx-asyncio", "httpx-trio")
OWN_SOCKETS: tuple[WayName, ...] = ("blocking", "asyncio", "trio", "stepper")
BLOCKING: tuple[WayName, ...] = ("blocking", "httpx")


class Stage:
    """One scenario on one way and route: its servers, its clients, what they traced."""

    def __init__(
        self,
        way: Way,
        route: Route,
        certificates: Certificates | None,
        folders: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.way = way
        self.route = route
        self._folders = folders
        self.monkeypatch = monkeypatch
        self.traced: list[TraceEvent] = []
        self.proxy = HttpProxy("user", "pass word") if route.proxy else None
        self._certificates = certificates
        self._servers: list[Server] = []
        self._callers: list[Caller] = []
        self.server = self.another_server()

    @cached_property
    def tmp(self) -> Path:
        """A folder of its own."""
        return self._folders.mktemp("stage")

    @property
    def pooled(self) -> bool:
        """Whether connections are ours, so that the trace tells of them."""
        return self.way.name not in HTTPX

    def another_server(self) -> Server:
        """A further server, with its own port."""
        tls = self._certificates.server if self.route.tls and self._certificates else None
        server = Server(tls)
        self._servers.append(server)
        return server

    def url(self, server: Server | None = None, path: str = "/v1") -> str:
        """The base URL of a server."""
        scheme = "https" if self.route.tls else "http"
        return f"{scheme}://127.0.0.1:{(server or self.server).port}{path}"

    def client(
        self,
        *,
        base_url: str | None = None,
        network: Network | None = None,
        api_key: str = KEY,
        trusting: bool = True,
        proxy_password: str = "pass%20word",
        **settings: Any,
    ) -> Caller:
        """Make a client; it is closed at the end, and must have nothing in use then."""
        network = network or Network()
        if self._certificates is not None and self.route.tls and trusting:
            network = msgspec.structs.replace(network, ca=self._certificates.ca)
        if self.proxy is not None:
            proxy = Proxy.of(f"http://user:{proxy_password}@127.0.0.1:{self.proxy.port}")
            network = msgspec.structs.replace(network, proxy=proxy)
        if not settings.keys() & {"endpoint", "failover"}:  # which say where to, with which key
            settings = {"base_url": base_url or self.url(), "api_key": api_key, **settings}
        settings.setdefault("trace", self.traced.append)
        caller = self.way.caller(network, settings)
        self._callers.append(caller)
        return caller

    def closed(self, connections: int = 1) -> None:
        """Wait until the server has closed so many connections, and the client can know."""
        for number in range(connections):
            self.server.played(number)
        if self.proxy is not None:
            self.proxy.ended(connections)

    def kinds(self) -> list[Kind]:
        """What the trace told, in a word each."""
        return [event.kind for event in self.traced]

    async def leave(self) -> None:
        """Close the clients; each must have nothing in use."""
        for caller in self._callers:
            await self.way.leave(caller)

    def finish(self, *, wait: bool = True) -> list[str]:
        """End the servers and return what was wrong."""
        wrong = [each for server in self._servers for each in server.finish(wait=wait)]
        if self.proxy is not None:
            self.proxy.finish()
        if KEY in repr(self.traced):
            wrong.append("the trace shows the key")
        return wrong


Play = Callable[[Stage], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Scenario:
    """One thing that every transport does alike."""

    name: str
    play: Play
    without: dict[WayName, str] = field(default_factory=dict[WayName, str])
    """Ways that it does not apply to, and why."""
    routes: tuple[Route, ...] = ROUTES
    direct_because: str = ""
    """Why it takes fewer routes than all."""


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *,
    without: dict[tuple[WayName, ...], str] | None = None,
    routes: tuple[Route, ...] = ROUTES,
    because: str = "",
) -> Callable[[Play], Play]:
    """Put a coroutine function on the list."""

    def add(play: Play) -> Play:
        name = play.__name__
        assert name not in SCENARIOS, f"{name} is on the list already"
        assert routes == ROUTES or because, f"{name}: say why it does not take all routes"
        left_out: dict[WayName, str] = {
            way: why for ways, why in (without or {}).items() for way in ways
        }
        SCENARIOS[name] = Scenario(name, play, left_out, routes, because)
        return play

    return add


def why_not(scenario_: Scenario, way: WayName, route: Route) -> str:
    """Why a scenario is not played on a way and route; empty if it is."""
    return (
        scenario_.without.get(way, "")
        or WAYS[way].routes.get(route, "")
        or (scenario_.direct_because if route not in scenario_.routes else "")
    )


@contextlib.contextmanager
def set_up(stage: Stage) -> Generator[None]:
    """Fail with what the servers found wrong, unless the scenario failed by itself."""
    try:
        yield
    except BaseException:
        stage.finish(wait=False)
        raise
    assert not (wrong := stage.finish()), wrong


def play(scenario_: Scenario, stage: Stage) -> None:
    """Play a scenario, and see that nothing is left when it is over."""

    async def whole() -> None:
        try:
            await scenario_.play(stage)
        except BaseException:
            with contextlib.suppress(Exception):
                await stage.leave()
            raise
        await stage.leave()

    with set_up(stage):
        stage.way.run(whole())
