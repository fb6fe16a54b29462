"""Types as one server writes them: the same classes, with its own fields where it has them.

msgspec makes an object of the class that stands in a type. To have it make the classes that
`unknown_fields` made for a server's own fields, a type is written anew with these in it. A class
between the document and such a field stays what it is, and only its fields have other types: that is
what generic structs are to msgspec, aliases of one class that say what its fields are this time.
"""

import sys
from types import GenericAlias
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from .annotations import members
from .model_base import ModelBase, described
from .values import is_list, is_object

__all__ = ["MAX_READINGS", "UnreadableError", "fitted"]

MAX_READINGS: Final = 64
"""Classes in one type whose fields have other types than they say."""

SIGNS_OF_ERRORS: Final = frozenset(["detail", "error", "message", "object", "type"])
"""Names of fields by which a document is known for an error, which it takes a closer look to see."""


class UnreadableError(Exception):
    """No type makes these values: in one place there are objects of one class with different keys."""


class Reading:
    """An alias of a struct class, with other types of its fields.

    msgspec asks an alias for its origin twice: in C for the class to make, and in Python, in its
    module of helpers, for a class whose annotations are those of the fields. Only the latter is
    told of other types, so that the class itself is never touched.
    """

    __args__ = ()

    def __init__(self, cls: type[ModelBase], kinds: dict[str, Any], size: int) -> None:
        self.kinds = kinds
        self.size = size
        """How many aliases it is made of, itself included."""
        self._class = cls
        self._annotated = type("Fields", (), {"__annotations__": kinds, "__parameters__": ()})

    @property
    def __origin__(self) -> type:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        asked_by = frame.f_globals.get("__name__")
        return self._annotated if asked_by == "msgspec._utils" else self._class


def fitted(kind: Any, value: object, before: Any = None) -> Any:
    """Return a type that reads the JSON of `value`, which was made of it as a `kind`.

    Without unknown fields in it, it is `kind` itself. `before` is what this returned for another
    value: what it reads is read further on where `value` has nothing else in the same place.

    Raises `UnreadableError` if there is no such type, or only too large a one.
    """
    return _Fitting().fit(kind, [value], kind if before is None else before, root=True)


class _Fitting:
    def __init__(self) -> None:
        self.readings = 0

    def fit(self, kind: Any, values: list[Any], before: Any, *, root: bool = False) -> Any:
        """Fit a type to `values`, which are those of all the places that have it."""
        kinds = members(kind)
        fits: list[Any] = []
        for each, old in zip(kinds, members(before), strict=True):
            if isinstance(each, type) and issubclass(each, ModelBase):
                fits.append(self._class(each, values, old, root))
            else:
                fits.append(self._collection(each, values, old))
        if all(new is each for new, each in zip(fits, kinds, strict=True)):
            return kind
        return fits[0] if len(fits) == 1 else Union[tuple(fits)]  # noqa: UP007

    def _collection(self, kind: Any, values: list[Any], before: Any) -> Any:
        origin, args = get_origin(kind), get_args(kind)
        if not args:
            return kind
        if origin is list:
            inner = [each for value in values if is_list(value) for each in value]
        elif origin is dict:
            inner = [each for value in values if is_object(value) for each in value.values()]
        else:
            return kind
        *keys, item = args
        fit = self.fit(item, inner, get_args(before)[-1])
        return kind if fit is item else GenericAlias(origin, (*keys, fit))

    def _class(self, kind: type[ModelBase], values: list[Any], before: Any, root: bool) -> Any:
        found = [
            each for each in values if isinstance(each, kind) and described(type(each)) is kind
        ]
        old: dict[str, Any] = {}
        if isinstance(before, Reading):
            if not found:
                self._count(before.size)
            old = before.kinds
        if not found:
            return before
        made, *others = set(map(type, found))
        if others or not _may_be_learnt(made, root):
            raise UnreadableError
        start = self.readings
        kinds: dict[str, Any] = {}
        changed = False
        for field in msgspec.structs.fields(made):
            name = field.name
            earlier = old.get(name, field.type) if name in kind.__struct_fields__ else field.type
            kinds[name] = self.fit(field.type, [getattr(each, name) for each in found], earlier)
            changed = changed or kinds[name] is not field.type
        if not changed:
            return made
        self._count(1)
        return Reading(made, kinds, self.readings - start)

    def _count(self, readings: int) -> None:
        self.readings += readings
        if self.readings > MAX_READINGS:
            raise UnreadableError


def _may_be_learnt(made: type[ModelBase], root: bool) -> bool:
    """Whether what has the fields of `made` can be taken unseen, and msgspec can make it."""
    if made is described(made):
        return True
    keys = {key for _, key in made._extra}  # pyright: ignore[reportPrivateUsage]
    return bool(keys) and "error" not in keys and not (root and keys & SIGNS_OF_ERRORS)
