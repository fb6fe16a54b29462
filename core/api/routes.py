"""The endpoint of the API that a request is for, found by the end of its path.

What stands before it is a base URL's, which may be any: `/v1`, or the deployment of a model.
"""

from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from ..request.blueprint import Blueprint

__all__ = ["blueprint_for"]

_OPERATIONS: Final = f"{__package__}.operations"


@lru_cache(maxsize=512)
def blueprint_for(method: str, path: str) -> Blueprint | None:
    """Return the endpoint at `path` (without a query), `None` for what is none of the API.

    Only the areas are imported whose names share a word with the path.
    """
    parts = tuple(part for part in path.split("/") if part)
    words = {word for part in parts for word in part.split("_")}
    found = [
        each
        for area in _areas()
        if words & set(area.split("_"))
        for each in _endpoints(area)
        if each.method == method and _fits(each, parts)
    ]
    return min(found, key=_openness, default=None)


@cache
def _areas() -> tuple[str, ...]:
    return tuple(each.name for each in iter_modules(import_module(_OPERATIONS).__path__))


@cache
def _endpoints(area: str) -> tuple[Blueprint, ...]:
    values = vars(import_module(f"{_OPERATIONS}.{area}")).values()
    return tuple(each for each in values if isinstance(each, Blueprint) and not each.alias_of)


def _parts(blueprint: Blueprint) -> tuple[str, ...]:
    return tuple(blueprint.path.partition("?")[0].split("/")[1:])


def _fits(blueprint: Blueprint, parts: tuple[str, ...]) -> bool:
    own = _parts(blueprint)
    return len(own) <= len(parts) and all(
        mine == other or mine.startswith("{")
        for mine, other in zip(own, parts[len(parts) - len(own) :], strict=True)
    )


def _openness(blueprint: Blueprint) -> tuple[object, ...]:
    """The longest comes first, of those the one that says most; a beta only where it is the only one."""
    own = _parts(blueprint)
    opened = sum(part.startswith("{") for part in own)
    return (opened - len(own), "?" in blueprint.path, opened)
