"""A limit to how deep JSON is nested, before a decoder or an encoder sees it.

CPython raises `RecursionError` where it is too much. Compiled to WebAssembly it ends, with all that
runs in it: there the limit is 300 levels by default, and elsewhere there is none. So nobody else
calls msgspec's decoders or those of `json`: tests/test_architecture.py holds that.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, TypeVar, cast, overload

import msgspec

__all__ = [
    "bounded",
    "check_document",
    "check_value",
    "decode",
    "decoder",
    "limit",
    "reformatted",
    "set_nesting_limit",
]

T = TypeVar("T")

Json: TypeAlias = "bytes | bytearray | memoryview | msgspec.Raw | str"

DEFAULT: Final = 300

limit: int | None = DEFAULT if sys.platform == "emscripten" else None
"""How many levels JSON may have; `None` where there is no limit."""

_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_OPEN: Final = bytes.maketrans(b"{}", b"[]")
_OTHERS: Final = bytes({*range(256)} - {*b"[]{}"})


def set_nesting_limit(levels: int | None) -> None:
    """Set how many levels of arrays and objects JSON may have that is decoded or encoded.

    It is of the whole interpreter. In Pyodide there is one by default (300), for the stack of
    WebAssembly holds a few thousand, and what is deeper would end the page's interpreter. Elsewhere
    there is none, and Python's own `RecursionError` is caught: set one before the first call.
    `None` takes it away.
    """
    global limit
    if levels is not None and (
        isinstance(levels, bool) or not isinstance(levels, int) or levels < 1  # pyright: ignore[reportUnnecessaryIsInstance]
    ):
        raise ValueError(f"levels={levels!r}: expected a number of 1 or more, or None")
    limit = levels


@overload
def decoder(
    kind: type[T], dec_hook: Callable[[Any, Any], Any] | None = None
) -> Callable[[Json], T]: ...
@overload
def decoder(
    kind: Any, dec_hook: Callable[[Any, Any], Any] | None = None
) -> Callable[[Json], Any]: ...
def decoder(kind: Any, dec_hook: Callable[[Any, Any], Any] | None = None) -> Callable[[Json], Any]:
    """Return what makes a `kind` of a document: msgspec's own function where there is no limit."""
    return bounded(msgspec.json.Decoder(kind, dec_hook=dec_hook).decode)


def bounded(decode: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return what checks a document before `decode` sees it; `decode` itself without a limit."""
    if limit is None:
        return decode

    def checked(data: Json) -> T:
        check_document(data)
        return decode(data)

    return checked


@overload
def decode(data: Json) -> Any: ...
@overload
def decode(data: Json, kind: type[T]) -> T: ...
def decode(data: Json, kind: Any = Any) -> Any:
    """Make a `kind` of a document, now and then; what is done often has a `decoder`."""
    check_document(data)
    return msgspec.json.decode(data, type=kind)


def reformatted(data: bytes, indent: int) -> bytes:
    """Lay a document out anew: on one line with -1."""
    check_document(data)
    return msgspec.json.format(data, indent=indent)


def check_document(data: Json) -> None:
    """Raise `RecursionError` about a document that has more levels than the limit."""
    if limit is None:
        return
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    elif not isinstance(data, bytes | bytearray):
        data = bytes(data)
    if data.count(b"[") + data.count(b"{") <= limit:
        return
    left = _STRINGS.sub(b"", data).translate(_OPEN, _OTHERS)
    for level in range(limit + 1):  # each turn takes the innermost level away
        if level + left.count(b"[") <= limit:
            return
        size, left = len(left), left.replace(b"[]", b"")
        if len(left) == size:
            break
    raise _too_deep()


def check_value(value: object) -> None:
    """Raise `RecursionError` about a value that has more levels than the limit."""
    if limit is None:
        return
    level: Iterable[object] = (value,)
    for _ in range(limit + 1):
        opened = [held for each in level if (held := _inner(each)) is not None]
        if not opened:
            return
        level = [each for held in opened for each in held]
    raise _too_deep(", or in a circle")


def _inner(value: object) -> Iterable[Any] | None:
    """What stands within a value, of the kinds that an encoder goes into by itself."""
    if isinstance(value, Mapping):
        return cast("Mapping[object, Any]", value).values()
    if isinstance(value, list | tuple | set | frozenset):
        return cast("Iterable[Any]", value)
    if isinstance(value, msgspec.Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    held: object = getattr(value, "__dict__", None)  # dataclasses, attrs classes, models
    if isinstance(held, dict) and not isinstance(value, type):
        return cast("dict[str, Any]", held).values()
    return None


def _too_deep(or_else: str = "") -> RecursionError:
    return RecursionError(
        f"nested too deeply{or_else}, in more than {limit} levels "
        "(api_openai.set_nesting_limit sets how many)"
    )
