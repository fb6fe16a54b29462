"""Waiting for somebody else, who may be in another task or thread, where there is no backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import inf
from threading import TIMEOUT_MAX, Lock, RLock
from typing import TYPE_CHECKING, Any

import anyio

from ...core.call.backend import DeadlinePassed
from .running_loop import caller_in

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ...core.call.pool import Ticket


class _Gates:
    """What both kinds have: a lock, and tickets that are granted under it."""

    def __init__(self) -> None:
        self._mutex = RLock()

    @property
    def mutex(self) -> AbstractContextManager[object]:
        return self._mutex

    def grant(self, ticket: Ticket[Any], /) -> None:
        """Let whoever parks on `ticket` go on."""
        with self._mutex:
            ticket.granted = True
            if ticket.waker is not None:
                ticket.waker()


class ThreadGates(_Gates, ABC):
    """For threads, as `BlockingBackend` has them."""

    @abstractmethod
    def now(self) -> float: ...

    async def park(self, ticket: Ticket[Any], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        gate = Lock()
        gate.acquire()
        with self._mutex:
            if ticket.granted:
                return
            ticket.waker = gate.release
        while not ticket.granted:
            seconds = -1.0 if deadline == inf else min(deadline - self.now(), TIMEOUT_MAX)
            if deadline != inf and seconds <= 0:
                raise DeadlinePassed
            gate.acquire(timeout=seconds)


class LoopGates(_Gates):
    """For the tasks of one loop of asyncio, or run of trio. Made in it."""

    def __init__(self) -> None:
        super().__init__()
        self._call = caller_in()

    async def park(self, ticket: Ticket[Any], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        gate = anyio.Event()
        with self._mutex:
            if ticket.granted:
                return
            ticket.waker = lambda: self._call(gate.set)
        with anyio.CancelScope(deadline=deadline):
            await gate.wait()
        if not ticket.granted:
            raise DeadlinePassed
