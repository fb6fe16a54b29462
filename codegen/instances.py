"""Writes `tests/facts/answers.json`: JSON documents made from the schemas, and the type of each.

They are made from the description alone, not from what the generator made of it, so that a test can
hold the one against the other: every document has to decode into its type and be the same again.

For each schema that answers are made of, and for each answer and stream, there is a line: a document
with what has to be there, and then as many with all fields as it takes to have had every member of
every union in it. Other schemas within a document have only what has to be there; they have lines of
their own. So the whole grows with the description and not with the ways through it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .description import Description, Method, Schema
from .naming import subclass
from .nodes import Ref
from .places import (
    Property,
    branches,
    consts,
    inner,
    is_null,
    options,
    properties,
    ref_of,
    required,
)
from .plan import Types
from .resolve import known
from .sockets import SPEAKERS
from .tables import ALONE, CHOICES, WITHOUT_DRIFT, seen
from .unions import PREFERRED

DEPTH: Final = 12
"""How deep schemas that have to be there may be within each other; circles end long before."""

MOST: Final = 100
"""Documents for one schema; no union has more members."""

Json = Any
"""A JSON value."""


@dataclass(frozen=True)
class Line:
    """The documents of one type."""

    type: str
    """As the codec takes it, `chat:ChatCompletion`; with several, divided by `|`, one of them."""
    of: str
    """The schema, or the method and what of it."""
    documents: list[Json]
    page: str | None = None
    """The kind of page that the documents are; `type` is that of its items then."""


def text(description: Description, models: Types) -> str:
    """Return the lines as JSON, one in each line of the file."""
    rows = [
        json.dumps(
            {"type": each.type, "of": each.of}
            | ({"page": each.page} if each.page else {})
            | {"documents": each.documents},
            separators=(",", ":"),
        )
        for each in lines(description, models)
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def lines(description: Description, models: Types) -> Iterator[Line]:
    """Return the documents of everything that is answered."""
    refs = {name: _ref(models, Ref(name)) for name in description.schemas}
    maker = Maker(description, {name for name, ref in refs.items() if ref is not None})
    for method, end, schema in roots(description):
        at = f"{method.operation}:{end.partition('/')[0]}"
        root = f"{method.client}:{end}"
        made = _ref(models, models.roots[root])
        page = method.page if end == "answer" else None
        name = ref_of(schema)
        if page is None and name is not None and refs.get(maker.meet(name)) == made:
            continue  # the line of that schema is about this as well
        if made is not None:
            yield Line(made, root, maker.documents(at, schema), page)
    if description.webhooks is not None:
        made = _ref(models, models.roots.get("webhooks.unwrap:events"))
        if made is not None:
            documents = maker.documents("webhooks.unwrap", description.webhooks)
            yield Line(made, "webhooks", documents)
    for socket in description.sockets:
        for speaker in SPEAKERS:
            at = f"{socket.client}:{speaker}"
            made = _ref(models, models.roots.get(at))
            if made is not None:
                yield Line(made, at, maker.documents(at, socket.events[speaker]))
    for name in ALONE:
        if f"{name}:alone" in models.roots:
            maker.meet(name)
    for name in maker.met():
        ref = refs[name]
        if ref is not None:
            yield Line(ref, name, maker.documents(name, description.schemas[name]))


def roots(description: Description) -> Iterator[tuple[Method, str, Schema]]:
    """Every answer and stream of every method that is JSON, whole pages included."""
    for method in description.methods:
        if method.client in CHOICES:
            for each in CHOICES[method.client][1]:
                end = "events" if each.kind == "events" else "answer"
                end += f"/{each.suffix}" if each.kind == "json" and each.suffix else ""
                if each.schema:
                    yield method, end, description.schemas[each.schema]
        elif method.answer is not None and not (method.binary or method.only_streams):
            answer = description.answer(method)
            if answer is not None and method.answer != "str":
                yield method, "answer", answer
        events = description.events(method)
        if events is not None and method.events is not None:
            yield method, "events", events


@dataclass
class _Choices:
    """Which members of the unions within one schema have had their turn."""

    taken: dict[str, int] = field(default_factory=dict[str, int])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def next(self, place: str, count: int) -> int:
        """The number of the member whose turn it is at a place."""
        index = self.taken.get(place, 0)
        self.taken[place] = index + 1
        self.counts[place] = count
        return index % count

    def all_had(self) -> bool:
        return all(self.taken[place] >= count for place, count in self.counts.items())


class Maker:
    """Makes documents of schemas, and notes the schemas on the way."""

    def __init__(self, description: Description, apart: set[str]) -> None:
        self._description = description
        self._apart = apart
        """The schemas that have a type of their own."""
        self._drift = description.drift.get("response", {})
        self._known = known(description, "response")
        self._met: dict[str, None] = {}
        self._nulls = False

    def documents(self, place: str, schema: Schema) -> list[Json]:
        """What has to be there; and all there is, until each member of each union was in it.

        In the first, everything that may be null is.
        """
        self._nulls = True
        found = [self._make(place, schema, None, 0)]
        self._nulls = False
        choices = _Choices()
        for _ in range(MOST):
            document = self._make(place, schema, choices, 0)
            if document not in found:
                found.append(document)
            if choices.all_had():
                break
        return found

    def met(self) -> Iterator[str]:
        """The names of the schemas met, those met while this goes on included."""
        done: set[str] = set()
        while waiting := [name for name in self._met if name not in done]:
            for name in waiting:
                done.add(name)
                yield name

    def _make(self, place: str, schema: Schema, choices: _Choices | None, depth: int) -> Json:
        """Make a value; with `choices` all of it, else what has to be there."""
        name = ref_of(schema)
        if schema.get("$recursiveRef") == "#":
            name = place.partition(".")[0]
        if name is not None:
            name = self.meet(name)
            if depth and name in self._apart:
                choices = None  # it has a line of its own
            return self._make(name, self._description.schemas[name], choices, depth + 1)
        tells = place.rpartition(".")[2] in PREFERRED
        if self._nulls and depth > 1 and _may_be_null(schema) and not (tells and self._tag(schema)):
            return None
        members = self._members(place, schema)
        if members:
            return self._member(place, members, choices, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            members_of_enum = [value for value in schema["enum"] if value is not None]
            turn = choices.next(place, len(members_of_enum)) if choices and tells else 0
            return members_of_enum[turn]
        kind = _kind(schema)
        found = properties(self._description, place, schema)
        if found:
            return self._object(place, found, required(self._description, schema), choices, depth)
        if kind == "array" or "items" in schema:
            return self._array(f"{place}[]", schema.get("items", {}), choices, depth)
        if kind == "object":
            values: Schema | bool | None = schema.get("additionalProperties")
            item: Schema = {} if values is None or isinstance(values, bool) else values
            return {"key": self._make(f"{place}{{}}", item, choices, depth)} if choices else {}
        return _SCALARS.get(kind, ["anything", 1])

    def meet(self, name: str) -> str:
        """Note a schema by its name; one of the SDK's is that of the description, if that has it."""
        name = self._known.get(name, name)
        self._met[name] = None
        return name

    def _members(self, place: str, schema: Schema) -> list[Property]:
        """The members of a union, null left out: its own, or those of a part of `allOf`."""
        found = branches(place, schema)
        if found is not None and "properties" not in schema:
            rows = [] if place in WITHOUT_DRIFT else self._drift.get(place, [])
            found += [(place, each) for row in rows for each in row.members]
            return [each for each in found if not is_null(each[1])]
        parts: list[Schema] = schema.get("allOf", [])
        for index, part in enumerate(parts):
            of_part = branches(place, self._followed(part))
            others = parts[:index] + parts[index + 1 :]
            if of_part and properties(self._description, place, {"allOf": others}):
                return [
                    (f"{place}|{at}", {"allOf": [each, *others]})
                    for at, (_, each) in enumerate(of_part)
                    if not is_null(each)
                ]
        return []

    def _followed(self, schema: Schema) -> Schema:
        name = ref_of(schema)
        return schema if name is None else self._followed(self._description.schemas[name])

    def _member(
        self, place: str, members: list[Property], choices: _Choices | None, depth: int
    ) -> Json:
        index = choices.next(f"{place}|", len(members)) if choices and members[1:] else 0
        return self._make(*members[index], choices, depth)

    def _array(self, place: str, item: Schema, choices: _Choices | None, depth: int) -> Json:
        """A list: nothing, or one of each kind that its items may have."""
        if choices is None or depth > DEPTH:
            return []
        found = options(self._description, place, item)
        kinds = [(at, each) for at, each in found if not is_null(each)]
        if len(kinds) < 2:
            return [self._make(place, item, choices, depth)]
        for name in (*_names(item), *(at for at, _ in kinds)):
            if name in self._description.schemas:
                self.meet(name)
        return [
            self._make(at, each, None if at in self._apart else choices, depth + 1)
            for at, each in kinds
        ]

    def _object(
        self,
        place: str,
        found: Mapping[str, Property],
        needed: set[str],
        choices: _Choices | None,
        depth: int,
    ) -> Json:
        """Make the fields; of those that only the SDK has, those that all its classes need."""
        fields = {name: (at, each) for name, (at, each) in found.items() if _is_sent(each)}
        tags = {name for name, (_, each) in fields.items() if name in PREFERRED and self._tag(each)}
        needed = needed | tags
        rows = [] if place in WITHOUT_DRIFT else self._drift.get(place, [])
        for row in rows:
            needed |= {
                name for name, more in row.fields.items() if more["required"] and rows == [row]
            }
            for name, more in row.fields.items():
                fields.setdefault(name, (inner(place, name), more["schema"]))
        for name, schema in seen(place).items():
            fields.setdefault(name, (inner(place, name), schema))
        return {
            name: self._make(at, schema, choices, depth + 1)
            for name, (at, schema) in fields.items()
            if name in needed or (choices and depth < DEPTH)
        }

    def _tag(self, schema: Schema) -> bool:
        """Whether a field tells objects apart: servers send it, also where they need not."""
        return len(consts(self._description, schema) or ()) == 1


