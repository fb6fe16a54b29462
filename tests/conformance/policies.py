"""Scenarios of policies: they decide alike, and leave nothing behind, whatever a client runs on."""

import gc
from functools import partial
from typing import Any

import pytest

from api_openai.core.call.trace import TraceEvent
from api_openai.core.http.body import IterableBody
from api_openai.core.policies.budget import Budget
from api_openai.core.policies.circuit_breaker import CircuitBreaker
from api_openai.core.policies.failover import Failover
from api_openai.core.policies.health import Health
from api_openai.core.policies.hedge import Hedge
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.policies.retry import Retry
from api_openai.core.request.answer_kinds import EventsAnswer
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    OpenAIError,
    PolicyRefusedError,
    RateLimitError,
    StreamTruncatedError,
)
from api_openai.core.terms.secret import Secret

from ..support.http import DONE, END, answer, chunk
from ..support.server import ASK, CLOSE, GATE, HANGUP, RESET, Server
from ..support.shapes import Chunk
from .framing import GET, KEPT, OK, POST
from .stage import Stage, scenario
from .streaming import LAST, OPEN, STREAM, WHOLE, A, texts
from .ways import DIRECT, PROXY_TLS, WayName

SINGLE: tuple[WayName, ...] = ("stepper", "httpx")
"""Ways that cannot stop an attempt that has lost."""
ONE_AT_A_TIME: dict[tuple[WayName, ...], str] = {
    SINGLE: "it cannot stop an attempt that has lost, so that it refuses to race"
}
decided = partial(
    scenario, routes=(DIRECT, PROXY_TLS), because="what is in between changes no decision"
)
BUSY = answer({"error": "busy"}, KEPT, status="503 Busy")
ILL = answer({}, KEPT, status="500 Oops")
LISTED = answer({"object": "list", "data": []})
ITEM = answer({"id": "i1"})


def limited(*fields: str, code: str = "rate_limit_exceeded") -> bytes:
    """A 429."""
    return answer({"error": {"code": code}}, KEPT, *fields, status="429 Too Many Requests")


def endpoint(stage: Stage, server: Server | None = None, key: str = "sk-one") -> Endpoint:
    """An endpoint of a server of the stage."""
    return Endpoint(stage.url(server), api_key=Secret(key))


async def fails(client: Any, operation: Operation[Any, Any] = POST) -> Any:
    """How a call fails."""
    with pytest.raises(OpenAIError) as caught:
        await client.send(operation)
    return caught.value


# Retry.


@decided()
async def a_retry_waits_as_the_server_asks(stage: Stage) -> None:
    stage.server.on(ASK, limited("retry-after-ms: 200"), ASK, BUSY, ASK, OK)
    client = stage.client(retry=Retry(3, initial=0.05, jitter=0))
    began = stage.way.clock.now()
    response = await client.raw(POST)
    assert [each.outcome for each in response.attempts] == [
        "answered 429",
        "answered 503",
        "answered 200",
    ]
    assert [each.waits for each in response.attempts] == [0.2, 0.1, None]
    assert stage.way.clock.now() - began > 0.25
    assert response.attempts[2].began > 0.25


@decided()
async def a_retry_that_would_come_too_late_is_not_waited_for(stage: Stage) -> None:
    stage.server.on(ASK, BUSY)
    client = stage.client(retry=Retry(3, initial=8, jitter=0), timeout=Timeout(total=5))
    began = stage.way.clock.now()
    error = await fails(client)
    assert isinstance(error, APIStatusError)
    assert "the deadline is in" in error.attempts[-1].reason
    assert stage.way.clock.now() - began < 5


@decided()
async def what_does_not_pass_is_not_tried_again(stage: Stage) -> None:
    stage.server.on(ASK, limited(code="insufficient_quota"), ASK, answer({}, status="404 No"))
    client = stage.client(retry=Retry(3))
    error = await fails(client)
    assert isinstance(error, RateLimitError)
    assert "insufficient_quota" in error.attempts[0].reason
    error = await fails(client)
    assert error.attempts[0].reason == "status 404 is not tried again"


