"""What policies are told, made by hand; and the clock of their state machines."""

from math import inf
from typing import Any, Final

import hypothesis.strategies as st

from api_openai.core.call.error_answers import status_error
from api_openai.core.call.policy import Asked, AttemptOutcome
from api_openai.core.policies.steady_time import JITTER
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import APIConnectionError, APIError, Sent
from api_openai.core.terms.http_message import Headers, ResponseHead

from .shapes import CHAT, RETRIEVE

POST: Final = CHAT({"model": "m"})
GET: Final = RETRIEVE({}, "i1")
ENDPOINTS: Final = tuple(Endpoint(f"http://{name}.test/v1") for name in ("one", "two", "three"))

SECONDS: Final = st.sampled_from((0.0, 0.001, 0.5, 1.0, 3.0, 10.0, 100.0, 1e6, -0.25, -JITTER))
"""How a clock goes on: not at all, a little, by jumps; back by as much as threads may be apart."""


def asked(now: float, operation: Operation[Any, Any] = POST, **known: Any) -> Asked:
    """An attempt that is about to be made."""
    chance: float = known.pop("chance", 0.0)
    return Asked(operation, known.pop("number", 1), now, random=lambda: chance, **known)


def failure(status: int | None, sent: Sent = "maybe", code: str = "", **fields: str) -> APIError:
    """An error status with header fields (`_` for `-`), or no answer at all."""
    if status is None:
        return APIConnectionError("broken", sent=sent)
    raw = tuple((k.replace("_", "-").encode(), v.encode()) for k, v in fields.items())
    body = b'{"error": {"code": "%s"}}' % code.encode() if code else b"{}"
    return status_error(ResponseHead(status, Headers(raw)), body, "")


def outcome(
    status: int | None = 200,
    endpoint: Endpoint = ENDPOINTS[0],
    operation: Operation[Any, Any] = POST,
    *,
    sent: Sent = "maybe",
    code: str = "",
    headers: dict[str, str] | None = None,
    **known: Any,
) -> AttemptOutcome:
    """How an attempt ended: an answer with this status, or none."""
    error = None
    if not known.get("abandoned") and (status is None or status >= 300):
        error = failure(status, sent, code, **(headers or {}))
    fields = tuple((k.replace("_", "-").encode(), v.encode()) for k, v in (headers or {}).items())
    return AttemptOutcome(
        operation,
        endpoint,
        error,
        None if known.get("abandoned") else status,
        None if status is None else Headers(fields),
        known.pop("replayable", True),
        **known,
    )


class Clock:
    """A clock for a state machine: `now` may stand, jump, and go back as threads' clocks do."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.latest = 1000.0

    def go(self, seconds: float) -> None:
        """Let the next look at the clock be so much later than the last one."""
        self.now = max(self.now + seconds, self.latest - JITTER)
        self.latest = max(self.latest, self.now)

    def restart(self) -> None:
        """Begin anew near 0, as on another machine."""
        self.now = self.latest = 5.0


__all__ = ["ENDPOINTS", "GET", "POST", "SECONDS", "Clock", "asked", "failure", "inf", "outcome"]