_SCALARS: Final[dict[object, Json]] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


def _kind(schema: Schema) -> str | None:
    """The type of a value that is not null."""
    kind: str | list[str] | None = schema.get("type")
    return next(each for each in kind if each != "null") if isinstance(kind, list) else kind


def _names(schema: Schema) -> Iterator[str]:
    """The schemas that a union names, itself included."""
    name = ref_of(schema)
    if name is not None:
        yield name
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _names(each)


def _may_be_null(schema: Schema) -> bool:
    kind = schema.get("type")
    members = (*schema.get("anyOf", ()), *schema.get("oneOf", ()))
    return (
        bool(schema.get("nullable"))
        or (isinstance(kind, list) and "null" in kind)
        or any(is_null(each) for each in members)
    )


def _is_sent(schema: Schema) -> bool:
    """Whether a field is one of the API; some are for SDKs to make up."""
    parts = (schema, *schema.get("anyOf", ()), *schema.get("allOf", ()))
    return not any("x-oaiSupportedSDKs" in each for each in parts)


def _ref(models: Types, node: object) -> str | None:
    """The written type of a root or a schema; merged and equal ones looked up."""
    if not isinstance(node, Ref):
        return None
    place = models.same.get(node.place, node.place)
    if place not in models.names:
        merged = (at for at, parts in models.merged.items() if place in parts)
        place = next(merged, place)
        place = models.same.get(place, place)
    if place not in models.names:
        return None
    name, tag = models.names[place], models.tags.get(place)
    further = tag.values[1:] if tag is not None else ()
    names = [name, *(subclass(name, value) for value in further)]
    return " | ".join(f"{models.homes[place]}:{each}" for each in names)
