"""Nodes to annotations."""

from collections.abc import Callable
from typing import Final

from .naming import subclass
from .nodes import Alias, Enum, ListOf, MapOf, Node, Plain, Ref, Union, Value
from .plan import Types

PLAIN: Final = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "null": "None",
    "any": "Any",
    "file": "FileTypes",
}
_KINDS: Final[dict[type, str]] = {str: "str", int: "int", float: "float", bool: "bool"}


class Annotations:
    """Writes annotations for one side."""

    def __init__(self, types: Types, *, refer: Callable[[str], str] | None = None) -> None:
        self.types = types
        self.refer = refer or types.names.__getitem__

    def write(self, node: Node) -> str:
        """Return the annotation of `node`."""
        match node:
            case Plain(kind):
                return PLAIN[kind]
            case Enum(values, free):
                return self.enumeration(values, free)
            case ListOf(item):
                return self.array(item)
            case MapOf(value):
                return self.mapping(value)
            case Ref(place):
                return self.reference(place)
            case Union(nodes):
                return self.union([self.write(each) for each in nodes])

    def union(self, parts: list[str]) -> str:
        """Join `parts`; beside `str`, enumerations of texts say nothing more."""
        if "str" in parts:
            parts = [each for each in parts if not each.startswith("Open['")]
        return " | ".join(dict.fromkeys(parts))

    def reference(self, place: str) -> str:
        if place in self.types.names:
            tag = self.types.tags.get(place)
            name = self.refer(place)
            further = tag.values[1:] if tag is not None else ()
            return " | ".join([name, *(subclass(name, value) for value in further)])
        shape = self.types.shapes[place]
        assert isinstance(shape, Alias)
        return self.write(shape.node)

    def array(self, item: Node) -> str:
        return f"list[{self.write(item)}]"

    def mapping(self, value: Node) -> str:
        return f"dict[str, {self.write(value)}]"

    def enumeration(self, values: tuple[Value, ...], free: bool) -> str:
        if free:
            return " | ".join(dict.fromkeys(_KINDS[type(value)] for value in values))
        return f"Open[{literals(values)}]"


class Parameters(Annotations):
    """Annotations of what callers hand over: wide in what they take."""

    def array(self, item: Node) -> str:
        return f"Sequence[{self.write(item)}]"

    def union(self, parts: list[str]) -> str:
        return " | ".join(dict.fromkeys(parts))  # the values are what editors offer

    def mapping(self, value: Node) -> str:
        return f"Mapping[str, {self.write(value)}]"

    def enumeration(self, values: tuple[Value, ...], free: bool) -> str:
        kinds = dict.fromkeys(_KINDS[type(value)] for value in values)
        text = f"Literal[{literals(values)}]"
        return f"{' | '.join(kinds)} | {text}" if free else text


def literals(values: tuple[Value, ...]) -> str:
    return ", ".join(repr(value) for value in values)


def optional(text: str) -> str:
    """The annotation of a field that may be absent."""
    return text if text.endswith("| None") or text in ("None", "Any") else f"{text} | None"
