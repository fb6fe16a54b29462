"""Writes the stubs of `client`: what every kind of caller gets, from what a blocking one gets.

The descriptors of `client/binding` have one signature each, here. Helpers of resources have theirs
beside their bodies, in `client/tree/helpers/*.py`: as a plain blocking caller has them, one for
each variant. A method whose `self` has no type is in every view, and its answer is awaited by async
callers. One with `self: Resource[Sync]` is in the plain view alone, and async callers get the async
twin of what it returns: `AsyncManager` for `Manager`.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from .stubs import MODES, Mode, Stub, renamed

FOLDERS: Final = ("client/binding", "client/tree/helpers")
"""Where stubs stand beside modules written by hand."""

_IMPORTS: Final = f"""
from collections.abc import Callable, Coroutine
from types import UnionType
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, Unpack, overload
from client.answers.response import APIResponse, AsyncResponseManager, ResponseManager
from client.sending.modes import {", ".join(mode.name for mode in MODES)}
from client.binding.resource import Resource
from core.answers.pages import AsyncPage, AsyncPager, Page
from core.answers.stream import AsyncStream, Stream
from core.api.untyped import Parts, Verb
from core.programs.caller import Caller
from core.request.operation import Operation
"""
"""What stubs may import; formatting leaves of it what they use."""

_ANY_PATH: Final = {
    "": "Any",
    "*, cast_to: type[T]": "T",
    "*, cast_to: None": "None",
    "*, cast_to: UnionType": "Any",
    "*, stream: bool, stream_cls: type[T], cast_to: Any = ...": "T",
}
"""What methods for any path answer, by how they are told what to read the answer as."""


def files(root: Path, generated: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the text of every stub by path, not formatted; `generated` modules may be new."""
    found: dict[str, str] = {}
    twins = async_classes(root, generated)
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.py")):
            source = path.read_text(encoding="utf-8")
            written = _descriptors(source) if folder == FOLDERS[0] else {}
            stub = Stub(source, folder, _IMPORTS, written, twins)
            if stub.expands:
                found[f"{folder}/{path.stem}.pyi"] = stub.text(_before("".join(written.values())))
    return found


def async_classes(root: Path, generated: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """The classes of the client that have an async twin, and the modules that have the twins."""
    texts = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in (root / "client").rglob("*.py")
    }
    texts |= {path: text for path, text in (generated or {}).items() if path.startswith("client/")}
    homes: dict[str, list[str]] = {}
    for path, text in sorted(texts.items()):
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path.removesuffix(".py").replace("/", "."))
    return {name: homes[f"Async{name}"] for name in homes if f"Async{name}" in homes}


def _descriptors(source: str) -> dict[str, str]:
    """The texts of the descriptors that a module has at run time."""
    names = re.findall(r"^class (\w+)|\b(\w+) = ", source, re.MULTILINE)
    return {name: text for each in names for name in each if (text := _descriptor(name))}


def _descriptor(name: str) -> str:
    """The class of a descriptor, empty for a name that is none."""
    built = "Callable[P, Operation[T, A]]"
    if name == "EndpointMethod":
        doc = "A method of a resource: one builder of operations."
        return _class(name, doc, {"build": built}, built, _answers({"P": "T"}, {"T": "A"}))
    if name == "PageMethod":
        doc = "A method of a resource that answers with a page of a list."
        built = "Callable[P, Operation[Page[E], AsyncPage[E]]]"
        gets = _answers({"P": "Page[E]"}, {"Page": "AsyncPage"})
        gets["Async"] = "Callable[P, AsyncPager[E]]"  # to await, or to iterate over
        return _class(name, doc, {"build": built}, built, gets)
    if name == "StreamMethod":
        doc = "A method of a resource that answers whole, as a stream of events, or either."
        answers = {"P1": "T", "P2": "Stream[E]", "P3": "T | Stream[E]"}
        return _choosing(name, doc, answers, {"Stream": "AsyncStream"}, "whole stream either")
    if name.startswith("ChoiceMethod"):
        count = int(name.removeprefix("ChoiceMethod"))
        doc = f"A method of a resource with {count} kinds of answers, by the value of a parameter."
        answers = {f"P{at}": f"T{at}" for at in range(1, count + 1)}
        twins = {f"T{at}": f"A{at}" for at in range(1, count + 1)}
        return _choosing(name, doc, answers, twins, " ".join(f"build{at[1:]}" for at in answers))
    if name == "AnyPathMethod":
        doc = "A method for any path."
        return _class(name, doc, {}, "Verb", {mode.name: f"_AnyPath{mode.name}" for mode in MODES})
    if name == "ProgramMethod":
        doc = "A method that runs a program of the core."
        built = "Callable[Concatenate[Caller, P], Coroutine[Any, Any, T]]"
        gets = _answers({"P": "T"}, {}, plain=True)
        return _class(name, doc, {"program": built}, built, gets)
    if name == "ViewOf":
        doc = "The same resource for another kind of caller: `with_raw_response` and its like."
        gets = {"Sync": "S1", "Async": "S2"}
        return _class(name, doc, {"view": "View"}, "ViewOf[S1, S2]", gets)
    return ""


