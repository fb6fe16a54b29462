"""A call under policies: as many attempts as they allow, each with what was decided and why.

Throttle, choose an endpoint that the breaker lets through, exchange, judge, wait, repeat. A hedge runs
two attempts at once. Policies are asked under one lock, and whatever waits does so outside of it.
"""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from ..request.operation import Operation
from ..terms.errors import APIConnectionError, APIError, APIStatusError
from .attempt import attempt, masked
from .course import Course
from .deadlines import Deadlines
from .policy import Again, Asked, AttemptOutcome, Hedge, Stop
from .reply import Reply
from .settings import Settings
from .trace import Tracer
from .turn import Refused, Turn, wrong
from .wire import Wire

Ended = Reply | AttemptOutcome | Refused
Program = Callable[..., Coroutine[Any, Any, Reply]]


async def policed(
    wire: Wire,
    settings: Settings,
    operation: Operation[Any, Any],
    tracer: Tracer,
    *,
    whole: bool,
) -> Reply:
    """Return the answer, or raise how the last attempt failed, with all of them listed."""
    policies = settings.policies
    deadlines = Deadlines(settings.timeout_of(operation), wire.clock.now)
    resends = policies.retry is not None or policies.failover is not None
    # One for all attempts of a call that may be sent twice.
    key = wire.files.token() if resends and operation.method == "POST" else None
    started = wire.clock.steady()
    course = Course(wire, settings, operation, deadlines, tracer, key, policies, started)
    hedge = policies.hedge if operation.safe else None
    last: APIError | None = None
    failed: AttemptOutcome | None = None
    try:
        while True:
            asked = course.asked(None if course.turns else started)
            if hedge is None:
                ended = await _one(course, asked, whole)
            else:
                ended = await _hedged(course, asked, hedge, whole)
            if isinstance(ended, Reply):
                if course.attempts:
                    ended.earlier = (*course.attempts, *ended.earlier)
                return ended
            if isinstance(ended, Refused):
                # Where failover had wanted another endpoint, and that one is left alone.
                elsewhere = ended.policy == "circuit_breaker" and bool(course.tried)
                if elsewhere and failed and await _goes_on(course, failed, elsewhere=False):
                    continue
                # A failure that the server gave says more than that it was left alone then.
                last = last or ended.error()
                break
            last, failed = ended.error, ended
            if not await _goes_on(course, ended):
                break
        assert last is not None
        last.operation, last.attempts = operation.name, tuple(course.attempts)
        if last.request is None:  # nothing was sent
            from ..request.asked import asked as described

            endpoint = settings.endpoint
            last.request = described(endpoint, operation, endpoint.redaction(operation, body=True))
        raise last
    finally:
        del last, failed  # else the frame and the error would keep each other alive


async def _hedged(course: Course, asked: Asked, hedge: Hedge, whole: bool) -> Ended:
    """Make an attempt, and another one beside it if it takes too long."""
    with course.wire.tasks.exclusive:
        delay = hedge.delay(asked)
    if delay is None:
        return await _one(course, asked, whole)
    from .race import race

    return await race(course, hedge, delay, partial(_one, whole=whole))


async def _one(course: Course, asked: Asked, whole: bool, hedging: str = "") -> Ended:
    """Let an attempt through, make it, and tell the policies how it ended."""
    turn = Turn.of(course, asked, hedging)
    try:
        refused = turn.let_through(asked)
        if refused is not None:
            refused = await turn.wait(refused)
            if refused is not None:
                return refused
        reply = await attempt(
            course.wire,
            course.settings,
            turn.endpoint,
            course.operation,
            course.deadlines,
            turn.tracer,
            course.key,
            whole=whole,
        )
    except (APIConnectionError, APIStatusError) as error:
        failure = masked(error, course.wire, turn.endpoint, course.operation)
    except BaseException as why:
        turn.abandon(why)
        raise
    else:
        return turn.answered(reply)
    try:
        return turn.failed(failure)
    finally:
        del failure  # as above


async def _goes_on(course: Course, outcome: AttemptOutcome, *, elsewhere: bool = True) -> bool:
    """Decide whether there is another attempt, and wait for its time."""
    verdict = _judge(course, outcome, elsewhere=elsewhere)
    again = isinstance(verdict, Again)
    waits = verdict.seconds if isinstance(verdict, Again) else None
    course.explain(outcome.number, verdict.reason, waits)
    if waits is not None:
        course.tracer("policy.retry", verdict.reason)
        if waits > 0:
            await course.wire.clock.sleep(waits)
    return again


def _judge(course: Course, outcome: AttemptOutcome, *, elsewhere: bool) -> Again | Stop:
    """Ask failover, if there is an `elsewhere`, then retry; no wait goes beyond the deadline."""
    policies = course.policies
    verdict: Again | Stop = Stop()
    with course.wire.tasks.exclusive:
        if elsewhere and policies.failover is not None:
            verdict = policies.failover.judge(outcome, course.wire.clock.steady())
            if not isinstance(verdict, Again | Stop):  # pyright: ignore[reportUnnecessaryIsInstance] (anybody's)
                raise wrong("failover", "judge", verdict)
        if isinstance(verdict, Stop) and policies.retry is not None:
            verdict = policies.retry.judge(outcome, course.asked())
            if not isinstance(verdict, Again | Stop):  # pyright: ignore[reportUnnecessaryIsInstance] (anybody's)
                raise wrong("retry", "judge", verdict)
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
