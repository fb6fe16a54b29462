"""Issues: places of a JSON document that do not fit a type."""

from typing import Any, Final

import msgspec

__all__ = ["MAX_ISSUES", "REFUSALS", "Issue", "Issues", "Link", "Path", "path_of", "place_text"]

MAX_ISSUES: Final = 100
"""Issues noted about one document; further ones are dropped."""

REFUSALS: Final = (msgspec.MsgspecError, TypeError, ValueError, OverflowError)
"""What `msgspec.convert` raises about values it cannot take; lone surrogates are ValueErrors."""

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


class Issues(list[Issue]):
    """The issues of one document, at most `MAX_ISSUES`.

    `lax` is how validation counts them, of documents that people hand over: what may be null may be
    absent, a new kind of object is none, and text that writes a number or boolean becomes one.
    """

    def __init__(self, *, lax: bool = False) -> None:
        super().__init__()
        self.lax = lax
        self.rewritten = False
        """Whether a value is another than the document has."""

    def add(self, link: Link, expected: str, got: str) -> None:
        if len(self) < MAX_ISSUES:
            self.append(Issue(path_of(link), expected, got))

    def rewrite(self, value: object, kind: Any) -> Any:
        """Make a `kind` of a scalar of another, as validation does; `UNSET` where there is no way."""
        if self.lax and isinstance(value, str | int | float):
            try:
                made = msgspec.convert(value, kind, strict=False)
            except REFUSALS:
                return msgspec.UNSET
            self.rewritten = True
            return made
        return msgspec.UNSET
