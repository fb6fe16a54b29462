"""Fixtures for tests beneath clients of httpx and httpx2."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from ...support.above import KINDS
from ...support.server import Server


@pytest.fixture(params=["httpx", "httpx2"])
def package(request: pytest.FixtureRequest) -> Any:
    """The package of the client above."""
    return importlib.import_module(request.param)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Whether it blocks, or the library of its loop."""
    name: str = request.param
    return name


@pytest.fixture
def server() -> Iterator[Server]:
    """A scripted peer, which had nothing to complain of."""
    server = Server()
    yield server
    assert server.finish() == []
