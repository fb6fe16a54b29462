"""Bells for calls through httpx: one waits in a thread or a task, anyone rings."""

from __future__ import annotations

from math import inf
from threading import TIMEOUT_MAX, Event
from typing import TYPE_CHECKING

import anyio

from .running_loop import soon

if TYPE_CHECKING:
    from collections.abc import Callable


class SyncBell:
    """One that a thread waits for."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._event = Event()

    async def wait(self, deadline: float, /) -> bool:
        if deadline == inf:
            return self._event.wait()
        return self._event.wait(min(max(0.0, deadline - self._now()), TIMEOUT_MAX))

    def ring(self) -> None:
        self._event.set()


class AsyncBell:
    """One that a task waits for, of the loop or run in which it is made."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._soon = soon()

    async def wait(self, deadline: float, /) -> bool:
        with anyio.CancelScope(deadline=deadline):
            await self._event.wait()
        return self._event.is_set()

    def ring(self) -> None:
        self._soon(self._event.set)
