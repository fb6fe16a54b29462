"""What is to be seen of server-sent events before they are decoded."""

from typing import Final

from ..http.sse import ServerSentEvent
from ..json.encode import encode
from ..terms.json_text import CodecError, decode_json

__all__ = ["CHUNK", "DONE", "PING", "is_whole", "may_tell_of_errors", "with_name"]

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
