"""Programs side by side in tasks of trio."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard, TypeVar

import trio

from ..common.gather import Batch, in_turn

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from typing import Any

T = TypeVar("T")


async def gather(programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int) -> list[T]:
    """Run programs, at most `limit` at once; see `core.terms.effects.Tasks`."""
    batch = Batch(programs, limit)
    if batch.workers <= 1:
        return await in_turn(programs)
    raised: list[BaseException] = []
    try:
        async with trio.open_nursery() as nursery:
            batch.stop_others = nursery.cancel_scope.cancel
            for _ in range(batch.workers):
                nursery.start_soon(batch.work)
    except BaseException as error:
        raised += _leaves(error)
    if raised:
        await _settle(batch.failures, raised)
    return batch.results()


async def _settle(failures: list[BaseException], raised: list[BaseException]) -> None:
    """Leave what is to be raised as the first of `failures`, and empty `raised`.

    What the nursery has raised is in any order, but has what came from outside as well.
    """
    failures += raised
    raised.clear()
    failures.sort(key=lambda failure: isinstance(failure, trio.Cancelled))
    if isinstance(failures[0], trio.Cancelled):
        await trio.lowlevel.checkpoint_if_cancelled()


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The exceptions in a group of groups."""
    if _is_group(error):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)
