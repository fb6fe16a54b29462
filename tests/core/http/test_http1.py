"""One HTTP/1.1 exchange as it should go: requests, answers, tables, and when to reuse."""

import subprocess
import sys
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.http1 import (
    REQUEST,
    RESPONSE,
    ClientEvent,
    Http1Client,
    ServerEvent,
    State,
)
from api_openai.core.terms.errors import LocalProtocolError, RemoteProtocolError
from api_openai.core.terms.http_message import (
    Data,
    EndOfMessage,
    Headers,
    InformationalResponse,
    RawHeaders,
    Request,
    ResponseHead,
)
from api_openai.core.terms.sentinels import NEED_DATA, PAUSED

from .http1_answers import (
    ANSWERS,
    CHUNKED,
    CUTS,
    GET,
    HOST,
    IN_CHUNKS,
    OK,
    POST,
    asked,
    events,
    parts,
    same,
)


def test_a_request_on_the_wire() -> None:
    machine = Http1Client()
    assert machine.send(POST) == (
        b"POST /v1/x HTTP/1.1\r\nhost: example.org\r\ncontent-length: 5\r\n\r\n"
    )
    part = b"hel"
    assert machine.send(Data(part)) is part
    assert machine.send(Data(b"lo")) == b"lo"
    assert machine.send(EndOfMessage()) == b""


def test_a_chunked_request_on_the_wire() -> None:
    machine = Http1Client()
    machine.send(CHUNKED)
    assert machine.send(Data(b"x" * 26)) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert machine.send(Data(b"")) == b""
    assert machine.send(EndOfMessage(Headers.of({"Sum": "1"}))) == b"0\r\nsum: 1\r\n\r\n"


def test_the_content_length_is_kept() -> None:
    machine = Http1Client()
    machine.send(POST)
    with pytest.raises(LocalProtocolError, match="1 bytes beyond"):
        machine.send(Data(b"123456"))
    machine.send(Data(b"123"))
    with pytest.raises(LocalProtocolError, match="lacks 2 bytes"):
        machine.send(EndOfMessage())
    machine.send(Data(b"45"))
    with pytest.raises(LocalProtocolError, match="trailer"):
        machine.send(EndOfMessage(Headers.of({"sum": "1"})))
    machine.send(EndOfMessage())


def test_what_went_another_way_counts_for_the_content_length() -> None:
    machine = Http1Client()
    with pytest.raises(LocalProtocolError, match="1 bytes of a body"):
        machine.sent(1)
    machine.send(POST)
    machine.sent(3)
    with pytest.raises(LocalProtocolError, match="of which 2 are left"):
        machine.sent(3)
    machine.send(Data(b"45"))
    machine.send(EndOfMessage())
    chunked = Http1Client()
    chunked.send(CHUNKED)
    with pytest.raises(LocalProtocolError):
        chunked.sent(1)


def test_a_request_without_framing_has_no_body() -> None:
    machine = Http1Client()
    machine.send(GET)
    with pytest.raises(LocalProtocolError, match="beyond"):
        machine.send(Data(b"x"))


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        (b"GET", b"/", ((b"x", b"a\r\ny: b"),)),
        (b"GET", b"/", ((b"x\r\ny", b"a"),)),
        (b"GET", b"/", ((b"x", b"a\nb"),)),
        (b"GET", b"/", ((b"x", b"a\rb"),)),
        (b"GET", b"/", ((b"x", b"a\0b"),)),
        (b"GET", b"/", ((b"x: y", b"a"),)),
        (b"GET", b"/a b", ()),
        (b"GET", b"/\r\nx: y", ()),
        (b"GET ", b"/", ()),
        (b"G\r\n", b"/", ()),
        (b"GET", b"", ()),
    ],
)
def test_nothing_can_be_injected(method: bytes, target: bytes, headers: RawHeaders) -> None:
    with pytest.raises(LocalProtocolError):
        Http1Client().send(Request(method, target, (HOST, *headers)))


def test_nothing_can_be_injected_into_trailers() -> None:
    machine = Http1Client()
    machine.send(CHUNKED)
    with pytest.raises(LocalProtocolError):
        machine.send(EndOfMessage(Headers([(b"x", b"a\r\ny: b")])))


