"""Signatures of webhooks: what is taken, what is refused and why, and what the events are."""

import base64
import copy
import email.message
import hashlib
import hmac
import json
import math
import pickle
import string
from collections.abc import Callable, Iterable
from typing import Any, Final, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.api import webhook_delivery as webhooks
from api_openai.core.api.types import webhooks as types
from api_openai.core.api.webhook_delivery import InvalidWebhookSignatureError, WebhookPayloadError
from api_openai.core.json.provenance import meta
from api_openai.core.json.unknown import Unknown
from api_openai.core.terms.secret import Secret

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW: Final = 1_700_000_000
VERIFIER: Final = webhooks.WebhookVerifier(lambda: NOW)
BODY: Final = (
    b'{"id":"evt_1","object":"event","type":"batch.completed","created_at":1,"data":{"id":"b"}}'
)
PEER: Final = [("Host", "example.com"), ("User-Agent", "x"), ("Content-Type", "application/json")]


def signed(body: Any = BODY, *, secret: str | Secret = SECRET, at: int = NOW) -> dict[str, str]:
    return VERIFIER.sign(body, secret, webhook_id="wh_1", timestamp=at)


def by_hand(key: bytes, identity: str, timestamp: str, body: bytes) -> str:
    message = identity.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def refusal(
    headers: Any, body: Any = BODY, *, secret: str = SECRET, **how: Any
) -> InvalidWebhookSignatureError:
    with pytest.raises(InvalidWebhookSignatureError) as caught:
        VERIFIER.verify_signature(body, headers, secret, **{"now": NOW, **how})
    return caught.value


def test_the_vector_of_the_standard() -> None:
    headers = VERIFIER.sign(
        '{"test": 2432232314}',
        SECRET,
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    VERIFIER.verify_signature('{"test": 2432232314}', headers, SECRET, now=1614265330)


@given(
    body=st.binary(max_size=200),
    key=st.binary(min_size=1, max_size=64),
    identity=st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40),
    at=st.integers(min_value=0, max_value=10**11),
)
def test_what_is_signed_verifies(body: bytes, key: bytes, identity: str, at: int) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    headers = VERIFIER.sign(body, Secret(secret), webhook_id=identity, timestamp=at)
    assert headers["webhook-signature"] == by_hand(key, identity, str(at), body)
    VERIFIER.verify_signature(body, headers, secret, now=at)


@given(at=st.integers(0, 10**6), field=st.sampled_from(["body", "id", "time", "secret"]))
def test_one_changed_byte_is_refused(at: int, field: str) -> None:
    headers, body, secret = signed(), BODY, SECRET
    if field == "body":
        place = at % len(body)
        body = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
    elif field == "id":
        headers["webhook-id"] = "wh_2"
    elif field == "time":
        headers["webhook-timestamp"] = str(NOW + 1 + at % 299)
    else:
        secret = "whsec_" + base64.b64encode(f"other {at}".encode()).decode()
    assert refusal(headers, body, secret=secret).reason == "no match"


def test_a_secret_without_the_prefix_is_the_key_itself() -> None:
    headers = signed(secret="plain text")
    assert headers["webhook-signature"] == by_hand(b"plain text", "wh_1", str(NOW), BODY)
    VERIFIER.verify_signature(BODY, headers, "plain text", now=NOW)


Pairs = list[tuple[str, str]]
SHAPES: Final[list[Callable[[Pairs], Any]]] = [
    dict,
    lambda pairs: {name.title(): value for name, value in pairs},
    lambda pairs: {name.upper(): value for name, value in pairs},
    list,
    lambda pairs: [(name.encode(), value.encode()) for name, value in pairs],
    lambda pairs: {name.encode(): value.encode() for name, value in pairs},
    lambda pairs: iter([*pairs, ("x" * 10, "of the length of webhook-id")]),
    lambda pairs: [*pairs, *pairs],
    lambda pairs: [(name, f" {value}\t") for name, value in pairs],
]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_forms_of_header_fields(shape: Callable[[Pairs], Any]) -> None:
    VERIFIER.verify_signature(BODY, shape([*PEER, *signed().items()]), SECRET, now=NOW)


