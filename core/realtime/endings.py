"""How a session ended, as the caller's error."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..call.reply import Answered
from ..terms.session_errors import WebSocketConnectionClosedError
from ..websocket.events import NORMAL
from .outbox import frame_of
from .reconnect import NO_CLOSE, NO_CODE

if TYPE_CHECKING:
    from .link import Link


def error_of(
    link: "Link[Any]", answered: Answered, unheard: Iterable[str | bytes]
) -> WebSocketConnectionClosedError:
    """Say how the connection `link`, whose handshake was `answered`, has ended."""
    closed, cause = link.closed, link.failure
    masks = answered.redaction
    error = WebSocketConnectionClosedError(
        masks.text(words_of(link)),
        close_code=None if closed is None else closed.code,
        close_reason="" if closed is None else masks.text(closed.reason),
        unsure_frames=[*unheard, *map(frame_of, link.unsure)],
    )
    error.__cause__ = None if cause is None else masks.error(cause)
    return answered.on_error(error)


def words_of(link: "Link[Any]") -> str:
    """Say how a connection has ended."""
    closed = link.closed
    if link.failure is not None:
        return f"The session broke: {link.failure.message}"
    if closed is None:
        return "The session was closed" if link.closing else "The session's connection was given up"
    said = f": {closed.reason}" if closed.reason else ""
    number = "without a code" if closed.code is None else f"with code {closed.code}"
    return f"The session was closed {number}{said}"


def again(
    closed: WebSocketConnectionClosedError, unsent: str | bytes | None
) -> WebSocketConnectionClosedError:
    """The error of the end for one more call, which could not send `unsent`."""
    error = WebSocketConnectionClosedError(
        closed.message,
        close_code=closed.close_code,
        close_reason=closed.close_reason,
        unsent_messages=closed.unsent_frames if unsent is None else [unsent],
        unsure_frames=closed.unsure_frames,
    )
    error.operation, error.request_id = closed.operation, closed.request_id
    error.__cause__ = closed.__cause__
    return error


def code_of(error: WebSocketConnectionClosedError) -> int:
    """The code of an end, with the stand-ins of RFC 6455 section 7.4.1 where there was none."""
    if error.close_code is not None:
        return error.close_code
    return NO_CLOSE if error.__cause__ is not None else NO_CODE


def is_regular(error: WebSocketConnectionClosedError) -> bool:
    """Whether the server said, with code 1000, that all is done."""
    return error.close_code == NORMAL and error.__cause__ is None
