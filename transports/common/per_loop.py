"""Backends that belong to an event loop or run, and end with it, without a task of their own."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ...core.call.backend import Backend
from ...core.call.wire import PooledWire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from ...core.call.network import Network

C = TypeVar("C")
L = TypeVar("L")


class Closable(Protocol):
    """What is closed at the end."""

    def end(self) -> None: ...


class Ending:
    """Calls `backend.end()` when the running event loop shuts its asynchronous generators down.

    `asyncio.run` and `trio.run` both do so, after the last task and before the loop is gone.
    """

    def __init__(self, backend: Closable) -> None:
        self._generator = _until_end(weakref.ref(backend))
        step(self._generator.asend(None))

    def cancel(self) -> None:
        """Take the generator to its end now, which ends the backend if there is one still."""
        step(self._generator.aclose())


async def _until_end(backend: weakref.ref[Closable]) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        ending = backend()
        if ending is not None:
            ending.end()


def step(step: Coroutine[object, None, object]) -> None:
    """Drive one step of a generator that never waits."""
    try:
        step.send(None)
    except StopIteration:
        pass


class LoopBackend(Backend[C], Protocol[C]):
    """A backend with a pool that can be emptied."""

    def close_idle(self) -> None: ...


class PerLoop(dict[L, PooledWire[C]], Generic[L, C]):
    """The wires of a client, by the loop that they belong to; asking for a new one makes it.

    `make` makes the backend of a loop, and is given what that calls when its loop ends. A loop that
    was closed without having ended properly is noticed by `is_over` when the next begins.
    """

    def __init__(
        self,
        network: Network,
        make: Callable[[L, Network, Callable[[L], None]], LoopBackend[C]],
        is_over: Callable[[L], bool] = lambda _: False,
    ) -> None:
        super().__init__()
        self._network = network
        self._make = make
        self._is_over = is_over
        self._backends: dict[L, LoopBackend[C]] = {}

    def __missing__(self, loop: L) -> PooledWire[C]:
        reference = weakref.ref(self)  # else a backend and its client would keep each other alive

        def ended(loop: L) -> None:
            owner = reference()
            if owner is not None:
                owner.drop(loop)

        for other in [*self._backends]:
            if self._is_over(other):
                self.drop(other)
        backend = self._make(loop, self._network, ended)
        wire = PooledWire(backend, self._network)
        self._backends[loop] = backend
        self[loop] = wire
        return wire

    def drop(self, loop: L) -> None:
        """Forget a loop that has ended."""
        self.pop(loop, None)
        self._backends.pop(loop, None)

    def close(self) -> None:
        """Close the idle connections of all loops."""
        for backend in [*self._backends.values()]:
            backend.close_idle()