def _answers(
    answers: Mapping[str, str], twins: Mapping[str, str], *, plain: bool = False
) -> dict[str, str]:
    """What a caller gets, by mode; from the answers to a blocking one by the keywords for them."""
    gets: dict[str, str] = {}
    for mode in MODES:
        if plain and not mode.plain:
            continue
        own = [_answer(mode, answer, twins) for answer in answers.values()]
        shape = "Callable" if len(own) == 1 else f"_Overloaded{len(own)}"
        gets[mode.name] = f"{shape}[{', '.join([*answers, *own])}]"
    return gets


def _answer(mode: Mode, answer: str, twins: Mapping[str, str]) -> str:
    return mode.answer.format(renamed(answer, twins) if mode.asynchronous else answer)


def _choosing(
    name: str, doc: str, answers: Mapping[str, str], twins: Mapping[str, str], parameters: str
) -> str:
    """The class of a descriptor with a builder for each kind of answer."""
    built = [
        f"Callable[{keywords}, Operation[{answer}, {renamed(answer, twins)}]]"
        for keywords, answer in answers.items()
    ]
    takes = dict(zip(parameters.split(), built, strict=True))
    return _class(name, doc, takes, built[0], _answers(answers, twins))


def _class(
    name: str, doc: str, takes: Mapping[str, str], unbound: str, gets: Mapping[str, str]
) -> str:
    """The class of a descriptor: what it is made of, what its class gives, and what callers get."""
    variables = _names(" ".join([*takes.values(), *gets.values()]))
    generic = f"(Generic[{', '.join(variables)}])" if variables else ""
    lines = [f"class {name}{generic}:", f'    """{doc}"""\n']
    if takes:
        given = ", ".join(f"{parameter}: {kind}" for parameter, kind in takes.items())
        lines.append(f"    def __init__(self, {given}) -> None: ...")
    resources = {"None": unbound} | {f"Resource[{mode}]": got for mode, got in gets.items()}
    for resource, got in resources.items():
        lines.append("    @overload")
        lines.append(f"    def __get__(self, obj: {resource}, owner: type[Any]) -> {got}: ...")
    stands = "object" if name == "ViewOf" else "Callable[..., Any]"  # what may replace it
    lines.append(f"    def __set__(self, obj: Resource[Any], value: {stands}) -> None: ...")
    lines.append("    def __delete__(self, obj: Resource[Any]) -> None: ...")
    return "\n".join(lines)


def _names(text: str) -> list[str]:
    """The type variables in a text: a letter, and a number."""
    return [*dict.fromkeys(re.findall(r"\b[A-Z]\d?\b", re.sub('""".*"""', "", text)))]


def _before(text: str) -> str:
    """What descriptors are made of: type variables, and protocols."""
    counts = sorted({int(each) for each in re.findall(r"_Overloaded(\d)", text)})
    answers = [f"R{at}" for at in range(1, max(counts, default=0) + 1)]
    lines: list[str] = []
    for name in sorted({*_names(text), *answers}):
        kind = "ParamSpec" if name[0] == "P" else "TypeVar"
        covariant = ", covariant=True" if name in answers else ""
        lines.append(f'{name} = {kind}("{name}"{covariant})')
    for count in counts:
        lines += _overloaded(count)
    if "_AnyPath" in text:
        for mode in MODES:
            lines += _any_path(mode)
    return "\n".join(lines)


def _overloaded(count: int) -> Iterator[str]:
    """A callable with `count` signatures."""
    numbers = range(1, count + 1)
    variables = ", ".join([*(f"P{at}" for at in numbers), *(f"R{at}" for at in numbers)])
    yield f"class _Overloaded{count}(Protocol[{variables}]):"
    for at in numbers:
        yield "    @overload"
        yield f"    def __call__(self, *args: P{at}.args, **kwargs: P{at}.kwargs) -> R{at}: ..."


def _any_path(mode: Mode) -> Iterator[str]:
    """A method for any path, as one kind of caller has it."""
    yield f"class _AnyPath{mode.name}(Protocol):"
    for keyword, answer in _ANY_PATH.items():
        given = ", ".join(filter(None, ["self, path: str", keyword]))
        got = mode.answer.format(answer)
        yield "    @overload"
        yield f"    def __call__({given}, **parts: Unpack[Parts]) -> {got}: ..."
