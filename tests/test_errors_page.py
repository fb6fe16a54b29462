"""docs/errors.md lists every exception that the package exports, with its base."""

import re
from pathlib import Path
from typing import Final

import api_openai

PAGE: Final = Path(__file__).parent.parent / "docs" / "errors.md"
ROW: Final = re.compile(r"^\| `([A-Z]\w+)` \| `(\w+)` \|", re.MULTILINE)


def public_base(kind: type[BaseException]) -> str:
    """The nearest base that people know: exported, or Python's own."""
    return next(
        each.__name__
        for each in kind.__mro__[1:]
        if each.__name__ in api_openai.__all__ or each.__module__ == "builtins"
    )


def test_every_exception_is_listed_with_its_base() -> None:
    exported = [getattr(api_openai, name) for name in api_openai.__all__]
    kinds = [
        each for each in exported if isinstance(each, type) and issubclass(each, BaseException)
    ]
    expected = {kind.__name__: public_base(kind) for kind in kinds}
    assert dict(ROW.findall(PAGE.read_text("utf-8"))) == expected
    assert len(expected) > 25