@decided()
async def a_post_that_may_have_been_executed_is_not_sent_again(stage: Stage) -> None:
    stage.server.on(ASK, RESET)
    stage.server.on(ASK, CLOSE)
    stage.server.on(ASK, ITEM)
    client = stage.client(retry=Retry(3, initial=0))
    error = await fails(client)
    assert isinstance(error, APIConnectionError)
    assert "executed" in error.attempts[0].reason
    assert (await client.send(GET)).id == "i1"


@decided()
async def a_body_from_an_iterator_is_not_sent_again(stage: Stage) -> None:
    stage.server.on(ASK, BUSY)
    upload = Operation[Any, Any](
        name="items.upload",
        method="POST",
        path="/items",
        body=IterableBody(iter([b"a", b"b"]), "body"),
        answer=POST.answer,
    )
    error = await fails(stage.client(retry=Retry(3, initial=0)), upload)
    assert "cannot be sent twice" in error.attempts[0].reason


@decided()
async def a_budget_bounds_retries_over_all_calls(stage: Stage) -> None:
    stage.server.on(ASK, BUSY, ASK, BUSY, ASK, BUSY, ASK, BUSY, ASK, BUSY)
    budget = Budget(0.0, 2)
    client = stage.client(retry=Retry(2, initial=0, budget=budget))
    assert len((await fails(client)).attempts) == 3
    for _ in range(2):
        error = await fails(client)
        assert error.attempts[-1].reason == "the budget for retries is spent"
    assert budget.balance == 0


# CircuitBreaker.


@decided()
async def a_circuit_opens_rests_and_closes(stage: Stage) -> None:
    broken = answer({}, KEPT, status="500 Oops")
    missing = answer({}, KEPT, status="404 No")
    moves = [broken, missing, broken, missing, broken, broken, OK, OK]
    stage.server.on(*(move for each in moves for move in (ASK, each)))
    breaker = CircuitBreaker(failures=2, open_seconds=30)
    client = stage.client(circuit_breaker=breaker)
    for _ in range(6):
        assert isinstance(await fails(client), APIStatusError)
    [stats] = breaker.stats
    assert (stats.state, stats.opened) == ("open", 1), "a 404 is an answer, and no failure"
    error = await fails(client)
    assert isinstance(error, PolicyRefusedError)
    assert (error.policy, error.sent) == ("circuit_breaker", "no")
    assert error.after is not None
    assert 29 < error.after <= 30
    assert len(stage.server.requests) == 6
    stage.way.clock.go_on(30)
    response = await client.raw(POST)
    assert response.attempts[0].admitted == "a probe of a half-open circuit"
    assert breaker.stats[0].state == "closed"
    await client.send(POST)


# RateLimit.


@decided()
async def a_limit_refuses_or_waits(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK, ASK, OK, ASK, OK)
    refusing = stage.client(rate_limit=RateLimit(requests=1, seconds=60, when_full="refuse"))
    await refusing.send(POST)
    error = await fails(refusing)
    assert isinstance(error, PolicyRefusedError)
    assert (error.policy, len(error.attempts)) == ("rate_limit", 1)
    assert error.after is not None
    assert 59 < error.after <= 60
    limit = RateLimit(requests=1, seconds=0.3, algorithm="sliding window")
    waiting = stage.client(rate_limit=limit)
    stage.server.on(ASK, OK, ASK, OK)
    await waiting.send(POST)
    began = stage.way.clock.now()
    response = await waiting.raw(POST)
    assert stage.way.clock.now() - began > 0.2
    assert 0.2 < response.attempts[0].held < 0.6
    assert "requests used up" in response.attempts[0].admitted
    error = await fails(waiting.with_options(timeout=Timeout(total=0.1)))
    assert isinstance(error, PolicyRefusedError), "it would be over before its time had come"


