"""Writes `api_openai.types`: every type under the package and the name that the SDK has for it.

Each package is a module that loads a type when it is first asked for. Our names for types of an
area stand beside the SDK's, where these leave them free. What the SDK has one small module for is
a line in `_modules.py`.
"""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from .areas import SHARED, Area
from .counterparts import Counterpart, Counterparts, Exports, Found, Made, exports, package_of
from .description import Description
from .naming import HEADER, camel
from .plan import Types
from .tables import is_main

HOME: Final = "src/api_openai/types"
FACTS: Final = "tests/facts/sdk_types.json"
_SHORT_ROOMS: Final = {
    "core.api": "api",
    "core.api.types": "types",
    "core.api.params": "params",
    "core.structured": "structured",
    "types._aliases": "aliases",
}
"""What `_modules.py` calls the packages that our types are in; `_lazy` knows the same."""
_MODULES_HEAD: Final = f'''{HEADER}
"""The SDK's modules of one class each: for each package, a line for each module in it.

A line has the module, then homes, each with the names that come from it: `*` stands for the
module's name in CamelCase, `Theirs=Ours` for a name that is another one here. `api_openai._lazy`
reads them.
"""

from typing import Final
'''
Names = dict[str, Found]
"""What a module exports: ours by name."""


def files(
    description: Description, areas: Iterable[Area], models: Types, params: Types
) -> dict[str, str]:
    """Return the text of every file of the facade by path, the facts for its tests included."""
    return _Facade(description, areas, models, params).files()


def report(description: Description, areas: Iterable[Area], models: Types, params: Types) -> str:
    """Return the section of the report: what the SDK exports and we have no type for."""
    missing = _Facade(description, areas, models, params).missing()
    lines = ["## Types that the SDK exports and `api_openai.types` does not\n"]
    lines += [f"- `{each}`" for each in missing] or ["None."]
    return "\n".join(lines) + "\n"


class _Facade:
    def __init__(
        self, description: Description, areas: Iterable[Area], models: Types, params: Types
    ) -> None:
        self._facts: Exports = exports()
        self._of = Counterparts(description, models, params).of
        self._sides = {"core.api.types": models, "core.api.params": params}
        self._areas = [area.name for area in areas]
        self._made: dict[str, dict[str, Made]] = {}

    def files(self) -> dict[str, str]:
        modules = {
            name: {
                each: found
                for each, target in names.items()
                if (found := self._target(target or f"{name}.{each}")) is not None
            }
            for name, names in self._facts.modules.items()
        }
        packages = self._packages()
        folders = {"", *(each.rpartition(".")[0] for each in packages), *self._facts.packages}
        texts = {
            _path(name, name in folders): _package(
                name, names, _children(name, packages), name in folders
            )
            for name, names in packages.items()
        }
        for name, made in self._made.items():
            texts[f"{HOME}/_aliases/{name}.py"] = _aliases(name, made)
        texts[f"{HOME}/_aliases/__init__.py"] = f'{HEADER}\n"""Types that are no classes."""\n'
        texts[f"{HOME}/_modules.py"] = modules_text(modules)
        texts[FACTS] = self._facts_text()
        return texts

    def missing(self) -> list[str]:
        """The names of packages that have no counterpart."""
        return [
            f"{package}.{name}".strip(".")
            for package, names in self._facts.packages.items()
            for name, target in names.items()
            if self._of(target) is None
        ]

    def _facts_text(self) -> str:
        packages = {name: [*names] for name, names in self._facts.packages.items() if names}
        rows = {"packages": packages, "modules": self._module_names()}
        parts = [
            f" {json.dumps(key)}: {{\n"
            + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in each.items())
            + "\n }"
            for key, each in rows.items()
        ]
        return "{\n" + ",\n".join(parts) + "\n}\n"

    def _module_names(self) -> dict[str, list[str]]:
        """Each module's main class, where we have it: enough to see that the module is there."""
        found: dict[str, list[str]] = {}
        for name, names in self._facts.modules.items():
            main = [each for each in names if is_main(f"{name}.{each}")]
            if main and all(self._of(names[each] or f"{name}.{each}") for each in main):
                found[name] = main
        return found

    def _packages(self) -> dict[str, Names]:
        """Every package with its names: the SDK's, then ours that are free."""
        found: dict[str, Names] = {
            package: {
                name: ours
                for name, target in names.items()
                if (ours := self._target(target)) is not None
            }
            for package, names in self._facts.packages.items()
        }
        for room, types in self._sides.items():
            for area in self._areas:
                for home in (area, types.sessions.get(area)):
                    if home is not None:
                        self._add(found.setdefault(package_of(area), {}), room, home, types)
            shared = SHARED if room == "core.api.types" else f"{SHARED}_params"
            self._add(found[shared], room, SHARED, types)
        for area, made in self._made.items():
            here = found.get(package_of(area.removesuffix("_params")), {})
            for name in made:
                here.setdefault(name, Found(f"types._aliases.{area}", name))
        for package in [*found]:
            above = package.rpartition(".")[0]
            while above:
                found.setdefault(above, {})
                above = above.rpartition(".")[0]
        full = {each for each in found if found[each] or _children(each, found)}
        return {package: found[package] for package in sorted(full)}

    def _add(self, names: Names, room: str, area: str, types: Types) -> None:
        for place, name in types.names.items():
            if types.homes[place] == area:
                names.setdefault(name, Found(f"{room}.{area}", name))

    def _target(self, definition: str) -> Found | None:
        """Where the facade finds our type; one that has to be written is written."""
        found: Counterpart | None = self._of(definition)
        if not isinstance(found, Made):
            return found
        area = self._area(found)
        made = self._made.setdefault(area, {})
        first = _alias_name(found.definition)
        for name in (first, f"{first}Param", *(f"{first}{n}" for n in range(2, 99))):
            known = made.setdefault(name, found)
            if replace(known, definition="") == replace(found, definition=""):
                return Found(f"types._aliases.{area}", name)
        raise ValueError(f"no name is left for {definition}")

    def _area(self, made: Made) -> str:
        """The module of an alias: that of the types it is made of, or of its package."""
        if made.parts:
            room, _, area = made.parts[0].module.rpartition(".")
            return f"{area}_params" if room == "core.api.params" else area
        package = made.definition.rpartition(".")[0].rpartition(".")[0].replace(".", "_")
        return package if package in self._areas else SHARED


