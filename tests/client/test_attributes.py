"""Settings that are read and set like attributes, and what is refused."""

import logging
from typing import Any

import pytest

from api_openai import (
    AsyncAzureOpenAI,
    AsyncClient,
    AzureOpenAI,
    BedrockOpenAI,
    Client,
    OpenAIError,
    Retry,
    Secret,
    Timeout,
    omit,
)
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.emulator.faults import Status
from api_openai.policies import CircuitBreaker
from api_openai.tracing import TraceLogger

from ..support.server import Server
from .own_client import Mine


def client_of(emulator: Emulator, **settings: Any) -> Client:
    return Client(api_key="sk-first", transport=MemoryTransport(emulator), **settings)


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}/v1"


SET: list[tuple[str, Any, str, str]] = [
    ("api_key", "sk-second", "authorization", "Bearer sk-second"),
    ("api_key", Secret("sk-second"), "authorization", "Bearer sk-second"),
    ("api_key", lambda: "sk-second", "authorization", "Bearer sk-second"),
    ("organization", "org", "openai-organization", "org"),
    ("project", "proj", "openai-project", "proj"),
]


@pytest.mark.parametrize(("name", "value", "field", "sent"), SET)
def test_what_is_set_counts_from_the_next_call(
    name: str, value: Any, field: str, sent: str, server: Server
) -> None:
    client = Client(api_key="sk-first", base_url=url(server))
    kept = client.models
    setattr(client, name, value)
    kept.list()
    assert server.requests[-1].header(field) == sent
    client.close()


def test_another_server_gets_no_credentials(server: Server) -> None:
    client = Client(api_key="sk-first", base_url="http://127.0.0.1:1/v1", organization="org")
    client.base_url = url(server)
    client.models.list()
    assert server.requests[-1].header("authorization") is None
    assert client.api_key == ""
    client.api_key = "sk-of-this-server"
    client.models.list()
    assert server.requests[-1].header("authorization") == "Bearer sk-of-this-server"
    client.close()


@pytest.mark.anyio
async def test_an_async_client_has_them_too(server: Server) -> None:
    async with AsyncClient(api_key="sk-first", base_url=url(server)) as client:
        client.api_key = "sk-second"
        await client.models.list()
    assert server.requests[-1].header("authorization") == "Bearer sk-second"
    assert client.is_closed()


def test_they_read_as_they_were_given() -> None:
    client = Client(
        api_key="sk-1",
        admin_api_key="sk-2",
        organization="org",
        project="proj",
        webhook_secret="whsec_c2VjcmV0",
        max_retries=3,
        timeout=5,
        default_headers={"X-Team": "a"},
        default_query={"v": 1},
    )
    assert (client.api_key, client.admin_api_key) == ("sk-1", "sk-2")
    assert (client.organization, client.project, client.max_retries) == ("org", "proj", 3)
    assert client.webhook_secret == Secret("whsec_c2VjcmV0")
    assert client.timeout == Timeout.of(5)
    assert str(client.base_url) == "https://api.openai.com/v1"
    assert client._base_url == client.base_url  # pyright: ignore[reportPrivateUsage]
    assert client.default_headers["X-Team"] == "a"
    assert "sk-1" not in str(client.default_headers)
    assert dict(client.default_query) == {"v": 1}
    assert "sk-" not in repr(client)
    client.organization = None
    assert client.organization is None


def test_a_key_of_a_function_reads_once_it_was_asked() -> None:
    client = Client(api_key=lambda: "sk-1", transport=MemoryTransport(Emulator()))
    assert client.api_key == ""
    client.models.list()
    assert client.api_key == "sk-1"


def test_max_retries_are_those_of_the_policy() -> None:
    emulator = Emulator(faults=[Status(500)])
    client = client_of(emulator)
    assert client.max_retries == 0
    client.max_retries = 1
    client.timeout = 9
    assert (client.max_retries, client.timeout) == (1, Timeout.of(9))
    client.reconfigure(retry=Retry(4, initial=0))
    client.models.retrieve("gpt-5")
    assert client.max_retries == 4


