"""Makes unions that msgspec can decode.

msgspec tells the Structs of a union apart by one tag field with one value for each class, and has
no union of two lists, two maps, or a Struct and a map. So, for every union:

- its objects are tagged by the first field that is an enumeration in all of them and tells them
  apart; an object with several values gets a subclass for each value beyond the first;
- objects with the same tag value are merged into one class, with the fields of all;
- where there is no such field, all of the objects are merged into one class without a tag;
- lists are merged into a list of the union of their items, maps likewise;
- an object beside a map becomes a map.
"""

from dataclasses import dataclass, replace
from typing import Literal

from .nodes import (
    ANY,
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
    Union,
    union,
    without_null,
)

PREFERRED = ("type", "role", "object", "event")
"""Fields that are tags if they can be, in this order; others follow by name."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Something in the description that became something else, for the report."""

    kind: Literal["same tag", "no tag", "map", "lists", "conflict"]
    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Tag:
    """The field that tells an object apart in unions, and the values that it has there."""

    field: str
    values: tuple[str, ...]


class Planner:
    """Rewrites shapes so that their unions can be decoded; `shapes` and `tags` are the result.

    With `keep` unions stay as they are: those of requests are for type checkers alone.
    """

    def __init__(self, given: dict[str, Shape], *, keep: bool = False) -> None:
        self._keep = keep
        self.shapes: dict[str, Shape] = {}
        self.tags: dict[str, Tag] = {}
        self.decisions: list[Decision] = []
        self.merged: dict[str, tuple[str, ...]] = {}
        """What the merged objects were made of."""
        self._given = dict(given)
        self._merges: dict[tuple[tuple[str, ...], Tag | None], str] = {}

    def reach(self, node: Node, place: str) -> Node:
        """Plan `node` and all that it is made of; return it as planned."""
        match node:
            case ListOf(item):
                return ListOf(self.reach(item, f"{place}[]"))
            case MapOf(value):
                return MapOf(self.reach(value, f"{place}{{}}"))
            case Ref(to):
                self._shape(to)
                return node
            case Union(nodes) if self._keep:
                return union(*(self.reach(each, place) for each in nodes))
            case Union(nodes):
                return self._union(nodes, place)
            case _:
                return node

    def _shape(self, place: str) -> None:
        if place in self.shapes:
            return
        shape = self.shapes[place] = self._given[place]
        if isinstance(shape, Alias):
            self.shapes[place] = Alias(place, self.reach(shape.node, place))
        else:
            planned = [
                replace(each, node=self.reach(each.node, f"{place}.{each.name}"))
                for each in shape.fields
            ]
            self.shapes[place] = replace(shape, fields=tuple(planned))

    def _leaves(self, node: Node) -> tuple[Node, ...]:
        """The members of a union, those of unions behind names included."""
        if isinstance(node, Union):
            return tuple(leaf for each in node.members for leaf in self._leaves(each))
        if isinstance(node, Ref):
            shape = self._given[node.place]
            if isinstance(shape, Alias) and not isinstance(shape.node, Enum):
                return self._leaves(shape.node)
        return (node,)

    def _is_object(self, node: Node) -> bool:
        return isinstance(node, Ref) and isinstance(self._given[node.place], Object)

    def _union(self, nodes: tuple[Node, ...], place: str) -> Node:
        holding = {node: self._kinds(node) for node in nodes}
        kinds = [kind for each in holding.values() for kind in each]
        if len(kinds) == len(set(kinds)) and not {"object", "map"} <= set(kinds):
            return union(*(self.reach(node, place) for node in nodes))  # each kind in one member
        leaves = dict.fromkeys(leaf for node in nodes for leaf in self._leaves(node))
        objects = [leaf.place for leaf in leaves if isinstance(leaf, Ref) and self._is_object(leaf)]
        lists = [leaf.item for leaf in leaves if isinstance(leaf, ListOf)]
        maps = [leaf.value for leaf in leaves if isinstance(leaf, MapOf)]
        planned: list[Node] = []
        if maps and objects:
            self.decisions.append(Decision("map", place, ", ".join(objects)))
            planned.append(MapOf(ANY))
        elif maps:
            planned.append(MapOf(self.reach(union(*maps), f"{place}{{}}")))
        elif len(objects) > 1:
            planned += self._objects(objects, place)
        elif objects:
            planned.append(self.reach(Ref(objects[0]), place))
        if lists:
            if len(lists) > 1:
                self.decisions.append(Decision("lists", place, f"{len(lists)} lists"))
            planned.append(ListOf(self.reach(union(*lists), f"{place}[]")))
        simple = (Plain, Enum)
        scalars = [leaf for leaf in leaves if isinstance(leaf, simple) or self._is_enum(leaf)]
        return union(*planned, *(self.reach(each, place) for each in scalars))

    def _is_enum(self, node: Node) -> bool:
        shape = self._given.get(node.place) if isinstance(node, Ref) else None
        return isinstance(shape, Alias) and isinstance(shape.node, Enum)

    def _kinds(self, node: Node) -> list[str]:
        """What a member of a union is made of that msgspec allows once in a union.

        A member that is a union itself counts as one object, having been planned by itself.
        """
        found = ["object" for leaf in self._leaves(node) if self._is_object(leaf)][:1]
        found += ["list" for leaf in self._leaves(node) if isinstance(leaf, ListOf)][:1]
        found += ["map" for leaf in self._leaves(node) if isinstance(leaf, MapOf)][:1]
        return found

    def _objects(self, places: list[str], place: str) -> list[Node]:
        """Tag the objects at `places`, merge what has to be; return what the union is made of."""
        found = [self._object(each) for each in places]
        field = self._tag_field(found, place)
        if field is None:
            self.decisions.append(Decision("no tag", place, ", ".join(places)))
            return [self._merge(found, None, place)]
        planned: list[Node] = []
        for values, group in _grouped(found, field):
            tag = Tag(field, values)
            if len(group) > 1:
                names = ", ".join(each.place for each in group)
                self.decisions.append(Decision("same tag", place, f"{values[0]}: {names}"))
                planned.append(self._merge(group, tag, place))
            else:
                self.tags[group[0].place] = tag
                self._shape(group[0].place)
                planned.append(Ref(group[0].place))
        return planned

    def _object(self, place: str) -> Object:
        shape = self._given[place]
        assert isinstance(shape, Object)
        return shape

    def _tag_field(self, objects: list[Object], place: str) -> str | None:
        """The field that tells `objects` apart, unless one of them has another tag already."""
        names = {each.name for shape in objects for each in shape.fields}
        order = [*(each for each in PREFERRED if each in names), *sorted(names - {*PREFERRED})]
        for name in order:
            values = [_constants(each, name) for each in objects]
            if () in values or (len(objects) > 1 and len(set(values)) == 1):
                continue
            other = {self.tags[each.place].field for each in objects if each.place in self.tags}
            if other <= {name}:
                return name
            self.decisions.append(Decision("conflict", place, f"`{name}` and {sorted(other)}"))
        return None

    def _merge(self, objects: list[Object], tag: Tag | None, place: str) -> Ref:
        places = tuple(each.place for each in objects)
        known = self._merges.get((places, tag))
        if known is not None:
            return Ref(known)
        at = f"{place}~{tag.values[0]}" if tag else f"{place}~"
        self._merges[places, tag] = at
        self.merged[at] = places
        if tag:
            self.tags[at] = tag
        names = dict.fromkeys(each.name for shape in objects for each in shape.fields)
        fields = [_joined(name, [shape.field(name) for shape in objects]) for name in names]
        self._given[at] = Object(at, tuple(fields))
        self._shape(at)
        return Ref(at)


def _joined(name: str, fields: list[Field | None]) -> Field:
    given = [each for each in fields if each is not None]
    return Field(
        name,
        union(*(each.node for each in given)),
        required=len(given) == len(fields) and all(each.required for each in given),
        facts=given[0].facts,
    )


def _constants(shape: Object, name: str) -> tuple[str, ...]:
    """The values that a field is limited to in an object; none if it is not."""
    field = shape.field(name)
    node = None if field is None else without_null(field.node)
    if not isinstance(node, Enum) or node.free:
        return ()
    return tuple(value for value in node.values if isinstance(value, str))


def _grouped(objects: list[Object], name: str) -> list[tuple[tuple[str, ...], list[Object]]]:
    """Objects that share a value of their tag together, with all the values of each group."""
    groups: list[tuple[tuple[str, ...], list[Object]]] = []
    for shape in objects:
        values = _constants(shape, name)
        joined = [shape]
        for group in [each for each in groups if set(each[0]) & set(values)]:
            groups.remove(group)
            values, joined = tuple(dict.fromkeys((*group[0], *values))), [*group[1], *joined]
        groups.append((values, joined))
    return groups