def _alias_name(definition: str) -> str:
    """The name of an alias; that of another than its file's main one has the file's in front."""
    module, _, name = definition.rpartition(".")
    file = camel(module.rpartition(".")[2])
    return name if is_main(definition) or name.startswith(file) else f"{file}{name}"


def _path(package: str, folder: bool) -> str:
    path = f"{HOME}/{package.replace('.', '/')}".rstrip("/")
    return f"{path}/__init__.py" if folder else f"{path}.py"


def _children(package: str, packages: Iterable[str]) -> list[str]:
    above = f"{package}." if package else ""
    inside = [each.removeprefix(above) for each in packages if each.startswith(above) and each]
    return sorted(each for each in inside if each and "." not in each)


def _by_home(names: Names) -> dict[str, list[tuple[str, str]]]:
    """Pairs of the name exported and our own, by the module they come from."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, ours in names.items():
        found.setdefault(ours.module, []).append((name, ours.name))
    return {home: sorted(pairs) for home, pairs in sorted(found.items())}


def _package(package: str, names: Names, children: list[str], folder: bool) -> str:
    return "\n".join(_package_lines(package, names, children, folder)) + "\n"


def _package_lines(package: str, names: Names, children: list[str], folder: bool) -> Iterator[str]:
    root = "." * (len(package.split(".")) * bool(package) + 1 + folder)
    what = f"`{package}`" if package else "the API"
    yield HEADER
    yield f'"""Types of {what}, under the official SDK\'s names; each is loaded when first used."""\n'
    homes = _by_home(names)
    yield "from typing import TYPE_CHECKING\n"
    yield "if TYPE_CHECKING:"
    yield from _imports(homes, children, root)
    yield "else:"
    yield f"    from {root}_lazy import attach{', find_modules' * (not package)}\n"
    yield "    find_modules()" if not package else ""
    yield f"    __getattr__, __dir__, __all__ = attach(__name__, {_table(homes)},"
    yield f'        "{" ".join(children)}",' if children else ""
    yield "    )"


