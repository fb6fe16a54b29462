"""No secret shows: not in a repr, a log, a trace, an exception, its traceback, or a pickle.

Every credential here has `canary` in it, and servers send back what they were sent. What may hold
one: a `Secret` in its own slot, and the bytes of a request that goes out.
"""

import asyncio
import base64
import copy
import logging
import pickle
import re
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AsyncAzureOpenAI,
    AsyncClient,
    AuthenticationError,
    AzureOpenAI,
    Client,
    LocalProtocolError,
    Network,
    OpenAIError,
    RemoteProtocolError,
    ResponseDecodeError,
    Secret,
    SecretError,
    StreamTruncatedError,
    Timeout,
    TraceEvent,
)
from api_openai.auth import (
    AwsCredentials,
    BearerAuth,
    HeaderAuth,
    SigV4Auth,
    WorkloadIdentityAuth,
)
from api_openai.core.api.operations import files, models, responses
from api_openai.core.call.wire import HttpExchange
from api_openai.core.request.endpoint import Shipment
from api_openai.core.request.operation import Operation

from .support.http import DONE, EVENTS, answer, chunk, event, head
from .support.raw import unused
from .support.server import ASK, CLOSE, HEAD, RESET, STALL, Action, Server

ROOT: Final = Path(__file__).parent.parent
ROOMS: Final = tuple(str(ROOT / room) for room in ("core", "transports", "client", "src"))

KEY: Final = "sk-canary-1"
ADMIN: Final = "sk-canary-admin"
PASSWORD: Final = "canary-pässword"
TOKEN: Final = "canary-token"
BASIC: Final = base64.b64encode(f"user:{PASSWORD}".encode()).decode()

Op = Operation[Any, Any]
Call = Callable[["Caller"], object]


