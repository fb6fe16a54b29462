"""Scenarios of how sessions are opened, and of servers and proxies that refuse."""

import re
from typing import Any

import pytest

from api_openai.core.call.network import Network
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.base_errors import OpenAIError
from api_openai.core.terms.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    RemoteProtocolError,
)
from api_openai.core.websocket.events import Close

from ..support.http import answer, head
from ..support.server import ASK, CLOSE, HANGUP, STALL
from ..support.websocket import HEAR, REST, Say, Upgrade
from .framing import OK, POST
from .sessions import CREATED, DONE, NO_SOCKETS, delta, ended, opened, session
from .stage import KEY, NO_PROXY, OWN_SOCKETS, Stage, scenario
from .ways import PROXY, PROXY_TLS, TLS


@scenario(
    without={OWN_SOCKETS: "it has sockets of its own, and plays what else sessions do"},
    routes=NO_PROXY,
    because="what httpx says of a session is the same, whatever is in between",
)
async def httpx_carries_no_session_and_says_what_to_do(stage: Stage) -> None:
    client = stage.client()
    with pytest.raises(OpenAIError, match=r"http_client.* without one.*network=Network"):
        await client.connect().enter()
    assert stage.server.peers == []


@scenario(without=NO_SOCKETS)
async def a_session_is_opened_with_the_callers_words(stage: Stage) -> None:
    stage.server.on(Upgrade(CREATED, fields=b"x-request-id: req-1\r\n"), Say(DONE), REST)
    client = stage.client(default_headers={"x-one": "1"}, organization="org-1")
    connecting = client.connect(
        extra_headers={"x-two": "2"},
        extra_query={"debug": True},
        websocket_connection_options={"subprotocols": ["two", "three"]},
    )
    connection = await connecting.enter()
    assert [event.type async for event in connection] == ["session.created"]
    assert connection.headers["x-request-id"] == "req-1"
    assert connection.subprotocol == "two"
    request = stage.server.request
    assert (request.method, request.target) == ("GET", "/v1/realtime?model=m&debug=true")
    expected = {
        "authorization": f"Bearer {KEY}",
        "openai-organization": "org-1",
        "x-one": "1",
        "x-two": "2",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-protocol": "two, three",
    }
    assert {name: request.header(name) for name in expected} == expected
    assert request.header("sec-websocket-extensions") is None
    assert request.header("content-length") is None


@scenario(without=NO_SOCKETS)
async def every_handshake_has_a_key_of_its_own(stage: Stage) -> None:
    client = stage.client()
    for _ in range(2):
        stage.server.on(Upgrade(), REST)
        async with client.connect():
            pass
    one, two = (request.header("sec-websocket-key") for request in stage.server.requests)
    assert one != two


@scenario(without=NO_SOCKETS)
async def informational_answers_come_before_the_101(stage: Stage) -> None:
    early = head("103 Early Hints", "link: </a>") + head("100 Continue")
    stage.server.on(Upgrade(CREATED, before=early), Say(DONE), REST)
    connection = await opened(stage)
    assert [event.type async for event in connection] == ["session.created"]


@scenario(without=NO_SOCKETS)
async def frames_that_come_with_the_101(stage: Stage) -> None:
    stage.server.on(Upgrade(CREATED, delta("a"), delta("b"), DONE), REST)
    connection = await opened(stage)
    events = [event async for event in connection]
    assert [event.type for event in events[:1]] == ["session.created"]
    assert [event.delta for event in events[1:]] == ["a", "b"]
    assert session(stage).close == Close(1000)


@scenario(without=NO_SOCKETS)
async def refused_handshakes_are_status_errors(stage: Stage) -> None:
    client = stage.client()
    for status in ("401 Unauthorized", "403 No", "404 None", "429 Slow", "500 Oh", "307 There"):
        document = {"error": {"message": f"no {KEY}", "type": "t", "code": "c", "param": None}}
        fields = ("x-request-id: req-9", f"location: {stage.url()}/elsewhere", "x-odd: 7")
        stage.server.on(ASK, answer(document, *fields, "connection: close", status=status), CLOSE)
        with pytest.raises(APIStatusError) as caught:
            await client.connect().enter()
        error = caught.value
        assert error.status_code == int(status[:3])
        assert error.request_id == "req-9"
        assert error.response.headers["x-odd"] == "7"
        assert error.code == "c"
        assert KEY not in repr((error, error.body, vars(error)))
        assert error.operation == "realtime.connect"
    assert len(stage.server.requests) == 6


