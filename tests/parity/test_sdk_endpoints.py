"""Where calls go and who asks, by the official SDK's arguments: the same as with the SDK."""

import importlib
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest

import api_openai
from api_openai import auth as our_auth
from api_openai import providers as our_providers
from api_openai.core.auth import subject_tokens
from api_openai.core.call.run import run

from ..support.http import answer
from ..support.server import ASK, HANGUP, Always, Received, Server
from ..support.tokens import Context, granted

openai: Any = pytest.importorskip("openai")

MODELS: Final = answer({"object": "list", "data": [], "has_more": False})
IDENTITY: Final[dict[str, Any]] = {
    "identity_provider_id": "idp",
    "service_account_id": "sa",
    "provider": {"token_type": "id", "get_token": lambda: "subject"},
}
VARIABLES: Final = (
    "OPENAI_API_KEY OPENAI_ADMIN_KEY OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_BASE_URL "
    "OPENAI_API_VERSION AZURE_OPENAI_API_KEY AZURE_OPENAI_AD_TOKEN AZURE_OPENAI_ENDPOINT "
    "AWS_REGION AWS_DEFAULT_REGION AWS_BEARER_TOKEN_BEDROCK AWS_BEDROCK_BASE_URL AWS_PROFILE "
    "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY GOOGLE_CLOUD_PROJECT GOOGLE_CLOUD_LOCATION"
).split()
NAMES: Final = ("authorization", "api-key", "openai-organization", "openai-project")
Say = Callable[[Any], object]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing comes from outside but what a test says."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@contextmanager
def recorder(script: bytes = MODELS) -> Generator[Server]:
    server = Server()
    server.on_any(Always(script))
    try:
        yield server
    finally:
        server.finish(wait=False)


def url(server: Server, path: str = "") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def seen(request: Received) -> object:
    """What of a request says where it goes and who asks."""
    target = urlsplit(request.target)
    query = sorted(parse_qsl(target.query, keep_blank_values=True))
    fields = {name: request.header(name) for name in NAMES}
    return request.method, target.path, query, fields, body_of(request)


def body_of(request: Received) -> Any:
    return json.loads(request.body) if request.body[:1] == b"{" else None


def asked(client: Any, server: Server, *calls: Say) -> list[object]:
    with client:
        for each in calls:
            with suppress(Exception):  # the answer fits none of them; what was asked counts
                each(client)
    assert server.requests
    return [seen(request) for request in server.requests]


def models(client: Any) -> object:
    return client.models.list()


def chat(client: Any) -> object:
    return client.chat.completions.create(model="gpt-5", messages=[])


def embeddings(client: Any) -> object:
    return client.embeddings.create(model="small", input="a", encoding_format="float")


def responses(client: Any) -> object:
    return client.responses.create(model="gpt-5", input="Hi")


def speech(client: Any) -> object:
    return client.audio.speech.create(model="tts", input="a", voice="alloy")


ALL: Final = (models, chat, embeddings, responses, speech)


# Azure

AZURE: Final[dict[str, dict[str, Any]]] = {
    "key": {"azure_endpoint": "", "api_key": "k"},
    "deployment": {"azure_endpoint": "/", "azure_deployment": "mine", "api_key": "k"},
    "token": {"azure_endpoint": "", "azure_ad_token": "t"},
    "provider": {"azure_endpoint": "", "azure_ad_token_provider": lambda: "p"},
    "key function": {"azure_endpoint": "", "api_key": lambda: "f"},
    "accounts": {"azure_endpoint": "", "api_key": "k", "organization": "o", "project": "p"},
    "base url": {"base_url": "/openai/deployments/d", "api_key": "k"},
    "query": {"azure_endpoint": "", "api_key": "k", "default_query": {"api-version": "x", "b": 1}},
}


