"""One attempt: an exchange, with an error status turned into its exception."""

from typing import Any

from ..request.endpoint import Endpoint
from ..request.operation import Operation
from ..terms.errors import APIConnectionError, APIError, APIStatusError
from .deadlines import Deadlines
from .reply import Reply
from .settings import Settings
from .trace import Tracer
from .wire import Wire, masks_of

ERROR_BODY_LIMIT = 1 << 20
"""Bytes of an error answer's body that are read; more of it is given up."""

ERROR_BODY_SECONDS = 5.0
"""How long the body of an error may take after its head."""


async def attempt(
    wire: Wire,
    settings: Settings,
    endpoint: Endpoint,
    operation: Operation[Any, Any],
    deadlines: Deadlines,
    tracer: Tracer,
    key: str | None,
    *,
    whole: bool,
) -> Reply:
    """One exchange, with an error status turned into its exception; `key` makes it idempotent."""
    if endpoint.signer is not None:
        from .signing import Signing

        signing = Signing(attempt, wire, settings, deadlines, tracer)
        return await signing.attempt(endpoint, operation, key, whole=whole)
    tracer.begin(endpoint)
    shipment = endpoint.ship(operation, key)
    exchange = await wire.exchange(shipment, deadlines, tracer)
    try:
        reply = Reply(operation, exchange, deadlines, tracer)
        reply.settings = settings
        reply.max_size = settings.limits.answer
        reply.endpoint, reply.way = endpoint, masks_of(wire)
        reply.head = endpoint.redaction(operation).joined(reply.way).head(reply.head)
        if reply.head.status >= 300 and not _is_redirect_to_hand_on(reply):
            body = reply.redaction.data(
                await reply.read_up_to(ERROR_BODY_LIMIT, ERROR_BODY_SECONDS)
            )
            from .error_answers import status_error

            raise status_error(reply.head, body, reply.undecoded)
        if whole:
            await reply.read()
    except BaseException:
        exchange.abort()
        raise
    return reply


def _is_redirect_to_hand_on(reply: Reply) -> bool:
    """Whether a status is for somebody else to follow; of others the body will be read here."""
    if not reply.operation.untouched:
        return False
    if reply.head.status < 400:
        return True
    reply.undo_coding()
    return False


def masked(
    error: APIError, wire: Wire, endpoint: Endpoint, operation: Operation[Any, Any]
) -> APIError:
    """Take the credentials of an attempt out of how it failed, and say what it asked."""
    from ..request.asked import asked

    masks = endpoint.redaction(operation, body=True).joined(masks_of(wire))
    error.request = asked(endpoint, operation, masks)
    return masks.error(error)


def status_of(failure: APIError) -> int | None:
    """The status that a failure is about, where it is about one."""
    return failure.status_code if isinstance(failure, APIStatusError) else None


def how_it_failed(failure: APIError) -> str:
    """How an attempt ended, for people."""
    if isinstance(failure, APIStatusError):
        return f"answered {failure.status_code}"
    if isinstance(failure, APIConnectionError):
        how = {"no": "not sent", "maybe": "no answer", "answered": "answer broken off"}
        return f"{how[failure.sent]}: {failure.message}"
    return str(failure)
