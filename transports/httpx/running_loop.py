"""The event loop or run that is current, and tasks that finalizers start in it."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Finish: TypeAlias = "Callable[[], Coroutine[Any, Any, None]]"


def running() -> object:
    """Return the run of trio, or the loop of asyncio, that this is in."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        return trio.lowlevel.current_trio_token()
    return asyncio.get_running_loop()


def caller_in() -> Callable[[Callable[[], object]], None]:
    """Return what calls a function soon in the loop or run that is current now, from anywhere."""
    if isinstance(loop := running(), asyncio.AbstractEventLoop):
        return partial(_soon, loop.call_soon_threadsafe, RuntimeError)
    import trio

    run = trio.lowlevel.current_trio_token()
    return partial(_soon, run.run_sync_soon, trio.RunFinishedError)


def _soon(
    call: Callable[..., object], over: type[Exception], function: Callable[[], object]
) -> None:
    try:
        call(function)
    except over:  # nobody waits there any more
        pass


def starter() -> Callable[[Finish], None]:
    """Return what starts an async function in the loop or run that is current now.

    It may be called anywhere, by finalizers too, and does nothing when the loop is over.
    """
    if not isinstance(loop := running(), asyncio.AbstractEventLoop):
        return _trio_starter()
    tasks: set[asyncio.Task[None]] = set()  # a loop keeps weak references only

    def begin(finish: Finish) -> None:
        task = loop.create_task(finish())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def start(finish: Finish) -> None:
        try:
            loop.call_soon_threadsafe(begin, finish)
        except RuntimeError:
            pass

    return start


def _trio_starter() -> Callable[[Finish], None]:
    import trio

    run = trio.lowlevel.current_trio_token()

    def begin(finish: Finish) -> None:
        try:
            trio.lowlevel.spawn_system_task(finish)
        except RuntimeError:  # the run takes no new tasks any more; `end` does it
            pass

    def start(finish: Finish) -> None:
        try:
            run.run_sync_soon(begin, finish)
        except trio.RunFinishedError:
            pass

    return start
