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
_TYPES: Final = "api_openai.types"
_ROOMS: Final = {
    "api": "core.api",
    "types": "core.api.types",
    "params": "core.api.params",
    "structured": "core.structured",
    "aliases": "types._aliases",
}
"""The packages that homes in `types/_modules.py` are in."""
_read: dict[str, dict[str, str]] = {}
"""The lines of packages of `types/_modules.py` that have been asked for, by module."""
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
        if name in inside or (not name.startswith("_") and _line(f"{module}.{name}") is not None):
            return import_module(f"{module}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[module]), *found, *inside})

    return get, listed, [*found, *inside]


def absent(module: str, name: str) -> str:
    """What is said of a name that the package has not, where a client may have it."""
    words = f"module {module!r} has no attribute {name!r}"
    if name.startswith("_"):
        return words
    client = import_module(f"{_PACKAGE}client.client").Client
    if hasattr(client, name):
        words += (
            f"; it is an attribute of a client, which is not made before you do: Client().{name}"
        )
    return words


def read_modules(block: str) -> dict[str, str]:
    """Return the lines of a block of `types/_modules.py` by module; long ones are folded there."""
    lines = block.replace("\n ", " ").splitlines()
    return dict(line.split(": ", 1) for line in lines if line)


def read_homes(module: str, line: str) -> dict[str, str]:
    """Return the homes and names of a line, as `attach` takes them."""
    own = "".join(part[:1].upper() + part[1:] for part in module.split("_"))
    homes: dict[str, str] = {}
    for each in line.split(";"):
        home, *names = each.split()
        room, _, area = home.partition(".")
        homes[f"{_ROOMS[room]}.{area}"] = " ".join(names).replace("*", own)
    return homes


def _line(name: str) -> str | None:
    """What is known of a module of the official SDK, for one class and what belongs to it."""
    package, _, module = name.rpartition(".")
    if package != _TYPES and not package.startswith(f"{_TYPES}."):
        return None
    return _lines(package.removeprefix(_TYPES).removeprefix(".")).get(module)


def _lines(package: str) -> dict[str, str]:
    """What is known of the modules of a package, which is named below `types`."""
    if (lines := _read.get(package)) is None:
        from .types._modules import MODULES

        lines = _read[package] = read_modules(MODULES.get(package, ""))
    return lines


def _handed_on(module: str, name: str) -> object:
    """The class of another module, which a module of the official SDK has because it imports it.

    That is looked for in the module's package, in those above and below it, and then in all others.
    """
    from .types._modules import MODULES

    own = module.rpartition(".")[0].removeprefix(_TYPES).removeprefix(".")

    dicts = module.endswith(("_param", "_params"))

    def distance(package: str) -> tuple[bool, bool, int]:
        above = f"{own}.".startswith(f"{package}.") or not package
        other_side = package.endswith("_params") != dicts
        return not (above or package.startswith(f"{own}.")), other_side, -len(package)

    for package in sorted(MODULES, key=distance):
        for each in _lines(package):
            if each.replace("_", "") == name.lower():
                return getattr(import_module(".".join(filter(None, (_TYPES, package, each)))), name)
    raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)


class _Modules(Loader):
    """A finder and loader of the modules in `types/_modules.py`, as `types.chat.chat_completion`.

    They have no files. It stands last among the finders, and is asked for what no other has found.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None if _line(fullname) is None else ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        homes = read_homes(name.rpartition(".")[2], _line(name) or "")
        own, listed, names = attach(name, homes)

        def get(each: str) -> object:
            if each in names or not each[:1].isupper():
                return own(each)
            value = _handed_on(name, each)
            setattr(module, each, value)
            return value

        vars(module).update(__getattr__=get, __dir__=listed, __all__=names)


def find_modules() -> None:
    """Let the modules in `types/_modules.py` be imported."""
    if not any(isinstance(each, _Modules) for each in sys.meta_path):
        sys.meta_path.append(_Modules())
