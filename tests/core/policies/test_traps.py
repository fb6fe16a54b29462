"""What policies are known to get wrong, one test each, through the program of a call."""

from math import inf
from typing import Any

import pytest

from api_openai.core.call.policy import Denied, Policies, Stop, Wait
from api_openai.core.http.body import IterableBody
from api_openai.core.policies.circuit_breaker import CircuitBreaker
from api_openai.core.policies.failover import Failover
from api_openai.core.policies.health import Health
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.policies.retry import Retry
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APIConnectionError,
    APIStatusError,
    InternalServerError,
    PolicyRefusedError,
)

from ...support.calls import ENDPOINT, OK, POST, carry_out, fails, settings_with
from ...support.http import answer
from ...support.outcomes import ENDPOINTS, asked, outcome
from ...support.port import ASKED, Asked, Pause, ScriptedPort, run

PLAIN = answer({"error": "busy"}, "connection: keep-alive", status="503 Busy")
"""Busy, without a word on when to come again."""


class Standing(ScriptedPort):
    """A machine whose clock goes nowhere: no wait takes any time of it."""

    async def sleep(self, seconds: float, /) -> None:
        time = self.time
        await super().sleep(seconds)
        self.time = time


def settings_of(timeout: float | None = None, **policies: Any) -> Any:
    return settings_with(policies=Policies(**policies), timeout=Timeout(total=timeout))


# A clock that goes nowhere.


def test_retries_end_by_their_number_when_the_clock_stands() -> None:
    port = Standing([PLAIN, ASKED, PLAIN, ASKED, PLAIN, ASKED, PLAIN])
    error: Any = fails(port, settings=settings_of(60, retry=Retry(3, jitter=0)))
    assert len(error.attempts) == 4
    assert port.sleeps == [0.5, 1.0, 2.0]


def test_a_circuit_stays_open_when_the_clock_stands() -> None:
    port = Standing([PLAIN])
    breaker = CircuitBreaker(failures=1, open_seconds=1)
    settings = settings_of(circuit_breaker=breaker)
    assert isinstance(fails(port, settings=settings), InternalServerError)
    for _ in range(5):
        assert isinstance(fails(port, settings=settings), PolicyRefusedError)
    assert breaker.stats[0].refused == 5


@pytest.mark.parametrize("algorithm", ["token bucket", "sliding window"])
def test_a_limit_is_kept_when_the_clock_stands(algorithm: Any) -> None:
    limit = RateLimit(requests=2, seconds=10, algorithm=algorithm)
    waits = [limit.reserve(asked(1000.0)) for _ in range(6)]
    spread = [each.seconds for each in waits if isinstance(each, Wait)]
    assert spread == sorted(spread)
    assert spread[:2] == [0, 0]
    assert spread[-1] == 20.0, "two more each ten seconds"


def test_an_endpoint_rests_when_the_clock_stands_and_is_used_all_the_same() -> None:
    failover = Failover(ENDPOINTS[:1], cooldown=10)
    port = Standing([PLAIN, ASKED, PLAIN, ASKED, OK])
    reply = carry_out(port, settings=settings_of(failover=failover, retry=Retry(2)))
    assert [each.outcome for each in reply.attempts][-1] == "answered 200"


# A deadline that is shorter than a wait.


@pytest.mark.parametrize(
    "initial",
    [8, 5],
    ids=["longer", "as long"],
)
def test_a_backoff_beyond_the_deadline_raises_at_once(initial: float) -> None:
    port = ScriptedPort([PLAIN])
    caught: Any = fails(port, settings=settings_of(5, retry=Retry(3, initial=initial, jitter=0)))
    assert caught.status_code == 503
    assert "the deadline is in 5 s" in caught.attempts[-1].reason
    assert port.sleeps == []


