"""Calls under policies that are cancelled, wherever they wait: no slot, probe or reservation is lost."""

import gc
from typing import Any

import pytest

from api_openai.core.call.call import call
from api_openai.core.call.network import Network
from api_openai.core.call.policy import AttemptOutcome, Policies, Wait
from api_openai.core.call.reply import Reply
from api_openai.core.call.settings import Settings
from api_openai.core.call.wire import PooledWire
from api_openai.core.policies.circuit_breaker import CircuitBreaker
from api_openai.core.policies.failover import Failover
from api_openai.core.policies.hedge import Hedge
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.policies.retry import Retry
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import PolicyRefusedError

from ...support.calls import BUSY, ENDPOINT, OK, POST, carry_out, fails, settings_with
from ...support.outcomes import asked, outcome
from ...support.port import Asked, Pause, ScriptedPort, Step, run, stop

OTHER = Endpoint("https://other.test")


class Stack:
    """All policies but a hedge; one request of the limit is used, the circuit is about to be half open."""

    def __init__(self, port: ScriptedPort) -> None:
        self.limit = RateLimit(requests=3, seconds=10, algorithm="sliding window", concurrency=1)
        self.breaker = CircuitBreaker(failures=1, open_seconds=5)
        for _ in range(3):  # so that the next has to wait
            place: Any = self.limit.reserve(asked(port.time))
            place.place.settle(outcome(None), port.time)
        for endpoint in (ENDPOINT, OTHER):
            self.breaker.allow(endpoint, asked(port.time))
            self.breaker.record(outcome(500, endpoint, began=port.time), port.time)
        self.settings = Settings(
            endpoint=ENDPOINT,
            policies=Policies(
                rate_limit=self.limit,
                circuit_breaker=self.breaker,
                failover=Failover([ENDPOINT, OTHER]),
                retry=Retry(1, initial=1),
            ),
        )

    def clean(self, sent: int) -> None:
        """See that nothing is held, and no more used than went out."""
        [stats] = self.limit.stats()
        assert (stats.under_way, stats.in_line) == (0, 0)
        assert stats.requests_used is not None
        assert stats.requests_used <= 3 + sent
        for circuit in self.breaker.circuits.by_key.values():
            assert circuit.probes == 0


def script() -> list[list[Step]]:
    """A server that is busy, and another that answers in pieces."""
    return [[Asked(), BUSY[:20], BUSY[20:]], [Asked(), OK[:30], OK[30:50], OK[50:]]]


@pytest.mark.parametrize("close", [True, False])
def test_a_policed_call_can_be_cancelled_at_every_await(close: bool) -> None:
    at, stopped = 0, True
    while stopped:
        at += 1
        port = ScriptedPort(*script(), network=Network(max_connections=1))
        stack = Stack(port)
        wire = PooledWire(port, port.network)
        stopped = stop(call(wire, stack.settings, POST, whole=True), at, close=close)
        assert (port.pool.in_use, port.pool.waiting) == (0, 0)
        assert port.open == port.pool.idle
        stack.clean(sent=sum("connect" in word for word in port.log))
    assert at > 10, "there were that many suspension points"


@pytest.mark.parametrize("close", [True, False])
def test_cancelled_in_line_for_a_slot_it_leaves_the_line(close: bool) -> None:
    port = ScriptedPort([Asked(), OK])
    limit = RateLimit(concurrency=1)
    held: Any = limit.reserve(asked(port.time))
    settings = settings_with(policies=Policies(rate_limit=limit), timeout=Timeout(total=50))
    assert stop(call(PooledWire(port, port.network), settings, POST, whole=True), 1, close=close)
    assert (limit.stats()[0].under_way, limit.stats()[0].in_line) == (1, 0)
    held.place.settle(None, port.time)
    assert limit.stats()[0].under_way == 0
    assert carry_out(port, settings=settings).status_code == 200


def test_who_stands_in_line_past_the_deadline_is_refused() -> None:
    port = ScriptedPort()
    limit = RateLimit(concurrency=1)
    held: Any = limit.reserve(asked(port.time))
    settings = settings_with(policies=Policies(rate_limit=limit), timeout=Timeout(total=5))
    error = fails(port, settings=settings)
    assert isinstance(error, PolicyRefusedError)
    assert "in line" in str(error)
    assert (limit.stats()[0].under_way, limit.stats()[0].in_line) == (1, 0)
    assert held.place.ready


def streamed_reply(port: ScriptedPort, settings: Settings) -> Reply:
    return run(call(PooledWire(port, port.network), settings, POST, whole=False))


@pytest.mark.parametrize("end", ["read", "aborted", "dropped", "broken"])
def test_a_slot_goes_to_the_next_in_line_however_an_answer_ends(end: str) -> None:
    port = ScriptedPort([Asked(), OK[:-5], Pause(1), OK[-5:] if end != "broken" else b""])
    limit = RateLimit(concurrency=1)
    settings = settings_with(policies=Policies(rate_limit=limit))
    reply: Reply | None = streamed_reply(port, settings)
    next_: Any = limit.reserve(asked(port.time))
    rung: list[None] = []
    next_.place.notify = lambda: rung.append(None)
    assert not next_.place.ready
    assert reply is not None
    if end == "read":
        run(reply.read())
    elif end == "aborted":
        reply.abort()
    elif end == "broken":
        with pytest.raises(Exception, match=r"\w"):
            run(reply.read())
    reply = None
    gc.collect()
    assert next_.place.ready, "the slot is free"
    assert rung == [None]
    assert port.pool.in_use == 0


class Raising:
    """A policy of one's own with a fault: it cannot be told anything."""

    def record(self, outcome: AttemptOutcome, now: float) -> None:
        raise ZeroDivisionError("my own")

    def allow(self, endpoint: Endpoint, asked: Any) -> Wait:
        return Wait(0)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("answer", [OK, BUSY])
def test_a_policy_that_raises_when_told_keeps_nothing(whole: bool, answer: bytes) -> None:
    port = ScriptedPort([Asked(), answer])
    limit, hedge = RateLimit(concurrency=1), Hedge(quantile=0.5)
    policies = Policies(rate_limit=limit, circuit_breaker=Raising(), hedge=hedge)
    settings = settings_with(policies=policies)
    with pytest.raises(ZeroDivisionError, match="my own"):
        run(call(PooledWire(port, port.network), settings, POST, whole=whole))
    assert limit.stats()[0].under_way == 0
    assert port.pool.in_use == 0
    assert bool(hedge.state.durations) is (answer is OK), "the others are told all the same"


def test_a_policy_that_raises_does_not_keep_a_call_from_being_stopped() -> None:
    class Interrupted(ScriptedPort):
        async def receive(self, conn: Any, deadline: float, /) -> bytes:
            raise KeyboardInterrupt

    port = Interrupted([Asked()])
    limit = RateLimit(concurrency=1)
    settings = settings_with(policies=Policies(rate_limit=limit, circuit_breaker=Raising()))
    with pytest.raises(KeyboardInterrupt) as caught:
        run(call(PooledWire(port, port.network), settings, POST, whole=True))
    assert "my own" in caught.value.__notes__[0]
    assert limit.stats()[0].under_way == 0