def test_the_headers_of_the_standard_library() -> None:
    message = email.message.Message()
    for name, value in [*PEER, *signed().items()]:
        message[name.title()] = value
    VERIFIER.verify_signature(BODY, message, SECRET, now=NOW)


def test_headers_that_can_only_be_asked() -> None:
    class Fields:
        def get(self, name: str, /) -> str | None:
            return signed().get(name)

    class Nothing:
        def get(self, name: str, /) -> str | None:
            return None

    VERIFIER.verify_signature(BODY, Fields(), SECRET, now=NOW)
    assert refusal(Nothing()).reason == "missing header"


@pytest.mark.parametrize("body", [BODY, BODY.decode(), bytearray(BODY), memoryview(BODY)])
def test_the_forms_of_a_body(body: Any) -> None:
    VERIFIER.verify_signature(body, signed(), SECRET, now=NOW)
    assert VERIFIER.unwrap(body, signed(), SECRET, now=NOW).id == "evt_1"


def test_text_is_verified_as_utf8() -> None:
    for text in ("größer 🎈 \0", "\ud800"):
        VERIFIER.verify_signature(text, signed(text), SECRET, now=NOW)
    assert refusal(signed("ä"), "ä".encode("latin-1")).reason == "no match"


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed()
    good = headers["webhook-signature"]
    for line in (
        f"v1,AAAA {good}",
        f"{good} {good}",
        f"v1a,c29tZXRoaW5n v2,x  v1, {good} nonsense",
    ):
        VERIFIER.verify_signature(BODY, headers | {"webhook-signature": line}, SECRET, now=NOW)


@pytest.mark.parametrize(
    "line", ["v1a,AAAA", "v2,AAAA", "AAAA", ",", "v1", "V1,AAAA", "v1 ,AAAA", "x" * 1_000_000]
)
def test_without_a_signature_of_version_1(line: str) -> None:
    assert refusal(signed() | {"webhook-signature": line}).reason == "no signature"


def test_the_signature_must_be_whole() -> None:
    good = signed()["webhook-signature"]
    for line in ("v1,", good[:-1], good + "=", good.replace("v1,", "v1,\0"), "v1,v1," + good[3:]):
        assert refusal(signed() | {"webhook-signature": line}).reason == "no match"
    many = " ".join(["v1,AAAA"] * 20_000)
    assert "None of 20000 signatures" in str(refusal(signed() | {"webhook-signature": many}))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_field_is_needed_once(name: str) -> None:
    headers = signed()
    other = {"webhook-timestamp": str(NOW + 1)}.get(name, "other")
    assert refusal({k: v for k, v in headers.items() if k != name}).reason == "missing header"
    assert refusal(headers | {name: "  "}).reason == "missing header"
    assert refusal([*headers.items(), (name, other)]).reason == "bad header"
    assert refusal(headers | {name.title(): other}).reason == "bad header"
    assert refusal(headers | {name: "ü" + headers[name]}).reason == "bad header"
    assert refusal(headers | {name: "ü".encode() + headers[name].encode()}).reason == "bad header"


def test_a_full_stop_cannot_move_from_the_body_into_the_id() -> None:
    headers = VERIFIER.sign(b"5.rest", SECRET, webhook_id="a", timestamp=NOW)
    moved = {**headers, "webhook-id": f"a.{NOW}", "webhook-timestamp": "5"}
    assert refusal(moved, b"rest", now=5).reason == "bad header"


@pytest.mark.parametrize(
    "timestamp", ["soon", "1e9", "-5", "+5", "1_0", "5.0", "0x1", "٣", "9" * 13, "9" * 10_000]
)
def test_timestamps_are_digits(timestamp: str) -> None:
    assert refusal(signed() | {"webhook-timestamp": timestamp}).reason in (
        "bad timestamp",
        "bad header",
    )


