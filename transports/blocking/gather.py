"""Programs side by side in threads.

A failure of one program, or a Ctrl-C where the caller waits, ends the others where they wait, as it
would in an event loop.
"""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from ...core.call.run import run
from ..common.gather import Batch, in_turn
from .thread_group import CurrentGroup, ThreadGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

T = TypeVar("T")


async def gather(
    programs: Sequence[Callable[[], Coroutine[Any, Any, T]]],
    limit: int,
    current: CurrentGroup | None = None,
) -> list[T]:
    """Run programs, at most `limit` at once; see `core.terms.effects.Tasks`.

    `current` is where the waits of a backend look for the group of their thread; where there is
    none, what a program waits for when another fails goes on to its end.
    """
    current = current or CurrentGroup()
    batch = Batch([partial(_alone, program) for program in programs], limit)
    if batch.workers <= 1:
        return await in_turn(programs)
    group = ThreadGroup(current.group)
    batch.stop_others = group.stop

    def work() -> None:
        current.group = group
        try:
            run(batch.work())
        except BaseException:  # it is in the batch
            pass

    threads = [
        Thread(target=copy_context().run, args=(work,), name="api_openai program", daemon=True)
        for _ in range(batch.workers)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:  # Ctrl-C, or no more threads to be had
        batch.stop()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        raise
    finally:
        group.close()
    return batch.results()


async def _alone(program: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run one program apart from the worker, so that what is wrong with it is its own failure."""
    return run(program())
