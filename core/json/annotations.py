"""Questions about types, as annotations and `cast_to` arguments state them."""

import types
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from .model_base import ModelBase

__all__ = ["are_models", "is_model", "is_struct", "members", "plain", "to_foreign"]


def plain(kind: Any) -> Any:
    """Take away what only names a type; annotations with constraints stay."""
    while True:
        if get_origin(kind) is Annotated:
            inner, *notes = get_args(kind)
            if any(isinstance(note, msgspec.Meta) for note in notes):
                return kind
            kind = inner
        elif hasattr(kind, "__value__") and hasattr(kind, "__type_params__"):
            kind = kind.__value__  # type X = ..., of Python 3.12
        elif hasattr(kind, "__supertype__"):
            kind = kind.__supertype__  # NewType
        else:
            return kind


def members(kind: Any) -> list[Any]:
    """The members of a union, those of unions within it included; of another type, itself."""
    kind = plain(kind)
    if get_origin(kind) not in (Union, types.UnionType):
        return [kind]
    return [member for each in get_args(kind) for member in members(each)]


def is_struct(kind: Any) -> bool:
    """Whether `kind` is a Struct class, or a parametrised one, that JSON writes as an object."""
    cls = get_origin(kind) or kind
    return (
        isinstance(cls, type)
        and issubclass(cls, msgspec.Struct)
        and not cls.__struct_config__.array_like
    )


def is_model(kind: Any) -> bool:
    """Whether `kind` is a `Model`, or a union of nothing else."""
    return all(
        isinstance(cls := get_origin(each) or each, type) and issubclass(cls, ModelBase)
        for each in members(kind)
    )


def are_models(kind: Any) -> bool:
    """Whether `kind` is made of models, in unions, lists and dicts: the server's, not a caller's."""
    for each in members(kind):
        if each is None or each is type(None) or is_model(each):
            continue
        origin, args = get_origin(each), get_args(each)
        if origin not in (list, dict) or not are_models(args[-1]):
            return False
    return True


def to_foreign(kind: Any, value: object) -> Any:
    """Make a `kind` that msgspec does not know from builtins; pydantic models can be made."""
    validate = getattr(kind, "model_validate", None)
    if validate is None:
        raise TypeError(f"cannot decode JSON into {kind!r}")
    return validate(value)
