"""Schemas to nodes: references followed, `allOf` merged, null and drift put where they belong."""

from collections.abc import Iterable, Iterator

from .description import Description, Drift, Schema, Side
from .nodes import (
    ANY,
    NULL,
    Alias,
    Enum,
    Field,
    ListOf,
    MapOf,
    Node,
    Object,
    Plain,
    Ref,
    Shape,
    members,
    nullable,
    union,
    without_null,
)
from .places import Property, branches, inner, is_null, properties, ref_of, required
from .tables import OPTIONAL, WIDER, WITHOUT_DRIFT, is_main, sdk_names, seen

_SCALARS = {
    "string": Plain("str"),
    "integer": Plain("int"),
    "number": Plain("float"),
    "boolean": Plain("bool"),
    "null": NULL,
}


class Resolver:
    """Resolves schemas for one side, and keeps the shapes met on the way by place."""

    def __init__(self, description: Description, side: Side) -> None:
        self.description = description
        self.shapes: dict[str, Shape] = {}
        self._side: Side = side
        self._drift = description.drift.get(side, {})
        self._known = known(description, side)
        self._nullable: set[str] = set()
        self._open: set[str] = set()

    def node(self, place: str, schema: Schema) -> Node:
        """Resolve the schema at `place`."""
        name = ref_of(schema)
        if name is not None:
            node = self._named(name)
            return union(node, NULL) if _says_null(schema) else node
        if schema.get("$recursiveRef") == "#":
            return Ref(place.partition(".")[0])
        node = self._unnamed(place, schema)
        return union(node, NULL) if schema.get("nullable") else node

    def object(
        self,
        place: str,
        found: Iterable[tuple[str, Property]],
        needed: set[str],
        *,
        schema_name: str | None = None,
    ) -> Ref:
        """Make an object of properties, drift included, and return the reference to it.

        `schema_name` is where the drift is looked up, if it is not the place.
        """
        fields: dict[str, Field] = {}
        rows = self._rows(schema_name or place)
        needed = needed - {name for row in rows for name in row.optional}
        needed -= OPTIONAL.get(place, frozenset())
        for name, (at, schema) in found:
            if any("x-oaiSupportedSDKs" in each for each in _parts(schema)):
                continue  # SDKs are to make it up; it is not sent
            node = self._widened(self.node(at, schema), [row.values.get(name, ()) for row in rows])
            fields[name] = Field(name, node, name in needed, facts(schema))
        for row in rows:
            for name, more in row.fields.items():
                if name not in fields:
                    node = self.node(inner(place, name), more["schema"])
                    fields[name] = Field(name, node, more["required"] and not rows[1:])
        for name, schema in seen(place).items() if self._side == "response" else ():
            if name not in fields:
                fields[name] = Field(name, self.node(inner(place, name), schema), required=False)
        self.shapes[place] = Object(place, tuple(fields.values()))
        return Ref(place)

    def _named(self, name: str) -> Node:
        name = self._known.get(name, name)
        if name not in self.shapes:
            if name in self._open:
                return Ref(name)
            self._open.add(name)
            node = self.node(name, self.description.schemas[name])
            for row in self._rows(name):
                node = union(node, *(self.node(name, each) for each in row.members))
            if nullable(node):
                self._nullable.add(name)
                node = without_null(node)
            self._open.discard(name)
            if node != Ref(name):
                self.shapes[name] = Alias(name, node)
        return union(Ref(name), NULL) if name in self._nullable else Ref(name)

    def _unnamed(self, place: str, schema: Schema) -> Node:
        if place in WIDER:
            return union(self._plain(place, schema), self._plain(place, WIDER[place]))
        return self._plain(place, schema)

    def _plain(self, place: str, schema: Schema) -> Node:
        found = branches(place, schema)
        if found is not None and "properties" not in schema:
            return union(*(self.node(at, each) for at, each in found))
        if "const" in schema:
            return Enum((schema["const"],))
        if "enum" in schema:
            values = tuple(value for value in schema["enum"] if value is not None)
            node: Node = Enum(values)
            return union(node, NULL) if None in schema["enum"] else node
        if "allOf" in schema:
            return self._all_of(place, schema)
        return self._typed(place, schema, schema.get("type"))

    def _typed(self, place: str, schema: Schema, kind: str | list[str] | None) -> Node:
        if isinstance(kind, list):
            return union(*(self._typed(place, schema, each) for each in kind))
        if kind == "string" and schema.get("format") == "binary":
            return Plain("file")
        if kind in _SCALARS:
            return _SCALARS[kind]
        if kind == "array" or (kind is None and "items" in schema):
            return ListOf(self.node(f"{place}[]", schema.get("items", {})))
        if kind == "object" or "properties" in schema:
            if found := properties(self.description, place, schema):
                return self.object(place, found.items(), required(self.description, schema))
            values: Schema | bool | None = schema.get("additionalProperties")
            return MapOf(self.node(f"{place}{{}}", values) if isinstance(values, dict) else ANY)
        return ANY

    def _all_of(self, place: str, schema: Schema) -> Node:
        """Merge the parts; of a union and other parts make the union of each member with these."""
        parts: list[Schema] = schema["allOf"]
        for index, part in enumerate(parts):
            found = branches(place, self._followed(part))
            others = parts[:index] + parts[index + 1 :]
            if found and properties(self.description, place, {"allOf": others}):
                each_with_others = [
                    (f"{place}|{at}", {"allOf": [each, *others]})
                    for at, (_, each) in enumerate(found)
                    if not is_null(each)
                ]
                return union(*(self.node(*each) for each in each_with_others))
        merged = properties(self.description, place, schema)
        return self.object(place, merged.items(), required(self.description, schema))

    def _followed(self, schema: Schema) -> Schema:
        name = ref_of(schema)
        return schema if name is None else self._followed(self.description.schemas[name])

    def _rows(self, place: str) -> list[Drift]:
        return [] if place in WITHOUT_DRIFT else self._drift.get(place, [])

    def _widened(self, node: Node, values: Iterable[Iterable[str]]) -> Node:
        more = tuple(dict.fromkeys(value for each in values for value in each))
        if not more:
            return node
        opened = [self._opened(each) for each in members(node)]
        return union(*opened, Enum(more))

    def _opened(self, node: Node) -> Node:
        shape = self.shapes.get(node.place) if isinstance(node, Ref) else None
        return shape.node if isinstance(shape, Alias) else node


