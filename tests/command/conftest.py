"""An emulator that the command finds in its environment, and no keys of whoever runs the tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_openai.emulator import Emulator, serve_in_thread

KEY = "sk-" + "of-the-command-0123456789"
ADMIN = "sk-" + "of-the-command-admin-0123456789"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [each for each in os.environ if each.startswith("OPENAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", ADMIN)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, keys: None) -> Iterator[Emulator]:
    """An emulator that the environment leads to."""
    emulator = Emulator()
    with serve_in_thread(emulator) as base_url:
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        yield emulator
