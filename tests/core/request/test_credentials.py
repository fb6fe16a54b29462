"""Which names are harmless: the API's own, and no others by chance."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.request.credentials import (
    body_secrets,
    field_secrets,
    is_harmless_field,
    is_harmless_param,
    masked_body,
)

from ...support.methods import METHODS

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "name", "type"]), inner, max_size=3)
    ),
    max_leaves=10,
)


def test_every_parameter_of_the_api_is_harmless() -> None:
    for method in METHODS:
        for param in method.of("query"):
            assert is_harmless_param(param.name), f"{method}: {param.name}"
        for name in method.headers:
            assert is_harmless_field(name), f"{method}: {name}"


@pytest.mark.parametrize("name", ["limit", "include[]", "metadata[a]"])
def test_harmless_parameters(name: str) -> None:
    assert is_harmless_param(name)


@pytest.mark.parametrize("name", ["code", "sig", "key", "limitx", "Limit", "a", "", "api-key"])
def test_other_parameters_may_be_credentials(name: str) -> None:
    assert not is_harmless_param(name)


@pytest.mark.parametrize("name", ["X-Functions-Key", "x-session-id", "x-pass", "x", "Accept2"])
def test_other_fields_may_be_credentials(name: str) -> None:
    assert not is_harmless_field(name)


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        ("realtime", ()),
        ("realtime, openai-beta.realtime-v1,openai-project.p", ()),
        ("realtime, openai-insecure-api-key.ek_1", ("openai-insecure-api-key.ek_1", "ek_1")),
        ("realtime2, bearer.t.u", ("realtime2", "bearer.t.u", "", "t.u")),
    ],
)
def test_subprotocols_that_may_be_credentials(value: str, secrets: tuple[str, ...]) -> None:
    assert field_secrets("Sec-WebSocket-Protocol", value) == secrets


def test_a_credential_is_one_without_its_scheme_too() -> None:
    assert field_secrets("authorization", "Bearer k") == ("Bearer k", "k")
    assert field_secrets("accept", "a b") == ()


def test_credentials_in_a_body() -> None:
    tool = {"type": "mcp", "authorization": "t1", "headers": {"X-Any": "t2", "accept": "a/b"}}
    body = msgspec.json.encode({"tools": [tool], "metadata": {"key": "k"}, "password": ""})
    assert sorted(body_secrets(body)) == ["t1", "t2"]
    masked = {"type": "mcp", "authorization": "***", "headers": {"X-Any": "***", "accept": "a/b"}}
    assert msgspec.json.decode(masked_body(body) or b"") == {
        "tools": [masked],
        "metadata": {"key": "k"},
        "password": "",
    }
    assert masked_body(b'{"authorization":') is None
    assert masked_body(b'{"input": "\\"authorization\\": x"}') is None
    deep = b'{"headers":' * 50_000
    assert masked_body(deep + b"1" + b"}" * 50_000) is None


@given(JSON, st.text(min_size=1, max_size=9))
def test_a_body_without_credentials_is_left_alone(document: object, secret: str) -> None:
    body = msgspec.json.encode(document)
    assert masked_body(body) is None
    held = msgspec.json.encode([document, {"authorization": secret}])
    assert body_secrets(held) == [secret]
    assert msgspec.json.decode(masked_body(held) or b"") == [document, {"authorization": "***"}]
