"""Webhooks without a client: `verify_signature`, `unwrap` and `sign`, by the wall clock.

    from api_openai.webhooks import unwrap

    event = unwrap(body, headers, secret)

`core.api.webhook_delivery` has the same for callers who say what time it is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..core.api import webhook_delivery as core
from ..core.api.webhook_delivery import TOLERANCE, InvalidWebhookSignatureError, WebhookPayloadError

if TYPE_CHECKING:
    from ..core.api.types.webhooks import UnwrapWebhookEvent
    from ..core.api.webhook_delivery import HeadersLike, Payload
    from ..core.terms.secret import Secret

__all__ = [
    "TOLERANCE",
    "InvalidWebhookSignatureError",
    "WebhookPayloadError",
    "sign",
    "unwrap",
    "verify_signature",
]


def verify_signature(
    payload: Payload,
    headers: HeadersLike,
    secret: str | Secret,
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> None:
    """Return if the delivery was signed with `secret` at most `tolerance` seconds from now.

    `payload` is the body as it came, before any JSON library has seen it. `now` is in Unix
    seconds, the wall clock's by default. Raises `InvalidWebhookSignatureError`, whose `reason`
    says why; `ValueError` for a secret that cannot be one.
    """
    core.verify(payload, headers, secret, now=_now(now), tolerance=tolerance)


def unwrap(
    payload: Payload,
    headers: HeadersLike,
    secret: str | Secret,
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
    strict: bool = False,
) -> UnwrapWebhookEvent:
    """Verify a delivery as `verify_signature` does, and return its event.

    An event of a type not known yet is an `Unknown` with `type` and `raw`; with `strict` it is an
    error. Raises as `verify_signature`, and `WebhookPayloadError` for a body that is no event.
    """
    return core.unwrap(payload, headers, secret, now=_now(now), tolerance=tolerance, strict=strict)


def sign(
    payload: Payload,
    secret: str | Secret,
    *,
    webhook_id: str,
    timestamp: float | None = None,
) -> dict[str, str]:
    """Return the header fields that `payload` would be delivered with; for tests of receivers."""
    return core.sign(payload, secret, webhook_id=webhook_id, timestamp=int(_now(timestamp)))


def _now(now: float | None) -> float:
    return time.time() if now is None else now
