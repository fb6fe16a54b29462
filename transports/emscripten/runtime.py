"""Time, files, tasks and waiting in Pyodide: in tasks, or where the caller blocks by stack switching."""

from __future__ import annotations

import asyncio
import time
from importlib import import_module
from math import inf
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ...core.call.backend import DeadlinePassed
from ...core.terms.errors import OpenAIError
from ..common.exclusive import EXCLUSIVE
from ..common.files import DirectFiles
from ..common.randomness import SystemRandom

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from ...core.call.pool import Ticket

R = TypeVar("R")

ffi: Final[Any] = import_module("pyodide.ffi")

_NO_SWITCHING: Final = (
    "Client: it cannot wait here. A blocking call in Pyodide needs stack switching (JSPI): Chrome 137, "
    "Node 24 or newer, and no JavaScript between, as where an event handler calls Python. "
    "AsyncClient works everywhere"
)


class Runtime(SystemRandom, DirectFiles):
    """What the core asks of the outside; `blocking` is for callers that await nothing."""

    exclusive = EXCLUSIVE

    def __init__(self, *, blocking: bool) -> None:
        self.asynchronous = self.races = not blocking
        self.mutex = RLock()

    def now(self) -> float:
        return time.monotonic()

    def check(self) -> None:
        """Raise `OpenAIError` where the caller would have to wait and cannot."""
        if not self.asynchronous and not ffi.can_run_sync():
            raise OpenAIError(_NO_SWITCHING)

    async def wait(self, awaitable: Awaitable[R], deadline: float = inf) -> R:
        """Return what comes of `awaitable`; `DeadlinePassed`, and then it is cancelled."""
        if self.asynchronous:
            return await _in_time(awaitable, deadline)
        self.check()
        result: R = ffi.run_sync(_in_time(awaitable, deadline))
        return result

    async def sleep(self, seconds: float, /) -> None:
        self.check()
        try:  # not `asyncio.sleep`, which comes early here
            await self.wait(asyncio.get_running_loop().create_future(), self.now() + seconds)
        except DeadlinePassed:
            pass

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs in tasks, at most `limit` at once; those of a blocking caller in turn."""
        if self.asynchronous:
            from ..asyncio.gather import gather
        else:
            from ..common.gather import in_turn as gather
        return await gather(programs, limit)

    def grant(self, ticket: Ticket[Any], /) -> None:
        """Let whoever parks on `ticket` go on."""
        ticket.granted = True
        if ticket.waker is not None and not ticket.waker.done():
            ticket.waker.set_result(None)

    async def park(self, ticket: Ticket[Any], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        if not ticket.granted:
            ticket.waker = asyncio.get_running_loop().create_future()
            await self.wait(ticket.waker, deadline)


async def _in_time(awaitable: Awaitable[R], deadline: float) -> R:
    if deadline == inf:
        return await awaitable
    future = asyncio.ensure_future(awaitable)
    try:
        while not future.done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeadlinePassed
            await asyncio.wait((future,), timeout=left)  # and again: timers come early here
        return future.result()
    finally:
        future.cancel()
