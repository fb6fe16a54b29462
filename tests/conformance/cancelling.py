"""How each kind of loop cancels a program at one of its suspension points."""

import asyncio
import gc
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, ClassVar

import trio

from api_openai.core.call.network import Network

from ..support.server import Server
from .callers import Caller
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
