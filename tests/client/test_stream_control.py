"""Pause, resume and cancel from other threads and tasks, on every transport with sockets."""

import threading
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

import anyio
import anyio.to_thread
import httpx
import pytest

from api_openai import AsyncClient, Client, StreamCancelledError
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Stall

ASK: Final[Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "a b c"}]}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def url() -> Iterator[str]:
    """A server that stops in the middle of each stream."""
    emulator = Emulator()
    emulator.script(*[Stall(after_bytes=1100)] * 4)
    with serve_in_thread(emulator) as url:
        yield url


@contextmanager
def blocking(url: str, over: str) -> Generator[Client, None, None]:
    if over == "httpx":
        with httpx.Client(trust_env=False) as http:
            yield Client(api_key="k", base_url=url, http_client=http)
        return
    with Client(api_key="k", base_url=url) as client:
        yield client
        wire: Any = client.transport.wire()
        assert wire.backend.pool.in_use == 0


class Reader(threading.Thread):
    """Reads a stream in a thread of its own, and keeps what comes of it."""

    def __init__(self, stream: Any) -> None:
        super().__init__(daemon=True)
        self.stream = stream
        self.events: list[Any] = []
        self.error: BaseException | None = None
        self.quiet = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            for each in self.stream:
                self.events.append(each)
        except BaseException as error:
            self.error = error

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the thread brings about while it runs."""
        while self.is_alive() and not condition():
            self.quiet.wait(0.001)

    def over(self) -> None:
        self.join(20)
        assert not self.is_alive(), "the reader did not wake up"


STREAMS: Final[dict[str, Callable[[Client], Any]]] = {
    "raw": lambda client: client.chat.completions.create(**ASK, stream=True),
    "adding up": lambda client: client.chat.completions.stream(**ASK).__enter__(),
}


@pytest.mark.parametrize("over", ["sockets", "httpx"])
@pytest.mark.parametrize("way", ["cancel", "close"])
@pytest.mark.parametrize("kind", STREAMS)
def test_a_reader_that_waits_in_a_thread_wakes_up(url: str, over: str, way: str, kind: str) -> None:
    with blocking(url, over) as client:
        stream = STREAMS[kind](client)
        reader = Reader(stream)
        reader.until(lambda: bool(reader.events))
        getattr(stream, way)()
        reader.over()
        assert reader.error is None or isinstance(reader.error, StreamCancelledError)
        assert way == "close" or reader.error is not None


@pytest.mark.parametrize("over", ["sockets", "httpx"])
def test_a_paused_reader_in_a_thread(over: str) -> None:
    with serve_in_thread(Emulator()) as url, blocking(url, over) as client:
        expected = [*client.chat.completions.create(**ASK, stream=True)]
        stream = client.chat.completions.create(**ASK, stream=True)
        stream.pause()
        reader = Reader(stream)
        reader.quiet.wait(0.02)
        assert reader.events == []
        assert stream.paused
        stream.resume()
        reader.over()
        assert len(reader.events) == len(expected)
        assert reader.error is None


@pytest.mark.parametrize("over", ["sockets", "httpx"])
def test_a_paused_reader_in_a_thread_is_cancelled(url: str, over: str) -> None:
    with blocking(url, over) as client:
        stream = client.chat.completions.create(**ASK, stream=True)
        stream.pause()
        reader = Reader(stream)
        reader.quiet.wait(0.02)
        stream.cancel()
        reader.over()
        assert isinstance(reader.error, StreamCancelledError)


def test_many_threads_pause_and_resume_and_nothing_is_lost() -> None:
    with serve_in_thread(Emulator()) as url, blocking(url, "sockets") as client:
        ask: Any = {**ASK, "messages": [{"role": "user", "content": "word " * 300}]}
        expected = len([*client.chat.completions.create(**ask, stream=True)])
        stream = client.chat.completions.create(**ask, stream=True)
        over = threading.Event()

        def shake() -> None:
            while not over.is_set():
                stream.pause()
                stream.resume()

        shakers = [threading.Thread(target=shake, daemon=True) for _ in range(8)]
        for each in shakers:
            each.start()
        reader = Reader(stream)
        reader.over()
        over.set()
        for each in shakers:
            each.join()
        stream.resume()
        assert len(reader.events) == expected
        assert reader.error is None


Program = Callable[[Callable[[], object]], Coroutine[Any, Any, None]]


async def from_a_task(act: Callable[[], object]) -> None:
    await anyio.lowlevel.checkpoint()
    act()


async def from_a_thread(act: Callable[[], object]) -> None:
    await anyio.to_thread.run_sync(act)


@pytest.mark.anyio
@pytest.mark.parametrize("over", ["sockets", "httpx"])
@pytest.mark.parametrize("act", [from_a_task, from_a_thread])
@pytest.mark.parametrize("paused", [False, True])
async def test_a_reader_that_waits_in_a_task_wakes_up(
    url: str, over: str, act: Program, paused: bool
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        client = AsyncClient(
            api_key="k", base_url=url, http_client=http if over == "httpx" else None
        )
        stream = await client.chat.completions.create(**ASK, stream=True)
        told: list[BaseException] = []
        begun = anyio.Event()

        async def read() -> None:
            begun.set()
            try:
                async for _ in stream:
                    pass
            except StreamCancelledError as error:
                told.append(error)

        if paused:
            stream.pause()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            await begun.wait()
            await anyio.sleep(0.02)
            await act(stream.cancel)
        assert len(told) == 1
        await client.close()


@pytest.mark.anyio
@pytest.mark.parametrize("over", ["sockets", "httpx"])
@pytest.mark.parametrize("act", [from_a_task, from_a_thread])
async def test_a_pause_that_another_task_or_thread_ends(over: str, act: Program) -> None:
    with serve_in_thread(Emulator()) as url:
        async with httpx.AsyncClient(trust_env=False) as http:
            client = AsyncClient(
                api_key="k", base_url=url, http_client=http if over == "httpx" else None
            )
            expected = [
                each async for each in await client.chat.completions.create(**ASK, stream=True)
            ]
            stream = await client.chat.completions.create(**ASK, stream=True)
            await act(stream.pause)
            events: list[Any] = []

            async def read() -> None:
                async for each in stream:
                    events.append(each)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(read)
                await anyio.sleep(0.02)
                assert events == []
                await act(stream.resume)
            assert len(events) == len(expected)
            await client.close()
