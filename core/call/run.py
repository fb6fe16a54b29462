"""Calls without an event loop: a coroutine that never suspends is taken to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

R = TypeVar("R")


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    """Take a coroutine of the core, over a backend that never suspends, to its end."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: R = end.value
        return result
    coroutine.close()
    raise RuntimeError(
        "a blocking client came upon something that waits for an event loop:"
        " async bodies and async callbacks need an AsyncClient"
    )
