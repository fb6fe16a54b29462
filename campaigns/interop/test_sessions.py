"""Sessions of clients with the `websockets` library's servers, and through what stands between."""

from typing import Any

import pytest
from tests.support.certificates import PEM
from tests.support.clients import gathered, settled

from api_openai import (
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    Network,
    Reconnect,
    WebSocketConnectionClosedError,
)

from .sessions import KINDS, session

COMPRESSED = {"compression": "deflate"}
AT_ONCE = Reconnect(initial_delay=0)


@pytest.fixture(scope="module", params=KINDS)
def caller(request: pytest.FixtureRequest) -> str:
    """Which kind of client."""
    return str(request.param)


@pytest.fixture
def server(websockets: int) -> str:
    return f"http://127.0.0.1:{websockets}"


def delta(text: str) -> dict[str, Any]:
    return {
        "type": "response.output_text.delta",
        "event_id": "e",
        "response_id": "r",
        "item_id": "i",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
    }


async def exchanges(connection: Any) -> None:
    """Events of several sizes come back."""
    for size in (1, 100, 5_000, 1_000_000):
        await settled(connection.send(delta("ü" * size)))
        assert (await settled(connection.recv())).delta == "ü" * size


def closed_with(caller: str, url: str) -> WebSocketConnectionClosedError:
    async def body(connection: Any) -> None:
        await settled(connection.send({"type": "now"}))
        await gathered(connection)

    with pytest.raises(WebSocketConnectionClosedError) as caught:
        session(caller, url, body)
    return caught.value


def test_events_come_back(server: str, caller: str) -> None:
    session(caller, f"{server}/echo", exchanges)
    session(caller, f"{server}/echo", exchanges, websocket_connection_options=COMPRESSED)


def test_events_in_fragments_with_pings_between_them(server: str, caller: str) -> None:
    session(caller, f"{server}/parts", exchanges, websocket_connection_options=COMPRESSED)


def test_the_code_of_a_close(server: str, caller: str) -> None:
    error = closed_with(caller, f"{server}/close/1008/why")
    assert (error.close_code, error.close_reason) == (1008, "why")


def test_a_close_with_1000_is_the_end_of_the_events(server: str, caller: str) -> None:
    async def body(connection: Any) -> list[Any]:
        await settled(connection.send({"type": "now"}))
        return await gathered(connection)

    assert session(caller, f"{server}/close/1000/done", body) == []


def test_an_end_without_a_close(server: str, caller: str) -> None:
    error = closed_with(caller, f"{server}/drop")
    assert error.close_code is None


def test_a_lost_connection_is_opened_again(server: str, caller: str) -> None:
    async def body(connection: Any) -> None:
        for word in ("one", "two"):
            await settled(connection.send(delta(word)))
            assert (await settled(connection.recv())).delta == word
            await settled(connection.send({"type": "drop"}))
            again = await settled(connection.recv())
            assert again.type == "reconnected"
            assert again.close_code == 1006

    session(caller, f"{server}/flaky", body, reconnect=AT_ONCE)


def test_a_refused_handshake(server: str, caller: str) -> None:
    with pytest.raises(AuthenticationError, match="no key"):
        session(caller, f"{server}/refuse", exchanges)


def test_a_subprotocol(server: str, caller: str) -> None:
    async def body(connection: Any) -> str | None:
        chosen: str | None = connection.subprotocol
        return chosen

    options = {"subprotocols": ["realtime", "openai-insecure-api-key.ek_1"]}
    assert session(caller, f"{server}/echo", body) is None
    found = session(caller, f"{server}/echo", body, websocket_connection_options=options)
    assert found == "realtime"


def test_the_heartbeat(server: str, caller: str) -> None:
    async def body(connection: Any) -> None:
        while connection.latency is None:
            with pytest.raises(APITimeoutError):
                await settled(connection.recv(timeout=0.1))
        assert connection.latency < 5

    session(caller, f"{server}/echo", body, websocket_connection_options={"ping_interval": 0.05})


def test_nginx_with_and_without_tls(nginx: tuple[int, int], caller: str) -> None:
    session(caller, f"http://127.0.0.1:{nginx[0]}/echo", exchanges)
    network = Network(ca=str(PEM / "ca.pem"))
    session(caller, f"https://localhost:{nginx[1]}/echo", exchanges, network=network)


def test_nginx_that_drops_a_silent_session(nginx: tuple[int, int], caller: str) -> None:
    async def body(connection: Any) -> None:
        again = await settled(connection.recv(timeout=30))
        assert (again.type, again.close_code) == ("reconnected", 1006)
        await exchanges(connection)

    session(caller, f"http://127.0.0.1:{nginx[0]}/impatient/echo", body, reconnect=AT_ONCE)


def test_nginx_that_leaves_out_the_upgrade(nginx: tuple[int, int], caller: str) -> None:
    with pytest.raises(APIStatusError) as caught:
        session(caller, f"http://127.0.0.1:{nginx[0]}/forgetful/echo", exchanges)
    assert caught.value.status_code == 426


def test_a_proxy(nginx: tuple[int, int], tinyproxy: int, caller: str) -> None:
    network = Network(proxy=f"http://127.0.0.1:{tinyproxy}", ca=str(PEM / "ca.pem"))
    session(caller, f"http://127.0.0.1:{nginx[0]}/echo", exchanges, network=network)
    session(caller, f"https://localhost:{nginx[1]}/echo", exchanges, network=network)
