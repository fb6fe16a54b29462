"""Methods that a base class leaves to its subclasses: each class that is used has its own."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parent.parent
SOURCES: Final = {
    path: path.read_text("utf-8")
    for room in ("core", "transports", "emulator", "client")
    for path in sorted((ROOT / room).rglob("*.py"))
}


class Hook(NamedTuple):
    module: str
    kind: str
    method: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.method}"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("api_openai", *parts)).removesuffix(".__init__")


def hooks() -> Iterator[Hook]:
    for path, text in SOURCES.items():
        if "raise NotImplementedError" not in text:
            continue
        kinds = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.ClassDef)]
        for kind in kinds:
            functions = (
                each
                for each in kind.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            )
            for function in functions:
                if ast.unparse(function.body[-1]) == "raise NotImplementedError":
                    yield Hook(module_of(path), kind.name, function.name)


def leaves(kind: type) -> Iterator[type]:
    known: list[type] = kind.__subclasses__()
    below = [each for each in known if each.__module__.startswith("api_openai.")]
    for each in below:
        yield from leaves(each)
    if not below:
        yield kind


HOOKS: Final = [*hooks()]


def test_they_are_found() -> None:
    assert {each.kind for each in HOOKS} >= {"Replaceable", "Described"}


@pytest.mark.parametrize("hook", HOOKS, ids=str)
def test_every_class_in_use_has_its_own(hook: Hook) -> None:
    if hook.module.startswith("api_openai.client.compat"):
        pytest.importorskip("openai", reason="the official SDK is not installed")
    base: Any = getattr(import_module(hook.module), hook.kind)
    for path, text in SOURCES.items():
        if hook.kind in text and "compat" not in path.parts:
            import_module(module_of(path))
    found = [*leaves(base)]
    assert found != [base], "nobody uses it"
    left = getattr(base, hook.method)
    assert [each.__qualname__ for each in found if getattr(each, hook.method) is left] == []
