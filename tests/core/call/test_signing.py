"""Calls to endpoints whose requests are signed: what is sent, asked for, listed and masked."""

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from api_openai import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    Endpoint,
    Failover,
    InternalServerError,
    Network,
    OAuthError,
    OpenAIError,
    RateLimit,
    Retry,
    Secret,
    SecretExposure,
    TraceEvent,
)
from api_openai.auth import (
    AwsCredentials,
    BearerAuth,
    FetchedToken,
    HeaderAuth,
    SigV4Auth,
    TokenAuth,
    WorkloadIdentityAuth,
    gcp_id_token_provider,
)
from api_openai.core.call.policy import Policies
from api_openai.core.call.settings import Settings
from api_openai.core.call.signing import CallContext
from api_openai.core.request.auth import AuthContext, UnsignedRequest
from api_openai.core.request.timeout import Timeout

from ...support.calls import GET, OK, POST, carry_out, fails, streamed
from ...support.http import answer
from ...support.outcomes import asked as given
from ...support.port import ASKED, Conn, Pause, ScriptedPort, Step, stop
from ...support.tokens import granted

TOKENS: Final = "http://tokens.test/oauth/token"
TOKEN: Final = answer(granted("t1"))
NO: Final = answer({"error": {"message": "who?"}}, status="401 Unauthorized")
IDENTITY: Final[Any] = {
    "identity_provider_id": "idp",
    "service_account_id": "sa",
    "provider": {"token_type": "jwt", "get_token": lambda: "subject-canary"},
}


def at(auth: Any, **more: Any) -> Settings:
    return Settings(endpoint=Endpoint("http://api.test/v1", auth=auth, **more))


def workload(**options: Any) -> WorkloadIdentityAuth:
    return WorkloadIdentityAuth(workload_identity=IDENTITY, token_exchange_url=TOKENS, **options)


def asked(conn: Conn) -> list[tuple[str, dict[str, str], bytes]]:
    """The requests on a connection: first line, header fields, body."""
    found: list[tuple[str, dict[str, str], bytes]] = []
    rest = bytes(conn.sent)
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        size = int(fields.get("content-length", "0"))
        found.append((first, fields, rest[:size]))
        rest = rest[size:]
    return found


def one(*steps: Step) -> list[Step]:
    return [ASKED, *steps]


# What goes out


@pytest.mark.parametrize(
    ("auth", "field", "value"),
    [
        (BearerAuth("k1"), "authorization", "Bearer k1"),
        (BearerAuth(Secret("k1")), "authorization", "Bearer k1"),
        (BearerAuth(lambda: "k1"), "authorization", "Bearer k1"),
        (HeaderAuth("X-Api-Key", "k1"), "x-api-key", "k1"),
        (HeaderAuth("x-token", b"k1\n", scheme="Token"), "x-token", "Token k1"),
    ],
)
def test_a_key_in_any_field(auth: Any, field: str, value: str) -> None:
    port = ScriptedPort(one(OK))
    carry_out(port, POST, at(auth, api_key=Secret("of-no-use")))
    (_, fields, _) = asked(port.conns[0])[0]
    assert fields[field] == value
    assert b"of-no-use" not in port.conns[0].sent


def test_a_function_is_asked_for_each_attempt() -> None:
    keys = iter(["k1", "k2"])

    async def key() -> str:
        return next(keys)

    port = ScriptedPort(one(OK, ASKED, OK))
    settings = at(BearerAuth(key))
    carry_out(port, POST, settings)
    carry_out(port, POST, settings)
    sent = [fields["authorization"] for _, fields, _ in asked(port.conns[0])]
    assert sent == ["Bearer k1", "Bearer k2"]


def test_it_sees_what_goes_out() -> None:
    seen: list[UnsignedRequest] = []

    class Mine:
        def sign(self, request: UnsignedRequest, context: AuthContext) -> Mapping[str, str]:
            seen.append(request)
            return {"X-Signature": f"{len(request.whole_body())}"}

    port = ScriptedPort(one(OK))
    endpoint: dict[str, Any] = {"headers": {"X-A": "1"}, "query": {"v": "é"}}
    carry_out(port, POST, at(Mine(), **endpoint))
    ((first, fields, body),) = asked(port.conns[0])
    (request,) = seen
    assert first.split(" ")[1] == "/v1/chat?v=%C3%A9"
    assert request.url == "http://api.test/v1/chat?v=%C3%A9"
    assert (request.method, request.body, request.operation) == ("POST", body, POST)
    assert request.header("Content-Type") == fields["content-type"] == "application/json"
    assert request.header("x-a") == "1"
    assert request.header("x-b") is None
    assert fields["x-signature"] == f"{len(body)}"
    assert "v=" not in repr(request)
    assert "1" not in repr(request).replace("/v1/", "")


