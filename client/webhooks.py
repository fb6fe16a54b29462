"""Webhooks by the wall clock, without a client: `verify_signature`, `unwrap` and `sign`.

from api_openai.webhooks import unwrap

event = unwrap(body, headers, secret)
"""

import time
from typing import Final

from ..core.api.webhook_delivery import (
    TOLERANCE,
    InvalidWebhookSignatureError,
    WebhookPayloadError,
    WebhookVerifier,
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

_VERIFIER: Final = WebhookVerifier(lambda: time.time())  # looked up when asked: tests replace it
verify_signature = _VERIFIER.verify_signature
unwrap = _VERIFIER.unwrap
sign = _VERIFIER.sign
