"""Streams of the SDK whose errors are of both kinds."""

from collections.abc import AsyncIterator, Iterator
from functools import lru_cache
from typing import Any, get_origin

import openai

from .errors import as_both

__all__ = ["stream_class"]


class _Told:
    """Goes before a class of blocking streams."""

    def __stream__(self) -> Iterator[Any]:
        above: Any = super()
        try:
            yield from above.__stream__()
        except openai.APIError as error:
            raise as_both(error) from error.__cause__


class _AsyncTold:
    """Goes before a class of async streams."""

    async def __stream__(self) -> AsyncIterator[Any]:
        above: Any = super()
        try:
            async for event in above.__stream__():
                yield event
        except openai.APIError as error:
            raise as_both(error) from error.__cause__


def stream_class(asked: Any) -> Any:
    """Return the subclass of a class of streams: `openai.Stream[ChatCompletionChunk]`, or an observer's."""
    if isinstance(asked, type):  # made for one call, perhaps, and not to be kept
        return _made(asked, {})
    return _of_events(asked)


@lru_cache(maxsize=256)
def _of_events(asked: Any) -> Any:
    # That is where the SDK looks for the class of the events.
    return _made(get_origin(asked), {"__orig_bases__": (asked,)})


def _made(base: Any, names: dict[str, Any]) -> Any:
    asynchronous: bool = issubclass(base, openai.AsyncStream)
    told = _AsyncTold if asynchronous else _Told
    return type(base.__name__, (told, base), {"__module__": base.__module__, **names})