def test_a_server_that_asks_for_more_than_the_deadline_is_not_waited_for() -> None:
    port = ScriptedPort([answer({}, "retry-after: 20", status="429 Slow Down")])
    caught: Any = fails(port, settings=settings_of(5, retry=Retry(3)))
    assert "asks to wait 20 s" in caught.attempts[0].reason
    assert port.sleeps == []


def test_a_limit_beyond_the_deadline_refuses_at_once() -> None:
    limit = RateLimit(requests=1, seconds=60)
    port = ScriptedPort([OK])
    settings = settings_of(5, rate_limit=limit)
    carry_out(port, settings=settings)
    caught = fails(port, settings=settings)
    assert isinstance(caught, PolicyRefusedError)
    assert caught.after == 60
    assert port.sleeps == []
    assert carry_out(ScriptedPort([OK]), settings=settings_of(rate_limit=limit)).status_code == 200


# Bodies.


@pytest.mark.parametrize(
    "policies",
    [
        {"retry": Retry(3, initial=0, maybe_executed=True)},
        {"failover": Failover(ENDPOINTS, maybe_executed=True)},
    ],
    ids=["retry", "failover"],
)
def test_a_body_from_an_iterator_is_sent_once(policies: dict[str, Any]) -> None:
    operation = Operation[Any, Any](
        name="put",
        method="PUT",
        path="/x",
        answer=JsonAnswer(object),
        body=IterableBody(iter([b"a"]), "body"),
    )
    port = ScriptedPort([Asked(b"0\r\n\r\n"), PLAIN])
    caught: Any = fails(port, operation, settings_of(**policies))
    assert isinstance(caught, APIStatusError)
    assert "cannot be sent twice" in caught.attempts[0].reason


# Circuits.


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 429])
def test_a_circuit_does_not_count_4xx(status: int) -> None:
    breaker = CircuitBreaker(failures=1, ratio=0.01, minimum=1)
    port = ScriptedPort([answer({}, "connection: keep-alive", status=f"{status} No"), ASKED, OK])
    settings = settings_of(circuit_breaker=breaker)
    assert isinstance(fails(port, settings=settings), APIStatusError)
    assert breaker.stats[0].state == "closed"
    assert carry_out(port, settings=settings).status_code == 200


def test_what_a_caller_gives_up_opens_no_circuit() -> None:
    breaker = CircuitBreaker(failures=1)
    breaker.allow(ENDPOINT, asked(0.0))
    breaker.record(outcome(None, ENDPOINT, abandoned=True), 0.0)
    assert all(each.state == "closed" for each in breaker.stats)
    assert breaker.allow(ENDPOINT, asked(0.0)) == Wait(0)


# New endpoints.


def test_a_new_endpoint_is_usable() -> None:
    """No circuit, no probe and no record is a reason against it."""
    old, new = ENDPOINTS[:2]
    failover = Failover([old])
    failover.record(outcome(503, old), 1000.0)
    longer = Failover([old, new], state=failover.state)
    assert [each.endpoint for each in longer.routes(asked(1000.0))] == [new, old]
    health = Health(stale=10)
    health.probed(old, "", 0.1, 1000.0)
    assert health.condition(new, 1000.0) == "unknown"
    breaker = CircuitBreaker(failures=1)
    breaker.allow(old, asked(1000.0))
    breaker.record(outcome(503, old, began=1000.0), 1000.0)
    assert isinstance(breaker.allow(new, asked(1000.0)), Wait)
    port = ScriptedPort([OK])
    policies: dict[str, Any] = {"failover": longer, "health": health, "circuit_breaker": breaker}
    reply = carry_out(port, settings=settings_of(**policies))
    assert reply.attempts[0].endpoint.startswith("http://two.test")


def test_an_unhealthy_endpoint_is_used_where_there_is_no_other() -> None:
    health = Health(unhealthy_after=1)
    health.probed(ENDPOINTS[0], "it broke", 0.1, 0.0)
    failover = Failover(ENDPOINTS[:1])
    port = ScriptedPort([OK])
    assert carry_out(port, settings=settings_of(failover=failover, health=health)).attempts


