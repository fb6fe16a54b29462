"""Cancelled at every suspension point, a call leaves no connection and no place in the pool behind."""

import asyncio
import gc
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trio

from api_openai.core.call.network import Network
from api_openai.core.http.body import as_body
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.operation import Operation

from ..support.certificates import Certificates
from ..support.http import DONE, END, EVENTS, answer, chunk, event, head
from ..support.server import Always, Server
from ..support.shapes import LIST, UPLOAD, delta
from .answers import page
from .callers import Caller
from .framing import OK, POST
from .streaming import STREAM
from .ways import OnAsyncio, OnStepper, OnTrio, OverAsyncHttpx, OverTrioHttpx, Way, in_use

Program = Callable[[Caller], Coroutine[Any, Any, None]]


class Interrupted:
    """Awaits a program, and calls `cancel` as it comes to its suspension point number `at`."""

    def __init__(
        self, program: Coroutine[Any, Any, None], at: int, cancel: Callable[[], object]
    ) -> None:
        self._program = program
        self._at = at
        self._cancel = cancel
        self.count = 0

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._program.__await__()
        step: Callable[[], Any] = partial(steps.send, None)
        while True:
            try:
                waits_for = step()
            except StopIteration:
                return
            self.count += 1
            if self.count == self._at:
                self._cancel()
            try:
                value = yield waits_for
            except BaseException as error:
                step = partial(steps.throw, error)
            else:
                step = partial(steps.send, value)


class Canceller(ABC):
    """How one kind of loop cancels."""

    way: ClassVar[type[Way]]

    @abstractmethod
    def attempt(self, program: Program, at: int, settings: dict[str, Any], network: Network) -> int:
        """Run to the suspension point `at`, cancel there, and return how many there were."""


class ByTask(Canceller):
    """asyncio: `task.cancel()`."""

    way: ClassVar[type[Way]] = OnAsyncio

    def attempt(self, program: Program, at: int, settings: dict[str, Any], network: Network) -> int:
        way, count = self.way(), 0

        async def main() -> None:
            nonlocal count
            caller = way.caller(network, settings)
            task = asyncio.current_task()
            assert task is not None
            interrupted = Interrupted(program(caller), at, task.cancel)
            try:
                await interrupted
            except asyncio.CancelledError:
                task.uncancel()
            count = interrupted.count
            await settled(asyncio.sleep, caller)
            await way.leave(caller)

        way.run(main())
        return count


class ByScope(Canceller):
    """trio: `scope.cancel()`."""

    way: ClassVar[type[Way]] = OnTrio

    def attempt(self, program: Program, at: int, settings: dict[str, Any], network: Network) -> int:
        way, count = self.way(), 0

        async def main() -> None:
            nonlocal count
            caller = way.caller(network, settings)
            with trio.CancelScope() as scope:
                interrupted = Interrupted(program(caller), at, scope.cancel)
                try:
                    await interrupted
                finally:
                    count = interrupted.count
            await settled(trio.sleep, caller)
            await way.leave(caller)

        way.run(main())
        return count


class BySteps(Canceller):
    """A loop of one's own: `Steps.close()`."""

    way: ClassVar[type[Way]] = OnStepper

    def attempt(self, program: Program, at: int, settings: dict[str, Any], network: Network) -> int:
        way = OnStepper()
        callers: list[Caller] = []

        async def main() -> None:
            callers.append(way.caller(network, settings))
            await program(callers[0])

        way.loop.stop_at = at
        way.run(main())
        assert in_use(callers[0]) == (0, 0)
        callers[0].client.transport.close()
        return way.loop.effects


class ByTaskInHttpx(ByTask):
    way: ClassVar[type[Way]] = OverAsyncHttpx


class ByScopeInHttpx(ByScope):
    way: ClassVar[type[Way]] = OverTrioHttpx


async def settled(sleep: Callable[[float], Awaitable[object]], caller: Caller) -> None:
    """Give what was given up the turns it takes to be closed."""
    for _ in range(3):
        await sleep(0)
    assert in_use(caller) == (0, 0)


async def unary(caller: Caller) -> None:
    assert (await caller.send(POST)).id == "r1"
    assert (await caller.send(POST)).id == "r1"


async def streaming(caller: Caller) -> None:
    assert len(await caller.events(STREAM)) == 3


async def stream_left_early(caller: Caller) -> None:
    async with await caller.stream(STREAM) as stream:
        await anext(stream)


async def paginated(caller: Caller) -> None:
    seen = 0
    async for _ in caller.items(LIST({})):
        seen += 1
        if seen == 3:
            return


async def download(caller: Caller) -> None:
    async with caller.streaming(POST) as response:
        assert [part async for part in response.iter_bytes(7)]


def upload_of(path: Path) -> Program:
    async def upload(caller: Caller) -> None:
        body = as_body(path, "content")
        put: Operation[Any, Any] = Operation(
            name="put", method="PUT", path="/x", answer=JsonAnswer(object), body=body
        )
        assert (await caller.send(put))["id"] == "r1"
        await caller.send(UPLOAD({"file": path, "purpose": "p"}))

    return upload


def in_pieces() -> bytes:
    """A stream whose parts come apart, some in the middle of an event."""
    events = b"".join(event(delta(text)) for text in "abc") + DONE
    chunks = b"".join(chunk(events[at : at + 50]) for at in range(0, len(events), 50))
    return head("200 OK", EVENTS, "transfer-encoding: chunked") + chunks + END


def moving_pages() -> bytes:
    return page("a", "b", "c", more=True)


PROGRAMS: dict[str, tuple[Program | None, bytes]] = {
    "unary": (unary, OK),
    "streaming": (streaming, in_pieces()),
    "stream left early": (stream_left_early, in_pieces()),
    "paginated": (paginated, moving_pages()),
    "download": (download, answer({"id": "r1"})),
    "upload": (None, OK),
}
CANCELLERS: dict[str, type[Canceller]] = {
    "asyncio": ByTask,
    "trio": ByScope,
    "stepper": BySteps,
    "httpx-asyncio": ByTaskInHttpx,
    "httpx-trio": ByScopeInHttpx,
}


def everywhere(
    canceller: Canceller, program: Program, server: Server, network: Network, scheme: str
) -> int:
    """Cancel at suspension point 1, 2, ... until the program ends before it; return how many."""
    settings = {"base_url": f"{scheme}://127.0.0.1:{server.port}/v1", "api_key": "sk-test"}
    at = 0
    while True:
        at += 1
        if canceller.attempt(program, at, settings, network) < at:
            return at - 1
        gc.collect()  # what is garbage may not complain, nor do harm


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("kind", CANCELLERS)
def test_cancelled_at_every_await(kind: str, name: str, tmp_path: Path) -> None:
    program, said = PROGRAMS[name]
    path = tmp_path / "file"
    path.write_bytes(bytes(600_000))
    server = Server()
    server.on_any(Always(said))
    points = everywhere(
        CANCELLERS[kind](), program or upload_of(path), server, Network(max_connections=2), "http"
    )
    assert server.finish() == []
    assert points >= 2


@pytest.mark.parametrize("kind", ["asyncio", "trio", "stepper"])
def test_cancelled_at_every_await_through_tls(kind: str, certificates: Certificates) -> None:
    server = Server(certificates.server)
    server.on_any(Always(OK))
    points = everywhere(
        CANCELLERS[kind](), unary, server, Network(ca=certificates.ca, max_connections=1), "https"
    )
    assert server.finish() == []
    assert points >= 3
