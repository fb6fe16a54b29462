"""Requests that the emulator makes of itself: the lines of a batch."""

import msgspec

from ..http.errors import ApiError
from ..http.json_documents import Object, is_object
from ..http.request import RequestHead
from ..http.response import HttpResponse
from ..requests.call import Call
from ..requests.catalogue import Catalogue
from ..routing.handlers_by_path import routed
from ..store.state import State


def ask(catalogue: Catalogue, state: State, url: str, document: Object) -> tuple[int, Object]:
    """Return the status and the document that a POST to `url` answers."""
    head = RequestHead.of(b"POST", url.encode(), _HEADERS)
    try:
        response = _reply(catalogue, state, head, document)
    except ApiError as error:
        return error.status, error.document()
    body = response.body if isinstance(response.body, (bytes, bytearray)) else b"null"
    answer: object = msgspec.json.decode(body)
    return response.status, answer if is_object(answer) else {}


_HEADERS = ((b"authorization", b"Bearer batch"),)


def _reply(catalogue: Catalogue, state: State, head: RequestHead, document: Object) -> HttpResponse:
    route = routed(head)
    if route is not None and "POST" in route[0]:
        return route[0]["POST"](Call(head=head, path=route[1], document=document, state=state))
    from .generic import answer

    route, path = catalogue.find(head)
    return answer(route, catalogue, Call(head=head, path=path, document=document, state=state))
