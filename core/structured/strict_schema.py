"""JSON schemas in the form that strict structured outputs take.

The server takes a part of JSON Schema there: the root is an object, every object is closed
(`additionalProperties: false`) and every property required, choices are `anyOf`, and only the
keywords in the tables below are known; others are refused with a 400. What a schema says beyond
that is left out, and stays the business of whoever reads the answer; what cannot be said without it
is an error.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from ..json.own_types import SchemaError
from ..json.values import type_of

__all__ = ["Schema", "inlined", "strict"]

Schema = dict[str, Any]
"""A JSON schema, as builtins."""

_STRING: Final = ("pattern", "format")
_NUMBER: Final = ("multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_ARRAY: Final = ("minItems", "maxItems")
_KEYWORDS: Final[dict[str, tuple[str, ...]]] = {
    "string": _STRING,
    "number": _NUMBER,
    "integer": _NUMBER,
    "array": _ARRAY,
    "object": (),
    "boolean": (),
    "null": (),
}
"""What may stand beside a type, by type."""

_FORMATS: Final = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
)
_LOOKAROUND: Final = re.compile(r"\(\?(=|!|<=|<!)").search
"""In patterns, which the server does not take."""

_TYPES: Final[dict[type[object], str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
_REF: Final = "#/$defs/"


def inlined(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return the schema that a root stands for, where it is a reference."""
    seen: set[str] = set()
    while (ref := schema.get("$ref")) is not None:
        name = _target(ref)
        if name in seen or name not in definitions:
            break
        seen.add(name)
        schema = {**definitions[name], **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def strict(schema: Schema, definitions: Mapping[str, Schema], name: str) -> Schema:
    """Return `schema` in strict form, with those of `definitions` that it refers to in `$defs`.

    `name` is what errors call the root. Raises `SchemaError` for what the form has no place for.
    """
    return _Strict(definitions).document(inlined(schema, definitions), name)


class _Strict:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.definitions = definitions
        self.used: dict[str, None] = {}
        """Names of definitions referred to, in the order of their first mention."""
        self.within: list[str] = []
        """Definitions that are being written in place."""

    def document(self, schema: Schema, name: str) -> Schema:
        document = self.node(schema, name, name)
        defs: Schema = {}
        while missing := [each for each in self.used if each not in defs]:
            for each in missing:
                defs[each] = self.node(self.definitions[each], each, each)
        if defs:
            document["$defs"] = defs
        return document

    def node(self, schema: object, where: str, name: str = "") -> Schema:
        """Write one schema; `where` is its place for people, `name` the key or class it is of."""
        if not isinstance(schema, dict):
            raise SchemaError(f"{where}: any value; a strict schema has a type everywhere")
        known: Schema = dict(schema)  # pyright: ignore[reportUnknownArgumentType]  # JSON has str keys
        if "$ref" in known:
            return self._reference(known, where, name)
        if "allOf" in known:
            return self._both(known, where, name)
        made = self._annotations(known, name)
        choices = known.get("anyOf") or known.get("oneOf")
        if choices:
            made["anyOf"] = [
                self.node(each, f"{where}|{number}") for number, each in enumerate(choices)
            ]
            return made
        if "const" in known:
            known = {**known, "enum": [known["const"]]}
        if "enum" in known:
            return {**made, **_enumeration(known["enum"], where)}
        kinds = known.get("type")
        if kinds is None:
            raise SchemaError(f"{where}: any value; a strict schema has a type everywhere")
        made["type"] = kinds
        for kind in _all(kinds):
            made |= {key: known[key] for key in _KEYWORDS.get(kind, ()) if key in known}
            if kind == "object":
                made |= self._object(known, where)
            elif kind == "array":
                made |= self._array(known, where)
        return _clean(made)

    def _annotations(self, schema: Schema, name: str) -> Schema:
        made: Schema = {}
        if (title := schema.get("title")) and _letters(title) != _letters(name):
            made["title"] = title  # the others are made of the name, and say nothing new
        if description := schema.get("description"):
            made["description"] = description
        return made

    def _reference(self, schema: Schema, where: str, name: str) -> Schema:
        target = _target(schema["$ref"])
        if target not in self.definitions:
            raise SchemaError(f"{where}: a reference to {schema['$ref']!r}, which is nowhere")
        notes = self._annotations(schema, name)
        if not notes or target in self.within:  # the latter would never end
            self.used[target] = None
            return {"$ref": _REF + target}
        # Nothing may stand beside a reference: what is referred to is written in its place.
        self.within.append(target)
        made = self.node(self.definitions[target], where, target)
        self.within.pop()
        return {**made, **notes}

    def _both(self, schema: Schema, where: str, name: str) -> Schema:
        """Write `allOf` of one, which is how a description is put beside something else."""
        (first, *others) = schema["allOf"]
        if others:
            raise SchemaError(f"{where}: several schemas at once (allOf)")
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        return self.node({**first, **rest}, where, name)

    def _object(self, schema: Schema, where: str) -> Schema:
        properties: Schema = schema.get("properties") or {}
        others = schema.get("additionalProperties")
        if (others or "patternProperties" in schema) and not properties:
            raise SchemaError(
                f"{where}: an object with keys of any name; a strict schema names every key "
                "(use a list of objects with a key and a value, or strict=False)"
            )
        if "properties" not in schema and others is not False:
            raise SchemaError(f"{where}: any object; a strict schema names every key")
        return {
            "properties": {
                key: self.node(each, f"{where}.{key}", key) for key, each in properties.items()
            },
            "required": list(properties),
            "additionalProperties": False,
        }

    def _array(self, schema: Schema, where: str) -> Schema:
        places: list[object] | None = schema.get("prefixItems")
        if places:
            first, *others = places
            if any(each != first for each in others) or schema.get("items"):
                raise SchemaError(
                    f"{where}: an array with a type for each place; a strict schema has one type "
                    "for all items (use a class with named fields)"
                )
            bounds = {"minItems": len(places), "maxItems": len(places)}
            return {"items": self.node(first, f"{where}[]"), **bounds}
        return {"items": self.node(schema.get("items"), f"{where}[]")}


def _target(ref: object) -> str:
    """The name of the definition that a reference means, `~1` and `~0` undone (RFC 6901)."""
    text = str(ref)
    if not text.startswith(_REF):
        raise SchemaError(f"a reference to {text!r}: only those to $defs can be sent")
    return text.removeprefix(_REF).replace("~1", "/").replace("~0", "~")


def _enumeration(values: list[Any], where: str) -> Schema:
    kinds = list(dict.fromkeys(_TYPES.get(type_of(each), "") for each in values))
    if "" in kinds:
        raise SchemaError(f"{where}: an enumeration of other values than strings and numbers")
    return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values}


def _clean(schema: Schema) -> Schema:
    """Take away what the server does not take of the keywords it knows."""
    if schema.get("format", "email") not in _FORMATS:
        del schema["format"]
    if _LOOKAROUND(schema.get("pattern", "")):
        del schema["pattern"]
    return schema


def _all(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
