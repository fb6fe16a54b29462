"""What a server says to browsers, so that a page of another origin may call it (CORS).

WHATWG's Fetch, section 3.3: a preflight asks what would be allowed, and each answer says who may
read it, and which header fields.
"""

from collections.abc import Iterator

from ...core.terms.sentinels import NeedData
from .actions import Action
from .receiver import Upgrade
from .request import RequestHead
from .response import Fields, HttpResponse

_ASKS = "access-control-request-"
_ALLOWS = "access-control-allow-"


class Preflight:
    """Receives a preflight, whose answer allows what it asks for to pages of `origin`."""

    def __init__(self, head: RequestHead, origin: str) -> None:
        fields = [*_origin(origin), ("access-control-max-age", "600")]
        for asked, allowed in (
            ("method", "methods"),
            ("headers", "headers"),
            ("private-network", "private-network"),
        ):
            if (value := head.headers.get(_ASKS + asked)) is not None:
                fields.append((_ALLOWS + allowed, value))
        self.early: HttpResponse | Action | None = HttpResponse(status=204, headers=tuple(fields))

    @staticmethod
    def asks(head: RequestHead) -> bool:
        """Whether a request is a preflight."""
        fields = head.headers
        return head.method == "OPTIONS" and "origin" in fields and _ASKS + "method" in fields

    def receive_data(self, data: bytes) -> HttpResponse | None:
        return None

    def upgrade(self) -> Upgrade | None:
        return None

    def response(self) -> HttpResponse:
        raise AssertionError("it was answered early")

    def wire(self, actions: Iterator[Action | NeedData]) -> Iterator[Action | NeedData]:
        return actions


def allowed(response: HttpResponse, origin: str) -> HttpResponse:
    """Return an answer that pages of `origin` may read, with all of its header fields."""
    names = ", ".join(dict.fromkeys(name for name, _ in response.headers))
    return response.with_headers(*_origin(origin), ("access-control-expose-headers", names))


def _origin(origin: str) -> Fields:
    field = (f"{_ALLOWS}origin", origin)
    return (field,) if origin == "*" else (field, ("vary", "origin"))
