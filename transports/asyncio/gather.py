"""Programs side by side in tasks of asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from ..common.gather import Batch, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

T = TypeVar("T")


async def gather(programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int) -> list[T]:
    """Run programs, at most `limit` at once; see `core.terms.effects.Tasks`.

    A `TaskGroup` would do, but for the groups that it makes of exceptions.
    """
    batch = Batch(programs, limit)
    if batch.workers <= 1:
        return await in_turn(programs)
    tasks: list[asyncio.Task[None]] = []

    def stop() -> None:
        for task in tasks:
            task.cancel()

    batch.stop_others = stop
    for _ in range(batch.workers):
        task = asyncio.create_task(batch.work())
        task.add_done_callback(_look)
        tasks.append(task)
    cancelled: asyncio.CancelledError | None = None
    try:
        while not all(task.done() for task in tasks):
            try:
                await asyncio.wait(tasks)
            except asyncio.CancelledError as error:  # wait for them all the same
                cancelled = error
                stop()
        if cancelled is not None:
            raise cancelled
        return batch.results()
    finally:
        stop()  # for a program that is closed: it cannot wait
        tasks.clear()  # they, their failure and this frame would keep each other alive
        del cancelled


def _look(task: asyncio.Task[None]) -> None:
    """Take note of the failure of a task, else asyncio would complain that nobody did."""
    if not task.cancelled():
        task.exception()
