"""JSON schemas of models, as `Model.model_json_schema` gives them."""

from typing import Any

import msgspec

from .values import is_list, is_object

__all__ = ["json_schema"]


def json_schema(cls: Any, ref_template: str) -> dict[str, Any]:
    """Return the schema of a class; those of others are in `$defs`, by the names of their classes.

    Raises `ValueError` about a template without `{model}`.
    """
    if "{model}" not in ref_template:
        raise ValueError(f"ref_template: expected {{model}} in it, got {ref_template!r}")
    template = ref_template.replace("{model}", "{name}")
    (found,), components = msgspec.json.schema_components((cls,), ref_template=template)
    name = found.get("$ref", "").removeprefix(ref_template.partition("{model}")[0])
    schema: dict[str, Any] = components.get(name, found)
    referred = f'"{found.get("$ref")}"'.encode()
    if name in components and referred not in msgspec.json.encode([schema, components]):
        del components[name]
    _open(schema)
    for each in components.values():
        _open(each)
    return {**schema, "$defs": components} if components else schema


def _open(schema: Any) -> None:
    """Let objects have further fields, and do without those that may be null."""
    if not is_object(schema) or not is_object(schema.get("properties")):
        return
    schema.pop("additionalProperties", None)
    properties = schema["properties"]
    required = [each for each in schema.get("required", ()) if not _may_be_null(properties[each])]
    schema["required"] = required


def _may_be_null(schema: Any) -> bool:
    options = schema.get("anyOf") if is_object(schema) else None
    return is_list(options) and {"type": "null"} in options
