"""Reads the description of the API: five files of facts, made into one set of schemas and methods.

What a schema is called here is its name in `openapi.json`. Schemas of `openapi-extra.json` and of
`drift.json` stand beside them under their own names; where a name is taken, the first stays.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from .naming import module_of

Schema = dict[str, Any]
"""A JSON schema as it was read: the one place where the shape of data is not known."""

Side = Literal["request", "response"]

DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "spec"
STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """A parameter of a method, and where it goes."""

    name: str
    where: str
    """`path`, `query`, `body`, `header`, or `local`, which is not sent."""
    required: bool
    positional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the client: one endpoint."""

    client: str
    verb: str
    path: str
    operation: str
    params: tuple[Param, ...]
    answer: str | None
    """The SDK's name for what it answers; `None` for nothing."""
    events: str | None
    """The SDK's name for what it streams, where it can."""
    page: str | None
    in_spec: bool
    multipart: bool
    binary: bool
    deprecated: bool
    admin: bool
    files: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    dynamic: tuple[str, ...]
    """Header fields that are made of parameters."""
    aliases: tuple[str, ...]

    @property
    def area(self) -> str:
        """The module that it is written to."""
        return module_of(self.client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What the SDK knows and a schema lacks."""

    fields: Mapping[str, Mapping[str, Any]]
    values: Mapping[str, list[str]]
    members: list[Schema]


@dataclass(frozen=True, kw_only=True)
class Description:
    """The whole API."""

    methods: tuple[Method, ...]
    schemas: dict[str, Schema]
    paths: dict[tuple[str, str], Schema]
    """Operations by verb and path."""
    extra_parameters: dict[str, dict[str, Schema]]
    """Parameters that only the SDK has, by method."""
    drift: dict[Side, dict[str, list[Drift]]]

    @cached_property
    def by_client(self) -> dict[str, Method]:
        return {method.client: method for method in self.methods}

    def _operation(self, method: Method) -> Schema:
        return self.paths[method.verb, method.path]

    def _content(self, method: Method) -> dict[str, Schema]:
        for status, response in self._operation(method).get("responses", {}).items():
            if status.startswith("2"):
                found: dict[str, Schema] = response.get("content", {})
                return found
        return {}

    def answer(self, method: Method) -> Schema | None:
        """The schema of what a method answers, if that is JSON."""
        found: Schema | None = self._content(method).get("application/json", {}).get("schema")
        return found

    def events(self, method: Method) -> Schema | None:
        """The schema of one event of the stream; a method that names none shares another's."""
        found: Schema | None = self._content(method).get(STREAM, {}).get("schema")
        if found is None and method.events is not None:
            for other in self.methods:
                if other.events == method.events and STREAM in self._content(other):
                    return self.events(other)
        return found

    def item(self, method: Method) -> Schema | None:
        """The schema of the items of a method's pages."""
        from .places import flat

        page = self.answer(method)
        if page is None or "x-paginated" in self._operation(method):
            return page
        data = flat(self, page).get("data", {})
        found: Schema | None = data.get("items")
        return found

    def request(self, method: Method) -> Schema | None:
        """The schema of a method's body."""
        content = self._operation(method).get("requestBody", {}).get("content", {})
        kinds = ("multipart/form-data", "application/json")
        for kind in kinds if method.multipart else reversed(kinds):
            if kind in content:
                found: Schema = content[kind]["schema"]
                return found
        return None

    def parameters(self, method: Method) -> dict[str, Schema]:
        """The schemas of a method's parameters, those in the body included."""
        from .places import flat

        found: dict[str, Schema] = {}
        for each in self._operation(method).get("parameters", ()):
            found[each["name"].removesuffix("[]")] = each["schema"]
        found |= flat(self, self.request(method) or {})
        return found | self.extra_parameters.get(method.client, {})


def load(folder: Path) -> Description:
    """Read the description in `folder`."""
    main, extra, drift, methods = (
        json.loads((folder / f"{name}.json").read_text())
        for name in ("openapi", "openapi-extra", "drift", "methods")
    )
    schemas: dict[str, Schema] = {}
    for source in (main, extra, drift):
        for name, schema in source["components"]["schemas"].items():
            schemas.setdefault(name, schema)
    paths = {
        (verb.upper(), path): operation
        for source in (main, extra)
        for path, item in source["paths"].items()
        for verb, operation in item.items()
        if verb in ("get", "post", "put", "patch", "delete", "head")
    }
    return Description(
        methods=tuple(_method(each) for each in methods),
        schemas=schemas,
        paths=paths,
        extra_parameters={
            row["client"]: {each["name"]: each["schema"] for each in row["parameters"]}
            for row in drift["parameters"]
        },
        drift={
            "request": _drift(drift["request_models"]),
            "response": _drift(drift["response_models"]),
        },
    )


def _method(row: dict[str, Any]) -> Method:
    return Method(
        client=row["client"],
        verb=row["method"],
        path=row["path"],
        operation=row.get("operationId") or row["client"],
        params=tuple(
            Param(
                name=each["name"],
                where=each["in"],
                required=each["required"],
                positional=each["kind"] == "positional",
            )
            for each in row["params"]
        ),
        answer=row["response_type"],
        events=row.get("stream_event_type") if row["streaming"] else None,
        page=row["paginated"],
        in_spec=row["in_spec"],
        multipart=row["multipart"],
        binary=row["binary_response"],
        deprecated=row["deprecated"],
        admin=row["auth"] == "admin_api_key_auth",
        files=tuple(row.get("file_params", ())),
        headers=tuple(row.get("static_headers", {}).items()),
        dynamic=tuple(row.get("dynamic_headers", ())),
        aliases=tuple(row.get("aliases", ())),
    )


def _drift(resources: dict[str, list[dict[str, Any]]]) -> dict[str, list[Drift]]:
    found: dict[str, list[Drift]] = {}
    for rows in resources.values():
        for row in rows:
            drift = Drift(
                fields=row.get("fields", {}),
                values=row.get("values", {}),
                members=row.get("members", []),
            )
            found.setdefault(row["spec"], []).append(drift)
    return found
