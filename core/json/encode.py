"""Encodes values as JSON.

msgspec encodes nearly everything by itself. Where it refuses, or where it would write something
else than was meant (it turns NaN into null without a word), the value is taken through Python once
more: slower, and able to say in which place the trouble is.
"""

import re
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from enum import Enum
from math import isfinite
from types import NoneType
from typing import Any, Final, TypeGuard

import msgspec

from ..terms import nesting
from ..terms.omit import is_omitted
from .issues import Link, path_of, place_text
from .raw_values import Overflow, RawValue
from .values import is_list, is_mapping, is_object, type_of

__all__ = ["builtins", "encode", "text", "without_none"]


def encode(value: object) -> bytes:
    """Return `value` as compact JSON.

    Taken are builtins, msgspec structs and models, dataclasses, attrs objects, pydantic models
    (the fields that were set and defaults that are not null, by alias), enumerations, dates (ISO 8601), UUIDs, decimals (as
    numbers), bytes (as base64), paths, and any collection: mappings, sets, ranges, numpy arrays
    and scalars; iterators, a generator's too, are read once. `omit` and `msgspec.UNSET` leave out the field or element they stand for.

    Raises `TypeError` about a value of another type and `ValueError` about NaN, Infinity and
    references in a circle; both name the place, as `messages[3].content`.
    """
    if nesting.limit is not None:
        _check_depth(value)
    try:
        data = _encoder.encode(value)
        if (len(data) > _LARGE and b"null" not in data) or not _may_hold_nan(value):
            return data
    except (TypeError, ValueError, OverflowError, RecursionError):
        pass
    try:
        document = _Walk().take(value, None)
    except RecursionError:
        raise ValueError("cannot encode as JSON: nested too deeply, or in a circle") from None
    if document is _LEFT_OUT:
        raise TypeError(f"$: cannot encode {value!r} as JSON: it stands for nothing")
    return _encode_builtins(document)


def builtins(
    value: object, *, defaults: bool = False, fallback: Callable[[Any], Any] | None = None
) -> Any:
    """Return what `encode` would write as builtins, NaN included; `defaults` keeps these too.

    `fallback` makes something else of what JSON has no form for.
    """
    if nesting.limit is not None:
        _check_depth(value)
    if not defaults:
        try:
            return msgspec.to_builtins(value, str_keys=True, enc_hook=_unwrap)
        except (TypeError, ValueError, OverflowError):
            pass
    return _Walk(defaults=defaults, finite=False, fallback=fallback).take(value, None)


def _check_depth(value: object) -> None:
    try:
        nesting.check_value(value)
    except RecursionError as error:
        complaint = str(error)
    else:
        return
    raise ValueError(f"cannot encode as JSON: {complaint}")


def text(document: object, indent: int | None = None) -> str:
    """Return the JSON of builtins as text; NaN and Infinity, where the server sent them, too."""
    try:
        data = encode(document)
    except ValueError:
        _check_depth(document)
        import json  # seldom needed

        return json.dumps(document, indent=indent)
    return (data if indent is None else nesting.reformatted(data, indent)).decode()


def without_none(document: Any) -> Any:
    """Return the document without the fields that are null, at any depth."""
    kind = type_of(document)
    if kind is dict:
        kept: dict[str, Any] = {}
        for key, value in document.items():  # no comprehension: those are frames of their own
            if value is not None:
                kept[key] = without_none(value)
        return kept
    if kind is not list:
        return document
    array: list[Any] = []
    for value in document:
        array.append(without_none(value))
    return array


def _unwrap(value: Any) -> Any:
    """Turn what msgspec does not know into what it does; `TypeError` where there is no way."""
    if isinstance(value, RawValue):
        return value.raw
    if isinstance(value, str | int | float):
        return _exact(value)
    if not _has_no_other_form(value):
        if hasattr(value, "model_dump"):
            return _dumped(value)
        if hasattr(value, "tolist"):  # numpy and its kin, array.array
            return value.tolist()
        if is_mapping(value):  # a dict is one of a kind that can be a key
            return list(value) if type_of(value) is dict else dict(value)
        if _is_collection(value):
            return list(value)
        if hasattr(value, "__fspath__"):
            return value.__fspath__()
    raise TypeError(f"cannot encode {_named(value)} as JSON")


