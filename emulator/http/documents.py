"""JSON that a client sent, read within bounds: a body, or an event of a session."""

from typing import Final

import msgspec

from ...core.terms.nesting import decode
from .errors import ApiError
from .json_documents import Object, is_object

_MOST_VALUES: Final = 1_000_000


def read_document(data: bytes | bytearray, what: str = "body", code: str | None = None) -> Object:
    """Return the object that `data` is; `ApiError` where it is none, with `code`."""
    # An object in Python is a hundred times as large as the two bytes of an empty array.
    if sum(map(data.count, b",[{")) > _MOST_VALUES:
        message = f"The {what} has more than {_MOST_VALUES} values."
        raise ApiError(413, message, code="body_too_large")
    try:
        document: object = decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(400, f"The {what} is not JSON: {error}.", code=code) from None
    if not is_object(document):
        raise ApiError(400, f"The {what} is not a JSON object.", code=code)
    return document