def spilled(text: str | bytes) -> bool:
    """Whether a text shows a credential."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)
    return b"canary" in data or BASIC.encode() in data


def shown(obj: object, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, str]]:
    """Every text that can be had from an object, and from what it holds, with the way to it."""
    seen = set() if seen is None else seen
    if id(obj) in seen or obj is None:
        return
    seen.add(id(obj))
    yield path, repr(obj)
    if isinstance(obj, str | bytes):
        return
    yield path, f"{obj} {obj!s}"
    if isinstance(obj, dict):
        for key, value in list[Any](obj.items()):  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] (walks anything)
            yield from shown(value, f"{path}[{key!r}]", seen)
    elif isinstance(obj, list | tuple | set | frozenset):
        for number, value in enumerate(list[Any](obj)):  # pyright: ignore[reportUnknownArgumentType]
            yield from shown(value, f"{path}[{number}]", seen)
    elif type(obj).__module__.startswith("api_openai") and not isinstance(obj, ON_THE_WIRE):
        for name, value in attributes(obj):
            yield from shown(value, f"{path}.{name}", seen)


ON_THE_WIRE: Final = (Secret, Shipment, HttpExchange)
"""What holds the bytes that go out, or those that came, unseen; its repr shows none of them."""


def attributes(obj: object) -> Iterator[tuple[str, Any]]:
    """What `vars` shows of an object, and what is in its slots."""
    names = {*getattr(obj, "__dict__", ())}
    for cls in type(obj).__mro__:
        slots = vars(cls).get("__slots__", ())
        names |= {slots} if isinstance(slots, str) else {*slots}
    for name in sorted(names):
        try:
            yield name, getattr(obj, name)
        except Exception:
            continue  # a slot in which nothing is, or a name that is private to its class


def check(obj: object) -> None:
    """Fail if anything of an object shows a credential."""
    found = [where for where, text in shown(obj, type(obj).__name__) if spilled(text)]
    assert found == []


def check_error(error: BaseException, *, variables: bool = True) -> None:
    """Fail if an error shows a credential in any way that errors are looked at.

    `variables` are those of its traceback's frames. Among them are the bytes of an answer, which may
    be what the server was sent.
    """
    check(error)
    assert not spilled("".join(traceback.format_exception(error)))
    for found, frame in frames(error) if variables else ():
        for name, value in (frame.locals or {}).items():
            assert not spilled(value), f"{found} {frame.name}: {name} = {value}"
    if isinstance(error, OpenAIError):
        assert not spilled(pickle.dumps(error))
        check(pickle.loads(pickle.dumps(error)))
        check(copy.copy(error))
    if isinstance(error, APIError):
        assert not spilled(str(error.attempts))


def frames(error: BaseException) -> Iterator[tuple[str, traceback.FrameSummary]]:
    """The frames of this package in the tracebacks of an error and its causes, with locals."""
    todo: list[traceback.TracebackException | None] = [
        traceback.TracebackException.from_exception(error, capture_locals=True)
    ]
    while todo:
        one = todo.pop()
        if one is not None:
            todo += (one.__cause__, None if one.__suppress_context__ else one.__context__)
            for frame in one.stack:
                if frame.filename.startswith(ROOMS):
                    yield f"{Path(frame.filename).name}:{frame.lineno}", frame


# Both clients, driven alike


class Caller:
    """A client, blocking or not, and the trace that it leaves."""

    def __init__(self, kind: str, **settings: Any) -> None:
        self.events: list[TraceEvent] = []
        made: dict[str, Any] = {"blocking": Client, "async": AsyncClient}
        if "azure_endpoint" in settings:
            made = {"blocking": AzureOpenAI, "async": AsyncAzureOpenAI}
        self.client: Any = made[kind](trace=self.events.append, **settings)

    def run(self, program: Callable[[], Any]) -> Any:
        if isinstance(self.client, Client):
            return program()

        async def main() -> Any:
            try:
                return await program()
            finally:
                await self.client.close()

        return asyncio.run(main())

    def send(self, operation: Op) -> Any:
        return self.run(lambda: self.client.send(operation))

    def raw(self, operation: Op) -> Any:
        return self.run(lambda: self.client.deliver(operation, "raw"))

    def stream(self, operation: Op) -> list[Any]:
        """All events of a stream."""
        if isinstance(self.client, Client):
            with self.client.send(operation) as stream:
                check(stream)
                return [*stream]

        async def program() -> list[Any]:
            async with await self.client.send(operation) as stream:
                check(stream)
                return [event async for event in stream]

        events: list[Any] = self.run(program)
        return events

    def failure(self, operation: Op, *, stream: bool = False) -> BaseException:
        """The error of a call."""
        try:
            (self.stream if stream else self.send)(operation)
        except Exception as error:
            return error
        raise AssertionError("it did not fail")


@pytest.fixture(params=["blocking", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert not spilled(caplog.text)


@contextmanager
def serving(*scripts: tuple[Action, ...]) -> Generator[Server]:
    with Server() as server:
        for script in scripts:
            server.on(*script)
        yield server


def caller(kind: str, server: Server | None = None, **settings: Any) -> Caller:
    port = server.port if server else unused().port
    given: dict[str, Any] = {
        "api_key": KEY,
        "admin_api_key": ADMIN,
        "base_url": f"http://127.0.0.1:{port}/v1",
    }
    return Caller(kind, **(given | settings))


ECHO: Final = f"Bearer {KEY}, {ADMIN}"
STREAM: Final = responses.create_stream(model="m", input="Hi", stream=True)
LIST: Final = models.list_()


def echo(status: str, *fields: str, body: Any = None) -> bytes:
    """An answer that says what was sent, in its body and in a header field."""
    document = {"error": {"message": f"Incorrect key {KEY} {ADMIN}", "code": KEY, "param": ECHO}}
    given = (f"x-echo: {ECHO}", "connection: close", *fields)
    return answer(document if body is None else body, *given, status=status)


# What stands still


def test_secrets() -> None:
    check(Secret(KEY))
    assert not spilled(pickle.dumps(Secret(KEY)))
    assert not spilled(f"{Secret(KEY)} {Secret(KEY):>40} {Secret(KEY)!a}")


@pytest.mark.parametrize("key", [KEY, Secret(KEY), lambda: KEY])
def test_clients(kind: str, key: Any) -> None:
    client = caller(kind, api_key=key, organization="o").client
    check(client)
    check(client.with_options(api_key=KEY + "2"))
    check(client.chat.completions)
    check(client.models.retrieve)
    check(client.transport)
    check(client.endpoint.replace(api_key=Secret(KEY)))


def test_azure(kind: str) -> None:
    for given in ({"api_key": KEY}, {"azure_ad_token": TOKEN}):
        settings: dict[str, Any] = {"azure_endpoint": "http://127.0.0.1:1", "api_version": "v"}
        made = Caller(kind, **settings, **given)
        check(made.client)
        error = made.failure(LIST)
        assert isinstance(error, APIConnectionError)
        check_error(error)


def test_networks(kind: str) -> None:
    network = Network(
        proxy=f"http://user:{PASSWORD}@127.0.0.1:1", client_key_password=Secret(PASSWORD)
    )
    check(network)
    assert not spilled(pickle.dumps(network))
    check(caller(kind, network=network).client)
    for url in (f"socks5://user:{PASSWORD}@h", f"http://user:{PASSWORD}@"):
        with pytest.raises(ValueError, match="proxy=") as refused:
            Network(proxy=url)
        assert not spilled(str(refused.value))
    with pytest.raises(ValueError, match="base_url") as refused:
        Client(api_key="k", base_url=f"http://user:{PASSWORD}@h/v1")
    assert not spilled(str(refused.value))


def test_operations_and_shipments(kind: str) -> None:
    endpoint = caller(kind).client.endpoint
    operation = models.list_(
        extra_headers={"Authorization": f"Bearer {KEY}", "X-Api-Key": KEY, "Cookie": TOKEN},
        extra_query={"api_key": KEY, "sig": TOKEN},
    )
    check_repr = (repr(operation), str(operation), operation.to_curl(), repr([operation]))
    assert not any(map(spilled, check_repr))
    assert not spilled(LIST.to_curl(f"https://user:{PASSWORD}@h/v1"))
    shipment = endpoint.ship(operation)
    assert spilled(dict(shipment.headers)[b"authorization"])
    assert not spilled(repr(shipment))
    assert not spilled(pickle.dumps(LIST))
    check(endpoint)
    for settings in (endpoint.api_key, endpoint.admin_key):
        assert not spilled(pickle.dumps(settings))


# What calls leave behind


def test_answers(kind: str) -> None:
    document = {"object": "list", "data": [{"id": "m"}], "has_more": False}
    ok = answer(document, "x-request-id: r", "connection: close")
    events = (event({"type": "response.created"}), event({"type": "response.completed"}))
    stream = answer(b"".join(events) + DONE, EVENTS, "connection: close")
    with serving((ASK, ok), (ASK, ok), (ASK, stream), (ASK, answer(b"binary"))) as server:
        made = caller(kind, server)
        for each in (made.send(LIST), made.raw(LIST), made.stream(STREAM)):
            check(each)
        check(made.send(files.content("f")))
        made.run(made.client.close)
        check(made.client)
        assert server.requests[0].header("authorization") == f"Bearer {KEY}"
    assert len(made.events) > 8
    check(made.events)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, ""),
        (f"no such key: {ECHO}".encode(), "content-type: text/plain"),
        ({"detail": [{"msg": ECHO}]}, ""),
        ({"message": ECHO}, ""),
    ],
)
def test_error_answers(kind: str, body: Any, field: str) -> None:
    answered = echo("401 Unauthorized", *filter(None, [field]), body=body)
    with serving((ASK, answered), (ASK, answered)) as server:
        made = caller(kind, server)
        for error in (made.failure(LIST), made.failure(STREAM, stream=True)):
            assert isinstance(error, AuthenticationError)
            check_error(error)
    check(made.events)


def test_redirects(kind: str) -> None:
    with serving((ASK, echo("302 Found", f"location: http://h/?key={KEY}"))) as server:
        error = caller(kind, server).failure(LIST)
    assert isinstance(error, APIStatusError)
    check_error(error)


@pytest.mark.parametrize(
    ("script", "kind_of_error", "variables"),
    [
        (None, APIConnectionError, True),
        ((RESET,), APIConnectionError, True),
        ((HEAD, RESET), APIConnectionError, True),
        ((ASK, CLOSE), APIConnectionError, True),
        ((ASK, RESET), APIConnectionError, True),
        ((ASK, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsome", CLOSE), APIError, True),
        ((ASK, f"garbage {ECHO}\r\n\r\n".encode(), CLOSE), RemoteProtocolError, False),
        ((ASK, STALL), APITimeoutError, True),
    ],
)
def test_connections_that_fail(
    kind: str,
    script: tuple[Action, ...] | None,
    kind_of_error: type[APIError],
    variables: bool,
) -> None:
    with serving(script or ()) as server:
        soon = Timeout(first_byte=0.05) if script and STALL in script else None
        made = caller(kind, server if script else None, timeout=soon)
        error = made.failure(responses.create(model="m", input="Hi" * 50_000))
    assert isinstance(error, kind_of_error)
    check_error(error, variables=variables)
    check(made.events)


@pytest.mark.parametrize(
    "body", [f"<html>{ECHO}".encode(), f'{{"error": "{ECHO}'.encode(), ECHO.encode()]
)
def test_answers_that_cannot_be_read(kind: str, body: bytes) -> None:
    with serving((ASK, echo("200 OK", "content-type: text/html", body=body))) as server:
        error = caller(kind, server).failure(LIST)
    assert isinstance(error, ResponseDecodeError)
    check_error(error, variables=False)


def test_answers_that_do_not_fit(kind: str) -> None:
    with serving((ASK, echo("200 OK", body={"id": 3, "key": ECHO}))) as server:
        error = caller(kind, server, strict=True).failure(models.retrieve("m"))
    assert isinstance(error, APIResponseValidationError)
    check_error(error, variables=False)


FIRST: Final = event({"type": "response.created", "response": {"id": ECHO}})


@pytest.mark.parametrize(
    ("parts", "kind_of_error"),
    [
        ((FIRST, event({"error": {"message": f"key {ECHO}", "code": KEY}})), APIError),
        ((FIRST, b"data: not JSON " + ECHO.encode() + b"\n\n"), ResponseDecodeError),
        ((FIRST, b"data: the rest of " + ECHO.encode()), StreamTruncatedError),
    ],
)
def test_streams_that_fail(
    kind: str, parts: tuple[bytes, ...], kind_of_error: type[APIError]
) -> None:
    begun = head("200 OK", EVENTS, f"x-echo: {ECHO}", "transfer-encoding: chunked")
    script: tuple[Action, ...] = (ASK, begun, *map(chunk, parts), CLOSE)
    with serving(script) as server:
        made = caller(kind, server)
        error = made.failure(STREAM, stream=True)
    assert isinstance(error, kind_of_error)
    check_error(error, variables=False)
    check(made.events)


def test_a_proxy_that_refuses(kind: str) -> None:
    refused = answer(f"no: {BASIC} {PASSWORD}".encode(), status="407 No")
    with serving((HEAD, refused)) as server:
        network = Network(proxy=f"http://user:{PASSWORD}@127.0.0.1:{server.port}")
        made = caller(kind, base_url="http://api.example.test/v1", network=network)
        error = made.failure(LIST)
        assert BASIC.encode() in bytes(server.peer(0).received)
    assert isinstance(error, APIConnectionError)
    check_error(error)
    check(made.events)
    check(made.client)


OTHER: Final = "other-canary-1"
CARRIED: Final[dict[str, dict[str, Any]]] = {
    "a header field of the call": {"call": {"extra_headers": {"Authorization": f"Token {OTHER}"}}},
    "a field of any name": {"call": {"extra_headers": {"X-Functions-Key": OTHER}}},
    "a query parameter of the call": {"call": {"extra_query": {"code": OTHER}}},
    "a default header field": {"client": {"default_headers": {"x-litellm-key": OTHER}}},
    "a default query parameter": {"client": {"default_query": {"sig": OTHER}}},
    "the organization": {"client": {"organization": OTHER}},
    "a tool's authorization": {
        "call": {"extra_body": {"tools": [{"type": "mcp", "authorization": OTHER}]}}
    },
    "a tool's headers": {"call": {"extra_body": {"tools": [{"headers": {"X-Any": OTHER}}]}}},
}
"""Where a request may carry a credential besides the client's keys."""


