"""Heads of responses: whatever is read without h11, h11 reads the same; all else is h11's."""

import gc
from random import Random
from typing import Final
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http import heads
from api_openai.core.http.heads import read_head
from api_openai.core.terms import http_message
from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.http_message import Headers, InformationalResponse, ResponseHead

from ...support.heads import HEADS, damaged, made, switched

USUAL: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
    b"HTTP/1.1 503 \r\nretry-after:3\r\nx-empty:\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
)
UNUSUAL: Final = (
    b"HTTP/1.0 200 OK\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 200\r\n\r\n",
    b"HTTP/1.1 200 OK\n\n",
    b"HTTP/1.1 200 OK\r\nx: a\tb\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx:  a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx: a \r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx: \xe9\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n",
)
REFUSED: Final = (
    b"HTTP/1.1 200 OK\r\nx y: a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx : a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n: a\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx: a\r\n folded\0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
    b"HTTP/1.1 999999 OK\r\n\r\n",
)


SWITCHED: Final = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nx: y\r\n\r\n"


def quick(head: bytes, *, upgrade: bool = False) -> ResponseHead | InformationalResponse | None:
    """What is read without h11; `None` where it is asked."""
    with mock.patch.object(heads, "read_with_h11", return_value=None):
        return read_head(head, upgrade=upgrade)


def by_h11(head: bytes, *, upgrade: bool = False) -> ResponseHead | InformationalResponse:
    return heads.read_with_h11(head, upgrade=upgrade)


def facts(head: ResponseHead | InformationalResponse) -> tuple[object, ...]:
    if isinstance(head, InformationalResponse):
        return head.status, head.headers.raw
    return head.status, head.headers.raw, head.http_version, head.reason


@pytest.mark.parametrize("head", USUAL)
def test_the_usual_needs_no_h11(head: bytes) -> None:
    found = quick(head)
    assert found is not None
    assert facts(found) == facts(by_h11(head))


@pytest.mark.parametrize("head", UNUSUAL)
def test_every_doubt_goes_to_h11(head: bytes) -> None:
    assert quick(head) is None
    assert facts(read_head(head, upgrade=False)) == facts(by_h11(head))


@pytest.mark.parametrize("head", REFUSED)
def test_what_h11_refuses_is_refused(head: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="the head of the response is not valid"):
        read_head(head, upgrade=False)


@given(HEADS)
def test_heads_read_the_same(head: bytes) -> None:
    found = quick(head)
    assert found is not None
    assert facts(found) == facts(by_h11(head))


@given(HEADS, st.randoms(use_true_random=False))
def test_damaged_heads_read_the_same_or_go_to_h11(head: bytes, random: Random) -> None:
    hurt = damaged(head, random)
    found = quick(hurt)
    if found is not None:
        assert facts(found) == facts(by_h11(hurt))


@given(HEADS)
def test_fields_are_the_same_whether_lines_were_taken_apart_or_not(head: bytes) -> None:
    lines = head[head.index(b"\r\n") + 2 : -2]
    apart = Headers(Headers.of_lines(lines).raw)
    names = {name for name, _ in apart.raw} | {b"content-length", b"x", b"not-there"}
    for name in names:
        whole = Headers.of_lines(lines)  # `raw` takes the lines apart, so each look has its own
        assert whole.raw_values(name) == apart.raw_values(name)
        assert whole.raw_value(name) == apart.raw_value(name)
        assert Headers.of_lines(lines).multi(name.decode()) == apart.multi(name.decode())
    assert dict(Headers.of_lines(lines)) == dict(apart)
    assert len(Headers.of_lines(lines)) == len(apart)
    for _, value in apart.raw:
        assert Headers.of_lines(lines).quotes(value)


def test_another_protocol_that_was_asked_for_needs_no_h11() -> None:
    found = quick(SWITCHED, upgrade=True)
    assert isinstance(found, InformationalResponse)
    assert facts(found) == facts(by_h11(SWITCHED, upgrade=True))


@pytest.mark.parametrize("field", [b"content-length: 2", b"Transfer-Encoding: chunked"])
def test_another_protocol_with_framing_goes_to_h11(field: bytes) -> None:
    head = SWITCHED.replace(b"x: y", field)
    assert quick(head, upgrade=True) is None
    assert facts(read_head(head, upgrade=True)) == facts(by_h11(head, upgrade=True))


def test_another_protocol_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="the head of the response is not valid"):
        read_head(SWITCHED, upgrade=False)


@given(st.randoms(use_true_random=False))
def test_damaged_heads_of_another_protocol_read_the_same_or_go_to_h11(random: Random) -> None:
    hurt = damaged(switched(random), random)
    found = quick(hurt, upgrade=True)
    if found is not None:
        assert facts(found) == facts(by_h11(hurt, upgrade=True))


def test_heads_made_by_chance_are_of_both_kinds() -> None:
    kinds = {quick(damaged(made(Random(seed)), Random(seed))) is None for seed in range(300)}
    assert kinds == {True, False}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, bytes]:
    """The names that are remembered: none yet."""
    names: dict[bytes, bytes] = {}
    monkeypatch.setattr(http_message, "_names", names)
    return names


def texts(headers: Headers) -> list[bytes]:
    """The texts that they keep in one piece."""
    return [each for each in gc.get_referents(headers) if isinstance(each, bytes) and each]


@pytest.mark.usefixtures("names")
def test_fields_that_are_kept_take_little_room() -> None:
    lines = b"Content-Type: a\r\nX-Request-Id: req_1\r\n"
    one, two = Headers.of_lines(lines), Headers.of_lines(lines)
    assert texts(one)
    assert one.raw == two.raw == ((b"content-type", b"a"), (b"x-request-id", b"req_1"))
    assert not texts(one)
    assert all(mine[0] is other[0] for mine, other in zip(one.raw, two.raw, strict=True))


def test_names_that_are_remembered_are_few_and_short(names: dict[bytes, bytes]) -> None:
    for number in range(1000):
        assert Headers.of_lines(b"X-%d: a\r\n" % number).raw[0][0] == b"x-%d" % number
    name = b"X" * 1000
    assert Headers.of_lines(name + b": a\r\n").raw == ((name.lower(), b"a"),)
    assert len(names) == 256
    assert max(map(len, names)) <= 40
