"""A call under policies, next to the same call without: what they add, of CPU time.

The official SDK has what people put around it for the same: tenacity, pybreaker, aiolimiter. The task
`limited` is a rate limit on Redis, next to the same limit in memory.
"""

import asyncio
import importlib
import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from operator import sub
from pathlib import Path
from statistics import mean, median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from .inputs import MODEL, QUESTION
from .meter import Figures
from .plan import Plan
from .surface import API_KEY, Client, Library, asynchronous, blocking, load

_BLOCK: Final = 10
"""Calls of one kind before those of the other kind."""
_RATE: Final = 1e9
"""Requests and tokens a minute: counted, and never used up."""
_AT_ONCE: Final = 64
_TOKENS: Final = 32
_LEASE: Final = 500
"""Requests that are taken from Redis at a time: one call of so many asks."""

Call = Callable[[], Any]
Both = Callable[[Client, Plan], dict[bool, Call]]
"""Makes the calls that are the measure, and those that are measured."""


def run(plan: Plan) -> Figures:
    """One round: calls with and without policies take turns."""
    if plan.task != "limited":
        return _run(plan, _both)
    with _redis() as url:
        return _run(plan, partial(_limited, url))


def _run(plan: Plan, both: Both) -> Figures:
    if plan.mode == "blocking":
        return _blocking(plan, both)
    return asyncio.run(_asyncio(plan, both))


def _blocking(plan: Plan, both: Both) -> Figures:
    with blocking(plan) as client:
        calls = both(client, plan)
        pairs = _Pairs(plan)
        for which in pairs.turns():
            calls[which]()
    return pairs.figures()


async def _asyncio(plan: Plan, both: Both) -> Figures:
    async with asynchronous(plan) as client:
        calls = both(client, plan)
        pairs = _Pairs(plan)
        for which in pairs.turns():
            await calls[which]()
    return pairs.figures()


class _Pairs:
    """Blocks of calls without policies and with them, in turn, and how long each took."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._took: dict[bool, list[float]] = {False: [], True: []}

    def turns(self) -> Iterator[bool]:
        """Say of each call whether it is one under policies."""
        plan, took = self._plan, self._took
        for number in range(2 * plan.warm):
            yield number % 2 == 1
        over = time.perf_counter() + plan.seconds
        first = False
        while len(took[True]) * _BLOCK < plan.count or time.perf_counter() < over:
            for policed in (first, not first):
                begun = time.process_time()
                for _ in range(_BLOCK):
                    yield policed
                took[policed].append((time.process_time() - begun) / _BLOCK)
            first = not first

    def figures(self) -> Figures:
        """Seconds of CPU that a call takes more."""
        plain, policed = self._took[False], self._took[True]
        if self._plan.task == "limited":
            more = median(map(sub, _of_leases(policed), _of_leases(plain)))
        else:  # of the tenth of the blocks that was disturbed least
            more = quantiles(policed, n=10)[0] - quantiles(plain, n=10)[0]
        return {"cpu": more, "alone": more, "units": float(self._plan.count)}


def _of_leases(took: list[float]) -> list[float]:
    """The same of as many blocks together as there are calls to a lease, so that each has a question."""
    many = _LEASE // _BLOCK
    return [mean(took[at : at + many]) for at in range(0, len(took) - many + 1, many)]


def _both(client: Client, plan: Plan) -> dict[bool, Call]:
    plain = _call_of(client)
    if plan.who == "ours":
        return {False: plain, True: _call_of(client.with_options(**_policies(load("ours"), plan)))}
    library = load(plan.who)
    around = _around_blocking if plan.mode == "blocking" else _around_async
    return {False: plain, True: around(library, plain)}


def _limited(url: str, client: Client, plan: Plan) -> dict[bool, Call]:
    """A limit in memory, and the same on Redis."""
    library = load(plan.who)
    states = importlib.import_module("api_openai.policies")
    shared = states.RedisLimits.from_url(
        url, "bench", when_lost="refuse", timeout=10.0, lease=_LEASE, lease_seconds=2.0
    )
    limits = {
        False: library.RateLimit(requests=_RATE),
        True: library.RateLimit(requests=_RATE, state=shared),
    }
    return {which: _call_of(client.with_options(rate_limit=it)) for which, it in limits.items()}


@contextmanager
def _redis() -> Generator[str]:
    """A server that keeps nothing, on a socket in a folder of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "redis.sock")
        command = [*("redis-server", "--port", "0", "--save", ""), "--unixsocket", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder) as server:
            assert server.stdout is not None
            try:
                while b"ready to accept connections" not in server.stdout.readline().lower():
                    assert server.poll() is None, "redis-server has ended"
                yield f"unix://{path}"
            finally:
                server.kill()


def _call_of(client: Client) -> Call:
    return lambda: client.chat.completions.create(model=MODEL, messages=QUESTION)


def _policies(library: Library, plan: Plan) -> dict[str, object]:
    """All six; the second endpoint of the failover is there for the choice."""
    secret = library.Secret(API_KEY)
    endpoints = [library.Endpoint(plan.base_url, api_key=secret, name=name) for name in "ab"]
    return {
        "retry": library.Retry(3),
        "circuit_breaker": library.CircuitBreaker(failures=5),
        "rate_limit": library.RateLimit(requests=_RATE, tokens=_RATE, concurrency=_AT_ONCE),
        "failover": library.Failover(endpoints),
        "health": library.Health(),
        "hedge": library.Hedge(after=30),
    }


def _retrying(library: Library) -> dict[str, object]:
    tenacity: Library = importlib.import_module("tenacity")
    failures = (library.APIConnectionError, library.RateLimitError, library.InternalServerError)
    return {
        "stop": tenacity.stop_after_attempt(4),
        "wait": tenacity.wait_random_exponential(multiplier=0.5, max=8),
        "retry": tenacity.retry_if_exception_type(failures),
        "reraise": True,
    }


def _breaker() -> Any:
    pybreaker: Library = importlib.import_module("pybreaker")
    return pybreaker.CircuitBreaker(fail_max=5, reset_timeout=30)


def _around_blocking(library: Library, call: Call) -> Call:
    """Without a rate limit: aiolimiter is for asyncio."""
    tenacity: Library = importlib.import_module("tenacity")
    policed: Call = tenacity.retry(**_retrying(library))(_breaker()(call))
    return policed


def _around_async(library: Library, call: Call) -> Call:
    tenacity: Library = importlib.import_module("tenacity")
    aiolimiter: Library = importlib.import_module("aiolimiter")
    breaker, at_once = _breaker(), asyncio.Semaphore(_AT_ONCE)
    requests, tokens = (aiolimiter.AsyncLimiter(_RATE) for _ in range(2))

    @tenacity.retry(**_retrying(library))
    async def policed() -> Any:
        async with at_once:
            await requests.acquire()
            await tokens.acquire(_TOKENS)
            with breaker.calling():
                return await call()

    return policed
