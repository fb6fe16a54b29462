"""Policies with the chaos of a mock from npm, and with LiteLLM's proxy before backends that fail."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Final, NamedTuple

import pytest
from tests.support.clients import settled
from tests.support.raw import unused

from api_openai import (
    APIError,
    CircuitBreaker,
    Endpoint,
    Failover,
    RateLimit,
    RateLimitError,
    Retry,
    Secret,
)
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Status

from . import peers
from .sessions import KINDS, play

FAST: Final = Retry(2, initial=0.01, jitter=0)
ASKED: Final = "retry 1 of 1: the server asks to wait 1 s"
SCHEDULE: Final = "retry 1 of 1: the schedule says 0.01 s"
LEFT: Final = "no retry of 1 is left"
UNSAFE: Final = "the server may have executed it, and doing so twice was not allowed"
CHAOS: Final = {
    "drop": [("answered 500", SCHEDULE), ("answered 500", LEFT)],
    "ratelimit": [("answered 429", ASKED), ("answered 429", LEFT)],
    "disconnect": [("no answer", UNSAFE)],
}
"""What the mock is told to do, and what comes of a POST."""

Attempts = list[tuple[str, str]]


def asking(model: str) -> Callable[[Any], Awaitable[Attempts]]:
    """Ask a model; how each attempt ended, and what was decided."""

    async def ask(client: Any) -> Attempts:
        words = [{"role": "user", "content": "hello"}]
        method = client.chat.completions.with_raw_response.create
        try:
            raw = await settled(method(model=model, messages=words))
        except APIError as error:
            attempts = error.attempts
        else:
            attempts = raw.attempts
        return [(each.outcome.partition(":")[0], each.reason) for each in attempts]

    return ask


@pytest.mark.parametrize("caller", KINDS)
@pytest.mark.parametrize("chaos", CHAOS)
def test_chaos_is_decided_as_documented(aimock: int, chaos: str, caller: str) -> None:
    always = {f"x-aimock-chaos-{chaos}": "1"}
    url, retry = f"http://127.0.0.1:{aimock}/v1", Retry(1, initial=0.01, jitter=0)
    assert play(caller, url, asking("m"), retry=retry, default_headers=always) == CHAOS[chaos]


@pytest.mark.parametrize("caller", KINDS)
def test_a_limit_learns_what_the_mock_says(aimock: int, caller: str) -> None:
    async def held(client: Any) -> list[float]:
        found: list[float] = []
        for _ in range(2):
            with pytest.raises(RateLimitError) as caught:
                await settled(client.embeddings.create(model="m", input="x"))
            found += [each.held for each in caught.value.attempts]
        return found

    limit = RateLimit(learns=True)
    always = {"x-aimock-chaos-ratelimit": "1"}
    url = f"http://127.0.0.1:{aimock}/v1"
    first, second = play(caller, url, held, rate_limit=limit, default_headers=always)
    assert first == 0
    assert 0.9 < second < 5


@pytest.mark.parametrize("caller", KINDS)
def test_a_failover_leaves_the_chaos(aimock: int, caller: str) -> None:
    url, key = f"http://127.0.0.1:{aimock}/v1", Secret("k")
    fails = {"x-aimock-chaos-drop": "1"}
    failover = Failover(
        [
            Endpoint(url, api_key=key, name="chaos", headers=fails),
            Endpoint(url, api_key=key, name="calm"),
        ]
    )
    found = play(caller, None, asking("m"), failover=failover)
    assert [outcome for outcome, _ in found] == ["answered 500", "answered 200"]


class Proxy(NamedTuple):
    """LiteLLM's, and the server that is behind its model `one`; `dead` has two that are not there."""

    url: str
    backend: Emulator


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Generator[Proxy]:
    backend = Emulator(any_model=True)
    with serve_in_thread(backend) as url:
        gone = [f"http://127.0.0.1:{unused().port}/v1" for _ in range(2)]
        models = {"one": [url], "dead": gone}
        with peers.litellm(models, tmp_path_factory.mktemp("litellm")) as port:
            yield Proxy(f"http://127.0.0.1:{port}/v1", backend)


def through(litellm: Proxy, caller: str, model: str, **policies: Any) -> Attempts:
    return play(caller, litellm.url, asking(model), api_key=peers.LITELLM_KEY, **policies)


@pytest.mark.parametrize("caller", KINDS)
def test_a_backend_that_recovers_is_asked_again(litellm: Proxy, caller: str) -> None:
    litellm.backend.script(Status(503), Status(500))
    found = through(litellm, caller, "one", retry=FAST)
    assert [outcome for outcome, _ in found] == ["answered 503", "answered 500", "answered 200"]


def test_backends_that_are_not_there_rest_as_the_proxy_asks(litellm: Proxy) -> None:
    found: Attempts = []
    for _ in range(3):  # one after the other it learns that they are not there
        found = through(litellm, "blocking", "dead")
        assert found[-1][0] in ("answered 500", "answered 429")
    patient = Retry(1, longest_asked=5)
    [(outcome, reason)] = through(litellm, "blocking", "dead", retry=patient)
    assert outcome == "answered 429"
    assert "more than the 5 s of longest_asked" in reason


@pytest.mark.parametrize("caller", KINDS)
def test_a_circuit_opens_before_the_proxy_is_asked_for_long(litellm: Proxy, caller: str) -> None:
    breaker = CircuitBreaker(failures=2, rate_limited=True, per="model")
    for _ in range(2):
        through(litellm, caller, "dead", circuit_breaker=breaker)
    [refused] = through(litellm, caller, "dead", circuit_breaker=breaker)
    assert refused[0] == "not sent"
    assert [each.state for each in breaker.stats] == ["open"]
    assert [outcome for outcome, _ in through(litellm, caller, "one", circuit_breaker=breaker)] == [
        "answered 200"
    ]