@decided()
async def a_limit_learns_from_the_server(stage: Stage) -> None:
    fields = ("x-ratelimit-limit-requests: 100", "x-ratelimit-remaining-requests: 0")
    stage.server.on(ASK, limited("retry-after: 7", *fields))
    client = stage.client(rate_limit=RateLimit(learns=True, when_full="refuse"))
    assert isinstance(await fails(client), RateLimitError)
    error = await fails(client)
    assert isinstance(error, PolicyRefusedError)
    assert error.after is not None
    assert 6 < error.after <= 7


@decided()
async def calls_stand_in_line_for_a_slot(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK, ASK, OK, ASK, OK)
    limit = RateLimit(concurrency=1)
    client = stage.client(rate_limit=limit)

    async def one() -> Any:
        return await client.raw(POST)

    responses = await client.together([one] * 4)
    assert [each.status_code for each in responses] == [200] * 4
    assert len(stage.server.peers) == 1, "never two at once"
    [stats] = limit.stats()
    assert (stats.under_way, stats.in_line) == (0, 0)


@decided()
async def a_stream_holds_its_slot_until_it_is_over(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), HANGUP)
    stage.server.on(ASK, OPEN + chunk(A), GATE, RESET)
    stage.server.on(ASK, WHOLE, ASK, OK)
    limit = RateLimit(concurrency=1, when_full="refuse")
    client = stage.client(rate_limit=limit)
    stream = await client.stream(STREAM)
    await anext(stream)
    assert isinstance(await fails(client), PolicyRefusedError)
    await stream.close()  # given up
    stream = await client.stream(STREAM)
    await anext(stream)
    assert limit.stats()[0].under_way == 1
    stage.server.go(1)
    with pytest.raises(StreamTruncatedError):  # broken
        await anext(stream)
    assert limit.stats()[0].under_way == 0
    assert texts(await client.events(STREAM)) == ["a", "b"]  # read to its end
    assert (await client.send(POST)).id == "r1"


# Failover and Health.


@decided()
async def a_call_goes_to_another_endpoint(stage: Stage) -> None:
    other = stage.another_server()
    stage.server.on(ASK, BUSY)
    other.on(ASK, OK, ASK, OK)
    failover = Failover([endpoint(stage), endpoint(stage, other, "sk-two")], cooldown=60)
    client = stage.client(failover=failover)
    response = await client.raw(POST)
    assert [each.outcome for each in response.attempts] == ["answered 503", "answered 200"]
    assert response.attempts[0].endpoint != response.attempts[1].endpoint
    assert response.attempts[0].waits == 0
    assert (await client.raw(POST)).attempts[0].endpoint == response.attempts[1].endpoint
    assert stage.server.request.header("authorization") == "Bearer sk-one"
    keys = [each.header("authorization") for each in other.requests]
    assert keys == ["Bearer sk-two"] * 2
    assert stage.server.request.header("idempotency-key") == other.requests[0].header(
        "idempotency-key"
    )


@decided()
async def no_endpoint_is_left_after_all_were_tried(stage: Stage) -> None:
    other = stage.another_server()
    stage.server.on(ASK, BUSY, ASK, BUSY)
    other.on(ASK, BUSY, ASK, BUSY)
    failover = Failover([endpoint(stage), endpoint(stage, other)])
    client = stage.client(failover=failover, retry=Retry(1, initial=0.05, jitter=0))
    error = await fails(client)
    assert isinstance(error, APIStatusError)
    assert [each.waits for each in error.attempts] == [0, 0.05, 0, None]
    assert len(stage.server.requests) == len(other.requests) == 2


@decided()
async def once_a_stream_has_begun_no_endpoint_takes_its_place(stage: Stage) -> None:
    other = stage.another_server()
    stage.server.on(ASK, OPEN + chunk(A), GATE, RESET)
    failover = Failover([endpoint(stage), endpoint(stage, other)], maybe_executed=True)
    client = stage.client(failover=failover, retry=Retry(3, initial=0, maybe_executed=True))
    stream = await client.stream(STREAM)
    assert texts([await anext(stream)]) == ["a"]
    stage.server.go()
    with pytest.raises(StreamTruncatedError) as caught:
        await anext(stream)
    assert len(caught.value.attempts) == 1
    assert other.peers == []


