"""Drives one awaitable of a client from effect to effect."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar

from .effects import Effect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The call has returned `value`."""

    value: T


class Steps(Generic[T]):
    """Drives one awaitable of a client, from effect to effect.

    What the call raises comes out of `start`, `resume` or `throw`.
    """

    def __init__(self, call: Awaitable[T]) -> None:
        self._coroutine: Coroutine[Any, Any, T] = (
            call if inspect.iscoroutine(call) else _await(call)
        )
        self.effect: Effect[Any] | None = None
        """What the call waits for; `None` while it runs and after its end."""

    def start(self) -> Effect[Any] | Done[T]:
        """Begin."""
        return self._step(self._coroutine.send, None)

    def resume(self, result: object = None) -> Effect[Any] | Done[T]:
        """Go on with the answer to the last effect."""
        if self.effect is None:
            raise RuntimeError("resume: the call does not wait for an answer")
        return self._step(self._coroutine.send, result)

    def throw(self, error: BaseException) -> Effect[Any] | Done[T]:
        """Go on with the failure of the last effect."""
        return self._step(self._coroutine.throw, error)

    def close(self) -> None:
        """Give the call up; it closes the connection that it used. Any number of times."""
        self.effect = None
        self._coroutine.close()

    def _step(self, step: Callable[[Any], object], value: object) -> Effect[Any] | Done[T]:
        self.effect = None
        try:
            effect = step(value)
        except StopIteration as end:
            result: T = end.value
            return Done(result)
        if not _is_effect(effect):
            self.close()
            raise RuntimeError(f"the call waits for {effect!r}, which belongs to an event loop")
        self.effect = effect
        return effect


def _is_effect(value: object) -> TypeGuard[Effect[Any]]:
    return isinstance(value, Effect)


async def _await(call: Awaitable[T]) -> T:
    return await call
