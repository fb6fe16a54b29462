"""The program of a call, over a scripted port under a virtual clock: nothing here waits."""

import gc
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from api_openai.core.call.attempt import ERROR_BODY_LIMIT, ERROR_BODY_SECONDS
from api_openai.core.call.backend import Address
from api_openai.core.call.call import call
from api_openai.core.call.network import Network, Proxy
from api_openai.core.call.settings import Settings
from api_openai.core.call.trace import TraceEvent
from api_openai.core.call.wire import PooledWire
from api_openai.core.http.body import IterableBody, JsonBody
from api_openai.core.request.answer_kinds import JsonAnswer
from api_openai.core.request.endpoint import Endpoint
from api_openai.core.request.operation import Operation
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    InternalServerError,
    RateLimitError,
    RemoteProtocolError,
)
from api_openai.core.terms.secret import Secret

from ...support.calls import (
    ENDPOINT,
    GET,
    OK,
    POST,
    carry_out,
    deque_of,
    fails,
    settings_with,
    streamed,
)
from ...support.http import answer, chunk, head
from ...support.port import ASKED, Conn, Pause, ScriptedPort, run
from ...support.shapes import CHAT


def test_an_answer_frees_its_connection_for_the_next_call() -> None:
    port = ScriptedPort([ASKED, OK, ASKED, OK])
    first, second = carry_out(port), carry_out(port)
    assert (first.status_code, first.content, first.request_id) == (200, b'{"id": "r1"}', "req-1")
    assert second.content == first.content
    assert (len(port.conns), port.pool.idle) == (1, 1)
    assert [attempt.outcome for attempt in first.attempts] == ["answered 200"]


def test_the_request_goes_out_in_one_piece() -> None:
    port = ScriptedPort([OK])
    carry_out(port)
    assert port.log.count("send") == 1
    sent = bytes(port.conns[0].sent)
    lines = sent.split(b"\r\n")
    assert lines[0] == b"POST /v1/chat HTTP/1.1"
    assert b"authorization: Bearer sk-test" in [line.replace(b"A", b"a", 1) for line in lines]
    assert sent.endswith(b'\r\n\r\n{"model":"m"}')


def test_an_error_status_is_its_exception() -> None:
    failed = answer({"error": {"message": "no", "code": "c"}}, status="429 Too Many Requests")
    port = ScriptedPort([failed, ASKED, OK])
    error = fails(port)
    assert isinstance(error, RateLimitError)
    assert (error.code, error.operation) == ("c", "chat.create")
    assert [attempt.outcome for attempt in error.attempts] == ["answered 429"]
    carry_out(port)
    assert len(port.conns) == 1, "the answer was read to its end: its connection can be used"


def test_the_body_of_an_error_is_read_up_to_its_limit() -> None:
    size = ERROR_BODY_LIMIT * 4
    start = head("500 Oops", f"content-length: {size}")
    parts: list[bytes] = [b"x" * 65536] * (size // 65536)
    port = ScriptedPort([start, *parts])
    error = fails(port)
    assert isinstance(error, InternalServerError)
    assert port.conns[0].closed
    assert len(port.conns[0].steps) > len(parts) // 2, "it did not read all of it"


def test_an_error_whose_body_breaks_off_is_still_that_error() -> None:
    port = ScriptedPort([head("503 Busy", "content-length: 100") + b"over", b""])
    error = fails(port)
    assert isinstance(error, APIStatusError)
    assert (error.status_code, error.body) == (503, "over")


@pytest.mark.parametrize("coding", ["compress", "gzip, gzip, gzip"])
def test_an_error_in_a_coding_that_cannot_be_undone_is_still_that_error(coding: str) -> None:
    fields = (f"content-encoding: {coding}", "retry-after: 7", "content-length: 3")
    error = fails(ScriptedPort([head("429 Too Many Requests", *fields) + b"\x8b\x02\x80"]))
    assert isinstance(error, RateLimitError)
    assert (error.body, error.headers["retry-after"]) == (None, "7")
    assert error.response.content == b"\x8b\x02\x80"
    assert coding in str(error)
    error = fails(ScriptedPort([head("200 OK", *fields) + b"\x8b\x02\x80"]))
    assert isinstance(error, RemoteProtocolError)


def test_an_error_whose_body_drips_is_that_error_soon() -> None:
    start = head("503 Busy", "content-length: 1000")
    drops: list[bytes | Pause] = [b"x", Pause(1)] * 1000
    port = ScriptedPort([start, *drops])
    error = fails(port)
    assert isinstance(error, InternalServerError)
    assert str(error.body).strip("x") == ""
    assert port.time <= ScriptedPort().time + ERROR_BODY_SECONDS
    assert port.conns[0].closed
    port = ScriptedPort([start, Pause(100)])
    error = fails(port, settings=settings_with(timeout=Timeout(idle=1, total=200)))
    assert isinstance(error, InternalServerError)
    assert port.time == ScriptedPort().time + 1


@pytest.mark.parametrize(("idle", "size"), [(1.0, 20 << 20), (0.5, 1 << 20), (600.0, 20 << 20)])
def test_a_body_in_memory_that_goes_out_steadily_may_take_longer(idle: float, size: int) -> None:
    body = CHAT({"model": "x" * size})
    settings = settings_with(timeout=Timeout(idle=idle))
    port = ScriptedPort(Conn(deque_of(OK), pace=idle * 0.9))
    carry_out(port, body, settings)
    assert bytes(port.conns[0].sent).endswith(b"x" * 1000 + b'"}')
    assert port.time > ScriptedPort().time + idle
    stalled = Conn(deque_of(Pause(1)), pace=idle * 1.1)
    error = fails(ScriptedPort(stalled), body, settings)
    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.seconds, error.sent) == ("send", idle, "maybe")


