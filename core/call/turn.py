"""One attempt among the policies: how it is let through, and what they are told of its end."""

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ..terms.errors import APIError, APIStatusError, Attempt, PolicyRefusedError
from .attempt import how_it_failed, status_of
from .backend import DeadlinePassed
from .course import Course
from .policy import (
    Asked,
    AttemptOutcome,
    CircuitBreaker,
    Denied,
    Elsewhere,
    Health,
    Place,
    Route,
    Wait,
)
from .pool import Ticket
from .reply import Reply
from .trace import Tracer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..request.endpoint import Endpoint
    from ..terms.http_message import Headers


class Refused(msgspec.Struct, frozen=True):
    """An attempt that a policy did not let through."""

    policy: str
    denied: Denied

    def error(self) -> PolicyRefusedError:
        """What a call that was refused ends with."""
        return PolicyRefusedError(
            f"Not sent: {self.denied.reason}", policy=self.policy, after=self.denied.after
        )


class Owed:
    """What an attempt gives back when its stream is over, or at last when nobody has it any more."""

    __slots__ = ("_outcome", "_turn")

    def __init__(self, turn: "Turn", outcome: AttemptOutcome) -> None:
        self._turn = turn
        self._outcome = outcome

    def __call__(self) -> None:
        self._turn.settle(self._outcome)

    __del__ = __call__


