"""docs/errors.md lists every exception that the package exports, with its bases."""

import re
from pathlib import Path
from typing import Final

import api_openai

PAGE: Final = Path(__file__).parent.parent / "docs" / "errors.md"
ROW: Final = re.compile(r"^\| `([A-Z]\w+)` \| (`[A-Z][^|]*`) \|", re.MULTILINE)


def public(base: type) -> str:
    """The name of a base, or of the nearest above it that people know."""
    return next(
        each.__name__
        for each in base.__mro__
        if each.__name__ in api_openai.__all__ or each.__module__ == "builtins"
    )


def test_every_exception_is_listed_with_its_bases() -> None:
    exported = [getattr(api_openai, name) for name in api_openai.__all__]
    kinds = [
        each for each in exported if isinstance(each, type) and issubclass(each, BaseException)
    ]
    expected = {
        kind.__name__: ", ".join(f"`{public(base)}`" for base in kind.__bases__) for kind in kinds
    }
    table = PAGE.read_text("utf-8").partition("## What an error knows")[0]
    assert dict(ROW.findall(table)) == expected
    assert len(expected) > 25


def test_attributes_are_those_of_their_classes() -> None:
    """Rows of the second table: each attribute is set or declared by each class it is said of."""
    text = PAGE.read_text("utf-8").partition("## What an error knows")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \| (`[^|]+) \|", text, re.MULTILINE)
    assert len(rows) > 8
    for attributes, classes in rows:
        for kind in re.findall(r"`(\w+)`", classes):
            known = known_by(getattr(api_openai, kind))
            assert set(re.findall(r"`(\w+)`", attributes)) <= known, kind


def known_by(kind: type) -> set[str]:
    """Names that the constructors of a class set, and those that its class bodies have."""
    set_ = {name for each in kind.__mro__ for name in _names(vars(each).get("__init__"))}
    return set_ | {*dir(kind)}


def _names(function: object) -> tuple[str, ...]:
    code = getattr(function, "__code__", None)
    return code.co_names if code is not None else ()
