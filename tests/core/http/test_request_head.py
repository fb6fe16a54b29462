"""Heads of requests: one that was prepared goes out as one that was not, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.http1 import Http1Client
from api_openai.core.http.request_head import PreparedHead, PreparedRequest
from api_openai.core.terms.errors import LocalProtocolError
from api_openai.core.terms.http_message import Data, EndOfMessage, RawHeaders, Request

HOST = (b"host", b"example.org")
NAMES = st.sampled_from(
    (b"host", b"accept", b"content-length", b"transfer-encoding", b"connection", b"X", b"a b")
)
VALUES = st.sampled_from((b"example.org", b"5", b"chunked", b"close", b"gzip", b"a\r\nb: c", b""))
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=4).map(tuple)


def sent(fields: RawHeaders, framing: RawHeaders, *, prepared: bool) -> bytes | str:
    """What goes out, or why nothing does."""
    machine = Http1Client()
    try:
        if prepared:
            head = PreparedHead(b"POST", b"/v1/x", fields)
            return machine.send(PreparedRequest(head, framing))
        return machine.send(Request(b"POST", b"/v1/x", fields + framing))
    except LocalProtocolError as error:
        return str(error)


@given(FIELDS, FIELDS)
def test_a_prepared_head_goes_out_as_any_other(fields: RawHeaders, framing: RawHeaders) -> None:
    whole = sent((HOST, *fields), framing, prepared=False)
    apart = sent((HOST, *fields), framing, prepared=True)
    if isinstance(whole, bytes):
        assert apart == whole
    else:
        assert isinstance(apart, str)


def test_one_head_serves_many_bodies() -> None:
    head = PreparedHead(b"POST", b"/v1/x", (HOST,))
    for body in (b"", b"abc"):
        machine = Http1Client()
        length = b"%d" % len(body)
        data = machine.send(PreparedRequest(head, ((b"content-length", length),)))
        assert (
            data
            == b"POST /v1/x HTTP/1.1\r\nhost: example.org\r\ncontent-length: %b\r\n\r\n" % length
        )
        machine.send(Data(body))
        machine.send(EndOfMessage())


def test_a_prepared_head_without_a_body_has_none() -> None:
    machine = Http1Client()
    machine.send(PreparedRequest(PreparedHead(b"GET", b"/", (HOST,))))
    with pytest.raises(LocalProtocolError, match="beyond"):
        machine.send(Data(b"x"))


@pytest.mark.parametrize("name", [b"host", b"content-length", b"transfer-encoding"])
def test_what_may_be_there_once_is_not_there_twice(name: bytes) -> None:
    fields = dict((HOST, (name, b"5")))
    head = PreparedHead(b"POST", b"/", tuple(fields.items()))
    with pytest.raises(LocalProtocolError, match=f"{name.decode()} is there twice"):
        head.framed(((name, b"5"),))


def test_a_prepared_head_hides_its_fields() -> None:
    head = PreparedHead(b"GET", b"/", (HOST, (b"authorization", b"Bearer sk-hidden")))
    assert "hidden" not in repr(PreparedRequest(head)) + str(head)
