"""Deprecated methods warn where they are called: those of which the official SDK warns, and no others."""

import asyncio
import inspect
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest

from api_openai import AsyncClient, Client
from api_openai.emulator import AsyncMemoryTransport, Emulator, MemoryTransport

from ..support.methods import METHODS, at, least, positionals
from ..support.recorder import Wire

HELPERS: Final = (
    "videos.create_and_poll videos.poll beta.threads.create_and_run_poll beta.threads.runs.poll "
    "beta.threads.create_and_run_stream beta.threads.runs.stream beta.threads.runs.create_and_poll "
    "beta.threads.runs.create_and_stream beta.threads.runs.submit_tool_outputs_and_poll "
    "beta.threads.runs.submit_tool_outputs_stream"
).split()


@pytest.fixture(scope="module")
def theirs() -> Callable[[str], bool]:
    """Whether the official SDK warns of a method."""
    openai: Any = pytest.importorskip("openai", reason="the official SDK is not installed")
    client = openai.OpenAI(api_key="k", admin_api_key="a")
    return lambda path: hasattr(at(client, path), "__deprecated__")


def warnings_of(call: Callable[[], object]) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [each for each in caught if issubclass(each.category, DeprecationWarning)]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_methods_warn_as_in_the_sdk(method: Any, wire: Wire, theirs: Callable[[str], bool]) -> None:
    for path in method.paths:
        bound = at(wire.client, path)
        found = warnings_of(partial(wire.sent, path, positionals(method), least(method)))
        assert len(found) == theirs(path), path
        assert hasattr(bound, "__deprecated__") == theirs(path)
        assert bound.__name__
        assert inspect.signature(bound)


@pytest.mark.parametrize("path", HELPERS)
def test_methods_of_several_calls_warn_as_in_the_sdk(
    path: str, theirs: Callable[[str], bool]
) -> None:
    assert theirs(path)


def test_the_warning_is_at_the_line_of_the_caller() -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator()))
    thread = client.beta.threads.create()
    assistant = client.beta.assistants.create(model="gpt-4o")
    run: dict[str, Any] = {"thread_id": thread.id, "assistant_id": assistant.id}
    calls: list[Callable[[], object]] = [
        lambda: client.beta.threads.create(),
        lambda: client.beta.threads.with_raw_response.create(),
        lambda: client.beta.threads.runs.create_and_poll(**run, poll_interval_ms=1),
        lambda: client.beta.threads.runs.stream(**run),
        lambda: client.videos.create_and_poll(prompt="x", poll_interval_ms=1),
        lambda: client.videos.list(),
    ]
    for call in calls:
        (found,) = warnings_of(call)
        assert found.filename == __file__
        assert found.lineno == call.__code__.co_firstlineno
        assert str(found.message).startswith("The API has deprecated ")


def test_the_warning_is_at_the_line_of_the_async_caller() -> None:
    async def program() -> None:
        async with AsyncClient(api_key="k", transport=AsyncMemoryTransport(Emulator())) as client:
            await client.beta.threads.create()
            await client.videos.create_and_poll(prompt="x", poll_interval_ms=1)

    found = warnings_of(lambda: asyncio.run(program()))
    first = program.__code__.co_firstlineno
    assert [(each.filename, each.lineno - first) for each in found] == [
        (__file__, 2),
        (__file__, 3),
    ]


def test_what_is_not_called_does_not_warn() -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator()))
    assert warnings_of(lambda: client.videos.create) == []
    assert warnings_of(lambda: client.models.list()) == []
    with pytest.raises(TypeError, match="has no keyword 'propmt'"):
        client.videos.create_and_poll(propmt="x")  # type: ignore[call-arg]
