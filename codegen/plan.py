"""What is written: which shapes become classes, under which names, in which modules."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .description import Side
from .nodes import Alias, ListOf, MapOf, Node, Ref, Shape, Union
from .unions import Decision, Tag


@dataclass(frozen=True, kw_only=True)
class Types:
    """The types of one side, planned."""

    side: Side
    shapes: dict[str, Shape]
    tags: dict[str, Tag]
    names: dict[str, str]
    """The names of the shapes that are written; the others are written out where they are used."""
    homes: dict[str, str]
    """The module of each shape."""
    roots: dict[str, Node]
    """What methods answer, stream, or take, by `client:answer` and the like."""
    decisions: list[Decision] = field(default_factory=list[Decision])
    merged: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    same: dict[str, str] = field(default_factory=dict[str, str])
    """Shapes that are written as another one, which is the same."""
    used: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The endpoints that answer with a shape, as `GET /models`."""
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    """Shapes that do not have the name that the SDK has for them, and that name."""
    sessions: dict[str, str] = field(default_factory=dict[str, str])
    """The modules of what is said in sessions, by area."""

    def modules(self) -> list[str]:
        """The modules that have something in them."""
        return sorted({self.homes[place] for place in self.names})

    def order(self, module: str) -> list[str]:
        """The shapes of a module, each after those that it is made of, save where these go round."""
        placed: dict[str, None] = {}
        open_: set[str] = set()

        def visit(place: str) -> None:
            if place in placed or place in open_:
                return
            open_.add(place)
            for each in self.uses(place):
                if self.homes[each] == module:
                    visit(each)
            placed[place] = None

        for place in self.names:
            if self.homes[place] == module:
                visit(place)
        return list(placed)

    def uses(self, place: str) -> list[str]:
        """The written shapes that `place` names, unwritten ones looked through."""
        shape = self.shapes[place]
        nodes = [shape.node] if isinstance(shape, Alias) else [each.node for each in shape.fields]
        return list(dict.fromkeys(each for node in nodes for each in self.named(node)))

    def named(self, node: Node) -> Iterator[str]:
        """The written shapes that an annotation of `node` names."""
        for place in refs(node):
            if place in self.names:
                yield place
            else:
                shape = self.shapes[place]
                assert isinstance(shape, Alias)
                yield from self.named(shape.node)


def refs(node: Node) -> Iterator[str]:
    """The places that `node` refers to."""
    match node:
        case Ref(place):
            yield place
        case ListOf(each) | MapOf(each):
            yield from refs(each)
        case Union(nodes):
            for each in nodes:
                yield from refs(each)
        case _:
            return
