"""Stubs of the client: what they are written from, and that they tell what there is at run time."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from codegen import output, overloads
from codegen.output import ROOT
from codegen.stubs import MODES, Stub

from api_openai.client.binding.resource import Replaceable
from api_openai.client.sending import modes

STUBS = sorted(path for folder in overloads.FOLDERS for path in (ROOT / folder).glob("*.pyi"))
HAND_WRITTEN = sorted(
    path for path in (ROOT / "client").rglob("*.py") if "resources" not in str(path)
)

SOURCE = """
from __future__ import annotations
from typing import TYPE_CHECKING, Any, TypeVar, overload
from ....core.terms.omit import omit
from ...answers.streams import Things
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    Handler = str
    AsyncHandler = bytes

H = TypeVar("H", bound="Things")

class Helpers(Resource[M]):
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    @overload
    def read(self, *, kind: type[int] = omit) -> list[int]: ...
    @overload
    def read(self, *, kind: str) -> int | str: ...
    def read(self: Resource[Any], *, kind: Any = omit) -> Any:
        "Read."
        return kind

    def open(self: Resource[Sync], handler: Handler, things: H) -> Things: ...

    def plain(self, given: int = 3) -> int:
        return given

    again = read

def function() -> int:
    return 3

def _own() -> None: ...
"""
WRITTEN = """
from ....core.terms.omit import omit
from ...answers.streams import Things
from ...binding.resource import M
from ...binding.resource import Resource
from ...answers.others import AsyncThings

Handler = str
AsyncHandler = bytes
H = TypeVar('H', bound='Things')
AsyncH = TypeVar("AsyncH", bound=AsyncThings)
class Helpers(Resource[M]):
    name: str
    __slots__ = ('name',)
    def __init__(self, name: str) -> None:
        ...
{read}
    @overload
    def open(self: Resource[Sync], handler: Handler, things: H) -> Things:
        ...
    @overload
    def open(self: Resource[Async], handler: AsyncHandler, things: AsyncH) -> AsyncThings:
        ...
    def plain(self, given: int=3) -> int:
        ...
    again = read
def function() -> int:
    ...
"""
READ = {
    "Sync": ("list[int]", "int | str"),
    "Async": ("Coroutine[Any, Any, list[int]]", "Coroutine[Any, Any, int | str]"),
    "RawSync": ("APIResponse[list[int]]", "APIResponse[Any]"),
    "RawAsync": (
        "Coroutine[Any, Any, APIResponse[list[int]]]",
        "Coroutine[Any, Any, APIResponse[Any]]",
    ),
    "StreamingSync": ("ResponseManager[list[int]]", "ResponseManager[Any]"),
    "StreamingAsync": ("AsyncResponseManager[list[int]]", "AsyncResponseManager[Any]"),
}


def test_a_stub_has_each_variant_for_each_mode() -> None:
    stub = Stub(SOURCE, "client/tree/helpers", twins={"Things": ["client.answers.others"]})
    assert stub.expands
    _, _, text = stub.text().partition("import overload\n")
    read: list[str] = []
    for mode, (first, second) in READ.items():
        for keyword, answer in (("kind: type[int]=omit", first), ("kind: str", second)):
            read.append("    @overload")
            read.append(f"    def read(self: Resource[{mode}], *, {keyword}) -> {answer}:")
            read.append("        ...")
    assert text.strip() == WRITTEN.format(read="\n".join(read)).strip()


def test_of_several_twins_it_is_the_one_beside_the_class() -> None:
    twins = {"Things": ["client.answers.others", "client.answers.streams"]}
    text = Stub(SOURCE, "client/tree/helpers", twins=twins).text()
    assert "from ...answers.streams import AsyncThings" in text
    assert "others" not in text


def test_twins_are_found_in_what_is_about_to_be_written(tmp_path: Path) -> None:
    written = {
        "client/a.py": "class Things: ...\nclass AsyncThings: ...\n",
        "client/b.py": "class AsyncThings: ...\n",
        "core/c.py": "class AsyncThings: ...\n",
    }
    assert overloads.async_classes(tmp_path, written) == {"Things": ["client.a", "client.b"]}


def test_a_module_without_variants_has_no_stub() -> None:
    assert not Stub("class A:\n    def b(self) -> int:\n        return 3\n", "client").expands
    assert not (ROOT / "client/tree/helpers/webhooks.pyi").exists()


def test_an_answer_without_a_type_is_refused() -> None:
    with pytest.raises(AssertionError, match="read: it says not"):
        Stub("class A:\n    def read(self: Resource[Sync]): ...\n", "client").text()


def test_the_modes_are_those_of_the_client() -> None:
    kinds = [each for each in vars(modes).values() if isinstance(each, type)]
    assert [mode.name for mode in MODES] == [
        each.__name__ for each in kinds if issubclass(each, modes.Mode) and each is not modes.Mode
    ]


def test_a_stub_of_a_module_that_is_gone_is_stale(tmp_path: Path) -> None:
    for name in ("gone.pyi", "kept.py"):
        path = tmp_path / overloads.FOLDERS[1] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert output.stale({}, tmp_path) == [f"{overloads.FOLDERS[1]}/gone.pyi"]


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=lambda path: path.stem)
def test_what_is_written_by_hand_is_for_blocking_callers(path: Path) -> None:
    """One signature for each variant of a method; the other modes are the generator's."""
    for function in functions(ast.parse(path.read_text("utf-8"))):
        if "overload" in map(ast.unparse, function.decorator_list):
            first = function.args.args[0]
            kind = first.annotation if first.arg == "self" else None  # a function has no modes
            assert kind is None or ast.unparse(kind) == "Resource[Sync]", function.lineno


