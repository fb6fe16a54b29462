"""The program of a call, written once for every way of doing I/O.

Throttle, choose an endpoint, ask the breaker, exchange, judge, wait, repeat. It is a coroutine:
awaited as it stands under asyncio and trio, run to its end without a pause over blocking sockets,
stepped by hand under a foreign loop. Without policies it is one exchange.
"""

from typing import Any

import msgspec

from ..request.endpoint import Endpoint
from ..request.operation import Operation
from ..terms.errors import APIConnectionError, APIError, APIStatusError, Attempt
from .deadlines import Deadlines
from .error_answers import status_error
from .policy import NO_POLICIES, Again, AttemptOutcome, Denied, Policies, Stop, Wait
from .reply import Reply
from .settings import Settings
from .trace import Tracer
from .wire import Wire, masks_of

ERROR_BODY_LIMIT = 1 << 20
"""Bytes of an error answer's body that are read; more of it is given up."""

ERROR_BODY_SECONDS = 5.0
"""How long the body of an error may take after its head."""


async def call(
    wire: Wire, settings: Settings, operation: Operation[Any, Any], *, whole: bool
) -> Reply:
    """Run `operation` and return its answer, which has a status below 300.

    With `whole` the body has been read as a part of the attempt; otherwise it is the caller's to
    read or abort. Raises `APIStatusError`, or an `APIConnectionError`, with its attempts listed.
    """
    clock, policies = wire.clock, settings.policies
    tracer = Tracer(settings.trace, clock.now, operation.name)
    timeout = settings.timeout if operation.timeout is msgspec.UNSET else operation.timeout
    deadlines = Deadlines(timeout, clock.now)
    earlier: tuple[Attempt, ...] = ()
    endpoint, key = settings.endpoint, _idempotency_key(wire, settings, operation)
    max_size = settings.limits.answer
    tracer("call.start")
    while True:
        tracer.attempt = len(earlier) + 1
        if policies is not NO_POLICIES:
            endpoint = await _admit(wire, settings, operation, tracer.attempt, deadlines, tracer)
        began = clock.now()
        try:
            reply = await _attempt(
                wire, endpoint, operation, deadlines, tracer, key, max_size, whole=whole
            )
        except (APIConnectionError, APIStatusError) as error:
            masks = endpoint.redaction(operation, body=True).joined(masks_of(wire))
            failure = masks.error(error)
        else:
            reply.earlier = earlier
            reply.seconds = clock.now() - began
            if policies is not NO_POLICIES:
                outcome = _outcome(operation, endpoint, None, reply)
                reply.reason = _judge(wire, policies, outcome, tracer.attempt, deadlines).reason
            tracer("call.end", head=reply.head)
            return reply
        outcome = _outcome(operation, endpoint, failure, None)
        verdict = _judge(wire, policies, outcome, tracer.attempt, deadlines)
        words, seconds = _words(outcome), clock.now() - began
        earlier += (Attempt(tracer.attempt, str(endpoint.origin), words, seconds, verdict.reason),)
        failure.operation, failure.attempts = operation.name, earlier
        tracer("attempt.failed", words, status=outcome.status)
        if not isinstance(verdict, Again):
            try:
                raise failure
            finally:
                del failure, outcome  # else the frame and the error would keep each other alive
        tracer("policy.retry", verdict.reason)
        await clock.sleep(verdict.seconds)


async def _attempt(
    wire: Wire,
    endpoint: Endpoint,
    operation: Operation[Any, Any],
    deadlines: Deadlines,
    tracer: Tracer,
    key: str | None,
    max_size: int | None,
    *,
    whole: bool,
) -> Reply:
    """One exchange, with an error status turned into its exception."""
    shipment = endpoint.ship(operation, key)
    exchange = await wire.exchange(shipment, deadlines, tracer)
    try:
        reply = Reply(operation, exchange, deadlines, tracer)
        reply.max_size = max_size
        reply.endpoint, reply.way = endpoint, masks_of(wire)
        reply.head = endpoint.redaction(operation).joined(reply.way).head(reply.head)
        if reply.head.status >= 300:
            body = reply.redaction.data(
                await reply.read_up_to(ERROR_BODY_LIMIT, ERROR_BODY_SECONDS)
            )
            raise status_error(reply.head, body, reply.undecoded)
        if whole:
            await reply.read()
    except BaseException:
        exchange.abort()
        raise
    return reply