@pytest.mark.parametrize(
    ("now", "tolerance", "reason"),
    [
        (NOW + 300, 300, None),
        (NOW + 300.001, 300, "too old"),
        (NOW - 300, 300, None),
        (NOW - 300.001, 300, "too new"),
        (NOW, 0, None),
        (NOW + 1, 0, "too old"),
        (NOW, -1, "too old"),
        (NOW + 10**9, math.inf, None),
        (NOW, math.nan, "too old"),
        (math.nan, 300, "too old"),
    ],
)
def test_tolerance(now: float, tolerance: float, reason: str | None) -> None:
    if reason is None:
        VERIFIER.verify_signature(BODY, signed(), SECRET, now=now, tolerance=tolerance)
    else:
        assert refusal(signed(), now=now, tolerance=tolerance).reason == reason


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_not base64!", "whsec_ä", "whsec_AAA", "whsec_YW!Jj"]
)
def test_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match="secret") as caught:
        VERIFIER.verify_signature(BODY, signed(), secret, now=NOW)
    assert not isinstance(caught.value, InvalidWebhookSignatureError)
    assert "not base64!" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "headers", "secret"),
    [
        ({"id": "evt_1"}, signed(), SECRET),
        (None, signed(), SECRET),
        (BODY, signed(), 5),
        (BODY, 5, SECRET),
        (BODY, None, SECRET),
        (BODY, "webhook-id: wh_1", SECRET),
        (BODY, signed() | {"webhook-id": ["wh_1"]}, SECRET),
    ],
)
def test_the_wrong_type_of_an_argument(body: Any, headers: Any, secret: Any) -> None:
    with pytest.raises(TypeError):
        VERIFIER.verify_signature(body, headers, secret, now=NOW)


@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from([*signed(), "other"]) | st.text(max_size=20),
            st.text(max_size=50) | st.binary(max_size=50) | st.sampled_from([*signed().values()]),
        ),
        max_size=6,
    ),
    body=st.binary(max_size=30) | st.text(max_size=30),
)
def test_whatever_comes_is_refused_and_nothing_else(
    headers: Iterable[tuple[str, Any]], body: str | bytes
) -> None:
    error = refusal(headers, body)
    good = by_hand(base64.b64decode(SECRET[6:]), "wh_1", str(NOW), BODY)[3:]
    assert SECRET[6:] not in repr(error)
    assert good not in str(error)


def test_the_error_is_a_value() -> None:
    error = refusal(signed(), b"other")
    assert isinstance(error, ValueError)
    for clone in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (str(clone), clone.reason) == (str(error), "no match")


def event(kind: str, **data: Any) -> bytes:
    document = {"id": "evt_1", "object": "event", "type": kind, "created_at": 1, "data": data}
    return json.dumps(document).encode()


def unwrap(body: bytes, **how: Any) -> Any:
    return VERIFIER.unwrap(body, signed(body), SECRET, now=NOW, **how)


def test_an_event_has_its_type() -> None:
    found = unwrap(event("response.completed", id="resp_1"))
    assert isinstance(found, types.ResponseCompletedWebhookEvent)
    assert (found.type, found.data.id) == ("response.completed", "resp_1")
    assert meta(found).raw == event("response.completed", id="resp_1")


def test_all_31_events_have_a_type() -> None:
    members: tuple[Any, ...] = get_args(types.UnwrapWebhookEvent)
    kinds = {each.type for each in members}
    assert len(members) == len(kinds) == 31
    for each in members:
        found = unwrap(event(each.type))
        assert isinstance(found, each)


def test_drift_is_no_error_unless_asked() -> None:
    found = unwrap(event("batch.archived", id="b"))
    assert isinstance(found, Unknown)
    assert (found.type, found.data) == ("batch.archived", {"id": "b"})
    more = unwrap(event("batch.failed", id="b", why="x"))
    assert isinstance(more, types.BatchFailedWebhookEvent)
    assert more.data.model_extra == {"why": "x"}
    with pytest.raises(WebhookPayloadError, match=r"data\.id"):
        unwrap(event("batch.failed", id=5), strict=True)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'"text"', b"null", b"\xff", b"[" * 9999])
def test_a_signed_body_that_is_no_event(body: bytes) -> None:
    with pytest.raises(WebhookPayloadError, match="no event"):
        unwrap(body)
