"""Requests that the emulator makes of itself: the lines of a batch."""

import msgspec

from ..http.errors import ApiError
from ..http.exchange import Call, Head, Reply
from ..http.json_documents import Object, is_object
from ..requests.catalogue import Catalogue
from ..routing.handlers_by_path import routed
from ..store.state import State


def ask(catalogue: Catalogue, state: State, url: str, document: Object) -> tuple[int, Object]:
    """Return the status and the document that a POST to `url` answers."""
    head = Head.of(b"POST", url.encode(), _HEADERS)
    try:
        reply = _reply(catalogue, state, head, document)
    except ApiError as error:
        return error.status, error.document()
    body = reply.body if isinstance(reply.body, (bytes, bytearray)) else b"null"
    answer: object = msgspec.json.decode(body)
    return reply.status, answer if is_object(answer) else {}


_HEADERS = ((b"authorization", b"Bearer batch"),)


def _reply(catalogue: Catalogue, state: State, head: Head, document: Object) -> Reply:
    route = routed(head)
    if route is not None and "POST" in route[0]:
        return route[0]["POST"](Call(head=head, path=route[1], document=document, state=state))
    from .generic import answer

    endpoint, path = catalogue.find(head)
    return answer(endpoint, catalogue, Call(head=head, path=path, document=document, state=state))