@pytest.mark.parametrize("kind", [AzureOpenAI, AsyncAzureOpenAI])
def test_azure_has_its_own_too(kind: Any) -> None:
    client = kind(api_key="a", azure_endpoint="http://x.test", api_version="1")
    client.api_key = "b"
    assert client.endpoint.auth == "api-key"
    assert client.reconfigure(api_version="2", azure_ad_token="t") == 3
    assert dict(client.default_query) == {"api-version": "2"}
    assert client.endpoint.signer is not None
    with pytest.raises(OpenAIError, match="api_key and azure_ad_token"):
        client.reconfigure(api_key="c", azure_ad_token="t")
    assert client.version == 3
    with pytest.raises(TypeError, match="nearest known one is 'azure_ad_token'"):
        client.reconfigure(azure_ad_tokn="t")


def test_bedrock_has_its_own_too() -> None:
    client = BedrockOpenAI(aws_region="us-east-1", api_key="a", organization="org")
    moved = client.with_options(aws_region="eu-west-1")
    assert (moved.base_url, moved.api_key, moved.organization) == (
        "https://bedrock-mantle.eu-west-1.api.aws/openai/v1",
        "a",
        "org",
    )
    signed = moved.with_options(aws_access_key_id="id", aws_secret_access_key="s")
    assert signed.base_url == moved.base_url
    assert signed.endpoint.signer is not None
    assert signed.api_key == ""
    signed.api_key = "b"
    assert signed.api_key == "b"
    assert signed.endpoint.auth == "bearer"
    with pytest.raises(OpenAIError, match="expected one of them"):
        client.with_options(api_key="b", aws_profile="p")
    signed.reconfigure(timeout=3)
    assert signed.api_key == "b"


@pytest.mark.parametrize("name", ["apikey", "max_retires", "_custom_headers", "default_headers"])
def test_other_names_are_refused(name: str) -> None:
    client = Client(api_key="k")
    with pytest.raises(AttributeError, match=name):
        setattr(client, name, 1)
    assert name not in vars(client)


def test_a_name_that_is_near_is_named() -> None:
    with pytest.raises(AttributeError, match="nearest known one is 'api_key'"):
        Client(api_key="k").apikey = "n"  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("name", ["api_key", "base_url", "max_retries"])
def test_what_cannot_be_taken_away(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name}=None"):
        setattr(Client(api_key="k"), name, None)


def test_a_class_of_ones_own_has_what_attributes_it_wants() -> None:
    client = Mine("a", api_key="k")
    client.api_key = "n"
    assert (client.team, client.api_key) == ("a", "n")
    assert client.with_options(timeout=1).team == "a"
    with pytest.raises(AttributeError, match="endpoint"):
        client.endpoint = None  # type: ignore[assignment, misc]  # pyright: ignore[reportAttributeAccessIssue]


WRONG: list[tuple[str, object, str]] = [
    ("limits", 3, "limits: expected Limits, got int"),
    ("environment", "prod", "environment: expected an Environment, got str"),
    ("transport", 3, "transport: expected a transport"),
    ("transport", MemoryTransport, "transport: .* got the class MemoryTransport"),
    ("strict", "yes", "strict: expected True or False, got str"),
    ("network", 3, "network: expected a Network"),
    ("endpoint", "http://x", "endpoint: expected an Endpoint"),
    ("base_url", 3, "base_url: expected a URL"),
    ("websocket_base_url", b"x", "websocket_base_url: expected a URL"),
    ("organization", 3, "organization: expected text"),
    ("project", ["p"], "project: expected text"),
    ("default_headers", [("a", "b")], "default_headers: expected a mapping"),
    ("default_query", "a=b", "default_query: expected a mapping"),
]


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_arguments_of_a_wrong_type(name: str, value: object, words: str) -> None:
    given: Any = {name: value}
    with pytest.raises(TypeError, match=words):
        Client(**{"api_key": "k"} | given)
    if name not in ("environment", "transport", "network", "endpoint"):
        with pytest.raises(TypeError, match=words):
            Client(api_key="k").with_options(**given)


