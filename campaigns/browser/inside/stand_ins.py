"""Modules that tests import at the top, and that do not exist in Pyodide: names without use."""

import sys
from types import ModuleType
from typing import Any

_ABSENT = ("anyio", "anyio.lowlevel", "httpcore", "httpcore2", "httpx", "httpx2", "trio")


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made: Any = type(name, (), {}) if name[0].isupper() else _StandIn(name)
        setattr(self, name, made)
        return made


def put() -> None:
    """Put them where imports find them."""
    for name in _ABSENT:
        sys.modules.setdefault(name, _StandIn(name))
