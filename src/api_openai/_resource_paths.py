"""Classes of resources by the paths of the official SDK: `resources.chat.completions.Completions`.

A path is that of the resource on a client, its last name twice if you like. What begins with `Async`
and has no class of its own is the part of a class that is for async clients.
"""

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from importlib.abc import Loader

    from .client.binding.resource import Resource
else:
    Loader = object

_RESOURCES: Final = "api_openai.resources"
_TREE: Final = "api_openai.client.tree.resources"


def class_named(path: str, name: str) -> Any:
    """The class with a name in the module of a path; `AttributeError` where there is none."""
    found: Any = _named(path, name) if name[:1].isupper() else None
    if found is not None:
        return found
    blocking: Any = _named(path, name.removeprefix("Async")) if name.startswith("Async") else None
    if blocking is not None:
        from .client.binding.twins import twin_of

        return twin_of(blocking)
    module = ".".join(filter(None, (_RESOURCES, path)))
    raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)


def _named(path: str, name: str) -> "type[Resource[Any]] | None":
    """A resource of the path, or of one below it, by its name there; else a class of its area."""
    if (kind := _at(path)) is not None:
        if _written(path.rpartition(".")[2], name):
            return kind
        for each in dir(kind):
            if _written(each, name) and (below := _below(kind, each)) is not None:
                return below
    found = getattr(_area(path), name, None)
    return found if isinstance(found, type) else None


def _written(resource: str, name: str) -> bool:
    """Whether the name of a class is that of a resource."""
    return resource.replace("_", "") == name.lower()


@cache
def _at(path: str) -> "type[Resource[Any]] | None":
    """The class of the resource at a path of the client; of none at all, that of the whole tree."""
    kind: type[Resource[Any]] | None = import_module(_TREE).Resources
    names = path.split(".") if path else []
    for at, name in enumerate(names):
        assert kind is not None
        again = at == len(names) - 1 and at > 0 and name == names[at - 1]
        below = _below(kind, name) or (kind if again else None)
        if below is None:
            return None
        kind = below
    return kind


def _below(kind: "type[Resource[Any]]", name: str) -> "type[Resource[Any]] | None":
    found: Any = getattr(kind, name, None)
    if not isinstance(found, property):
        return None  # a method, or a view
    get: Any = found.fget
    nobody: Any = None
    below: Resource[Any] = get(kind(nobody))
    return type(below)


def _area(path: str) -> ModuleType | None:
    """The module with the classes of an area, of which `path` is the name, or that of a resource."""
    if path in sys.modules[_RESOURCES].__all__:
        return import_module(f"{_TREE}.{path}")
    kind = _at(path)
    return None if kind is None else sys.modules[kind.__module__]


class _Paths(Loader):
    """A finder and loader of the modules below `api_openai.resources`, which have no files."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, below = fullname.partition(f"{_RESOURCES}.")
        if package or not below or _area(below) is None:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        path = module.__name__.removeprefix(f"{_RESOURCES}.")

        def get(name: str) -> object:
            value = class_named(path, name)
            setattr(module, name, value)
            return value

        def listed() -> list[str]:
            return sorted({*vars(module), *dir(_area(path))})

        vars(module).update(__getattr__=get, __dir__=listed)


def find_paths() -> None:
    """Let the modules of resources be imported."""
    if not any(isinstance(each, _Paths) for each in sys.meta_path):
        sys.meta_path.append(_Paths())
