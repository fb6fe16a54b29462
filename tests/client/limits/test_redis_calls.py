"""Calls under a limit on Redis: of every kind of client, and where the server gives no answer."""

import asyncio
import os
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import APIStatusError, AsyncClient, Client, PolicyRefusedError, RateLimit
from api_openai.client.limits import redis_limits
from api_openai.client.limits.redis_limits import RedisLimits
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Status
from api_openai.policies import Elsewhere, Wait

from ...support.redis_server import RedisServer, serving_redis

redis: Any = pytest.importorskip("redis", reason="the package redis is not installed")

HOUR: Final[dict[str, Any]] = {"requests": 3, "seconds": 3600, "when_full": "refuse"}
LOST: Final = "the server of the shared limit gave no answer"


MADE: Final[list[RedisLimits]] = []
"""Those whose connections are closed when a test is over."""


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while MADE:
        MADE.pop().close()


def from_url(url: str, name: str, **options: Any) -> RedisLimits:
    chosen: dict[str, Any] = {"when_lost": "refuse", "timeout": 10, **options}
    MADE.append(RedisLimits.from_url(url, name, **chosen))
    return MADE[-1]


def limits(server: RedisServer, name: str, **options: Any) -> RedisLimits:
    return from_url(server.url, name, **options)


def shared(server: RedisServer, name: str) -> RateLimit:
    """A limit of three calls an hour."""
    return RateLimit(**HOUR, state=limits(server, name))


def blocking(limit: RateLimit, calls: int) -> list[Any]:
    """The answers to some calls, or what they failed with."""
    client = Client(api_key="k", rate_limit=limit, transport=MemoryTransport(Emulator()))
    answers: list[Any] = []
    for _ in range(calls):
        try:
            answers.append(client.models.retrieve("gpt-4o"))
        except PolicyRefusedError as error:
            answers.append(error)
    return answers


async def awaited(limit: RateLimit, calls: int) -> list[Any]:
    client = AsyncClient(api_key="k", rate_limit=limit, transport=MemoryTransport(Emulator()))
    answers: list[Any] = []
    for _ in range(calls):
        try:
            answers.append(await client.models.retrieve("gpt-4o"))
        except PolicyRefusedError as error:
            answers.append(error)
    return answers


def under_trio(limit: RateLimit, calls: int) -> list[Any]:
    trio = pytest.importorskip("trio")
    answers: list[Any] = trio.run(awaited, limit, calls)
    return answers


def under_asyncio(limit: RateLimit, calls: int) -> list[Any]:
    return asyncio.run(awaited(limit, calls))


Way = Callable[[RateLimit, int], list[Any]]
WAYS: Final[tuple[Way, ...]] = (blocking, under_asyncio, under_trio)
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@each_way
def test_a_call_is_let_through_or_refused(server: RedisServer, way: Way) -> None:
    *good, refused = way(shared(server, way.__name__), 4)
    assert [each.id for each in good] == ["gpt-4o"] * 3
    assert isinstance(refused, PolicyRefusedError)
    assert refused.policy == "rate_limit"
    assert refused.after == pytest.approx(1200, abs=5)
    assert "requests used up: 3 in 3600 s, shared" in str(refused)


def test_all_kinds_of_clients_share(server: RedisServer) -> None:
    answers = [answer for way in WAYS for answer in way(shared(server, "all"), 2)]
    refused = [isinstance(each, PolicyRefusedError) for each in answers]
    assert refused == [False] * 3 + [True] * 3


def test_threads_share(server: RedisServer) -> None:
    limit = RateLimit(requests=50, seconds=3600, when_full="refuse", state=limits(server, "many"))
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(blocking(limit, 10))) for _ in range(16)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    refused = [isinstance(each, PolicyRefusedError) for each in answers]
    assert [len(refused), sum(refused)] == [160, 110]


def test_tasks_share_leases(server: RedisServer) -> None:
    state = limits(server, "leases", lease=20, lease_seconds=60)
    limit = RateLimit(requests=360, seconds=3600, when_full="refuse", state=state)

    async def main() -> list[list[Any]]:
        return await asyncio.gather(*(awaited(limit, 10) for _ in range(40)))

    answers = [each for some in asyncio.run(main()) for each in some]
    good = [each for each in answers if not isinstance(each, PolicyRefusedError)]
    assert 354 <= len(good) <= 360, "six are held back for what the leases may be late"


def test_a_request_that_was_not_sent_is_for_others(server: RedisServer) -> None:
    limit = shared(server, "unsent")
    client = Client(api_key="k", base_url="http://127.0.0.1:1/v1", rate_limit=limit)
    for _ in range(5):
        with pytest.raises(Exception, match="refused") as failed:
            client.models.list()
        assert not isinstance(failed.value, PolicyRefusedError)
    client.close()


# A server that gives no answer


