"""Dataclasses and attrs classes that are more than their fields: made by their own constructor.

msgspec fills the fields of such a class by itself: fields that are computed (`init=False`) would be
asked for and overwritten, converters, aliases and validators of attrs passed by. For a class with
any of these a stand-in takes its place: JSON is read as what its constructor takes, and the
constructor makes the object.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Final,
    NamedTuple,
    TypeGuard,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from .annotations import is_struct, plain

__all__ = ["ConstructionError", "StandIn", "constructed", "is_stand_in"]


class ConstructionError(TypeError):
    """A type in which a class stands that JSON cannot be read for."""


class _Standing(type):
    """Objects of the class itself count as those of its stand-in: msgspec asks."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, vars(cls)["target"])


class StandIn(metaclass=_Standing):
    """Base of stand-ins: each is a class of its own, for msgspec to ask about."""

    target: type
    """The class that it stands for."""
    arguments: type[msgspec.Struct]
    """What the constructor takes."""
    model_validate: Callable[[Any], Any]
    """Make the object of builtins; `ValueError` or `TypeError` where it cannot be."""


def is_stand_in(kind: object) -> TypeGuard[type[StandIn]]:
    """Whether a type stands for another that its constructor makes."""
    return isinstance(kind, _Standing) and kind is not StandIn


class _Argument(NamedTuple):
    name: str
    """Of the field."""
    keyword: str
    """Of the constructor, and key of the JSON."""
    required: bool


def constructed(kind: Any) -> Any:
    """Return `kind` with a stand-in for every class that its constructor has to make.

    Raises `ConstructionError` where such a class stands in a Struct, typed dict or named tuple,
    holds itself, or is generic: there it cannot be replaced.
    """
    kind = plain(kind)
    origin, args = get_origin(kind), get_args(kind)
    if origin is None:
        return _of_class(kind) if isinstance(kind, type) else kind
    if origin is Annotated:
        inner = constructed(args[0])
        return kind if inner is args[0] else Annotated[inner, *args[1:]]
    if _fields(origin) is not None and (_own_arguments(origin) or _held(origin)):
        raise ConstructionError(
            f"{origin.__name__}: a generic class with computed fields or converters cannot be read"
        )
    inner = tuple(each if _is_no_type(each) else constructed(each) for each in args)
    if all(new is old for new, old in zip(inner, args, strict=True)):
        return kind
    if origin in (Union, UnionType):
        return Union[inner]  # noqa: UP007  # made at run time
    return origin[inner]


def _is_no_type(value: object) -> bool:
    return value is Ellipsis or isinstance(value, str | int | bytes | list)


def _of_class(cls: type) -> Any:
    if _fields(cls) is not None:
        return _stand_in(cls) if _own_arguments(cls) or _held(cls) else cls
    _refuse_lost_fields(cls)
    if _has_fields(cls) and (held := _held(cls)) is not None:
        raise ConstructionError(
            f"{cls.__name__} holds {held}, which only its constructor makes right (computed fields, "
            f"converters, aliases): make {cls.__name__} a dataclass"
        )
    return cls


def _refuse_lost_fields(cls: type) -> None:
    """Raise `TypeError` for a Struct that was pickled by value: its fields do not come along.

    Every document would be read as an object without any of them.
    """
    fields: tuple[str, ...] = getattr(cls, "__struct_fields__", ())
    if not is_struct(cls) or fields:
        return
    named = _annotations(cls).items()
    lost = [name for name, hint in named if "ClassVar" not in str(hint)]
    if lost:
        raise TypeError(
            f"{cls.__module__}.{cls.__qualname__}: it has lost its field{'s' * (len(lost) > 1)} "
            f"{', '.join(lost)}; cloudpickle, with which Ray and Dask send classes of a script, does "
            f"not carry those of a msgspec.Struct. Put it into a module that is imported here too, or "
            f"make it a dataclass"
        )


def _has_fields(cls: type) -> bool:
    return is_struct(cls) or hasattr(cls, "__total__") or hasattr(cls, "_fields")


