"""Modules that tests import at the top, and that do not exist in Pyodide: names without use."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

_ABSENT: Final = {"anyio", "httpcore", "httpcore2", "httpx", "httpx2", "trio"}


class _Anything:
    def __init__(self, *args: object, **options: object) -> None: ...


class _StandIn(ModuleType):
    __path__ = []  # noqa: RUF012 (a package's)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made: Any = type(name, (_Anything,), {}) if name[0].isupper() else _StandIn(name)
        setattr(self, name, made)
        return made


class _Finder:
    """Finds a module of nothing under each of those names."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        known = name.partition(".")[0] in _ABSENT
        return ModuleSpec(name, _Finder, is_package=True) if known else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        pass


@contextmanager
def there() -> Generator[None]:
    """Have them where imports find them, and leave them to those who have imported them by then.

    The client itself looks whether trio is there.
    """
    finder: Any = _Finder
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [each for each, made in sys.modules.items() if isinstance(made, _StandIn)]:
            del sys.modules[name]
