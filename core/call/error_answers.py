"""Makes exceptions of error answers, in all the forms that servers give them."""

from typing import Any, Final

from ..json.codec import MisfitError
from ..json.values import fields_of, items
from ..terms.errors import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    ResponseDecodeError,
    error_class,
)
from ..terms.http_message import ResponseHead
from ..terms.json_text import CodecError, decode_json

SNIPPET = 512
"""Bytes of an unreadable body that an error keeps."""


def status_error(head: ResponseHead, body: bytes, undecoded: str = "") -> APIStatusError:
    """Make the exception for an answer with an error status.

    Reads `{"error": {...}}`, `{"error": "text"}`, `{"detail": ...}`, `{"message": ...}`, problem
    documents (RFC 9457) and plain text; the document itself is the error's `body`, and the bytes
    that it was are those of its `response`. `undecoded` says why they cannot be read.
    """
    details, text = (None, undecoded) if undecoded else _details(_document(body))
    what = f"Error code: {head.status}"
    if 300 <= head.status < 400:
        where = head.headers.get("location", "nowhere")
        what += f" (redirects are not followed; it points to {where})"
    return error_class(head.status)(
        f"{what} - {text}" if text else what,
        status_code=head.status,
        headers=head.headers,
        body=details,
        content=body,
    )


def unreadable(error: CodecError, head: ResponseHead, content: bytes, what: str) -> APIError:
    """Make the exception for an answer, or an event of one, that could not be decoded."""
    kind = head.headers.get("content-type", "no content type")
    message = f"{what}: {error} (status {head.status}, {kind}, {len(content)} bytes)"
    if isinstance(error, MisfitError):
        return APIResponseValidationError(
            message, status_code=head.status, headers=head.headers, issues=error.issues
        )
    return ResponseDecodeError(
        message, status_code=head.status, headers=head.headers, snippet=content[:SNIPPET]
    )


def reported_error(document: Any) -> APIError:
    """Make the exception for an error document under a 200, whole or in the middle of a stream."""
    if not is_error(fields_of(document).get("error")):
        for choice in items(fields_of(document).get("choices")):
            if is_error(error := fields_of(choice).get("error")):
                document = {"error": error}
    details, text = _details(document)
    return APIError(text or "The server reported an error.", body=details)


def is_error(value: object) -> bool:
    """Whether the `error` of a document says that there was one."""
    return value is not None and value is not False and value not in ("", {}, [])


def reports_error(document: dict[str, Any]) -> bool:
    """Whether a document that is not of its type is an error document, in a form that servers use.

    These are `error` at its top or in a choice, `"object": "error"` or `"type": "error"`, and
    `detail`, or a text as `message`, in a document that has nothing else to say.
    """
    if is_error(document.get("error")):
        return True
    choices: Any = document.get("choices")
    if choices:  # the usual case by far: a chunk or an answer with something unknown in it
        for choice in items(choices):
            if is_error(fields_of(choice).get("error")):
                return True
    if document.get("object") == "error" or document.get("type") == "error":
        return True
    says = "detail" in document or isinstance(document.get("message"), str)
    return says and document.keys() <= _OF_ERRORS


_OF_ERRORS: Final = frozenset(
    [
        "code",
        "created",
        "detail",
        "details",
        "error_code",
        "errors",
        "id",
        "instance",
        "message",
        "object",
        "param",
        "path",
        "request_id",
        "requestId",
        "status",
        "statusCode",
        "status_code",
        "success",
        "timestamp",
        "title",
        "trace_id",
        "type",
    ]
)
"""Keys that documents have beside `detail` or `message` when these are what they are about."""


def _document(body: bytes) -> Any:
    """The body as JSON where it is that, as text otherwise, `None` where it is empty."""
    if not body.strip():
        return None
    try:
        return decode_json(body)
    except CodecError:
        return body.decode("utf-8", "replace")


def _details(document: Any) -> tuple[Any, str]:
    """The part of an error document that describes the error, and its message."""
    details: Any = fields_of(document).get("error") or document
    if isinstance(details, str):
        return details, details[:SNIPPET]
    fields = fields_of(details)
    for name in ("message", "detail", "title", "error"):
        value = fields.get(name)
        if value:
            return details, value if isinstance(value, str) else repr(value)[:SNIPPET]
    return details, "" if details is None else repr(details)[:SNIPPET]
