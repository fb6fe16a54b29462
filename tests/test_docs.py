"""The pages people read: code that compiles, names that exist, links that lead somewhere."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from .support.public_names import inner_imports, inner_names

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("**/*.md")])
FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MODULE: Final = re.compile(r"python -m ([\w.]+)")
TARGET: Final = re.compile(r"\bmake ([a-z]+)\b")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(page: Path) -> Iterator[ast.Module]:
    """The Python code of a page, each block parsed on its own."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        if found[1] in ("python", "py"):
            line = text[: found.start()].count("\n") + 1
            yield ast.parse("\n" * line + found[2], name(page))


def prose(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_code_compiles(page: Path) -> None:
    for tree in blocks(page):
        compile(tree, name(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_imported_names_exist(page: Path) -> None:
    for tree in blocks(page):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("api_openai"):
                if node.module == "api_openai.compat":
                    pytest.importorskip("openai")
                module = importlib.import_module(node.module or "")
                for each in node.names:
                    known = hasattr(module, each.name)
                    assert known or importlib.import_module(f"{node.module}.{each.name}")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_pages_use_public_names_only(page: Path) -> None:
    assert inner_names(page.read_text(encoding="utf-8")) == []
    assert [each for tree in blocks(page) for each in inner_imports(tree)] == []


@pytest.mark.parametrize(
    "code",
    [
        "from api_openai.core.request.operation import Operation",
        "from api_openai.core import results",
        "from api_openai import client",
        "from api_openai.transports.stepper import transport",
        "from api_openai.emulator.faults.faults import Say",
        "from api_openai.types._modules import MODULES",
        "import api_openai.emulator.server.serve",
        "from api_openai import operations, core",
    ],
)
def test_inner_imports_are_seen(code: str) -> None:
    assert len(inner_imports(ast.parse(code))) == 1


def test_inner_names_are_seen() -> None:
    inner = ["api_openai.core.api.types", "api_openai.client", "api_openai.emulator.server.app"]
    public = ["api_openai.types.chat.Choice", "api_openai.resources.chat.Completions.create"]
    said = f'See `{"`, `".join(public)}`, {inner[0]}.<area>, "{inner[1]}" and {inner[2]}.'
    assert inner_names(f"{said} Its files are in src/api_openai/core.") == inner


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for module in MODULE.findall(text):
        if module.startswith(("api_openai", "benchmarks", "codegen", "examples")):
            names = module.split(".")
            places = (ROOT.joinpath(*names), ROOT.joinpath("src", *names))
            assert any(
                each.with_suffix(".py").exists() or (each / "__main__.py").exists()
                for each in places
            ), module
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    code = "\n".join(
        [*re.findall(r"`(make [^`]+)`", text), *re.findall(r"^ {4}(make .*)$", text, re.MULTILINE)]
    )
    assert set(TARGET.findall(code)) <= targets


def test_the_pages_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/emulator.md"} <= {name(page) for page in PAGES}
    assert sum(len([*blocks(page)]) for page in PAGES) > 8
