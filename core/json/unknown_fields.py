"""Models with fields that the API description does not know, or without some that it demands.

Such an object is an instance of a subclass of its model, made for the set of unknown and missing
keys and kept. Unknown keys are real fields of it and required ones that are missing have a default,
so that reading, printing, comparing and encoding need no code of their own. The number of classes
is bounded, since a server chooses the keys. Beyond the bound, and for keys that make no field, the
unknown fields are held in one dict, an `Overflow`; attributes, `model_extra`, `to_dict` and
encoding work as well, only slower (and what is missing is encoded as null).
"""

from collections.abc import Collection
from keyword import iskeyword
from typing import Any, Final, TypeVar

import msgspec

from .model_base import ModelBase, of_fields
from .raw_values import Overflow

__all__ = ["MAX_CLASSES", "MAX_KEYS", "MAX_VARIANTS", "make", "tagged", "variant"]

StructT = TypeVar("StructT", bound=ModelBase)

MAX_CLASSES: Final = 512
"""Kept classes in all."""
MAX_VARIANTS: Final = 64
"""Kept classes of other tags."""
MAX_KEYS: Final = 64
"""Unknown keys of one object that become fields."""

HABITS: Final = frozenset({"construct", "copy", "dict", "json"})
"""Methods with other names besides, whose place a field of the same name takes."""

_LONGEST_KEY: Final = 128
Keys = tuple[str, ...]
_classes: Final[dict[tuple[type[ModelBase], Keys, Keys], type[ModelBase]]] = {}
_variants: Final[dict[tuple[type[ModelBase], str], type[ModelBase]]] = {}
_overflowing: Final[dict[type[ModelBase], type[ModelBase]]] = {}


def make(
    cls: type[StructT], fields: dict[str, Any], extra: dict[str, Any], missing: Keys = ()
) -> StructT:
    """Make an object of `cls` from known `fields`, by attribute, and `extra` ones, by JSON key.

    `missing` names the required fields that are in `fields` as `None` because the server left them
    out. `fields` becomes the new object's.
    """
    keys = tuple(sorted(extra)) if len(extra) > 1 else tuple(extra)
    made = _classes.get((cls, keys, missing))
    if made is None:
        made = _class_for(cls, keys, missing)
        if made is None:
            return _overflow(cls, fields, extra) if extra else of_fields(cls, **fields)
    for name, key in made._extra:  # pyright: ignore[reportPrivateUsage]  # of this library
        fields[name] = extra[key]
    obj = of_fields(made, **fields)
    assert isinstance(obj, cls)
    return obj


def variant(cls: type[StructT], tag: str) -> type[StructT]:
    """Return the class of objects that are `cls` in all but their tag; `cls` beyond the bound."""
    made = _variants.get((cls, tag))
    if made is None:
        if len(_variants) >= MAX_VARIANTS or len(tag) > _LONGEST_KEY:
            return cls
        field = cls.__struct_config__.tag_field
        assert field is not None
        made = _subclass(cls, (), {field: tag, "_variant": (cls, tag)}, tag=tag)
        made = _variants.setdefault((cls, tag), made)
    assert issubclass(made, cls)
    return made


def tagged(cls: type[StructT], tag: object) -> type[StructT] | None:
    """Return the class of a tag, where objects of one form have several; `None` if none has it."""
    if tag == cls.__struct_config__.tag:
        return cls
    others = (each for each in cls.__subclasses__() if each.__struct_config__.tag == tag)
    return next((each for each in others if each not in _variants.values()), None)


def _can_be_field(key: str) -> bool:
    """Whether msgspec takes a key for a field: no control characters, escapes or surrogates."""
    return len(key) <= _LONGEST_KEY and not any(
        char < " " or char in '"\\' or "\ud800" <= char <= "\udfff" for char in key
    )


def _class_for(cls: type[ModelBase], keys: Keys, missing: Keys) -> type[ModelBase] | None:
    if len(_classes) >= MAX_CLASSES or len(keys) > MAX_KEYS or not all(map(_can_be_field, keys)):
        return None
    names: dict[str, str] = {}
    for key in sorted(keys, key=str.isidentifier, reverse=True):  # these have the first claim
        names[_attribute(cls, key, names)] = key
    known = dict(zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True))
    fields: list[tuple[str, Any, Any]]
    fields = [(name, Any, msgspec.field(name=key)) for name, key in names.items()]
    fields += [(name, Any, msgspec.field(name=known[name], default=None)) for name in missing]
    namespace = {"_extra": tuple(names.items()), "_known": cls, "_missing": missing}
    return _classes.setdefault((cls, keys, missing), _subclass(cls, fields, namespace))


def _attribute(cls: type[ModelBase], key: str, taken: Collection[str]) -> str:
    """Name the attribute for `key`: the key itself where it can be one.

    Other characters than those of identifiers become `_`, leading ones of these are dropped, a
    leading digit gets `field_` before it, and names in use (or keywords) get `_` at the end.
    """
    name = "".join(each if f"_{each}".isidentifier() else "_" for each in key)
    name = name.lstrip("_") or "field"
    if not name.isidentifier():
        name = f"field_{name}"
    while iskeyword(name) or name in taken or (hasattr(cls, name) and name not in HABITS):
        name += "_"
    return name


def _subclass(
    cls: type[ModelBase],
    fields: Collection[tuple[str, Any, Any]],
    namespace: dict[str, Any],
    *,
    tag: str | None = None,
) -> type[ModelBase]:
    # Not `msgspec.defstruct`, which knows no metaclass but its own.
    members = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        "__annotations__": {name: kind for name, kind, _ in fields},
        **{name: default for name, _, default in fields if default is not ...},
        **namespace,
    }
    metaclass: Any = type(cls)
    config: Any = {"kw_only": True, "tag": cls.__struct_config__.tag if tag is None else tag}
    made: type[ModelBase] = metaclass(cls.__name__, (cls,), members, **config)
    return made


def _overflow(cls: type[StructT], fields: dict[str, Any], extra: dict[str, Any]) -> StructT:
    made = _overflowing.get(cls)
    if made is None:
        namespace = {
            "_known": cls,
            "__getattr__": _overflow_field,
            "model_extra": property(_overflow_fields),
        }
        made = _subclass(cls, [("_overflow", object, ...)], namespace)
        made = _overflowing.setdefault(cls, made)
    fields["_overflow"] = Overflow(extra)
    obj = of_fields(made, **fields)
    assert isinstance(obj, cls)
    return obj


def _overflow_fields(obj: Any) -> dict[str, Any]:
    return dict(obj._overflow.fields)


def _overflow_field(obj: Any, name: str) -> object:
    if not name.startswith("_") and name in obj._overflow.fields:
        value: object = obj._overflow.fields[name]
        return value
    raise AttributeError(f"{type(obj).__name__!r} object has no attribute {name!r}")
