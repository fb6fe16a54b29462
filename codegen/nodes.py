"""What schemas resolve to: nodes for values, shapes for what has a name or fields."""

from dataclasses import dataclass
from typing import Literal

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Plain:
    """A JSON scalar, null, a file in a multipart body, or anything at all."""

    kind: Literal["str", "int", "float", "bool", "null", "file", "any"]


@dataclass(frozen=True, slots=True)
class Enum:
    """One of several values, or with `free` any other of their type as well."""

    values: tuple[Value, ...]
    free: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    item: "Node"


@dataclass(frozen=True, slots=True)
class MapOf:
    value: "Node"


@dataclass(frozen=True, slots=True)
class Ref:
    """The shape at a place."""

    place: str


@dataclass(frozen=True, slots=True)
class Union:
    """One of several; null comes last. Never nested, but for unions behind references."""

    members: tuple["Node", ...]


Node = Plain | Enum | ListOf | MapOf | Ref | Union

NULL = Plain("null")
ANY = Plain("any")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object."""

    name: str
    node: Node
    required: bool
    facts: str = ""
    """Ranges, limits and defaults, in words."""


@dataclass(frozen=True, slots=True)
class Object:
    """An object with fields: a class."""

    place: str
    fields: tuple[Field, ...]
    open: bool = False
    """Whether the description says that there may be other fields."""

    def field(self, name: str) -> Field | None:
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Alias:
    """A schema with a name that is no object: never null itself."""

    place: str
    node: Node


Shape = Object | Alias


def union(*nodes: Node) -> Node:
    """The union of `nodes`: flat, without repetition, its enumerations joined, null last."""
    flat: list[Node] = []
    for node in nodes:
        flat += node.members if isinstance(node, Union) else [node]
    unique = list(dict.fromkeys(flat))
    if ANY in unique:
        return ANY
    if Plain("float") in unique:
        unique = [each for each in unique if each != Plain("int")]  # JSON has one kind of number
    enums = [each for each in unique if isinstance(each, Enum)]
    if enums:
        values = tuple(dict.fromkeys(value for each in enums for value in each.values))
        kinds = {_PLAIN[type(value)] for value in values}
        free = any(each.free for each in enums) or any(kind in unique for kind in kinds)
        at = unique.index(enums[0])
        unique = [each for each in unique if not isinstance(each, Enum) and each not in kinds]
        unique.insert(min(at, len(unique)), Enum(values, free))
    if NULL in unique:
        unique.remove(NULL)
        unique.append(NULL)
    return unique[0] if len(unique) == 1 else Union(tuple(unique))


_PLAIN: dict[type, Plain] = {
    str: Plain("str"),
    int: Plain("int"),
    float: Plain("float"),
    bool: Plain("bool"),
}


def members(node: Node) -> tuple[Node, ...]:
    """The members of a union; of another node, itself."""
    return node.members if isinstance(node, Union) else (node,)


def without_null(node: Node) -> Node:
    found = [each for each in members(node) if each != NULL]
    return union(*found) if found else NULL


def nullable(node: Node) -> bool:
    return NULL in members(node)
