"""The machine of one connection: pipelining, `100 Continue`, refusals, ends."""

import gzip

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_openai.core.terms.sentinels import NEED_DATA
from api_openai.emulator import CloseConnection, Emulator, ResetConnection, SendBytes
from api_openai.emulator.http.connection import TABLE, State, Transition

from .peer import KEY, actions, answers, ask, request, sent

MODELS = request("GET", "/v1/models")
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "one two"}]}


def test_one_request_and_its_answer() -> None:
    connection = Emulator().connection()
    connection.receive_data(MODELS)
    found = actions(connection)
    assert [type(action) for action in found] == [SendBytes]
    [answer] = answers(sent(found), "GET")
    assert (answer.status, answer.complete) == (200, True)
    assert answer.headers["content-type"] == "application/json"
    assert connection.state is State.WAITING


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_bytes_split_anywhere_give_the_same_answers(data: st.DataObject) -> None:
    whole = MODELS + request("POST", "/chat/completions", CHAT) + MODELS
    at_once, split = Emulator().connection(), Emulator().connection()
    at_once.receive_data(whole)
    expected = sent(actions(at_once))
    got = b""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        if whole[start:end]:
            split.receive_data(whole[start:end])
        got += sent(actions(split))
    assert got == expected


def test_pipelined_requests_are_answered_in_order() -> None:
    connection = Emulator().connection()
    connection.receive_data(MODELS + request("GET", "/models/gpt-4o") + request("GET", "/nothing"))
    found = answers(sent(actions(connection)), "GET", "GET", "GET")
    assert [answer.status for answer in found] == [200, 200, 404]
    assert found[1].document["id"] == "gpt-4o"


def test_reading_stops_while_much_is_unanswered() -> None:
    connection = Emulator(latency=1).connection()
    connection.receive_data(MODELS)
    connection.next_action()
    assert connection.wants_data
    connection.receive_data(MODELS * 5000)
    assert not connection.wants_data


def test_a_body_in_chunks_is_read() -> None:
    body = b'{"model": "gpt-4o", "input": "hi"}'
    chunks = b"".join(b"%x\r\n%b\r\n" % (1, body[at : at + 1]) for at in range(len(body)))
    fields = {"transfer-encoding": "chunked"}
    answer = ask(Emulator(), "POST", "/responses", body=chunks + b"0\r\n\r\n", headers=fields)
    assert answer.status == 200


def test_100_continue_comes_before_the_body() -> None:
    whole = request("POST", "/chat/completions", CHAT, headers={"expect": "100-continue"})
    head, _, body = whole.partition(b"\r\n\r\n")
    connection = Emulator().connection()
    connection.receive_data(head + b"\r\n\r\n")
    [interim] = actions(connection)
    assert sent([interim]).startswith(b"HTTP/1.1 100 ")
    assert connection.next_action() is NEED_DATA
    connection.receive_data(body)
    assert sent(actions(connection)).startswith(b"HTTP/1.1 200 ")


def test_a_refusal_comes_in_place_of_100_continue() -> None:
    fields = {"expect": "100-continue", "content-length": "1000000", "authorization": ""}
    connection = Emulator().connection()
    connection.receive_data(request("POST", "/chat/completions", headers=fields))
    found = actions(connection)
    [answer] = answers(sent(found), "POST")
    assert (answer.status, answer.headers["connection"]) == (401, "close")
    assert found[-1] == CloseConnection(linger=True)


def test_head_has_the_length_and_no_body() -> None:
    connection = Emulator().connection()
    connection.receive_data(request("HEAD", "/models") + MODELS)
    head, get = answers(sent(actions(connection)), "HEAD", "GET")
    assert (head.body, get.complete) == (b"", True)
    assert head.headers["content-length"] == str(len(get.body))


