"""Plays the scenarios of conformance over `fetch`, against servers that the tests run."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import tempfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from api_openai import AsyncClient

from . import stand_ins
from .jobs import ask_now

with stand_ins.there():
    from tests.conformance import test_matrix
    from tests.conformance.callers import AsyncCaller, Caller
    from tests.conformance.stage import SCENARIOS, Stage
    from tests.conformance.ways import DIRECT, Way, in_asyncio
    from tests.support.websocket import Session

pytest = importlib.import_module("pytest")


class _Clock:
    """The machine's own time, which nobody moves."""

    starts: Any = None

    def now(self) -> float:
        import time

        return time.monotonic()

    def go_on(self, seconds: float) -> None:
        raise NotImplementedError("time cannot be moved here")

    @contextlib.contextmanager
    def hold(self) -> Any:
        yield


class OverFetch(Way):
    name = "httpx-asyncio"  # whose pool is another's, as it is here

    clock = _Clock()  # type: ignore[assignment]

    def run(self, program: Any) -> None:
        raise NotImplementedError

    def caller(self, network: Any, settings: dict[str, Any]) -> Caller:
        return AsyncCaller(AsyncClient(network=network, **settings), in_asyncio)

    async def turns(self) -> None:
        await asyncio.sleep(0.02)


class RemoteServer:
    """A scripted server that the tests run."""

    def __init__(self) -> None:
        self.port: int = ask_now("/server")
        self.stalled = SimpleNamespace(wait=lambda: self._ask("stalled"))

    def _ask(self, what: str, *given: object) -> Any:
        return ask_now("/ask", self.port, what, *given)

    def on(self, *script: Any) -> None:
        self._ask("on", *script)

    def on_any(self, *script: Any) -> None:
        self._ask("on_any", *script)

    def go(self, number: int = -1) -> None:
        self._ask("go", number)

    def go_all(self) -> None:
        self._ask("go_all")

    def peer(self, number: int) -> Any:
        return self._peer(self._ask("peer", number))

    def played(self, number: int = 0) -> Any:
        return self._peer(self._ask("played", number))

    @property
    def peers(self) -> list[Any]:
        return [self._peer(view) for view in self._ask("peers")]

    @property
    def requests(self) -> list[Any]:
        return [request for peer in self.peers for request in peer.requests]

    @property
    def request(self) -> Any:
        (request,) = self.requests
        return request

    def _peer(self, view: Any) -> Any:
        return SimpleNamespace(
            **view._asdict(),
            session=_heard(view.heard),
            waited=partial(self._ask, "waited", view.number),
        )


def _heard(events: list[Any]) -> Session:
    nobody: Any = None
    session = Session(nobody, nobody, answers=False)
    session.heard = events
    return session


class FetchStage(Stage):
    """A stage whose servers are elsewhere."""

    def another_server(self) -> Any:
        return RemoteServer()

    def closed(self, connections: int = 1) -> None:
        """Browsers keep their connections: there is nothing to wait for."""


class _Folders:
    def mktemp(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=name))


def fitting() -> list[str]:
    """The names of the scenarios."""
    assert len(test_matrix.MODULES) > 10
    return [*SCENARIOS]


async def play_one(name: str) -> None:
    """Play a scenario; it raises what is wrong."""
    patch = pytest.MonkeyPatch()
    folders: Any = _Folders()
    try:
        stage = FetchStage(OverFetch(), DIRECT, None, folders, patch)
        async with asyncio.timeout(30):
            await SCENARIOS[name].play(stage)
        await stage.leave()
    finally:
        patch.undo()
