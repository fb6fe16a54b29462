"""The kinds of answers: what an operation promises about the body that will come.

How each kind is read stands in `core.results`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Final, Literal

import msgspec

from ..terms.http_message import RawHeaders

StreamEnd = Literal["announced", "body"]
"""Where a stream may end: where the API says that it does, or also with the body of the answer."""

TypeRef = Any
"""A type to decode into: the type itself, or `module:Name` of one in `core.api.types`."""


_ANYTHING: Final[RawHeaders] = ((b"accept", b"*/*"),)
_EVENTS: Final[RawHeaders] = ((b"accept", b"text/event-stream, application/json"),)
"""Errors come as JSON: a strict server refuses a request that does not take it."""


@cache
def _compressed() -> RawHeaders:
    from ..http.decompressors import available

    codings = ", ".join(available()).encode()
    return ((b"accept", b"application/json"), (b"accept-encoding", codings))


class Answer(msgspec.Struct, frozen=True):
    """Base of the kinds of answers."""

    @property
    def accept(self) -> RawHeaders:
        """The header fields that ask for it; a stream or a download comes without compression."""
        return _ANYTHING


class JsonAnswer(Answer, frozen=True):
    """One JSON document."""

    type: TypeRef

    @property
    def accept(self) -> RawHeaders:
        return _compressed()

    def read(self, document: Any) -> Any:
        """Return what the caller gets for the decoded document; kinds of it may read more."""
        return document


class EventsAnswer(Answer, frozen=True):
    """Server-sent events, each with a JSON document.

    `[DONE]` ends them wherever it comes. What else may end them, the fields say; all other ends are
    errors.
    """

    followed: ClassVar[bool] = False
    """Whether they are those of a session whose turn is followed; see `core.agents.turn_answer`."""

    type: TypeRef
    terminal: tuple[str, ...] = ()
    """The `type` values after which no event follows."""
    finish_reasons: bool = False
    """Whether the end of the body is a proper end once each choice has its finish reason."""
    may_just_end: bool = False
    """Whether the end of the body is a proper end too: that of a subscription, which has no last
    event, and of streams of which nothing is known."""
    last: tuple[str, ...] = ()
    """The `type` values that may be the last one, and that others may follow: one for each image."""
    named: bool = False
    """Whether an event is its name and its data, as `{"event": ..., "data": ...}`."""
    reports_errors: bool = False
    """Whether events may tell of errors: then `error` in one is no error of the stream."""
    end: StreamEnd | None = None
    """What the caller of this one request takes for an end; `None` leaves it to the client."""
    document: TypeRef = None
    """What a server answers that does not stream, if that is known."""

    @property
    def accept(self) -> RawHeaders:
        return _EVENTS


class PageAnswer(Answer, frozen=True):
    """One page of a list: `kind` is the page class, `item` the type of an item."""

    kind: str
    item: TypeRef

    @property
    def accept(self) -> RawHeaders:
        return _compressed()


class SocketAnswer(Answer, frozen=True):
    """A 101, and a session over a WebSocket from then on; its server's events are of `type`."""

    type: TypeRef

    @property
    def accept(self) -> RawHeaders:
        return ()


class BytesAnswer(Answer, frozen=True):
    """Bytes of any kind: audio, an image, a file."""

    with_head: bool = False
    """Whether the caller gets status and header fields with them, as a value."""


class TextAnswer(Answer, frozen=True):
    """Text, decoded by the charset of the answer (UTF-8 by default)."""

    @property
    def accept(self) -> RawHeaders:
        return _compressed()


class EmptyAnswer(Answer, frozen=True):
    """Nothing: the caller gets `None` whatever the body."""


class AnswerChoice(msgspec.Struct, frozen=True):
    """Other answers for some values of a parameter."""

    parameter: str
    answers: tuple[tuple[str, Answer], ...]

    def answer(self, params: Mapping[str, Any], default: Answer) -> Answer:
        """Return the answer to a request with `params`."""
        value = params.get(self.parameter)
        return next((answer for each, answer in self.answers if each == value), default)


def checked_end(end: object) -> StreamEnd:
    """Return `end`; `ValueError` for what says nothing of where a stream may end."""
    if end == "announced":
        return "announced"
    if end == "body":
        return "body"
    raise ValueError(f"stream_end={end!r}: expected 'announced' or 'body'")
