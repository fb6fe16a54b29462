"""Finds shapes that are the same but for their names, so that they are written once."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from .names import Namer
from .nodes import Alias, Enum, ListOf, MapOf, Node, Object, Ref, Shape, Union, union
from .plan import refs
from .unions import Tag

Signature = tuple[object, ...]

BETA: Final = "Beta"
"""Begins the names of the classes of `beta.responses`."""


def same_shapes(
    shapes: dict[str, Shape], tags: dict[str, Tag], namer: Namer, late: Collection[str] = ()
) -> tuple[dict[str, Shape], dict[str, str]]:
    """Return the shapes that remain, and for each of the others the one to use instead.

    Two objects become one if their fields and tags are the same, and so is the name that the SDK
    has for them, or it has none for one of them; unions likewise. This is repeated, since objects
    made of two others may be the same once those are. Shapes in `late` may be written as others,
    and others not as one of them.
    """
    same: dict[str, str] = {}
    while True:
        groups: dict[Signature, list[str]] = {}
        for place, shape in shapes.items():
            if isinstance(shape, Object) and shape.fields and ":request" not in place:
                signature = (tags.get(place), *_signature(shape, shapes))
                groups.setdefault(signature, []).append(place)
            elif isinstance(shape, Alias) and isinstance(shape.node, Union):
                opened = _opened(shape.node, shapes)
                if any(refs(opened)):
                    groups.setdefault((repr(opened),), []).append(place)
        found: dict[str, str] = {}
        for group in groups.values():
            found |= _chosen(group, namer, late)
        if not found:
            return shapes, same
        same = {place: found.get(to, to) for place, to in same.items()} | found
        shapes = {
            place: _rewritten(shape, found) for place, shape in shapes.items() if place not in found
        }


def _chosen(group: list[str], namer: Namer, late: Collection[str]) -> dict[str, str]:
    """Of places with the same shape, those that are written as another one of them.

    A class of the beta API is written as the one it began as, `BetaClick` as `Click`.
    """
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    keep: str | None = None
    for part in ([each for each in group if each not in late], [e for e in group if e in late]):
        named = [place for place in part if namer.sdk_name(place)]
        nameless = [place for place in part if not namer.sdk_name(place)]
        for place in sorted(named, key=is_beta):  # stable
            name = (namer.sdk_name(place) or "").removeprefix(BETA)
            known = first.setdefault(name, place)
            if known != place and is_beta(known) <= is_beta(place):
                found[place] = known
        if nameless:
            keep = keep or next(iter(first.values()), None)
            keep = keep or min(nameless, key=lambda p: (len(p), p))
            found |= {place: keep for place in nameless if place != keep}
    return found


def is_beta(name: str) -> bool:
    """Whether a name is one of the beta API."""
    return name.startswith(BETA)


def _signature(shape: Object, shapes: dict[str, Shape]) -> Signature:
    return tuple(
        sorted(
            (each.name, each.required, repr(_opened(each.node, shapes))) for each in shape.fields
        )
    )


def _opened(node: Node, shapes: dict[str, Shape]) -> Node:
    """`node` with the names of everything but objects looked through."""
    match node:
        case Ref(place):
            shape = shapes[place]
            return _opened(shape.node, shapes) if isinstance(shape, Alias) else node
        case ListOf(item):
            return ListOf(_opened(item, shapes))
        case MapOf(value):
            return MapOf(_opened(value, shapes))
        case Union(nodes):
            return union(*sorted((_opened(each, shapes) for each in nodes), key=repr))
        case Enum(values, free):
            return Enum(tuple(sorted(values, key=repr)), free)
        case _:
            return node


def replaced(node: Node, same: dict[str, str]) -> Node:
    """`node` with references moved to the shapes that remain."""
    match node:
        case Ref(place):
            return Ref(same.get(place, place))
        case ListOf(item):
            return ListOf(replaced(item, same))
        case MapOf(value):
            return MapOf(replaced(value, same))
        case Union(nodes):
            return union(*(replaced(each, same) for each in nodes))
        case _:
            return node


def _rewritten(shape: Shape, same: dict[str, str]) -> Shape:
    if isinstance(shape, Alias):
        return Alias(shape.place, replaced(shape.node, same))
    fields = tuple(replace(each, node=replaced(each.node, same)) for each in shape.fields)
    return replace(shape, fields=fields)