def _fields(cls: Any) -> "list[Any] | None":
    """The fields of a dataclass or attrs class; `None` for another, pydantic's included."""
    if hasattr(cls, "__pydantic_validator__"):
        return None
    attributes = getattr(cls, "__attrs_attrs__", None)
    if attributes is not None:
        return list(attributes)
    if not hasattr(cls, "__dataclass_fields__"):
        return None
    import dataclasses

    return list(dataclasses.fields(cls))


def _own_arguments(cls: type) -> bool:
    """Whether the constructor of a class takes something else than its fields as they are."""
    if any(str(each).startswith("dataclasses.InitVar") for each in _raw_hints(cls)):
        return True
    for field in _fields(cls) or ():
        alias = getattr(field, "alias", field.name)
        changed = getattr(field, "converter", None) or getattr(field, "validator", None)
        if not field.init or changed or alias != field.name:
            return True
    return False


def _raw_hints(cls: type) -> Iterator[object]:
    for base in cls.__mro__:
        yield from _annotations(base).values()


def _annotations(cls: type) -> dict[str, Any]:
    try:
        return getattr(cls, "__annotations__", {})  # CPython 3.14 evaluates them here
    except (NameError, TypeError):
        return {}  # msgspec says what is wrong with them


@lru_cache(maxsize=1024)
def _held(cls: type) -> str | None:
    """The name of a class within the fields of `cls` that has a stand-in; `None` if none has."""
    return _search(cls, {cls})


def _search(cls: type, seen: set[type]) -> str | None:
    for hint in _hints(cls).values():
        for inner in _classes(hint):
            if inner in seen:
                continue
            seen.add(inner)
            _refuse_lost_fields(inner)
            if _fields(inner) is not None and _own_arguments(inner):
                return inner.__name__
            if (_fields(inner) is not None or _has_fields(inner)) and (
                found := _search(inner, seen)
            ):
                return found
    return None


def _classes(hint: Any) -> Iterator[type]:
    hint = plain(hint)
    origin = get_origin(hint)
    for each in get_args(hint):
        yield from _classes(each)
    cls = origin if origin is not None else hint
    if isinstance(cls, type):
        yield cls


def _hints(cls: type) -> dict[str, Any]:
    try:
        return get_type_hints(cls, include_extras=True)
    except (NameError, TypeError):
        return {}  # msgspec says what is wrong with them


_making: Final[set[type]] = set()


@lru_cache(maxsize=256)
def _stand_in(cls: type) -> type[StandIn]:
    if cls in _making:
        raise ConstructionError(
            f"{cls.__name__} holds itself, and only its constructor makes it right"
        )
    _making.add(cls)
    try:
        hints = _hints(cls)
        fields = [field for field in _fields(cls) or () if field.init]
        arguments = [
            _Argument(each.name, getattr(each, "alias", each.name), _is_required(each))
            for each in fields
        ]
        members = [_member(each, hints.get(each.name, Any)) for each in arguments]
    finally:
        _making.discard(cls)
    taken: Any = msgspec.defstruct(cls.__name__, members, namespace={"__doc__": cls.__doc__})

    def validate(value: object) -> Any:
        try:
            given = msgspec.convert(value, taken, dec_hook=_made)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None  # for msgspec to say where it stands
        values = {each.keyword: getattr(given, each.keyword) for each in arguments}
        return cls(**{name: it for name, it in values.items() if it is not msgspec.UNSET})

    namespace: dict[str, Any] = {
        "__doc__": cls.__doc__,
        "target": cls,
        "arguments": taken,
        "model_validate": staticmethod(validate),
    }
    return cast("type[StandIn]", _Standing(cls.__name__, (StandIn,), namespace))


def _is_required(field: Any) -> bool:
    if hasattr(field, "default_factory"):  # a dataclass's
        import dataclasses

        missing = dataclasses.MISSING
        return field.default is missing and field.default_factory is missing
    return getattr(field.default, "name", None) == "NOTHING"  # of attrs


def _member(argument: _Argument, hint: Any) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind = constructed(hint)
    if argument.required:
        return (argument.keyword, kind)
    return (argument.keyword, Union[kind, msgspec.UnsetType], msgspec.UNSET)  # noqa: UP007


def _made(kind: Any, value: object) -> Any:
    from .annotations import to_foreign

    return to_foreign(kind, value)
