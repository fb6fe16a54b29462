"""`AsyncCompletions` and its like: what of a class is for async clients, for those who patch it.

A class serves blocking and async clients here. What is set on its twin counts for async ones alone.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from .resource import COROUTINE, Replaceable, Resource, Unbound

__all__ = ["twin_of"]


@cache
def twin_of(kind: type[Resource[Any]]) -> type[Any]:
    """The class that stands for another where clients are async: `AsyncX` for `X`."""
    return _Twin(f"Async{kind.__name__}", (), {"_kind": kind, "__doc__": kind.__doc__})


class _Twin(type):
    _kind: type[Resource[Any]]

    def __getattr__(cls, name: str) -> Any:
        kind, found = cls._kind, _lookup(cls._kind, name)
        if isinstance(found, _Divided):
            return found.given
        value = getattr(kind, name)
        awaited = isinstance(value, Unbound) and _is_awaited(kind, found)
        return _Awaited(found, value.__wrapped__) if awaited else value

    def __setattr__(cls, name: str, value: Any) -> None:
        kind = cls._kind
        setattr(kind, name, _Divided(_lookup(kind, name), value, name, own=name in vars(kind)))

    def __delattr__(cls, name: str) -> None:
        found = vars(cls._kind).get(name)
        if not isinstance(found, _Divided):
            raise AttributeError(f"{cls.__name__}.{name} was not replaced", name=name, obj=cls)
        if found.own:
            setattr(cls._kind, name, found.rest)
        else:
            delattr(cls._kind, name)

    def __call__(cls, *args: Any) -> Any:
        return cls._kind(*args)

    def __instancecheck__(cls, obj: object) -> bool:
        return isinstance(obj, cls._kind) and obj.sender.asynchronous

    def __dir__(cls) -> list[str]:
        return dir(cls._kind)


class _Divided(Replaceable):
    """A method that is one thing for async clients, and for all others what it was."""

    def __init__(self, rest: Any, given: Any, name: str, *, own: bool) -> None:
        self.rest = rest
        self.given = given
        self.own = own
        """Whether the class itself had it, and none of its bases."""
        self.name = name

    def unbound(self) -> Any:
        """What it was."""
        return _bind(self.rest, None)

    def bound(self, obj: Resource[Any]) -> Any:
        """The one or the other, as the client is."""
        return _bind(self.given if obj.sender.asynchronous else self.rest, obj)


class _Awaited(Unbound):  # pyright: ignore[reportIncompatibleMethodOverride]  # its __doc__
    __code__ = COROUTINE  # inspection takes it for an `async def`, so that mocks for it are awaited


class _Nobody:
    asynchronous = True
    replaced = None


def _is_awaited(kind: type[Resource[Any]], found: object) -> bool:
    nobody: Any = _Nobody()
    return isinstance(found, Replaceable) and getattr(found.bound(kind(nobody)), "awaited", False)


def _bind(value: Any, obj: Resource[Any] | None) -> Any:
    has_get = hasattr(type(value), "__get__")  # pyright: ignore[reportUnknownArgumentType]
    return value.__get__(obj, type(obj)) if has_get else value


def _lookup(kind: type[Any], name: str) -> Any:
    for each in kind.__mro__:
        if name in vars(each):
            return vars(each)[name]
    raise AttributeError(f"{kind.__name__} has no attribute {name!r}", name=name, obj=kind)
