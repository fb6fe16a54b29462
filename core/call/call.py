"""The program of a call, written once for every way of doing I/O.

Throttle, choose an endpoint, ask the breaker, exchange, judge, wait, repeat. It is a coroutine:
awaited as it stands under asyncio and trio, run to its end without a pause over blocking sockets,
stepped by hand under a foreign loop. Without policies it is one exchange.
"""

from typing import Any

import msgspec

from ..request.endpoint import Endpoint
from ..request.operation import Operation
from ..request.timeout import Deadlines
from ..terms.errors import APIConnectionError, APIError, APIStatusError, Attempt
from .error_answers import status_error
from .policy import NO_POLICIES, Again, Outcome, Policies, Refused, Stop, Wait
from .reply import Reply
from .settings import Settings
from .trace import Tracer
from .wire import Wire

ERROR_BODY_LIMIT = 1 << 20
"""Bytes of an error answer's body that are read; more of it is given up."""


async def call(
    wire: Wire, settings: Settings, operation: Operation[Any, Any], *, whole: bool
) -> Reply:
    """Run `operation` and return its answer, which has a status below 300.

    With `whole` the body has been read as a part of the attempt; otherwise it is the caller's to
    read or abort. Raises `APIStatusError`, or an `APIConnectionError`, with its attempts listed.
    """
    clock = wire.clock
    tracer = Tracer(settings.trace, clock.now, operation.name)
    timeout = settings.timeout if operation.timeout is msgspec.UNSET else operation.timeout
    deadlines = Deadlines(timeout, clock.now)
    attempts: tuple[Attempt, ...] = ()
    key = _idempotency_key(wire, settings, operation)
    tracer("call.start")
    while True:
        number = tracer.attempt = len(attempts) + 1
        endpoint = await _admit(wire, settings, operation, number, deadlines, tracer)
        began = clock.now()
        failure: APIError | None = None
        reply: Reply | None = None
        try:
            reply = await _attempt(wire, endpoint, operation, deadlines, tracer, key, whole=whole)
        except (APIConnectionError, APIStatusError) as error:
            failure = endpoint.redact_error(error)
        outcome = _outcome(operation, endpoint, failure, reply)
        verdict = _judge(wire, settings.policies, outcome, number, deadlines)
        attempts += (
            Attempt(
                number, str(endpoint.origin), _words(outcome), clock.now() - began, verdict.reason
            ),
        )
        if reply is not None:
            reply.attempts = attempts
            tracer("call.end", status=reply.status_code, request_id=reply.request_id)
            return reply
        assert failure is not None
        failure.operation, failure.attempts = operation.name, attempts
        tracer("attempt.failed", attempts[-1].outcome, status=outcome.status)
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
    *,
    whole: bool,
) -> Reply:
    """One exchange, with an error status turned into its exception."""
    shipment = endpoint.ship(operation, key)
    exchange = await wire.exchange(shipment, deadlines, tracer)
    try:
        reply = Reply(operation, exchange, deadlines, tracer)
        reply.head = endpoint.redact_head(reply.head)
        if reply.head.status >= 300:
            body = endpoint.redact(await reply.read_up_to(ERROR_BODY_LIMIT))
            raise status_error(reply.head, body)
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
    if policies is NO_POLICIES:
        return settings.endpoint
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
    answer: Wait | Refused, wire: Wire, operation: Operation[Any, Any], tracer: Tracer
) -> None:
    if isinstance(answer, Refused):
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
) -> Outcome:
    replayable = operation.body is None or operation.body.replayable
    if reply is not None:
        return Outcome(operation, endpoint, None, reply.status_code, reply.headers, replayable)
    if isinstance(failure, APIStatusError):
        return Outcome(
            operation, endpoint, failure, failure.status_code, failure.headers, replayable
        )
    return Outcome(operation, endpoint, failure, None, None, replayable)


def _judge(
    wire: Wire, policies: Policies, outcome: Outcome, number: int, deadlines: Deadlines
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


def _words(outcome: Outcome) -> str:
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
