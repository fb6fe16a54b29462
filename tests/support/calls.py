"""Calls of the core carried out over a scripted backend, and policies that write down what they hear."""

import pickle
from collections import deque
from collections.abc import Sequence
from typing import Any

import pytest

from api_openai.core.call.call import call
from api_openai.core.call.policy import (
    Again,
    Asked,
    AttemptOutcome,
    CircuitBreaker,
    Denied,
    Failover,
    Policies,
    RateLimit,
    Retry,
    Route,
    Stop,
    Wait,
)
from api_openai.core.call.reply import Reply
from api_openai.core.call.settings import Settings
from api_openai.core.call.wire import PooledWire
from api_openai.core.http.body import IterableBody
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.terms.errors import OpenAIError
from api_openai.core.terms.secret import Secret

from ..support.http import answer
from ..support.port import ScriptedPort, Step, run
from ..support.shapes import CHAT, RETRIEVE

OK = answer({"id": "r1"}, "x-request-id: req-1")
ENDPOINT = Endpoint("http://api.test/v1", api_key=Secret("sk-test"))
POST = CHAT({"model": "m"})
GET = RETRIEVE({}, "i1")


def carry_out(
    port: ScriptedPort,
    operation: Operation[Any, Any] = POST,
    settings: Settings | None = None,
    *,
    whole: bool = True,
) -> Reply:
    """Run one call over `port`; nothing may be left in use, whatever comes of it."""
    wire = PooledWire(port, port.network)
    try:
        return run(call(wire, settings or Settings(endpoint=ENDPOINT), operation, whole=whole))
    finally:
        if whole:
            assert port.pool.in_use == 0
            assert port.open == port.pool.idle


def fails(
    port: ScriptedPort,
    operation: Operation[Any, Any] = POST,
    settings: Settings | None = None,
) -> OpenAIError:
    """The error of a call that fails; it pickles."""
    with pytest.raises(OpenAIError) as caught:
        carry_out(port, operation, settings)
    error = caught.value
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    return error


def settings_with(**changes: Any) -> Settings:
    return Settings(endpoint=ENDPOINT, **changes)


def deque_of(*steps: Step) -> deque[Step]:
    return deque(steps)


def streamed(*pieces: bytes) -> Operation[Any, Any]:
    return Operation(
        name="put",
        method="PUT",
        path="/x",
        answer=JsonAnswer(object),
        body=IterableBody(list(pieces), "body"),
    )


class RecordingPolicies:
    """All four policies in one, that writes down what it is asked and answers as it was told."""

    def __init__(
        self, *verdicts: Again | Stop, endpoints: Sequence[Endpoint] = (ENDPOINT,)
    ) -> None:
        self.heard: list[str] = []
        self.outcomes: list[AttemptOutcome] = []
        self.verdicts = list(verdicts)
        self.endpoints = list(endpoints)
        self.place: Wait | Denied = Wait(0)
        self.allowed: Wait | Denied = Wait(0)
        self.left: float | None = None
        self.chance: float | None = None

    def reserve(self, asked: Asked) -> Wait | Denied:
        self.heard.append("reserve")
        self.left = asked.left
        return self.place

    def allow(self, endpoint: Endpoint, asked: Asked) -> Wait | Denied:
        self.heard.append(f"allow {endpoint.origin.host}")
        return self.allowed

    def record(self, outcome: AttemptOutcome, now: float) -> None:
        self.heard.append("record")

    def routes(self, asked: Asked) -> list[Route]:
        self.heard.append(f"routes {asked.number}")
        first = min(asked.number, len(self.endpoints)) - 1
        return [Route(each, "in turn") for each in self.endpoints[first:]]

    def judge(self, outcome: AttemptOutcome, asked: Asked | float) -> Again | Stop:
        if not isinstance(asked, Asked):  # as a failover, which is asked first
            return Stop()
        self.heard.append(f"judge {outcome.number}")
        self.outcomes.append(outcome)
        self.chance = asked.chance
        return self.verdicts.pop(0) if self.verdicts else Stop("enough")


def policies_of(ear: RecordingPolicies) -> Policies:
    rate_limit: RateLimit = ear
    breaker: CircuitBreaker = ear
    failover: Failover = ear
    retry: Retry = ear
    return Policies(rate_limit=rate_limit, circuit_breaker=breaker, failover=failover, retry=retry)


BUSY = answer({"error": "busy"}, "retry-after: 1", "connection: keep-alive", status="503 Busy")
