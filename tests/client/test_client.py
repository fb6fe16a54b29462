"""Settings of a client: where they come from, how they are replaced, what goes out with a call."""

import asyncio
import pydoc
import re
from collections.abc import Callable
from typing import Any

import anyio.lowlevel
import pytest

from api_openai import (
    APIConnectionError,
    AsyncClient,
    AsyncOpenAI,
    BinaryContent,
    Client,
    Endpoint,
    Limits,
    LocalProtocolError,
    Network,
    OpenAI,
    OpenAIError,
    Secret,
    Stream,
    Timeout,
    omit,
)
from api_openai.core.api.operations import files as file_operations
from api_openai.core.api.operations import models as operations
from api_openai.core.api.types.models import Model
from api_openai.emulator import Emulator, MemoryTransport, serve_in_thread

from ..support.http import answer
from ..support.port import ScriptedPort
from ..support.scripted import Script, exchange
from ..support.server import Always, Received, Server

Make = Callable[..., Client | AsyncClient]


def url(server: Server, path: str = "/v1") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


def send(client: Client | AsyncClient, *calls: Any) -> None:
    """Send operations (by default one that lists models) and close the client."""
    calls = calls or (operations.list_(),)
    if isinstance(client, Client):
        with client:
            for each in calls:
                client.send(each)
    else:

        async def program() -> None:
            async with client:
                for each in calls:
                    await client.send(each)

        asyncio.run(program())


def sent(server: Server, client: Client | AsyncClient, *calls: Any) -> Received:
    """The last request that goes out for them."""
    send(client, *calls)
    return server.requests[-1]


@pytest.fixture(params=[Client, AsyncClient], ids=["blocking", "async"])
def make(request: pytest.FixtureRequest) -> Make:
    kind: Make = request.param
    return kind


def test_the_names_of_the_official_sdk() -> None:
    assert OpenAI is Client
    assert AsyncOpenAI is AsyncClient


