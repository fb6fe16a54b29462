"""Clients that are copied and pickled: without connections, without texts of credentials unless asked."""

import copy
import pickle
from typing import Any

import pytest

from api_openai import (
    AsyncClient,
    AzureOpenAI,
    BedrockOpenAI,
    Client,
    Network,
    Retry,
    Secret,
)
from api_openai.emulator import Emulator, MemoryTransport

from .own_client import Mine

KINDS: list[Any] = [Client, AsyncClient]


def again(client: Any) -> Any:
    return pickle.loads(pickle.dumps(client))


@pytest.mark.parametrize("kind", KINDS)
def test_a_pickle_has_settings_and_where_credentials_come_from(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, f"sk-of-{name}")
    client = kind(organization="org", network=Network(max_connections=3), retry=Retry(2), timeout=3)
    data = pickle.dumps(client)
    assert b"sk-" not in data
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    found = pickle.loads(data)
    assert type(found) is kind
    assert (found.base_url, found.organization, found.max_retries) == (
        client.base_url,
        "org",
        2,
    )
    assert (found.timeout, found.version) == (client.timeout, client.version)
    assert (found.api_key, found.admin_api_key) == ("sk-another", "sk-of-OPENAI_ADMIN_KEY")
    assert found.webhook_secret == Secret("sk-of-OPENAI_WEBHOOK_SECRET")


def test_it_comes_along_if_asked() -> None:
    with Secret.in_pickles():
        data = pickle.dumps(Client(api_key="sk-secret", webhook_secret="whsec_x"))
    found = pickle.loads(data)
    assert (found.api_key, found.webhook_secret) == ("sk-secret", Secret("whsec_x"))


def test_a_client_of_azure_and_one_of_bedrock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    azure = again(AzureOpenAI(azure_endpoint="http://x.test", api_version="1"))
    assert azure.api_key == "k"
    azure.api_key = "n"
    assert (azure.endpoint.auth, dict(azure.default_query)) == ("api-key", {"api-version": "1"})
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "k")
    bedrock = again(BedrockOpenAI(aws_region="us-east-1"))
    moved = bedrock.with_options(aws_region="eu-west-1", api_key="n")
    assert (moved.api_key, "eu-west-1" in moved.base_url) == ("n", True)


def test_attributes_of_ones_own_come_along() -> None:
    client = Mine("team", api_key="")
    client.models.list = print
    for found in (again(client), copy.deepcopy(client), copy.copy(client)):
        assert found.team == "team"
        assert found.replaced is None


@pytest.mark.parametrize("how", ["transport", "http_client"])
def test_what_carries_the_calls_does_not_travel(how: str) -> None:
    given: Any = {"transport": MemoryTransport(Emulator())}
    if how == "http_client":
        httpx: Any = pytest.importorskip("httpx")
        given = {how: httpx.Client(transport=httpx.MockTransport(print))}
    with pytest.raises(TypeError, match="make the client there, or give network"):
        pickle.dumps(Client(api_key="", **given))


@pytest.mark.parametrize("kind", KINDS)
def test_a_deep_copy_has_its_key_and_connections_of_its_own(kind: Any) -> None:
    client = kind(api_key="sk-1", retry=Retry(2), max_retries=None)
    found = copy.deepcopy({"client": client, "again": client})
    assert found["client"] is found["again"]
    assert found["client"].api_key == "sk-1"
    assert found["client"].transport is not client.transport
    assert found["client"]._configuration.settings.policies.retry is (
        client._configuration.settings.policies.retry
    )
    found["client"].api_key = "sk-2"
    assert client.api_key == "sk-1"
    assert copy.copy(client).transport is client.transport


def test_a_deep_copy_over_a_transport_of_the_callers_shares_it() -> None:
    emulator = Emulator()
    client = Client(api_key="k", transport=MemoryTransport(emulator))
    copy.deepcopy(client).models.list()
    assert len(emulator.requests) == 1
