"""httpx and httpx2, told apart: two packages with the same names, of which a client has one."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any, Final

__all__ = ["Package", "check_client", "package_of"]

Package = Any
"""The module `httpx`, or `httpx2`. No type says both: what is used of them they have in common."""

NAMES: Final = ("httpx", "httpx2")


def package_of(client: object) -> Package:
    """Return the package that a client is of."""
    for package in _loaded():
        if isinstance(client, (package.Client, package.AsyncClient)):
            return package
    raise TypeError(_expected(client, "Client or AsyncClient"))


def check_client(client: object, *, asynchronous: bool) -> None:
    """Raise `TypeError`, naming `http_client`, unless `client` is of the kind that can serve.

    A class is loaded where there is an object of it: nothing is imported for this.
    """
    wanted = "AsyncClient" if asynchronous else "Client"
    if not any(isinstance(client, getattr(package, wanted)) for package in _loaded()):
        raise TypeError(_expected(client, wanted))


def _loaded() -> list[Package]:
    return [sys.modules[name] for name in NAMES if name in sys.modules]


def _expected(client: object, wanted: str) -> str:
    kind = client if isinstance(client, type) else type(client)
    home = kind.__module__.partition(".")[0]
    got = (
        f"the class {home}.{kind.__qualname__}" if kind is client else f"{home}.{kind.__qualname__}"
    )
    for package in _loaded():
        for name in ("Client", "AsyncClient"):
            if isinstance(client, getattr(package, name)):
                got = f"{package.__name__}.{name}"
    by = "an async client takes" if wanted == "AsyncClient" else "a blocking client takes"
    return f"http_client: {by} an httpx.{wanted} or httpx2.{wanted}, got {got}"


@lru_cache(maxsize=32)
def made_for(kind: type, *bases: type) -> Any:
    """Return `kind` as a class of one of the packages too: these ask for their own."""
    return type(kind.__name__, (kind, *bases), {"__doc__": kind.__doc__})
