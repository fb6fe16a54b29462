"""Webhooks without a client: `unwrap`, `verify_signature`, and `sign` for tests of receivers."""

from .client.webhooks import (
    TOLERANCE,
    InvalidWebhookSignatureError,
    WebhookPayloadError,
    WebhookVerifier,
    sign,
    unwrap,
    verify_signature,
)

__all__ = [
    "TOLERANCE",
    "InvalidWebhookSignatureError",
    "WebhookPayloadError",
    "WebhookVerifier",
    "sign",
    "unwrap",
    "verify_signature",
]
