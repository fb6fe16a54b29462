"""One attempt among the policies: how it is let through, and what they are told of its end."""

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from ..terms.errors import APIError, APIStatusError, Attempt, PolicyRefusedError
from .attempt import how_it_failed, status_of
from .course import Course
from .policy import AttemptOutcome, Denied, Elsewhere, Place, Wait
from .reply import Reply

if TYPE_CHECKING:
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


class Turn:
    """One attempt: its endpoint, what it holds of a limit, and when it began."""

    __slots__ = (
        "_admitted",
        "_asked_at",
        "_began",
        "_course",
        "_hedging",
        "_number",
        "_place",
        "_sent_out",
        "_steady",
        "endpoint",
        "tracer",
    )

    def __init__(self, course: Course, number: int, hedging: bool) -> None:
        self._course = course
        self._number = number
        self._hedging = hedging
        self._place: Place | None = None
        self._admitted: list[str] = []
        """Why it was let through, in words."""
        self._asked_at = self._began = course.clock.now()
        self._steady = 0.0
        self._sent_out = False
        """Whether it was let through."""
        self.endpoint: Endpoint = course.settings.endpoint
        self.tracer = course.tracer if number == 1 else course.tracer.of(number)
        self.tracer.attempt = number

    # How it is let through.

    async def admit(self) -> Refused | None:
        """Wait as the rate limit says, and take an endpoint that the breaker lets through."""
        course = self._course
        clock, exclusive = course.clock, course.exclusive
        limit = course.policies.rate_limit
        if limit is not None:
            with exclusive:
                answer = limit.reserve(course.asked(self._number))
                self._place = answer.place if not isinstance(answer, Denied) else None
            if isinstance(answer, Elsewhere):
                answer = await course.wire.files.in_worker(answer.ask)
            if (refused := await self._wait_for(answer)) is not None:
                return refused
        with exclusive:
            refused = self._find_way()
            if refused is None:
                self._began, self._steady = clock.now(), clock.steady()
                self._sent_out = True
                course.tried = (*course.tried, self.endpoint)
        return refused if refused is None else self._refuse(refused)

    async def _wait_for(self, answer: Wait | Denied) -> Refused | None:
        """Wait for the time, and then for the place, that a limit has given."""
        course = self._course
        if isinstance(answer, Denied):
            return self._refuse(Refused("rate_limit", answer))
        left = course.deadlines.left()
        if answer.seconds > left:
            reason = f"{answer.reason}, and the deadline is in {max(left, 0):.3g} s"
            return self._refuse(Refused("rate_limit", Denied(reason, answer.seconds)))
        if answer.seconds > 0:
            self._admitted.append(f"{answer.reason}; waited {answer.seconds:.3g} s")
            self.tracer("policy.wait", answer.reason)
            await course.clock.sleep(answer.seconds)
        place = self._place
        if place is None or place.ready:
            return None
        self.tracer("policy.wait", "in line")
        bell = course.wire.tasks.bell()
        with course.exclusive:
            place.notify = bell.ring
        since = course.clock.now()
        if not place.ready:
            await bell.wait(min(course.deadlines.total_at, since + answer.at_most))
        if not place.ready:
            waited = course.clock.now() - since
            denied = Denied(f"still in line after {waited:.3g} s: too many calls are under way")
            return self._refuse(Refused("rate_limit", denied))
        self._admitted.append(f"stood in line for {course.clock.now() - since:.3g} s")
        return None

    def _find_way(self) -> Refused | None:
        """Take the first endpoint, as failover and health have them, that the breaker lets through."""
        course = self._course
        policies = course.policies
        asked = course.asked(self._number)
        breaker, health = policies.circuit_breaker, policies.health
        if policies.failover is None:
            if breaker is None:
                return None
            answer = breaker.allow(self.endpoint, asked)
            return self._allowed(answer, "")
        routes = policies.failover.routes(asked)
        if health is not None and len(routes) > 1:
            now = asked.now
            routes = sorted(
                routes, key=lambda each: health.condition(each.endpoint, now) == "unhealthy"
            )
        found: Refused | None = None
        for route in routes:
            self.endpoint = route.endpoint
            if breaker is None:
                self._admitted.append(route.reason)
                return None
            refused = self._allowed(breaker.allow(route.endpoint, asked), route.reason)
            if refused is None:
                return None
            found = _soonest(found, refused)
        return found or Refused("failover", Denied("there is no endpoint"))

    def _allowed(self, answer: Wait | Denied, reason: str) -> Refused | None:
        if isinstance(answer, Denied):
            return Refused("circuit_breaker", answer)
        if reason or answer.reason:
            self._admitted.append("; ".join(filter(None, (reason, answer.reason))))
        return None

    def _refuse(self, refused: Refused) -> Refused:
        """Give back what it holds, and list that it was refused."""
        self._settle(None)
        reason = refused.denied.reason
        self.tracer("policy.refused", reason)
        self._list("not sent", reason, origin="")
        return refused

    # How it ended.

    def answered(self, reply: Reply) -> Reply:
        """Tell the policies of an answer; what it holds goes back when that has been read."""
        clock = self._course.clock
        seconds = reply.seconds = clock.now() - self._began
        reply.number, reply.began = self._number, self._began - self._course.started
        reply.held, reply.admitted = self._began - self._asked_at, self._words()
        outcome = self._outcome(
            None, reply.status_code, reply.headers, seconds, content=reply.content
        )
        self._record(outcome)
        if self._place is not None:
            if reply.ended or reply.status_code == 101:
                self._settle(outcome)
            else:
                reply.on_end = partial(self._settle, outcome)
        return reply

    def failed(self, failure: APIError) -> AttemptOutcome:
        """Tell the policies of a failure, and list it."""
        seconds = self._course.clock.now() - self._began
        status = status_of(failure)
        headers = failure.headers if isinstance(failure, APIStatusError) else None
        outcome = self._outcome(failure, status, headers, seconds)
        self._record(outcome)
        self._settle(outcome)
        words = how_it_failed(failure)
        self._list(words, "")
        self.tracer("attempt.failed", words, status=status)
        return outcome

    def abandon(self, why: str = "given up") -> None:
        """Tell the policies that it was given up, by the caller or for another attempt."""
        if not self._sent_out:
            self._settle(None)
            return
        seconds = self._course.clock.now() - self._began
        outcome = self._outcome(None, None, None, seconds, abandoned=True)
        self._record(outcome)
        self._settle(outcome)
        self._list(why, "")

    def _outcome(
        self,
        error: APIError | None,
        status: int | None,
        headers: "Headers | None",
        seconds: float,
        *,
        abandoned: bool = False,
        content: bytes | None = None,
    ) -> AttemptOutcome:
        course = self._course
        body = course.operation.body
        return AttemptOutcome(
            course.operation,
            self.endpoint,
            error,
            status,
            headers,
            body is None or body.replayable,
            number=self._number,
            began=self._steady,
            seconds=seconds,
            wall=course.clock.wall(),
            abandoned=abandoned,
            hedging=self._hedging,
            content=content,
            tried=course.tried,
        )

    def _record(self, outcome: AttemptOutcome) -> None:
        course = self._course
        policies = course.policies
        with course.exclusive:
            now = course.clock.steady()
            if policies.circuit_breaker is not None:
                policies.circuit_breaker.record(outcome, now)
            if policies.failover is not None:
                policies.failover.record(outcome, now)
            if policies.rate_limit is not None:
                policies.rate_limit.record(outcome, now)
            if policies.retry is not None:
                policies.retry.record(outcome, now)
            if policies.hedge is not None:
                policies.hedge.record(outcome, now)

    def _settle(self, outcome: AttemptOutcome | None) -> None:
        """Give back what it holds of the rate limit."""
        place, self._place = self._place, None
        if place is not None:
            with self._course.exclusive:
                place.settle(outcome, self._course.clock.steady())

    def _list(self, outcome: str, reason: str, origin: str | None = None) -> None:
        course = self._course
        now = course.clock.now()
        course.attempts.append(
            Attempt(
                self._number,
                str(self.endpoint.origin) if origin is None else origin,
                outcome,
                now - self._began if self._sent_out else 0.0,
                reason,
                began=(self._began if self._sent_out else now) - course.started,
                held=(self._began if self._sent_out else now) - self._asked_at,
                admitted=self._words(),
            )
        )

    def _words(self) -> str:
        return "; ".join(filter(None, self._admitted))


def _soonest(found: Refused | None, other: Refused) -> Refused:
    """The refusal that ends first."""
    if found is None or found.denied.after is None:
        return other
    after = other.denied.after
    return other if after is not None and after < found.denied.after else found
