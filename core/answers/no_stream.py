"""The errors for an answer that is no stream of events."""

from typing import TYPE_CHECKING, Any

from ..call.error_answers import SNIPPET
from ..json.codec import Codec
from ..json.provenance import provenance_of
from ..json.values import fields_of
from ..terms.errors import ResponseDecodeError
from ..terms.json_text import CodecError, decode_json

if TYPE_CHECKING:
    from ..terms.http_message import ResponseHead

__all__ = ["one_document", "something_else"]


def one_document(
    data: bytes, head: "ResponseHead", document: Codec[Any] | None
) -> ResponseDecodeError:
    """The error for a whole answer; it keeps the answer, as its type where it fits."""
    body: Any = fields_of(decode_json(data))
    if document is not None:
        try:
            value = document.decode(data)
        except CodecError:
            pass
        else:
            body = body if provenance_of(value).issues else value
    kind = head.headers.get("content-type", "of no type")
    return ResponseDecodeError(
        f"expected a stream of events, got one document ({kind}): it is the error's body",
        status_code=head.status,
        headers=head.headers,
        snippet=data[:SNIPPET],
        body=body,
    )


def something_else(data: bytes, head: "ResponseHead") -> ResponseDecodeError:
    """The error for a body in which there is no event; `data` is its beginning."""
    kind = head.headers.get("content-type", "")
    return ResponseDecodeError(
        f"expected a stream of events, got {kind or 'a body without a type'!r}",
        status_code=head.status,
        headers=head.headers,
        snippet=data[:SNIPPET],
    )
