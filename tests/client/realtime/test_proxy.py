"""Sessions through a proxy, which passes on no `upgrade` that it is asked for itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from api_openai import APIConnectionError, Network
from api_openai.core.websocket.events import Close

from ...support.clients import gathered, settled
from ...support.ports import drive
from ...support.proxy import HttpProxy
from .callers import CREATED, KINDS, client_of
from .peer import Peer


@pytest.fixture
def proxy() -> Iterator[HttpProxy]:
    proxy = HttpProxy("user", "pass word")
    yield proxy
    proxy.finish()


def events(kind: str, peer: Peer, proxy: HttpProxy, password: str) -> list[Any]:
    """What a session says up to its end."""
    network = Network(proxy=f"http://user:{password}@127.0.0.1:{proxy.port}")

    async def program() -> list[Any]:
        client = client_of(kind, peer, network=network)
        try:
            manager = client.realtime.connect(model="m")
            return await gathered(await settled(manager.enter()))
        finally:
            await settled(client.close())

    return drive(kind, program)


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_without_tls_takes_a_tunnel(kind: str, proxy: HttpProxy) -> None:
    with Peer([CREATED, Close(1000)]) as peer:
        assert len(events(kind, peer, proxy, "pass%20word")) == 1
        peer.join()
    [session] = peer.sessions
    assert proxy.asked == [f"CONNECT {session.fields['host']} HTTP/1.1"]
    assert "proxy-authorization" not in session.fields


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_refuses(kind: str, proxy: HttpProxy) -> None:
    with Peer() as peer, pytest.raises(APIConnectionError, match="407") as caught:
        events(kind, peer, proxy, "wrong-sesame")
    assert "wrong-sesame" not in repr(vars(caught.value))
    assert peer.sessions == []
