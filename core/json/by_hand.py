"""Models made by hand: what their constructors take beyond fields and values of the right types.

The tag is taken, JSON keys are, what may be null may be left out, dicts become models at any depth,
and fields that the API description does not know are kept.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from .codec import MisfitError
from .encode import builtins
from .issues import Issues
from .model_base import ModelBase, described, of_fields
from .salvage import accepts, lens_for
from .unknown_fields import make, tagged, variant
from .values import type_of

__all__ = ["changed", "construct"]

ModelT = TypeVar("ModelT", bound=ModelBase)


class _Field(NamedTuple):
    name: str
    kind: Any
    accepts: frozenset[type]


class _Plan(NamedTuple):
    fields: dict[str, _Field]
    """By name, and by JSON key."""
    required: dict[str, bool]
    """The fields that a constructor asks for, and whether they may be null."""


_plans: Final[dict[type[ModelBase], _Plan]] = {}


def construct(cls: type[ModelT], values: Mapping[str, Any], *, lenient: bool = False) -> ModelT:
    """Make an object of a model of the arguments of its constructor.

    Raises `MisfitError` about a dict that does not fit its field, `TypeError` about what is missing,
    and `ValueError` about another tag; with `lenient`, what the codec would make of it is made.
    """
    cls = described(cls)
    plan = _plans.get(cls) or _plan(cls)
    cls, values = _tagged(cls, values, lenient=lenient)
    issues = Issues(lax=not lenient)
    fields: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for key, value in values.items():
        field = plan.fields.get(key)
        if field is None:
            extra[key] = value
        else:
            fields[field.name] = _made(value, field, issues)
    if issues and not lenient:
        raise MisfitError(tuple(issues))
    missing: tuple[str, ...] = ()
    for name, nullable in plan.required.items():
        if name not in fields and (nullable or lenient):
            fields[name] = None
            missing += () if nullable else (name,)
    if extra or missing:
        return make(cls, fields, extra, missing)
    made: ModelT = of_fields(cls, **fields)
    return made


def changed(
    cls: type[ModelBase],
    fields: dict[str, Any],
    extra: dict[str, Any],
    missing: tuple[str, ...],
    update: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """Put new values, by attribute or JSON key, among the parts of a model; see `make`."""
    plan = _plans.get(cls) or _plan(cls)
    fields, extra = dict(fields), dict(extra)
    for key, value in update.items():
        field = plan.fields.get(key)
        if field is not None:
            fields[field.name] = value
            missing = tuple(name for name in missing if name != field.name)
        elif key != cls.__struct_config__.tag_field:
            extra[key] = value
        elif value != cls.__struct_config__.tag:
            raise ValueError(
                f"{cls.__name__}: {key} is {cls.__struct_config__.tag!r}, not {value!r}"
            )
    return fields, extra, missing


def _plan(cls: type[ModelBase]) -> _Plan:
    fields: dict[str, _Field] = {}
    required: dict[str, bool] = {}
    for each in msgspec.structs.fields(cls):
        field = _Field(each.name, each.type, accepts(each.type))
        fields[each.encode_name] = fields[each.name] = field
        if each.required:
            required[each.name] = type(None) in field.accepts
    made = _plans[cls] = _Plan(fields, required)
    return made


def _made(value: Any, field: _Field, issues: Issues) -> Any:
    kind = type_of(value)
    if kind in field.accepts:
        return value
    if kind is dict or (kind is list and any(type_of(each) in (dict, list) for each in value)):
        return lens_for(field.kind)(builtins(value), (None, field.name), issues)
    return value


def _tagged(
    cls: type[ModelT], values: Mapping[str, Any], *, lenient: bool
) -> tuple[type[ModelT], Mapping[str, Any]]:
    """The class with the tag that is among the values, and the others of these."""
    config = cls.__struct_config__
    field = config.tag_field
    if field is None or field not in values:
        return cls, values
    tag = values[field]
    values = {key: value for key, value in values.items() if key != field}
    if (known := tagged(cls, tag)) is not None:
        return known, values
    if lenient and isinstance(tag, str) and tag:
        return variant(cls, tag), values
    raise ValueError(f"{cls.__name__}({field}={tag!r}): its {field} is {config.tag!r}")
