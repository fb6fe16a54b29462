"""What is to be seen of server-sent events before they are decoded."""

from typing import Any, Final

from ..call.error_answers import is_error, reports_error
from ..http.sse import ServerSentEvent
from ..json.encode import encode
from ..terms.json_text import CodecError, decode_json

__all__ = [
    "DONE",
    "PING",
    "is_whole",
    "may_be_event",
    "may_tell_of_errors",
    "tells_of_an_error",
    "with_name",
]

DONE: Final = b"[DONE]"

PING: Final = "ping"
"""The name of events that only keep a connection alive; the others of that kind have no data."""

CHUNK: Final = "chat.completion.chunk"


def may_tell_of_errors(event: ServerSentEvent) -> bool:
    """The quick look: every document that `reports_error` takes for one has one of these."""
    data = event.data
    return (
        event.event == "error" or b'error"' in data or b'"detail"' in data or b'"message"' in data
    )


def tells_of_an_error(
    event: ServerSentEvent, fields: dict[str, Any], terminal: tuple[str, ...], typed: bool
) -> bool:
    """Whether an event reports that something went wrong with the stream.

    If they are `typed`, no event of a type does.
    """
    if not may_tell_of_errors(event):
        return False
    kind = fields.get("type")
    if typed and kind is not None:
        return False
    if "error" in terminal and (kind or event.event) == "error":
        return is_error(fields.get("error"))  # the API's own event has none
    return event.event == "error" or reports_error(fields)


def may_be_event(fields: dict[str, Any], typed: bool) -> bool:
    """Whether JSON without `data:` is an event all the same; `typed` ones have a type."""
    return fields.get("object") == CHUNK or bool(typed and fields.get("type"))


def is_whole(event: ServerSentEvent) -> bool:
    """Whether nothing but the empty line behind it may be missing of an event."""
    data = event.data.strip()
    if data == DONE or event.event == "error":
        return True
    try:
        decode_json(data)
    except CodecError:
        return False
    return True


def with_name(event: ServerSentEvent) -> ServerSentEvent:
    """Put name and data into one document, but of an error or of an event that has no data."""
    name, data = event.event, event.data
    if name in ("", "error", PING) or not data.strip() or data == DONE:
        return event
    return ServerSentEvent(b'{"event":%b,"data":%b}' % (encode(name), data), name)
