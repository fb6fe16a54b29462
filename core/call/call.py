"""The program of a call, written once for every way of doing I/O.

It is a coroutine: awaited as it stands under asyncio and trio, run to its end without a pause over
blocking sockets, stepped by hand under a foreign loop. Without policies it is one exchange; with them
`policed` makes as many attempts as they say.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from ..request.operation import Operation
from ..terms.errors import APIConnectionError, APIStatusError, Attempt
from .attempt import attempt, how_it_failed, masked, status_of
from .deadlines import Deadlines
from .policy import NO_POLICIES
from .reply import Reply
from .settings import Settings
from .trace import Tracer
from .wire import Wire

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from .policed import Program


def call(
    wire: Wire, settings: Settings, operation: Operation[Any, Any], *, whole: bool
) -> "Coroutine[Any, Any, Reply]":
    """Run `operation` and return its answer, which has a status below 300.

    With `whole` the body has been read as a part of the attempt; otherwise it is the caller's to
    read or abort. Raises `APIStatusError`, or an `APIConnectionError`, with its attempts listed.
    """
    carry_out = _once if settings.policies is NO_POLICIES else _policed()
    if settings.trace is None:
        return carry_out(wire, settings, operation, Tracer(), whole=whole)
    from .traced import traced

    return traced(carry_out, wire, settings, operation, whole=whole)


async def _once(
    wire: Wire,
    settings: Settings,
    operation: Operation[Any, Any],
    tracer: Tracer,
    *,
    whole: bool,
) -> Reply:
    now = wire.clock.now
    deadlines = Deadlines(settings.timeout_of(operation), now)
    tracer.attempt = 1
    endpoint, began = settings.endpoint, now()
    try:
        reply = await attempt(
            wire, settings, endpoint, operation, deadlines, tracer, None, whole=whole
        )
    except (APIConnectionError, APIStatusError) as error:
        failure = masked(error, wire, endpoint, operation)
    else:
        reply.seconds = now() - began
        return reply
    words = how_it_failed(failure)
    failure.operation = operation.name
    number = len(failure.attempts) + 1
    last = Attempt(number, str(endpoint.origin), words, now() - began)
    failure.attempts = (*failure.attempts, last)
    tracer("attempt.failed", words, status=status_of(failure))
    try:
        raise failure
    finally:
        del failure  # else the frame and the error would keep each other alive


@cache
def _policed() -> "Program":
    from .policed import policed  # here, so that a call without policies does not load it

    return policed
