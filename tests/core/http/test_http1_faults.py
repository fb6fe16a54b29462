"""What peers do wrong, and that it does not matter how their bytes are split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.http1 import Http1Client, ServerEvent
from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.http_message import Data, EndOfMessage, ResponseHead
from api_openai.core.terms.sentinels import NEED_DATA

from .http1_answers import (
    CUTS,
    IN_CHUNKS,
    OK,
    asked,
    drain,
    events,
    parts,
    same,
)

FRAGMENTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.0 204\r\n",
        b"content-length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"connection: close\r\n",
        b"x: y\r\n",
        b"\r\n",
        b"\r",
        b"\n",
        b"3\r\nabc\r\n",
        b"5;x=y\r\n01234\r\n",
        b"a\r\n",
        b"0\r\n",
        b"0123456789",
        b"\0",
    ]
)


def outcome(pieces: list[bytes]) -> tuple[list[ServerEvent], str, bytes, bool]:
    """What a machine makes of an answer that ends with its connection."""
    machine, found, failed = asked(), list[ServerEvent](), ""
    try:
        for piece in (*pieces, b""):
            machine.receive_data(piece)
            drain(machine, found)
    except RemoteProtocolError as error:
        failed = error.sent
    return found, failed, b"" if failed else machine.trailing_data, machine.reusable


@given(
    st.booleans(),
    st.one_of(st.lists(FRAGMENTS, max_size=12).map(b"".join), st.binary(max_size=100)),
    CUTS,
)
def test_any_bytes_however_split_give_the_same_events_and_the_same_end(
    in_chunks: bool, raw: bytes, cuts: list[int]
) -> None:
    raw = (IN_CHUNKS if in_chunks else b"") + raw
    whole, split = outcome([raw] if raw else []), outcome(parts(raw, cuts) if raw else [])
    assert same(whole[0], split[0])
    assert whole[1:] == split[1:]


CHUNKS = st.one_of(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([b"\r\n", b"a\r\n5\r\n", b"0\r\n\r\n", b"x" * 15, b"x" * 17, b"y" * 300]),
)
SIZE_LINES = st.sampled_from([b"%x\r\n", b"%X\r\n", b"0%x\r\n", b"%x;a=b\r\n"])


@given(st.lists(st.tuples(SIZE_LINES, CHUNKS), max_size=30), st.integers(1, 64) | st.just(9000))
def test_chunks_of_any_size_in_reads_of_any_size(
    sized: list[tuple[bytes, bytes]], size: int
) -> None:
    chunks = [chunk for _, chunk in sized]
    raw = b"".join(line % len(chunk) + chunk + b"\r\n" for line, chunk in sized) + b"0\r\n\r\n"
    machine = asked()
    found = events(machine, IN_CHUNKS, *(raw[n : n + size] for n in range(0, len(raw), size)))
    assert b"".join(each.data for each in found if isinstance(each, Data)) == b"".join(chunks)
    assert isinstance(found[-1], EndOfMessage)
    assert machine.reusable


@pytest.mark.parametrize(
    ("pieces", "sent", "words"),
    [
        ([b""], "maybe", "without answering"),
        ([OK + b"x: ", b""], "answered", "in the head"),
        ([OK + b"content-length: 5\r\n\r\nab", b""], "answered", "3 bytes before .* 5 bytes"),
        ([IN_CHUNKS + b"5\r\nab", b""], "answered", "3 bytes before the end of a chunk"),
        ([IN_CHUNKS + b"2\r\nab", b""], "answered", "before the last chunk"),
        ([IN_CHUNKS + b"2\r\nab\r\n", b""], "answered", "before the last chunk"),
        ([IN_CHUNKS + b"0\r\nx: y\r\n", b""], "answered", "in the trailer"),
        ([IN_CHUNKS + b"2\r\nabX"], "answered", "line end"),
        ([IN_CHUNKS + b"2\nab"], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"0x2\r\nab"], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"1_0\r\nab"], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"-2\r\nab"], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"1" * 17], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"0" * 17 + b"\r\n"], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"1;" + b"x" * 5000], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"1;" + b"x" * 5000 + b"\r\na\r\n"], "answered", "size of a chunk"),
        ([IN_CHUNKS + b"0\r\nx: " + b"y" * 70_000], "answered", "trailer"),
        ([IN_CHUNKS + b"0\r\nx: " + b"y" * 70_000 + b"\r\n\r\n"], "answered", "trailer"),
        ([IN_CHUNKS + b"0\r\nno colon\r\n\r\n"], "answered", "trailer"),
        ([OK + b"transfer-encoding: string\r\n\r\n"], "answered", "Transfer-Encoding"),
        ([OK + b"content-length: 1\r\ncontent-length: 2\r\n\r\n"], "answered", "Content-Length"),
        ([OK + b"content-length: -1\r\n\r\n"], "answered", "Content-Length"),
        ([OK + b"no colon\r\n\r\n"], "answered", "illegal header"),
        ([OK + b"x : y\r\n\r\n"], "answered", "illegal header"),
        ([b"HTTP/1.1 20 OK\r\n\r\n"], "answered", "illegal status"),
        ([b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n"], "answered", "not valid"),
        ([b"S"], "answered", "expected an HTTP response"),
        ([b"\r\n"], "answered", "expected an HTTP response"),
        ([b"<html>not http at all</html>"], "answered", "expected an HTTP response"),
        ([OK + b"x: " + b"y" * 70_000], "answered", "longer than allowed"),
        ([OK + b"x: " + b"y" * 70_000 + b"\r\n\r\n"], "answered", "longer than allowed"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" * 3000], "answered", "longer than allowed"),
    ],
)
def test_what_peers_do_wrong(pieces: list[bytes], sent: str, words: str) -> None:
    with pytest.raises(RemoteProtocolError, match=words) as caught:
        events(asked(), *pieces)
    assert caught.value.sent == sent


def test_a_body_is_handed_out_up_to_the_fault_in_it() -> None:
    machine = asked()
    machine.receive_data(IN_CHUNKS + b"2\r\nab\r\n2\r\ncdX")
    assert isinstance(machine.next_event(), ResponseHead)
    assert machine.next_event() == Data(b"abcd")
    with pytest.raises(RemoteProtocolError, match="line end"):
        machine.next_event()


@pytest.mark.parametrize("raw", [b"garbage", OK + b"no colon\r\n\r\n", IN_CHUNKS + b"zz\r\n"])
def test_a_broken_answer_stays_broken(raw: bytes) -> None:
    machine = asked()
    with pytest.raises(RemoteProtocolError):
        events(machine, raw)
    with pytest.raises(RemoteProtocolError, match="broken off"):
        machine.next_event()
    assert not machine.reusable


def test_a_server_that_speaks_before_it_is_asked() -> None:
    machine = Http1Client()
    assert machine.next_event() is NEED_DATA
    with pytest.raises(RemoteProtocolError, match="before it was asked"):
        events(machine, OK)
    machine = Http1Client()
    with pytest.raises(RemoteProtocolError) as caught:
        events(machine, b"")
    assert caught.value.sent == "no"
