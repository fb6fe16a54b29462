"""Fixtures of the tests of `compat`: the emulator, and clients of each kind."""

from collections.abc import Iterator

import pytest

from api_openai.emulator import Emulator, serve_in_thread

pytest.importorskip("openai")


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    with serve_in_thread(emulator) as url:
        yield url
