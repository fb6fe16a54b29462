"""A server for the listeners' tests, and both async backends."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from api_openai import Client
from api_openai.emulator import Emulator, serve_in_thread

if TYPE_CHECKING:
    from .telemetry import Telemetry


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def base_url(emulator: Emulator) -> Iterator[str]:
    with serve_in_thread(emulator) as url:
        yield url


@pytest.fixture
def telemetry() -> "Iterator[Telemetry]":
    from .telemetry import Telemetry

    made = Telemetry()
    yield made
    made.close()


@pytest.fixture
def client(telemetry: "Telemetry", base_url: str) -> Iterator[Client]:
    from .telemetry import KEY

    with Client(api_key=KEY, base_url=base_url, trace=telemetry.adapter()) as client:
        yield client
