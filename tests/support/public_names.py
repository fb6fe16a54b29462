"""Which names of the package are public, and which other ones a text uses."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Final

PUBLIC: Final = {
    "api_openai",
    "api_openai.audio",
    "api_openai.bulk",
    "api_openai.bulk.dask",
    "api_openai.bulk.ray",
    "api_openai.compat",
    "api_openai.emulator",
    "api_openai.emulator.faults",
    "api_openai.httpx",
    "api_openai.httpx2",
    "api_openai.operations",
    "api_openai.pagination",
    "api_openai.policies",
    "api_openai.resources",
    "api_openai.streaming",
    "api_openai.tracing",
    "api_openai.transports",
    "api_openai.types",
    "api_openai.webhooks",
}
"""The modules that people import from, those below `api_openai.types` aside."""
_DOTTED: Final = re.compile(r"(?<![\w./])api_openai(?:\.[A-Za-z_]\w*)+")


def is_public(module: str) -> bool:
    return module in PUBLIC or (module.startswith("api_openai.types.") and "._" not in module)


@cache
def exports(module: str) -> frozenset[str]:
    """The names that a public module has for people."""
    try:
        return frozenset(import_module(module).__all__)
    except ModuleNotFoundError as error:
        if error.name != "openai":
            raise
        return frozenset({"AsyncAzureOpenAI", "AsyncOpenAI", "AzureOpenAI", "OpenAI"})  # of compat


def inner_names(text: str) -> list[str]:
    """What a text says of the package, as `api_openai.a.b`, that is not public."""
    return [each for each in _DOTTED.findall(text) if not _leads_through_public(each)]


def inner_imports(tree: ast.AST) -> list[str]:
    """What code imports of the package that is not public."""
    return [each for each in _imported(tree) if not _leads_through_public(each)]


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found = [f"{node.module}.{each.name}" for each in node.names]
        yield from (each for each in found if each.partition(".")[0] == "api_openai")


def _leads_through_public(name: str) -> bool:
    """Whether each step is a public module, up to the first that is a name which one exports."""
    module, *rest = name.split(".")
    for each in rest:
        if is_public(f"{module}.{each}"):
            module = f"{module}.{each}"
        else:
            return each in exports(module)
    return True
