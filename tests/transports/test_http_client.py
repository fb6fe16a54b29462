"""`http_client=`: which clients serve, what the others are told, and the ones made without settings."""

import asyncio
from typing import Any

import pytest

from api_openai import (
    AsyncClient,
    Client,
    DefaultAsyncHttpxClient,
    DefaultHttpxClient,
    OpenAIError,
)
from api_openai.transports import AsyncHttpxTransport, HttpxTransport

from ..support.http import answer
from ..support.server import ASK, Server

MODEL = {"id": "m", "object": "model", "created": 1, "owned_by": "me"}


def test_both_packages_serve(package: Any) -> None:
    with Server() as server:
        server.on(ASK, answer(MODEL))
        with package.Client(trust_env=False, headers={"x-mine": "1"}) as carrier:
            url = f"http://127.0.0.1:{server.port}/v1"
            client = Client(api_key="test", base_url=url, http_client=carrier)
            assert client.models.retrieve("m").id == "m"
        assert server.request.header("x-mine") == "1"
        assert server.request.header("authorization") == "Bearer test"


def test_both_packages_serve_in_a_loop(package: Any) -> None:
    async def main() -> None:
        async with package.AsyncClient(trust_env=False, params={"mine": "1"}) as carrier:
            url = f"http://127.0.0.1:{server.port}/v1"
            client = AsyncClient(api_key="test", base_url=url, http_client=carrier)
            assert (await client.models.retrieve("m", extra_query={"of": "call"})).id == "m"

    with Server() as server:
        server.on(ASK, answer(MODEL))
        asyncio.run(main())
        query = server.request.target.partition("?")[2]
        assert sorted(query.split("&")) == ["mine=1", "of=call"]


@pytest.mark.parametrize("what", ["other", "class", "number"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["blocking", "async"])
def test_another_kind_is_refused_by_name(package: Any, what: str, asynchronous: bool) -> None:
    other, wanted = ("Client", "AsyncClient") if asynchronous else ("AsyncClient", "Client")
    name = package.__name__
    given: Any = {"other": getattr(package, other), "class": None, "number": int}[what]
    given = getattr(package, wanted) if what == "class" else given()
    got = {
        "other": rf"{name}\.{other}$",
        "class": rf"the class {name}\.{wanted}$",
        "number": "int$",
    }
    kind: Any = AsyncClient if asynchronous else Client
    match = rf"^http_client: .* httpx\.{wanted} or httpx2\.{wanted}, got .*{got[what]}"
    with pytest.raises(TypeError, match=match):
        kind(api_key="test", http_client=given)
    with pytest.raises(TypeError, match=match):
        (AsyncHttpxTransport if asynchronous else HttpxTransport)(given)


def test_clients_that_add_nothing() -> None:
    with DefaultHttpxClient(headers={"x-mine": "1"}) as client:
        assert client.timeout.read is None
        assert not client.follow_redirects
        assert client.headers["x-mine"] == "1"
        Client(api_key="test", http_client=client)

    async def main() -> None:
        async with DefaultAsyncHttpxClient(timeout=3) as client:
            assert client.timeout.read == 3
            AsyncClient(api_key="test", http_client=client)

    asyncio.run(main())


def test_a_session_needs_another_transport(package: Any) -> None:
    with package.Client() as carrier, pytest.raises(OpenAIError, match="carry no WebSocket"):
        Client(api_key="test", http_client=carrier).realtime.connect(model="m").enter()
