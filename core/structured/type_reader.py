"""Reads texts that are JSON documents as types of the caller's own."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from ..json.codec import Codec, MisfitError
from ..json.constructed import constructed
from ..json.issues import Issue, Path
from ..json.own_types import own_decoder
from .json_schema import name_of

__all__ = ["OutputMisfitError", "reader"]


class OutputMisfitError(ValueError):
    """A text that does not fit the type it was to be: `issues` say where, `str()` the first."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(tuple(issues))
        self.issues = tuple(issues)

    def __str__(self) -> str:
        first, *others = self.issues
        return f"{first} (and {len(others)} more)" if others else str(first)

    def __eq__(self, other: object) -> bool:
        return self.issues == other.issues if isinstance(other, OutputMisfitError) else False

    def __hash__(self) -> int:
        return hash(self.issues)


@lru_cache(maxsize=256)
def reader(source: Any) -> Callable[[bytes], Any]:
    """Return what makes a `source` of a JSON document.

    It raises `OutputMisfitError` for one that does not fit, `CodecError` for what is no JSON.
    """
    if hasattr(source, "__pydantic_validator__"):
        return _validating(source)
    kind = constructed(source)
    decode = own_decoder(kind)
    lenient = Codec[Any](source)

    def read(data: bytes) -> Any:
        try:
            return decode(data)
        except msgspec.ValidationError as error:
            issue = _issue(str(error))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            try:  # what is no JSON by the letter of RFC 8259 may still be read
                return lenient.decode(data, strict=True)
            except MisfitError as error:
                raise OutputMisfitError(error.issues) from None
        raise OutputMisfitError((issue,))

    return read


def _validating(source: Any) -> Callable[[bytes], Any]:
    """A reader for a pydantic model, or a dataclass of pydantic's."""
    foreign = source if hasattr(source, "model_validate_json") else _Validated(source)
    codec = Codec[Any](foreign)

    def read(data: bytes) -> Any:
        try:
            value = codec.decode(data, strict=True)
        except MisfitError as error:
            raise OutputMisfitError(tuple(map(_in_words, error.issues))) from None
        if value is None:  # what the codec takes `null` for, whatever the type
            raise OutputMisfitError((Issue((), name_of(source), "null"),))
        return value

    return read


class _Validated:
    """A pydantic dataclass, with the method that models have."""

    def __init__(self, source: Any) -> None:
        self.model_validate_json: Any = source.__pydantic_validator__.validate_json


def _in_words(issue: Issue) -> Issue:
    """An issue of pydantic's, as a noun: `a valid integer`."""
    if issue.got == "nothing":
        return Issue(issue.path, "a value", issue.got)
    return Issue(issue.path, issue.expected.removeprefix("Input should be "), issue.got)


_PLACES: Final = 8
"""Places that a message may have: one for each object within others that its constructor makes."""

_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]").findall
_MISSING: Final = re.compile(r"Object missing required field `(.*)`").fullmatch
_SURPLUS: Final = re.compile(r"Object contains unknown field `(.*)`").fullmatch
_EXPECTED: Final = re.compile(r"Expected (.+?)(?:, got (.+))?").fullmatch


def _issue(message: str) -> Issue:
    """Take a message of msgspec's apart: "Expected `int`, got `str` - at `$.days[0]`"."""
    path: Path
    fault, path = message, ()
    for _ in range(_PLACES):
        begun, _, place = fault.rpartition(" - at `")
        place = place.removeprefix("key` in `").removesuffix("`")
        if not (begun and place.startswith("$")):
            break
        steps = tuple(int(index) if index else key for key, index in _STEP(place))
        fault, path = begun, (*path, *steps)
    text = " ".join(fault.replace("`", "").split())[:300]
    if missing := _MISSING(fault):
        return Issue((*path, missing[1]), "a value", "nothing")
    if surplus := _SURPLUS(fault):
        return Issue((*path, surplus[1]), "no such field", "one")
    if expected := _EXPECTED(text):
        return Issue(path, expected[1], expected[2] or "another")
    return Issue(path, "a value that its type takes", f"one that it refused ({text})")