def _imports(
    homes: Mapping[str, list[tuple[str, str]]], children: list[str], root: str
) -> Iterator[str]:
    """What checkers read. They take `X as X` for something handed on, and `X as Y` for private."""
    if any(name != own for pairs in homes.values() for name, own in pairs):
        yield "    from typing import TypeAlias\n"
    yield from (f"    from . import {child} as {child}" for child in children)
    for home, pairs in homes.items():
        imported = ", ".join(
            f"{own} as {name}" if name == own else f"{own} as _{name}" for name, own in pairs
        )
        yield f"    from {root}{home} import {imported}"
    yield ""
    for pairs in homes.values():
        for name, own in pairs:
            if name != own:
                yield f"    {name}: TypeAlias = _{name}"


def _table(homes: Mapping[str, list[tuple[str, str]]]) -> str:
    rows: list[str] = []
    for home, pairs in homes.items():
        names = " ".join(_renamed(pairs))
        if len(names) > 70:
            lines = textwrap.fill(names, 84, break_long_words=False, break_on_hyphens=False)
            names = f'""\n{textwrap.indent(lines, " " * 12)}\n        ""'
        rows.append(f'"{home}": "{names}"')
    return "{" + "".join(f"{row}," for row in rows) + "}"


def _renamed(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, own in pairs:
        yield name if name == own else f"{name}={own}"


def modules_text(modules: Mapping[str, Names]) -> str:
    """Return the text of `_modules.py`: what each of the SDK's modules has, by its name."""
    packages: dict[str, list[str]] = {}
    for name, names in sorted(modules.items()):
        if names:
            package, _, module = name.rpartition(".")
            packages.setdefault(package, []).append(_module_line(module, names))
    blocks = (
        f'    {json.dumps(package)}: """\n{"".join(lines)}""",'
        for package, lines in sorted(packages.items())
    )
    return "\n".join([_MODULES_HEAD, "MODULES: Final[dict[str, str]] = {", *blocks, "}", ""])


def _module_line(module: str, names: Names) -> str:
    """A module in the form that `_lazy.read_modules` reads."""
    own = camel(module)
    homes = (
        " ".join([_short_home(home), *(_starred(each, own) for each in _renamed(pairs))])
        for home, pairs in _by_home(names).items()
    )
    return _wrapped(f"{module}: {'; '.join(homes)}", indent="    ") + "\n"


def _starred(text: str, own: str) -> str:
    """Shorten both sides of `Theirs=Ours` where they begin with the module's own name."""
    parts = text.split("=")
    return "=".join(
        f"*{each.removeprefix(own)}" if each.startswith(own) else each for each in parts
    )


def _short_home(home: str) -> str:
    room, _, area = home.rpartition(".")
    return f"{_SHORT_ROOMS[room]}.{area}"


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, 96, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _aliases(name: str, made: Mapping[str, Made]) -> str:
    body = "\n".join(line for each, one in made.items() for line in _alias(each, one))
    typing = [
        each for each in ("Literal", "Required", "TypeAlias") if re.search(rf"\b{each}\b", body)
    ]
    lines = [
        HEADER,
        f'"""Types of `{name}` that the SDK has a name for, and that are no classes."""\n',
    ]
    abstract = re.search(r"\bSequence\[", body)
    lines += ["from collections.abc import Sequence"] if abstract else []
    lines += [f"from typing import {', '.join(typing)}\n"] if typing else []
    for home in sorted({part.module for one in made.values() for part in one.parts}):
        lines.append(f"from ...{home.rpartition('.')[0]} import {_as(home)}")
    return "\n".join([*lines, "", body, ""])


def _alias(name: str, made: Made) -> Iterator[str]:
    parts = [f"{_short(part.module)}.{part.name}" for part in made.parts]
    text = made.text.format(*parts)
    if made.stream is None:
        yield f"{name}: TypeAlias = {text}\n"
        return
    total = "" if made.stream.startswith("Required") else ", total=False"
    yield f"\nclass {name}({text}{total}):"
    yield f'    """`{made.parts[0].name}` with `stream`."""\n'
    yield f"    stream: {made.stream}\n"


def _short(module: str) -> str:
    room, _, area = module.rpartition(".")
    return f"{area}_params" if room == "core.api.params" else area


def _as(module: str) -> str:
    area = module.rpartition(".")[2]
    return area if _short(module) == area else f"{area} as {_short(module)}"