def test_credentials_in_an_error_body_are_masked() -> None:
    said = {"error": {"message": "Incorrect API key provided: sk-test"}}
    error = fails(ScriptedPort([answer(said, status="401 Unauthorized")]))
    assert "sk-test" not in str(error)
    assert "***" in str(error)


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        ([b""], "maybe"),
        ([b"HTTP/1.1 20", b""], "answered"),
        ([OK[:-3], b""], "answered"),
        ([APIConnectionError("reset")], "maybe"),
        ([OK[:-3], APIConnectionError("reset")], "answered"),
        ([b"SSH-2.0-OpenSSH\r\n\r\n"], "answered"),
    ],
)
def test_a_connection_that_breaks_says_how_far_the_request_got(
    script: Sequence[bytes | Exception], sent: str
) -> None:
    error = fails(ScriptedPort(script))
    assert isinstance(error, APIConnectionError)
    assert error.sent == sent


def test_nothing_was_sent_when_the_connection_could_not_be_made() -> None:
    error = fails(ScriptedPort(APIConnectionError("refused", sent="no")))
    assert isinstance(error, APIConnectionError)
    assert error.sent == "no"
    assert error.attempts[0].outcome == "not sent: refused"


def test_nothing_was_sent_when_the_first_bytes_were_refused() -> None:
    error = fails(ScriptedPort(Conn(deque_of(Pause(1)), refuses=True)))
    assert isinstance(error, APIConnectionError)
    assert error.sent == "no"


# Reused connections


def test_a_pooled_connection_that_the_server_closed_is_replaced() -> None:
    events: list[TraceEvent] = []
    port = ScriptedPort([OK, b""], [OK])
    settings = settings_with(trace=events.append)
    carry_out(port, settings=settings)
    carry_out(port, settings=settings)
    assert [conn.closed for conn in port.conns] == [True, False]
    assert "connection.stale" in [event.kind for event in events]
    assert not port.conns[0].sent.endswith(port.conns[1].sent * 2), "nothing was sent on it"


def test_all_stale_connections_are_passed_over() -> None:
    port = ScriptedPort([OK, ASKED, b""], [OK, ASKED, b""], [OK])
    wire = PooledWire(port, port.network)
    settings = settings_with()
    first = call(wire, settings, POST, whole=True)
    first.send(None)
    carry_over = call(wire, settings, POST, whole=True)
    run(carry_over)
    run(first)
    assert port.pool.idle == 2
    for conn in port.conns:
        conn.steps.popleft()
    carry_out(port)
    assert [conn.closed for conn in port.conns] == [True, True, False]


@pytest.mark.parametrize("operation", [GET])
def test_a_reused_connection_that_dies_unheard_is_replaced_once(
    operation: Operation[Any, Any],
) -> None:
    events: list[TraceEvent] = []
    port = ScriptedPort([OK, ASKED, b""], [OK, ASKED, OK])

    def trace(event: TraceEvent) -> None:
        events.append(event)
        gc.collect()  # nothing that is garbage now may still own the connection

    settings = settings_with(trace=trace)
    carry_out(port, operation, settings)
    carry_out(port, operation, settings)
    assert "connection.retry" in [event.kind for event in events]
    assert port.pool.in_use == 0
    assert [conn.closed for conn in port.conns] == [True, False]
    carry_out(port, operation, settings)
    assert len(port.conns) == 2, "the replacement went back to the pool"


def test_a_post_that_may_have_been_executed_is_not_sent_again() -> None:
    port = ScriptedPort([OK, ASKED, b""], [OK])
    carry_out(port)
    error = fails(port)
    assert isinstance(error, APIConnectionError)
    assert error.sent == "maybe"
    assert len(port.conns) == 1


