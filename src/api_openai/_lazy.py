"""Names of a module that are imported when they are first used (PEP 562).

The modules of `api_openai.types` say in a table where their names come from: homes below
`api_openai`, each with its names in one string, `Ours` or `Theirs=Ours` where the two differ.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    Loader = object

_PACKAGE: Final = "api_openai."
_TYPES: Final = "api_openai.types."
Attached = tuple[Callable[[str], object], Callable[[], list[str]], list[str]]


def attach(module: str, homes: Mapping[str, str], modules: str = "") -> Attached:
    """Return `__getattr__`, `__dir__` and `__all__` for a module; `modules` are those inside it."""
    inside = modules.split()
    found: dict[str, tuple[str, str]] = {}
    for home, names in homes.items():
        for each in names.split():
            name, _, ours = each.partition("=")
            found[name] = (home, ours or name)

    def get(name: str) -> object:
        if name in found:
            home, ours = found[name]
            value: object = getattr(import_module(_PACKAGE + home), ours)
            setattr(sys.modules[module], name, value)
            return value
        if name in inside or (not name.startswith("_") and _is_module(f"{module}.{name}")):
            return import_module(f"{module}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[module]), *found, *inside})

    return get, listed, [*found, *inside]


def _is_module(name: str) -> bool:
    """Whether the official SDK has a module of this name, for one class and what belongs to it."""
    from .types._modules import MODULES

    return name.removeprefix(_TYPES) in MODULES


class _Modules(Loader):
    """A finder and loader of the modules in `types/_modules.py`, `api_openai.types.chat.chat_completion` for one.

    They have no files. It stands last among the finders, and is asked for what no other has found.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.startswith(_TYPES) and _is_module(fullname):
            return ModuleSpec(fullname, self)
        return None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        from .types._modules import MODULES

        homes = MODULES[module.__name__.removeprefix(_TYPES)]
        get, listed, names = attach(module.__name__, homes)
        vars(module).update(__getattr__=get, __dir__=listed, __all__=names)


def find_modules() -> None:
    """Let the modules in `types/_modules.py` be imported."""
    if not any(isinstance(each, _Modules) for each in sys.meta_path):
        sys.meta_path.append(_Modules())
