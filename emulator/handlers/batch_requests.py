"""The requests in the lines of a batch, which the emulator makes of itself."""

from typing import Final

from ...core.terms.nesting import decode
from ..http.errors import ApiError
from ..http.json_documents import Object, is_object
from ..http.request import RequestHead
from .work import Work


def ask(work: Work, url: str, document: Object) -> tuple[int, Object]:
    """Return the status and the document that a POST to `url` answers."""
    head = RequestHead.of(b"POST", url.encode(), _HEADERS)
    try:
        response = work.ask(head, document)
    except ApiError as error:
        return error.status, error.document()
    body = response.body if isinstance(response.body, (bytes, bytearray)) else b"null"
    answer: object = decode(body)
    return response.status, answer if is_object(answer) else {}


_HEADERS: Final = ((b"authorization", b"Bearer batch"),)
