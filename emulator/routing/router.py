"""Finds the handler of a request before its body comes."""

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from ..faults.scripted import Scripted
from ..http.errors import ApiError
from ..http.json_documents import Object
from ..http.request import RequestHead
from ..http.response import HttpResponse
from ..requests.call import Call
from ..store.state import State
from .handlers_by_path import Handler, file_fields, handlers_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..handlers.work import Work
    from ..requests.catalogue import Catalogue, Route


class Match(NamedTuple):
    """Who answers a request, and what it takes to read it."""

    handler: Handler
    path: tuple[str, ...]
    """The values of the path's parameters."""
    file_fields: frozenset[str] | None = None
    """Where the body is a form: the fields that are files."""


class Router:
    """Finds the handlers of requests."""

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None

    @property
    def catalogue(self) -> "Catalogue":
        """The routes of the API; loaded when a path is asked for that no handler is found by."""
        if self._catalogue is None:
            from ..requests.catalogue import Catalogue

            self._catalogue = Catalogue()
        return self._catalogue

    def match(self, head: RequestHead) -> Match:
        """Return who answers; `ApiError` when nobody does."""
        found = None if head.query.get("beta") == "true" else handlers_at(head.segments())
        if found is None:
            return self._look_up(head)
        handlers, path = found
        handler = handlers.get("GET" if head.method == "HEAD" else head.method)
        if handler is None:
            message = f"{head.method} is not a method of {head.path}."
            allowed = ", ".join(sorted(handlers))
            raise ApiError(405, message, code="method_not_allowed", headers=(("allow", allowed),))
        return Match(handler, path, file_fields(handler))

    def _look_up(self, head: RequestHead) -> Match:
        """Find who answers in the catalogue."""
        route, path = self.catalogue.find(head)
        fields: frozenset[str] | None = None
        if route.blueprint.multipart and "multipart/" in head.headers.get("content-type", ""):
            fields = frozenset(name.partition(".")[0] for name in route.blueprint.files)
        return Match(partial(self._answer, route), path, fields)

    def _answer(self, route: "Route", call: Call) -> HttpResponse:
        """Check a request to a route of the catalogue, and answer it."""
        from ..handlers.generic import plain
        from ..handlers.work import Work
        from ..requests.checks import check_request
        from .handlers_by_operation import BETA_RESPONSES, HANDLERS

        call = check_request(route, call)
        if (beta := BETA_RESPONSES.get(route.name)) is not None:
            return beta(call)
        work = Work(route, self.catalogue, call, partial(self.answer, state=call.state))
        name = HANDLERS.get(route.name)
        return plain(work) if name is None else _loaded(name)(work)

    def answer(
        self,
        head: RequestHead,
        document: Object,
        *,
        state: State,
        scripted: Scripted | None = None,
    ) -> HttpResponse:
        """Answer a request that the emulator makes of itself; `ApiError` where it is refused."""
        match = self.match(head)
        return match.handler(
            Call(
                head=head,
                path=match.path,
                document=document,
                state=state,
                scripted=scripted or Scripted(),
            )
        )


def _loaded(name: str) -> "Callable[[Work], HttpResponse]":
    """Import a handler: `module:function`."""
    module, _, function = name.partition(":")
    handler: Callable[[Work], HttpResponse] = getattr(
        import_module(f"..handlers.{module}", __package__), function
    )
    return handler
