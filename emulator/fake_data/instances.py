"""An instance of a type of the API: a document that decodes into it strictly.

The same key gives the same instance. Names say what values look like (`created_at` is a time, `url`
an address); of a union the first member is made, of an enumeration the first value. Fields that may
be left out are made near the top and left out further down, which ends recursion.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

from ...core.json.annotations import members, plain
from ...core.json.model import Model
from ..http.json_documents import Object, is_array, is_object
from . import model_fields
from .texts import number
from .words import word

_RICH: Final = 3
"""From this depth on, what may be left out is."""
_DEEPEST: Final = 12
_ABSENT: Final = frozenset(
    {
        *("error", "last_error", "errors", "incomplete_details", "failure_reason", "refusal"),
        *("cancelled_at", "failed_at", "expired_at", "deleted_at", "archived_at", "revoked_at"),
        *("cancelling_at", "required_action", "next", "next_page", "moderation"),
    }
)
"""What an object has only when something went wrong, ended or follows."""

NOTHING: Final = object()
"""No value: what was said does not fit."""


class Maker:
    """Makes instances. `key` takes the place of chance, `now` is the time on all of them."""

    def __init__(self, key: str, now: int) -> None:
        self._key = key
        self._now = now

    def make(self, ref: Any) -> Any:
        """Return a document that fits a type, or a `module:Name` of one."""
        return self._value(model_fields.resolve(ref), "", "", 0)

    def _value(self, kind: Any, name: str, owner: str, depth: int) -> Any:
        options = [each for each in members(kind) if each not in (None, type(None))]
        nullable = len(options) < len(members(kind))
        if not options or (nullable and (name in _ABSENT or depth > _DEEPEST)):
            return None
        kind = _chosen(options, depth)
        origin = get_origin(kind)
        if origin is Literal:
            return get_args(kind)[0]
        if origin is list:
            if depth > _RICH + 1:
                return []
            return [self._value(get_args(kind)[0], _singular(name), owner, depth + 1)]
        if origin is dict or kind is dict:
            return {}
        if isinstance(kind, type) and issubclass(kind, Model):
            return self.model(kind, depth)
        return self._scalar(kind, name, owner)

    def model(self, cls: type[Model], depth: int) -> Object:
        """Return an object of a class, as rich as it is at a depth."""
        made: Object = {}
        config = cls.__struct_config__
        if config.tag_field is not None:
            made[config.tag_field] = config.tag
        inner = Maker(f"{self._key}.{cls.__name__}", self._now)
        for field in model_fields.fields(cls):
            if not field.required and (depth >= _RICH or field.name in _ABSENT):
                continue
            value = inner._value(field.type, field.name, cls.__name__, depth + 1)
            if value is not None or field.required:
                made[field.name] = value
        return made

    def _scalar(self, kind: Any, name: str, owner: str) -> Any:
        if kind is str:
            return word(name, owner, number(self._key, name))
        if kind is bool:
            return name in ("deleted", "valid", "enabled", "active", "success")
        if kind is int:
            if name.endswith("_at") or name in ("created", "expires", "start_time"):
                return self._now
            return 0 if name in _ZERO else 1 + number(self._key, name) % 10
        if kind is float:
            return round(0.05 + number(self._key, name) % 90 / 100, 2)
        return {}


_ZERO: Final = frozenset(
    {"index", "output_index", "content_index", "sequence_number", "summary_index", "seek", "failed"}
)


def _chosen(options: list[Any], depth: int) -> Any:
    """Return the member of a union to make: a model rather than a text, a simple one deep down."""
    if depth > _RICH:
        return next((each for each in options if not _is_model(each)), options[0])
    return next((each for each in options if _is_model(each)), options[0])


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def fits(kind: Any, value: object) -> bool:
    """Whether a value is one of a type, as strict decoding sees it."""
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


@cache
def _by_name(cls: type[Model]) -> Mapping[str, model_fields.Field]:
    return {field.name: field for field in model_fields.fields(cls)}


def has(ref: Any, name: str) -> bool:
    """Whether objects of a type have a field."""
    return any(
        name in _by_name(each) for each in members(model_fields.resolve(ref)) if _is_model(each)
    )


def overlaid(made: Object, ref: Any, facts: Mapping[str, object], *, key: str, now: int) -> Object:
    """Return an instance with those of `facts` that fit its fields in their places.

    What kind of object it is (`object`) it says itself.
    """
    cls = class_of(model_fields.resolve(ref), made)
    if cls is None:
        return made
    known = _by_name(cls)
    document = dict(made)
    for name, value in facts.items():
        field = known.get(name)
        if field is None or name == "object":
            continue
        fitted = adapted(field.type, field.plain, value, key=f"{key}.{name}", now=now)
        if fitted is not NOTHING:
            document[name] = fitted
    return document


def adapted(kind: Any, runtime: Any, value: object, *, key: str, now: int) -> Any:
    """Return a value as a type wants it, with what it lacks made; `NOTHING` where it cannot be."""
    if fits(runtime, value):
        return value
    for option in members(kind):
        if is_object(value) and _is_model(option):
            cls = class_of(kind, value)
            if cls is None:
                return NOTHING
            made = Maker(key, now).model(cls, _RICH)
            filled = overlaid(made, cls, value, key=key, now=now)
            return filled if fits(runtime, filled) else NOTHING
        if is_array(value) and get_origin(option) is list:
            [inner] = get_args(option)
            [plain_inner] = [get_args(o)[0] for o in members(runtime) if get_origin(o) is list][:1]
            items = [adapted(inner, plain_inner, each, key=key, now=now) for each in value]
            return NOTHING if NOTHING in items else items
    return NOTHING


def class_of(kind: Any, value: Mapping[str, object]) -> type[Model] | None:
    """Return the model among the members of `kind` that an object is of, by its tag."""
    models: list[type[Model]] = [each for each in members(plain(kind)) if _is_model(each)]
    for each in models:
        config = each.__struct_config__
        if config.tag_field is None or value.get(config.tag_field) == config.tag:
            return each
    return None
