"""Which parts of the API are generated, and which of them may import which.

A type that one area alone reaches lives there. One that several reach lives in the area among them
that all the others use, and in `shared` where there is none. `uses` must not go in circles.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SHARED: Final = "shared"


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the API: a module of types, params, operations and resources each."""

    name: str
    """Its module; client paths begin with it, with dots for underscores."""
    uses: tuple[str, ...] = ()
    """The areas whose types its own may be made of."""


AREAS: Final = (
    Area("chat"),
    Area("responses"),
    Area("models"),
    Area("embeddings"),
    Area("files"),
)
"""In the order in which the client shows them."""


class Owners:
    """Says in which module a type lives."""

    def __init__(self, areas: Iterable[Area]) -> None:
        areas = list(areas)
        self._uses = {area.name: closure(area.name, areas) for area in areas}

    def owner(self, reached: set[str]) -> str:
        """Return the module of a type that the areas `reached` reach."""
        for name in sorted(reached):
            if all(name == other or name in self._uses[other] for other in reached):
                return name
        return SHARED


def closure(name: str, areas: Iterable[Area]) -> set[str]:
    """The areas that `name` uses, those that these use included."""
    direct = {area.name: area.uses for area in areas}
    found: set[str] = set()
    waiting = [*direct[name]]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += direct[each]
    return found
