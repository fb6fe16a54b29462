"""Reads what the official SDK says of sessions: names of classes, and fields that the schemas lack."""

from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

from .aligner import (
    Aligner,
    Pair,
    fields,
    hints_of,
    literals,
    members,
    method_of,
    needed,
    path_of,
)
from .description import Description, Schema, Side
from .places import REF, consts, flat, properties, required
from .tables import ByPlace
from .unions import PREFERRED

_KINDS: Final = {str: "string", int: "integer", float: "number", bool: "boolean"}
_LISTS: Final = frozenset({"list", "Iterable", "Sequence", "SequenceNotStr"})

Rows = dict[Side, list[dict[str, Any]]]
"""In the form of `drift.json`."""


def read_sessions(description: Description, client: Any) -> tuple[dict[Side, ByPlace], Rows]:
    """Return the classes by place, and what these have besides.

    `client` is one of the SDK's. Of schemas that say their class, only other classes are told.
    """
    walk = _SessionAligner(description)
    for socket in description.sockets:
        manager = hints_of(method_of(client, socket.client))["return"]
        connection = hints_of(manager.__enter__)["return"]
        heard, said = hints_of(connection.recv)["return"], hints_of(connection.send)["event"]
        walk.pair("response", f"{socket.client}:server", socket.events["server"], heard)
        at, schema = f"{socket.client}:client", socket.events["client"]
        walk.pair("response", at, schema, _having("model_fields", said))
        walk.pair("request", at, schema, dicts := _having("__required_keys__", said))
        for kind in members(dicts):
            if not walk.has("request", kind):  # an event that has a class already, in other words
                walk.pair("request", at, schema, kind)
    own = {name: [each.get("x-sdk")] for name, each in description.schemas.items()}
    names: dict[Side, ByPlace] = {
        side: {place: found for place, found in places.items() if found != own.get(place)}
        for side, places in walk.found.items()
    }
    return names, {side: [*rows.values()] for side, rows in walk.rows.items()}


def _having(attribute: str, hint: Any) -> Any:
    """The members of a union that are classes with an attribute: models, or typed dicts."""
    found: Any = None
    for each in members(hint):
        if hasattr(each, attribute):
            found = each if found is None else found | each
    return found


class _SessionAligner(Aligner):
    """Notes a class that stands for several members of a union at the union, and what is lacking."""

    def __init__(self, description: Description) -> None:
        super().__init__(description)
        self.rows: dict[Side, dict[str, dict[str, Any]]] = {"request": {}, "response": {}}

    def has(self, side: Side, kind: type) -> bool:
        """Whether a class stands anywhere."""
        return any(path_of(kind) in classes for classes in self.found[side].values())

    def _objects(self, side: Side, place: str, pairs: list[Pair]) -> None:
        for kind in dict.fromkeys(kind for _, _, kind in pairs):
            own = [(at, option) for at, option, each in pairs if each is kind]
            have = [flat(self.description, option).keys() for _, option in own]
            for at, option in own:
                self.note(side, at if len(own) == 1 else place, path_of(kind))
                self.below(side, at, option, kind)
                for name, hint in fields(kind).items():
                    if not any(name in each for each in have):
                        self._field(side, at, kind, name, hint)
                if len(own) == 1:
                    self._values(side, at, option, kind)
                    self._optional(side, at, option, kind)

    def _row(self, side: Side, place: str, kind: type) -> dict[str, Any]:
        new: dict[str, Any] = {"spec": place, "sdk": [], "fields": {}, "values": {}, "optional": []}
        row = self.rows[side].setdefault(place, new)
        if path_of(kind) not in row["sdk"]:
            row["sdk"].append(path_of(kind))
        return row

    def _field(self, side: Side, place: str, kind: type, name: str, hint: Any) -> None:
        if any(name in row.fields for row in self.description.drift[side].get(place, ())):
            return
        schema = self._schema(hint)
        found = {"required": name in needed(kind), "schema": schema}
        self._row(side, place, kind)["fields"].setdefault(name, found)

    def _values(self, side: Side, place: str, schema: Schema, kind: type) -> None:
        hints = fields(kind)
        for name, (_, each) in properties(self.description, place, schema).items():
            known = consts(self.description, each)
            theirs = literals(hints[name]) if name in hints else None
            if known and theirs and name not in PREFERRED:
                rows = self.description.drift[side].get(place, ())
                more = (
                    theirs - known - {value for row in rows for value in row.values.get(name, ())}
                )
                if more:
                    self._row(side, place, kind)["values"][name] = sorted(map(str, more))

    def _optional(self, side: Side, place: str, schema: Schema, kind: type) -> None:
        """What a request has to have by the schema, and by the SDK need not."""
        more = required(self.description, schema) - needed(kind)
        if side == "request" and more:
            row = self._row(side, place, kind)
            row["optional"] = sorted({*row["optional"], *more})

    def _schema(self, hint: Any) -> Schema:
        """What a hint says, as a schema."""
        found = [*self._members(hint)]
        found += [{"type": "null"}] if type(None) in get_args(hint) else []
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _members(self, hint: Any) -> Iterator[Schema]:
        values: list[Any] = []
        for kind in members(hint):
            origin = getattr(get_origin(kind), "__name__", "")
            if kind in _KINDS:
                yield {"type": _KINDS[kind]}
            elif origin in _LISTS:
                yield {"type": "array", "items": self._schema(get_args(kind)[0])}
            elif origin == "dict":
                yield {
                    "type": "object",
                    "additionalProperties": self._schema(get_args(kind)[1]),
                }
            elif literals(kind):
                values += get_args(kind)
            elif isinstance(kind, type) and fields(kind):
                yield self._class(kind)
            else:
                yield {}
        if values:
            yield {"type": "string", "enum": values}

    def _class(self, kind: type) -> Schema:
        """A reference, where there is a schema of the class, else all of it."""
        for name, schema in self.description.schemas.items():
            if schema.get("x-sdk") == path_of(kind):
                return {"$ref": f"{REF}{name}"}
        return {
            "type": "object",
            "properties": {name: self._schema(each) for name, each in fields(kind).items()},
            "required": sorted(needed(kind)),
        }