@pytest.mark.parametrize("where", CARRIED)
@pytest.mark.parametrize("status", ["401 Unauthorized", "200 OK"])
def test_whatever_a_request_carries_is_masked(kind: str, where: str, status: str) -> None:
    given = CARRIED[where]
    operation = responses.create(model="m", input="Hi", **given.get("call", {}))
    document = {"error": {"message": f"bad {OTHER}", "code": OTHER}}
    refused = answer(document, "connection: close", status=status)
    broken = f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{OTHER}\r\n".encode()
    with serving((ASK, refused, CLOSE), (ASK, broken, CLOSE)) as server:
        made = caller(kind, server, **given.get("client", {}))
        for kind_of_error in (APIError, RemoteProtocolError):
            error = made.failure(operation)
            assert isinstance(error, kind_of_error)
            check_error(error, variables=False)
    assert not spilled(repr(made.client))
    check(made.events)


def test_a_broken_frame_may_quote_a_part_of_a_key(kind: str) -> None:
    key = f"sk-canary-{'x' * 100}"
    begun = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    with serving((ASK, begun + key.encode() + b"\r\n", CLOSE)) as server:
        error = caller(kind, server, api_key=key).failure(STREAM, stream=True)
    assert isinstance(error, StreamTruncatedError)
    check_error(error, variables=False)


