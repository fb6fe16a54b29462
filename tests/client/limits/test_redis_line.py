"""Calls that find no lease: one of them asks for all, the others stand in line for its answer."""

import asyncio
from collections.abc import Iterator
from math import inf
from threading import Event
from typing import Any

import pytest

from api_openai import AsyncClient, PolicyRefusedError, RateLimit, Timeout
from api_openai.client.limits import redis_clients
from api_openai.client.limits.redis_limits import Granted, RedisLimits
from api_openai.core.call.policy import Asked
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.operations import models
from api_openai.policies import Amounts, Denied, Elsewhere, NotYet, Wait

from .conftest import Server

LIMIT = Amounts(requests=1000, seconds=10)
ASKED = Asked(models.retrieve("gpt-4o"), 1, 0.0)


def reserved(state: RedisLimits, latest: float = inf) -> Any:
    """What a call is told: an `Elsewhere`, a `Wait` in line, or a grant."""
    return state.reserve(LIMIT, "", 0.0, 0.0, latest)


def test_one_asks_for_all(still: Server) -> None:
    state = still.limits(lease=3, lease_seconds=1)
    first, *line = [reserved(state) for _ in range(6)]
    assert isinstance(first, Elsewhere)
    assert all(isinstance(each, Wait) and each.then for each in line)
    assert [each.place.ready for each in line] == [False] * 5
    assert isinstance(first.ask(), Granted)
    assert [each.place.ready for each in line] == [True] * 3 + [False] * 2
    assert [type(each.then(ASKED)) for each in line[:2]] == [Granted, Granted]
    third = line[2].then(ASKED)
    assert isinstance(third, Elsewhere), "there is nothing left, and it is its turn to ask"
    assert isinstance(third.ask(), Granted)
    assert [type(each.then(ASKED)) for each in line[3:]] == [Granted, Granted]
    assert isinstance(reserved(state), Elsewhere)


def test_those_in_line_come_before_those_who_come_later(still: Server) -> None:
    state = still.limits(lease=2, lease_seconds=1)
    first, second, third = (reserved(state) for _ in range(3))
    first.ask()
    later = reserved(state)
    assert later.then, "the third asks, so that this one waits for it"
    assert second.place.ready
    third.then(ASKED).ask()
    assert isinstance(later.then(ASKED), Granted)


def test_more_is_asked_for_while_the_others_use_what_is_left(still: Server) -> None:
    state = still.limits(lease=8, lease_seconds=1)
    reserved(state).ask()
    assert [type(reserved(state)) for _ in range(6)] == [Granted] * 6
    ahead = reserved(state)
    assert isinstance(ahead, Elsewhere)
    assert isinstance(reserved(state), Granted)
    waiting = reserved(state)
    assert isinstance(ahead.ask(), Granted)
    assert isinstance(waiting.then(ASKED), Granted)


def test_who_asks_ahead_gets_what_is_left_before_what_comes(still: Server) -> None:
    state = still.limits(lease=8, lease_seconds=9)
    reserved(state).ask()
    early = still.now
    for _ in range(6):
        reserved(state)
    still.move(1)
    assert float(reserved(state).ask().moment) == pytest.approx(early)
    assert float(reserved(state).moment) == pytest.approx(still.now)


def test_a_lease_grows_with_the_rate_and_shrinks(still: Server) -> None:
    state = still.limits(lease=200, lease_seconds=1)
    got: list[int] = []
    send = state._send  # pyright: ignore[reportPrivateUsage]  # to notice how many are asked for

    def sending(scope: str, asked: dict[str, Any]) -> Any:
        got.append(asked["count"])
        return send(scope, asked)

    state._send = sending  # type: ignore[method-assign]  # pyright: ignore[reportPrivateUsage]

    def use(calls: int) -> None:
        for _ in range(calls):
            answer = reserved(state)
            assert isinstance(answer.ask() if isinstance(answer, Elsewhere) else answer, Granted)

    use(500)
    assert got == [32, 64, 128, 200, 200]
    still.move(1)
    use(1)
    still.move(1.1)
    use(1)
    assert got[5:] == [100, 50]
    still.move(0.7)
    use(46)
    assert got[7:] == [50], "used up, but not soon"


def test_who_asks_and_gives_up_leaves_it_to_the_next(still: Server) -> None:
    state = still.limits(lease=2, lease_seconds=1)
    first, second, third = (reserved(state) for _ in range(3))
    second.place.settle(None, 0.0)
    first.place.settle(None, 0.0)
    assert third.place.ready
    assert isinstance(third.then(ASKED).ask(), Granted)
    first.place.settle(None, 0.0)
    assert isinstance(reserved(state), Granted)


def test_what_was_granted_to_who_gave_up_is_given_back(still: Server) -> None:
    state = still.limits(lease=2, lease_seconds=1)
    first, second = reserved(state), reserved(state)
    first.ask()
    second.place.settle(None, 0.0)
    used = reserved(state).ask()
    assert isinstance(used, Granted)
    (stats,) = state.stats()
    assert stats.requests_used == pytest.approx(3), "one used, one given back, two leased now"


