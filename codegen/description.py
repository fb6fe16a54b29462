"""Reads the description of the API: six files of facts, made into one set of schemas and methods.

What a schema is called here is its name in `openapi.json`. Schemas of `openapi-extra.json` and of
`drift.json` stand beside them under their own names; where a name is taken, the first stays.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

from .additions import added
from .naming import module_of
from .sockets import Socket, sockets

Schema = dict[str, Any]
"""A JSON schema as it was read: the one place where the shape of data is not known."""

Side = Literal["request", "response"]
SIDES: Final[tuple[Side, ...]] = ("request", "response")

OTHER_ANSWERS: Final[dict[str, tuple[str, str]]] = {
    "files.retrieve_content": ("files.content", "str"),
    "fine_tuning.checkpoints.permissions.retrieve": (
        "fine_tuning.checkpoints.permissions.list",
        "PermissionRetrieveResponse",
    ),
}
"""Aliases that answer something else than the method they stand beside: text for bytes, and the
page itself for a page that leads on."""

DEFAULT = Path(__file__).resolve().parent.parent.parent / "shared" / "spec"
SESSIONS_FILE = Path(__file__).with_name("sessions.json")
"""What the SDK alone has in sessions, in the form of `drift.json`; see `codegen.align`."""
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
    """As the description has it; `{parameters}` in braces, and a query behind it in some."""
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
    dynamic: tuple[tuple[str, str], ...]
    """Parameters that become header fields: (parameter, field name in lower case)."""
    aliases: tuple[str, ...]
    """Other client paths of the same method."""
    corrected: str | None = None
    """The path that is sent, where the description is wrong."""
    alias_of: str | None = None
    """The method whose endpoint it has, with another answer; see `OTHER_ANSWERS`."""

    @property
    def by_hand(self) -> bool:
        """Whether it takes what is not sent; then the helpers of its resource have the method."""
        return any(each.where == "local" for each in self.params)

    @property
    def area(self) -> str:
        """The module that it is written to."""
        return module_of(self.client)

    @property
    def sent(self) -> str:
        """The path of the request."""
        return self.corrected or self.path

    @property
    def only_streams(self) -> bool:
        """Whether it has no other answer than a stream of events."""
        return self.events is not None and all(each.name != "stream" for each in self.params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What the SDK knows and a schema lacks."""

    fields: Mapping[str, Mapping[str, Any]]
    values: Mapping[str, list[str]]
    members: list[Schema]
    optional: frozenset[str] = frozenset()
    """Fields of a request that the schema requires, and the SDK does not."""


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
    webhooks: Schema | None = None
    """The schema of what the API delivers to a webhook: all its events."""
    events_by_union: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])
    """The events of streams as `events.json` lists them, by its names for them."""
    helpers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Methods of the SDK that are not one request, and the names of their parameters."""
    sockets: tuple[Socket, ...] = ()
    """The sessions over a WebSocket."""

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
        """The schema of one event of the stream: its own, that of the same name, or the answer's."""
        found: Schema | None = self._content(method).get(STREAM, {}).get("schema")
        if found is None and method.events is not None:
            if method.events in self.schemas:
                return {"$ref": f"#/components/schemas/{method.events}"}
            return self.answer(method)
        return found

    def item(self, method: Method) -> Schema | None:
        """The schema of the items of a method's pages."""
        from .places import flat

        data = flat(self, self.answer(method) or {}).get("data", {})
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

    def encodings(self, method: Method) -> dict[str, str]:
        """The content types of parts of a multipart body, where the description gives them."""
        content = self._operation(method).get("requestBody", {}).get("content", {})
        found: Schema = content.get("multipart/form-data", {}).get("encoding", {})
        return {name: each["contentType"] for name, each in found.items()}

    def alone(self, method: Method) -> str | None:
        """The part of a multipart body that may be the whole body instead."""
        content = self._operation(method).get("requestBody", {}).get("content", {})
        parts = self.encodings(method).items()
        others = (name for name, kind in parts if kind in content and kind != "application/json")
        return next(others, None) if method.multipart else None

    def parameters(self, method: Method) -> dict[str, Schema]:
        """The schemas of a method's parameters, those in the body included."""
        from .places import flat

        found: dict[str, Schema] = {}
        for each in self._operation(method).get("parameters", ()):
            name: str = each["name"].removesuffix("[]")
            if each["in"] == "header":
                name = next((p for p, field in method.dynamic if field == name.lower()), name)
            found[name] = each["schema"]
        found |= flat(self, self.request(method) or {})
        return found | self.extra_parameters.get(method.client, {})