def test_a_send_that_waits_shows_no_key(kind: str) -> None:
    with serving((HEAD, STALL)) as server:
        made = caller(kind, server, timeout=Timeout(idle=0.05))
        error = made.failure(responses.create(model="m", input="x" * (32 << 20)))
    assert isinstance(error, APITimeoutError)
    assert error.phase == "send"
    check_error(error)


def test_what_is_pickled_holds_no_credential_unless_asked(kind: str) -> None:
    client = caller(
        kind,
        default_headers={"x-litellm-key": OTHER, "accept-language": "de"},
        default_query={"code": OTHER, "limit": 2},
        base_url=f"http://127.0.0.1:1/v1?api-key={OTHER}",
    ).client
    operation = responses.create(
        model="m",
        input="Hi",
        tools=[{"type": "mcp", "server_label": "l", "authorization": OTHER}],
        extra_headers={"X-Sas": OTHER},
        extra_query={"sas": OTHER},
    )
    for each in (client.endpoint, operation):
        assert not spilled(pickle.dumps(each))
        assert not spilled(repr(each))
        assert spilled(pickle.dumps(copy.copy(each))) is False
        with Secret.in_pickles():
            kept = pickle.dumps(each)
        assert spilled(kept)
        assert pickle.loads(pickle.dumps(each)) is not None
    assert copy.copy(operation) == copy.deepcopy(operation) == operation
    with Secret.in_pickles():
        assert pickle.loads(pickle.dumps(operation)) == operation
        endpoint = pickle.loads(pickle.dumps(client.endpoint))
    assert endpoint.api_key == client.endpoint.api_key
    assert endpoint.ship(LIST).target == client.endpoint.ship(LIST).target
    endpoint = pickle.loads(pickle.dumps(client.endpoint))
    assert endpoint.headers["accept-language"] == "de"
    for masked in (endpoint, endpoint.replace(headers={}), client.endpoint):
        with pytest.raises(SecretError, match="did not come along in a pickle"):
            masked.ship(pickle.loads(pickle.dumps(operation)) if masked.api_key else LIST)
    assert not spilled(operation.to_curl())
    assert "# credentials in the body are redacted" in operation.to_curl()


