"""Where the calls of a client go and who asks: environments, regions, `Auth` objects, names of models."""

import asyncio
import importlib
import json
import pickle
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import (
    AsyncAzureOpenAI,
    AsyncBedrockOpenAI,
    AsyncClient,
    AzureOpenAI,
    BedrockOpenAI,
    Client,
    Endpoint,
    Environment,
    Network,
    OpenAIError,
    Secret,
)
from api_openai.auth import (
    AuthContext,
    AwsCredentials,
    BearerAuth,
    HeaderAuth,
    SigV4Auth,
    UnsignedRequest,
    WorkloadIdentityAuth,
    k8s_service_account_token_provider,
)
from api_openai.client.providers.aws_credentials import AwsChain
from api_openai.core.api.operations import audio, chat, models, realtime
from api_openai.core.call.run import run
from api_openai.core.request.environment import regional_url
from api_openai.providers import GoogleAuth, azure, bedrock, vertex

from ..support.server import Received, Server
from ..support.tokens import Context, granted, unsigned
from .realtime.callers import CREATED
from .realtime.peer import Peer
from .test_client import send, sent, url

Make = Callable[..., Client | AsyncClient]

CHAT: Final = chat.completions_create(model="gpt-5", messages=[])
VARIABLES: Final = (
    "OPENAI_API_KEY OPENAI_ADMIN_KEY OPENAI_ORG_ID OPENAI_PROJECT_ID OPENAI_BASE_URL "
    "AWS_REGION AWS_DEFAULT_REGION AWS_BEARER_TOKEN_BEDROCK AWS_BEDROCK_BASE_URL AWS_PROFILE"
).split()


@pytest.fixture(params=[Client, AsyncClient], ids=["blocking", "async"])
def make(request: pytest.FixtureRequest) -> Make:
    kind: Make = request.param
    return kind


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


# Auth


class Signed:
    """Ten lines of a user's own."""

    def __init__(self, key: Secret) -> None:
        self.key = key

    def sign(self, request: UnsignedRequest, context: AuthContext) -> Mapping[str, str]:
        return {"X-Signature": f"{self.key.reveal()}:{request.method}:{len(request.whole_body())}"}


def test_an_auth_of_ones_own_needs_no_key(make: Make, server: Server) -> None:
    request = sent(server, make(auth=Signed(Secret("k")), base_url=url(server)), CHAT)
    assert request.header("x-signature") == f"k:POST:{len(request.body)}"
    assert request.header("authorization") is None


