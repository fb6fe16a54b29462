"""The handshake with an HTTP proxy."""

from typing import Any

import pytest

from api_openai.core.call.network import Network, Proxy
from api_openai.core.http.proxy_tunnel import TUNNEL_OPEN, ProxyConnect
from api_openai.core.terms.errors import APIConnectionError, LocalProtocolError, RemoteProtocolError
from api_openai.core.terms.secret import Secret
from api_openai.core.terms.sentinels import NEED_DATA, PAUSED


def test_the_request() -> None:
    machine = ProxyConnect("api.openai.com", 443)
    assert machine.data_to_send() == (
        b"CONNECT api.openai.com:443 HTTP/1.1\r\nhost: api.openai.com:443\r\n\r\n"
    )
    assert machine.data_to_send() == b""


def test_credentials_and_an_ipv6_address() -> None:
    machine = ProxyConnect("::1", 8443, Proxy("p", 1, "user", Secret("pa:ss")).authorization())
    request = machine.data_to_send()
    assert request.startswith(b"CONNECT [::1]:8443 HTTP/1.1\r\n")
    assert b"proxy-authorization: Basic dXNlcjpwYTpzcw==\r\n" in request


def test_the_tunnel_opens_byte_by_byte() -> None:
    machine = ProxyConnect("h", 1)
    machine.data_to_send()
    answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n"
    for n in range(len(answer)):
        assert machine.next_event() is NEED_DATA
        machine.receive_data(answer[n : n + 1])
    assert machine.next_event() is TUNNEL_OPEN
    assert machine.next_event() is PAUSED


def test_a_refusal_names_status_and_target_and_no_credential() -> None:
    machine = ProxyConnect("h", 1, Proxy("p", 1, "user", Secret("hunter2")).authorization())
    machine.data_to_send()
    machine.receive_data(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
    with pytest.raises(APIConnectionError, match="h:1: 407 Proxy") as caught:
        machine.next_event()
    assert caught.value.sent == "no"
    assert "hunter2" not in repr(vars(caught.value))
    with pytest.raises(APIConnectionError, match="refused"):
        machine.next_event()


def test_a_user_name_with_a_colon_would_be_another_one() -> None:
    with pytest.raises(LocalProtocolError, match="colon"):
        Proxy("p", 1, "us:er", Secret("x")).authorization()


def test_a_target_cannot_inject() -> None:
    with pytest.raises(LocalProtocolError):
        ProxyConnect("h\r\nx: y", 1).data_to_send()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 200 OK\r\n\r\nearly", b"\x16\x03\x01 not http\r\n\r\n", b""]
)
def test_a_proxy_that_breaks_the_rules(answer: bytes) -> None:
    machine = ProxyConnect("h", 1)
    machine.data_to_send()
    machine.receive_data(answer)
    with pytest.raises(RemoteProtocolError) as caught:
        machine.next_event()
    assert caught.value.sent == "no"


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://h", Proxy("h", 80)),
        ("HTTP://h:3128/", Proxy("h", 3128)),
        ("http://[::1]:8", Proxy("::1", 8)),
        ("http://u:p%20w@h:1", Proxy("h", 1, "u", Secret("p w"))),
        ("http://u@h:1", Proxy("h", 1, "u")),
        ("http://u:a/b#c?d@[e@h:1", Proxy("h", 1, "u", Secret("a/b#c?d@[e"))),
    ],
)
def test_the_url_of_a_proxy(url: str, proxy: Proxy) -> None:
    assert Proxy.of(url) == proxy


@pytest.mark.parametrize(
    "url",
    [
        "h:3128",
        "user:sesame@h:3128",
        "socks5://user:sesame@h",
        "http://user:sesame@",
        "http://u:sesame@h:x",
    ],
)
def test_what_is_no_proxy(url: str) -> None:
    with pytest.raises(ValueError, match=r"proxy=.*expected http://") as caught:
        Proxy.of(url)
    assert "sesame" not in str(caught.value)
    assert ("scheme in front" in str(caught.value)) == ("://" not in url)


def test_a_password_of_a_key_is_a_secret_whatever_it_was() -> None:
    given: dict[str, Any] = {"client_key_password": "sesame"}
    network = Network(**given)
    assert network.client_key_password == Secret("sesame")
    assert "sesame" not in repr(network)
