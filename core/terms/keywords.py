"""What is said of a keyword that a function has not."""

from collections.abc import Iterable

__all__ = ["unknown_keyword"]


def unknown_keyword(function: str, given: str, known: Iterable[str]) -> str:
    """Return the words of a `TypeError`, with the nearest of the `known` ones where one is near."""
    from difflib import get_close_matches

    near: list[str] = get_close_matches(given, [*known], n=1)
    hint = f"; the nearest known one is {near[0]!r}" if near else ""
    return f"{function}() has no keyword {given!r}{hint}"