def test_http_1_0_ends_with_the_connection() -> None:
    connection = Emulator().connection()
    body = b'{"model":"gpt-4o","input":"hi","stream":true}'
    head = b"POST /responses HTTP/1.0\r\nauthorization: Bearer x\r\ncontent-length: %d\r\n\r\n"
    connection.receive_data(head % len(body) + body)
    found = actions(connection)
    assert found[-1] == CloseConnection()
    assert b"transfer-encoding" not in sent(found)
    assert b"\nevent: response.completed\n" in sent(found)


def test_connection_close_is_honoured() -> None:
    connection = Emulator().connection()
    connection.receive_data(request("GET", "/models", headers={"connection": "close"}))
    found = actions(connection)
    assert found[-1] == CloseConnection()
    assert connection.state is State.ENDED
    connection.receive_data(MODELS)
    assert connection.next_action() is NEED_DATA


def test_a_half_closed_client_gets_its_answer() -> None:
    connection = Emulator().connection()
    connection.receive_data(MODELS)
    connection.receive_data(b"")
    found = actions(connection)
    assert answers(sent(found), "GET")[0].complete
    assert found[-1] == CloseConnection()


def test_an_end_amid_a_body_ends_the_connection() -> None:
    connection = Emulator().connection()
    connection.receive_data(request("POST", "/chat/completions", CHAT)[:-5])
    assert actions(connection) == []
    connection.receive_data(b"")
    assert actions(connection) == [CloseConnection()]


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01 hello\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n",
        b"GET /" + b"a" * 100_000,
    ],
)
def test_what_is_not_http_is_refused(data: bytes) -> None:
    connection = Emulator().connection()
    connection.receive_data(data)
    found = actions(connection)
    [answer] = answers(sent(found), "GET")
    assert answer.status in (400, 431)
    assert answer.error["type"] == "invalid_request_error"
    assert found[-1] == CloseConnection(linger=True)


def test_a_body_above_the_limit_is_refused_before_its_end() -> None:
    connection = Emulator(max_body=1000).connection()
    connection.receive_data(request("POST", "/chat/completions", body=b"x" * 5000)[:2000])
    found = actions(connection)
    assert answers(sent(found), "POST")[0].status == 413
    assert found[-1] == CloseConnection(linger=True)


def test_gzip_when_the_client_takes_it() -> None:
    emulator = Emulator(gzip_from=0)
    plain = ask(emulator, "GET", "/models")
    packed = ask(emulator, "GET", "/models", headers={"accept-encoding": "br, gzip;q=0.5"})
    refused = ask(emulator, "GET", "/models", headers={"accept-encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body == refused.body
    small = ask(Emulator(), "GET", "/models/gpt-4o", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in small.headers


def test_the_table_is_total_and_ends() -> None:
    assert set(TABLE) == set(State)
    for state, transitions in TABLE.items():
        assert set(transitions) <= set(Transition)
        assert (state is State.ENDED) == (not transitions)
        assert transitions.get(Transition.END, State.ENDED) is State.ENDED
    reachable, todo = {State.WAITING}, [State.WAITING]
    while todo:
        todo += (new := set(TABLE[todo.pop()].values()) - reachable)
        reachable |= new
    assert reachable == set(State)


def test_a_reset_ends_the_machine() -> None:
    connection = Emulator().connection()
    connection.receive_data(request("GET", "/models", headers={"x-emulator-fault": "reset"}))
    assert actions(connection) == [ResetConnection()]
    assert connection.state is State.ENDED


def test_connect_is_answered_as_an_unknown_path() -> None:
    connection = Emulator().connection()
    connection.receive_data(request("CONNECT", "example.com:443"))
    assert sent(actions(connection)).startswith(b"HTTP/1.1 404 ")


def test_many_requests_on_one_connection() -> None:
    connection = Emulator().connection()
    client = h11.Connection(h11.CLIENT)
    for _ in range(50):
        head = h11.Request(method="GET", target="/v1/models", headers=[("host", "e"), *KEY.items()])
        connection.receive_data(client.send(head) or b"")
        client.send(h11.EndOfMessage())
        client.receive_data(sent(actions(connection)))
        while not isinstance(client.next_event(), h11.EndOfMessage):
            pass
        client.start_next_cycle()
