"""Scenarios of what callers say: options, refusals before anything is sent, clients side by side."""

import pickle
from typing import Any

import pytest

from api_openai.core.api.untyped import get, post
from api_openai.core.call.policy import Again, Asked, AttemptOutcome, Stop
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.terms.errors import APIConnectionError, APIStatusError, LocalProtocolError
from api_openai.core.terms.secret import Secret

from ..support.http import answer
from ..support.server import ASK, CLOSE, HANGUP, RESET
from ..support.shapes import CHAT, RETRIEVE
from .framing import OK, OTHER, POST
from .stage import HTTPX, KEY, Stage, scenario
from .ways import PROXY, PROXY_TLS, TLS


@scenario()
async def injected_header_fields_are_refused(stage: Stage) -> None:
    for bad in ("a\r\nx-evil: 1", "a\nb", "a\0b"):
        with pytest.raises(LocalProtocolError):
            CHAT({"model": "m", "extra_headers": {"x-a": bad}})
        with pytest.raises(LocalProtocolError):
            CHAT({"model": "m", "extra_headers": {bad: "x"}})
        with pytest.raises(LocalProtocolError):
            stage.client(default_headers={"x-a": bad})
        client = stage.client(api_key=f"sk-bad{bad}")
        with pytest.raises(LocalProtocolError) as caught:
            await client.send(POST)
        assert "sk-bad" not in str(caught.value)
    with pytest.raises(ValueError, match="path"):
        get("/a HTTP/1.1\r\nx-evil: 1\r\n\r\n")
    assert stage.server.peers == []


@scenario()
async def bad_arguments_are_refused_before_anything_is_sent(stage: Stage) -> None:
    stage.client()
    for bad in ("", ".", ".."):
        with pytest.raises(ValueError, match="item_id"):
            RETRIEVE({}, bad)
    with pytest.raises(TypeError, match="nearest known one is 'messages'"):
        CHAT({"model": "m", "mesages": []})
    with pytest.raises(TypeError, match="needs the keyword 'model'"):
        CHAT({})
    assert stage.server.peers == []


@scenario()
async def what_would_leave_the_path_is_quoted(stage: Stage) -> None:
    stage.server.on(ASK, answer({"id": "i"}))
    await stage.client().send(RETRIEVE({}, "../a b/ü?x#y"))
    assert stage.server.request.target == "/v1/items/..%2Fa%20b%2F%C3%BC%3Fx%23y"


@scenario()
async def base_url_with_a_prefix_and_a_query(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, answer({"id": "i"}))
    client = stage.client(
        base_url=stage.url(path="/api/openai/v1/?tier=a%2Fb"), default_query={"n": 1}
    )
    await client.send(POST)
    await client.send(RETRIEVE({"include": ["x", "y"]}, "i"))
    assert [request.target for request in stage.server.requests] == [
        "/api/openai/v1/chat?tier=a%2Fb&n=1",
        "/api/openai/v1/items/i?tier=a%2Fb&n=1&include%5B%5D=x&include%5B%5D=y",
    ]


@scenario()
async def extra_headers_query_and_body(stage: Stage) -> None:
    stage.server.on(ASK, OK)
    client = stage.client(default_headers={"X-One": "1", "X-Two": "2"}, organization="org-1")
    await client.send(
        CHAT(
            {
                "model": "m",
                "user": "u",
                "extra_headers": {"x-two": "II", "X-Three": "3", "authorization": None},
                "extra_query": {"debug": True},
                "extra_body": {"user": "v", "top_k": 5},
            }
        )
    )
    request = stage.server.request
    assert [request.header(f"x-{name}") for name in ("one", "two", "three")] == ["1", "II", "3"]
    assert request.header("authorization") is None
    assert request.header("openai-organization") == "org-1"
    assert request.target == "/v1/chat?debug=true"
    assert request.body == b'{"model":"m","user":"v","top_k":5}'


