"""Several listeners of the trace as one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from .trace import Trace, TraceEvent

__all__ = ["listener_of"]


class _Several:
    """Tells several listeners: all of them, whatever one raises."""

    __slots__ = ("_listeners",)

    def __init__(self, listeners: "tuple[Trace, ...]") -> None:
        self._listeners = listeners

    def __call__(self, event: "TraceEvent") -> None:
        failure: BaseException | None = None
        for listener in self._listeners:
            try:
                listener(event)
            except BaseException as error:
                failure = failure or error
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # else it and this frame would keep each other alive


def listener_of(trace: object, name: str = "trace") -> "Trace | None":
    """Make one listener of what the caller gave: a function, several, or none."""
    if trace is None or callable(trace):
        return cast("Trace | None", trace)
    if isinstance(trace, Sequence):
        listeners = tuple(cast("Sequence[object]", trace))
        for each in listeners:
            if not callable(each):
                raise TypeError(f"{name}: expected functions in it, got {type(each).__name__}")
        several = cast("tuple[Trace, ...]", listeners)
        return None if not several else several[0] if len(several) == 1 else _Several(several)
    raise TypeError(
        f"{name}: expected a function, a list of functions or None, got {type(trace).__name__}"
    )