class Turn(msgspec.Struct):
    """One attempt: its endpoint, what it holds of a limit, and when it began."""

    course: Course
    number: int
    hedging: str
    """Why it is made beside another one, if it is."""
    endpoint: "Endpoint"
    tracer: Tracer
    asked_at: float
    place: Place | None = None
    admitted: str = ""
    """Why it was let through, in words."""
    began: float | None = None
    """When it was let through, if it was."""
    ended: float = 0.0

    @classmethod
    def of(cls, course: Course, asked: Asked, hedging: str) -> "Turn":
        """Begin the next attempt of a call."""
        course.turns = number = course.turns + 1
        tracer = course.tracer if number == 1 else course.tracer.of(number)
        tracer.attempt = number
        endpoint = course.settings.endpoint
        return cls(course, number, hedging, endpoint, tracer, asked.now, None, hedging)

    # How it is let through.

    def let_through(self, asked: Asked) -> "Refused | Wait | Elsewhere | None":
        """Take a place and a way: `None` when it may go out, or what is to be waited for first."""
        course = self.course
        limit = course.policies.rate_limit
        with course.wire.tasks.exclusive:
            if limit is not None:
                answer = limit.reserve(asked)
                if isinstance(answer, Denied):
                    return Refused("rate_limit", answer)
                try:
                    self.place = place = answer.place
                except AttributeError:
                    raise wrong("rate_limit", "reserve", answer) from None
                if isinstance(answer, Elsewhere):
                    return answer
                if answer.seconds > 0 or answer.then or not (place is None or place.ready):
                    return answer
            return self._find_way(asked)

    async def wait(self, answer: "Refused | Wait | Elsewhere") -> Refused | None:
        """Wait as the rate limit says, and find a way then; a refusal is listed."""
        course = self.course
        refused = answer if isinstance(answer, Refused) else await self._wait_for(answer)
        if refused is None:
            with course.wire.tasks.exclusive:
                refused = self._find_way(course.asked())
        if refused is None:
            return None
        self.settle(None)
        reason = refused.denied.reason
        self.tracer("policy.refused", reason)
        course.attempts.append(self.attempt("not sent", reason, course.wire.clock.steady()))
        return refused

    async def _wait_for(self, answer: Wait | Elsewhere) -> Refused | None:
        """Wait for the time, and then for the place, that a limit has given, and for what it says then."""
        course = self.course
        while True:
            if isinstance(answer, Elsewhere):
                found = await course.wire.files.in_worker(answer.ask)
                if isinstance(found, Denied):
                    return Refused("rate_limit", found)
                answer = found
            refused = await self._pause(answer)
            if refused is not None or answer.then is None:
                return refused
            with course.wire.tasks.exclusive:
                following = answer.then(course.asked())
            if isinstance(following, Denied):
                return Refused("rate_limit", following)
            if following.place is not None:
                self.place = following.place
            answer = following

    async def _pause(self, answer: Wait) -> Refused | None:
        """Wait for a time, and then for the place."""
        course = self.course
        left = course.deadlines.left()
        if answer.seconds > left:
            reason = f"{answer.reason}, and the deadline is in {max(left, 0):.3g} s"
            return Refused("rate_limit", Denied(reason, answer.seconds))
        if answer.seconds > 0:
            self._admit(f"{answer.reason}; waited {answer.seconds:.3g} s")
            self.tracer("policy.wait", answer.reason)
            if answer.meanwhile is not None:
                answer.meanwhile()
            await course.wire.clock.sleep(answer.seconds)
        elif answer.reason:
            self._admit(answer.reason)
        place = self.place
        if place is not None and not place.ready:
            return await self._stand_in_line(place, answer)
        return None

    async def _stand_in_line(self, place: Place, answer: Wait) -> Refused | None:
        course = self.course
        self.tracer("policy.wait", "in line")
        gates, ticket = course.wire.gates, Ticket[Any](self.endpoint.origin)
        since = course.wire.clock.now()
        with course.wire.tasks.exclusive:
            place.notify = partial(gates.grant, ticket)
        if not place.ready:
            try:
                await gates.park(ticket, min(course.deadlines.total_at, since + answer.at_most))
            except DeadlinePassed:
                pass  # its turn may have come in the same moment
        waited = course.wire.clock.now() - since
        if not place.ready:
            why = answer.reason or "too many calls are under way"
            return Refused("rate_limit", Denied(f"still in line after {waited:.3g} s: {why}"))
        self._admit(f"stood in line for {waited:.3g} s")
        return None

    def _find_way(self, asked: Asked) -> Refused | None:
        """Take the first endpoint, as failover and health have them, that the breaker lets through."""
        course = self.course
        policies = course.policies
        breaker, failover = policies.circuit_breaker, policies.failover
        if failover is not None:
            found = failover.routes(asked)
            routes = found if policies.health is None else _fit_first(found, policies.health, asked)
            refused = self._route(routes, breaker, asked)
            if refused is not None:
                return refused
        elif breaker is not None:
            allowed = breaker.allow(self.endpoint, asked)
            if isinstance(allowed, Denied):
                return Refused("circuit_breaker", allowed)
            if reason := _reason_of(allowed):
                self._admit(reason)
        self.began = asked.now
        course.tried = (*course.tried, self.endpoint)
        return None

    def _route(
        self, routes: "Iterable[Route]", breaker: CircuitBreaker | None, asked: Asked
    ) -> Refused | None:
        """Take the first of `routes` that the breaker lets through.

        Those before it count as tried: else failover would go on for their sake, again and again. Who
        comes next in their place is no endpoint that has failed just now: that is for `Retry` to say.
        """
        found: Refused | None = None
        failed = () if self.hedging else asked.tried
        for route in routes:
            endpoint = route.endpoint
            if found is not None and any(endpoint is each for each in failed):
                continue
            self.endpoint = endpoint
            if breaker is not None:
                allowed = breaker.allow(endpoint, asked)
                if isinstance(allowed, Denied):
                    found = _soonest(found, Refused("circuit_breaker", allowed))
                    self.course.tried = (*self.course.tried, endpoint)
                    continue
                if reason := _reason_of(allowed):
                    self._admit(reason)
            if self.admitted:
                self._admit(route.reason)
            else:
                self.admitted = route.reason
            return None
        return found or Refused("failover", Denied("there is no endpoint"))

    def _admit(self, reason: str) -> None:
        self.admitted = "; ".join(filter(None, (self.admitted, reason)))

    # How it ended.

    def answered(self, reply: Reply) -> Reply:
        """Tell the policies of an answer; what it holds goes back when that has been read."""
        reply.turn = self
        if reply.earlier:
            reply.earlier = self._let_through_too(reply.earlier)
        self.ended = self.course.wire.clock.steady()
        reply.seconds = self.ended - (self.began or 0.0)
        if self.place is None and not self.course.policies.recorders:
            return reply
        head = reply.head
        over = reply.ended or head.status == 101
        outcome = self._outcome(None, head.status, head.headers, content=reply.content)
        try:
            with self.course.wire.tasks.exclusive:
                self._tell(outcome, over)
        except BaseException:
            self.settle(outcome)
            reply.abort()
            raise
        if self.place is not None:
            reply.on_end = Owed(self, outcome)
        return reply

    def failed(self, failure: APIError) -> AttemptOutcome:
        """Tell the policies of a failure, and list it."""
        self.ended = self.course.wire.clock.steady()
        status = status_of(failure)
        headers = failure.headers if isinstance(failure, APIStatusError) else None
        outcome = self._outcome(failure, status, headers)
        with self.course.wire.tasks.exclusive:
            self._tell(outcome)
        words = how_it_failed(failure)
        earlier = self._let_through_too(failure.attempts) if failure.attempts else ()
        self.course.attempts += (*earlier, self.attempt(words))
        self.tracer("attempt.failed", words, status=status)
        return outcome

    def abandon(self, why: BaseException) -> None:
        """Tell the policies that it was given up, by the caller or for another attempt."""
        if self.began is None:
            self.settle(None)
        else:
            self.ended = self.course.wire.clock.steady()
            outcome = self._outcome(None, None, None, abandoned=True)
            try:
                self.course.wire.tasks.exclusive.soon(partial(self._tell, outcome))
            except Exception as error:  # what stops the call goes on: it may be a cancellation
                why.add_note(f"A policy that was told of it raised {error!r}")
            self.course.attempts.append(self.attempt("given up"))

    def _outcome(
        self,
        error: APIError | None,
        status: int | None,
        headers: "Headers | None",
        *,
        content: bytes | None = None,
        abandoned: bool = False,
    ) -> AttemptOutcome:
        course = self.course
        body = course.operation.body
        return AttemptOutcome(
            course.operation,
            self.endpoint,
            error,
            status,
            headers,
            body is None or body.replayable,
            self.number,
            self.began or 0.0,
            self.ended,
            0.0 if error is None else course.wire.clock.wall(),
            abandoned,
            bool(self.hedging),
            content,
            course.tried,
        )

    def _tell(self, outcome: AttemptOutcome, over: bool = True) -> None:
        """Tell the policies how it ended, and give back what it holds; within the lock.

        One that raises keeps it from nobody else; what the first raises is raised at the end.
        """
        raised: Exception | None = None
        policies = self.course.policies
        bad = outcome.failed or outcome.abandoned
        try:
            for policy in policies.told_of_failures if bad else policies.recorders:
                try:
                    policy.record(outcome, self.ended)
                except Exception as error:
                    raised = raised or error
        finally:
            place = self.place
            if over and place is not None:
                self.place = None
                place.settle(outcome, self.ended)
        if raised is not None:
            try:
                raise raised
            finally:
                del raised  # else the frame and the error would keep each other alive

    def settle(self, outcome: AttemptOutcome | None) -> None:
        """Give back what it holds of the rate limit."""
        place, self.place = self.place, None
        if place is not None:
            now = self.course.wire.clock.steady()
            self.course.wire.tasks.exclusive.soon(partial(place.settle, outcome, now))

    def _let_through_too(self, earlier: "Iterable[Attempt]") -> tuple[Attempt, ...]:
        """Those whose token was refused, before this one was signed anew: let through with it."""
        this = self.attempt("")
        return tuple(
            each._replace(began=this.began, held=this.held, admitted=this.admitted)
            for each in earlier
        )

    def attempt(self, outcome: str, reason: str = "", refused_at: float | None = None) -> Attempt:
        """This attempt, as errors and answers list it."""
        started = self.course.started
        began = self.began if refused_at is None else refused_at
        assert began is not None
        return Attempt(
            self.number,
            str(self.endpoint.origin) if refused_at is None else "",
            outcome,
            self.ended - began if refused_at is None else 0.0,
            reason,
            began - started,
            began - self.asked_at,
            self.admitted,
        )


def wrong(policy: str, method: str, answer: object) -> TypeError:
    """What is raised where a policy of somebody's own answers what it cannot."""
    kind = type(answer).__name__
    return TypeError(f"{policy}: its {method}() returned what is no answer, of type {kind}")


def _reason_of(allowed: Wait) -> str:
    """Why a breaker let an attempt through."""
    try:
        return allowed.reason
    except AttributeError:
        raise wrong("circuit_breaker", "allow", allowed) from None


def _fit_first(routes: "Sequence[Route]", health: Health, asked: Asked) -> "Iterator[Route]":
    """The routes with the unhealthy ones last, but before those that have failed in this call."""

    def unhealthy(route: Route) -> bool:
        return health.condition(route.endpoint, asked.now) == "unhealthy"

    if routes and not unhealthy(routes[0]):
        yield routes[0]  # and that is all, unless the breaker refuses it
        routes = routes[1:]
    yield from sorted(
        routes, key=lambda each: (any(each.endpoint is e for e in asked.tried), unhealthy(each))
    )


def _soonest(found: Refused | None, other: Refused) -> Refused:
    """The refusal that ends first."""
    if found is None or found.denied.after is None:
        return other
    after = other.denied.after
    return other if after is not None and after < found.denied.after else found
