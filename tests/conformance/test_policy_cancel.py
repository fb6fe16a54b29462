"""Calls under all policies, cancelled at every suspension point on every loop: nothing is lost."""

from typing import Any

import pytest

from api_openai.core.call.network import Network
from api_openai.core.policies.circuit_breaker import CircuitBreaker
from api_openai.core.policies.hedge import Hedge
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.policies.retry import Retry
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import OpenAIError

from ..support.http import answer
from ..support.server import ASK, HANGUP, Always, Server
from .callers import Caller
from .cancelling import CANCELLERS, everywhere
from .framing import GET, KEPT, OK, POST

BUSY = answer({}, KEPT, status="503 Busy")


class Policed:
    """A program under policies of its own, which must be clean when the next one begins."""

    def __init__(self, *, hedges: bool) -> None:
        self._hedges = hedges
        self._made: list[tuple[RateLimit, CircuitBreaker]] = []

    async def __call__(self, caller: Caller) -> None:
        self.clean()
        limit = RateLimit(concurrency=2, requests=100)
        breaker = CircuitBreaker(failures=1, open_seconds=0.01, probes=2)
        self._made.append((limit, breaker))
        options: dict[str, Any] = {"rate_limit": limit, "circuit_breaker": breaker}
        if self._hedges:
            options |= {
                "hedge": Hedge(after=0.02),
                "retry": Retry(1, initial=0.02),
                "timeout": Timeout(first_byte=0.06),
            }
        else:
            options["retry"] = Retry(2, initial=0.02)
        client = caller.with_options(**options)
        try:
            await client.send(GET if self._hedges else POST)
        except OpenAIError:
            pass

    def clean(self) -> None:
        for limit, breaker in self._made:
            for stats in limit.stats():
                assert (stats.under_way, stats.in_line) == (0, 0)
            for circuit in breaker.circuits.by_key.values():
                assert circuit.probes == 0


@pytest.mark.parametrize("hedges", [False, True])
@pytest.mark.parametrize("kind", CANCELLERS)
def test_policed_calls_cancelled_at_every_await(kind: str, hedges: bool) -> None:
    if hedges and kind == "stepper":
        hedges = False
    server = Server()
    if hedges:
        server.on_any(ASK, HANGUP)
    else:
        server.on_any(Always(BUSY))
    policed = Policed(hedges=hedges)
    points = everywhere(CANCELLERS[kind](), policed, server, Network(max_connections=3), "http")
    policed.clean()
    assert server.finish() == []
    assert points >= 3


def test_what_it_calls_works_when_it_is_not_cancelled() -> None:
    server = Server()
    server.on_any(Always(OK))
    assert everywhere(CANCELLERS["asyncio"](), Policed(hedges=False), server, Network(), "http")
    assert server.finish() == []
