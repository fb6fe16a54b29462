"""Methods that the API has deprecated: calling one warns, at the line of the caller."""

import sys
import warnings
from functools import wraps
from typing import Any, Final, TypeVar

__all__ = ["ASSISTANTS", "FORMER", "OTHER", "VIDEOS", "deprecated", "warn"]

M = TypeVar("M")

ASSISTANTS: Final = "assistants, threads and runs; the Responses API has taken their place"
VIDEOS: Final = "videos, which it is to serve until September 24, 2026"
OTHER: Final = "this method"
FORMER: Final = "this name of a method; it has another one"


def deprecated(method: M, what: str) -> M:
    """Return a descriptor of a method that warns when it is called; `what` is deprecated."""
    known: Any = method
    attribute = "_program" if hasattr(known, "_program") else "_build"
    called = getattr(known, attribute)

    @wraps(called)
    def told(*args: Any, **kwargs: Any) -> Any:
        warn(what)
        return called(*args, **kwargs)

    told.__deprecated__ = _words(what)  # type: ignore[attr-defined]  # as PEP 702 has it
    setattr(known, attribute, told)
    return method


def warn(what: str) -> None:
    """Warn of a call that is under way, where it left the caller's code."""
    level, frame = 2, sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame = frame.f_back
        level += 1
    warnings.warn(_words(what), DeprecationWarning, stacklevel=level)


def _words(what: str) -> str:
    return f"The API has deprecated {what}"


_PACKAGE: Final = f"{__name__.partition('.')[0]}."
