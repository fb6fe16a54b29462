"""Policies of one's own with a fault, and two attempts at once that both fail: what the caller is told."""

import asyncio
from typing import Any

import pytest

from api_openai import (
    APITimeoutError,
    AsyncClient,
    Client,
    Endpoint,
    Failover,
    Hedge,
    RateLimit,
    Secret,
    Timeout,
)
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport
from api_openai.emulator.faults import Stall, Status

ENDPOINTS = [Endpoint(f"https://{each}.test/v1", api_key=Secret("k")) for each in "ab"]


class Wrong:
    """Answers everything with the same."""

    endpoints = ENDPOINTS

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def judge(self, *_: object) -> Any:
        return self.answer

    reserve = allow = judge

    def routes(self, asked: Any) -> Any:
        return Failover(ENDPOINTS).routes(asked)

    def record(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("answer", [None, True])
@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("rate_limit", "reserve"),
        ("circuit_breaker", "allow"),
        ("retry", "judge"),
        ("failover", "judge"),
    ],
)
def test_a_policy_that_answers_what_it_cannot_is_named(name: str, method: str, answer: Any) -> None:
    policies: dict[str, Any] = {"rate_limit": RateLimit(concurrency=1), name: Wrong(answer)}
    where: dict[str, Any] = {} if name == "failover" else {"api_key": "k"}
    transport = MemoryTransport(Emulator(faults=[Status(503)]))
    client = Client(transport=transport, **where, **policies)
    kind = type(answer).__name__
    with pytest.raises(TypeError, match=rf"^{name}: its {method}\(\) returned .* of type {kind}$"):
        client.models.retrieve("gpt-5")
    limit = policies["rate_limit"]
    assert not isinstance(limit, RateLimit) or limit.stats()[0].under_way == 0


def test_two_attempts_that_failed_elsewhere_are_no_reason_to_go_on() -> None:
    """The first to begin is the last to fail: both endpoints were tried then."""
    emulator = Emulator(faults=[Stall(seconds=30), Status(503), Status(503)])

    async def main() -> None:
        client = AsyncClient(
            transport=AsyncMemoryTransport(emulator),
            hedge=Hedge(after=2),
            failover=Failover(ENDPOINTS),
            timeout=Timeout(first_byte=5),
        )
        async with client:
            with pytest.raises(APITimeoutError) as caught:
                await client.models.retrieve("gpt-5")
        assert [(each.number, each.reason) for each in caught.value.attempts] == [
            (2, "the other attempt is still under way"),
            (1, "every endpoint was tried"),
        ]

    asyncio.run(main())
