"""Functions that are called with the events of a session, by type."""

from __future__ import annotations

from inspect import iscoroutinefunction
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar, cast, overload

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY: Final = "event"
"""Stands for events of any type."""

H = TypeVar("H", bound="Callable[..., Any]")


class _Handler(NamedTuple):
    call: Callable[..., Any]
    once: bool


_first: Final = Lock()
"""Held while handlers become the first ones of a connection."""


class Handlers:
    """Handlers by type, in the order in which they came; threads may add and remove them."""

    __slots__ = ("_by_type", "_waits")

    def __init__(self, *, waits: bool) -> None:
        """Take whether what handlers return is awaited."""
        self._waits = waits
        self._by_type: dict[str, list[_Handler]] | None = None  # most connections have none

    def add(self, event_type: str, call: Callable[..., Any], *, once: bool) -> None:
        """Add one more; `TypeError` for what is no function, or one that nobody would await."""
        _check_type(event_type)
        if not callable(cast("object", call)):
            raise TypeError(f"handler={call!r}: expected a function of one event")
        if not self._waits and _is_async(call):
            raise TypeError(
                f"handler={call!r}: a blocking client awaits nothing; async handlers need an "
                "AsyncClient"
            )
        with _first:
            if self._by_type is None:
                self._by_type = {}
        self._by_type.setdefault(event_type, []).append(_Handler(call, once))

    def remove(self, event_type: str, call: Callable[..., Any]) -> None:
        """Remove the first that is `call`, if there is one."""
        _check_type(event_type)
        found = (self._by_type or {}).get(event_type, [])
        for each in [*found]:
            if each.call == call:
                found.remove(each)
                return

    def take(self, event_type: object) -> list[Callable[..., Any]]:
        """Return those of a type, then those of all; those for once are removed."""
        calls: list[Callable[..., Any]] = []
        if self._by_type is None:
            return calls
        for key in (event_type, EVERY) if event_type != EVERY else (EVERY,):
            found = self._by_type.get(cast("str", key))
            for each in [*found] if found else ():
                if each.once and found is not None:
                    found.remove(each)
                calls.append(each.call)
        return calls

    def copy(self) -> Handlers:
        """Return the same handlers, to be added to and removed from apart."""
        new = Handlers(waits=self._waits)
        if self._by_type is not None:
            new._by_type = {key: [*found] for key, found in self._by_type.items()}
        return new


class Listening:
    """What connections and their managers have: `on`, `once` and `off`."""

    __slots__ = ("_handlers",)

    def __init__(self, handlers: Handlers) -> None:
        self._handlers = handlers

    @overload
    def on(self, event_type: str, handler: None = None) -> Callable[[H], H]: ...
    @overload
    def on(self, event_type: str, handler: Callable[[Any], object]) -> Self: ...
    def on(self, event_type: str, handler: Callable[[Any], object] | None = None) -> Any:
        """Have `dispatch_events` call a function with each event of a type; `event` is every type.

        Without `handler` it is a decorator. A handler that is added twice is called twice.
        `TypeError` for an async one of a blocking client.
        """
        return self._listen(event_type, handler, once=False)

    @overload
    def once(self, event_type: str, handler: None = None) -> Callable[[H], H]: ...
    @overload
    def once(self, event_type: str, handler: Callable[[Any], object]) -> Self: ...
    def once(self, event_type: str, handler: Callable[[Any], object] | None = None) -> Any:
        """Do as `on`, for the next such event alone."""
        return self._listen(event_type, handler, once=True)

    def off(self, event_type: str, handler: Callable[[Any], object]) -> Self:
        """Call a function no more; of several additions the first is undone."""
        self._handlers.remove(event_type, handler)
        return self

    def _listen(
        self, event_type: str, handler: Callable[[Any], object] | None, *, once: bool
    ) -> Any:
        if handler is not None:
            self._handlers.add(event_type, handler, once=once)
            return self
        _check_type(event_type)

        def decorate(function: H) -> H:
            self._handlers.add(event_type, function, once=once)
            return function

        return decorate


def _check_type(event_type: object) -> None:
    if not isinstance(event_type, str):
        raise TypeError(f"event_type={event_type!r}: expected the type of an event, as a str")


def _is_async(call: Callable[..., Any]) -> bool:
    return iscoroutinefunction(call) or iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004