@pytest.mark.parametrize(
    ("when_lost", "kind"), [("refuse", Denied), ("go on", Wait), ("wait", NotYet)]
)
def test_all_hear_of_an_answer_that_is_lost(
    still: Server, monkeypatch: pytest.MonkeyPatch, when_lost: Any, kind: type
) -> None:
    state = still.limits(lease=2, lease_seconds=1, when_lost=when_lost)
    first, *line = [reserved(state) for _ in range(5)]
    sent = list[str]()

    def lost(scope: str, asked: object) -> Any:
        sent.append(scope)
        raise ConnectionError("gone")

    monkeypatch.setattr(state, "_send", lost)
    assert type(first.ask()) is kind
    assert {type(each.then(ASKED)) for each in line} == {kind}
    assert len(sent) == 1


def test_what_is_in_hand_is_used_though_the_server_is_gone(
    still: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = still.limits(lease=12, lease_seconds=1)
    reserved(state).ask()
    for _ in range(9):
        reserved(state)

    def lost(scope: str, asked: object) -> Any:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(state, "_send", lost)
        assert isinstance(reserved(state).ask(), Granted)
        assert isinstance(reserved(state), Granted), "and nobody asks ahead once more"
        assert isinstance(reserved(state).ask(), Denied)
    assert isinstance(reserved(state).ask(), Granted)


def test_an_error_is_for_each(still: Server) -> None:
    state = still.limits(lease=5, lease_seconds=30)
    with pytest.raises(ValueError, match="lease_seconds=30"):
        reserved(state).ask()
    first, second = reserved(state), reserved(state)
    with pytest.raises(ValueError, match="lease_seconds=30"):
        first.ask()
    with pytest.raises(ValueError, match="lease_seconds=30"):
        second.then(ASKED).ask()


class Slow:
    """A script that is answered when it is told to be."""

    def __init__(self, state: RedisLimits, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.answer = Event(), Event()
        self.count = 0
        send = state._send  # pyright: ignore[reportPrivateUsage]  # as above

        def sending(scope: str, asked: dict[str, Any]) -> Any:
            self.count += 1
            self.asked.set()
            assert self.answer.wait(10)
            return send(scope, asked)

        monkeypatch.setattr(state, "_send", sending)


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """A server of the API; one in memory would have no worker threads."""
    with serve_in_thread(Emulator()) as base_url:
        yield base_url


def client_of(api: str, state: RedisLimits, **options: Any) -> AsyncClient:
    limit = RateLimit(requests=1000, seconds=10, state=state, **options)
    return AsyncClient(api_key="k", base_url=api, rate_limit=limit)


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_many_calls_wait_for_one_question(
    still: Server, api: str, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    anyio = pytest.importorskip("anyio")
    state = still.limits(lease=30, lease_seconds=1)
    slow = Slow(state, monkeypatch)

    async def main() -> None:
        client = client_of(api, state)
        async with anyio.create_task_group() as group:
            for _ in range(30):
                group.start_soon(client.models.retrieve, "gpt-4o")
            await anyio.to_thread.run_sync(slow.asked.wait)
            await anyio.sleep(0)
            slow.answer.set()
        await client.close()

    anyio.run(main, backend=library)
    assert slow.count == 1


def test_a_call_that_is_cancelled_in_line(
    still: Server, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = still.limits(lease=3, lease_seconds=1)
    slow = Slow(state, monkeypatch)

    async def main() -> list[Any]:
        client = client_of(api, state)
        tasks = [asyncio.create_task(client.models.retrieve("gpt-4o")) for _ in range(8)]
        await asyncio.to_thread(slow.asked.wait)
        for each in (tasks[0], tasks[2], tasks[4]):
            each.cancel()
        slow.answer.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        await client.close()
        return answers

    answers = asyncio.run(main())
    cancelled = [isinstance(each, asyncio.CancelledError) for each in answers]
    assert cancelled == [True, False, True, False, True, False, False, False]


def test_a_deadline_in_line(still: Server, api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state = still.limits(lease=3, lease_seconds=1)
    slow = Slow(state, monkeypatch)

    async def main() -> None:
        client = client_of(api, state)
        first = asyncio.create_task(client.models.retrieve("gpt-4o"))
        await asyncio.to_thread(slow.asked.wait)
        with pytest.raises(PolicyRefusedError, match=r"in line .* the shared limit is being asked"):
            await client.models.retrieve("gpt-4o", timeout=Timeout(total=0.01))
        slow.answer.set()
        await first
        await client.close()

    asyncio.run(main())


def test_a_limit_at_once_and_a_lease(still: Server, api: str) -> None:
    state = still.limits(lease=3, lease_seconds=1)
    limit = RateLimit(requests=1000, seconds=10, concurrency=4, state=state)

    async def main() -> int:
        client = AsyncClient(api_key="k", base_url=api, rate_limit=limit)
        answers = await asyncio.gather(*(client.models.retrieve("gpt-4o") for _ in range(30)))
        await client.close()
        return len(answers)

    assert asyncio.run(main()) == 30
    assert limit.slots[""].unused


def test_what_is_no_answer_of_a_script() -> None:
    with pytest.raises(TypeError, match="the answer to a script is of type list"):
        redis_clients.text_of([])