def test_settings_of_the_environment(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    monkeypatch.setenv("OPENAI_BASE_URL", url(server, "/here/v1/"))
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    request = sent(server, make())
    assert request.target == "/here/v1/models"
    assert request.header("authorization") == "Bearer sk-env"
    assert request.header("openai-organization") == "org-1"
    assert request.header("openai-project") == "proj-1"
    assert request.header("host") == f"127.0.0.1:{server.port}"


def test_arguments_come_before_the_environment(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "BASE_URL", "ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "http://127.0.0.1:1/of-the-environment")
    client = make(api_key="sk-arg", base_url=url(server), organization="o", project="p")
    request = sent(server, client)
    names = ("authorization", "openai-organization", "openai-project")
    assert [request.header(name) for name in names] == ["Bearer sk-arg", "o", "p"]


def test_the_default_server() -> None:
    assert Client(api_key="k").base_url == "https://api.openai.com/v1"


def test_a_missing_key_is_named(make: Make) -> None:
    with pytest.raises(OpenAIError, match=r"api_key: none was given and OPENAI_API_KEY is not set"):
        make()


def test_a_server_that_wants_no_key(make: Make, server: Server) -> None:
    assert sent(server, make(api_key="", base_url=url(server))).header("authorization") is None


def test_admin_operations_take_the_admin_key(
    make: Make, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec

    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin")
    admin = msgspec.structs.replace(operations.list_(), admin=True)
    client = make(base_url=url(server))  # an admin key alone is enough
    send(client, admin, operations.list_())
    assert [each.header("authorization") for each in server.requests] == ["Bearer sk-admin", None]
    both = make(api_key="sk-plain", admin_api_key="sk-other", base_url=url(server))
    send(both, admin, operations.list_())
    keys = [each.header("authorization") for each in server.requests[2:]]
    assert keys == ["Bearer sk-other", "Bearer sk-plain"]


@pytest.mark.parametrize("keyword", ["api_ky", "max_retries_"])
def test_unknown_keywords_of_the_constructor(make: Make, keyword: str) -> None:
    with pytest.raises(TypeError, match=keyword):
        make(**{"api_key": "k", keyword: 1})


@pytest.mark.parametrize("count", [-1, 1.5, True, "2"])
def test_a_number_of_retries_is_a_count(make: Make, count: Any) -> None:
    client = make(api_key="k", max_retries=0).with_options(max_retries=0)
    with pytest.raises(ValueError, match=r"max_retries=.*: expected a whole number of 0 or more"):
        make(api_key="k", max_retries=count)
    with pytest.raises(ValueError, match=r"max_retries=.*: expected a whole number of 0 or more"):
        client.copy(max_retries=count)


def test_an_endpoint_takes_the_place_of_its_parts(make: Make, server: Server) -> None:
    endpoint = Endpoint(url(server), api_key=Secret("sk-e"))
    assert sent(server, make(endpoint=endpoint)).header("authorization") == "Bearer sk-e"
    with pytest.raises(TypeError, match="api_key, organization"):
        make(endpoint=endpoint, api_key="k", organization="o")


@pytest.mark.parametrize("base_url", ["", "example.test/v1", "ftp://h/v1", "http://u:p@h/v1"])
def test_base_urls_that_are_none(make: Make, base_url: str) -> None:
    if not base_url:
        assert make(api_key="k", base_url=base_url).base_url.startswith("https://api.openai.com")
        return
    with pytest.raises(ValueError, match="base_url"):
        make(api_key="k", base_url=base_url)


# Keys that are asked for at each call


def test_a_key_source_is_asked_at_each_call(make: Make, server: Server) -> None:
    keys = iter(["sk-1", "sk-2", "sk-2"])
    client = make(api_key=lambda: next(keys), base_url=url(server))
    send(client, *[operations.list_()] * 3)
    fields = [each.header("authorization") for each in server.requests]
    assert fields == ["Bearer sk-1", "Bearer sk-2", "Bearer sk-2"]
    assert next(keys, None) is None


def test_an_async_key_source(server: Server) -> None:
    async def key() -> str:
        await asyncio.sleep(0)
        return "sk-async"

    request = sent(server, AsyncClient(api_key=key, base_url=url(server)))
    assert request.header("authorization") == "Bearer sk-async"


@pytest.mark.anyio
async def test_an_async_key_source_as_an_option(server: Server) -> None:
    keys = iter(["sk-1", "sk-2", "sk-3"])

    async def key() -> Secret:
        await anyio.lowlevel.checkpoint()
        return Secret(next(keys))

    client = AsyncClient(api_key="sk-0", base_url=url(server))
    async with client.with_options(api_key=key) as other:
        for each in (other, other.with_options(timeout=9), client, other):
            await each.send(operations.list_())
    fields = [each.header("authorization") for each in server.requests]
    assert fields == ["Bearer sk-1", "Bearer sk-2", "Bearer sk-0", "Bearer sk-3"]


def test_a_key_source_that_gives_no_key_is_named(make: Make, server: Server) -> None:
    nothing: Any = lambda: None  # noqa: E731  # as untyped code has it
    client = make(api_key=nothing, base_url=url(server))
    with pytest.raises(TypeError, match="api_key, from its function: expected text"):
        send(client, operations.list_())
    assert not server.requests


def test_a_key_may_be_bytes_with_a_line_end(make: Make, server: Server) -> None:
    send(make(api_key=b"sk-file\n", base_url=url(server)), operations.list_())
    assert server.requests[0].header("authorization") == "Bearer sk-file"


def test_a_key_of_another_type_is_named(make: Make) -> None:
    number: Any = 5
    with pytest.raises(TypeError, match=r"^api_key: expected text, bytes or a Secret, got int$"):
        make(api_key=number)


def test_a_key_source_is_not_asked_before_it_must(make: Make) -> None:
    def key() -> str:
        raise AssertionError

    client = make(api_key=key, base_url="http://127.0.0.1:1")
    assert "127.0.0.1" in repr(client)
    client.with_options(timeout=3)


def test_what_a_key_source_raises_reaches_the_caller(make: Make, server: Server) -> None:
    def key() -> str:
        raise LookupError("no token today")

    with pytest.raises(LookupError, match="no token today"):
        send(make(api_key=key, base_url=url(server)))
    assert server.requests == []


# Replacing settings


def test_options_are_replaced_in_a_copy(make: Make, server: Server) -> None:
    client = make(api_key="sk-1", base_url=url(server), timeout=3)
    copies = {
        "key": client.with_options(api_key="sk-2"),
        "source": client.with_options(api_key=lambda: "sk-3"),
        "organization": client.copy(organization="o", project="p"),
        "headers": client.with_options(default_headers={"X-A": "1"}),
        "query": client.with_options(default_query={"a": 1}),
    }
    requests = {name: sent(server, each) for name, each in copies.items()}
    requests["itself"] = sent(server, client)
    keys = {name: each.header("authorization") for name, each in requests.items()}
    assert keys.pop("key") == "Bearer sk-2"
    assert keys.pop("source") == "Bearer sk-3"
    assert set(keys.values()) == {"Bearer sk-1"}
    assert requests["organization"].header("openai-project") == "p"
    assert requests["organization"].header("openai-organization") == "o"
    assert requests["headers"].header("x-a") == "1"
    assert requests["query"].target == "/v1/models?a=1"
    assert requests["itself"].header("x-a") is None
    assert requests["itself"].header("openai-project") is None
    assert requests["itself"].target == "/v1/models"
    assert {type(each) for each in copies.values()} == {type(client)}


def test_copies_share_the_connections(server: Server) -> None:
    with Client(api_key="k", base_url=url(server)) as client:
        client.models.list()
        client.with_options(timeout=3, api_key="k2").models.list()
        assert client.with_options(strict=True).transport is client.transport
    assert len(server.peers) == 1


def test_timeouts_are_replaced(make: Make) -> None:
    client = make(api_key="k", timeout=Timeout(total=9))
    assert client.timeout == Timeout(total=9)
    assert client.with_options(timeout=3).timeout == Timeout.of(3)
    assert client.with_options(timeout=None).timeout == Timeout()
    assert client.with_options(api_key="k2").timeout == Timeout(total=9)


def test_organization_and_project_can_be_taken_away(make: Make, server: Server) -> None:
    client = make(
        api_key="k",
        base_url=url(server),
        project="p",
        default_headers={"openai-ORGANIZATION": "o"},
    )
    bare = sent(server, client.with_options(organization=None, project=None))
    assert bare.header("openai-organization") is None
    assert bare.header("openai-project") is None


SECRETS: dict[str, Any] = {
    "api_key": "sk-secret",
    "admin_api_key": "sk-secret",
    "organization": "secret",
    "project": "secret",
    "default_headers": {"X-Auth-Token": "secret", "Cookie": "secret", "X-Request-Id": "shown"},
    "default_query": {"api_key": "secret", "code": "secret", "limit": 1},
}


@pytest.mark.parametrize("given", [{}, {"api_key": "sk-new"}, {"api_key": None}])
def test_credentials_are_not_taken_to_another_server(
    make: Make, server: Server, given: dict[str, Any]
) -> None:
    import msgspec

    admin = msgspec.structs.replace(operations.list_(), admin=True)
    client = make(base_url="http://127.0.0.1:1/v1", **SECRETS)
    send(client.with_options(base_url=url(server), **given), operations.list_(), admin)
    expected = "Bearer sk-new" if given.get("api_key") else None
    for request in server.requests:
        assert b"secret" not in request.raw
        assert request.header("authorization") == expected
        assert request.header("x-request-id") == "shown"
        assert request.target == "/v1/models?limit=1"


def test_a_key_source_is_not_taken_to_another_server(make: Make, server: Server) -> None:
    def key() -> str:
        raise AssertionError("it was asked")

    client = make(api_key=key, base_url="http://127.0.0.1:1/v1")
    request = sent(server, client.with_options(base_url=url(server)))
    assert request.header("authorization") is None


def test_credentials_stay_below_another_path_of_the_same_server(make: Make, server: Server) -> None:
    client = make(api_key="sk-1", base_url=url(server), organization="o")
    request = sent(server, client.with_options(base_url=url(server, "/v2")))
    assert request.target == "/v2/models"
    assert request.header("authorization") == "Bearer sk-1"
    assert request.header("openai-organization") == "o"


# Header fields and query


def test_header_fields_and_query_are_merged(make: Make, server: Server) -> None:
    client = make(
        api_key="k",
        base_url=url(server, "/v1?a=base"),
        default_headers={"X-A": "client", "X-B": "client", "User-Agent": "mine"},
        default_query={"b": "client", "c": ["1", "2"]},
    )
    call = operations.list_(
        extra_headers={"x-a": "call", "X-B": None, "Authorization": omit, "X-C": "ü"},
        extra_query={"d": {"e": True}},
    )
    request = sent(server, client, call)
    assert request.header("x-a") == "call"
    assert request.header("x-b") is None
    assert request.header("authorization") is None
    assert request.header("x-c") == "ü"
    assert request.header("user-agent") == "mine"
    assert request.target == "/v1/models?a=base&b=client&c%5B%5D=1&c%5B%5D=2&d%5Be%5D=true"


def test_an_extra_query_replaces_the_clients(make: Make, server: Server) -> None:
    client = make(api_key="k", base_url=url(server), default_query={"a": 1, "b": 2})
    assert sent(server, client, operations.list_(extra_query={"a": 9})).target == (
        "/v1/models?b=2&a=9"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-A", "1\r\nX-B: 2"), ("X-A\r\nX-B", "1"), ("X A", "1"), ("X-A", "1\0"), ("X-A", "€")],
)
def test_header_injection_is_refused(make: Make, server: Server, name: str, value: str) -> None:
    with pytest.raises(LocalProtocolError):
        make(api_key="k", base_url=url(server), default_headers={name: value})
    with pytest.raises(LocalProtocolError):
        operations.list_(extra_headers={name: value})
    if name == "X-A":
        with pytest.raises(LocalProtocolError):
            send(make(api_key=value, base_url=url(server)))
    assert server.requests == []


# Paths that no resource has


def test_untyped_calls() -> None:
    emulator = Emulator()
    with serve_in_thread(emulator) as base_url, Client(api_key="k", base_url=base_url) as client:
        assert client.get("/models/gpt-5")["id"] == "gpt-5"
        assert client.get("/models/gpt-5", cast_to=Model).id == "gpt-5"
        form = {"purpose": "user_data"}
        file = client.post("/files", body=form, files={"file": ("a.txt", b"text")})
        assert client.get(f"/files/{file['id']}/content", cast_to=str) == "text"
        content = client.get(f"/files/{file['id']}/content", cast_to=BinaryContent)
        assert content.read() == b"text"
        assert client.delete(f"/files/{file['id']}", cast_to=None) is None
        body = {"model": "gpt-5", "input": "Hi", "stream": True}
        with client.post("/responses", cast_to=Stream[dict[str, Any]], body=body) as stream:
            assert [event["type"] for event in stream][-1] == "response.completed"
        assert client.get("/models", query={"a": 1})["object"] == "list"
        for method in (client.put, client.patch):
            with pytest.raises(OpenAIError, match="405"):
                method("/models", body={})
    assert [each.method for each in emulator.requests[-2:]] == ["PUT", "PATCH"]
    assert emulator.requests[-3].query == {"a": "1"}


def test_untyped_calls_as_the_sdk_has_them() -> None:
    emulator = Emulator()
    with Client(api_key="k", transport=MemoryTransport(emulator)) as client:
        options: Any = {
            "headers": {"X-A": "1"},
            "params": {"q": 2},
            "timeout": 9,
            "idempotency_key": "i-1",
            "extra_json": {"input": "Hi"},
        }
        made: Any = client.post(
            "/responses", cast_to=object, body={"model": "gpt-5"}, options=options
        )
        assert made["object"] == "response"
        request = emulator.requests[-1]
        assert request.query == {"q": "2"}
        assert [request.headers.get(name) for name in ("x-a", "idempotency-key")] == ["1", "i-1"]
        asked: Any = {"body": {"model": "gpt-5", "input": "Hi", "stream": True}, "stream": True}
        kinds: list[Any] = [Stream[dict[str, Any]], Stream, None]
        for kind in kinds:
            with client.post("/responses", cast_to=dict, stream_cls=kind, **asked) as stream:
                assert [event["type"] for event in stream][-1] == "response.completed"
        raw = client.with_raw_response.post("/responses", content=b'{"model":"gpt-5","input":"Hi"}')
        assert raw.status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"options": {"max_retries": 3}}, r"with_options\(max_retries"),
        ({"options": {"header": {}}}, "nearest known one is 'headers'"),
        ({"stream_cls": Stream[int]}, "only with stream=True"),
        ({"stream": True, "stream_cls": list}, "stream_cls=.*: expected Stream"),
        ({"content": b"x", "body": {}}, "content: it is the whole body"),
    ],
    ids=["retries", "name", "no-stream", "no-class", "two-bodies"],
)
def test_untyped_calls_that_make_no_sense(given: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Client(api_key="k").post("/x", **given)


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
def test_an_untyped_call_answers_with_a_response(package: str) -> None:
    library: Any = pytest.importorskip(package, reason=f"{package} is not installed")
    with Client(api_key="k", transport=MemoryTransport(Emulator())) as client:
        answer = client.get("/models/gpt-5", cast_to=library.Response)
        assert (answer.status_code, answer.json()["id"]) == (200, "gpt-5")
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == answer.text.encode()
        raw = client.with_raw_response.get("/models/gpt-5")
        assert raw.parse(to=library.Response).json()["id"] == "gpt-5"


@pytest.mark.anyio
async def test_untyped_async_calls() -> None:
    with serve_in_thread(Emulator()) as base_url:
        async with AsyncClient(api_key="k", base_url=base_url) as client:
            assert (await client.get("/models/gpt-5"))["id"] == "gpt-5"
            assert (await client.get("/models/gpt-5", cast_to=Model)).id == "gpt-5"


@pytest.mark.parametrize("path", ["models", "//h/x", "http://h/x", "/a b", "/a#b", "/ü", ""])
def test_untyped_paths_that_are_none(path: str) -> None:
    with pytest.raises(ValueError, match="path="):
        Client(api_key="k").get(path)


# The client as an object


def test_a_closed_client_can_still_be_used(server: Server) -> None:
    client = Client(api_key="k", base_url=url(server))
    client.close()
    client.models.list()
    client.close()
    client.models.list()
    client.close()
    client.close()
    assert len(server.peers) == 2
    assert server.finish() == []


@pytest.mark.anyio
async def test_a_closed_async_client_can_still_be_used(server: Server) -> None:
    client = AsyncClient(api_key="k", base_url=url(server))
    await client.close()
    await client.models.list()
    await client.close()
    async with client:
        await client.models.list()
    assert len(server.peers) == 2
    assert server.finish() == []


def test_the_context_manager_closes_after_an_exception(server: Server) -> None:
    def program() -> None:
        with Client(api_key="k", base_url=url(server)) as client:
            client.models.list()
            raise LookupError

    with pytest.raises(LookupError):
        program()
    assert server.finish() == []


def test_settings_of_the_network_reach_the_transport(server: Server) -> None:
    network = Network(proxy=f"http://user:secret@127.0.0.1:{server.port}")
    server.on_any(Always(answer(b"", status="403 Forbidden")))
    with (
        Client(api_key="k", base_url="http://example.test/v1", network=network) as client,
        pytest.raises(OpenAIError, match="403"),
    ):
        client.models.list()
    assert server.requests[0].method == "GET"
    assert server.requests[0].target == "http://example.test/v1/models"


@pytest.mark.parametrize("other", ["http_client", "transport"])
def test_two_ways_to_the_server_are_refused(other: str) -> None:
    given: dict[str, Any] = {other: object()}
    with pytest.raises(TypeError, match=f"network: .*{other}"):
        Client(api_key="k", network=Network(), **given)


def test_methods_tell_about_themselves() -> None:
    create = Client(api_key="k").files.create
    assert create.__wrapped__ is file_operations.create  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess] (it is a Method)
    assert "Client(base_url='https://api.openai.com/v1')" in repr(Client(api_key="k").files)