def test_a_post_that_was_not_sent_goes_out_on_a_fresh_connection() -> None:
    port = ScriptedPort([OK, ASKED, b""], [OK])
    carry_out(port)
    port.conns[0].refuses = True
    port.conns[0].steps.clear()
    carry_out(port)
    assert [conn.closed for conn in port.conns] == [True, False]


def test_a_fresh_connection_that_dies_is_an_error() -> None:
    port = ScriptedPort([OK, ASKED, b""], [b""], [OK])
    carry_out(port, GET)
    assert isinstance(fails(port, GET), RemoteProtocolError | APIConnectionError)
    assert len(port.conns) == 2


def test_a_body_that_was_opened_and_replays_not_is_not_sent_again() -> None:
    pieces = iter([b"a", b"b"])
    operation = Operation[Any, Any](
        name="put", method="PUT", path="/x", answer=JsonAnswer(object), safe=True,
        body=IterableBody(pieces, "body"),
    )  # fmt: skip
    port = ScriptedPort([OK, ASKED, b""], [OK])
    carry_out(port)
    error = fails(port, operation)
    assert isinstance(error, APIConnectionError)
    assert len(port.conns) == 1


def test_bytes_beyond_the_answer_spoil_the_connection() -> None:
    port = ScriptedPort([OK + b"HTTP/1.1 200 OK\r\n\r\n"], [OK])
    carry_out(port)
    assert port.conns[0].closed
    carry_out(port)


# Early answers


# Early answers


def test_an_early_refusal_ends_the_upload() -> None:
    refusal = answer({"error": "too large"}, status="413 Too Large")
    conn = Conn(deque_of(refusal), takes=0)
    port = ScriptedPort(conn)
    error = fails(port, streamed(b"a" * 10, b"b" * 10))
    assert isinstance(error, APIStatusError)
    assert error.status_code == 413
    assert b"b" * 10 not in conn.sent
    assert conn.closed, "half a request was sent: the connection cannot be used again"


def test_a_refusal_is_read_although_sending_failed() -> None:
    conn = Conn(deque_of(answer({"error": "no"}, status="413 Too Large"), b""), refuses=True)
    error = fails(ScriptedPort(conn), streamed(b"a"))
    assert isinstance(error, APIStatusError)


def test_what_went_wrong_in_sending_is_the_error_when_there_is_no_answer() -> None:
    conn = Conn(deque_of(b""), refuses=True)
    error = fails(ScriptedPort(conn), streamed(b"a"))
    assert "the connection is gone" in str(error)


def test_a_large_body_in_memory_watches_for_an_early_answer() -> None:
    refusal = answer({"error": "too large"}, status="413 Too Large")
    conn = Conn(deque_of(refusal), takes=0)
    port = ScriptedPort(conn)
    error = fails(port, CHAT({"model": "m" * 200_000}))
    assert isinstance(error, APIStatusError)
    assert conn.closed


# Deadlines


@pytest.mark.parametrize(
    ("timeout", "script", "phase", "seconds"),
    [
        (Timeout(connect=2), [Pause(3)], "connect", 2),
        (Timeout(first_byte=2), [[Pause(3), OK]], "first_byte", 2),
        (Timeout(first_byte=2, total=9), [[Pause(1), OK[:5], Pause(1.5), OK[5:]]], "first_byte", 2),
        (Timeout(idle=2), [[OK[:-5], Pause(3), OK[-5:]]], "idle", 2),
        (Timeout(total=2), [Pause(3)], "total", 2),
        (Timeout(total=2), [[Pause(3), OK]], "total", 2),
        (Timeout(total=2), [[OK[:-5], Pause(3), OK[-5:]]], "total", 2),
        (Timeout(total=2, first_byte=5), [[Pause(3), OK]], "total", 2),
    ],
)
def test_the_deadline_that_fires_is_named(
    timeout: Timeout, script: list[Any], phase: str, seconds: float
) -> None:
    port = ScriptedPort(*script)
    error = fails(port, settings=settings_with(timeout=timeout))
    assert isinstance(error, APITimeoutError)
    assert (error.phase, error.seconds) == (phase, seconds)
    assert len(error.attempts) == 1


def test_a_deadline_of_the_call_replaces_the_clients() -> None:
    operation = msgspec.structs.replace(POST, timeout=Timeout(first_byte=5))
    settings = settings_with(timeout=Timeout(first_byte=1))
    carry_out(ScriptedPort([Pause(3), OK]), operation, settings)


