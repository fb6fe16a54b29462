"""Ports that belong to an event loop or run, and end with it, without a task of their own."""

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
    """Calls `port.end()` when the running event loop shuts its asynchronous generators down.

    `asyncio.run` and `trio.run` both do so, after the last task and before the loop is gone.
    """

    def __init__(self, port: Closable) -> None:
        self._generator = _until_end(weakref.ref(port))
        step(self._generator.asend(None))

    def cancel(self) -> None:
        """Take the generator to its end now, which calls `port.end()` if there is a port still."""
        step(self._generator.aclose())


async def _until_end(port: weakref.ref[Closable]) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        ending = port()
        if ending is not None:
            ending.end()


def step(step: Coroutine[object, None, object]) -> None:
    """Drive one step of a generator that never waits."""
    try:
        step.send(None)
    except StopIteration:
        pass


class LoopPort(Backend[C], Protocol[C]):
    """A port with a pool that can be emptied."""

    def close_idle(self) -> None: ...


class PerLoop(Generic[L, C]):
    """The ports and wires of a client, by the loop that they belong to.

    `make` makes the port of a loop, and is given what the port calls when its loop ends. A loop
    that was closed without having ended properly is noticed by `is_over` when the next begins.
    """

    def __init__(
        self,
        network: Network,
        make: Callable[[L, Network, Callable[[L], None]], LoopPort[C]],
        is_over: Callable[[L], bool] = lambda _: False,
    ) -> None:
        self._network = network
        self._make = make
        self._is_over = is_over
        self._ports: dict[L, LoopPort[C]] = {}
        self._wires: dict[L, PooledWire[C]] = {}

    def of(self, loop: L) -> PooledWire[C]:
        """Return the wire of `loop`, which is running."""
        wire = self._wires.get(loop)
        return self._begin(loop) if wire is None else wire

    def _begin(self, loop: L) -> PooledWire[C]:
        reference = weakref.ref(self)  # else a port and its client would keep each other alive

        def ended(loop: L) -> None:
            ports = reference()
            if ports is not None:
                ports.drop(loop)

        for other in [*self._ports]:
            if self._is_over(other):
                self.drop(other)
        port = self._make(loop, self._network, ended)
        wire = PooledWire(port, self._network)
        self._ports[loop], self._wires[loop] = port, wire
        return wire

    def drop(self, loop: L) -> None:
        """Forget a loop that has ended."""
        self._wires.pop(loop, None)
        self._ports.pop(loop, None)

    def close(self) -> None:
        """Close the idle connections of all loops."""
        for port in [*self._ports.values()]:
            port.close_idle()
