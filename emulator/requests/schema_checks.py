"""Checks of the JSON schemas of functions and formats: what the API refuses in them."""

from collections.abc import Iterator
from typing import Final

from ..http.errors import ApiError
from ..http.json_documents import Object, is_array, is_object, member

_FORBIDDEN: Final = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"),
    *("patternProperties", "propertyNames", "unevaluatedProperties", "minProperties"),
    *("maxProperties", "unevaluatedItems", "contains", "minContains", "maxContains", "uniqueItems"),
)
"""What a strict schema may not have."""
_TYPED: Final = ("type", "$ref", "anyOf", "enum", "const")
_MOST: Final = 10_000
"""How many parts of a schema are looked at."""


def function_fault(schema: object, *, strict: bool) -> str | None:
    """Return what is wrong with the parameters of a function; `None` when nothing is."""
    if schema is None or schema == {}:
        return None
    if not is_object(schema):
        return f"{schema!r} is not of type 'object'."
    if (kind := schema.get("type")) != "object":
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    if strict:
        return strict_fault(schema)
    if "properties" not in schema and "additionalProperties" not in schema:
        return "In context=(), object schema missing properties."
    for part, context in _parts(schema):
        if part.get("type") == "array" and not ("items" in part or "prefixItems" in part):
            return f"In context={context!r}, array schema missing items."
    return None


def strict_fault(schema: object) -> str | None:
    """Return what keeps a schema from being a strict one; `None` when nothing does."""
    if member(schema, "type") != "object":
        kind = member(schema, "type")
        return f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    for part, context in _parts(schema):
        if fault := _strict_fault(part):
            return f"In context={context!r}, {fault}"
    return None


def _strict_fault(part: Object) -> str | None:
    for name in _FORBIDDEN:
        if name in part:
            return f"'{name}' is not permitted."
    if not any(name in part for name in _TYPED):
        return "schema must have a 'type' key."
    kind = part.get("type")
    kinds = kind if is_array(kind) else [kind]
    if "array" in kinds and "items" not in part:
        return "array schema missing items."
    if "object" not in kinds:
        return None
    if part.get("additionalProperties") is not False:
        return "'additionalProperties' is required to be supplied and to be false."
    given = part.get("properties")
    properties = given if is_object(given) else {}
    named = part.get("required")
    required = {str(name) for name in named} if is_array(named) else set[str]()
    rule = (
        "'required' is required to be supplied and to be an array including every key in properties"
    )
    for name in properties:
        if name not in required:
            return f"{rule}. Missing '{name}'."
    for name in sorted(required - set(properties)):
        return f"{rule}. Extra required key '{name}' supplied."
    return None


def _parts(root: object) -> Iterator[tuple[Object, tuple[str, ...]]]:
    """Go through a schema and all schemas in it, each with the way to it; the outer ones first."""
    waiting: list[tuple[object, tuple[str, ...]]] = [(root, ())]
    for _ in range(_MOST):
        if not waiting:
            return
        part, context = waiting.pop()
        if not is_object(part):
            continue
        yield part, context
        inner: list[tuple[object, tuple[str, ...]]] = []
        for name in ("properties", "$defs", "definitions"):
            group = part.get(name)
            for key, each in group.items() if is_object(group) else ():
                inner.append((each, (*context, name, key)))
        if "items" in part:
            inner.append((part["items"], (*context, "items")))
        for name in ("anyOf", "prefixItems"):
            group = part.get(name)
            for at, each in enumerate(group if is_array(group) else ()):
                inner.append((each, (*context, name, str(at))))
        waiting += reversed(inner)


def check_function(name: object, schema: object, where: str, *, strict: bool) -> None:
    """Raise the API's refusal of the parameters of a function."""
    if fault := function_fault(schema, strict=strict):
        message = f"Invalid schema for function '{name}': {fault}"
        raise ApiError(400, message, param=where, code="invalid_function_parameters")


def check_format(name: object, schema: object, where: str, code: str | None) -> None:
    """Raise the API's refusal of the schema of a strict format."""
    if fault := strict_fault(schema):
        message = f"Invalid schema for response_format '{name}': {fault}"
        raise ApiError(400, message, param=where, code=code)