def load(folder: Path, *, sessions: bool = True) -> Description:
    """Read the description in `folder`, and what the SDK alone has in `sessions`."""
    main, extra, drift, methods, helpers, events = (
        json.loads((folder / f"{name}.json").read_text())
        for name in ("openapi", "openapi-extra", "drift", "methods", "helpers", "events")
    )
    schemas: dict[str, Schema] = {}
    for source in (main, extra, drift):
        for name, schema in source["components"]["schemas"].items():
            schemas.setdefault(name, schema)
    schemas |= added(schemas)
    paths = {
        (verb.upper(), path): operation
        for source in (main, extra)
        for path, item in source["paths"].items()
        for verb, operation in item.items()
        if verb in ("get", "post", "put", "patch", "delete", "head")
    }
    own = [_method(each) for each in methods]
    in_sessions: dict[Side, list[Any]] = json.loads(SESSIONS_FILE.read_text()) if sessions else {}
    return Description(
        methods=tuple(each for method in own for each in (method, *_others(method))),
        schemas=schemas,
        paths=paths,
        extra_parameters={
            row["client"]: {each["name"]: each["schema"] for each in row["parameters"]}
            for row in drift["parameters"]
        },
        drift={
            side: _drift(chain(*drift[f"{side}_models"].values()), in_sessions.get(side, ()))
            for side in SIDES
        },
        webhooks=_webhooks(main, extra),
        events_by_union=_events(events),
        helpers=tuple((each["client"], tuple(each["params"])) for each in helpers),
        sockets=tuple(sockets(main, extra, events["spec"])),
    )


def _webhooks(main: Schema, extra: Schema) -> Schema:
    """Every event of a webhook, in one union: the webhooks of one file, a union of the other."""
    bodies = (each["post"]["requestBody"]["content"] for each in main["webhooks"].values())
    found = [each["application/json"]["schema"] for each in bodies]
    further = extra["x-events"]["webhook_events"]["schema"]
    return {**further, "anyOf": [*found, *further["anyOf"]]}


def _events(sources: Schema) -> dict[str, list[str]]:
    """The events of each union, those that only one source has included.

    The key of the official SDK names its version: `sdk_3_57_0`.
    """
    found: dict[str, list[str]] = {}
    sdk: Schema = {}
    for key, unions in sources.items():
        if key.startswith("sdk_"):
            sdk = unions
    for name in (*sources["spec"], *sdk):
        rows = [*sources["spec"].get(name, ()), *sdk.get(name, ())]
        kinds = (row.get("type") or row["event"] for row in rows)
        found[name] = list(dict.fromkeys(kinds))
    return found


def _method(row: dict[str, Any]) -> Method:
    return Method(
        client=row["client"],
        verb=row["method"],
        path=row["path"],
        corrected=row.get("sdk_path"),
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
        headers=tuple((k.lower(), v) for k, v in row.get("static_headers", {}).items()),
        dynamic=_dynamic(row),
        aliases=tuple(row.get("aliases", ())),
    )


def _others(method: Method) -> Iterator[Method]:
    """The methods at the same endpoint that answer something else."""
    for alias, (client, answer) in OTHER_ANSWERS.items():
        if client == method.client:
            yield replace(
                method,
                client=alias,
                alias_of=client,
                aliases=(),
                answer=answer,
                page=None,
                binary=False,
                headers=tuple(each for each in method.headers if each[0] != "accept"),
            )


def _dynamic(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    names = [each["name"] for each in row["params"] if each["in"] == "header"]
    return tuple(zip(names, map(str.lower, row.get("dynamic_headers", ())), strict=True))


def _drift(
    rows: Iterable[dict[str, Any]], in_sessions: Iterable[dict[str, Any]]
) -> dict[str, list[Drift]]:
    found: dict[str, list[Drift]] = {}
    for row in rows:
        found.setdefault(row["spec"], []).append(_row(row))
    for row in in_sessions:  # of the same classes as the others, which are not compared again
        new = _row(row)
        known = found.setdefault(row["spec"], [new])
        known[:] = [
            replace(
                each,
                fields={**new.fields, **each.fields},
                values={**new.values, **each.values},
                optional=new.optional,
            )
            for each in known
        ]
    return found


def _row(row: dict[str, Any]) -> Drift:
    return Drift(
        fields=row.get("fields", {}),
        values=row.get("values", {}),
        members=row.get("members", []),
        optional=frozenset(row.get("optional", ())),
    )