@pytest.mark.parametrize(
    "url",
    [
        f"user:{PASSWORD}@h/v1",
        f"http://user:{PASSWORD}@h/v1",
        f"http://us/er:{PASSWORD}@h:x/v1 ",
        f"http://h:99999/v1?api-key={KEY}",
        f"http://h/ü?api-key={KEY}",
        f"ftp://h?code={KEY}&limit=1",
    ],
)
def test_a_base_url_that_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url") as refused:
        Client(api_key="k", base_url=url)
    assert not spilled(str(refused.value))


def test_a_base_url_with_a_key(kind: str) -> None:
    client = caller(kind, base_url=f"http://h/v1?api-key={KEY}&api-version=1").client
    assert (
        repr(client) == f"{type(client).__name__}(base_url='http://h/v1?api-key=***&api-version=1')"
    )
    assert client.base_url == f"http://h/v1?api-key={KEY}&api-version=1"


@pytest.mark.parametrize("bad", ["\r\nX: 1", "\0", "€"])
def test_keys_that_are_no_header_value(kind: str, bad: str) -> None:
    error = caller(kind, api_key=KEY + bad).failure(LIST)
    assert isinstance(error, LocalProtocolError)
    check_error(error)


def test_the_walk_would_find_a_secret() -> None:
    class Leaky(Exception):
        """With a credential where nobody looks."""

    error = Leaky("fine")
    error.deep = [{"a": (b"canary",)}]  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AssertionError):
        check(vars(error))
    assert re.search("canary", KEY + ADMIN + PASSWORD + TOKEN)