def known(description: Description, side: Side) -> dict[str, str]:
    """The schemas of `openapi.json` that the SDK has the same class for, by those that say theirs.

    What the SDK's types say of such a class in the other files is that schema in other words.
    """
    own: dict[str, list[str]] = {}
    names = sdk_names()[side]
    for place, classes in names.items():
        schema = description.schemas.get(place, {"x-sdk": ""})
        alone = len(classes) == 1 and is_main(classes[0])
        if "x-sdk" not in schema and (alone or "properties" in schema):
            for each in classes:
                own.setdefault(each, []).append(place)
    found: dict[str, str] = {}
    for name, schema in description.schemas.items():
        if "x-sdk" in schema:
            classes = names.get(name, [schema["x-sdk"]])
            places = {place for each in classes for place in own.get(each, ())}
            if len(places) == 1:
                found[name] = places.pop()
    return found


def _says_null(schema: Schema) -> bool:
    return bool(schema.get("nullable")) or any(
        part.get("nullable") for part in schema.get("allOf", ())
    )


def facts(schema: Schema) -> str:
    """Say in words what a schema tells about its value: range, length, default."""
    parts = [each for part in _parts(schema) for each in _facts(part)]
    text = "; ".join(dict.fromkeys(parts))
    return text[:1].upper() + text[1:]


def _parts(schema: Schema) -> Iterator[Schema]:
    yield schema
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if ref_of(each) is None and "properties" not in each:
            yield from _parts(each)


def _facts(schema: Schema) -> Iterator[str]:
    if schema.get("deprecated"):
        yield "deprecated"
    for least, most, unit in (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", "character"),
        ("minItems", "maxItems", "item"),
    ):
        low, high = (_bound(schema.get(each)) for each in (least, most))
        if low == 0 and unit:
            low = None
        if low is None and high is None:
            continue
        plural = "" if 1 in (low, high) and None in (low, high) else "s"
        yield f"{_span(low, high)}{f' {unit}{plural}' if unit else ''}"
    default = schema.get("default")
    single = len(schema.get("enum", ())) == 1
    if default not in (None, "") and not single and isinstance(default, str | int | float):
        yield f"default {str(default).lower() if isinstance(default, bool) else default}"


def _bound(value: float | None) -> float | None:
    """A limit, unless it is no more than that of 64-bit integers."""
    return None if value is None or abs(value) > 2**53 else value


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:,}"
    if high is None:
        return f"at least {low:,}"
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
