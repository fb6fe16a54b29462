"""JSON schemas of types: structs, dataclasses, typed dicts, attrs classes and pydantic models."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from ..json.constructed import ConstructionError, constructed, is_stand_in
from ..json.own_types import SchemaError, hidden_type
from .strict_schema import Schema, inlined, strict

__all__ = ["SchemaError", "check_type", "json_schema", "name_of"]


def json_schema(kind: Any, *, strict: bool = True) -> dict[str, Any]:
    """Return the JSON schema of a type, in the form that structured outputs take.

    `kind` is a msgspec Struct, a dataclass, a `TypedDict`, an attrs class, or a pydantic model or
    dataclass: the root of a structured output is an object. Docstrings of classes and descriptions
    (`Annotated[..., msgspec.Meta(description=...)]`, `pydantic.Field(description=...)`) are in the
    schema, for the model to read. A schema given as a mapping is returned as it is.

    In the strict form every object is closed and every property required, defaults or not; what is
    optional is a union with `None`. Constraints that the form does not know (the length of a
    string, say) are left out, and still checked when an answer is read. With `strict=False` the
    schema says all that the type says, and the server promises nothing.

    Raises `SchemaError` (a `TypeError`) for a type that is no object, or that has a part which the
    strict form cannot express: mappings with keys of any name, `Any`, tuples of several types.
    """
    if isinstance(kind, Mapping):
        given: dict[str, Any] = deepcopy(dict(kind))  # pyright: ignore[reportUnknownArgumentType]
        return given
    check_type(kind)
    name = name_of(kind)
    schema, definitions = _described(kind, name)
    root = inlined(schema, definitions)
    if root.get("type") != "object":
        raise SchemaError(
            f"{name}: the root of a structured output is an object, and this is "
            f"{_shape(root)}; make it the field of a class"
        )
    return _strict(root, definitions, name) if strict else _loose(root, definitions)


_strict = strict  # the name is a keyword of json_schema


def _loose(root: Schema, definitions: dict[str, Schema]) -> Schema:
    return {**deepcopy(root), "$defs": deepcopy(definitions)} if definitions else deepcopy(root)


def check_type(kind: Any) -> None:
    """Raise `SchemaError` about what is no type at all, an instance for example."""
    if not (isinstance(kind, type) or get_origin(kind)):
        hint = f" (an instance of {type(kind).__name__}; give the class)"
        raise SchemaError(f"expected a type, got {kind!r:.80}{hint}")


def name_of(kind: Any) -> str:
    """The name of a type as people write it: `Weather`, `Box[int]`, `Cat | Dog`."""
    origin = get_origin(kind)
    if origin is None:
        return getattr(kind, "__name__", None) or repr(kind)
    names = [name_of(each) for each in get_args(kind)]
    if origin in (Union, UnionType):
        return " | ".join(names)
    return names[0] if origin is Annotated else f"{name_of(origin)}[{', '.join(names)}]"


def _described(kind: Any, name: str) -> tuple[Schema, dict[str, Schema]]:
    """What the library that `kind` belongs to says about it: a schema, and definitions."""
    foreign = _pydantic(kind)
    if foreign is not None:
        definitions: dict[str, Schema] = foreign.pop("$defs", {})
        return foreign, definitions
    nested: dict[str, Schema] = {}
    try:
        kind = constructed(kind)
    except ConstructionError as error:
        raise SchemaError(f"{name}: {error}") from None

    def hook(inner: Any) -> Schema:
        schema = _pydantic(inner)
        if schema is None and is_stand_in(inner):
            schema = _stated(inner.arguments, hook)
        if schema is None:
            raise NotImplementedError  # what msgspec wants to hear of types that are not ours
        for each, definition in schema.pop("$defs", {}).items():
            if nested.setdefault(each, definition) != definition:
                raise SchemaError(f"{name}: two types have the name {each!r}")
        return schema

    try:
        if is_stand_in(kind):
            kind = kind.arguments
        (schema,), found = msgspec.json.schema_components([kind], schema_hook=hook)
    except NameError as error:
        raise SchemaError(f"{name}: an annotation cannot be resolved: {error}") from error
    except KeyError as error:  # its table of names, which has one module and name once
        raise SchemaError(f"{name}: two types have the name {_given(error)}") from error
    except SchemaError:
        raise
    except TypeError as error:
        reason = str(error).splitlines()[-1]
        if (hidden := hidden_type(error, name)) is not None:
            raise hidden from error
        raise SchemaError(f"{name}: no JSON schema can be made of it: {reason}") from error
    if both := nested.keys() & found.keys():
        raise SchemaError(f"{name}: two types have the name {min(both)!r}")
    return schema, {**found, **nested}


def _stated(arguments: Any, hook: Callable[[Any], Schema]) -> Schema:
    """The schema of what a constructor takes, in place, with the definitions of others."""
    schema = msgspec.json.schema(arguments, schema_hook=hook)
    definitions: dict[str, Schema] = schema.pop("$defs", {})
    named = schema.get("$ref", "").rpartition("/")[2]
    if named:
        schema = definitions.pop(named)
    return {**schema, "$defs": definitions} if definitions else schema


def _given(error: KeyError) -> str:
    return ", ".join(repr(name_of(each)) for each in error.args)


def _pydantic(kind: Any) -> Schema | None:
    """The schema of a pydantic model or dataclass; `None` for anything else."""
    if not hasattr(kind, "__pydantic_validator__"):
        return None
    if hasattr(kind, "model_json_schema"):
        schema: Schema = kind.model_json_schema()
        return schema
    # Imported already: the class is one of its. The library has no part of it by itself.
    adapter = import_module("pydantic").TypeAdapter(kind)
    made: Schema = adapter.json_schema()
    return made


def _shape(schema: Schema) -> str:
    if "anyOf" in schema or "oneOf" in schema:
        return "a union"
    if "enum" in schema or "const" in schema:
        return "an enumeration"
    kind = schema.get("type", "value of any kind")
    return f"an {kind}" if kind in ("array", "integer") else f"a {kind}"
