"""Trace events: each step of a call, told to listeners as it happens, credentials masked.

Where nobody listens all of this costs one empty call for each step; `core.call.traced` has what is
needed where somebody does.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeVar

import msgspec

from ..request.endpoint import Endpoint

if TYPE_CHECKING:
    from ..terms.http_message import ResponseHead
    from .traced_call import TracedCall

Kind = Literal[
    "call.start",
    "attempt.start",
    "pool.wait",
    "connection.stale",
    "connection.open",
    "connection.reuse",
    "connection.retry",
    "request.sent",
    "response.head",
    "response.end",
    "response.abort",
    "stream.first",
    "stream.end",
    "session.end",
    "answer.failed",
    "attempt.failed",
    "policy.wait",
    "policy.retry",
    "policy.hedge",
    "policy.refused",
    "call.end",
    "call.failed",
]

DROPPED: Final = "dropped"
"""The detail of a last event that the garbage collector has brought about."""


class TraceEvent(msgspec.Struct, frozen=True):
    """One step of a call. All texts in it are masked; it holds no header value and no body."""

    kind: Kind
    at: float
    """Seconds of the transport's clock; only differences mean something."""
    operation: str
    """Name of the operation, as `chat.completions.create`."""
    attempt: int
    """Counted from 1; 0 before the first."""
    detail: str = ""
    """In words: an origin, a reason, how something failed."""
    status: int | None = None
    """Of the answer, where the step is about one."""
    request_id: str | None = None
    """The server's `x-request-id`, where the step is about an answer."""
    call: int = 0
    """A number that all events of a call have in common, and no others of the process."""
    program: int = 0
    """A number that the calls of one method of several calls have in common; 0 for others."""
    seconds: float = 0.0
    """Since the call began."""
    model: str | None = None
    """The one asked for, where the request names one."""
    origin: str = ""
    """Of the server: `https://api.openai.com:443`."""
    error: str | None = None
    """Name of the class of the error, where the step is a failure."""
    last: bool = False
    """Whether it is the last of the call and of its answer; each call has one."""
    traced: "TracedCall | None" = None
    """The call itself, for listeners that look closer; not in pickles."""

    def __reduce__(self) -> tuple[Any, ...]:
        values = (getattr(self, name) for name in self.__struct_fields__ if name != "traced")
        return TraceEvent, tuple(values)


Trace = Callable[[TraceEvent], object]
"""Called synchronously, in the task or thread of the call; what it raises reaches the caller."""

T = TypeVar("T")


class Tracer:
    """Is told the steps of an attempt, and passes none of them on: nobody listens."""

    __slots__ = ("attempt",)

    listens: ClassVar[bool] = False
    """Whether what it is told goes anywhere."""

    def __init__(self, attempt: int = 0) -> None:
        self.attempt = attempt
        """Counted from 1."""

    def __call__(
        self,
        kind: Kind,
        detail: object = "",
        head: "ResponseHead | None" = None,
        *,
        status: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Tell one step; `head` is that of the answer, where the step is about one.

        What is told is put into words by who listens: callers pass what they have.
        """

    def of(self, attempt: int) -> "Tracer":
        """Return one that tells the steps of another attempt of the same call."""
        return Tracer(attempt)

    def begin(self, endpoint: Endpoint) -> None:
        """Begin the attempt at an endpoint."""

    def watched(self, codec: T) -> T:
        """Return the codec of a stream's events, seen by who listens; the stream tells its end."""
        return codec

    def hand_over(self) -> None:
        """Leave the end to somebody else to tell: a session."""
