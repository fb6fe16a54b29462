"""The code of docs/policies/shared-limits.md runs, against a server of the tests."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import Client
from api_openai.emulator import Emulator, serve_in_thread
from api_openai.policies import RedisLimits

from ...support.redis_server import RedisServer

PAGE: Final = Path(__file__).parents[3] / "docs" / "policies" / "shared-limits.md"
BLOCKS: Final = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_blocks_run(server: RedisServer, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    code = BLOCKS[number].replace("redis://localhost:6379", server.url)
    with serve_in_thread(Emulator()) as base_url:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-pages")
        monkeypatch.setenv("OPENAI_BASE_URL", base_url)
        exec(compile(code, "page", "exec"), names)
    for value in names.values():
        if isinstance(value, Client | RedisLimits):
            value.close()


def test_the_blocks_are_found() -> None:
    assert len(BLOCKS) == 4