SIGNERS: Final[dict[str, Callable[[], Any]]] = {
    "bearer": lambda: BearerAuth(TOKEN),
    "header": lambda: HeaderAuth("x-gateway", Secret(TOKEN), scheme="Token"),
    "function": lambda: BearerAuth(lambda: TOKEN),
    "aws": lambda: SigV4Auth(
        AwsCredentials("AKID", Secret(TOKEN), Secret(TOKEN)), region="us-east-1", service="bedrock"
    ),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_what_signs(kind: str, name: str) -> None:
    """Neither the object, nor a call that it signed, nor one that fails shows the key."""
    document = {"error": {"message": f"not {TOKEN}, Bearer {TOKEN}", "code": TOKEN}}
    refused = answer(document, f"x-echo: {TOKEN}", "connection: close", status="401 No")
    with serving((ASK, refused), (ASK, CLOSE), (ASK, b"HTTP/1.1 canary-token\r\n\r\n")) as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        made = Caller(kind, base_url=url, auth=SIGNERS[name]())
        check(made.client)
        check(made.client.endpoint)
        if name != "function":
            assert not spilled(pickle.dumps(made.client.endpoint))
        for _ in range(3):
            error = made.failure(LIST)
            assert isinstance(error, APIError)
            if name != "aws" or isinstance(error, APIConnectionError):
                check_error(error, variables=not isinstance(error, RemoteProtocolError))
        check(made.events)


@pytest.mark.parametrize(
    "said",
    [
        {"access_token": TOKEN, "expires_in": "soon"},
        {"access_token": f"{TOKEN}\n", "expires_in": 5},
        {"access_token": TOKEN, "expires_in": 5, "token_type": "mac"},
        [TOKEN],
        {"error": "invalid_grant", "error_description": f"not {TOKEN}-subject"},
    ],
)
def test_a_server_of_tokens(kind: str, said: Any) -> None:
    """What it says is in no error and no frame of one, whatever is wrong with it."""
    status = "400 Bad" if isinstance(said, dict) and "error" in said else "200 OK"
    with serving((ASK, answer(said, "connection: close", status=status))) as server:
        url = f"http://127.0.0.1:{server.port}"
        identity: Any = {
            "identity_provider_id": "idp",
            "service_account_id": "sa",
            "provider": {"token_type": "jwt", "get_token": lambda: f"{TOKEN}-subject"},
        }
        auth = WorkloadIdentityAuth(workload_identity=identity, token_exchange_url=url)
        made = Caller(kind, base_url="http://127.0.0.1:1", auth=auth)
        error = made.failure(LIST)
        assert isinstance(error, OpenAIError)
        check_error(error)
        check(auth)
        check(made.client)
        check(made.events)
