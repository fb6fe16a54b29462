"""Sixteen threads over one client with policies: what is agreed holds, to the last call."""

import itertools
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import pytest

from api_openai import (
    APIStatusError,
    CircuitBreaker,
    Client,
    Failover,
    Hedge,
    PolicyRefusedError,
    RateLimit,
    Retry,
)
from api_openai.core.call.deadlines import Deadlines
from api_openai.core.call.network import Network
from api_openai.core.call.trace import Tracer
from api_openai.core.policies.budget import Budget
from api_openai.core.request.endpoint import Endpoint, Shipment
from api_openai.core.terms.http_message import Headers, ResponseHead
from api_openai.transports.blocking.transport import BlockingBackend

from ..support.shapes import RETRIEVE

if TYPE_CHECKING:
    from api_openai.core.terms.effects import Clock, Files, Tasks

THREADS: Final = 16
GET: Final = RETRIEVE({}, "i1")


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Have threads take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class Answer:
    """The answer to an exchange; it is over when its body has been read."""

    def __init__(self, status: int, over: Callable[[], None]) -> None:
        self.head = ResponseHead(status, Headers(()))
        self._over = over
        self._left = b'{"id": "i1"}'

    async def read(self, deadlines: Deadlines, /) -> bytes:
        data, self._left = self._left, b""
        if not data:
            self._over()
        return data

    def abort(self) -> None:
        if self._left:
            self._left = b""
            self._over()


class Servers:
    """A transport to servers in memory, which count who is there at once."""

    def __init__(self, say: Callable[[str], int]) -> None:
        self.time = 1000.0
        self.say = say
        self._lock = threading.Lock()
        self.under_way = self.most = self.failed = 0
        self.requests: Counter[str] = Counter()
        backend = BlockingBackend(Network(), now=lambda: self.time, sleep=self._sleep)
        self.clock: Clock = backend
        self.files: Files = backend
        self.tasks: Tasks = backend
        self.gates = backend

    def _sleep(self, seconds: float) -> None:
        with self._lock:
            self.time += seconds

    def wire(self) -> "Servers":
        return self

    def close(self) -> None:
        """Close nothing."""

    async def exchange(self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer, /) -> Answer:
        host = shipment.origin.host
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            self.requests[host] += 1
        return Answer(self.say(host), self._over)

    def _over(self) -> None:
        with self._lock:
            self.under_way -= 1


def client_of(servers: Servers, **policies: Any) -> Client:
    transport: Any = servers  # which needs no more than a wire
    if "failover" not in policies:  # which has endpoints of its own
        policies |= {"api_key": "k", "base_url": "http://one.test"}
    return Client(transport=transport, **policies)


def storm(calls: int, one: Callable[[int], Any]) -> Counter[str]:
    """Do something in sixteen threads that begin at once, so often in each; what came of it."""
    start = threading.Barrier(THREADS)

    def many(thread: int) -> list[str]:
        start.wait()
        found: list[str] = []
        for _ in range(calls):
            try:
                one(thread)
            except (APIStatusError, PolicyRefusedError) as error:
                found.append(type(error).__name__)
            else:
                found.append("fine")
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(each for found in pool.map(many, range(THREADS)) for each in found)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_never_more_at_once_than_there_are_slots(concurrency: int) -> None:
    limit = RateLimit(concurrency=concurrency)
    servers = Servers(lambda host: 200)
    client = client_of(servers, rate_limit=limit)
    assert storm(15, lambda _: client.send(GET)) == {"fine": 15 * THREADS}
    assert servers.most <= concurrency
    assert servers.under_way == 0
    assert (limit.stats()[0].under_way, limit.stats()[0].in_line) == (0, 0)


@pytest.mark.parametrize("algorithm", ["token bucket", "sliding window"])
def test_never_more_requests_than_were_agreed(algorithm: Any) -> None:
    limit = RateLimit(requests=50, seconds=3600, algorithm=algorithm, when_full="refuse")
    servers = Servers(lambda host: 200)
    clients = [client_of(servers, rate_limit=limit) for _ in range(2)]
    found = storm(10, lambda thread: clients[thread % 2].send(GET))
    assert found == {"fine": 50, "PolicyRefusedError": 10 * THREADS - 50}
    assert servers.requests.total() == 50


def test_a_circuit_opens_once_and_lets_as_many_probes_through_as_were_stated() -> None:
    waits = threading.Barrier(THREADS)

    def together(host: str) -> int:
        waits.wait(30)
        return 500

    breaker = CircuitBreaker(failures=3, open_seconds=60, probes=2, successes=2)
    servers = Servers(together)
    client = client_of(servers, circuit_breaker=breaker)
    assert storm(1, lambda _: client.send(GET)) == {"InternalServerError": THREADS}
    assert (breaker.stats[0].opened, breaker.stats[0].state) == (1, "open")
    assert storm(3, lambda _: client.send(GET)) == {"PolicyRefusedError": 3 * THREADS}
    # The two probes wait for all others to have been refused.
    refused, all_refused = itertools.count(1), threading.Event()
    servers.time += 60

    def probe(host: str) -> int:
        assert all_refused.wait(30), "others were let through"
        return 200

    def call(_: int) -> None:
        try:
            client.send(GET)
        except PolicyRefusedError:
            if next(refused) == THREADS - 2:
                all_refused.set()
            raise

    servers.say = probe
    assert storm(1, call) == {"fine": 2, "PolicyRefusedError": THREADS - 2}
    assert breaker.stats[0].state == "closed"
    assert breaker.stats[0].opened == 1


def test_all_policies_at_once_keep_what_they_say() -> None:
    ends = iter(range(1 << 30))
    lock = threading.Lock()

    def say(host: str) -> int:
        with lock:
            failed = host == "one.test" and next(ends) % 3 == 0
            servers.failed += failed
        return 503 if failed else 200

    servers = Servers(say)
    budget = Budget(0.1, 5)
    limit = RateLimit(concurrency=4, requests=1_000_000)
    breaker = CircuitBreaker(failures=4, open_seconds=0.001)
    endpoints = [Endpoint("http://one.test"), Endpoint("http://two.test")]
    failover = Failover(endpoints, "round robin", cooldown=0)
    client = client_of(
        servers,
        rate_limit=limit,
        circuit_breaker=breaker,
        failover=failover,
        retry=Retry(2, initial=0, budget=budget),
        hedge=Hedge(quantile=1.0, least=10_000),
    )
    found = storm(15, lambda _: client.send(GET))
    assert found.total() == 15 * THREADS
    assert found["fine"] > 14 * THREADS
    assert servers.most <= 4
    assert (limit.stats()[0].under_way, limit.stats()[0].in_line) == (0, 0)
    assert sum(each.failures for each in failover.stats) == servers.failed
    assert 0 <= budget.balance <= 5
    for circuit in breaker.circuits.by_key.values():
        assert circuit.probes == 0


def test_settings_are_replaced_while_calls_are_under_way() -> None:
    servers = Servers(lambda host: 200)
    client = client_of(servers, retry=Retry(1))
    changes: list[int] = []
    client.on_change(lambda event: changes.append(event.version))

    def one(thread: int) -> None:
        if thread % 2:
            client.reconfigure(api_key=f"k{thread}", retry=Retry(thread))
        else:
            other = client.with_options(rate_limit=RateLimit(concurrency=1))
            other.send(GET)
            client.send(GET)

    assert storm(10, one) == {"fine": 10 * THREADS}
    assert client.version == 1 + 10 * THREADS // 2
    assert sorted(changes) == [*range(2, client.version + 1)], "each version is told of, once"
