"""A call under policies: as many attempts as they allow, each with what was decided and why.

Throttle, choose an endpoint that the breaker lets through, exchange, judge, wait, repeat. A hedge runs
two attempts at once. Policies are asked under one lock, and whatever waits does so outside of it.
"""

from functools import partial
from typing import Any

from ..request.operation import Operation
from ..terms.errors import APIConnectionError, APIError, APIStatusError
from .attempt import attempt, masked
from .course import Course
from .deadlines import Deadlines
from .policy import Again, AttemptOutcome, Stop
from .reply import Reply
from .settings import Settings
from .trace import Tracer
from .turn import Refused, Turn
from .wire import Wire

Ended = Reply | AttemptOutcome | Refused


async def policed(
    wire: Wire,
    settings: Settings,
    operation: Operation[Any, Any],
    deadlines: Deadlines,
    tracer: Tracer,
    *,
    whole: bool,
) -> Reply:
    """Return the answer, or raise how the last attempt failed, with all of them listed."""
    course = Course(wire, settings, operation, deadlines, tracer, whole=whole)
    last: APIError | None = None
    try:
        while True:
            ended = await _at_once(course)
            if isinstance(ended, Reply):
                ended.earlier = tuple(course.attempts)
                tracer("call.end", head=ended.head)
                return ended
            if isinstance(ended, Refused):
                # A failure that the server gave says more than that it was left alone then.
                last = last or ended.error()
                break
            last = ended.error
            if not await _goes_on(course, ended):
                break
        assert last is not None
        last.operation, last.attempts = operation.name, tuple(course.attempts)
        raise last
    finally:
        del last  # else the frame and the error would keep each other alive


async def _at_once(course: Course) -> Ended:
    """Make one attempt, or two of which one counts."""
    hedge = course.policies.hedge
    if hedge is not None:
        with course.exclusive:
            delay = hedge.delay(course.asked(course.turns + 1))
        if delay is not None:
            from .race import race

            return await race(course, hedge, delay, partial(_one, course))
    return await _one(course, hedging=False)


async def _one(course: Course, *, hedging: bool) -> Ended:
    """Let an attempt through, make it, and tell the policies how it ended."""
    course.turns += 1
    turn = Turn(course, course.turns, hedging)
    try:
        if (refused := await turn.admit()) is not None:
            return refused
        reply = await attempt(
            course.wire,
            course.settings,
            turn.endpoint,
            course.operation,
            course.deadlines,
            turn.tracer,
            course.key,
            whole=course.whole,
        )
    except (APIConnectionError, APIStatusError) as error:
        failure = masked(error, course.wire, turn.endpoint, course.operation)
    except BaseException:
        turn.abandon()
        raise
    else:
        return turn.answered(reply)
    try:
        return turn.failed(failure)
    finally:
        del failure  # as above


async def _goes_on(course: Course, outcome: AttemptOutcome) -> bool:
    """Decide whether there is another attempt, and wait for its time."""
    verdict = _judge(course, outcome)
    again = isinstance(verdict, Again)
    waits = verdict.seconds if isinstance(verdict, Again) else None
    course.attempts[-1] = course.attempts[-1]._replace(reason=verdict.reason, waits=waits)
    if waits is not None:
        course.tracer("policy.retry", verdict.reason)
        if waits > 0:
            await course.clock.sleep(waits)
    return again


def _judge(course: Course, outcome: AttemptOutcome) -> Again | Stop:
    """Ask failover, then retry; whatever they say, no wait goes beyond the deadline."""
    policies = course.policies
    verdict: Again | Stop = Stop()
    with course.exclusive:
        if policies.failover is not None:
            verdict = policies.failover.judge(outcome, course.clock.steady())
        if isinstance(verdict, Stop) and policies.retry is not None:
            verdict = policies.retry.judge(outcome, course.asked(course.turns + 1))
            if isinstance(verdict, Again):
                course.retries += 1
                course.tried = ()
    if isinstance(verdict, Stop):
        return verdict
    if not outcome.replayable:
        return Stop("the request's body cannot be sent twice")
    left = course.deadlines.left()
    if verdict.seconds >= left:
        return Stop(f"{verdict.reason}, and the deadline is in {max(left, 0):.3g} s")
    return verdict
