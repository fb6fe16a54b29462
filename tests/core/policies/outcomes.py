"""Outcomes of attempts, as policies are told of them."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any

from api_openai.core.call.error_answers import status_error
from api_openai.core.call.policy import Asked, AttemptOutcome
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.terms.errors import APIConnectionError, APIError, Sent
from api_openai.core.terms.http_message import Headers, ResponseHead

from ...support.calls import GET, POST

if TYPE_CHECKING:
    from api_openai.core.request.operation import Operation

if TYPE_CHECKING:
    from api_openai.core.request.operation import Operation

HERE = Endpoint("http://here.test/v1")
THERE = Endpoint("http://there.test/v1")


def asked(
    now: float = 0.0, *, number: int = 1, left: float = inf, chance: float = 0.0, **more: Any
) -> Asked:
    """An attempt that is about to be made."""
    operation: Operation[Any, Any] = more.pop("operation", POST)
    return Asked(operation, number, now, left, random=lambda: chance, **more)


def answered(
    status: int,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    **more: Any,
) -> AttemptOutcome:
    """An attempt that was answered."""
    head = ResponseHead(status, Headers.of(headers))
    error = status_error(head, body) if status >= 400 else None
    return _outcome(error, status, head.headers, **more)


def broken(sent: Sent, **more: Any) -> AttemptOutcome:
    """An attempt without a whole answer."""
    return _outcome(APIConnectionError("broken", sent=sent), None, None, **more)


def abandoned(**more: Any) -> AttemptOutcome:
    """An attempt that was given up."""
    return _outcome(None, None, None, abandoned=True, **more)


def _outcome(
    error: APIError | None, status: int | None, headers: Headers | None, **more: Any
) -> AttemptOutcome:
    operation: Operation[Any, Any] = more.pop("operation", POST)
    endpoint: Endpoint = more.pop("endpoint", HERE)
    replayable: bool = more.pop("replayable", True)
    return AttemptOutcome(operation, endpoint, error, status, headers, replayable, **more)


__all__ = ["GET", "HERE", "POST", "THERE", "abandoned", "answered", "asked", "broken"]
