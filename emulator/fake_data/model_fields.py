"""Fields of models, with the values of open enumerations, which are lost at run time.

`Open["a", "b"]` is `str` once it runs, so that decoding takes what a server adds. To make an
instance one has to know the values, and they stand in the source: the annotations of a class are
read there once more, with `Literal` in the place of `Open`. Where a program is shipped without
sources, the annotations are those that the classes have, and any string is a value.
"""

import ast
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args, get_origin

import msgspec

from ...core.json.annotations import members
from ...core.json.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES: Final = __name__.rpartition(".emulator.")[0] + ".core.api.types"


class Field(NamedTuple):
    """A field of a model."""

    name: str
    """As it is in JSON."""
    type: Any
    """With the values of enumerations, for making a value."""
    plain: Any
    """As the codec sees it, for checking one."""
    required: bool


def resolve(ref: Any) -> Any:
    """Return the type that an answer refers to: a type itself, or `module:Name`."""
    if not isinstance(ref, str):
        return ref
    module, _, name = ref.partition(":")
    return _source(module).names[name]


def fields(cls: type[Model]) -> tuple[Field, ...]:
    """Return the fields of a model, without its tag."""
    found = _FIELDS.get(cls)
    if found is None:
        written = _written(cls)
        found = _FIELDS[cls] = tuple(
            Field(each.encode_name, written.get(each.name, each.type), each.type, each.required)
            for each in msgspec.structs.fields(cls)
        )
    return found


def values(kind: Any) -> tuple[Any, ...]:
    """Return the values of an enumeration, whether or not it may be null; none of other types."""
    return tuple(
        value for each in members(kind) if get_origin(each) is Literal for value in get_args(each)
    )


_FIELDS: Final[dict[type[Model], tuple[Field, ...]]] = {}
_SOURCES: Final[dict[str, "_Source"]] = {}


def _written(cls: type[Model]) -> dict[str, Any]:
    package, _, module = cls.__module__.rpartition(".")
    if package != _TYPES:
        return {}
    source = _source(module)
    return {name: source.value(node) for name, node in source.classes.get(cls.__name__, {}).items()}


def _source(name: str) -> "_Source":
    found = _SOURCES.get(name)
    if found is None:
        found = _SOURCES[name] = _Source(import_module(f"{_TYPES}.{name}"))
        found.read()
    return found


class _Source:
    """A module of `core.api.types` as it was written."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.names: dict[str, Any] = {**vars(module), "Open": Literal}
        self.classes: dict[str, Mapping[str, ast.expr]] = {}

    def read(self) -> None:
        # Not every loader has it, and its type does not say so.
        get_source: Any = getattr(self._module.__loader__, "get_source", None)
        text: str = (get_source and get_source(self._module.__name__)) or ""
        for node in ast.parse(text).body:
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                self._borrow(node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = {
                    each.target.id: each.annotation
                    for each in node.body
                    if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                }
            else:
                self._define(node)

    def _define(self, node: ast.stmt) -> None:
        """Take a union or an enumeration that has a name."""
        match node:
            case ast.AnnAssign(ast.Name(name), ast.Name("TypeAlias"), ast.expr() as value):
                self.names[name] = self.value(value)
            case _:
                pass

    def _borrow(self, node: ast.ImportFrom) -> None:
        """Take unions and enumerations of other modules as they were written there."""
        for each in node.names:
            if node.module is None:
                self.names[each.asname or each.name] = SimpleNamespace(**_source(each.name).names)
            else:
                self.names[each.asname or each.name] = _source(node.module).names[each.name]

    def value(self, node: ast.expr) -> Any:
        """Return what an expression stands for."""
        whole = ast.fix_missing_locations(ast.Expression(_Unquoted().visit(node)))
        # The package's own source, which was run when the module was imported.
        return eval(compile(whole, self._module.__name__, "eval"), dict(self.names))


class _Unquoted(ast.NodeTransformer):
    """Names in quotes, because what they name comes later, without the quotes."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in ("Open", "Literal"):
            return node
        self.generic_visit(node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            return ast.parse(node.value, mode="eval").body
        return node
