"""A user's own test: code that calls the API, tested against the emulator without a network.

python -m pytest examples/own_tests.py
"""

from collections.abc import Iterator

import pytest

from api_openai import Client, RateLimitError
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.emulator.faults import Status


def summarize(client: Client, text: str) -> str:
    """The code under test: one call, and a fallback for when the server is too busy."""
    try:
        response = client.responses.create(model="gpt-5-mini", input=f"Summarize: {text}")
    except RateLimitError:
        return text[:20] + "..."
    return response.output_text


@pytest.fixture
def emulator() -> Emulator:
    """A server of this test's own."""
    return Emulator()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    """A client that talks to it."""
    with (
        serve_in_thread(emulator) as base_url,
        Client(api_key="sk-test", base_url=base_url) as client,
    ):
        yield client


def test_it_asks_for_a_summary(client: Client, emulator: Emulator) -> None:
    assert summarize(client, "a long text")
    assert emulator.requests[-1].path.endswith("/responses")


def test_it_falls_back_when_the_server_is_busy(client: Client, emulator: Emulator) -> None:
    emulator.script(Status(429, retry_after=30))
    assert summarize(client, "a text that is longer than that") == "a text that is longe..."