@scenario(without=NO_SOCKETS)
async def an_ordinary_answer_is_no_session(stage: Stage) -> None:
    hello = answer({"hello": 1}, "x-request-id: req-2")
    stage.server.on(ASK, hello, ASK, head("204 No Content", "x-request-id: req-3"), HANGUP)
    client = stage.client()
    for status, request_id, body in ((200, "req-2", {"hello": 1}), (204, "req-3", "")):
        with pytest.raises(APIStatusError) as caught:
            await client.connect().enter()
        assert (caught.value.status_code, caught.value.request_id) == (status, request_id)
        assert caught.value.body in (body, None)


@scenario(without=NO_SOCKETS)
async def a_connection_that_was_refused_serves_the_next_call(stage: Stage) -> None:
    stage.server.on(ASK, answer({"error": "busy"}, status="429 Slow"), ASK, OK)
    client = stage.client()
    with pytest.raises(APIStatusError):
        await client.connect().enter()
    assert stage.server.peer(0).requests
    if not (stage.route.proxy and not stage.route.tls):  # there a session has a tunnel of its own
        assert (await client.send(POST)).id == "r1"
        assert len(stage.server.peers) == 1


@scenario(without=NO_SOCKETS)
async def a_101_that_grants_no_websocket(stage: Stage) -> None:
    bad = {
        rb"sec-websocket-accept: [^\r]*": b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        rb"sec-websocket-accept: [^\r]*\r\n": b"",
        rb"upgrade: websocket": b"upgrade: h2c",
        rb"connection: Upgrade\r\n": b"",
        rb"\r\n\r\n$": b"\r\nsec-websocket-protocol: unasked\r\n\r\n",
        rb"(?<=r)\r\n\r\n|\r\n\r\n\Z": b"\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n",
    }
    client = stage.client()
    for pattern, other in bad.items():

        def edit(head: bytes, pattern: bytes = pattern, other: bytes = other) -> bytes:
            found = re.sub(pattern, lambda _: other, head)
            assert found != head
            return found

        stage.server.on(Upgrade(CREATED, edit=edit), HANGUP)
        with pytest.raises(RemoteProtocolError):
            await client.connect().enter()


@scenario(without=NO_SOCKETS)
async def a_101_that_nobody_asked_for(stage: Stage) -> None:
    stage.server.on(ASK, head("101 Switching", "connection: upgrade", "upgrade: websocket"), HANGUP)
    with pytest.raises(APIConnectionError):
        await stage.client().send(POST)


@scenario(without=NO_SOCKETS)
async def a_server_that_closes_in_the_handshake(stage: Stage) -> None:
    stage.server.on(ASK, CLOSE)
    with pytest.raises(APIConnectionError) as caught:
        await stage.client().connect().enter()
    assert not isinstance(caught.value, APIStatusError)


@scenario(without=NO_SOCKETS)
async def opening_has_a_limit(stage: Stage) -> None:
    stage.server.on(ASK, STALL)
    stage.way.clock.starts = stage.server.stalled
    options = {"open_timeout": 0.03}
    with pytest.raises(APITimeoutError) as caught:
        await stage.client().connect(websocket_connection_options=options).enter()
    assert (caught.value.phase, caught.value.seconds) == ("total", 0.03)


@scenario(without=NO_SOCKETS)
async def opening_keeps_to_the_clients_limits(stage: Stage) -> None:
    stage.server.on(ASK, STALL)
    stage.way.clock.starts = stage.server.stalled
    client = stage.client(timeout=Timeout(first_byte=0.03))
    with pytest.raises(APITimeoutError) as caught:
        await client.connect().enter()
    assert (caught.value.phase, caught.value.sent) == ("first_byte", "maybe")


