"""`/responses?beta=true`: what `/responses` answers."""

from ..http.errors import ApiError
from ..http.response import HttpResponse
from ..routing.handlers_by_path import found
from .work import Work


def answer(work: Work) -> HttpResponse:
    """Answer as the path does without `beta=true`."""
    route = found(work.call.head.segments())
    if route is None or work.route.method not in route[0]:
        raise ApiError(404, f"There is no {work.path}.", code="unknown_url")
    handlers, _ = route
    return handlers[work.route.method](work.call)