@given(st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=8)), max_size=4))
def test_a_head_has_one_line_for_each_field_or_none(fields: list[tuple[bytes, bytes]]) -> None:
    try:
        head = Http1Client().send(Request(b"GET", b"/", (HOST, *fields)))
    except LocalProtocolError:
        return
    assert head.endswith(b"\r\n\r\n")
    lines = head[:-4].split(b"\r\n")
    assert lines == [b"GET / HTTP/1.1", b"host: example.org", *(b": ".join(f) for f in fields)]
    assert not any(bad in line for line in lines for bad in (b"\r", b"\n", b"\0"))


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (((b"x", b"y"),), "host"),
        ((HOST, HOST), "twice"),
        ((HOST, (b"Content-Length", b"5")), "lower case"),
        ((HOST, (b"content-length", b"5"), (b"content-length", b"5")), "twice"),
        ((HOST, (b"content-length", b"-5")), "digits"),
        ((HOST, (b"content-length", b"5_0")), "digits"),
        ((HOST, (b"transfer-encoding", b"gzip, chunked")), "chunked"),
        ((HOST, (b"content-length", b"5"), (b"transfer-encoding", b"chunked")), "chunked"),
    ],
)
def test_a_head_that_could_be_read_in_two_ways_is_refused(headers: RawHeaders, words: str) -> None:
    with pytest.raises(LocalProtocolError, match=words):
        Http1Client().send(Request(b"POST", b"/", headers))


@pytest.mark.parametrize(("name", "raw", "expected", "reusable"), ANSWERS)
def test_answers(name: str, raw: bytes, expected: list[ServerEvent], reusable: bool) -> None:
    machine = asked()
    assert same(events(machine, raw), expected)
    assert machine.reusable is reusable
    assert machine.next_event() is PAUSED


@given(st.sampled_from(ANSWERS), CUTS)
def test_any_split_gives_the_same_events(
    answer: tuple[str, bytes, list[ServerEvent], bool], cuts: list[int]
) -> None:
    _, raw, expected, reusable = answer
    machine = asked()
    assert same(events(machine, *parts(raw, cuts)), expected)
    assert machine.reusable is reusable


def test_a_short_head_after_a_long_one_that_came_in_two_reads() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: " + b"x" * 100 + b"\r\n\r\n"
    found = events(asked(), hints[:120], hints[120:] + OK + b"content-length: 0\r\n\r\n")
    assert [type(each) for each in found] == [InformationalResponse, ResponseHead, EndOfMessage]


def test_all_body_bytes_of_one_read_are_one_event() -> None:
    machine = asked()
    machine.receive_data(IN_CHUNKS + b"3\r\nabc\r\n" * 100 + b"5;new=1\r\n0")
    assert isinstance(machine.next_event(), ResponseHead)
    assert machine.next_event() == Data(b"abc" * 100 + b"0")
    assert machine.next_event() is NEED_DATA


@pytest.mark.parametrize("start", [OK + b"content-length: 99\r\n\r\n", OK + b"\r\n"])
def test_a_part_that_came_alone_is_passed_on_uncopied(start: bytes) -> None:
    machine = asked()
    events(machine, start)
    part = b"x" * 50
    machine.receive_data(part)
    event = machine.next_event()
    assert isinstance(event, Data)
    assert event.data is part


def test_a_body_up_to_the_end_of_the_connection() -> None:
    machine = asked()
    found = events(machine, OK + b"\r\nab", b"c", b"")
    assert same(found[1:], [Data(b"abc"), EndOfMessage()])
    assert not machine.reusable


@pytest.mark.parametrize("framing", [b"content-length: 99", b"transfer-encoding: chunked"])
def test_the_answer_to_head_has_no_body(framing: bytes) -> None:
    machine = asked(Request(b"HEAD", b"/", (HOST,)))
    found = events(machine, OK + framing + b"\r\n\r\n")
    assert isinstance(found[-1], EndOfMessage)
    assert machine.reusable


def test_the_tunnel_after_connect_is_not_ours() -> None:
    machine = asked(Request(b"CONNECT", b"h:443", (HOST,)))
    found = events(machine, OK + b"content-length: 99\r\n\r\ntunnel")
    assert isinstance(found[-1], EndOfMessage)
    assert machine.trailing_data == b"tunnel"
    machine = asked(Request(b"CONNECT", b"h:443", (HOST,)))
    events(machine, OK + b"\r\n")
    assert not machine.reusable


def test_bytes_after_the_answer_spoil_the_connection() -> None:
    machine = asked()
    events(machine, OK + b"content-length: 1\r\n\r\naHTTP/1.1 200 OK\r\n")
    assert machine.trailing_data == b"HTTP/1.1 200 OK\r\n"
    assert not machine.reusable


