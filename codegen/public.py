"""Writes the public modules that stand for packages of generated ones, as `api_openai.operations`."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from .naming import HEADER

_DOCSTRINGS: Final = {
    "operations": '''"""Functions that return an `Operation`, in a module for each area of the API.

    from api_openai.operations import responses

    operation = responses.create(model="gpt-5", input="Hello")

Each module is imported when it is first used (PEP 562).
"""''',
    "resources": '''"""The classes of the resource tree, in a module for each area of the API.

    from api_openai.resources import chat

    chat.Completions  # the class of `client.chat.completions`

The paths of the official SDK lead there too: `api_openai.resources.chat.completions.Completions`.
Each module is imported when it is first used (PEP 562).
"""''',
}
_GET: Final = {
    "operations": """\
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        module = globals()[name] = import_module(f".core.api.operations.{name}", __package__)
        return module""",
    "resources": """\
        return import_module(f"{__name__}.{name}") if name in __all__ else class_named("", name)""",
}
_PATHS: Final = """
    from ._resource_paths import class_named, find_paths

    __path__: list[str] = []  # to the import system this is a package, of modules without files
    find_paths()
"""


def files(areas: Iterable[str], resources: Iterable[str]) -> dict[str, str]:
    """Return the text of each file by path; `resources` are the modules of the resource tree."""
    modules = {
        "operations": ("core.api.operations", sorted(areas)),
        "resources": ("client.tree.resources", sorted(resources)),
    }
    return {
        f"src/api_openai/{name}.py": "\n".join(_lines(name, home, names)) + "\n"
        for name, (home, names) in modules.items()
    }


def _lines(name: str, home: str, names: list[str]) -> Iterator[str]:
    yield HEADER
    yield _DOCSTRINGS[name]
    yield "from importlib import import_module"
    yield "from typing import TYPE_CHECKING\n"
    yield "if TYPE_CHECKING:"
    yield f"    from .{home} import {', '.join(names)}"
    yield f"\n__all__ = {json.dumps(names)}\n"
    yield f"""
if not TYPE_CHECKING:  # checkers would take any name for one that is there
{_PATHS if name == "resources" else ""}
    def __getattr__(name: str) -> object:
{_GET[name]}


def __dir__() -> list[str]:
    return sorted({{*globals(), *__all__}})"""
