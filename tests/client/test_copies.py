"""Clients that are copied and pickled: without connections, without credentials unless asked."""

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
    OpenAIError,
    Retry,
    Secret,
)
from api_openai.emulator import Emulator, MemoryTransport

from .own_client import Mine

KINDS: list[Any] = [Client, AsyncClient]


def again(client: Any) -> Any:
    return pickle.loads(pickle.dumps(client))


@pytest.mark.parametrize("kind", KINDS)
def test_a_pickle_has_settings_and_no_credentials(kind: Any) -> None:
    network = Network(max_connections=3)
    client = kind(
        api_key="sk-secret-key",
        admin_api_key="sk-admin-key",
        webhook_secret="whsec_secret",
        organization="org",
        network=network,
        retry=Retry(2),
        timeout=3,
    )
    data = pickle.dumps(client)
    assert b"whsec_" not in data
    assert b"sk-" not in data
    found = pickle.loads(data)
    assert type(found) is kind
    assert (found.base_url, found.organization, found.max_retries) == (
        client.base_url,
        "org",
        2,
    )
    assert (found.timeout, found.version) == (client.timeout, client.version)
    assert (found.api_key, found.admin_api_key, found.webhook_secret) == ("", None, None)


def test_a_key_that_did_not_come_along_is_asked_for() -> None:
    client = again(Client(api_key="sk-secret", base_url="http://127.0.0.1:1/v1"))
    with pytest.raises(OpenAIError, match=r"set client\.api_key, or pickle"):
        client.models.list()
    client.api_key = "sk-new"
    assert client.endpoint.api_key == Secret("sk-new")
    assert client._configuration.key_source is None


def test_it_comes_along_if_asked() -> None:
    with Secret.in_pickles():
        data = pickle.dumps(Client(api_key="sk-secret", webhook_secret="whsec_x"))
    found = pickle.loads(data)
    assert (found.api_key, found.webhook_secret) == ("sk-secret", Secret("whsec_x"))


def test_a_client_of_azure_and_one_of_bedrock() -> None:
    azure = again(AzureOpenAI(api_key="k", azure_endpoint="http://x.test", api_version="1"))
    azure.api_key = "n"
    assert (azure.endpoint.auth, dict(azure.default_query)) == ("api-key", {"api-version": "1"})
    bedrock = again(BedrockOpenAI(api_key="k", aws_region="us-east-1"))
    moved = bedrock.with_options(aws_region="eu-west-1", api_key="n")
    assert (moved.api_key, "eu-west-1" in moved.base_url) == ("n", True)


def test_attributes_of_ones_own_come_along() -> None:
    client = Mine("team", api_key="k")
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
        pickle.dumps(Client(api_key="k", **given))


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