# Streams.


def test_nothing_takes_the_place_of_a_stream_that_has_begun() -> None:
    port = ScriptedPort([OK[:-4], b""])
    policies: dict[str, Any] = {
        "failover": Failover(ENDPOINTS, maybe_executed=True),
        "retry": Retry(3, initial=0, maybe_executed=True),
    }
    reply = carry_out(port, settings=settings_of(**policies), whole=False)
    with pytest.raises(APIConnectionError):
        run(reply.read())
    assert len(reply.attempts) == len(port.conns) == 1


def test_a_slot_is_not_waited_for_beyond_longest_wait() -> None:
    limit = RateLimit(concurrency=1, longest_wait=2)
    held = limit.reserve(asked(1000.0))
    port = ScriptedPort()
    caught = fails(port, settings=settings_of(rate_limit=limit))
    assert isinstance(caught, PolicyRefusedError)
    assert port.time == 1002.0
    assert isinstance(held, Wait)


def test_what_never_fits_is_refused_at_once() -> None:
    limit = RateLimit(tokens=100, cost=lambda operation: 101)
    answer_ = limit.reserve(asked(0.0, POST, left=inf))
    assert isinstance(answer_, Denied)
    assert answer_.after is None
    assert "101 tokens" in answer_.reason


def test_the_wait_for_an_answer_is_no_failure_of_a_limit() -> None:
    port = ScriptedPort([Pause(3), OK])
    limit = RateLimit(requests=1, seconds=2)
    assert carry_out(port, settings=settings_of(rate_limit=limit)).attempts[0].held == 0


class Freed(ScriptedPort):
    """A machine on which a slot comes free 9.9 s after somebody has come to stand in line for it."""

    held: Any

    async def park(self, ticket: Any, deadline: float, /) -> None:
        self.time += 9.9
        self.held.place.settle(outcome(200), self.time)
        await super().park(ticket, deadline)


def test_who_stood_in_line_for_a_slot_counts_when_he_goes_out() -> None:
    """Counted when he came, he would go out with those of the next window."""
    limit = RateLimit(requests=2, seconds=10, algorithm="sliding window", concurrency=1)
    port = Freed([OK])
    port.held = limit.reserve(asked(1000.0))
    reply = carry_out(port, settings=settings_of(rate_limit=limit))
    assert reply.attempts[0].admitted == "stood in line for 9.9 s"
    for seconds in (0.0, pytest.approx(9.9)):
        found: Any = limit.reserve(asked(1010.0))
        assert found.seconds == seconds
        found.place.slots.leave(found.place)


def test_who_has_a_slot_at_last_may_have_to_wait_for_the_limit_too() -> None:
    limit = RateLimit(requests=1, seconds=20, concurrency=1)
    port = Freed([OK])
    port.held = limit.reserve(asked(1000.0))
    reply = carry_out(port, settings=settings_of(rate_limit=limit))
    assert [round(each, 3) for each in port.sleeps] == [10.1]
    assert "stood in line for 9.9 s; requests used up" in reply.attempts[0].admitted
    port = Freed()
    port.held = limit.reserve(asked(1040.0))
    port.time = 1040.0
    caught = fails(port, settings=settings_of(12, rate_limit=limit))
    assert isinstance(caught, PolicyRefusedError), "the deadline would have passed"
    assert port.time == 1049.9
    [stats] = limit.stats()
    assert (stats.under_way, stats.in_line) == (0, 0)


# Failover ends, whatever keeps it from an endpoint.