@decided()
async def a_stream_that_is_refused_goes_to_another_endpoint(stage: Stage) -> None:
    other = stage.another_server()
    stage.server.on(ASK, BUSY)
    other.on(ASK, OPEN + chunk(A + LAST) + chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    client = stage.client(failover=Failover([endpoint(stage), endpoint(stage, other)]))
    assert texts(await client.events(STREAM)) == ["a", ""]


@decided()
async def probes_say_how_endpoints_are(stage: Stage) -> None:
    other = stage.another_server()
    stage.server.on(ASK, ILL, ASK, ILL)
    other.on(ASK, LISTED, ASK, LISTED, ASK, OK)
    health = Health(unhealthy_after=2)
    failover = Failover([endpoint(stage), endpoint(stage, other)])
    client = stage.client(failover=failover, health=health)
    report = await client.check_health()
    assert [each.condition for each in report.endpoints] == ["degraded", "healthy"]
    report = await client.check_health()
    assert [each.condition for each in report.endpoints] == ["unhealthy", "healthy"]
    assert report.condition == "degraded"
    assert report
    assert (await client.raw(POST)).attempts[0].endpoint == report.endpoints[1].endpoint
    assert {each.target for each in stage.server.requests} == {"/v1/models"}


# Hedge.


@decided(without=ONE_AT_A_TIME)
async def a_second_attempt_wins_and_the_first_is_closed(stage: Stage) -> None:
    stage.server.on(ASK, HANGUP)
    stage.server.on(ASK, ITEM, ASK, ITEM)
    hedge = Hedge(after=0.1)
    client = stage.client(hedge=hedge)
    response = await client.raw(GET)
    assert response.status_code == 200
    assert sorted(each.outcome for each in response.attempts) == ["answered 200", "given up"]
    await stage.way.turns()
    stage.server.played(0)  # the client has closed it
    assert (hedge.stats.begun, hedge.stats.won) == (1, 1)
    assert (await client.send(GET)).id == "i1"
    assert len(stage.server.peers) == 2, "what won is used again"


@decided(without=ONE_AT_A_TIME)
async def a_first_attempt_in_time_has_no_second(stage: Stage) -> None:
    stage.server.on(ASK, ITEM, ASK, OK)
    hedge = Hedge(after=5)
    client = stage.client(hedge=hedge)
    assert (await client.send(GET)).id == "i1"
    await client.send(POST)  # which is not safe to send twice
    assert (hedge.stats.begun, len(stage.server.peers)) == (0, 1)


@decided(without=ONE_AT_A_TIME)
async def two_attempts_that_fail_are_both_listed(stage: Stage) -> None:
    stage.server.on(ASK, GATE, BUSY)
    stage.server.on(ASK, RESET)

    def heard(event: TraceEvent) -> None:
        stage.traced.append(event)
        if event.kind == "attempt.failed" and event.attempt == 2:
            stage.server.go(0)

    error = await fails(stage.client(hedge=Hedge(after=0.2), trace=heard), GET)
    assert [each.number for each in error.attempts] == [2, 1]
    assert error.attempts[1].outcome == "answered 503"


@scenario(
    without={
        (
            "blocking",
            "asyncio",
            "trio",
            "httpx-asyncio",
            "httpx-trio",
        ): "it can stop an attempt that has lost"
    }
)
async def a_transport_without_races_says_so(stage: Stage) -> None:
    client = stage.client(hedge=Hedge(after=0.5))
    with pytest.raises(OpenAIError, match="cannot stop an attempt that has lost"):
        await client.send(GET)
    assert stage.server.peers == []


# Hot configuration.


@decided()
async def a_call_keeps_what_it_began_with(stage: Stage) -> None:
    stage.server.on(ASK, BUSY, ASK, OK, ASK, BUSY)
    versions: list[int] = []

    def heard(event: TraceEvent) -> None:
        stage.traced.append(event)
        if event.kind == "request.sent" and not versions:
            versions.append(client.client.reconfigure(api_key="sk-new", retry=None))

    client = stage.client(api_key="sk-old", retry=Retry(1, initial=0), trace=heard)
    changes: list[Any] = []
    end = client.client.on_change(changes.append)
    response = await client.raw(POST)
    assert [each.outcome for each in response.attempts] == ["answered 503", "answered 200"]
    assert versions == [2]
    assert [(each.version, each.changed) for each in changes] == [(2, ("api_key", "retry"))]
    end()
    error = await fails(client)
    assert error.attempts[0].reason == ""
    keys = [each.header("authorization") for each in stage.server.requests]
    assert keys == ["Bearer sk-old"] * 2 + ["Bearer sk-new"]


@decided()
async def a_timeout_of_one_attempt_is_not_the_end_of_a_call(stage: Stage) -> None:
    stage.server.on(ASK, HANGUP)
    stage.server.on(ASK, ITEM)
    client = stage.client(
        retry=Retry(1, initial=0.05, jitter=0), timeout=Timeout(first_byte=0.2, total=30)
    )
    response = await client.raw(GET)
    assert [each.waits for each in response.attempts] == [0.05, None]
    assert "no answer" in response.attempts[0].outcome
    stage.server.on(ASK, HANGUP)
    stage.server.on(ASK, HANGUP)
    error = await fails(client.with_options(timeout=Timeout(first_byte=0.2, total=0.3)), GET)
    assert isinstance(error, APITimeoutError)


@decided(without=ONE_AT_A_TIME)
async def a_stream_that_wins_is_read_when_the_race_is_over(stage: Stage) -> None:
    stage.server.on(ASK, HANGUP)
    stage.server.on(ASK, OPEN + chunk(A), GATE, chunk(LAST + DONE) + END, ASK, OK)
    listen = Operation[Any, Any](
        name="items.listen",
        method="GET",
        path="/items/events",
        answer=EventsAnswer(Chunk),
        safe=True,
    )
    client = stage.client(hedge=Hedge(after=0.3), rate_limit=RateLimit(concurrency=2))
    async with await client.stream(listen) as stream:
        assert texts([await anext(stream)]) == ["a"]
        await stage.way.turns()
        stage.server.played(0)  # the other one is closed already
        stage.server.go(1)
        assert texts([event async for event in stream]) == [""]
    assert (await client.send(POST)).id == "r1"
    assert len(stage.server.peers) == 2


@decided(without=ONE_AT_A_TIME)
async def a_second_attempt_goes_to_another_endpoint(stage: Stage) -> None:
    other = stage.another_server()
    stage.server.on(ASK, HANGUP)
    other.on(ASK, ITEM)
    stage.server.on(ASK, OK)
    failover = Failover([endpoint(stage), endpoint(stage, other, "sk-two")])
    client = stage.client(failover=failover, hedge=Hedge(after=0.3))
    assert (await client.send(GET)).id == "i1"
    await stage.way.turns()
    stage.server.played(0)
    assert other.request.header("authorization") == "Bearer sk-two"
    assert (await client.send(POST)).id == "r1", "who has lost has not failed"


@decided()
async def a_stream_that_nobody_has_any_more_frees_its_slot(stage: Stage) -> None:
    stage.server.on(ASK, OPEN + chunk(A), HANGUP)
    stage.server.on(ASK, OK)
    limit = RateLimit(concurrency=1)
    client = stage.client(rate_limit=limit)
    stream: Any = await client.stream(STREAM)
    await anext(stream)
    assert limit.stats()[0].under_way == 1
    del stream
    gc.collect()
    assert limit.stats()[0].under_way == 0
    assert (await client.send(POST)).id == "r1"