def test_what_is_omit_is_as_if_it_were_left_out() -> None:
    given: Any = dict.fromkeys(
        ("timeout", "max_retries", "base_url", "retry", "http_client", "strict", "trace"), omit
    )
    client = Client(api_key="k", **given)
    assert (client.timeout, client.max_retries, client.strict) == (Timeout(), 0, False)
    changed = client.with_options(timeout=omit, max_retries=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert (changed.timeout, changed.max_retries) == (Timeout(), 1)
    breaker = CircuitBreaker(failures=1, open_seconds=1)
    assert Client(api_key="k", circuit_breaker=breaker).max_retries == 0


def test_a_url_of_another_library() -> None:
    class Url:
        scheme, host = "http", "x.test"

        def __str__(self) -> str:
            return "http://x.test/v1"

    client = Client(api_key="k", base_url=Url())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert client.base_url == "http://x.test/v1"


def test_closed_is_what_close_has_made_it() -> None:
    client = client_of(Emulator())
    assert not client.is_closed()
    with client:
        pass
    assert client.is_closed()
    client.models.list()  # it is usable nevertheless


def test_defaults_that_take_the_place_of_others() -> None:
    client = Client(
        api_key="k", organization="o", default_headers={"A": "1"}, default_query={"q": 1}
    )
    changed = client.with_options(set_default_headers={"B": "2"}, set_default_query={})
    assert (changed.organization, dict(changed.default_query)) == ("o", {})
    assert {"A", "B"} & changed.default_headers.keys() == {"B"}
    with pytest.raises(ValueError, match=r"set_default_headers: .* default_headers"):
        client.with_options(set_default_headers={}, default_headers={"B": "2"})
    azure = AzureOpenAI(api_key="a", azure_endpoint="http://x.test", api_version="1")
    assert dict(azure.with_options(set_default_query={"q": 2}).default_query) == {
        "api-version": "1",
        "q": 2,
    }


# What the environment says


def test_header_fields_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: a: b\nnothing\n X-Other :c\nX-Own: env")
    emulator = Emulator()
    client = client_of(emulator, default_headers={"x-own": "mine"})
    client.models.list()
    fields = emulator.requests[-1].headers
    assert [fields.get(name) for name in ("x-team", "x-other", "x-own")] == ["a: b", "c", "mine"]
    azure = AzureOpenAI(api_key="k", azure_endpoint="http://x.test", api_version="1")
    assert azure.default_headers["X-Team"] == "a: b"
    assert "X-Team" not in Client(endpoint=client.endpoint.replace(headers={})).default_headers
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "a b: c")
    with pytest.raises(ValueError, match="OPENAI_CUSTOM_HEADERS"):
        client_of(emulator)


@pytest.mark.parametrize(("value", "told"), [("info", 1), ("debug", 3), ("loud", 0), ("", 0)])
def test_the_log_of_the_environment(
    value: str, told: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_LOG", value)
    monkeypatch.setattr(logging.getLogger("api_openai"), "level", logging.NOTSET)
    own: list[Any] = []
    client = client_of(Emulator(), trace=own.append)
    client.models.list()
    assert own
    assert len(caplog.records) >= told
    assert bool(caplog.records) == bool(told)


def test_a_log_that_was_asked_for_already_stands_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_LOG", "info")
    monkeypatch.setattr(logging.getLogger("api_openai"), "level", logging.NOTSET)
    client = client_of(Emulator(), trace=TraceLogger.from_env())
    client.models.list()
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_connections_are_not_replaced() -> None:
    client: Any = Client(api_key="sk-test")
    with pytest.raises(TypeError, match="http_client"):
        client.with_options(http_client=object())
