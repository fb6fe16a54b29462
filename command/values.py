"""From what was written to the values of parameters, by what is declared of them."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..core.json.encode import encode
from ..core.json.values import is_list, is_object
from ..core.request.credentials import body_secrets
from ..core.terms.json_text import CodecError, decode_json
from .arguments import Raw
from .parameters import Kind, Parameter
from .sources import STDIN, Sources
from .usage import UsageError

if TYPE_CHECKING:
    from .progress import Progress

__all__ = ["json_object", "value_of"]

_JSON = Kind(frozenset({"any"}))
_LONGEST = 60
"""Characters of a value that an error shows."""


def value_of(
    parameter: Parameter, given: Sequence[Raw], sources: Sources, progress: "Progress | None"
) -> Any:
    """Return the value of a parameter; several of one are a list. `UsageError` for what is none."""
    name, kind = parameter.option, parameter.kind
    if len(given) == 1:
        return _one(name, kind, given[0], sources, progress)
    if kind.items is None:
        raise UsageError(f"{name}: given {len(given)} times; expected {kind.shown}, once")
    several = Kind(frozenset(), items=kind.items)
    try:
        lists = [_one(name, several, each, sources, progress) for each in given]
    except UsageError as error:
        raise UsageError(f"{error} ({name} is given {len(given)} times: a list is meant)") from None
    return [item for each in lists for item in (each if is_list(each) else [each])]


def _one(name: str, kind: Kind, raw: Raw, sources: Sources, progress: "Progress | None") -> Any:
    if kind.allows("file") and not raw.form:
        file = _file(name, raw.text, sources, progress)
        return file if "file" in kind.words else [file]
    text, public = sources.text(raw.text, name)
    if raw.form == "text":
        return text
    shown = _shown(text) if public else "what was read"
    try:
        value = _json(name, text, _JSON) if raw.form == "json" else _typed(name, kind, text)
    except _Misfit as misfit:
        raise UsageError(f"{name}: {shown}: {misfit}") from None
    if public and (is_list(value) or is_object(value)) and body_secrets(encode(value)):
        raise UsageError(
            f"{name}: there is a credential in it, and everybody on this machine can read the "
            f"arguments of a process: give it as @file, or - for standard input"
        )
    return value


class _Misfit(Exception):
    """Why a text is not what it is to be."""


def _typed(name: str, kind: Kind, text: str) -> Any:
    """Read a text as what is declared: JSON where it begins so, else the first that it can be."""
    plain = text if "text" in kind.words else text.rstrip("\r\n")
    if kind.items is not None and text.lstrip().startswith("["):
        return _json(name, text, kind)
    if kind.allows("json") and text.lstrip().startswith("{"):
        value = _json(name, text, kind)
        return value if "json" in kind.words else [value]
    if "any" in kind.words:
        return _json(name, text, kind)
    if plain in kind.choices or "text" in kind.words:
        return plain
    if plain == "null" and "null" in kind.words:
        return None
    if plain in ("true", "false") and "bool" in kind.words:
        return plain == "true"
    if "int" in kind.words or "num" in kind.words:
        number = _number(plain)
        if isinstance(number, int) or (number is not None and "num" in kind.words):
            return number
    if kind.items is not None:
        return [_typed(name, kind.items, text)]
    hint = f" ({name}:text sends it unchecked)" if kind.choices else ""
    raise _Misfit(f"expected {kind.shown}{hint}")


def _number(text: str) -> int | float | None:
    try:
        value: object = decode_json(text.encode())
    except (CodecError, UnicodeEncodeError):
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _json(name: str, text: str, kind: Kind) -> Any:
    try:
        return decode_json(text.encode("utf-8", "surrogateescape"))
    except CodecError as error:
        hint = f"; a text that begins so is given as {name}:text" if "text" in kind.words else ""
        raise _Misfit(f"expected {kind.shown}, but it is {error}{hint}") from None


def json_object(name: str, text: str, sources: Sources) -> dict[str, Any]:
    """Return the JSON object that an option has; `UsageError` for anything else."""
    value = _one(name, _JSON, Raw(text), sources, None)
    if not is_object(value):
        raise UsageError(f"{name}: expected a JSON object")
    return value


def _file(name: str, written: str, sources: Sources, progress: "Progress | None") -> Any:
    """Return what is uploaded; `;filename=` and `;type=` behind a path are as curl has them."""
    path, *notes = [written] if os.path.exists(written) else written.split(";")
    said: dict[str, str] = {}
    for note in notes:
        key, mark, value = note.partition("=")
        if key not in ("filename", "type") or not mark:
            raise UsageError(f"{name}: {note!r}: expected filename=NAME or type=TYPE behind the ;")
        said[key] = value
    content: Any
    if path == STDIN:
        content = sources.stdin(name).read()
        own = "stdin"
    else:
        path = path.removeprefix("@")
        if not os.path.exists(path):
            raise UsageError(f"{name}: {path!r}: there is no such file")
        if os.path.isdir(path) or not os.access(path, os.R_OK):
            why = "a folder" if os.path.isdir(path) else "a file that may not be read"
            raise UsageError(f"{name}: {path!r}: it is {why}")
        own = os.path.basename(path)
        if progress is None:
            from pathlib import Path

            content = Path(path)
        else:
            content = progress.reading(path)
    return (said.get("filename", own), content, said.get("type"))


def _shown(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 4]}...'"
