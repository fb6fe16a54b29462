"""Issues: places of a JSON document that do not fit a type."""

from typing import Any

import msgspec

__all__ = ["Issue", "Link", "Path", "path_of", "place_text"]

Path = tuple[str | int, ...]
"""Where a value stands in a JSON document: keys and indexes from the outside in."""

Link = tuple[Any, str | int] | None
"""The way to a value, from the inside out: `(link of the parent, key)`. Cheap to extend."""


class Issue(msgspec.Struct, frozen=True):
    """One place where an answer does not fit its type: what was expected there, what came."""

    path: Path
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{place_text(self.path)}: expected {self.expected}, got {self.got}"


def place_text(path: Path) -> str:
    """Write `path` as people read it: `choices[0].message`; the document itself is `$`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "$"


def path_of(link: Link) -> Path:
    """Return the path that the link is the end of."""
    path: list[str | int] = []
    while link is not None:
        link, part = link
        path.append(part)
    return tuple(reversed(path))
