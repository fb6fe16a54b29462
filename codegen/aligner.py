"""Walks schemas and the type hints of the official SDK side by side; needs the SDK installed."""

import inspect
import sys
import types
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from .description import Description, Schema, Side
from .places import consts, flat, is_null, options, properties, ref_of
from .same import is_beta

if TYPE_CHECKING:
    from .tables import ByPlace

PACKAGE = "openai.types."
Pair = tuple[str, Schema, type]
"""A place, the schema of an object there, and the SDK's class for it."""


class Aligner:
    """Walks schemas and hints together, once for each pair of places."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self.found: dict[Side, ByPlace] = {"request": {}, "response": {}}
        self._seen: set[tuple[str, str, str]] = set()

    def pair(self, side: Side, place: str, schema: Schema | None, hint: Any) -> None:
        """Note the classes in `hint` that stand for objects in `schema`, and go on below them."""
        if schema is None or (side, place, repr(hint)) in self._seen:
            return
        if place:
            self._seen.add((side, place, repr(hint)))
        kinds = members(hint)
        self._alias(side, schema, hint)
        found = [each for each in options(self.description, place, schema) if not is_null(each[1])]
        for at, option in found:
            if "items" in option:
                for kind in kinds:
                    if get_args(kind) and get_origin(kind) is not dict:
                        self.pair(side, f"{at}[]", option["items"], get_args(kind)[0])
            elif isinstance(option.get("additionalProperties"), dict):
                for kind in kinds:
                    if get_origin(kind) is dict:
                        values = option["additionalProperties"]
                        self.pair(side, f"{at}{{}}", values, get_args(kind)[1])
        classes = [kind for kind in kinds if isinstance(kind, type) and fields(kind)]
        objects = [(at, each) for at, each in found if flat(self.description, each)]
        pairs: list[Pair] = []
        for at, option in objects:
            kind = self._best(option, classes, alone=len(objects) == 1)
            if kind is not None and kind.__module__.startswith(PACKAGE):
                pairs.append((at, option, kind))
        self._objects(side, ref_of(schema) or place, pairs)

    def _objects(self, side: Side, place: str, pairs: list[Pair]) -> None:
        """Note the classes of the objects in the schema at `place`, and go on below them."""
        for at, option, kind in pairs:
            self.note(side, at, path_of(kind))
            self.below(side, at, option, kind)

    def note(self, side: Side, place: str, name: str) -> None:
        """Note what the SDK has at a place."""
        known = self.found[side].setdefault(place, [])
        if name not in known:
            known.append(name)

    def below(self, side: Side, place: str, schema: Schema, kind: type) -> None:
        """Go on with the fields of an object."""
        hints = fields(kind)
        for field, (at, value) in properties(self.description, place, schema).items():
            if field in hints:
                self.pair(side, at, value, hints[field])

    def _alias(self, side: Side, schema: Schema, hint: Any) -> None:
        """Note the public name of a union or an enumeration, if it has one."""
        name = ref_of(schema)
        if name is None or any(fields(kind) for kind in (hint,) if isinstance(kind, type)):
            return
        for each in aliases().get(shown(hint), ()):
            if is_beta(each.rpartition(".")[2]) == is_beta(name):
                self.note(side, name, each)

    def _best(self, schema: Schema, classes: list[type], *, alone: bool) -> type | None:
        """The class with the same constants, and of those the one that shares most fields."""
        if len(classes) == 1 and alone:
            return classes[0]
        mine = flat(self.description, schema)
        best, most = None, -1.0
        for kind in classes:
            theirs = fields(kind)
            if any(
                wanted and given and not wanted & given
                for name, value in mine.items()
                if name in theirs
                and (wanted := consts(self.description, value)) is not None
                and (given := literals(theirs[name])) is not None
            ):
                continue
            shared = len(mine.keys() & theirs.keys()) * 2 / (len(mine) + len(theirs))
            if shared > most:
                best, most = kind, shared
        return best


def path_of(kind: type) -> str:
    """A class of the SDK as `module.Class`, below its package of types."""
    return f"{kind.__module__.removeprefix(PACKAGE)}.{kind.__name__}"


def members(hint: Any) -> list[Any]:
    """The members of a union, without what only qualifies a type."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return [each for member in get_args(hint) for each in members(member)]
    if getattr(origin, "__name__", "") in ("Required", "NotRequired") or hasattr(
        hint, "__metadata__"
    ):
        return members(get_args(hint)[0])
    return [] if hint is type(None) else [hint]


def shown(hint: Any) -> str:
    """A text that is the same for the same type, whether null is allowed or not."""
    return " | ".join(sorted(repr(kind) for kind in members(hint)))


@cache
def aliases() -> dict[str, list[str]]:
    """The public names of types that are no classes, by what `shown` says of them."""
    found: dict[str, list[str]] = {}
    package = import_module(PACKAGE.rstrip("."))
    for name in sorted(each.name for each in walk_packages(package.__path__, PACKAGE)):
        module = import_module(name)
        for alias, value in vars(module).items():
            own = alias.lower() == name.rpartition(".")[2].replace("_", "")
            if own and not isinstance(value, type):
                where = name.removeprefix(PACKAGE)
                found.setdefault(shown(value), []).append(f"{where}.{alias}")
    return found


@cache
def fields(kind: type) -> dict[str, Any]:
    """The fields of a model or typed dict by their names in JSON; of another type, none."""
    if hasattr(kind, "model_fields"):
        model: Any = kind
        return {each.alias or name: each.annotation for name, each in model.model_fields.items()}
    if hasattr(kind, "__required_keys__"):
        return get_type_hints(kind)
    return {}


def needed(kind: type) -> set[str]:
    """The fields of a typed dict that have to be there; of another type, none."""
    if not hasattr(kind, "__required_keys__"):
        return set()
    hints = get_type_hints(kind, include_extras=True)
    return {name for name, hint in hints.items() if get_origin(hint) is Required}


def literals(hint: Any) -> set[Any] | None:
    """The values of a hint that is nothing but literals."""
    kinds = members(hint)
    if not kinds or any(get_origin(kind) is not Literal for kind in kinds):
        return None
    return {value for kind in kinds for value in get_args(kind)}


def method_of(client: Any, path: str) -> Any:
    """The SDK's method that a client path leads to."""
    for part in path.split("."):
        client = getattr(client, part)
    return client


def hints_of(method: Any) -> dict[str, Any]:
    """The type hints of a method, without what is wrapped around it."""
    function = inspect.unwrap(method)
    function = getattr(function, "__func__", function)
    return get_type_hints(function, vars(sys.modules[function.__module__]))