def test_a_method_builds_without_sending() -> None:
    retrieve = Client.get
    assert retrieve("/models/m").path == "/models/m"


@pytest.mark.parametrize("path", ["", "..", "."])
def test_path_parameters_that_would_lead_elsewhere(make: Make, path: str) -> None:
    client = make(api_key="k", base_url="http://127.0.0.1:1")
    with pytest.raises(ValueError, match="model"):
        client.models.retrieve(path)
    with pytest.raises(TypeError, match="nearest known one is 'limit'"):
        client.files.list(limti=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_help_shows_the_endpoint() -> None:
    client = Client(api_key="sk-test")
    shown = pydoc.plain(pydoc.render_doc(client.chat.completions.retrieve))
    assert re.search(r"retrieve\(\s*completion_id: 'str'", shown), (
        "on a line of its own from 3.13 on"
    )
    assert "`GET /chat/completions/{completion_id}` answers `ChatCompletion`." in shown


def test_limits_are_settings_of_a_client() -> None:
    limits = Limits(answer=10, event=100)
    script = Script(port=ScriptedPort(*[exchange({"id": "m", "object": "m"})] * 2), limits=limits)
    with pytest.raises(APIConnectionError, match=r"10 bytes of limits\.answer"):
        script.run(script.client.with_options(timeout=1).models.retrieve("m"))
    assert script.run(script.client.with_options(limits=Limits()).models.retrieve("m"))
    with pytest.raises(ValueError, match="limits event=0: expected a number of 1 or more"):
        Limits(event=0)