@scenario(without=NO_SOCKETS)
async def without_credentials_nothing_is_sent(stage: Stage) -> None:
    keyed: dict[str, Any] = {"api_key": None, "admin_api_key": "sk-admin"}
    stage.monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    client = stage.client(**keyed)
    with pytest.raises(OpenAIError, match="api_key"):
        await client.connect().enter()
    assert stage.server.peers == []


@scenario(without=NO_SOCKETS)
async def a_session_counts_as_a_connection(stage: Stage) -> None:
    stage.server.on(Upgrade(), REST)
    stage.server.on(ASK, OK)
    client = stage.client(network=Network(max_connections=1), timeout=Timeout(connect=0.1))
    async with client.connect():
        with pytest.raises(APITimeoutError) as caught:
            await client.send(POST)
        assert (caught.value.phase, caught.value.sent) == ("pool", "no")
    assert (await client.send(POST)).id == "r1"


@scenario(without=NO_SOCKETS)
async def events_of_before_opening_are_sent_first(stage: Stage) -> None:
    stage.server.on(Upgrade(), HEAR, HEAR, HEAR, Say(DONE), REST)
    connecting = stage.client().connect()
    connecting.send({"type": "one"})
    connecting.send({"type": "two"})
    async with connecting as connection:
        await connection.send({"type": "three"})
        assert (await ended(connection)).close_code == 1000
    assert [each["type"] for each in session(stage).messages] == ["one", "two", "three"]


@scenario(
    without=NO_SOCKETS, routes=(PROXY, PROXY_TLS), because="it is about proxies, and their tunnels"
)
async def a_session_goes_through_a_tunnel(stage: Stage) -> None:
    """For plain servers, too (RFC 6455 section 4.1): a proxy passes no `upgrade` on."""
    stage.server.on(Upgrade(CREATED, DONE), REST)
    connection = await opened(stage)
    assert [event.type async for event in connection] == ["session.created"]
    assert stage.proxy is not None
    assert stage.proxy.asked == [f"CONNECT 127.0.0.1:{stage.server.port} HTTP/1.1"]
    assert stage.server.request.header("proxy-authorization") is None
    assert stage.server.request.target == "/v1/realtime?model=m"


@scenario(
    without=NO_SOCKETS, routes=(PROXY,), because="it is about proxies, and how they are asked"
)
async def calls_and_sessions_through_one_proxy(stage: Stage) -> None:
    """What a call leaves idle is no tunnel, and a tunnel is nothing for calls."""
    stage.server.on(ASK, OK, ASK, OK)
    stage.server.on(ASK, answer({"error": "busy"}, status="429 Slow"), Upgrade(DONE), REST)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    with pytest.raises(APIStatusError):
        await client.connect().enter()
    assert (await client.send(POST)).id == "r1"
    assert (await ended(await client.connect().enter())).close_code == 1000
    assert stage.proxy is not None
    assert [line.split(" ")[0] for line in stage.proxy.asked] == ["POST", "CONNECT"]


@scenario(
    without=NO_SOCKETS, routes=(PROXY, PROXY_TLS), because="it is about proxies, and their refusals"
)
async def a_proxy_that_refuses_a_session(stage: Stage) -> None:
    client = stage.client(proxy_password="wrong-sesame")
    with pytest.raises(APIConnectionError, match="407") as caught:
        await client.connect().enter()
    assert caught.value.sent == "no"
    assert "wrong-sesame" not in repr(vars(caught.value))
    assert stage.server.peers == []


@scenario(without=NO_SOCKETS, routes=(TLS, PROXY_TLS), because="it is about whom one trusts")
async def a_session_with_a_server_that_is_not_trusted(stage: Stage) -> None:
    stage.server.on(Upgrade(), REST)
    with pytest.raises(APIConnectionError, match="certificate"):
        await stage.client(trusting=False).connect().enter()
    assert stage.server.requests == []