def test_found_are_stubs() -> None:
    assert [path.stem for path in STUBS] == [
        "methods", "program_method",
        "beta_agents", "beta_realtime", "beta_responses", "beta_threads", "chat", "live", "realtime",
        "responses",
    ]  # fmt: skip


@pytest.mark.parametrize("path", STUBS, ids=lambda path: path.stem)
def test_a_stub_and_its_module_have_the_same(path: Path) -> None:
    module = import_module(
        f"api_openai.{path.relative_to(ROOT).with_suffix('').as_posix()}".replace("/", ".")
    )
    written = {
        node.name: node
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }
    there = {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__
    }
    keywords = {name: node for name, node in written.items() if is_typed_dict(node)}
    assert written.keys() - keywords.keys() == there.keys()
    unpacked = {each for node in keywords.values() for each in names(node)}
    for name, kind in there.items():
        assert names(written[name]) == members(kind), name
        for function in functions(written[name]):
            found_ = getattr(kind, function.name)
            if function.name != "__init__" and not isinstance(found_, property):
                check(function, inspect.unwrap(found_), unpacked)


def is_typed_dict(node: ast.ClassDef) -> bool:
    return all(isinstance(each, ast.AnnAssign) for each in node.body)


def functions(node: ast.AST) -> Iterator[ast.FunctionDef]:
    yield from (each for each in ast.walk(node) if isinstance(each, ast.FunctionDef))


def names(node: ast.ClassDef) -> set[str]:
    """The members of a class in a stub."""
    found = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    for each in node.body:
        if isinstance(each, ast.AnnAssign):
            found.add(ast.unparse(each.target))
        elif isinstance(each, ast.Assign):
            found |= {ast.unparse(target) for target in each.targets}
    return found - {"__slots__"}


def members(kind: type) -> set[str]:
    """The members of a class at run time: functions, properties, descriptors and slots."""
    found = {
        name
        for name, value in vars(kind).items()
        if not name.startswith("_") or isinstance(value, FunctionType | property)
    }
    if issubclass(kind, Replaceable):  # checkers see what it gives, not what that is made from
        found = (found - {"bound", "unbound", "_build"}) | {"__get__", "__set__", "__delete__"}
    return found - {"__doc__", "__set_name__"}  # the one is of `object`, the other Python's to call


def check(written: ast.FunctionDef, there: Any, unpacked: set[str]) -> None:
    """The keywords of a signature are there, and those that are there are in it, or `unpacked`."""
    own = {each.arg for each in (*written.args.args, *written.args.kwonlyargs)} - {"self"}
    parameters = inspect.signature(there).parameters.values()
    named = {
        each.name for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    }
    assert own <= named - {"self"} or any(each.kind is each.VAR_KEYWORD for each in parameters)
    assert named - {"self"} <= own | unpacked