def test_waiting_for_the_pool_has_its_deadline() -> None:
    port = ScriptedPort([OK], network=Network(max_connections=1))
    ticket = port.request(ENDPOINT.origin)
    settings = settings_with(timeout=Timeout(connect=1))
    wire = PooledWire(port, port.network)
    with pytest.raises(APITimeoutError) as caught:
        run(call(wire, settings, POST, whole=True))
    assert (caught.value.phase, caught.value.sent) == ("pool", "no")
    assert port.pool.waiting == 0
    port.release(ticket, reuse=False)
    carry_out(port)


# TLS and proxies


def test_tls_begins_before_the_request() -> None:
    port = ScriptedPort([OK])
    carry_out(port, settings=Settings(endpoint=Endpoint("https://api.test")))
    assert port.log == ["connect", "start_tls", "send", "receive"]
    assert port.conns[0].tls == "api.test"
    assert port.conns[0].address == ("api.test", 443)


# Trace


def test_the_trace_tells_the_story_without_secrets() -> None:
    events: list[TraceEvent] = []
    port = ScriptedPort([ASKED, OK, ASKED, OK])
    settings = settings_with(trace=events.append)
    carry_out(port, settings=settings)
    carry_out(port, settings=settings)
    story = ["call.start", "attempt.start", "connection.open", "request.sent", "response.head"]
    assert [event.kind for event in events[:7]] == [*story, "response.end", "call.end"]
    assert events[9].kind == "connection.reuse"
    assert events[6].status == 200
    assert events[6].request_id == "req-1"
    assert "sk-test" not in repr(events)


def test_an_answer_that_nobody_holds_frees_its_connection() -> None:
    port = ScriptedPort([head("200 OK", "transfer-encoding: chunked") + chunk(b"abc")])
    reply = carry_out(port, whole=False)
    assert port.pool.in_use == 1
    del reply
    assert port.pool.in_use == 0
    assert port.conns[0].closed


def test_a_json_body_says_what_it_is() -> None:
    assert isinstance(POST.body, JsonBody)
    port = ScriptedPort([OK])
    carry_out(port)
    assert b"content-type: application/json" in bytes(port.conns[0].sent).lower()


def test_a_proxy_that_hangs_up_has_executed_nothing() -> None:
    network = Network(proxy=Proxy("proxy.test", 3128, "user", Secret("sesame")))
    settings = Settings(endpoint=Endpoint("https://api.test/v1"))
    error = fails(ScriptedPort([b""], network=network), settings=settings)
    assert isinstance(error, APIConnectionError)
    assert error.sent == "no"
    assert "sesame" not in repr(error.__dict__)


def test_a_server_without_tls_is_asked_through_the_proxy_in_absolute_form() -> None:
    network = Network(proxy="http://user:open-sesame@proxy.test:3128")
    port = ScriptedPort([ASKED, OK, ASKED, OK], network=network)
    for _ in range(2):
        carry_out(port)
    (conn,) = port.conns
    assert conn.address == Address("proxy.test", 3128)
    assert conn.sent.count(b"POST http://api.test/v1/chat HTTP/1.1\r\n") == 2
    assert conn.sent.count(b"proxy-authorization: Basic dXNlcjpvcGVuLXNlc2FtZQ==\r\n") == 2
    said = "no: open-sesame, dXNlcjpvcGVuLXNlc2FtZQ=="
    error = fails(ScriptedPort([answer({"error": said}, status="403 No")], network=network))
    assert isinstance(error, APIStatusError)
    assert str(error).endswith("no: ***, ***")
    error = fails(ScriptedPort([answer({}, status="407 No")], network=network))
    assert isinstance(error, APIConnectionError)
    assert error.sent == "no"


def test_a_websocket_goes_through_a_tunnel_of_its_own_without_tls_too() -> None:
    network = Network(proxy="http://user:open-sesame@proxy.test:3128")
    opened, refused = ASKED, answer({"error": {"message": "no key"}}, status="401 No")
    tunnel = b"HTTP/1.1 200 Connection established\r\n\r\n"
    port = ScriptedPort([tunnel, opened, refused], [OK], network=network)
    asking = msgspec.structs.replace(
        GET, headers=(("upgrade", "websocket"), ("connection", "Upgrade"))
    )
    assert isinstance(fails(port, asking), APIStatusError)
    carry_out(port)
    socket, plain = port.conns
    assert bytes(socket.sent).startswith(b"CONNECT api.test:80 HTTP/1.1\r\n")
    assert b"\r\n\r\nGET /v1/" in socket.sent
    assert socket.sent.count(b"proxy-authorization") == 1, "the server gets none"
    assert bytes(plain.sent).startswith(b"POST http://api.test/v1/chat HTTP/1.1\r\n")
