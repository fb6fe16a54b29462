"""Fixtures for the tests of transports."""

import importlib
from typing import Any

import pytest

from ..support.certificates import Certificates, load


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """An authority for the whole run."""
    return load()


@pytest.fixture(params=["httpx", "httpx2"])
def package(request: pytest.FixtureRequest) -> Any:
    """The package that the caller's client is of."""
    return importlib.import_module(request.param)