def _has_no_other_form(value: object) -> bool:
    """Tuples and their kin come here as keys alone: as a list, one would come again, and again."""
    nothing = isinstance(value, type | Overflow | msgspec.UnsetType) or is_omitted(value)
    return nothing or _is_native(value)


def _dumped(value: Any) -> Any:
    """A pydantic model: the fields that were set, and the defaults that are not null, by alias."""
    every = value.model_dump(mode="json", by_alias=True)
    return _told(every, value.model_dump(mode="json", by_alias=True, exclude_unset=True))


def _told(every: Any, given: Any) -> Any:
    """Leave out of `every` what is null and not in `given`."""
    if is_object(every):
        known = given if is_object(given) else {}
        return {
            name: _told(value, known.get(name))
            for name, value in every.items()
            if value is not None or name in known
        }
    if is_list(every):
        pairs = given if is_list(given) and len(given) == len(every) else [None] * len(every)
        return [_told(each, said) for each, said in zip(every, pairs, strict=True)]
    return every


def _exact(value: str | int | float) -> str | int | float:
    """Turn an instance of a subclass into one of the builtin; msgspec takes no others."""
    if isinstance(value, str):
        return str.__str__(value)
    return int.__int__(value) if isinstance(value, int) else float.__float__(value)


_encoder: Final = msgspec.json.Encoder(enc_hook=_unwrap, decimal_format="number")
_packer: Final = msgspec.msgpack.Encoder(enc_hook=_unwrap)
_DOUBLE: Final = b"\xcb"
_NOT_FINITE: Final = re.compile(_DOUBLE + rb"[\x7f\xff][\xf0-\xff]")
_LARGE: Final = 1 << 20
"""Bytes of JSON from which on it is searched for null, rather than the value encoded twice."""


def _may_hold_nan(value: object) -> bool:
    """Whether there may be NaN or Infinity in `value`; false alarms are allowed.

    msgspec writes them as null. In MessagePack they stand out, and a document in it costs a third
    of what it costs in JSON. Most hold hardly a double: `find`, which is `memchr`, is far faster
    than the regular expression as long as it finds little.
    """
    packed = _packer.encode(value)
    at = -1
    for _ in range(1000):
        at = packed.find(_DOUBLE, at + 1)
        if at < 0:
            return False
        if _NOT_FINITE.match(packed, at):
            return True
    return _NOT_FINITE.search(packed, at) is not None


def _is_collection(value: object) -> TypeGuard[Collection[Any]]:
    return isinstance(value, Collection)


def _is_iterable(value: object) -> TypeGuard[Iterable[Any]]:
    """Whether the items of `value` stand for an array; the lines of a file do not."""
    return not hasattr(value, "read") and isinstance(value, Iterable)


def _is_native(value: object) -> TypeGuard[Collection[Any]]:
    return isinstance(value, list | tuple | set | frozenset)