@pytest.mark.parametrize("name", AZURE)
def test_azure(name: str) -> None:
    found: list[object] = []
    for package in (openai, api_openai):
        with recorder() as server:
            options = {
                key: url(server, value) if key in ("azure_endpoint", "base_url") else value
                for key, value in AZURE[name].items()
            }
            client = package.AzureOpenAI(api_version="2026-01-01", max_retries=0, **options)
            calls = [each for each in ALL if name != "base url" or each in (chat, embeddings)]
            found.append(asked(client, server, *calls))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "change",
    [
        {"api_key": "k2"},
        {"azure_ad_token": "t2"},
        {"azure_ad_token_provider": lambda: "p2"},
        {"api_version": "2027-01-01"},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("name", ["key", "token", "provider", "deployment"])
def test_azure_with_other_options(name: str, change: dict[str, Any]) -> None:
    found: list[object] = []
    for package in (openai, api_openai):
        with recorder() as server:
            options = {**AZURE[name], "azure_endpoint": url(server)}
            client = package.AzureOpenAI(api_version="2026-01-01", max_retries=0, **options)
            found.append(asked(client.with_options(**change), server, chat, models))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"api_version": "v"},
        {"api_version": "v", "api_key": "k"},
        {"azure_endpoint": "http://h", "api_key": "k"},
        {"azure_endpoint": "http://h", "api_version": "v"},
        {"azure_endpoint": "http://h", "api_version": "v", "api_key": "k", "azure_ad_token": "t"},
        {
            "azure_endpoint": "http://h",
            "api_version": "v",
            "azure_ad_token": "t",
            "azure_ad_token_provider": lambda: "p",
        },
        {"azure_endpoint": "http://h", "base_url": "http://h", "api_version": "v", "api_key": "k"},
    ],
)
def test_what_azure_refuses(options: dict[str, Any]) -> None:
    kinds: list[str] = []
    for package in (openai, api_openai):
        with pytest.raises((package.OpenAIError, ValueError)) as caught:
            package.AzureOpenAI(**options)
        kinds.append("ValueError" if isinstance(caught.value, ValueError) else "OpenAIError")
    assert kinds[0] == kinds[1]


# Regions and environments


@pytest.mark.parametrize("region", ["global", "us", "eu", "ae", "au", "in", "jp"])
def test_regions(region: Any) -> None:
    ours = api_openai.OpenAI(api_key="k", data_residency=region)
    theirs = openai.OpenAI(api_key="k", data_residency=region)
    assert ours.base_url == str(theirs.base_url).rstrip("/")
    moved = api_openai.OpenAI(api_key="k").with_options(data_residency=region)
    assert moved.base_url == ours.base_url
    assert moved.endpoint.api_key == api_openai.Secret("k"), "they are of one house"


@pytest.mark.parametrize("region", ["global", "us", "eu"])
def test_regions_for_certificates(region: Any) -> None:
    identity: dict[str, Any] = {**IDENTITY, "type": "x509"}
    del identity["provider"]
    theirs = openai.OpenAI(workload_identity=identity, data_residency=region)
    network = api_openai.Network(client_cert="cert.pem")
    known: Any = identity
    ours = api_openai.OpenAI(workload_identity=known, data_residency=region, network=network)
    assert ours.base_url == str(theirs.base_url).rstrip("/")


@pytest.mark.parametrize(
    "options",
    [
        {"data_residency": "mars", "api_key": "k"},
        {"data_residency": "us", "api_key": "k", "base_url": "http://h"},
        {"data_residency": "us", "api_key": "k", "websocket_base_url": "ws://h"},
        {"workload_identity": IDENTITY, "api_key": "k"},
        {"workload_identity": {"identity_provider_id": "a", "service_account_id": "b"}},
    ],
)
def test_what_the_constructor_refuses(options: dict[str, Any]) -> None:
    kinds: list[str] = []
    for package in (openai, api_openai):
        with pytest.raises((package.OpenAIError, ValueError)) as caught:
            package.OpenAI(**options)
        kinds.append("ValueError" if isinstance(caught.value, ValueError) else "OpenAIError")
    assert kinds[0] == kinds[1]


# Workload identity