def test_a_field_of_the_callers_own_stands_alone() -> None:
    """The `Auth` is not asked where it would set what the caller has set or taken away."""

    def never() -> str:
        raise AssertionError("it is asked")

    for settings, headers in (
        (at(BearerAuth(never), headers={"Authorization": "Mine"}), ()),
        (at(BearerAuth(never)), (("Authorization", "Mine"),)),
        (at(BearerAuth(never)), (("authorization", None),)),
    ):
        port = ScriptedPort(one(OK))
        carry_out(port, POST.__class__(**_fields(POST, headers=headers)), settings)
        (_, fields, _) = asked(port.conns[0])[0]
        assert fields.get("authorization", "Mine") == "Mine"


def _fields(operation: Any, **changes: Any) -> dict[str, Any]:
    return {name: getattr(operation, name) for name in operation.__struct_fields__} | changes


def test_an_admin_key_is_one_of_its_own() -> None:
    port = ScriptedPort(one(OK))
    settings = at(BearerAuth("plain"), admin_key=Secret("admin"))
    carry_out(port, POST.__class__(**_fields(POST, admin=True)), settings)
    assert asked(port.conns[0])[0][1]["authorization"] == "Bearer admin"


def test_a_signature_of_aws() -> None:
    keys = AwsCredentials("AKID", Secret("secret"), Secret("session"))
    port = ScriptedPort(one(OK))
    port.epoch = 1_440_938_160.0 - port.time
    carry_out(port, POST, at(SigV4Auth(keys, region="us-east-1", service="bedrock")))
    fields = asked(port.conns[0])[0][1]
    assert fields["x-amz-date"] == "20150830T123600Z"
    assert fields["x-amz-security-token"] == "session"
    assert "SignedHeaders=content-type;host;x-amz-" in fields["authorization"]


def test_a_body_that_streams_cannot_be_signed_and_nothing_is_sent() -> None:
    keys = AwsCredentials("AKID", Secret("secret"))
    port = ScriptedPort()
    settings = at(SigV4Auth(keys, region="us-east-1", service="bedrock"))
    error = fails(port, streamed(b"a"), settings)
    assert "put: the credentials of this endpoint sign the body" in str(error)
    assert port.conns == []


@pytest.mark.parametrize("given", ["x", None, [("a", "b")]])
def test_what_is_no_mapping_of_fields(given: Any) -> None:
    class Wrong:
        def sign(self, request: UnsignedRequest, context: AuthContext) -> Any:
            return given

    with pytest.raises(TypeError, match=r"Wrong.sign\(\): expected a mapping of header fields"):
        carry_out(ScriptedPort(), POST, at(Wrong()))


@pytest.mark.parametrize("given", [5, BearerAuth, None, "basic"])
def test_what_is_no_auth(given: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"auth.*: expected 'bearer', 'api-key'"):
        Endpoint("http://api.test", auth=given)


