"""Streams of assistants' runs that fail, in blocking and async clients: who is told, and of what."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from api_openai import (
    APITimeoutError,
    AssistantEventHandler,
    AsyncAssistantEventHandler,
    AsyncClient,
    Client,
    NotFoundError,
    StreamTruncatedError,
    Timeout,
)
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport
from api_openai.emulator.faults import Stall, Status, Truncate

from .test_assistants import HELLO, AsyncLog, Log, assistant


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    with Client(api_key="test", transport=MemoryTransport(emulator)) as client:
        yield client


@pytest.fixture
async def aclient(emulator: Emulator) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(api_key="test", transport=AsyncMemoryTransport(emulator)) as client:
        yield client


def fails(client: Client, emulator: Emulator, fault: Any, error: type[Exception]) -> Log:
    who = assistant(client)
    emulator.script(fault, path="/threads/runs")
    with (
        pytest.raises(error),
        client.beta.threads.create_and_run_stream(
            assistant_id=who, thread=HELLO, timeout=Timeout(idle=5), event_handler=(log := Log())
        ) as stream,
    ):
        stream.until_done()
    return log


def test_a_stream_cut_short(client: Client, emulator: Emulator) -> None:
    log = fails(client, emulator, Truncate(after=6), StreamTruncatedError)
    assert log.names()[-2:] == ["on_exception", "on_end"]
    assert "on_timeout" not in log.names()
    with pytest.raises(StopIteration):
        next(log)


def test_a_deadline(client: Client, emulator: Emulator) -> None:
    log = fails(client, emulator, Stall(after_bytes=900, seconds=60), APITimeoutError)
    assert log.names()[-3:] == ["on_timeout", "on_exception", "on_end"]


def test_a_request_that_fails_calls_nothing_back(client: Client, emulator: Emulator) -> None:
    assert fails(client, emulator, Status(404), NotFoundError).calls == []


def test_a_callback_that_raises_ends_the_stream(client: Client) -> None:
    calls: list[str] = []

    class Handler(AssistantEventHandler):
        def on_text_created(self, text: Any) -> None:
            raise KeyError(text.value)

        def on_exception(self, exception: Exception) -> None:
            calls.append(repr(exception))

        def on_end(self) -> None:
            calls.append("end")

    thread = client.beta.threads.create(**HELLO)
    with (
        pytest.raises(KeyError),
        client.beta.threads.runs.stream(
            thread.id, assistant_id=assistant(client), event_handler=Handler()
        ) as stream,
    ):
        stream.until_done()
    assert calls == ["KeyError('You')", "end"]
    client.models.list()  # the connection is not in the way of others


@pytest.mark.anyio
async def test_an_async_callback_that_raises(aclient: AsyncClient) -> None:
    calls: list[str] = []

    class Handler(AsyncAssistantEventHandler):
        async def on_message_done(self, message: Any) -> None:
            raise KeyError(message.status)

        async def on_exception(self, exception: Exception) -> None:
            calls.append(repr(exception))

        async def on_end(self) -> None:
            calls.append("end")

    who = await aclient.beta.assistants.create(model="gpt-4o")
    with pytest.raises(KeyError):
        async with aclient.beta.threads.create_and_run_stream(
            assistant_id=who.id, thread=HELLO, event_handler=Handler()
        ) as stream:
            await stream.until_done()
    assert calls == ["KeyError('completed')", "end"]


def test_a_callback_that_fails_while_it_is_told_of_a_failure(client: Client) -> None:
    calls: list[str] = []

    class Handler(AssistantEventHandler):
        def on_event(self, event: Any) -> None:
            raise KeyError("first")

        def on_exception(self, exception: Exception) -> None:
            raise ValueError("second")

        def on_end(self) -> None:
            calls.append("end")

    with (
        pytest.raises(ValueError, match="second") as caught,
        client.beta.threads.create_and_run_stream(
            assistant_id=assistant(client), event_handler=Handler()
        ) as stream,
    ):
        next(stream)
    assert calls == ["end"]
    assert isinstance(caught.value.__context__, KeyError)
    assert list(stream) == []


def test_who_interrupts_is_told_nothing(client: Client) -> None:
    calls: list[str] = []

    class Handler(AssistantEventHandler):
        def on_event(self, event: Any) -> None:
            raise KeyboardInterrupt

        def on_exception(self, exception: Exception) -> None:
            calls.append("exception")

        def on_end(self) -> None:
            calls.append("end")

    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant(client), event_handler=Handler()
    ) as stream:
        with pytest.raises(KeyboardInterrupt):
            next(stream)
        assert list(stream) == []
    assert calls == []


def test_a_last_callback_that_raises(client: Client) -> None:
    calls: list[str] = []

    class Handler(AssistantEventHandler):
        def on_end(self) -> None:
            calls.append("end")
            raise StopIteration

        def on_exception(self, exception: Exception) -> None:
            calls.append("exception")

    with (
        pytest.raises(RuntimeError, match="StopIteration"),
        client.beta.threads.create_and_run_stream(
            assistant_id=assistant(client), event_handler=Handler()
        ) as stream,
    ):
        stream.until_done()
    assert calls == ["end"]
    assert stream.get_final_run().status == "completed"


def test_a_blocking_client_awaits_no_callback(client: Client) -> None:
    class Handler(AssistantEventHandler):
        async def on_event(self, event: Any) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            raise AssertionError

    with (
        pytest.raises(TypeError, match="AsyncClient"),
        client.beta.threads.create_and_run_stream(
            assistant_id=assistant(client), event_handler=Handler()
        ) as stream,
    ):
        next(stream)


@pytest.mark.anyio
async def test_a_task_that_is_cancelled_calls_nothing_back(
    aclient: AsyncClient, emulator: Emulator
) -> None:
    who = await aclient.beta.assistants.create(model="gpt-4o")
    log = AsyncLog()
    with anyio.CancelScope() as scope:
        async with aclient.beta.threads.create_and_run_stream(
            assistant_id=who.id, thread=HELLO, event_handler=log
        ) as stream:
            await anext(stream)
            scope.cancel()
            await stream.until_done()
    assert scope.cancelled_caught
    assert [name for name, _ in log.calls] == ["on_event"]


def test_leaving_early_gives_up_the_rest(client: Client) -> None:
    thread = client.beta.threads.create(**HELLO)
    with client.beta.threads.runs.stream(
        thread.id, assistant_id=assistant(client), event_handler=(log := Log())
    ) as stream:
        next(stream)
    assert list(stream) == []
    assert [name for name, _ in log.calls] == ["on_event"]


@pytest.mark.parametrize("fault", [None, Truncate(after=4)])
def test_half_a_stream_has_no_final_run(client: Client, emulator: Emulator, fault: Any) -> None:
    emulator.script(fault, path="/threads/runs")
    who = assistant(client)
    with client.beta.threads.create_and_run_stream(assistant_id=who, thread=HELLO) as stream:
        next(stream)
        next(stream)
        if fault is None:
            stream.close()
        else:
            with pytest.raises(StreamTruncatedError):
                stream.until_done()
        assert stream.current_run is not None
        for ask in (stream.get_final_run, stream.get_final_messages, stream.get_final_run_steps):
            with pytest.raises(RuntimeError, match="before its end"):
                ask()