def test_workload_identity() -> None:
    found: list[object] = []
    for package in (openai, api_openai):
        with recorder() as server, recorder(answer(granted("t1"))) as tokens:
            options: dict[str, Any] = {"base_url": url(server), "max_retries": 0}
            exchange = url(tokens, "/oauth/token")
            if package is openai:
                client = openai.OpenAI(workload_identity=IDENTITY, **options)
                client._workload_identity_auth.token_exchange_url = exchange
            else:
                known: Any = IDENTITY
                auth = our_auth.WorkloadIdentityAuth(
                    workload_identity=known, token_exchange_url=exchange
                )
                client = api_openai.OpenAI(auth=auth, **options)
            calls = asked(client, server, models, chat)
            found.append((calls, [seen(request) for request in tokens.requests]))
    assert found[0] == found[1]


@pytest.mark.parametrize("answers", [["401", "200"], ["401", "401"]], ids="-".join)
def test_a_refused_token_is_exchanged_once_more(answers: list[str]) -> None:
    replies = {"401": answer({"error": {}}, status="401 Unauthorized"), "200": MODELS}
    found: list[object] = []
    for package in (openai, api_openai):
        with recorder() as server, recorder(answer(granted("t1"))) as tokens:
            server.on(*(step for each in answers for step in (ASK, replies[each])), HANGUP)
            options: dict[str, Any] = {"base_url": url(server), "max_retries": 0}
            exchange = url(tokens, "/oauth/token")
            known: Any = IDENTITY
            if package is openai:
                client = openai.OpenAI(workload_identity=IDENTITY, **options)
                client._workload_identity_auth.token_exchange_url = exchange
            else:
                auth = our_auth.WorkloadIdentityAuth(
                    workload_identity=known, token_exchange_url=exchange
                )
                client = api_openai.OpenAI(auth=auth, **options)
            calls = asked(client, server, models)
            found.append((calls, len(tokens.requests)))
    assert found[0] == found[1]


class Mock:
    """An httpx client that keeps what the SDK's sources of tokens ask."""

    def __init__(self, content: bytes) -> None:
        httpx2: Any = importlib.import_module("httpx2")
        self.requests: list[Any] = []

        def handle(request: Any) -> Any:
            self.requests.append(request)
            return httpx2.Response(200, content=content)

        self.client = httpx2.Client(transport=httpx2.MockTransport(handle))


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("azure_managed_identity_token_provider", b'{"access_token": "t"}', {}),
        (
            "azure_managed_identity_token_provider",
            b'{"access_token": "t"}',
            {"resource": "https://r/", "object_id": "o", "client_id": "c", "msi_res_id": "/m/é"},
        ),
        ("gcp_id_token_provider", b" t\n", {}),
        ("gcp_id_token_provider", b"t", {"audience": "https://other/?a=b&c"}),
    ],
)
def test_sources_of_tokens(name: str, content: bytes, options: dict[str, Any]) -> None:
    mock = Mock(content)
    theirs = getattr(openai.auth, name)(http_client=mock.client, **options)
    source = getattr(our_auth, name)(**options)
    context = Context(content)
    assert run(source.fetch(context)).reveal() == theirs["get_token"]()
    assert source.token_type == theirs["token_type"]
    (request,), (question,) = mock.requests, context.asked
    assert (question.method, question.url) == (
        request.method,
        str(request.url.copy_with(query=None)),
    )
    assert question.query == dict(request.url.params)
    for field, value in question.headers.items():
        assert request.headers[field] == value
    mock.client.close()


def test_the_file_of_kubernetes(tmp_path: Any) -> None:
    (tmp_path / "token").write_text("mounted\n")
    theirs = openai.auth.k8s_service_account_token_provider(tmp_path / "token")
    ours = our_auth.k8s_service_account_token_provider(tmp_path / "token")
    context = Context()
    context.files[str(tmp_path / "token")] = b"mounted\n"
    assert run(ours.fetch(context)).reveal() == theirs["get_token"]()
    assert ours.token_type == theirs["token_type"]
    default = openai.auth.k8s_service_account_token_provider.__defaults__
    assert default == (subject_tokens.TOKEN_FILE,)


@pytest.mark.parametrize("name", [*openai.auth.__all__])
def test_names_of_auth(name: str) -> None:
    assert name in our_auth.__all__


@pytest.mark.parametrize("name", [*openai.providers.__all__])
def test_names_of_providers(name: str) -> None:
    assert name in our_providers.__all__


