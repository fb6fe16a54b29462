"""Scenarios of endpoints whose requests are signed: tokens over the transport of the call itself."""

from typing import TYPE_CHECKING, Any

import pytest

from api_openai.auth import HeaderAuth, WorkloadIdentityAuth, k8s_service_account_token_provider
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.terms.errors import APIConnectionError, OAuthError

from ..support.http import answer
from ..support.server import ASK, CLOSE, HANGUP, Always, Server
from ..support.tokens import granted
from .framing import OK, OTHER, POST
from .stage import Stage, scenario

if TYPE_CHECKING:
    from pathlib import Path


def known(stage: Stage, tokens: Server, **options: Any) -> Endpoint:
    """The stage's server, for a machine whose token is a file."""
    path: Path = stage.tmp / "token"
    path.write_text("mounted\n")
    identity: Any = {
        "identity_provider_id": "idp",
        "service_account_id": "sa",
        "provider": k8s_service_account_token_provider(path),
    }
    url = stage.url(tokens, "/oauth/token")
    auth = WorkloadIdentityAuth(workload_identity=identity, token_exchange_url=url, **options)
    return Endpoint(stage.url(), auth=auth)


@scenario()
async def a_token_is_fetched_once_for_several_calls(stage: Stage) -> None:
    tokens = stage.another_server()
    tokens.on(ASK, answer(granted("t1")), HANGUP)
    stage.server.on(ASK, OK, ASK, OTHER, HANGUP)
    client = stage.client(endpoint=known(stage, tokens))
    assert (await client.send(POST)).id == "r1"
    assert (await client.send(POST)).id == "r2"
    assert b'"subject_token":"mounted"' in tokens.request.body
    sent = [request.header("authorization") for request in stage.server.requests]
    assert sent == ["Bearer t1", "Bearer t1"]
    assert "t1" not in repr(stage.traced)


@scenario()
async def calls_at_once_share_one_token(stage: Stage) -> None:
    tokens = stage.another_server()
    tokens.on(ASK, answer(granted("t1")), HANGUP)
    stage.server.on_any(Always(OK))
    client = stage.client(endpoint=known(stage, tokens))

    async def one() -> str:
        found: str = (await client.send(POST)).id
        return found

    assert await client.together([one] * 4) == ["r1"] * 4
    assert len(tokens.requests) == 1


@scenario()
async def a_token_that_is_refused_is_replaced_once(stage: Stage) -> None:
    tokens = stage.another_server()
    tokens.on(ASK, answer(granted("t1")), ASK, answer(granted("t2")), HANGUP)
    no = answer({"error": {"message": "who?"}}, status="401 Unauthorized")
    stage.server.on(ASK, no, ASK, OK, HANGUP)
    client = stage.client(endpoint=known(stage, tokens))
    assert (await client.send(POST)).id == "r1"
    sent = [request.header("authorization") for request in stage.server.requests]
    assert sent == ["Bearer t1", "Bearer t2"]


@scenario()
async def no_token_no_call(stage: Stage) -> None:
    tokens = stage.another_server()
    tokens.on(ASK, answer({"error": "invalid_grant"}, status="400 Bad Request"), HANGUP)
    client = stage.client(endpoint=known(stage, tokens))
    with pytest.raises(OAuthError) as caught:
        await client.send(POST)
    assert caught.value.error == "invalid_grant"
    gone = stage.another_server()
    gone.on(ASK, CLOSE)
    client = stage.client(endpoint=known(stage, gone))
    with pytest.raises(APIConnectionError, match="No token from") as lost:
        await client.send(POST)
    assert lost.value.sent == "no"
    assert stage.server.peers == []


@scenario()
async def a_key_of_a_function_goes_into_any_field(stage: Stage) -> None:
    keys = iter(["k1", "k2"])
    stage.server.on(ASK, OK, ASK, OTHER, HANGUP)
    endpoint = Endpoint(stage.url(), auth=HeaderAuth("x-key", lambda: next(keys)))
    client = stage.client(endpoint=endpoint)
    await client.send(POST)
    await client.send(POST)
    assert [request.header("x-key") for request in stage.server.requests] == ["k1", "k2"]
