"""Dumps: an object as builtins or JSON text, with the keywords known from pydantic.

Documents have the names of the API. What a caller leaves out, or wants by the names of attributes,
is done on the document, with the object beside it, which knows these.
"""

from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from .encode import text
from .model_base import ModelBase
from .raw_values import Overflow
from .values import is_list, is_mapping, is_object

__all__ = ["IncEx", "attributes_of", "json_of", "pairs", "selected"]

IncEx: TypeAlias = Set[int] | Set[str] | Mapping[int, "IncEx | bool"] | Mapping[str, "IncEx | bool"]
"""What `include` and `exclude` take: names, indexes, `"__all__"`, and those of what is inside."""

_ALL: Final = "__all__"


def selected(
    value: object,
    document: Any,
    include: "IncEx | None" = None,
    exclude: "IncEx | None" = None,
    *,
    attributes: bool = False,
    exclude_none: bool = False,
) -> Any:
    """Return the parts of a document that are asked for.

    `value` is what the document was made of. `attributes` renames its keys to those of attributes.
    Raises `TypeError` about an `include` or `exclude` that is no set or mapping.
    """
    choices: dict[str, Any] = {"include": include, "exclude": exclude}
    for name, given in choices.items():
        if given is not None and not isinstance(given, Set | Mapping):
            raise TypeError(f"{name}: expected a set or mapping of names, got {given!r:.60}")
    return _Selection(attributes, exclude_none).of(value, document, include, exclude)


class _Selection:
    def __init__(self, attributes: bool, exclude_none: bool) -> None:
        self.attributes = attributes
        self.exclude_none = exclude_none

    def of(self, value: Any, document: Any, include: Any, exclude: Any) -> Any:
        if include is None and exclude is None and not (self.attributes or self.exclude_none):
            return document
        if is_object(document):
            return self._object(value, document, include, exclude)
        if not is_list(document):
            return document
        values: list[Any] = value if is_list(value) else document
        array: list[Any] = []
        for index, each in enumerate(document):
            places = (index, index - len(document))
            if _wanted(include, exclude, places):
                inner = _inside(include, places), _inside(exclude, places)
                array.append(self.of(values[index], each, *inner))
        return array

    def _object(self, value: Any, document: dict[str, Any], include: Any, exclude: Any) -> Any:
        names = _renamed(type(value)) if isinstance(value, ModelBase) else {}
        kept: dict[str, Any] = {}
        for key, each in document.items():
            name = names.get(key, key)
            if (each is None and self.exclude_none) or not _wanted(include, exclude, (name, key)):
                continue
            inner = _inside(include, (name, key)), _inside(exclude, (name, key))
            of: Any = value.get(key) if is_mapping(value) else getattr(value, name, None)
            kept[name if self.attributes else key] = self.of(of, each, *inner)
        return kept


@lru_cache(maxsize=1024)
def _renamed(cls: type[ModelBase]) -> dict[str, str]:
    """The attributes of the fields that have another name in JSON."""
    pairs = zip(cls.__struct_encode_fields__, cls.__struct_fields__, strict=True)
    return {key: name for key, name in pairs if key != name}


def pairs(model: ModelBase) -> Iterator[tuple[str, Any]]:
    """The fields of a model by their attributes, its tag and fields that have none included."""
    config = model.__struct_config__
    if config.tag_field is not None:
        yield config.tag_field, config.tag
    for name in model.__struct_fields__:
        value = getattr(model, name)
        if isinstance(value, Overflow):
            yield from value.fields.items()
        else:
            yield name, value


def attributes_of(model: ModelBase, document: Mapping[str, Any]) -> set[str]:
    """The names of the attributes that have what is in a document."""
    names = _renamed(type(model))
    return {names.get(key, key) for key in document}


def _wanted(include: Any, exclude: Any, places: tuple[Any, ...]) -> bool:
    if include is not None and not _said(include, places):
        return False
    return exclude is None or not any(_is_whole(each) for each in _said(exclude, places))


def _inside(chosen: Any, places: tuple[Any, ...]) -> Any:
    """What is chosen within a place; `None` for no more than the place itself."""
    found = [] if chosen is None else _said(chosen, places)
    if not found or any(_is_whole(each) for each in found):
        return None
    merged: dict[Any, Any] = {}
    for each in found:
        for key, inner in _items(each):
            known = merged.get(key)
            both = known is not None and not _is_whole(known) and not _is_whole(inner)
            merged[key] = dict([*_items(known), *_items(inner)]) if both else inner
    return merged


def _said(chosen: Any, places: tuple[Any, ...]) -> list[Any]:
    """What is chosen about one place, by its names and by `__all__`."""
    items = dict(_items(chosen))
    found = [items[each] for each in dict.fromkeys((*places, _ALL)) if each in items]
    return [each for each in found if each is not False]


def _items(chosen: Any) -> list[tuple[Any, Any]]:
    if is_mapping(chosen):
        return list(chosen.items())
    return [(each, True) for each in cast("Set[Any]", chosen)]


def _is_whole(chosen: object) -> bool:
    return chosen is True or chosen is Ellipsis


def json_of(document: object, indent: int | None = None, *, ensure_ascii: bool = False) -> str:
    """Return the JSON of builtins, compact or indented, as ASCII if asked for."""
    found = text(document, indent)
    if not ensure_ascii or found.isascii():
        return found
    return "".join(each if each.isascii() else _escaped(each) for each in found)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
