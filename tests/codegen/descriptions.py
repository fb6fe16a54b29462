"""Small descriptions of an API, made by hand."""

from typing import Any

from codegen.description import Description, Drift, Method, Param, Schema

REF = "#/components/schemas/"


def ref(name: str) -> Schema:
    return {"$ref": REF + name}


def obj(required: str = "", /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


def const(value: str) -> Schema:
    return {"type": "string", "enum": [value]}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
NULL: Schema = {"type": "null"}


def drift(
    *,
    fields: dict[str, Any] | None = None,
    values: dict[str, list[str]] | None = None,
    members: list[Schema] | None = None,
    optional: str = "",
) -> Drift:
    return Drift(
        fields=fields or {},
        values=values or {},
        members=members or [],
        optional=frozenset(optional.split()),
    )


def method(client: str, verb: str, path: str, *params: Param, **more: Any) -> Method:
    defaults: dict[str, Any] = {
        "operation": client.replace(".", "_"),
        "answer": None,
        "events": None,
        "page": None,
        "in_spec": True,
        "multipart": False,
        "binary": False,
        "deprecated": False,
        "admin": False,
        "files": (),
        "headers": (),
        "dynamic": (),
        "aliases": (),
    }
    return Method(client=client, verb=verb, path=path, params=params, **{**defaults, **more})


def param(name: str, where: str = "body", *, required: bool = False) -> Param:
    return Param(name=name, where=where, required=required, positional=where == "path")


def answering(schema: Schema, *, request: Schema | None = None) -> Schema:
    """An operation of an OpenAPI document."""
    found: Schema = {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}
    if request is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": request}}}
    return found


def describe(
    schemas: dict[str, Schema],
    *methods: Method,
    paths: dict[tuple[str, str], Schema] | None = None,
    response_drift: dict[str, list[Drift]] | None = None,
    request_drift: dict[str, list[Drift]] | None = None,
) -> Description:
    return Description(
        methods=methods,
        schemas=schemas,
        paths=paths or {},
        extra_parameters={},
        drift={"request": request_drift or {}, "response": response_drift or {}},
    )
