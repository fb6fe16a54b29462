"""What stands between a client and a server: nginx, and a proxy that takes CONNECT."""

import socket
import ssl

import pytest
from tests.support.certificates import PEM
from tests.support.raw import PATIENCE

from api_openai.core.http.proxy_tunnel import ProxyConnect
from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.sentinels import NEED_DATA
from api_openai.core.websocket.events import Close, Ping, Text

from ..websocket import Link, Refused, ask
from .links import link, message

LONG = Text("Größe €𐍈 ".encode() * 20_000)


def exchanges(one: Link) -> None:
    """Messages of both sizes, and a close, pass as they are."""
    for sent in (Text(b"short"), LONG):
        one.send(sent)
        assert message(one) == sent
    assert one.close(3000, "over") == Close(3000, "over")


def test_nginx(nginx: tuple[int, int]) -> None:
    with link(nginx[0], "/echo") as one:
        exchanges(one)


def test_nginx_with_tls(nginx: tuple[int, int]) -> None:
    context = ssl.create_default_context(cafile=PEM / "ca.pem")
    with (
        socket.create_connection(("127.0.0.1", nginx[1]), PATIENCE) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as secure,
    ):
        exchanges(ask(secure, "localhost", "/echo", deflate=True))


def test_nginx_passes_fragments_and_pings(nginx: tuple[int, int]) -> None:
    with link(nginx[0], "/parts") as one:
        one.send(LONG)
        while isinstance(event := one.receive(), Ping):
            pass
        assert event == LONG
        one.close()


def test_nginx_passes_a_close(nginx: tuple[int, int]) -> None:
    with link(nginx[0], "/close/1012/restart") as one:
        one.send(Text(b"now"))
        assert message(one) == Close(1012, "restart")
        one.end()


def test_nginx_passes_a_refusal(nginx: tuple[int, int]) -> None:
    with pytest.raises(Refused) as caught, link(nginx[0], "/refuse"):
        pass
    assert caught.value.head.status == 401


def test_nginx_that_hears_nothing_for_long_drops_the_connection(nginx: tuple[int, int]) -> None:
    with link(nginx[0], "/impatient/echo") as one:
        one.send(Text(b"once"))
        assert message(one) == Text(b"once")
        with pytest.raises(RemoteProtocolError, match="ended without a close"):
            message(one)


def test_nginx_that_leaves_out_the_upgrade(nginx: tuple[int, int]) -> None:
    with pytest.raises(Refused) as caught, link(nginx[0], "/forgetful/echo"):
        pass
    assert caught.value.head.status == 426


def test_a_tunnel(websockets: int, tinyproxy: int) -> None:
    with socket.create_connection(("127.0.0.1", tinyproxy), PATIENCE) as sock:
        tunnel = ProxyConnect("127.0.0.1", websockets)
        sock.sendall(tunnel.data_to_send())
        while tunnel.next_event() is NEED_DATA:
            tunnel.receive_data(sock.recv(4096))
        exchanges(ask(sock, f"127.0.0.1:{websockets}", "/echo", deflate=True))
