"""`smooth`: a stream whose texts come in pieces of the caller's choice."""

from __future__ import annotations

from copy import copy
from typing import Any, TypeVar, overload

from ...core.answers.smoothing import SmoothedEvents, Smoothing
from ...core.answers.stream import AsyncStream, Stream
from ...core.call.run import run
from .streams import (
    AsyncChatCompletionStream,
    AsyncResponseStream,
    ChatCompletionStream,
    ResponseStream,
)

__all__ = ["smooth"]

T = TypeVar("T")
A = TypeVar(
    "A",
    bound=ChatCompletionStream[Any]
    | AsyncChatCompletionStream[Any]
    | ResponseStream[Any]
    | AsyncResponseStream[Any],
)


@overload
def smooth(
    stream: Stream[T], *, size: int | None = None, age: float | None = None, newline: bool = False
) -> Stream[T]: ...
@overload
def smooth(
    stream: AsyncStream[T],
    *,
    size: int | None = None,
    age: float | None = None,
    newline: bool = False,
) -> AsyncStream[T]: ...
@overload
def smooth(
    stream: A, *, size: int | None = None, age: float | None = None, newline: bool = False
) -> A: ...
def smooth(
    stream: Any, *, size: int | None = None, age: float | None = None, newline: bool = False
) -> Any:
    """Return a stream with the same events, but texts in other pieces; read it in place of `stream`.

    A piece is handed out when it has `size` characters, when its oldest part has waited for `age`
    seconds, or when it is a complete line. Everything else comes in its place and at once, after
    the text that waits; so does an error, and the end. What an event has beside its text (log
    probabilities, padding) is in the piece with its last character, and a `sequence_number` is that
    of the last event whose text is out whole.

    Takes streams of events, and what `.stream()` of chat completions and responses gives.
    `TypeError` for anything else, `ValueError` for none of the three.
    """
    smoothing = Smoothing(size=size, age=age, newline=newline)
    if isinstance(stream, Stream | AsyncStream):
        return _face(stream, smoothing)
    known = (ChatCompletionStream, AsyncChatCompletionStream, ResponseStream, AsyncResponseStream)
    if not isinstance(stream, known):
        raise TypeError(f"stream={stream!r}: expected a stream of events")
    return _adding_up(stream, smoothing)


def _adding_up(stream: Any, smoothing: Smoothing) -> Any:
    made = copy(stream)
    made.read_from(_face(stream.events, smoothing))
    return made


def _face(stream: Any, smoothing: Smoothing) -> Any:
    if isinstance(stream.source, SmoothedEvents):
        raise TypeError("stream: it is smooth already")
    events = SmoothedEvents[Any](stream.source, smoothing)
    return AsyncStream[Any](events) if isinstance(stream, AsyncStream) else Stream[Any](events, run)
