"""Every route of the API, found from the operations that the client has for it.

An area's module is imported when a path is asked for that it may have: those first whose names
share words with the path, and all of them before a path is said not to exist.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import FunctionType, ModuleType
from typing import Any, Final

from ...core.request.blueprint import Blueprint
from ..http.errors import ApiError
from ..http.request import RequestHead

_API: Final = __name__.rpartition(".emulator.")[0] + ".core.api"
_OPERATIONS: Final = _API + ".operations"
_PARAMS: Final = _API + ".params"


class Route:
    """One verb at one path."""

    def __init__(self, blueprint: Blueprint, area: str, params: str) -> None:
        self.blueprint = blueprint
        self.name = blueprint.name
        self.method = blueprint.method
        path, _, query = blueprint.path.partition("?")
        self.path = path
        self.parts = tuple(path.split("/")[1:])
        self.query = query
        """What has to be in the query for this route and no other: `beta=true`, or nothing."""
        self.names = tuple(part[1:-1] for part in self.parts if part.startswith("{"))
        self._area = area
        self._params = params

    def __repr__(self) -> str:
        return f"Route({self.method} {self.blueprint.path})"

    @property
    def is_item(self) -> bool:
        """Whether the path names one object, as `/files/{file_id}` does."""
        return self.parts[-1].startswith("{")

    @property
    def is_list(self) -> bool:
        """Whether it answers pages."""
        return type(self.blueprint.answer).__name__ == "PageAnswer" and self.method == "GET"

    def params(self) -> Any:
        """Return the typed dict of its parameters; `None` where it has none but the path's."""
        if not self._params:
            return None
        return getattr(import_module(f"{_PARAMS}.{self._area}"), self._params)


class Catalogue:
    """The routes found so far, of every area that was needed."""

    def __init__(self) -> None:
        self._waiting: list[str] | None = None
        self._by_shape: dict[int, list[Route]] = {}
        self.routes: list[Route] = []

    def find(self, head: RequestHead) -> tuple[Route, tuple[str, ...]]:
        """Return who answers, and the values of the path's parameters.

        Raises the API's refusal of a path (404) or a method (405) that it has not.
        """
        segments = head.segments()
        method = "GET" if head.method == "HEAD" else head.method
        found: list[Route] = []
        for _ in self._imports(segments):
            found = self._at(segments, head.query)
            fitting = [each for each in found if each.method == method]
            if fitting:
                best = min(fitting, key=_openness)
                values = zip(best.parts, segments, strict=True)
                return best, tuple(value for part, value in values if part.startswith("{"))
        if not found:
            message = f"There is no {head.method} {head.path}."
            raise ApiError(404, message, code="unknown_url")
        allowed = ", ".join(sorted({each.method for each in found}))
        message = f"{head.method} is not a method of {head.path}."
        raise ApiError(405, message, code="method_not_allowed", headers=(("allow", allowed),))

    def at(self, path: str) -> list[Route]:
        """Return the routes of one template, in the areas imported so far."""
        return [each for each in self.routes if each.path == path and not each.query]

    def all(self) -> list[Route]:
        """Return every route of the API."""
        for _ in self._imports(()):
            pass
        return self.routes

    def _at(self, segments: tuple[str, ...], query: Any) -> list[Route]:
        rows = self._by_shape.get(len(segments), ())
        found = [each for each in rows if _matches(each, segments)]
        special = [each for each in found if each.query]
        wanted = [each for each in special if query.get(each.query.partition("=")[0]) == "true"]
        return wanted or [each for each in found if not each.query]

    def _imports(self, segments: tuple[str, ...]) -> Any:
        """Import one area after the other, the likely ones first; yield after each."""
        if self._waiting is None:
            package = import_module(_OPERATIONS)
            self._waiting = sorted(each.name for each in iter_modules(package.__path__))
        words = {word for part in segments[:3] for word in part.split("_")}
        likely = sorted(
            self._waiting,
            key=lambda area: -len(words & set(area.split("_"))),
        )
        yield
        for area in likely:
            self._waiting.remove(area)
            self._add(import_module(f"{_OPERATIONS}.{area}"), area)
            yield

    def _add(self, module: ModuleType, area: str) -> None:
        params: dict[str, str] = {}
        for value in vars(module).values():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                kind = str(value.__annotations__.get("options", ""))
                kind = kind.removeprefix("Unpack[").removesuffix("]")
                kind = kind.removesuffix("Base")  # those that the answer hangs on are apart
                for name in value.__code__.co_names:
                    params[name] = "" if kind == "Options" else kind
        for name, value in vars(module).items():
            if isinstance(value, Blueprint) and value.alias_of is None:
                route = Route(value, area, params.get(name, ""))
                self.routes.append(route)
                self._by_shape.setdefault(len(route.parts), []).append(route)


def _matches(route: Route, segments: tuple[str, ...]) -> bool:
    return all(
        bool(segment) if part.startswith("{") else part == segment
        for part, segment in zip(route.parts, segments, strict=True)
    )


def _openness(route: Route) -> tuple[bool, ...]:
    return tuple(part.startswith("{") for part in route.parts)
