"""Makes `codegen/exports.json`: which type names the official SDK exports, and where.

`python -m codegen.exports` needs the SDK installed; the generator itself does not. Only its source
is read, and only names and the shape of aliases are taken: every module under `openai.types` with
the names it defines or hands on, and what those of them are that are no classes.
"""

import ast
import importlib.util
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .tables import EXPORTS_FILE

_ABSTRACT: Final = {
    "Iterable": "Sequence",
    "SequenceNotStr": "Sequence",
    "List": "list",
    "Dict": "dict",
    "Mapping": "dict",
}
_PLAIN: Final = frozenset({"str", "int", "float", "bool", "object", "None", "dict", "list"})
_TYPING: Final = frozenset({"Union", "Optional", "Literal", "Sequence", "Any"})


def main() -> None:
    """Rewrite the table."""
    spec = importlib.util.find_spec("openai")
    if spec is None or spec.origin is None:
        raise SystemExit("the official SDK is not installed: pip install --group bench")
    EXPORTS_FILE.write_text(_text(read(Path(spec.origin).parent / "types")))


def _text(found: "Exports") -> str:
    parts = [
        f"  {json.dumps(key)}: {{\n"
        + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(rows.items()))
        + "\n  }"
        for key, rows in (
            ("packages", found.packages),
            ("modules", found.modules),
            ("aliases", found.aliases),
        )
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


@dataclass
class Exports:
    """What the source says. A definition is `module.Name`, below `openai.types`."""

    packages: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """The names of each package, by the definition that they lead to."""
    modules: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """The same for modules; a name that is defined in the module itself leads nowhere: ""."""
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    """Definitions that are no classes, as Python expressions over definitions."""


def read(root: Path) -> Exports:
    """Read every module below `root`."""
    files: dict[str, _File] = {}
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if package else parts)
        files[name] = _File(name, package, ast.parse(path.read_text()))
    found = Exports()
    for name, each in files.items():
        names = {
            alias: _follow(files, target)
            for alias, target in each.imports.items()
            if not alias.startswith("_") and alias in each.public
        }
        names |= dict.fromkeys(each.own, "")
        if each.package:
            found.packages[name] = names
        else:
            found.modules[name] = names
        for own, value in each.own.items():
            if value is not None and (text := _written(files, each, value)):
                found.aliases[f"{name}.{own}"] = text
    return found


class _File:
    def __init__(self, name: str, package: bool, tree: ast.Module) -> None:
        self.name = name
        self.package = package
        self.imports: dict[str, str] = {}
        self.public: set[str] = set()
        self.own: dict[str, ast.expr | None] = {}
        """Public names that are defined here, with their values; classes have none."""
        base = name.split(".") if name else []
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                up = node.level - package
                at = [*base[: len(base) - up], *(node.module or "").split(".")]
                for each in node.names:
                    target = ".".join(part for part in [*at, each.name] if part)
                    outside = up > len(base)
                    self.imports[each.asname or each.name] = "" if outside else target
                    if package or each.asname == each.name:
                        self.public.add(each.asname or each.name)
        for node in tree.body:
            match node:
                case ast.ClassDef(name=own):
                    self._define(own, None)
                case ast.Assign(targets=[ast.Name(id=own)], value=value):
                    self._define(own, value)
                case ast.AnnAssign(target=ast.Name(id=own), value=ast.expr() as value):
                    self._define(own, value)
                case _:
                    pass

    def _define(self, name: str, value: ast.expr | None) -> None:
        if not name.startswith("_"):
            self.own[name] = value


def _follow(files: dict[str, _File], target: str) -> str:
    """The definition that an import leads to; "" for one outside."""
    module, _, name = target.rpartition(".")
    there = files.get(module)
    if there is None or name in there.own:
        return target
    return _follow(files, there.imports[name]) if there.imports.get(name) else ""


def _written(files: dict[str, _File], file: _File, node: ast.expr) -> str | None:
    """An expression over definitions; `None` if it says anything else than a type."""
    match node:
        case ast.Constant(value=str() as text) if not text.isidentifier():
            return _written(files, file, ast.parse(text, mode="eval").body)
        case ast.Constant(value=str() as text):
            return _named(files, file, text)
        case ast.Constant(value=None):
            return "None"
        case ast.Name(id=name):
            return _named(files, file, name)
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            at = file.imports.get(module)
            return _follow(files, f"{at}.{name}") if at else None
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[first, *_])):
            return _written(files, file, first)
        case ast.Subscript(value=ast.Name(id="Literal")):
            return ast.unparse(node)
        case ast.Subscript(value=ast.Name(id=outer), slice=inner):
            elements = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            parts = [_written(files, file, each) for each in elements]
            if any(part is None for part in parts):
                return None
            return f"{_ABSTRACT.get(outer, outer)}[{', '.join(part for part in parts if part)}]"
        case _:
            return None


def _named(files: dict[str, _File], file: _File, name: str) -> str | None:
    if name in file.own:
        return f"{file.name}.{name}"
    if name in file.imports:
        return _follow(files, file.imports[name]) or None
    return name if name in _PLAIN | _TYPING else None


if __name__ == "__main__":
    main()
