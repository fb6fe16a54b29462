"""Errors of sessions over a WebSocket."""

from collections.abc import Sequence

from .base_errors import OpenAIError
from .errors import APIConnectionError

Frames = Sequence[str | bytes]


class WebSocketQueueFullError(OpenAIError):
    """Events wait to be sent, and one more would be too many bytes; it was not taken."""


class WebSocketConnectionClosedError(APIConnectionError):
    """A session is over: one side has closed it, or its connection broke (then there is a cause).

    `close_code` and `close_reason` are those of the server's close frame (RFC 6455 section 7.4);
    the code is `None` where there was no such frame, or none in it. What this side had not sent is
    in `unsent_frames`, in order, and as `unsent_messages` where it is text. `unsure_frames` may have
    been received or not: they were sent, at least in part, and the server said nothing afterwards.
    """

    def __init__(
        self,
        message: str,
        *,
        close_code: int | None = None,
        close_reason: str = "",
        unsent_messages: Frames = (),
        unsure_frames: Frames = (),
    ) -> None:
        super().__init__(message, sent="answered")
        self.close_code = close_code
        self.close_reason = close_reason
        self.unsent_frames: list[str | bytes] = list(unsent_messages)
        self.unsure_frames: list[str | bytes] = list(unsure_frames)

    @property
    def unsent_messages(self) -> list[str]:
        """The events that were not sent, as text."""
        return [frame for frame in self.unsent_frames if isinstance(frame, str)]