async def _admit(
    wire: Wire,
    settings: Settings,
    operation: Operation[Any, Any],
    number: int,
    deadlines: Deadlines,
    tracer: Tracer,
) -> Endpoint:
    """Wait as the rate limit says, and return the endpoint that failover and breaker let through."""
    policies, clock = settings.policies, wire.clock
    if policies.rate_limit is not None:
        place = policies.rate_limit.reserve(operation, clock.now(), deadlines.total_at)
        await _wait(place, wire, operation, tracer)
    endpoint = settings.endpoint
    if policies.failover is not None:
        endpoint = policies.failover.choose(operation, number, clock.now())
    if policies.circuit_breaker is not None:
        allowed = policies.circuit_breaker.allow(endpoint, clock.now())
        await _wait(allowed, wire, operation, tracer)
    return endpoint


async def _wait(
    answer: Wait | Denied, wire: Wire, operation: Operation[Any, Any], tracer: Tracer
) -> None:
    if isinstance(answer, Denied):
        tracer("policy.refused", answer.reason)
        error = APIConnectionError(f"Not sent: {answer.reason}", sent="no")
        error.operation = operation.name
        raise error
    if answer.seconds > 0:
        tracer("policy.wait", answer.reason)
        await wire.clock.sleep(answer.seconds)


def _outcome(
    operation: Operation[Any, Any],
    endpoint: Endpoint,
    failure: APIError | None,
    reply: Reply | None,
) -> AttemptOutcome:
    replayable = operation.body is None or operation.body.replayable
    if reply is not None:
        return AttemptOutcome(
            operation, endpoint, None, reply.status_code, reply.headers, replayable
        )
    if isinstance(failure, APIStatusError):
        return AttemptOutcome(
            operation, endpoint, failure, failure.status_code, failure.headers, replayable
        )
    return AttemptOutcome(operation, endpoint, failure, None, None, replayable)


def _judge(
    wire: Wire, policies: Policies, outcome: AttemptOutcome, number: int, deadlines: Deadlines
) -> Again | Stop:
    """Tell every policy how the attempt ended; the retry policy answers."""
    if policies is NO_POLICIES:
        return _STOP
    now = wire.clock.now()
    for policy in (policies.circuit_breaker, policies.failover):
        if policy is not None:
            policy.record(outcome, now)
    if policies.rate_limit is not None:
        policies.rate_limit.update(outcome, now)
    if policies.retry is None or outcome.error is None:
        return _STOP
    verdict = policies.retry.judge(outcome, number, now, deadlines.total_at, wire.clock.random())
    if isinstance(verdict, Again) and not outcome.replayable:
        return Stop("the request's body cannot be sent twice")
    return verdict


_STOP = Stop()


def _words(outcome: AttemptOutcome) -> str:
    """How an attempt ended, for people."""
    if outcome.status is not None:
        return f"answered {outcome.status}"
    if isinstance(outcome.error, APIConnectionError):
        how = {"no": "not sent", "maybe": "no answer", "answered": "answer broken off"}
        return f"{how[outcome.error.sent]}: {outcome.error.message}"
    return str(outcome.error)


def _idempotency_key(wire: Wire, settings: Settings, operation: Operation[Any, Any]) -> str | None:
    """One key for all attempts of a call that may be sent twice."""
    if settings.policies.retry is None or operation.method != "POST":
        return None
    return "".join(f"{int(wire.clock.random() * 2**52):013x}" for _ in range(2))
