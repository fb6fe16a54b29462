"""The peers, which run as long as a module of tests needs them."""

from collections.abc import Generator
from typing import Final

import pytest
from tests.support.limit import pytest_runtest_protocol as pytest_runtest_protocol

from . import peers

CONTENT: Final = "Realtime sessions are WebSockets; this one is a mock's."
FIXTURES: Final = {
    "fixtures": [
        {"match": {"userMessage": "hello"}, "response": {"content": CONTENT}},
        {
            "match": {"userMessage": "weather"},
            "response": {"toolCalls": [{"name": "weather", "arguments": '{"city": "Bonn"}'}]},
        },
    ]
}


@pytest.fixture(scope="module", params=["asyncio", "threads"])
def kind(request: pytest.FixtureRequest) -> str:
    """How the server of `websockets` runs."""
    return str(request.param)


@pytest.fixture(scope="module", params=["deflate", "plain"])
def compression(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def websockets(kind: str, compression: str) -> Generator[int]:
    with peers.websockets(kind, compression) as port:
        yield port


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    with peers.aimock(FIXTURES, tmp_path_factory.mktemp("aimock")) as port:
        yield port


@pytest.fixture(scope="module")
def nginx(websockets: int, tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[int, int]]:
    with peers.nginx(websockets, tmp_path_factory.mktemp("nginx")) as ports:
        yield ports


@pytest.fixture(scope="module")
def tinyproxy(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    folder = tmp_path_factory.mktemp("tinyproxy")
    with peers.tinyproxy(folder) as port:
        yield port
