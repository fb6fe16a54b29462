"""Helpers of `webhooks`: nothing here sends anything, so that async clients have them unawaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import webhooks
from ...binding.helpers import Helpers
from ...binding.program_method import plain
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from ....core.api.types.webhooks import UnwrapWebhookEvent
    from ....core.api.webhook_delivery import HeadersLike, Payload
    from ....core.terms.secret import Secret
    from ...sending.modes import Async, Sync


class WebhooksHelpers(Helpers[M]):
    """What `Webhooks` offers beyond its endpoints."""

    __slots__ = ()

    def unwrap(
        self: Resource[Sync] | Resource[Async],
        payload: Payload,
        headers: HeadersLike,
        *,
        secret: str | Secret | None = None,
        tolerance: float = webhooks.TOLERANCE,
        now: float | None = None,
    ) -> UnwrapWebhookEvent:
        """Verify a delivery and return its event.

        Arguments and errors are those of `verify_signature`; `WebhookPayloadError` is raised for
        a signed body that is no event, or with a strict client one that does not fit its type.
        An event of a type not known yet is an `Unknown` with `type` and `raw`.
        """
        key = _secret(self, "unwrap", secret)
        strict = self.sender.strict
        return webhooks.unwrap(payload, headers, key, tolerance=tolerance, now=now, strict=strict)

    def verify_signature(
        self: Resource[Sync] | Resource[Async],
        payload: Payload,
        headers: HeadersLike,
        *,
        secret: str | Secret | None = None,
        tolerance: float = webhooks.TOLERANCE,
        now: float | None = None,
    ) -> None:
        """Return if a delivery was signed by the API at most `tolerance` seconds from now.

        `payload` is the body exactly as it came, `headers` what the web framework has: a mapping,
        an object with `items()`, or pairs, names in any case. `secret` defaults to the client's
        `webhook_secret`, `now` to the wall clock in Unix seconds. Raises
        `InvalidWebhookSignatureError`, whose `reason` says why; `ValueError` where there is no
        secret, or one that cannot be.
        """
        key = _secret(self, "verify_signature", secret)
        webhooks.verify_signature(payload, headers, key, tolerance=tolerance, now=now)


def _secret(resource: Resource[Any], method: str, secret: str | Secret | None) -> str | Secret:
    sender = plain(resource, method)
    key = sender.webhook_secret if secret is None else secret
    if key is None:
        raise ValueError(
            f"{method}: no secret was given, the client has no webhook_secret, "
            "and OPENAI_WEBHOOK_SECRET was not set when it was made"
        )
    return key