def _named(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _encode_builtins(document: object) -> bytes:
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:  # lone surrogates, which JSON can write and UTF-8 cannot
        import json

        return json.dumps(
            document, allow_nan=False, separators=(",", ":"), default=nesting.decode
        ).encode()


class _Mark(Enum):
    LEFT_OUT = "left out"


_LEFT_OUT: Final = _Mark.LEFT_OUT


def _place(link: Link) -> str:
    return place_text(path_of(link))


class _Walk:
    """Turns a value into builtins, knowing where it is."""

    def __init__(
        self,
        *,
        defaults: bool = False,
        finite: bool = True,
        fallback: Callable[[Any], Any] | None = None,
    ) -> None:
        self.fallback = fallback
        self.defaults = defaults
        """Whether fields of structs are kept that have their default value."""
        self.finite = finite
        """Whether NaN and Infinity are refused."""

    def take(self, value: Any, link: Link) -> Any:
        """Return `value` in builtins; one frame for each level, as deep as answers are read."""
        if value is None or value is True or value is False:
            return value
        if value is msgspec.UNSET or is_omitted(value):
            return _LEFT_OUT
        if isinstance(value, Enum):
            return self.take(value.value, link)
        if isinstance(value, str | int | float):
            if self.finite and isinstance(value, float) and not isfinite(value):
                raise ValueError(f"{_place(link)}: cannot encode {value!r} as JSON")
            return _exact(value)
        if isinstance(value, msgspec.Raw):  # the bytes of JSON that goes out as it is
            return value if self.finite else nesting.decode(value)
        while not (is_mapping(value) or _is_native(value)):
            value = self._opened(value, link)
            if isinstance(value, str | int | float | NoneType):
                return self.take(value, link)
        if is_mapping(value):
            document: dict[str, Any] = {}
            for key, each in value.items():
                name = self._key(key, link)
                taken = self.take(each, (link, name))
                if taken is not _LEFT_OUT:
                    document[name] = taken
            return document
        array: list[Any] = []
        for index, each in enumerate(value):
            taken = self.take(each, (link, index))
            if taken is not _LEFT_OUT:
                array.append(taken)
        return array

    def _opened(self, value: Any, link: Link) -> Any:
        """What stands for an object: a mapping of its fields, a list, or a simpler object."""
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, type):
            return self._other(value, link)
        if isinstance(value, msgspec.Struct):
            return self._fields(value)
        fields = getattr(value, "__attrs_attrs__", None)
        if hasattr(value, "__dataclass_fields__"):
            import dataclasses  # seldom needed, and not cheap

            fields = dataclasses.fields(value)
        if fields is not None:
            names = [field.name for field in fields if not field.name.startswith("_")]
            return {name: getattr(value, name) for name in names}
        try:
            return msgspec.to_builtins(value, enc_hook=_refuse)  # dates, UUIDs, bytes
        except TypeError:
            pass
        try:
            return _unwrap(value)
        except TypeError:
            pass
        if _is_iterable(value):
            return list(value)  # read here alone: an iterator gives its items once
        return self._other(value, link)

    @staticmethod
    def _key(key: object, link: Link) -> str:
        if isinstance(key, str) and not isinstance(key, Enum):
            return str.__str__(key)
        try:
            (name,) = msgspec.to_builtins({key: None}, str_keys=True)
        except TypeError:
            where = _place(link)
            raise TypeError(f"{where}: cannot encode {_named(key)} as a key") from None
        return str(name)

    def _fields(self, value: msgspec.Struct) -> Any:
        cls = type(value)
        config = cls.__struct_config__
        if config.array_like:
            return msgspec.structs.astuple(value)
        fields: dict[str, Any] = {}
        if config.tag_field is not None:
            fields[config.tag_field] = config.tag
        defaults = (msgspec.NODEFAULT,) * len(cls.__struct_fields__) + cls.__struct_defaults__
        drop = config.omit_defaults and not self.defaults
        for name, key, default in zip(
            cls.__struct_fields__,
            cls.__struct_encode_fields__,
            defaults[len(cls.__struct_defaults__) :],
            strict=True,
        ):
            each = getattr(value, name)
            if isinstance(each, Overflow):
                fields.update(each.fields)
            elif not (drop and _is_default(each, default)):
                fields[key] = each
        return fields

    def _other(self, value: object, link: Link) -> Any:
        if self.fallback is not None:
            return self.fallback(value)
        raise TypeError(
            f"{_place(link)}: cannot encode {_named(value)} as JSON; expected None, a boolean, "
            "number, string, list, dict, or an object with fields (struct, dataclass, model)"
        )


def _refuse(value: object) -> object:
    raise TypeError


def _is_default(value: object, default: object) -> bool:
    factory = getattr(default, "factory", None)
    return value is default or (factory is type(value) and not value)
