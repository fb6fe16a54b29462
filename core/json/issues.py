"""Issues: places of a JSON document that do not fit a type."""

import msgspec

__all__ = ["Issue", "Path", "place_text"]

Path = tuple[str | int, ...]
"""Where a value stands in a JSON document: keys and indexes from the outside in."""


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
