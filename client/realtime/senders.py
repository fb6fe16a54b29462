"""Methods that say something in a session: builders of events, bound to its connection.

The parts of a connection have one line per event: `update = EventMethod(events.session_update)`.
It is the same for blocking and for async callers, and checkers are told what each gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

from ...core.terms.keywords import unknown_keyword
from ...core.terms.omit import is_omitted
from ..sending.modes import Async, Mode, Sync

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

M = TypeVar("M", bound=Mode)
P = ParamSpec("P")


class Senders(Generic[M]):
    """What a connection can say, in parts: `connection.session.update(...)`."""

    __slots__ = ()

    def send(self, event: Any, /) -> Any:
        """Send an event."""
        raise NotImplementedError


class Part(Generic[M]):
    """A part of what a connection can say."""

    __slots__ = ("say",)

    def __init__(self, say: Callable[[Any], Any]) -> None:
        self.say = say
        """Sends an event."""


class BoundEvent:
    """A builder of events, bound to a connection: call it to send one."""

    __slots__ = ("_build", "_send")

    def __init__(
        self, build: Callable[..., Mapping[str, object]], send: Callable[[Any], Any]
    ) -> None:
        self._build = build
        self._send = send

    def __call__(self, **fields: Any) -> Any:
        try:
            event = self._build(**fields)
        except TypeError:
            _refuse_unknown(self._build, fields)
            raise
        # What msgspec can encode by itself is encoded in half the time.
        return self._send({name: value for name, value in event.items() if not is_omitted(value)})

    def __get__(self, obj: object, owner: object = None) -> Self:
        return self  # what has `__get__` is a routine to help(), which shows it as one

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # of the builder, not of this class
        return self._build.__doc__

    @property
    def __wrapped__(self) -> Callable[..., Mapping[str, object]]:
        return self._build

    def __getattr__(self, name: str) -> Any:
        return getattr(self._build, name)  # __name__ and __module__, for help()


class EventMethod(Generic[P]):
    """A method of a part: a builder of events, and what sends them for each connection."""

    def __init__(self, build: Callable[P, Mapping[str, object]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> Callable[P, Mapping[str, object]]: ...
    @overload
    def __get__(self, obj: Part[Sync], owner: type[Any]) -> Callable[P, None]: ...
    @overload
    def __get__(
        self, obj: Part[Async], owner: type[Any]
    ) -> Callable[P, Coroutine[Any, Any, None]]: ...
    def __get__(self, obj: Part[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else BoundEvent(self._build, obj.say)


def _refuse_unknown(build: Callable[..., Any], given: Mapping[str, object]) -> None:
    """Raise `TypeError` for a keyword that the event has no field for, and name the nearest."""
    code = build.__code__
    known = code.co_varnames[: code.co_kwonlyargcount]
    if unknown := given.keys() - {*known}:
        words = unknown_keyword(build.__name__, min(unknown), known)
        raise TypeError(f"{words}; `send` takes any event") from None