@scenario()
async def requests_to_any_path(stage: Stage) -> None:
    stage.server.on(ASK, answer({"ok": True}), ASK, answer(b"plain", "content-type: text/plain"))
    client = stage.client()
    assert await client.send(post("/any/path", body={"a": [1]}, query={"q": "x y"})) == {"ok": True}
    assert await client.send(get("/text", cast_to=str)) == "plain"
    first, second = stage.server.requests
    assert (first.method, first.target, first.body) == (
        "POST",
        "/v1/any/path?q=x%20y",
        b'{"a":[1]}',
    )
    assert (second.method, second.body) == ("GET", b"")


@scenario()
async def one_operation_sent_twice(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK)
    client = stage.client()
    for _ in range(2):
        assert (await client.send(POST)).id == "r1"
    one, two = stage.server.requests
    assert one.raw == two.raw


@scenario()
async def with_options_shares_connections(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OTHER)
    client = stage.client()
    await client.send(POST)
    other = client.with_options(api_key="sk-other", default_headers={"x-a": "1"})
    assert (await other.send(POST)).id == "r2"
    first, second = stage.server.requests
    assert second.header("authorization") == "Bearer sk-other"
    assert (first.header("x-a"), second.header("x-a")) == (None, "1")
    assert len(stage.server.peers) == 1


@scenario()
async def a_key_stays_with_its_server(stage: Stage) -> None:
    other = stage.another_server()
    other.on(ASK, OK)
    await stage.client().with_options(base_url=stage.url(other)).send(POST)
    assert other.request.header("authorization") is None


@scenario()
async def two_clients_share_nothing(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK)
    stage.server.on(ASK, OTHER, ASK, OTHER)
    one, two = stage.client(api_key="sk-one"), stage.client(api_key="sk-two")
    for _ in range(2):
        assert (await one.send(POST)).id == "r1"
        assert (await two.send(POST)).id == "r2"
    for peer, key in zip(stage.server.peers, ("sk-one", "sk-two"), strict=True):
        assert [each.header("authorization") for each in peer.requests] == [f"Bearer {key}"] * 2


@scenario(without={HTTPX: "an httpx client is its owner's to close"})
async def closed_while_idle_and_used_again(stage: Stage) -> None:
    stage.server.on(ASK, OK, HANGUP)
    stage.server.on(ASK, OTHER)
    client = stage.client()
    assert (await client.send(POST)).id == "r1"
    await client.close()
    await client.close()
    await stage.way.turns()
    stage.server.played()
    assert (await client.send(POST)).id == "r2"


@scenario()
async def the_trace_tells_all_and_no_secret(stage: Stage) -> None:
    """That the key is in no event is looked at after every scenario."""
    stage.server.on(ASK, OK, ASK, answer({"error": f"bad {KEY}"}, status="401 Unauthorized"), CLOSE)
    client = stage.client(default_headers={"x-secret": "sesame"})
    await client.send(POST)
    with pytest.raises(APIStatusError):
        await client.send(POST)
    kinds = [kind for kind in stage.kinds() if not kind.startswith("connection.")]
    tried = ["call.start", "attempt.start", "request.sent", "response.head", "response.end"]
    assert kinds == [*tried, "call.end", *tried, "attempt.failed", "call.failed"]
    assert len({event.call for event in stage.traced}) == 2
    assert [event.kind for event in stage.traced if event.last] == ["call.end", "call.failed"]
    assert {event.operation for event in stage.traced} == {"chat.create"}
    assert [event.at for event in stage.traced] == sorted(event.at for event in stage.traced)
    assert "sesame" not in repr(stage.traced)


