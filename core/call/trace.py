"""Trace events: each step of a call, told to a callback as it happens, credentials masked."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from ..terms.http_message import ResponseHead

Kind = Literal[
    "call.start",
    "pool.wait",
    "connection.stale",
    "connection.open",
    "connection.reuse",
    "connection.retry",
    "request.sent",
    "response.head",
    "response.end",
    "stream.end",
    "attempt.failed",
    "policy.wait",
    "policy.retry",
    "policy.hedge",
    "policy.refused",
    "call.end",
]


class TraceEvent(msgspec.Struct, frozen=True, gc=False):
    """One step of a call."""

    kind: Kind
    at: float
    """Seconds of the transport's clock; only differences mean something."""
    operation: str
    """Name of the operation, as `chat.completions.create`."""
    attempt: int
    """Counted from 1; 0 before the first."""
    detail: str = ""
    """In words: an origin, a status, a reason. Never a credential or a body."""
    status: int | None = None
    request_id: str | None = None


Trace = Callable[[TraceEvent], object]
"""Called synchronously, in the task or thread of the call; what it raises reaches the caller."""


class Tracer:
    """The trace of one call: knows its clock and operation, and is free when nobody listens.

    What is told is put into words here: callers pass what they have.
    """

    __slots__ = ("_now", "attempt", "operation", "trace")

    def __init__(self, trace: Trace | None, now: Callable[[], float], operation: str) -> None:
        self.trace = trace
        self._now = now
        self.operation = operation
        self.attempt = 0

    def of(self, attempt: int) -> "Tracer":
        """Return one that tells the steps of another attempt of the same call."""
        other = Tracer(self.trace, self._now, self.operation)
        other.attempt = attempt
        return other

    def __call__(
        self,
        kind: Kind,
        detail: object = "",
        head: "ResponseHead | None" = None,
        *,
        status: int | None = None,
    ) -> None:
        """Tell one step; `head` is that of the answer, where the step is about one."""
        if self.trace is None:
            return
        request_id = None
        if head is not None:
            status, request_id = head.status, head.headers.get("x-request-id")
        self.trace(
            TraceEvent(
                kind, self._now(), self.operation, self.attempt, str(detail), status, request_id
            )
        )
