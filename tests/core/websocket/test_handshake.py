"""The opening handshake: what is asked, what is granted, and answers that are neither."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto import events as wsproto_events
from wsproto.extensions import PerMessageDeflate

from api_openai.core.http.http1 import Http1Client
from api_openai.core.terms.errors import LocalProtocolError, RemoteProtocolError
from api_openai.core.terms.http_message import (
    EndOfMessage,
    Headers,
    InformationalResponse,
    Request,
)
from api_openai.core.terms.sentinels import PAUSED
from api_openai.core.websocket.handshake import Agreed, ClientHandshake, accept

NONCE = bytes(range(16))


def granted(fields: dict[str, str], **settings: Any) -> Agreed:
    handshake = ClientHandshake(NONCE, **settings)
    answer, _ = accept(Headers(handshake.fields()))
    changed = {name.decode(): value.decode() for name, value in answer} | fields
    return handshake.check(Headers.of({k: v for k, v in changed.items() if v}))


def test_the_example_of_the_standard() -> None:
    fields, agreed = accept(
        Headers.of(
            {
                "Upgrade": "WebSocket",
                "Connection": "keep-alive, Upgrade",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Protocol": "chat, superchat",
            }
        ),
        subprotocols=("superchat",),
    )
    assert dict(fields)[b"sec-websocket-accept"] == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert agreed == Agreed("superchat", None)


@pytest.mark.parametrize(
    "lacks", ["upgrade", "connection", "sec-websocket-version", "sec-websocket-key"]
)
def test_a_request_that_is_no_handshake(lacks: str) -> None:
    fields = [field for field in ClientHandshake(NONCE).fields() if field[0] != lacks.encode()]
    with pytest.raises(RemoteProtocolError, match=lacks):
        accept(Headers(fields))


@pytest.mark.parametrize("key", ["", "short", "AAAA", "not base64 at all !!!!!!"])
def test_a_request_whose_key_is_none(key: str) -> None:
    fields = dict(ClientHandshake(NONCE).fields()) | {b"sec-websocket-key": key.encode()}
    with pytest.raises(RemoteProtocolError, match="16 bytes"):
        accept(Headers(fields.items()))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"upgrade": "h2c"}, "another protocol"),
        ({"upgrade": ""}, "another protocol"),
        ({"connection": "keep-alive"}, "lacks `connection: upgrade`"),
        ({"sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}, "another request"),
        ({"sec-websocket-accept": ""}, "another request"),
        ({"sec-websocket-protocol": "chat"}, "not asked: 'chat'"),
        ({"sec-websocket-extensions": "permessage-deflate"}, "not asked"),
    ],
)
def test_a_101_that_grants_no_websocket(fields: dict[str, str], says: str) -> None:
    with pytest.raises(RemoteProtocolError, match=says):
        granted(fields)


@pytest.mark.parametrize(
    "extensions",
    [
        "x-compress",
        "permessage-deflate, permessage-deflate",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=x",
        "permessage-deflate; other",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    ],
)
def test_compression_that_was_not_offered_so(extensions: str) -> None:
    with pytest.raises(RemoteProtocolError, match=r"permessage-deflate|not asked"):
        granted({"sec-websocket-extensions": extensions}, deflate=True)


def test_compression_as_the_server_limits_it() -> None:
    text = "permessage-deflate; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11"
    agreed = granted({"sec-websocket-extensions": text}, deflate=True)
    expected = "Deflate(own_bits=11, own_takeover=False, peer_bits=10, peer_takeover=True)"
    assert repr(agreed.deflate) == expected
    assert granted({"sec-websocket-extensions": ""}, deflate=True).deflate is None


def test_subprotocols_are_tokens() -> None:
    with pytest.raises(LocalProtocolError, match="tokens"):
        ClientHandshake(NONCE, subprotocols=["a b"])
    with pytest.raises(TypeError, match="list of names"):
        ClientHandshake(NONCE, subprotocols="realtime")
    assert granted({"sec-websocket-protocol": "b"}, subprotocols=["a", "b"]).subprotocol == "b"


@given(st.booleans())
def test_wsproto_takes_the_request_and_gives_an_answer(deflate: bool) -> None:
    handshake = ClientHandshake(NONCE, deflate=deflate, subprotocols=["realtime"])
    machine = Http1Client()
    peer = WSConnection(ConnectionType.SERVER)
    peer.receive_data(machine.send(Request(b"GET", b"/v1", ((b"host", b"h"), *handshake.fields()))))
    machine.send(EndOfMessage())
    (request,) = peer.events()
    assert isinstance(request, wsproto_events.Request)
    extensions = [PerMessageDeflate()] if deflate else []
    answer = peer.send(
        wsproto_events.AcceptConnection(subprotocol="realtime", extensions=[*extensions])
    )
    machine.receive_data(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer + b"\x81\x00")
    early, head = machine.next_event(), machine.next_event()
    assert isinstance(early, InformationalResponse)
    assert early.status == 103
    assert isinstance(head, InformationalResponse)
    agreed = handshake.check(head.headers)
    assert agreed.subprotocol == "realtime"
    assert (agreed.deflate is not None) is deflate
    assert machine.next_event() is PAUSED
    assert machine.trailing_data == b"\x81\x00"
    assert not machine.reusable
