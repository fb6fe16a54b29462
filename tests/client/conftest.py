"""A server that answers everything with an empty list, and an environment without settings."""

from collections.abc import Iterator

import pytest

from ..support.http import answer
from ..support.server import Always, Server

SETTINGS = (
    "OPENAI_API_KEY",
    "OPENAI_ADMIN_KEY",
    "OPENAI_WEBHOOK_SECRET",
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_CUSTOM_HEADERS",
    "OPENAI_LOG",
    "OPENAI_API_VERSION",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the developer's own environment says."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.on_any(Always(answer({"object": "list", "data": [], "has_more": False})))
        yield server


@pytest.fixture
def anyio_backend() -> str:
    """These tests are about the client; that it runs in every loop is tested elsewhere."""
    return "asyncio"