def test_a_key_of_the_environment_is_not_sent_beside_it(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    request = sent(server, make(auth=HeaderAuth("x-key", "k"), base_url=url(server)), CHAT)
    assert b"sk-env" not in request.raw
    assert request.header("x-key") == "k"


@pytest.mark.parametrize("also", [{"api_key": "k"}, {"workload_identity": {}}])
def test_one_of_them_says_who_asks(make: Make, also: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"auth: it says already what {next(iter(also))} would"):
        make(auth=BearerAuth("k"), **also)


def test_another_takes_its_place(make: Make, server: Server) -> None:
    client = make(auth=HeaderAuth("x-key", "k"), base_url=url(server))
    send(client.with_options(api_key="k2"))
    send(client.with_options(auth=BearerAuth("k3")))
    send(client.with_options(api_key=lambda: "k4"))
    fields = [(each.header("x-key"), each.header("authorization")) for each in server.requests]
    assert fields == [(None, "Bearer k2"), (None, "Bearer k3"), (None, "Bearer k4")]


def test_a_function_gives_way_to_it(make: Make, server: Server) -> None:
    client = make(api_key=lambda: "k1", base_url=url(server))
    request = sent(server, client.with_options(auth=HeaderAuth("x-key", "k2")), CHAT)
    assert (request.header("x-key"), request.header("authorization")) == ("k2", None)


def test_it_does_not_go_along_to_another_server(make: Make, server: Server) -> None:
    client = make(auth=BearerAuth("k"), base_url="http://127.0.0.1:1/v1")
    request = sent(server, client.with_options(base_url=url(server)), CHAT)
    assert request.header("authorization") is None
    moved = client.with_options(base_url="http://127.0.0.1:1/v2")
    assert moved.endpoint.signer is client.endpoint.signer


def test_workload_identity_in_the_clients_own_words(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`workload_identity=` is a `WorkloadIdentityAuth`, whose tokens come over the same transport."""
    (tmp_path / "token").write_bytes(b"x" * 70_000)
    monkeypatch.setattr(
        "api_openai.core.auth.workload_identity.EXCHANGE_URL", url(server, "/oauth/token")
    )
    from ..support.http import answer
    from ..support.server import ASK, HANGUP

    models_ = answer({"object": "list", "data": [], "has_more": False})
    server.on(ASK, answer(granted("t1")), ASK, models_, HANGUP)
    identity: Any = {
        "identity_provider_id": "idp",
        "service_account_id": "sa",
        "provider": k8s_service_account_token_provider(tmp_path / "token"),
    }
    send(make(workload_identity=identity, base_url=url(server)))
    exchange, call = server.requests
    document = json.loads(exchange.body)
    assert len(document["subject_token"]) == 65536, "no more of a file is read"
    assert call.header("authorization") == "Bearer t1"


def test_one_by_certificate_needs_a_certificate(make: Make) -> None:
    identity: Any = {"type": "x509", "identity_provider_id": "i", "service_account_id": "s"}
    with pytest.raises(OpenAIError, match=r"network=Network\(client_cert=...\)"):
        make(workload_identity=identity)
    network = Network(client_cert="cert.pem")
    assert make(workload_identity=identity, network=network).base_url == (
        "https://mtls.api.openai.com/v1"
    )
    with pytest.raises(OpenAIError, match="expected https"):
        make(workload_identity=identity, network=network, base_url="http://h")


# Environments and regions


def test_an_environment_takes_the_place_of_variables(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-env")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-env")
    staging = Environment(
        base_url=url(server),
        organization="org",
        default_headers={"x-stage": "staging", "x-b": "1"},
        default_query={"zone": "z"},
        models={"gpt-5": "gpt-5-staging"},
    )
    client = make(environment=staging, api_key="k", default_headers={"x-b": "2"})
    request = sent(server, client, CHAT)
    assert request.target == "/v1/chat/completions?zone=z"
    assert json.loads(request.body)["model"] == "gpt-5-staging"
    fields = [request.header(name) for name in ("openai-organization", "x-stage", "x-b")]
    assert fields == ["org", "staging", "2"]
    assert request.header("openai-project") is None
    assert request.header("authorization") == "Bearer k"


def test_an_environment_is_a_value_without_credentials() -> None:
    eu = Environment(data_residency="eu", project="p")
    assert eu == pickle.loads(pickle.dumps(eu))
    assert eu.url == "https://eu.api.openai.com/v1"
    endpoint = eu.endpoint(api_key=Secret("k"))
    assert (endpoint.base_url, endpoint.headers) == (eu.url, {"OpenAI-Project": "p"})
    assert Environment().url == "https://api.openai.com/v1"
    shown = repr(Environment(base_url="http://h?k=canary", default_headers={"x-k": "canary"}))
    assert "canary" not in shown
    assert repr(eu) == "Environment(project='p', data_residency='eu')"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"data_residency": "mars"}, r"data_residency='mars': expected one of 'global', 'us'"),
        ({"data_residency": "eu", "base_url": "http://h"}, "takes the place of the base URLs"),
        ({"base_url": "h"}, "base_url='h'"),
        ({"websocket_base_url": "h"}, "websocket_base_url='h'"),
    ],
)
def test_what_is_no_environment(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Environment(**given)


def test_a_region_is_of_openais_own(make: Make) -> None:
    client = make(api_key="k", data_residency="eu")
    assert client.with_options(data_residency="us").base_url == "https://us.api.openai.com/v1"
    with pytest.raises(OpenAIError, match=r"h\.test is no server of OpenAI's own"):
        make(api_key="k", base_url="http://h.test").with_options(data_residency="us")
    places: list[dict[str, Any]] = [{"base_url": "http://h"}, {"websocket_base_url": "ws://h"}]
    for also in places:
        with pytest.raises(ValueError, match="data_residency: it says already"):
            client.with_options(data_residency="us", **also)
    with pytest.raises(ValueError, match="'jp': expected one of 'global', 'us', 'eu' with a cert"):
        regional_url("jp", mtls=True)


def test_an_environment_says_where(make: Make) -> None:
    for also in ({"base_url": "http://h"}, {"data_residency": "us"}):
        with pytest.raises(TypeError, match="environment: it says already"):
            make(environment=Environment(), api_key="k", **also)


# Names of models


def received(server: Server, operation: Any, **endpoint: Any) -> Received:
    """What arrives of an operation at an endpoint with other names of models."""
    where = Endpoint(url(server), api_key=Secret("k"), **endpoint)
    return sent(server, Client(endpoint=where), operation)


NAMES: Final = {"gpt-5": "mine", "whisper-1": "ears"}


def test_the_name_in_a_json_body(server: Server) -> None:
    body = chat.completions_create(model="gpt-5", messages=[], seed=12345678901234567890)
    request = received(server, body, models=NAMES)
    assert json.loads(request.body) == {
        "model": "mine",
        "messages": [],
        "seed": 12345678901234567890,
    }


def test_the_name_in_a_form(server: Server) -> None:
    operation = audio.transcriptions_create(model="whisper-1", file=("model", b"whisper-1"))
    request = received(server, operation, models=NAMES)
    assert b'name="model"\r\n\r\nears\r\n' in request.body
    assert request.body.count(b"whisper-1") == 1, "the file is as it was"


def test_the_name_in_a_path_of_azure(server: Server) -> None:
    request = received(server, CHAT, models=NAMES, deployments=True)
    assert request.target == "/v1/deployments/mine/chat/completions"
    assert json.loads(request.body)["model"] == "mine"


def test_other_names_and_other_bodies_stay(server: Server) -> None:
    endpoint = Endpoint("http://h", models={"gpt-4": "other", "gpt-5": "gpt-5"})
    assert endpoint.ship(CHAT).body is CHAT.body
    assert endpoint.ship(models.list_()).body is None
    request = received(server, chat.completions_create(model="gpt-4", messages=[]), models=NAMES)
    assert json.loads(request.body)["model"] == "gpt-4"


@pytest.mark.parametrize("given", [["a"], {"a": 1}, {"": "a"}, {"a": ""}, {1: "a"}])
def test_what_is_no_mapping_of_names(given: Any) -> None:
    with pytest.raises(TypeError, match="models"):
        Endpoint("http://h", models=given)


def test_names_travel_and_are_replaced() -> None:
    endpoint = Endpoint("http://h", models=NAMES, websocket_base_url="ws://s?key=canary")
    data = pickle.dumps(endpoint)
    assert b"canary" not in data
    again: Endpoint = pickle.loads(data)
    assert again.models == NAMES
    assert endpoint.replace(models=None).models == {}


# Azure


@pytest.mark.parametrize("kind", [AzureOpenAI, AsyncAzureOpenAI], ids=["blocking", "async"])
@pytest.mark.parametrize("version", ["v1", "latest", "preview"])
def test_the_paths_of_v1(kind: Make, version: str, server: Server) -> None:
    where = f"http://127.0.0.1:{server.port}"
    client = kind(
        azure_endpoint=where, api_key="k", api_version=version, models={"gpt-5": "deployed"}
    )
    request = sent(server, client, CHAT)
    assert request.target == f"/openai/v1/chat/completions?api-version={version}"
    assert request.header("api-key") == "k"
    assert json.loads(request.body)["model"] == "deployed"


def test_a_url_of_v1_needs_no_version(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", "2026-01-01")
    client = AzureOpenAI(base_url=url(server, "/openai/v1/"), api_key="k")
    assert sent(server, client, CHAT).target == "/openai/v1/chat/completions"


def test_on_v1_the_model_names_the_deployment() -> None:
    with pytest.raises(ValueError, match=r"azure_deployment='d': on the paths of v1.*models="):
        azure(azure_endpoint="http://h", azure_deployment="d", api_version="v1", api_key="k")


def test_other_credentials_of_azure(server: Server) -> None:
    where = f"http://127.0.0.1:{server.port}"
    client = AzureOpenAI(azure_endpoint=where, azure_ad_token="t", api_version="v")
    with pytest.raises(OpenAIError, match="api_key and azure_ad_token: expected one"):
        client.with_options(api_key="k", azure_ad_token="t2")
    provider: Any = "text"
    with pytest.raises(TypeError, match="azure_ad_token_provider: expected a function, got str"):
        client.with_options(azure_ad_token_provider=provider)
    request = sent(server, client.copy(api_key="k2"), CHAT)
    assert (request.header("api-key"), request.header("authorization")) == ("k2", None)


# Bedrock and Vertex


@pytest.mark.parametrize("kind", [BedrockOpenAI, AsyncBedrockOpenAI], ids=["blocking", "async"])
def test_bedrock_with_a_key(kind: Make, server: Server) -> None:
    client = kind(api_key="b", base_url=url(server), project="p", default_query={"a": "1"})
    request = sent(server, client, CHAT)
    assert request.header("authorization") == "Bearer b"
    assert request.header("openai-project") == "p"
    assert request.target.endswith("?a=1")


def test_an_async_source_of_keys_for_bedrock(server: Server) -> None:
    async def key() -> str:
        await asyncio.sleep(0)
        return "b1"

    client = AsyncBedrockOpenAI(bedrock_token_provider=key, base_url=url(server))
    assert sent(server, client, CHAT).header("authorization") == "Bearer b1"


def test_what_botocore_finds(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Keys and region of a profile; the profile is read when it is first needed."""
    pytest.importorskip("botocore")
    (tmp_path / "config").write_text("[profile work]\nregion = eu-west-3\n")
    (tmp_path / "keys").write_text(
        "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = secret\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    assert bedrock(profile="work").base_url.startswith("https://bedrock-mantle.eu-west-3.")
    endpoint = bedrock(profile="work", base_url=url(server))
    again: Endpoint = pickle.loads(pickle.dumps(endpoint))
    request = sent(server, make(provider=again), CHAT)
    assert "Credential=AKIDWORK/" in (request.header("authorization") or "")
    assert "/eu-west-3/bedrock-mantle/" in (request.header("authorization") or "")
    with pytest.raises(OpenAIError, match="profile='none': AWS has no profile of this name"):
        bedrock(profile="none")


def test_extras_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("botocore.exceptions", "botocore.session", "google.auth"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(OpenAIError, match=r"pip install api-openai\[bedrock\]"):
        AwsChain()()
    auth: Any = vertex(base_url="https://h.test").auth
    with pytest.raises(OpenAIError, match=r"pip install api-openai\[vertex\]"):
        run(auth.sign(unsigned(), Context()))


def google_credentials() -> Any:
    """Credentials of google-auth that count how often they are renewed."""
    base: Any = pytest.importorskip("google.auth.credentials")

    def refresh(self: Any, request: Any) -> None:
        self.count = getattr(self, "count", 0) + 1
        self.token = f"g{self.count}"

    made: Any = type("Mine", (base.Credentials,), {"refresh": refresh})
    return made()


def test_credentials_of_google(make: Make, server: Server) -> None:
    endpoint = vertex(base_url=url(server), credentials=google_credentials())
    send(make(provider=endpoint), CHAT, CHAT)
    sent_ = [request.header("authorization") for request in server.requests]
    assert sent_ == ["Bearer g1", "Bearer g1"], "google-auth keeps its token"


def test_credentials_of_google_that_fail_show_nothing() -> None:
    credentials = google_credentials()

    def refresh(request: object) -> None:
        raise ValueError("private key: canary")

    credentials.refresh = refresh
    auth = GoogleAuth(credentials)
    with pytest.raises(OpenAIError, match=r"Google gave no token \(ValueError\)") as caught:
        run(auth.sign(unsigned(), Context()))
    assert caught.value.__context__ is None
    with pytest.raises(TypeError, match="do not go into a pickle"):
        pickle.dumps(auth)
    assert isinstance(pickle.loads(pickle.dumps(GoogleAuth())), GoogleAuth)


def test_a_provider_is_taken_by_with_options(make: Make, server: Server) -> None:
    client = make(api_key="k", organization="org", base_url="http://127.0.0.1:1")
    provider = bedrock(api_key="b", base_url=url(server))
    request = sent(server, client.with_options(provider=provider), CHAT)
    assert request.header("authorization") == "Bearer b"
    assert request.header("openai-organization") is None


def test_what_is_no_provider(make: Make) -> None:
    provider: Any = "bedrock"
    with pytest.raises(TypeError, match=r"provider: expected what api_openai\.providers returns"):
        make(provider=provider)


# Sessions

SIGNERS: Final[dict[str, tuple[Any, str, str]]] = {
    "bearer": (BearerAuth("k"), "authorization", "Bearer k"),
    "header": (HeaderAuth("x-key", "k"), "x-key", "k"),
    "own": (Signed(Secret("k")), "x-signature", "k:GET:0"),
    "sigv4": (
        SigV4Auth(AwsCredentials("AKID", Secret("s")), region="us-east-1", service="bedrock"),
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKID/",
    ),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_a_session_is_signed_as_calls_are(name: str) -> None:
    auth, field, value = SIGNERS[name]
    with Peer([CREATED]) as peer:
        client = Client(auth=auth, base_url=peer.url)
        with client, client.realtime.connect(model="m") as connection:
            assert connection.recv().type == "session.created"
    (session,) = peer.sessions
    assert session.fields[field].startswith(value)


def test_a_session_with_an_identity(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    from ..support.http import answer
    from ..support.server import ASK, HANGUP

    server.on(ASK, answer(granted("t1")), HANGUP)
    identity: Any = {
        "identity_provider_id": "idp",
        "service_account_id": "sa",
        "provider": {"token_type": "jwt", "get_token": lambda: "subject"},
    }
    auth = WorkloadIdentityAuth(workload_identity=identity, token_exchange_url=url(server))
    with Peer([CREATED]) as peer:
        client = Client(auth=auth, base_url=peer.url)
        with client, client.realtime.connect(model="m") as connection:
            assert connection.recv().type == "session.created"
    (session,) = peer.sessions
    assert session.fields["authorization"] == "Bearer t1"


@pytest.mark.parametrize("provider", [None, lambda: "t"], ids=["key", "provider"])
def test_a_session_on_azure(provider: Any) -> None:
    with Peer([CREATED], [CREATED]) as peer:
        where = peer.url.removesuffix("/v1")
        given: dict[str, Any] = {"azure_ad_token_provider": provider} if provider else {}
        given = given or {"api_key": "k"}
        client = AzureOpenAI(
            azure_endpoint=where, api_version="V", models={"gpt-realtime": "mine"}, **given
        )
        with client, client.realtime.connect(model="gpt-realtime"):
            pass
        v1 = AzureOpenAI(azure_endpoint=where, api_version="v1", models={"m": "mine"}, **given)
        with v1, v1.realtime.connect(model="m"):
            pass
    classic, new = peer.sessions
    assert classic.target == "/openai/realtime?api-version=V&deployment=mine"
    assert new.target == "/openai/v1/realtime?api-version=v1&model=mine"
    field, value = ("authorization", "Bearer t") if provider else ("api-key", "k")
    assert classic.fields[field] == new.fields[field] == value


def test_a_place_of_sessions_belongs_to_an_endpoint() -> None:
    """It gets the host, path and query of that place, and the credentials of the endpoint."""
    with Peer([CREATED]) as peer:
        where = f"{peer.url}?zone=z".replace("http", "ws")
        endpoint = Endpoint(
            "https://api.test/v1", api_key=Secret("k"), query={"a": "1"}, websocket_base_url=where
        )
        client = Client(endpoint=endpoint)
        with client, client.realtime.connect(model="m"):
            pass
        assert client.websocket_base_url == where
    (session,) = peer.sessions
    assert session.target == "/v1/realtime?a=1&zone=z&model=m"
    assert session.fields["host"] in where
    assert session.fields["authorization"] == "Bearer k"
    plain = endpoint.ship(realtime.client_secrets_create())
    assert plain.origin.host == "api.test"


def test_nothing_of_this_is_loaded_unless_it_is_used() -> None:
    import subprocess

    script = (
        "import sys; from api_openai import Client; Client(api_key='k').endpoint;"
        "print([m for m in sys.modules if '.auth' in m or '.providers' in m or 'environment' in m])"
    )
    run_ = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert run_.stdout.strip() == "[]"
    assert importlib.import_module("api_openai.providers").__all__
