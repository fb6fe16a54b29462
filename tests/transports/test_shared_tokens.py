"""One token for many callers: threads, tasks of asyncio and tasks of trio that want it at once."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
import trio

from api_openai import APITimeoutError, AsyncClient, Client, OAuthError, Timeout
from api_openai.auth import WorkloadIdentityAuth
from api_openai.core.call.signing import CallContext

from ..support.http import answer
from ..support.server import ASK, GATE, HANGUP, PATIENCE, Action, Always, Server
from ..support.tokens import granted

MODELS: Final = answer({"object": "list", "data": [], "has_more": False})
TOKEN: Final = answer(granted("t1"))
EACH: Final = 6


class Scene:
    """A server of the API, one of tokens, and how many wait for the one that asks it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.api, self.tokens = Server(), Server()
        self.api.on_any(Always(MODELS))
        self._waiting = threading.Semaphore(0)
        make: Callable[[CallContext], Any] = CallContext.bell

        def bell(context: CallContext) -> Any:
            self._waiting.release()
            return make(context)

        monkeypatch.setattr(CallContext, "bell", bell)
        own: Any = {
            "identity_provider_id": "idp",
            "service_account_id": "sa",
            "provider": {"token_type": "jwt", "get_token": lambda: "subject"},
        }
        url = f"http://127.0.0.1:{self.tokens.port}/oauth/token"
        self.auth = WorkloadIdentityAuth(workload_identity=own, token_exchange_url=url)

    def answers(self, *scripts: tuple[Action, ...]) -> None:
        """What the server of tokens does, connection by connection."""
        for script in scripts:
            self.tokens.on(*script)

    def options(self, **more: Any) -> dict[str, Any]:
        """Those of each client."""
        url = f"http://127.0.0.1:{self.api.port}/v1"
        return {"base_url": url, "auth": self.auth, **more}

    def waited(self, count: int) -> None:
        """Wait until so many wait for another's token."""
        for _ in range(count):
            assert self._waiting.acquire(timeout=PATIENCE)

    def blocking(self) -> str:
        with Client(**self.options()) as client:
            client.models.list()
        return "blocking"

    def asyncio(self) -> str:
        async def program() -> None:
            async with AsyncClient(**self.options()) as client:
                await asyncio.gather(*(self.one(client) for _ in range(EACH)))

        asyncio.run(program())
        return "asyncio"

    def trio(self) -> str:
        async def program() -> None:
            async with AsyncClient(**self.options()) as client, trio.open_nursery() as nursery:
                for _ in range(EACH):
                    nursery.start_soon(self.one, client)

        trio.run(program)
        return "trio"

    @staticmethod
    async def one(client: AsyncClient) -> None:
        await client.models.list()

    def sent(self) -> list[str | None]:
        """The credentials of the calls."""
        return [request.header("authorization") for request in self.api.requests]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scene = Scene(monkeypatch)
    yield scene
    scene.tokens.finish(wait=False)
    scene.api.finish(wait=False)


def test_one_asks_for_all_whatever_they_run_in(scene: Scene) -> None:
    scene.answers((ASK, GATE, TOKEN, HANGUP))
    runs: list[Callable[[], str]] = [*[scene.blocking] * EACH, scene.asyncio, scene.trio]
    with ThreadPoolExecutor(len(runs)) as pool:
        futures = [pool.submit(each) for each in runs]
        scene.waited(3 * EACH - 1)
        scene.tokens.go(0)
        for future in futures:
            future.result(PATIENCE)
    assert len(scene.tokens.requests) == 1
    assert scene.sent() == ["Bearer t1"] * 3 * EACH


def test_a_refusal_is_for_all_that_wait(scene: Scene) -> None:
    refusal = answer({"error": "invalid_grant"}, status="400 Bad Request")
    scene.answers((ASK, GATE, refusal, HANGUP))
    with ThreadPoolExecutor(EACH) as pool:
        futures = [pool.submit(scene.blocking) for _ in range(EACH)]
        scene.waited(EACH - 1)
        scene.tokens.go(0)
        errors = [future.exception(PATIENCE) for future in futures]
    assert {type(error) for error in errors} == {OAuthError}
    assert len({id(error) for error in errors}) == EACH, "each has one of its own"
    assert len(scene.tokens.requests) == 1
    assert scene.sent() == []


def test_who_asks_is_cancelled_and_another_asks(scene: Scene) -> None:
    scene.answers((ASK, HANGUP), (ASK, TOKEN, HANGUP))

    async def program() -> None:
        async with AsyncClient(**scene.options()) as client:
            first = asyncio.create_task(scene.one(client))
            await asyncio.to_thread(scene.tokens.peer, 0)
            others = [asyncio.create_task(scene.one(client)) for _ in range(EACH)]
            await asyncio.to_thread(scene.waited, EACH)
            first.cancel()
            await asyncio.gather(*others)
            assert first.cancelled()

    asyncio.run(program())
    assert len(scene.tokens.peers) == 2
    assert scene.sent() == ["Bearer t1"] * EACH


def test_who_asks_has_no_time_left_and_another_asks(scene: Scene) -> None:
    """The deadline of one caller says nothing of the server."""
    scene.answers((ASK, HANGUP), (ASK, TOKEN, HANGUP))
    hurried = Client(**scene.options(timeout=Timeout(total=0.2)))
    with hurried, ThreadPoolExecutor(EACH + 1) as pool:
        first = pool.submit(hurried.models.list)
        scene.tokens.peer(0)
        others = [pool.submit(scene.blocking) for _ in range(EACH)]
        assert isinstance(first.exception(PATIENCE), APITimeoutError)
        for other in others:
            other.result(PATIENCE)
    assert scene.sent() == ["Bearer t1"] * EACH


def test_who_waits_has_a_deadline_of_its_own(scene: Scene) -> None:
    scene.answers((ASK, GATE, TOKEN, HANGUP))
    hurried = Client(**scene.options(timeout=Timeout(total=0.05)))
    with hurried, ThreadPoolExecutor(1) as pool:
        first = pool.submit(scene.blocking)
        scene.tokens.peer(0)
        with pytest.raises(APITimeoutError) as caught:
            hurried.models.list()
        assert caught.value.sent == "no"
        scene.tokens.go(0)
        first.result(PATIENCE)
    assert len(scene.tokens.requests) == 1


def test_a_token_that_still_has_time_serves_while_another_is_fetched(scene: Scene) -> None:
    scene.answers((ASK, TOKEN, HANGUP), (ASK, GATE, answer(granted("t2")), HANGUP))
    scene.blocking()
    kept: Any = scene.auth
    token = kept._token
    kept._token = type(token)(token.text, token.renew_at - 3600, token.ends_at)
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(scene.blocking)
        scene.tokens.peer(1)
        scene.blocking()
        scene.tokens.go(1)
        renewing.result(PATIENCE)
    assert sorted(filter(None, scene.sent())) == ["Bearer t1", "Bearer t1", "Bearer t2"]