# Bedrock and Vertex

KEYS: Final = {"access_key_id": "AKID", "secret_access_key": "secret"}
BEDROCK: Final[dict[str, dict[str, Any]]] = {
    "key": {"region": "us-west-2", "api_key": "b"},
    "runtime": {"region": "us-west-2", "api_key": "b", "endpoint": "runtime"},
    "china": {"region": "cn-north-1", "api_key": "b", "endpoint": "runtime"},
    "europe": {"region": "eusc-de-east-1", "api_key": "b", "endpoint": "runtime"},
    "base url": {"base_url": "https://own.test/openai/v1/responses/x", "api_key": "b"},
    "own": {
        "base_url": "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1",
        "api_key": "b",
    },
    "token": {"region": "us-west-2", "token_provider": lambda: "p"},
    "keys": {"region": "us-west-2", **KEYS},
    "session": {"region": "us-west-2", **KEYS, "session_token": "s"},
    "nothing": {},
    "bad region": {"region": "mars", "api_key": "b"},
    "empty region": {"region": " ", "api_key": "b"},
    "bad endpoint": {"endpoint": "x", "region": "us-west-2", "api_key": "b"},
    "two": {"region": "us-west-2", "api_key": "b", **KEYS},
    "two of aws": {"region": "us-west-2", "profile": "p", **KEYS},
    "both": {"region": "us-west-2", "api_key": "b", "token_provider": lambda: "p"},
    "half": {"region": "us-west-2", "access_key_id": "AKID"},
    "token alone": {"region": "us-west-2", "session_token": "s"},
    "empty keys": {"region": "us-west-2", "access_key_id": " ", "secret_access_key": "s"},
    "empty key": {"region": "us-west-2", "api_key": " "},
    "empty profile": {"region": "us-west-2", "profile": ""},
    "empty url": {"base_url": " ", "api_key": "b"},
    "plain": {"base_url": "http://bedrock-mantle.us-east-1.api.aws/v1", "api_key": "b"},
    "mismatch": {
        "base_url": "https://bedrock-mantle.us-east-1.api.aws/v1",
        "endpoint": "runtime",
        "api_key": "b",
    },
    "elsewhere": {
        "base_url": "https://bedrock-mantle.us-east-1.api.aws/v1",
        "region": "us-west-2",
        "api_key": "b",
    },
}
OUTSIDE: Final[dict[str, dict[str, str]]] = {
    "nowhere": {},
    "region": {"AWS_REGION": "us-east-2"},
    "default": {"AWS_DEFAULT_REGION": "us-east-2"},
    "bearer": {"AWS_BEARER_TOKEN_BEDROCK": "e", "AWS_REGION": "us-east-2"},
    "url": {"AWS_BEDROCK_BASE_URL": "https://env.test/openai/v1", "AWS_REGION": "us-east-2"},
}


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("name", BEDROCK)
def test_bedrock(name: str, outside: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Both find the same server, or neither does."""
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    for variable, value in OUTSIDE[outside].items():
        monkeypatch.setenv(variable, value)
    found: list[object] = []
    for package, function in (
        (openai, openai.providers.bedrock),
        (api_openai, our_providers.bedrock),
    ):
        try:
            client = package.OpenAI(provider=function(**BEDROCK[name]))
        except package.OpenAIError:
            found.append("refused")
        else:
            found.append(str(client.base_url).rstrip("/"))
    assert found[0] == found[1]


def signed_as_it_says(request: Received, *, service: str) -> bool:
    """Whether botocore finds the signature that a request has."""
    auth: Any = importlib.import_module("botocore.auth")
    awsrequest: Any = importlib.import_module("botocore.awsrequest")
    credentials: Any = importlib.import_module("botocore.credentials")
    value = request.header("authorization") or ""
    names = value.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    sent = {name: request.header(name) for name in names}
    again = awsrequest.AWSRequest(
        method=request.method,
        url=f"http://{request.header('host')}{request.target}",
        data=request.body,
        headers={k: v for k, v in sent.items() if k not in ("x-amz-date", "x-amz-security-token")},
    )
    at = datetime.strptime(sent["x-amz-date"] or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    keys = credentials.Credentials("AKID", "secret", sent.get("x-amz-security-token"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_current_datetime", lambda: at)
        auth.SigV4Auth(keys, service, "us-west-2").add_auth(again)
    return bool(again.headers["Authorization"] == value)


@pytest.mark.parametrize("session", [None, "session"])
def test_bedrock_signs_so_that_aws_finds_it(session: str | None) -> None:
    pytest.importorskip("botocore")
    for package in (openai, api_openai):
        with recorder() as server:
            client = package.BedrockOpenAI(
                aws_region="us-west-2",
                aws_access_key_id="AKID",
                aws_secret_access_key="secret",
                aws_session_token=session,
                base_url=url(server, "/openai/v1"),
                max_retries=0,
            )
            asked(client, server, responses, chat)
            assert [request.target for request in server.requests] == [
                "/openai/v1/responses",
                "/openai/v1/chat/completions",
            ]
            for request in server.requests:
                assert signed_as_it_says(request, service="bedrock-mantle"), package.__name__
                assert request.header("x-amz-security-token") == session


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": "b"},
        {"bedrock_token_provider": lambda: "p"},
        {"api_key": "b", "organization": "o", "project": "p"},
    ],
    ids=["key", "function", "accounts"],
)
def test_bedrock_with_a_key(options: dict[str, Any]) -> None:
    found: list[object] = []
    for package in (openai, api_openai):
        with recorder() as server:
            client = package.BedrockOpenAI(base_url=url(server), max_retries=0, **options)
            found.append(asked(client, server, models, responses))
    assert found[0] == found[1]


VERTEX: Final[dict[str, dict[str, Any]]] = {
    "region": {"project": "p", "location": "us-central1"},
    "global": {"project": "example.com:p", "location": "global"},
    "url": {"base_url": "https://own.test/v1"},
    "nothing": {},
    "bad project": {"project": "../x", "location": "global"},
    "bad place": {"project": "p", "location": "a/b"},
    "plain": {"base_url": "http://aiplatform.googleapis.com/v1"},
    "with a key": {"base_url": "http://user:password@own.test/v1"},
    "both": {"base_url": "https://own.test/v1", "credentials": object()},
}


@pytest.mark.parametrize(
    "outside", [{}, {"GOOGLE_CLOUD_PROJECT": "e", "GOOGLE_CLOUD_LOCATION": "eu"}]
)
@pytest.mark.parametrize("name", VERTEX)
def test_vertex(name: str, outside: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in outside.items():
        monkeypatch.setenv(variable, value)
    found: list[object] = []
    for package, function in (
        (openai, openai.providers.vertex),
        (api_openai, our_providers.vertex),
    ):
        try:
            options: dict[str, Any] = {"token_provider": lambda: "t", **VERTEX[name]}
            client = package.OpenAI(provider=function(**options))
        except (package.OpenAIError, ValueError):
            found.append("refused")
        else:
            found.append(str(client.base_url).rstrip("/"))
    assert found[0] == found[1]


def test_vertex_with_a_token() -> None:
    tokens = iter(["t1", "t2"] * 2)
    found: list[object] = []
    for package, function in (
        (openai, openai.providers.vertex),
        (api_openai, our_providers.vertex),
    ):
        with recorder() as server:
            provider = function(base_url=url(server), token_provider=lambda: next(tokens))
            client = package.OpenAI(provider=provider, max_retries=0)
            found.append(asked(client, server, responses, chat))
    assert found[0] == found[1]


@pytest.mark.parametrize("also", ["api_key", "admin_api_key", "base_url", "workload_identity"])
def test_a_provider_takes_the_place_of_others(also: str) -> None:
    for package, function in (
        (openai, openai.providers.vertex),
        (api_openai, our_providers.vertex),
    ):
        provider = function(base_url="https://own.test", token_provider=lambda: "t")
        value: Any = IDENTITY if also == "workload_identity" else "https://x.test"
        with pytest.raises(package.OpenAIError, match=also):
            package.OpenAI(provider=provider, **{also: value})