class Sick:
    """Health by a monitor of one's own: those of `hosts` are unhealthy."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts

    def condition(self, endpoint: Any, now: float) -> Any:
        return "unhealthy" if endpoint.origin.host in self.hosts else "healthy"


AGAIN: list[bytes | Asked] = [ASKED, PLAIN]
BAD = [PLAIN, *AGAIN * 9]
HOSTS = [each.origin.host for each in ENDPOINTS]


def tried_with(port: ScriptedPort, endpoints: int = 2, **policies: Any) -> list[str]:
    """The hosts that a call of a failing server was sent to, as far as the script goes."""
    failover = Failover(ENDPOINTS[:endpoints])
    error: Any = fails(port, settings=settings_of(failover=failover, **policies))
    sent = [each.endpoint for each in error.attempts if each.endpoint]
    return [each.split("//")[1].split(":")[0] for each in sent]


def test_an_unhealthy_endpoint_is_tried_before_one_that_failed_in_this_call() -> None:
    assert tried_with(ScriptedPort(BAD, BAD), health=Sick(HOSTS[1])) == HOSTS[:2]


def open_for(host: str) -> Any:
    """A breaker whose circuit for one host is open for good."""

    class Breaker:
        def allow(self, endpoint: Any, asked: Any) -> Any:
            return Denied("open") if endpoint.origin.host == host else Wait(0)

        def record(self, outcome: Any, now: float) -> None:
            pass

    return Breaker()


@pytest.mark.parametrize("host", HOSTS[:2])
def test_failover_does_not_go_on_for_an_endpoint_whose_circuit_is_open(host: str) -> None:
    tried = tried_with(ScriptedPort(BAD), circuit_breaker=open_for(host))
    assert tried == [each for each in HOSTS[:2] if each != host]


def test_past_an_open_circuit_a_healthy_endpoint_comes_before_an_unhealthy_one() -> None:
    policies = {"health": Sick(HOSTS[1]), "circuit_breaker": open_for(HOSTS[0])}
    tried = tried_with(ScriptedPort(BAD, BAD), 3, **policies)
    assert tried[:2] == [HOSTS[2], HOSTS[1]]


def test_no_routes_are_a_refusal_with_health_too() -> None:
    class Nowhere:
        def routes(self, asked: Any) -> list[Any]:
            return []

        def judge(self, outcome: Any, now: float) -> Stop:
            return Stop()

        def record(self, outcome: Any, now: float) -> None:
            pass

    error = fails(ScriptedPort(), settings=settings_of(failover=Nowhere(), health=Sick()))
    assert isinstance(error, PolicyRefusedError)
    assert error.policy == "failover"


def opened(endpoint: Any, now: float = 1000.0) -> CircuitBreaker:
    """A breaker whose circuit of one endpoint is open."""
    breaker = CircuitBreaker(failures=1, open_seconds=1000)
    breaker.record(outcome(503, endpoint), now)
    return breaker


def test_nothing_is_sent_again_where_the_other_endpoint_is_left_alone() -> None:
    failing, left_alone = ENDPOINTS[:2]
    port = ScriptedPort([PLAIN, ASKED, OK])
    settings = settings_of(
        failover=Failover([failing, left_alone]), circuit_breaker=opened(left_alone)
    )
    caught: Any = fails(port, settings=settings)
    assert caught.status_code == 503
    assert [each.outcome for each in caught.attempts] == ["answered 503", "not sent"]
    assert "is open" in caught.attempts[1].reason


def test_a_retry_says_whether_the_failed_endpoint_is_asked_again_then() -> None:
    failing, left_alone = ENDPOINTS[:2]
    port = ScriptedPort([PLAIN, ASKED, OK])
    settings = settings_of(
        failover=Failover([failing, left_alone]),
        circuit_breaker=CircuitBreaker(failures=2, circuits=opened(left_alone).circuits),
        retry=Retry(1, jitter=0),
    )
    reply = carry_out(port, settings=settings)
    assert [each.outcome for each in reply.attempts] == ["answered 503", "not sent", "answered 200"]
    assert port.sleeps == [0.5]
    assert reply.attempts[0].reason == "retry 1 of 1: the schedule says 0.5 s"
