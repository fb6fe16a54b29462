"""AzureOpenAI: from the arguments that people give to the requests that a resource expects."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from api_openai import AsyncAzureOpenAI, AsyncClient, AzureOpenAI, Client, OpenAIError, Secret
from api_openai.core.api.operations import chat, embeddings, models, responses

from ..support.server import Server
from .test_client import send, sent

Make = Callable[..., Client | AsyncClient]

CHAT = chat.completions_create(model="gpt-5", messages=[])
EMBED = embeddings.create(model="small/2", input="a")


@pytest.fixture(params=[AzureOpenAI, AsyncAzureOpenAI], ids=["blocking", "async"])
def make(request: pytest.FixtureRequest) -> Make:
    kind: Make = request.param
    return kind


def where(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def test_the_model_names_the_deployment(make: Make, server: Server) -> None:
    client = make(azure_endpoint=where(server) + "/", api_key="az-key", api_version="2026-01-01")
    send(client, CHAT, EMBED, models.list_(), responses.create(model="gpt-5", input="Hi"))
    assert [request.target for request in server.requests] == [
        "/openai/deployments/gpt-5/chat/completions?api-version=2026-01-01",
        "/openai/deployments/small%2F2/embeddings?api-version=2026-01-01",
        "/openai/models?api-version=2026-01-01",
        "/openai/responses?api-version=2026-01-01",
    ]
    for request in server.requests:
        assert request.header("api-key") == "az-key"
        assert request.header("authorization") is None


def test_a_deployment_of_its_own(make: Make, server: Server) -> None:
    client = make(
        azure_endpoint=where(server), azure_deployment="mine", api_key="k", api_version="v"
    )
    send(client, CHAT, models.list_())
    assert [request.target for request in server.requests] == [
        "/openai/deployments/mine/chat/completions?api-version=v",
        "/openai/models?api-version=v",
    ]


def test_a_base_url(make: Make, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:1")
    given: dict[str, Any] = {"api_key": "k", "api_version": "v"}
    one = make(base_url=where(server) + "/openai/deployments/d", **given)
    assert sent(server, one, CHAT).target == (
        "/openai/deployments/d/chat/completions?api-version=v"
    )
    any_ = make(base_url=where(server) + "/openai", **given)
    assert sent(server, any_, CHAT).target == (
        "/openai/deployments/gpt-5/chat/completions?api-version=v"
    )
    for also in ({"azure_endpoint": where(server)}, {"azure_deployment": "d"}):
        with pytest.raises(ValueError, match="base_url: it takes the place"):
            make(base_url=where(server), **given, **also)


def test_organization_and_project(make: Make, server: Server) -> None:
    given: dict[str, Any] = {"azure_endpoint": where(server), "api_key": "k", "api_version": "v"}
    request = sent(server, make(**given, organization="org", project="proj", max_retries=0), CHAT)
    assert request.header("openai-organization") == "org"
    assert request.header("openai-project") == "proj"


def test_an_access_token(make: Make, server: Server) -> None:
    client = make(azure_endpoint=where(server), azure_ad_token="token", api_version="v")
    request = sent(server, client, CHAT)
    assert request.header("authorization") == "Bearer token"
    assert request.header("api-key") is None


def test_a_token_provider_is_asked_at_each_call(make: Make, server: Server) -> None:
    tokens = iter(["t1", "t2"])
    client = make(
        azure_endpoint=where(server),
        azure_ad_token_provider=lambda: next(tokens),
        api_version="v",
    )
    send(client, CHAT, CHAT)
    fields = [request.header("authorization") for request in server.requests]
    assert fields == ["Bearer t1", "Bearer t2"]


def test_an_async_token_provider(server: Server) -> None:
    async def token() -> str:
        await asyncio.sleep(0)
        return "async-token"

    client = AsyncAzureOpenAI(
        azure_endpoint=where(server), azure_ad_token_provider=token, api_version="v"
    )
    assert sent(server, client, CHAT).header("authorization") == "Bearer async-token"


def test_settings_of_the_environment(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", where(server))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "env-key")
    monkeypatch.setenv("OPENAI_API_VERSION", "env-version")
    request = sent(server, make(), CHAT)
    assert request.header("api-key") == "env-key"
    assert request.target.endswith("?api-version=env-version")
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "env-token")
    request = sent(server, make(), CHAT)
    assert request.header("authorization") == "Bearer env-token"
    assert request.header("api-key") is None


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"api_key": "k"}, "api-key", "k"),
        ({"api_key": Secret("k")}, "api-key", "k"),
        ({"azure_ad_token": "t"}, "authorization", "Bearer t"),
        ({"azure_ad_token_provider": lambda: "p"}, "authorization", "Bearer p"),
    ],
)
def test_arguments_come_before_the_environment(
    make: Make,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    field: str,
    value: str,
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "env-token")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "env-key")
    request = sent(server, make(azure_endpoint=where(server), api_version="v", **given), CHAT)
    assert request.header(field) == value
    assert b"env-" not in request.raw


def test_what_is_missing_is_named(make: Make) -> None:
    with pytest.raises(ValueError, match="OPENAI_API_VERSION"):
        make(azure_endpoint="http://h", api_key="k")
    with pytest.raises(ValueError, match="AZURE_OPENAI_ENDPOINT"):
        make(api_version="v", api_key="k")
    with pytest.raises(OpenAIError, match="AZURE_OPENAI_API_KEY"):
        make(azure_endpoint="http://h", api_version="v")
    with pytest.raises(TypeError, match="azure_endpont"):
        make(azure_endpont="http://h", api_version="v", base_url="http://h", api_key="k")


def test_the_rest_is_as_with_any_client(make: Make, server: Server) -> None:
    client = make(
        azure_endpoint=where(server),
        api_key="k",
        api_version="v",
        default_headers={"X-A": "1"},
        default_query={"b": "2"},
        timeout=3,
    )
    request = sent(server, client.with_options(api_key="k2"), CHAT)
    assert request.header("x-a") == "1"
    assert request.header("api-key") == "k2"
    assert request.target.endswith("?api-version=v&b=2")
    assert client.timeout.connect == 3