def test_an_end_after_the_answer_spoils_the_connection() -> None:
    machine = asked()
    events(machine, OK + b"content-length: 0\r\n\r\n")
    assert machine.reusable
    machine.receive_data(b"")
    assert machine.next_event() is PAUSED
    assert not machine.reusable
    with pytest.raises(LocalProtocolError, match="after the end"):
        machine.receive_data(b"x")


def test_a_request_that_closes_the_connection() -> None:
    machine = asked(Request(b"GET", b"/", (HOST, (b"connection", b"Close"))))
    events(machine, OK + b"content-length: 0\r\n\r\n")
    assert not machine.reusable


def test_an_early_answer_leaves_a_connection_only_if_the_request_is_completed() -> None:
    machine = Http1Client()
    machine.send(POST)
    found = events(machine, b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
    assert isinstance(found[0], ResponseHead)
    assert found[0].status == 413
    assert not machine.reusable
    machine.send(Data(b"12345"))
    machine.send(EndOfMessage())
    assert machine.reusable


@pytest.mark.parametrize("line", [b"HTTP/1.1 529 \r\n", b"HTTP/1.1 529\r\n"])
def test_a_status_without_a_reason(line: bytes) -> None:
    (found, _) = events(asked(), line + b"x-empty:\r\ncontent-length: 0\r\n\r\n")
    assert isinstance(found, ResponseHead)
    assert (found.status, found.reason, found.headers["x-empty"]) == (529, b"", "")


CLIENT_EVENTS: dict[type, ClientEvent] = {
    Request: GET,
    Data: Data(b""),
    EndOfMessage: EndOfMessage(),
}
PATHS: dict[State, list[ClientEvent]] = {
    State.IDLE: [],
    State.BODY: [GET],
    State.DONE: [GET, EndOfMessage()],
}


@pytest.mark.parametrize(("state", "kind"), list(product(PATHS, CLIENT_EVENTS)))
def test_every_pair_of_the_request_table(state: State, kind: type) -> None:
    machine = Http1Client()
    for each in PATHS[state]:
        machine.send(each)
    after = REQUEST[state].get(kind)
    if after is None:
        with pytest.raises(LocalProtocolError, match=state.name):
            machine.send(CLIENT_EVENTS[kind])
        return
    machine.send(CLIENT_EVENTS[kind])
    if Request not in REQUEST[after]:  # an event that is refused tells the state
        with pytest.raises(LocalProtocolError, match=after.name):
            machine.send(GET)


@pytest.mark.parametrize("table", [REQUEST, RESPONSE])
def test_the_tables_are_closed(table: dict[State, dict[type, State]]) -> None:
    assert set(table) == set(State)
    assert {new for row in table.values() for new in row.values()} <= set(State)
    assert table[State.DONE] == table[State.FAILED] == {}


def test_the_response_table_allows_what_responses_do() -> None:
    seen: set[tuple[State, type, State]] = set()
    for _, raw, _, _ in ANSWERS:
        machine, state = asked(), State.IDLE
        for event in events(machine, raw):
            after = RESPONSE[state][type(event)]
            seen.add((state, type(event), after))
            state = after
        assert state is State.DONE
    rows = RESPONSE.items()
    listed = {(state, kind, after) for state, row in rows for kind, after in row.items()}
    assert seen == listed


def test_h11_is_loaded_with_the_first_unusual_head() -> None:
    program = (
        "import sys\n"
        "from api_openai.core.http.http1 import Http1Client, Request\n"
        "for version in (b'1.1', b'1.0'):\n"
        "    machine = Http1Client()\n"
        "    machine.send(Request(b'GET', b'/', ((b'host', b'h'),)))\n"
        "    assert 'h11' not in sys.modules\n"
        "    machine.receive_data(b'HTTP/' + version + b' 200 OK\\r\\nx: y\\r\\n\\r\\n')\n"
        "    machine.next_event()\n"
        "sys.exit('h11' not in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_body_until_the_end_of_a_connection_that_was_cut_is_not_whole() -> None:
    for cut in (False, True):
        machine = asked()
        machine.receive_data(b"HTTP/1.0 200 OK\r\n\r\nbody")
        assert isinstance(machine.next_event(), ResponseHead)
        assert machine.next_event() == Data(b"body")
        machine.receive_data(b"", cut=cut)
        if cut:
            with pytest.raises(RemoteProtocolError, match="was cut"):
                machine.next_event()
        else:
            assert isinstance(machine.next_event(), EndOfMessage)
