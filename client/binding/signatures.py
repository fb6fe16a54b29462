"""The signatures of methods, made when somebody looks: each keyword of a typed dict by itself."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, get_overloads

from ...core.request.options import Options
from ...core.terms.omit import omit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["answer_of", "keywords_of", "overloads_of", "signature_of", "spelled_out", "widened"]

_AREAS: Final = {"followed_creation": "beta_agents", "runs": "beta_threads"}
"""Modules whose typed dicts are those of another area."""
_CONNECT: Final = f"{__name__.rpartition('.binding.')[0]}.realtime.connect"
_PARAMS: Final = f"{Options.__module__.partition('.core.')[0]}.core.api.params"
_NONE: Final = ("extra_headers", "extra_query", "extra_body")
"""Options that are `None` where they are not given."""


def spelled_out(function: Callable[..., Any], kind: type[Any], *, bound: bool) -> inspect.Signature:
    """The signature of a function with the keywords of a typed dict in the place of its last one.

    `bound` leaves the first parameter out. What has to be given comes first, then what need not,
    each in the order of the alphabet, and then the options that every method has.
    """
    signature = inspect.signature(function)
    general = inspect.signature(overloads_of(function)[-1])
    own = [
        each.replace(annotation=general.parameters.get(each.name, each).annotation)
        for each in [*signature.parameters.values()][bound:]
    ]
    answer = general.return_annotation
    if not own or own[-1].kind is not inspect.Parameter.VAR_KEYWORD:
        return signature.replace(parameters=own, return_annotation=answer)
    named = {each.name: each for each in _of_dict(kind)}
    named |= {each.name: each for each in own if each.kind is inspect.Parameter.KEYWORD_ONLY}
    by_place = [each for each in own if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    for each in by_place:
        named.pop(each.name, None)
    options = [name for name in Options.__annotations__ if name in named]
    rest = sorted(named.keys() - {*options})
    needed = [name for name in rest if named[name].default is inspect.Parameter.empty]
    ordered = [*needed, *(name for name in rest if name not in needed), *options]
    parameters = [*by_place, *(named[name] for name in ordered)]
    return signature.replace(parameters=parameters, return_annotation=answer)


def _of_dict(kind: type[Any]) -> Iterator[inspect.Parameter]:
    needed: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    for name, hint in _annotations(kind).items():
        default = None if name in _NONE else omit
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if name in needed else default,
            annotation=_or_omitted(hint, default) if name not in needed else hint,
        )


def _or_omitted(hint: Any, default: object) -> Any:
    """What an option may be, `omit` too, which it is by default."""
    plain = isinstance(hint, str) and default is omit and not hint.endswith("Any")
    return f"{hint} | Omit" if plain and "Omit" not in hint.rpartition("]")[2] else hint


def _annotations(kind: type[Any]) -> dict[str, Any]:
    """Of a typed dict and of those that it is made of, as they are written.

    Aliases have their names so; the types themselves, where there is no source, say all that is in
    them.
    """
    texts = _written(kind.__module__).get(kind.__name__, {})
    if kind is not Options:
        options = _annotations(Options)
        texts = {
            **{each: options[each] for each in kind.__annotations__ if each in options},
            **texts,
        }
    found: dict[str, Any] = dict(kind.__annotations__)
    for base in getattr(kind, "__orig_bases__", ()):
        origin = getattr(base, "__origin__", base)
        if hasattr(origin, "__required_keys__"):
            found |= _annotations(origin)
    return {name: getattr(hint, "__forward_arg__", hint) for name, hint in (found | texts).items()}


@cache
def _written(module: str) -> dict[str, dict[str, str]]:
    """The texts of the annotations in the classes of a module."""
    try:
        body = ast.parse(inspect.getsource(sys.modules[module])).body
    except OSError:
        return {}
    return {
        each.name: {
            line.target.id: _text(line.annotation)
            for line in each.body
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
        }
        for each in body
        if isinstance(each, ast.ClassDef)
    }


def _text(annotation: ast.expr) -> str:
    """What is written there, without quotes, and without what a typed dict says of its keys."""
    match annotation:
        case ast.Constant(value=str(text)):
            return text
        case ast.Subscript(value=ast.Name(id="Required"), slice=inner):
            return ast.unparse(inner)
        case _:
            return ast.unparse(annotation)


def overloads_of(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The variants of a function, or the function itself where it has but one."""
    return [*get_overloads(function)] or [function]


def keywords_of(function: Callable[..., Any]) -> type[Any]:
    """The typed dict whose keywords a function takes; `Options` where it has none of its own.

    It may be the base of one where some keywords choose between overloads.
    """
    for each in reversed(overloads_of(function)):
        for hint in each.__annotations__.values():
            if str(hint).startswith("Unpack["):
                return _named(function, str(hint)[len("Unpack[") : -1].removesuffix("Base"))
    return Options


def _named(function: Callable[..., Any], name: str) -> type[Any]:
    if name == "Options":
        return Options
    module = _CONNECT
    if name not in ("ConnectOptions", "ReconnectingOptions"):
        area = function.__module__.rpartition(".")[2]
        module = f"{_PARAMS}.{_AREAS.get(area, area)}"
    kind: type[Any] = getattr(import_module(module), name)
    return kind


def signature_of(function: Callable[..., Any], *, bound: bool) -> inspect.Signature:
    """The signature of a function, with every keyword of the typed dict that it unpacks."""
    return spelled_out(function, keywords_of(function), bound=bound)


def answer_of(operation: str, *, awaited: bool) -> Any:
    """What callers get of `Operation[T, A]`: a blocking one the first, an async one the second."""
    inner = operation.removeprefix("Operation[").removesuffix("]")
    depth = 0
    for at, letter in enumerate(inner):
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            answer = inner[at + 1 :].strip() if awaited else inner[:at]
            return answer.replace("AsyncPage[", "AsyncPager[")  # to await, or to iterate over
    return inspect.Signature.empty


def widened(signature: inspect.Signature, general: Callable[..., Any]) -> inspect.Signature:
    """A signature with what its keywords may be in any variant, which `general` knows."""
    known = inspect.signature(general).parameters
    return signature.replace(
        parameters=[
            each.replace(annotation=_with_default(known[each.name].annotation, each.default))
            if each.name in known
            else each
            for each in signature.parameters.values()
        ]
    )


def _with_default(hint: Any, default: object) -> Any:
    missing = default is None and isinstance(hint, str) and "None" not in hint
    return f"{hint} | None" if missing else hint