@scenario()
async def errors_pickle_and_hold_no_connection(stage: Stage) -> None:
    stage.server.on(ASK, answer({"error": "x"}, "x-request-id: req-1", status="409 Conflict"))
    stage.server.on(ASK, RESET)
    errors: list[Any] = []
    for _ in range(2):
        client = stage.client()
        with pytest.raises((APIStatusError, APIConnectionError)) as caught:
            await client.send(POST)
        errors.append(pickle.loads(pickle.dumps(caught.value)))
    first, second = errors
    assert (first.status_code, first.request_id) == (409, "req-1")
    assert second.sent == "maybe"
    assert all(each.operation == "chat.create" and len(each.attempts) == 1 for each in errors)


class Once:
    """Tries once more, at once, whatever happened."""

    def judge(self, outcome: AttemptOutcome, asked: Asked) -> Again | Stop:
        return Again(0, "once more") if outcome.number == 1 else Stop("that was it")

    def record(self, outcome: AttemptOutcome, now: float) -> None:
        """Learn nothing."""


@scenario()
async def a_retry_policy_is_obeyed(stage: Stage) -> None:
    busy = answer({"error": "busy"}, "connection: keep-alive", status="503 Busy")
    stage.server.on(ASK, busy, ASK, OK, ASK, RESET)
    stage.server.on(ASK, busy)
    client = stage.client(retry=Once())
    response = await client.raw(POST)
    assert [each.outcome for each in response.attempts] == ["answered 503", "answered 200"]
    assert response.retries_taken == 1
    with pytest.raises(APIStatusError) as caught:
        await client.send(POST)
    assert [each.reason for each in caught.value.attempts] == ["once more", "that was it"]
    keys = [request.header("idempotency-key") for request in stage.server.requests]
    assert None not in keys
    assert keys[0] == keys[1]
    assert keys[2] == keys[3]
    assert keys[1] != keys[2]


@scenario()
async def a_client_made_of_an_endpoint(stage: Stage) -> None:
    stage.server.on(ASK, OK)
    endpoint = Endpoint(stage.url(path=""), api_key=Secret("sk-azure"), auth="api-key")
    await stage.client(endpoint=endpoint).send(POST)
    assert stage.server.request.header("api-key") == "sk-azure"
    assert stage.server.request.header("authorization") is None


@scenario(routes=(PROXY,), because="it is about proxies, and how they are asked without TLS")
async def a_proxy_is_asked_in_absolute_form_with_credentials(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK)
    client = stage.client()
    for _ in range(2):
        await client.send(POST)
    assert stage.proxy is not None
    asked = f"POST http://127.0.0.1:{stage.server.port}{stage.server.requests[0].target} HTTP/1.1"
    assert stage.proxy.asked == [asked]
    assert all(each.header("proxy-authorization") is None for each in stage.server.requests)


@scenario(routes=(PROXY_TLS,), because="it is about proxies, and how they are asked with TLS")
async def a_tunnel_is_asked_for_with_credentials(stage: Stage) -> None:
    stage.server.on(ASK, OK, ASK, OK)
    client = stage.client()
    for _ in range(2):
        await client.send(POST)
    assert stage.proxy is not None
    assert stage.proxy.asked == [f"CONNECT 127.0.0.1:{stage.server.port} HTTP/1.1"]
    assert all(each.header("proxy-authorization") is None for each in stage.server.requests)


@scenario(routes=(PROXY, PROXY_TLS), because="it is about proxies, and how they are asked")
async def a_proxy_that_refuses(stage: Stage) -> None:
    client = stage.client(proxy_password="wrong-sesame")
    with pytest.raises(APIConnectionError, match="407") as caught:
        await client.send(POST)
    assert caught.value.sent == "no"
    assert "wrong-sesame" not in repr(vars(caught.value))
    assert stage.server.peers == []


@scenario(routes=(TLS, PROXY_TLS), because="it is about certificates, and whom one trusts")
async def a_certificate_that_is_not_trusted(stage: Stage) -> None:
    stage.server.on(ASK, OK)
    with pytest.raises(APIConnectionError, match="certificate") as caught:
        await stage.client(trusting=False).send(POST)
    assert caught.value.sent == "no"
    assert stage.server.requests == []
