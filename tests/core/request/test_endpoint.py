"""Endpoints: where operations go, and what goes with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.request.answer_kinds import BytesAnswer, EventsAnswer, JsonAnswer
from api_openai.core.request.endpoint import DEFAULT_BASE_URL, Endpoint, Shipment
from api_openai.core.request.operation import Operation
from api_openai.core.request.url import Origin
from api_openai.core.terms.errors import LocalProtocolError
from api_openai.core.terms.omit import Omit, omit
from api_openai.core.terms.secret import Secret

KEY, ADMIN = Secret("sk-user"), Secret("sk-admin")


def operation(
    path: str = "/chat/completions",
    *,
    query: tuple[tuple[str, str], ...] = (),
    headers: tuple[tuple[str, str | None], ...] = (),
    admin: bool = False,
    model: str | None = None,
    method: str = "POST",
) -> Operation[object, object]:
    return Operation(
        name="test",
        method=method,
        path=path,
        answer=JsonAnswer(object),
        query=query,
        headers=headers,
        admin=admin,
        model=model,
    )


def fields(shipment: Shipment) -> dict[str, str]:
    names = [name for name, _ in shipment.headers]
    assert len(names) == len(set(names)), "a header field goes out once"
    return {name.decode(): value.decode("latin-1") for name, value in shipment.headers}


@pytest.mark.parametrize(
    ("base_url", "origin", "target"),
    [
        (DEFAULT_BASE_URL, Origin("https", "api.openai.com", 443), b"/v1/x"),
        ("https://api.openai.com/v1/", Origin("https", "api.openai.com", 443), b"/v1/x"),
        ("http://localhost:8080", Origin("http", "localhost", 8080), b"/x"),
        ("http://127.0.0.1:1/a/b//", Origin("http", "127.0.0.1", 1), b"/a/b/x"),
        ("HTTP://EXAMPLE.test/V1", Origin("http", "example.test", 80), b"/V1/x"),
        ("http://[::1]:8000/v1", Origin("http", "::1", 8000), b"/v1/x"),
        ("https://bücher.test/v1", Origin("https", "xn--bcher-kva.test", 443), b"/v1/x"),
        ("http://h/v1?key=a%20b&x=", Origin("http", "h", 80), b"/v1/x?key=a%20b&x="),
        (" http://h/v1 ", Origin("http", "h", 80), b"/v1/x"),
    ],
)
def test_base_urls(base_url: str, origin: Origin, target: bytes) -> None:
    shipment = Endpoint(base_url).ship(operation("/x"))
    assert (shipment.origin, shipment.target) == (origin, target)


@pytest.mark.parametrize(
    "base_url",
    ["", "api.openai.com", "ftp://h", "http://", "http://:80", "http://h:99999", "http://h:x",
     "http://user:pass@h", "http://h/#f", "http://h/a b", "http://h/ü"],
)  # fmt: skip
def test_what_is_no_base_url(base_url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        Endpoint(base_url)


def test_a_refused_base_url_does_not_show_its_password() -> None:
    with pytest.raises(ValueError, match="base_url") as caught:
        Endpoint("http://user:sesame@h")
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("http://h", "h"),
        ("https://h", "h"),
        ("http://h:443", "h:443"),
        ("http://[::1]:8", "[::1]:8"),
    ],
)
def test_the_host_field(base_url: str, host: str) -> None:
    assert fields(Endpoint(base_url).ship(operation()))["host"] == host


def test_the_key_is_a_bearer_token_or_azures_own_field() -> None:
    sent = fields(Endpoint(api_key=KEY).ship(operation()))
    assert sent["authorization"] == "Bearer sk-user"
    sent = fields(Endpoint(api_key=KEY, auth="api-key").ship(operation()))
    assert (sent["api-key"], "authorization" in sent) == ("sk-user", False)


@pytest.mark.parametrize("key", [None, Secret("")])
def test_no_key_no_field(key: Secret | None) -> None:
    assert "authorization" not in fields(Endpoint(api_key=key).ship(operation()))


def test_the_admin_key_goes_where_it_belongs() -> None:
    endpoint = Endpoint(api_key=KEY, admin_key=ADMIN)
    assert fields(endpoint.ship(operation()))["authorization"] == "Bearer sk-user"
    assert fields(endpoint.ship(operation(admin=True)))["authorization"] == "Bearer sk-admin"
    endpoint = Endpoint(api_key=KEY)
    assert fields(endpoint.ship(operation(admin=True)))["authorization"] == "Bearer sk-user"


def test_header_fields_of_a_call_replace_and_remove() -> None:
    endpoint = Endpoint(api_key=KEY, headers={"OpenAI-Project": "p", "X-One": "1"})
    extra = (("X-One", "2"), ("authorization", None), ("User-Agent", "mine"))
    sent = fields(endpoint.ship(operation(headers=extra)))
    assert sent["x-one"] == "2"
    assert sent["openai-project"] == "p"
    assert sent["user-agent"] == "mine"
    assert "authorization" not in sent


@pytest.mark.parametrize("bad", ["a\r\nb: c", "a\nb", "a\0b", "\u20ac"])
def test_header_injection_is_refused(bad: str) -> None:
    with pytest.raises(LocalProtocolError):
        Endpoint(headers={"x-a": bad})
    with pytest.raises(LocalProtocolError):
        Endpoint(headers={bad: "x"})
    with pytest.raises(LocalProtocolError):
        Endpoint().ship(operation(headers=(("x-a", bad),)))
    with pytest.raises(LocalProtocolError) as caught:
        Endpoint(api_key=Secret(f"sk-secret{bad}")).ship(operation())
    assert "sk-secret" not in str(caught.value)


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_no_text_breaks_out_of_its_field(name: str, value: str) -> None:
    try:
        shipment = Endpoint().ship(operation(headers=((name, value),)))
    except LocalProtocolError:
        return
    for field, content in shipment.headers:
        assert not set(field) & set(b"\r\n\0: ")
        assert not set(content) & set(b"\r\n\0")


def test_queries_of_base_url_client_and_call_are_joined_in_order() -> None:
    endpoint = Endpoint("http://h/v1?a=1", query={"b": ["x", "y"]})
    shipment = endpoint.ship(operation("/x", query=(("c", "é&"),)))
    assert shipment.target == b"/v1/x?a=1&b%5B%5D=x&b%5B%5D=y&c=%C3%A9%26"
    assert endpoint.ship(operation("/x?z=0")).target.startswith(b"/v1/x?z=0&a=1")


def test_azure_deployments() -> None:
    endpoint = Endpoint("https://r.azure.test/openai", query={"api-version": "v"}, deployments=True)
    chat = endpoint.ship(operation(model="my model/1")).target
    assert chat == b"/openai/deployments/my%20model%2F1/chat/completions?api-version=v"
    assert endpoint.ship(operation("/models")).target == b"/openai/models?api-version=v"
    plain = Endpoint("https://r.azure.test/openai")
    assert plain.ship(operation(model="m")).target == b"/openai/chat/completions"


def test_what_is_accepted_in_answer() -> None:
    plain = operation()
    assert fields(Endpoint().ship(plain))["accept"] == "application/json"
    assert "gzip" in fields(Endpoint().ship(plain))["accept-encoding"]
    for answer, accept in (
        (EventsAnswer(object), "text/event-stream, application/json"),
        (BytesAnswer(), "*/*"),
    ):
        sent = fields(Endpoint().ship(Operation(name="t", method="GET", path="/x", answer=answer)))
        assert sent["accept"] == accept
        assert "accept-encoding" not in sent


def test_replace_keeps_the_rest() -> None:
    old = Endpoint("http://h/v1", api_key=KEY, headers={"x-a": "1"}, query={"q": 1})
    new = old.replace(api_key=ADMIN)
    assert (new.api_key, old.api_key) == (ADMIN, KEY)
    assert (new.base_url, new.headers, new.query) == (old.base_url, old.headers, old.query)


def test_nothing_shows_a_key() -> None:
    endpoint = Endpoint(api_key=KEY, admin_key=ADMIN)
    for shown in (repr(endpoint), repr(endpoint.ship(operation()))):
        assert "sk-" not in shown


def test_redact_takes_keys_out_of_what_the_server_said() -> None:
    endpoint = Endpoint(api_key=KEY, admin_key=ADMIN)
    assert endpoint.redaction(operation()).data(b"keys sk-user and sk-admin") == b"keys *** and ***"
    assert Endpoint().redaction(operation()).data(b"text") == b"text"


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_a_credential_of_the_callers_stands_alone(name: str) -> None:
    endpoint = Endpoint(api_key=KEY, admin_key=ADMIN, headers={name: "Basic dTpw"})
    assert fields(endpoint.ship(operation()))["authorization"] == "Basic dTpw"
    assert fields(endpoint.ship(operation(admin=True)))["authorization"] == "Basic dTpw"


def test_on_azure_it_is_the_api_key_that_stands_alone() -> None:
    endpoint = Endpoint(
        api_key=KEY, auth="api-key", headers={"Api-Key": "gateway", "Authorization": "Bearer t"}
    )
    sent = fields(endpoint.ship(operation()))
    assert (sent["api-key"], sent["authorization"]) == ("gateway", "Bearer t")


@pytest.mark.parametrize("nothing", [omit, None])
def test_header_fields_can_be_left_out(nothing: Omit | None) -> None:
    headers = {"Authorization": nothing, "User-Agent": nothing, "X-Other": "1"}
    sent = fields(Endpoint(api_key=KEY, headers=headers).ship(operation()))
    assert "authorization" not in sent
    assert "user-agent" not in sent
    assert sent["x-other"] == "1"


def test_query_parameters_can_be_left_out() -> None:
    endpoint = Endpoint("http://x/v1", query={"a": omit, "b": 1})
    assert endpoint.ship(operation()).target == b"/v1/chat/completions?b=1"


def test_credentials_among_header_fields_are_redacted_too() -> None:
    endpoint = Endpoint(
        headers={"Authorization": "Token t0ken-of-mine", "X-Api-Key": "k3y-of-mine"}
    )
    said = endpoint.redaction(operation()).data(
        b"no Token t0ken-of-mine, no t0ken-of-mine, no k3y-of-mine"
    )
    assert said == b"no ***, no ***, no ***"


def test_a_header_value_that_is_no_text_is_named() -> None:
    with pytest.raises(TypeError, match=r"^header 'X-Count': expected text as its value, got int$"):
        Endpoint(headers={"X-Count": 5})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "TRANSFER-ENCODING"])
@pytest.mark.parametrize("value", ["5", "chunked", ""])
def test_framing_is_not_the_callers(name: str, value: str) -> None:
    with pytest.raises(LocalProtocolError, match="frames its requests"):
        Endpoint(headers={name: value})
    with pytest.raises(LocalProtocolError, match="frames its requests"):
        Endpoint().ship(operation(headers=((name, value),)))
    Endpoint().ship(operation(headers=((name, None),)))


@pytest.mark.parametrize("control", ["\v", "\f", "\x1b", "\x7f", "\x01"])
def test_control_characters_are_no_part_of_a_value(control: str) -> None:
    with pytest.raises(LocalProtocolError, match="control characters"):
        Endpoint(headers={"X-Any": f"a{control}b"})
    assert fields(Endpoint(headers={"X-Any": "a\tb"}).ship(operation()))["x-any"] == "a\tb"


def test_requests_that_are_made_often_are_addressed_once() -> None:
    endpoint = Endpoint(api_key=KEY)
    first, second = (endpoint.ship(operation("/x")) for _ in range(2))
    assert first == second
    assert first.head is second.head
    assert first.head is not None
    assert first.head.method == first.method


def test_what_an_endpoint_keeps_of_requests_is_bounded() -> None:
    endpoint = Endpoint(api_key=KEY)
    targets = [endpoint.ship(operation(f"/x/{number}")).target for number in range(1000)]
    assert targets == [b"/v1/x/%d" % number for number in range(1000)]
    assert len(endpoint._frequent) <= 64  # pyright: ignore[reportPrivateUsage]


def test_requests_that_differ_do_not_share_a_head() -> None:
    endpoint = Endpoint(api_key=KEY, admin_key=Secret("sk-another"), deployments=True)
    kinds = [
        operation("/chat/completions"),
        operation("/chat/completions", model="a"),
        operation("/chat/completions", model="b"),
        operation("/chat/completions", admin=True),
        operation("/chat/completions", headers=(("x", "y"),)),
        operation("/chat/completions", query=(("x", "y"),)),
    ]
    sent = [(each.target, each.headers) for _ in range(2) for each in map(endpoint.ship, kinds)]
    alone = [
        (each.target, each.headers)
        for kind in kinds
        for each in [Endpoint.replace(endpoint).ship(kind)]
    ]
    assert sent == alone * 2
    assert len(set(sent)) == len(kinds)
