"""Calls a user's callback and awaits it if need be."""

from inspect import isawaitable
from typing import Any

__all__ = ["settled"]


async def settled(returned: Any, asynchronous: bool) -> Any:
    """Return what a function returned, awaited if that is an awaitable.

    `asynchronous` says whether there is an event loop (`Files.asynchronous`). Raises `TypeError`
    for an awaitable where there is none: it would be dropped, or wait for what nobody does.
    """
    if not isawaitable(returned):
        return returned
    if asynchronous:
        return await returned
    close = getattr(returned, "close", None)
    if close is not None:
        close()  # a coroutine that never ran says so when it is collected
    raise TypeError("a blocking client awaits nothing: async functions need an AsyncClient")
