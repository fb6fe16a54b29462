"""`responses.follow` and `stream(resume=)` against the emulator: blocking, asyncio and trio."""

import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest

from api_openai import AsyncClient, Client, Resume, StreamCancelledError
from api_openai.emulator import (
    AsyncMemoryTransport,
    Emulator,
    MemoryTransport,
    serve_in_thread,
)
from api_openai.emulator.faults import Say, Stall, Status, Truncate
from api_openai.streaming import (
    AsyncResponseStream,
    AsyncResumingStream,
    ResponseStream,
    ResumingStream,
)

NEW: Final[dict[str, Any]] = {"model": "gpt-4o", "input": "Count.", "background": True}
AT_ONCE: Final = Resume(delays=(0,), poll_interval_ms=0)
TEXT: Final = "one two three four five six"


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    with Client(api_key="k", transport=MemoryTransport(emulator)) as client:
        yield client


@pytest.fixture
async def aclient(emulator: Emulator) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(api_key="k", transport=AsyncMemoryTransport(emulator)) as client:
        yield client


def in_pieces(emulator: Emulator) -> None:
    """Cut the next stream, and those that go on with it, after a few events each."""
    emulator.script(
        (Say(TEXT), Truncate(after=4)),
        Truncate(after=3, proper=True),
        Truncate(after=0),
        Truncate(after=2),
    )


def test_events(client: Client, emulator: Emulator) -> None:
    in_pieces(emulator)
    with client.responses.follow(**NEW, resume=AT_ONCE) as stream:
        assert type(stream) is ResumingStream
        events: list[Any] = list(stream)
    numbers = [each.sequence_number for each in events]
    assert numbers == [*range(len(numbers))]
    last: Any = events[-1]
    assert last.response.output_text == TEXT
    assert stream.last_sequence_number == numbers[-1]
    assert stream.response_id == last.response.id
    with client.responses.follow(response_id=last.response.id, starting_after=5) as again:
        rest: list[Any] = list(again)
        assert [each.to_dict() for each in rest] == [each.to_dict() for each in events[6:]]


@pytest.mark.anyio
async def test_events_for_async_callers(aclient: AsyncClient, emulator: Emulator) -> None:
    in_pieces(emulator)
    async with aclient.responses.follow(**NEW, resume=AT_ONCE) as stream:
        assert type(stream) is AsyncResumingStream
        events = [each async for each in stream]
    numbers = [each.sequence_number for each in events]
    assert numbers == [*range(len(numbers))]


def test_what_they_add_up_to(client: Client, emulator: Emulator) -> None:
    in_pieces(emulator)
    with client.responses.stream(**NEW, resume=AT_ONCE) as stream:
        assert type(stream) is ResponseStream
        assert stream.get_final_response().output_text == TEXT


@pytest.mark.anyio
async def test_what_they_add_up_to_for_async_callers(
    aclient: AsyncClient, emulator: Emulator
) -> None:
    in_pieces(emulator)
    async with aclient.responses.stream(**NEW, resume=AT_ONCE) as stream:
        assert type(stream) is AsyncResponseStream
        assert (await stream.get_final_response()).output_text == TEXT


def test_a_server_that_refuses_is_polled(client: Client, emulator: Emulator) -> None:
    emulator.script((Say(TEXT), Truncate(after=4)))
    emulator.script(Status(400))
    with client.responses.stream(**NEW, resume=AT_ONCE) as stream:
        kinds = [each.type for each in stream]
        assert stream.get_final_response().output_text == TEXT
    assert kinds[4:] == ["polled", "response.completed"]


def test_cancelled_at_the_server_too(client: Client, emulator: Emulator) -> None:
    emulator.script((Say(TEXT), Truncate(after=4)))
    with client.responses.follow(**NEW, resume=AT_ONCE) as stream:
        next(stream)
        assert stream.cancel_response().status == "cancelled"
        with pytest.raises(StreamCancelledError):
            next(stream)
        assert stream.response_id is not None
        assert client.responses.retrieve(stream.response_id).status == "cancelled"


def test_cancelled_by_another_thread_while_its_reader_waits() -> None:
    emulator = Emulator()
    emulator.script((Say(TEXT), Stall(after_bytes=3500)))
    with (
        serve_in_thread(emulator) as url,
        Client(api_key="k", base_url=url) as client,
        client.responses.follow(**NEW, resume=Resume(delays=(3600,))) as stream,
    ):
        begun, told = threading.Event(), list[BaseException]()

        def read() -> None:
            try:
                for _ in stream:
                    begun.set()
            except StreamCancelledError as error:
                told.append(error)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        assert begun.wait(20)
        assert stream.cancel_response().status == "cancelled"
        reader.join(20)
        assert len(told) == 1
        wire: Any = client.transport.wire()
        assert wire.backend.pool.in_use == 0


def test_given_up_by_another_thread_while_it_waits_to_ask_again() -> None:
    emulator = Emulator()
    emulator.script((Say(TEXT), Truncate(after=4)))
    with (
        serve_in_thread(emulator) as url,
        Client(api_key="k", base_url=url) as client,
        client.responses.follow(**NEW, resume=Resume(delays=(3600,))) as stream,
    ):
        begun, told = threading.Event(), list[BaseException]()

        def read() -> None:
            try:
                for event in stream:
                    if event.sequence_number == 3:
                        begun.set()
            except StreamCancelledError as error:
                told.append(error)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        assert begun.wait(20)
        begun.wait(0.01)
        stream.cancel()
        reader.join(20)
        assert len(told) == 1


@pytest.mark.parametrize("method", ["follow", "stream"])
def test_an_iterator_goes_into_every_request(
    method: str, client: Client, emulator: Emulator
) -> None:
    in_pieces(emulator)
    include = iter(["reasoning.encrypted_content"])
    with getattr(client.responses, method)(**NEW, resume=AT_ONCE, include=include) as stream:
        assert len(list(stream)) > 0
    first, *others = emulator.requests
    assert b"reasoning.encrypted_content" in first.body
    assert len(others) == 4
    assert all("reasoning.encrypted_content" in str(each.query) for each in others)