@pytest.mark.parametrize(
    ("key", "kind", "says"),
    [(5, TypeError, "got int"), ("", ValueError, "got empty text"), (None, TypeError, "NoneType")],
)
def test_a_function_that_gives_no_key(key: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        carry_out(ScriptedPort(), POST, at(BearerAuth(lambda: key)))


# Tokens that are fetched


def test_a_token_is_fetched_over_the_transport_of_the_call_and_kept() -> None:
    port = ScriptedPort(one(TOKEN), one(OK, ASKED, OK))
    auth = workload()
    carry_out(port, POST, at(auth))
    carry_out(port, GET, at(auth))
    tokens, api = port.conns
    ((first, fields, body),) = asked(tokens)
    assert first == "POST /oauth/token HTTP/1.1"
    assert (fields["host"], fields["content-type"]) == ("tokens.test", "application/json")
    assert "authorization" not in fields
    assert json.loads(body)["subject_token"] == "subject-canary"
    assert [fields["authorization"] for _, fields, _ in asked(api)] == ["Bearer t1", "Bearer t1"]


def test_a_token_that_ends_is_fetched_anew() -> None:
    port = ScriptedPort(one(TOKEN, ASKED, answer(granted("t2"))), one(OK, ASKED, OK))
    auth = workload()
    carry_out(port, POST, at(auth))
    port.time += 3600
    carry_out(port, POST, at(auth))
    sent = [fields["authorization"] for _, fields, _ in asked(port.conns[1])]
    assert sent == ["Bearer t1", "Bearer t2"]


@pytest.mark.parametrize(
    ("steps", "kind", "sent"),
    [
        ([answer({"error": "invalid_grant"}, status="403 Forbidden")], OAuthError, None),
        ([answer({}, status="503 Unavailable")], InternalServerError, None),
        ([answer({}, status="302 Found")], APIStatusError, None),
        ([b""], APIConnectionError, "no"),
        ([Pause(11)], APIConnectionError, "no"),
        ([b"HTTP/9 what\r\n\r\n"], APIConnectionError, "no"),
        ([answer(b"x" * 70_000)], OpenAIError, "no"),
    ],
    ids=["refused", "down", "moved", "gone", "slow", "no-http", "huge"],
)
def test_a_server_of_tokens_that_gives_none(
    steps: list[Step], kind: type[OpenAIError], sent: str | None
) -> None:
    port = ScriptedPort(one(*steps))
    error = fails(port, POST, at(workload()))
    assert isinstance(error, kind)
    if sent is not None:
        assert isinstance(error, APIConnectionError)
        assert error.sent == sent, "nothing of the call itself went out"
    assert isinstance(error, APIStatusError | APIConnectionError)
    assert [attempt.number for attempt in error.attempts] == [1]
    assert error.operation == POST.name
    assert len(port.conns) == 1


def test_the_deadline_of_the_call_holds_for_its_token() -> None:
    port = ScriptedPort(one(Pause(60)))
    settings = Settings(endpoint=at(workload()).endpoint, timeout=Timeout(total=2))
    begin = port.time
    error = fails(port, POST, settings)
    assert port.time - begin == pytest.approx(2)
    assert isinstance(error, APIConnectionError)
    assert error.sent == "no"


@pytest.mark.parametrize("close", [True, False])
def test_it_can_be_cancelled_at_every_await(close: bool) -> None:
    """Nothing is left in use, and the next call finds no fetching under way."""
    from api_openai.core.call.call import call
    from api_openai.core.call.wire import PooledWire

    for number in range(1, 100):
        auth = workload()
        port = ScriptedPort(one(TOKEN), one(OK))
        wire = PooledWire(port, port.network)
        stopped = stop(call(wire, at(auth), POST, whole=True), number, close=close)
        assert (port.pool.in_use, port.pool.waiting) == (0, 0)
        if not stopped:
            assert number > 6
            return
        again = ScriptedPort(one(TOKEN), one(OK))
        carry_out(again, POST, at(auth))
    raise AssertionError("it does not end")


def test_metadata_is_not_asked_for_through_a_proxy() -> None:
    network = Network(proxy="http://user:password@proxy:3128")
    identity: Any = {**IDENTITY, "provider": gcp_id_token_provider()}
    auth = WorkloadIdentityAuth(workload_identity=identity, token_exchange_url=TOKENS)
    port = ScriptedPort(one(answer(b"of-google")), one(TOKEN), one(OK), network=network)
    carry_out(port, POST, at(auth))
    places = [conn.address and conn.address.host for conn in port.conns]
    assert places == ["metadata.google.internal", "proxy", "proxy"]
    ((first, fields, _),) = asked(port.conns[0])
    assert first.startswith("GET /computeMetadata/v1/instance/service-accounts/default/identity?")
    assert fields["metadata-flavor"] == "Google"
    assert "proxy-authorization" not in fields


# What is refused, and what is masked


def test_a_401_is_sent_once_more_where_the_auth_asks_for_it() -> None:
    port = ScriptedPort(one(TOKEN, ASKED, answer(granted("t2"))), one(NO, ASKED, OK))
    events: list[TraceEvent] = []
    settings = Settings(endpoint=at(workload()).endpoint, trace=events.append)
    reply = carry_out(port, POST, settings)
    sent = [fields["authorization"] for _, fields, _ in asked(port.conns[1])]
    assert sent == ["Bearer t1", "Bearer t2"]
    first, last = reply.attempts
    assert (first.outcome, last.outcome) == ("answered 401", "answered 200")
    assert "its Auth asks for one more attempt" in first.reason
    of_call = [event.kind for event in events if event.operation == POST.name]
    assert of_call.count("attempt.failed") == of_call.count("policy.retry") == 1


def test_a_second_401_is_the_end() -> None:
    port = ScriptedPort(one(TOKEN, ASKED, answer(granted("t2"))), one(NO, ASKED, NO))
    error = fails(port, POST, at(workload()))
    assert isinstance(error, AuthenticationError)
    assert [attempt.outcome for attempt in error.attempts] == ["answered 401", "answered 401"]


@pytest.mark.parametrize(
    ("auth", "operation"),
    [
        (workload(again_on_401=False), POST),
        (workload(), streamed(b"a").__class__(**_fields(streamed(b"a"), body=None))),
        (BearerAuth("k"), POST),
    ],
    ids=["not-asked-for", "asked-for", "another-auth"],
)
def test_nothing_is_sent_again_unless_it_is_asked_for(auth: Any, operation: Any) -> None:
    asks = isinstance(auth, WorkloadIdentityAuth) and auth.again_on_401
    steps = one(NO, ASKED, NO) if asks else one(NO)
    tokens = one(TOKEN, ASKED, answer(granted("t2"))) if asks else one(TOKEN)
    port = ScriptedPort(*([tokens] if isinstance(auth, TokenAuth) else []), steps)
    error = fails(port, operation, at(auth))
    assert isinstance(error, AuthenticationError)
    assert len(error.attempts) == (2 if asks else 1)


def test_a_body_that_cannot_be_sent_twice_is_not() -> None:
    from api_openai.core.http.body import IterableBody

    operation = streamed(b"")
    once = operation.__class__(**_fields(operation, body=IterableBody(iter([b"a"]), "body")))
    port = ScriptedPort(one(TOKEN), one(NO))
    error = fails(port, once, at(workload()))
    assert isinstance(error, AuthenticationError)
    assert len(error.attempts) == 1
    assert len(asked(port.conns[0])) == 1, "the next call fetches another token"


class Echo(TokenAuth):
    async def fetch(self, context: AuthContext, /) -> FetchedToken:
        return FetchedToken(Secret("canary-token"))


SESSION: Final = AwsCredentials("AKID", Secret("canary-key"), Secret("canary-session"))


@pytest.mark.parametrize(
    "auth",
    [
        BearerAuth("canary-bearer"),
        HeaderAuth("x-gateway", "canary-header", scheme="Token"),
        Echo(),
        SigV4Auth(SESSION, region="us-east-1", service="bedrock"),
    ],
    ids=["bearer", "header", "token", "sigv4"],
)
@pytest.mark.parametrize("status", ["400 Bad", "200 OK"])
def test_what_is_sent_back_is_masked(auth: Any, status: str) -> None:
    port = ScriptedPort(one(OK))
    carry_out(port, POST, at(auth))
    fields = asked(port.conns[0])[0][1]
    secret = [
        part
        for name, value in fields.items()
        if name in ("authorization", "x-gateway", "x-amz-security-token")
        for part in (value, value.rpartition(" ")[2], value.rpartition("=")[2])
    ]
    assert secret
    document = {"error": {"message": " ".join(secret)}}
    port = ScriptedPort(one(answer(document, f"x-echo: {secret[0]}", status=status)))
    if status == "200 OK":
        reply = carry_out(port, POST, at(auth))
        shown = f"{reply.headers['x-echo']} {reply.redaction.data(reply.content or b'')!r}"
    else:
        error = fails(port, POST, at(auth))
        assert isinstance(error, APIStatusError)
        shown = f"{error} {error.body} {dict(error.headers)} {error.response.content!r}"
    assert all(each not in shown for each in secret)
    assert "***" in shown


def test_what_a_server_of_tokens_sends_back_is_masked() -> None:
    document = {"error": "invalid_grant", "error_description": "not subject-canary"}
    port = ScriptedPort(one(answer(document, status="400 Bad")))
    error = fails(port, POST, at(workload()))
    assert isinstance(error, OAuthError)
    shown = f"{error} {error.body} {error.response.content!r}"
    assert "canary" not in shown
    assert "***" in shown


def test_the_context_tells_the_time() -> None:
    seen: list[tuple[float, float]] = []

    class Timed:
        def sign(self, request: UnsignedRequest, context: AuthContext) -> Mapping[str, str]:
            assert isinstance(context, CallContext)
            seen.append((context.steady(), context.wall()))
            return {}

    port = ScriptedPort(one(OK))
    port.epoch = 5
    carry_out(port, POST, at(Timed()))
    assert seen == [(1000.0, 1005.0)]


# Among policies


def test_a_failover_goes_on_where_there_is_no_token() -> None:
    """Each endpoint has its credentials and its names of models."""
    first = Endpoint("http://api.test/v1", auth=workload())
    second = Endpoint("http://other.test/v1", auth=BearerAuth("k2"), models={"m": "theirs"})
    policies = Policies(failover=Failover([first, second]))
    port = ScriptedPort(one(b""), one(OK))
    reply = carry_out(port, POST, Settings(endpoint=first, policies=policies))
    assert [attempt.endpoint for attempt in reply.attempts] == [
        "http://api.test:80",
        "http://other.test:80",
    ]
    assert reply.attempts[0].outcome.startswith("not sent: No token from http://tokens.test")
    ((_, fields, body),) = asked(port.conns[1])
    assert (fields["host"], fields["authorization"]) == ("other.test", "Bearer k2")
    assert json.loads(body)["model"] == "theirs"


@pytest.mark.parametrize("answers", [[NO, OK], [NO, NO]], ids=["renewed", "refused"])
def test_policies_see_one_attempt_and_the_caller_all(answers: list[bytes]) -> None:
    policies = Policies(retry=Retry(3))
    tokens = one(TOKEN, ASKED, answer(granted("t2")))
    port = ScriptedPort(tokens, one(*[step for each in answers for step in (each, ASKED)][:-1]))
    settings = Settings(endpoint=at(workload()).endpoint, policies=policies)
    if answers[-1] is OK:
        attempts = carry_out(port, POST, settings).attempts
    else:
        error = fails(port, POST, settings)
        assert isinstance(error, AuthenticationError)
        attempts = error.attempts
    assert [attempt.outcome.rpartition(" ")[2] for attempt in attempts] == [
        each.split(b" ")[1].decode() for each in answers
    ]
    assert "its Auth asks for one more attempt" in attempts[0].reason
    keys = {fields["idempotency-key"] for _, fields, _ in asked(port.conns[1])}
    assert len(keys) == 1


@pytest.mark.parametrize("answers", [[NO, OK], [NO, NO]], ids=["renewed", "refused"])
def test_an_attempt_whose_token_was_refused_says_when_it_was_let_through(
    answers: list[bytes],
) -> None:
    limit = RateLimit(requests=1, seconds=3)
    tokens = one(TOKEN, ASKED, answer(granted("t2")))
    port = ScriptedPort(tokens, one(*[step for each in answers for step in (each, ASKED)][:-1]))
    limit.reserve(given(port.time))
    settings = Settings(endpoint=at(workload()).endpoint, policies=Policies(rate_limit=limit))
    if answers[-1] is OK:
        attempts = carry_out(port, POST, settings).attempts
    else:
        error = fails(port, POST, settings)
        assert isinstance(error, AuthenticationError)
        attempts = error.attempts
    assert [(each.began, each.held) for each in attempts] == [(3, 3)] * 2
    assert attempts[0].admitted == attempts[1].admitted != ""


def test_an_audit_is_told_of_a_key_once_for_each_attempt() -> None:
    told: list[SecretExposure] = []
    key = Secret("sk-audited-0123456789")
    Secret.audit(told.append)
    try:
        for auth in (BearerAuth(key), HeaderAuth("x-key", key)):
            carry_out(ScriptedPort(one(OK)), POST, at(auth))
    finally:
        Secret.audit(None)
    assert [each.fingerprint for each in told] == [key.fingerprint()] * 2