@each_way
def test_a_call_without_an_answer_is_refused(tmp_path: Path, way: Way) -> None:
    with serving_redis(tmp_path) as server:
        limit = RateLimit(**HOUR, state=limits(server, "n"))
        assert not isinstance(way(limit, 1)[0], PolicyRefusedError)
        server.stop()
        (refused,) = way(limit, 1)
        assert isinstance(refused, PolicyRefusedError)
        assert LOST in str(refused)
        server.start()
        assert [isinstance(each, PolicyRefusedError) for each in way(limit, 4)] == [False] * 3 + [
            True
        ]


@each_way
def test_a_call_without_an_answer_goes_on(tmp_path: Path, way: Way) -> None:
    with serving_redis(tmp_path) as server:
        limit = RateLimit(**HOUR, state=limits(server, "n", when_lost="go on"))
        server.stop()
        assert [each.id for each in way(limit, 5)] == ["gpt-4o"] * 5


def test_going_on_is_said(tmp_path: Path) -> None:
    with serving_redis(tmp_path) as server:
        state = limits(server, "n", when_lost="go on")
        server.stop()
        answer = state.reserve(RateLimit(**HOUR), "", 0.0, 0.0, 0.0)
        assert isinstance(answer, Elsewhere)
        went = answer.ask()
        assert isinstance(went, Wait)
        assert went.reason.startswith(f"went on: {LOST} (ConnectionError: ")
        client = Client(
            api_key="k",
            rate_limit=RateLimit(**HOUR, state=state),
            transport=MemoryTransport(Emulator()),
        )
        (attempt,) = client.models.with_raw_response.list().attempts
        assert attempt.admitted == went.reason


@each_way
def test_a_call_waits_for_a_server_that_comes_back(
    tmp_path: Path, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_limits, "PAUSE", 0.01)
    with serving_redis(tmp_path) as server:
        state = limits(server, "n", when_lost="wait")
        server.stop()
        sent = list[str]()
        send = state._send  # pyright: ignore[reportPrivateUsage]  # to notice when it asks

        def sending(scope: str, asked: dict[str, Any]) -> Any:
            sent.append(scope)
            if len(sent) == 4:
                server.start()
            return send(scope, asked)

        monkeypatch.setattr(state, "_send", sending)
        limit = RateLimit(requests=3, seconds=3600, state=state)
        (answer,) = way(limit, 1)
        assert answer.id == "gpt-4o"
        assert len(sent) == 4


@each_way
def test_a_call_that_may_not_wait_is_refused(tmp_path: Path, way: Way) -> None:
    with serving_redis(tmp_path) as server:
        limit = RateLimit(**HOUR, state=limits(server, "n", when_lost="wait"))
        server.stop()
        (refused,) = way(limit, 1)
        assert LOST in str(refused)


def test_what_was_leased_is_given_back_at_the_end(server: RedisServer) -> None:
    """Others find it at once, and not after its time."""
    chosen: dict[str, Any] = {"lease": 20, "lease_seconds": 100.0}
    with RedisLimits.from_url(server.url, "end", when_lost="refuse", timeout=10, **chosen) as state:
        blocking(RateLimit(requests=40, seconds=3600, when_full="refuse", state=state), 1)
    again = RateLimit(
        requests=40, seconds=3600, when_full="refuse", state=limits(server, "end", **chosen)
    )
    answers = blocking(again, 40)
    good = [each for each in answers if not isinstance(each, PolicyRefusedError)]
    assert len(good) == 37, "one is used, and two are held back for what leases may be late"


def test_closing_without_an_answer(tmp_path: Path) -> None:
    with serving_redis(tmp_path) as server:
        state = limits(server, "n", lease=3, lease_seconds=1)
        blocking(RateLimit(**HOUR, state=state), 1)
        server.stop()
        state.close()


def test_a_script_that_was_forgotten_is_loaded_again(tmp_path: Path) -> None:
    with serving_redis(tmp_path) as server:
        limit = shared(server, "n")
        assert len(blocking(limit, 1)) == 1
        redis = server.client()
        redis.script_flush()
        redis.close()
        answers = blocking(limit, 3)
        assert [isinstance(each, PolicyRefusedError) for each in answers] == [False, False, True]


def test_another_error_of_the_server_is_an_answer_lost(server: RedisServer) -> None:
    redis = server.client()
    redis.set("{wrong:}", "a text")
    redis.close()
    (refused,) = blocking(shared(server, "wrong"), 1)
    assert isinstance(refused, PolicyRefusedError)
    assert "WRONGTYPE" in str(refused)


class Deaf:
    """A proxy before a server that lets no answer to a script through: it closes, or does nothing."""

    def __init__(self, behind: RedisServer, *, closes: bool) -> None:
        self.closes = closes
        self.heard = 0
        self._behind = str(behind.socket)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._pass, args=(connection,), daemon=True).start()

    def _pass(self, connection: socket.socket) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as behind:
            behind.connect(self._behind)
            while data := connection.recv(65536):
                behind.sendall(data)
                answer = behind.recv(65536)
                if b"EVALSHA" not in data or answer.startswith(b"-NOSCRIPT"):
                    connection.sendall(answer)
                    continue
                self.heard += 1
                if self.closes:
                    connection.close()
                    return

    def close(self) -> None:
        """End it, and its connections."""
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture(params=[True, False], ids=["closes", "does nothing"])
def deaf(request: pytest.FixtureRequest, server: RedisServer) -> Iterator[Deaf]:
    made = Deaf(server, closes=request.param)
    yield made
    made.close()


