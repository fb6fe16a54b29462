"""Programs side by side: what is the same in threads, in tasks of asyncio and in those of trio.

A `Batch` is worked off by as many workers as may run at once. The worker is one coroutine; a
transport only starts it often enough, waits for all of them, and says how the others are stopped
when one has failed. One worker needs neither a thread nor a task.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

T = TypeVar("T")


class Batch(Generic[T]):
    """Programs that are yet to begin, what the others have returned, and who has failed.

    Threads share one: each step on the collections is a single operation of theirs.
    """

    def __init__(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit={limit}: expected how many may run at once, 1 or more")
        self._count = len(programs)
        self._left = deque(enumerate(programs))
        self._results: dict[int, T] = {}
        self.failures: list[BaseException] = []
        """What went wrong, first to last; those that were stopped for it are among them."""
        self.workers = min(limit, self._count)
        """How many workers there is work for."""
        self.stop_others: Callable[[], object] = _nobody
        """Called when a program fails."""

    async def work(self) -> None:
        """Run one program after the other until none is left; raises what a program raises."""
        while True:
            try:
                number, program = self._left.popleft()
            except IndexError:
                return
            try:
                self._results[number] = await program()
            except BaseException as error:
                self.failures.append(error)
                self.stop()
                raise

    def stop(self) -> None:
        """Begin no more programs, and stop those under way."""
        self._left.clear()
        self.stop_others()

    def results(self) -> list[T]:
        """Return what the programs returned, in their order; raises the first failure instead."""
        if not self.failures:
            return [self._results[number] for number in range(self._count)]
        failure = self.failures[0]
        self.failures.clear()
        try:
            raise failure
        finally:
            del failure  # else it and this frame would keep each other alive


def _nobody() -> None:
    """Stop nobody: there is only one."""


async def in_turn(
    programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int = 1
) -> list[T]:
    """Run programs one after the other, whatever `limit` allows."""
    batch = Batch(programs, limit)
    await batch.work()
    return batch.results()