def test_a_question_without_an_answer_is_asked_once(deaf: Deaf, server: RedisServer) -> None:
    name = f"deaf {deaf.closes}"
    state = from_url(deaf.url, name, timeout=0.2)
    (refused,) = blocking(RateLimit(**HOUR, state=state), 1)
    assert isinstance(refused, PolicyRefusedError)
    assert LOST in str(refused)
    assert deaf.heard == 1
    assert [isinstance(each, PolicyRefusedError) for each in blocking(shared(server, name), 3)] == [
        False,
        False,
        True,
    ], "the answer that was lost counts as taken"


def test_those_in_line_for_a_lease_do_not_wait_one_by_one(deaf: Deaf) -> None:
    state = from_url(deaf.url, "n", timeout=0.2, lease=2)
    limit = RateLimit(requests=300, seconds=60, state=state)
    together = threading.Barrier(20)
    refused: list[Any] = []

    def call() -> None:
        together.wait()
        refused.extend(blocking(limit, 1))

    threads = [threading.Thread(target=call) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(refused) == 20
    assert all(LOST in str(each) for each in refused)
    if not deaf.closes:
        assert deaf.heard < 10


# Clients


class Cluster:
    """A client of a cluster, which has its retries elsewhere."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def register_script(self, script: str, /) -> None: ...


@pytest.mark.parametrize("kind", ["one server", "a cluster", "an older cluster"])
def test_a_client_that_sends_again_is_refused(kind: str) -> None:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    three = Retry(NoBackoff(), 3)
    clients: dict[str, Any] = {
        "one server": redis.Redis(retry=three),
        "a cluster": Cluster(retry=three),
        "an older cluster": Cluster(cluster_error_retry_attempts=3),
    }
    with pytest.raises(ValueError, match=r"client: it sends a command up to 3 times again"):
        RedisLimits(clients[kind], "n", when_lost="refuse")
    RedisLimits(Cluster(retry=Retry(NoBackoff(), 0)), "n", when_lost="refuse")


def test_errors_of_clusters_are_answers_lost() -> None:
    from redis.exceptions import RedisClusterException

    def no_node(keys: object, args: object) -> None:
        raise RedisClusterException("no reachable node")

    client: Any = Cluster()

    def register(script: str) -> object:
        return no_node

    client.register_script = register
    state = RedisLimits(client, "n", when_lost="refuse")
    (refused,) = blocking(RateLimit(**HOUR, state=state), 1)
    assert isinstance(refused, PolicyRefusedError)
    assert "RedisClusterException" in str(refused)


def test_a_client_of_ones_own(server: RedisServer) -> None:
    client = server.client()
    limit = RateLimit(**HOUR, state=RedisLimits(client, "own", when_lost="refuse"))
    assert [isinstance(each, PolicyRefusedError) for each in blocking(limit, 4)] == [
        False,
        False,
        False,
        True,
    ]
    client.close()


@pytest.mark.parametrize("decoded", [True, False])
def test_a_client_that_decodes(server: RedisServer, decoded: bool) -> None:
    client = redis.Redis.from_url(
        server.url, retry=server.client().get_retry(), decode_responses=decoded
    )
    state = RedisLimits(client, f"decoded {decoded}", when_lost="refuse")
    assert len(blocking(RateLimit(**HOUR, state=state), 3)) == 3
    client.close()


def test_it_does_not_pickle(server: RedisServer) -> None:
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(limits(server, "n"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_leases_stay_with_the_parent(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    state = limits(server, "fork", lease=20, lease_seconds=60)
    ask = partial(state.reserve, RateLimit(requests=3600, seconds=3600), "", 0.0, 0.0, 9.0)
    first = ask()
    assert isinstance(first, Elsewhere)
    first.ask()
    assert isinstance(ask(), Wait)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert isinstance(ask(), Elsewhere)


def test_a_bad_timeout() -> None:
    with pytest.raises(ValueError, match="timeout=0"):
        RedisLimits.from_url("redis://h", "n", when_lost="refuse", timeout=0)


def test_learning_from_the_api(server: RedisServer) -> None:
    emulator = Emulator(faults=[Status(429, retry_after=900)])
    limit = RateLimit(learns=True, when_full="refuse", state=limits(server, "learns"))
    client = Client(api_key="k", rate_limit=limit, transport=MemoryTransport(emulator))
    with pytest.raises(APIStatusError):
        client.models.list()
    with pytest.raises(PolicyRefusedError, match="the server asked to be left alone"):
        client.models.list()
    others = RateLimit(learns=True, when_full="refuse", state=limits(server, "learns"))
    assert isinstance(blocking(others, 1)[0], PolicyRefusedError)
