"""Faults: what each does to bytes, and which requests a script has them for."""

import base64
import gzip
import math
import zlib

import pytest

from api_openai.emulator import CloseConnection, Emulator, Pause, ResetConnection, SendBytes
from api_openai.emulator import faults as f
from api_openai.emulator.http.json_documents import Object

from .peer import Answer, actions, answers, ask, request, sent

CHAT: Object = {
    "model": "gpt-4o",
    "messages": [{"role": "user", "content": "Hi"}],
    "stream": True,
}
MODELS = request("GET", "/models")
STREAM = request("POST", "/chat/completions", CHAT)


def meet(
    *faults: f.Fault, data: bytes = MODELS
) -> list[SendBytes | Pause | CloseConnection | ResetConnection]:
    connection = Emulator(faults=[faults]).connection()
    connection.receive_data(data)
    return actions(connection)


def stream(*faults: f.Fault) -> Answer:
    return answers(sent(meet(*faults, data=STREAM)), "POST")[0]


def whole(data: bytes = MODELS) -> bytes:
    return sent(meet(data=data))


def test_no_fault() -> None:
    assert meet() == [SendBytes(whole())]


@pytest.mark.parametrize("count", [0, 1, 100, 10_000])
@pytest.mark.parametrize(
    ("fault", "end"),
    [(f.Reset, ResetConnection()), (f.Close, CloseConnection())],
    ids=["reset", "close"],
)
def test_an_end_after_so_many_bytes(
    fault: type[f.Reset] | type[f.Close], end: ResetConnection | CloseConnection, count: int
) -> None:
    for data in (MODELS, STREAM):
        found = meet(fault(after_bytes=count), data=data)
        assert sent(found) == whole(data)[:count]
        assert found[-1] == end


def test_a_reset_before_the_body_is_read() -> None:
    emulator = Emulator(faults=[f.Reset()])
    connection = emulator.connection()
    connection.receive_data(STREAM[:-20])
    assert actions(connection) == [ResetConnection()]
    assert emulator.state.chats == {}


def test_a_stall() -> None:
    found = meet(f.Stall(after_bytes=100, seconds=7))
    assert [type(action) for action in found] == [SendBytes, Pause, SendBytes]
    assert found[0] == SendBytes(whole()[:100])
    assert found[1] == Pause(7)
    assert sent(found) == whole()
    assert meet(f.Stall())[0] == Pause(math.inf)
    late = meet(f.Stall(after_bytes=len(whole(STREAM)) - 50, seconds=7), data=STREAM)
    at = late.index(Pause(7))
    assert (len(sent(late[at:])), sent(late)) == (50, whole(STREAM))
    assert meet(f.Stall(after_bytes=10_000, seconds=1))[-1] == Pause(1)


def test_a_slow_answer() -> None:
    found = meet(f.Slow(bytes_per_second=1000))
    assert sent(found) == whole()
    assert all(len(action.data) <= 50 for action in found if isinstance(action, SendBytes))
    seconds = sum(action.seconds for action in found if isinstance(action, Pause))
    assert seconds == pytest.approx(len(whole()) / 1000)


def test_a_status() -> None:
    emulator = Emulator(faults=[f.Status(429, retry_after=1.5), f.Status(500, body="oops"), None])
    limited = ask(emulator, "POST", "/chat/completions", {**CHAT, "store": True, "stream": False})
    assert (limited.status, limited.headers["retry-after"]) == (429, "1.5")
    assert limited.error["code"] == "rate_limit_exceeded"
    assert emulator.state.chats == {}
    broken = ask(emulator, "GET", "/models")
    assert (broken.status, broken.body) == (500, b"oops")
    assert broken.headers["content-type"] == "text/plain"
    assert ask(emulator, "GET", "/models").status == 200


def test_a_status_with_a_body_of_its_own() -> None:
    fault = f.Status(503, body={"detail": []}, headers={"X-Should-Retry": "false"})
    answer = ask(Emulator(faults=[fault]), "GET", "/models")
    assert (answer.document, answer.headers["x-should-retry"]) == ({"detail": []}, "false")
    quota = f.Status(429, code="insufficient_quota", type="insufficient_quota")
    assert ask(Emulator(faults=[quota]), "GET", "/models").error["code"] == "insufficient_quota"


def test_html_garbage_and_raw_bytes() -> None:
    [page] = answers(sent(meet(f.Html())), "GET")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"HTTP" not in sent(meet(f.Garbage()))
    assert meet(f.Raw(b"HTTP/1.1 200 OK\r\n\r\nbody")) == [
        SendBytes(b"HTTP/1.1 200 OK\r\n\r\nbody"),
        CloseConnection(),
    ]


def test_after_raw_bytes_the_connection_can_go_on() -> None:
    raw = b"HTTP/1.1 204 No Content\r\n\r\n"
    connection = Emulator(faults=[f.Raw(raw, close=False)]).connection()
    connection.receive_data(MODELS + MODELS)
    found = actions(connection)
    assert found[0] == SendBytes(raw)
    assert [answer.status for answer in answers(sent(found), "GET", "GET")] == [204, 200]


def test_an_early_error() -> None:
    for close in (True, False):
        connection = Emulator(faults=[f.EarlyError(413, close=close)]).connection()
        connection.receive_data(STREAM[:-20])
        found = actions(connection)
        assert answers(sent(found), "POST")[0].status == 413
        assert (CloseConnection(linger=True) in found) == close
        connection.receive_data(STREAM[-20:] + MODELS)
        rest = sent(actions(connection))
        assert rest == b"" if close else rest.startswith(b"HTTP/1.1 200 ")


def test_an_early_error_during_a_long_upload() -> None:
    connection = Emulator(faults=[(f.EarlyError(close=False), f.Stall(seconds=1))]).connection()
    fields = {"content-length": "2000000"}
    connection.receive_data(request("POST", "/responses", headers=fields))
    assert connection.next_action() == Pause(1)
    connection.receive_data(b"x" * 400_000)
    assert not connection.wants_data
    assert answers(sent(actions(connection)), "POST")[0].status == 413
    assert connection.wants_data
    connection.receive_data(b"x" * 1_600_000 + MODELS)
    assert sent(actions(connection)).startswith(b"HTTP/1.1 200 ")


def test_a_dropped_connection_says_nothing() -> None:
    found = meet(f.DropKeepAlive())
    assert found == [SendBytes(whole()), CloseConnection()]
    assert b"connection: close" not in sent(found)


def test_a_truncated_stream() -> None:
    full = stream()
    proper = stream(f.Truncate(after=2, proper=True))
    assert (proper.events, proper.complete) == (full.events[:2], True)
    found = meet(f.Truncate(after=2), data=STREAM)
    [improper] = answers(sent(found), "POST")
    assert (improper.events, improper.complete) == (full.events[:2], False)
    assert found[-1] == CloseConnection()


def test_a_truncated_document() -> None:
    [full] = answers(whole(), "GET")
    [proper] = answers(sent(meet(f.Truncate(after=20, proper=True))), "GET")
    assert (proper.body, proper.headers["content-length"]) == (full.body[:20], "20")
    [improper] = answers(sent(meet(f.Truncate(after=20))), "GET")
    assert improper.body == full.body[:20]
    assert improper.headers["content-length"] == str(len(full.body))
    assert not improper.complete


def test_changes_of_a_stream() -> None:
    full = stream()
    failed = stream(f.MidStreamError(after=2, message="gone"))
    assert failed.events[:2] == full.events[:2]
    assert b'"message":"gone"' in failed.events[2]
    assert (len(failed.events), failed.complete) == (3, True)
    assert stream(f.NoDone()).events == full.events[:-1]
    commented = stream(f.Comments("PROCESSING"))
    assert commented.body.count(b": PROCESSING\n\n") == len(full.events)
    assert commented.events == full.events
    both = stream(f.NoDone(), f.Comments())
    assert both.events == full.events[:-1]


def test_compression() -> None:
    [packed] = answers(sent(meet(f.Compress())), "GET")
    assert gzip.decompress(packed.body) == answers(whole(), "GET")[0].body
    deflated = stream(f.Compress("deflate"))
    assert deflated.headers["content-encoding"] == "deflate"
    unpacker = zlib.decompressobj()
    parts = [unpacker.decompress(part) for part in deflated.parts]
    assert parts[:-1] == stream().parts


def test_faults_pass_documents_by() -> None:
    for fault in (f.MidStreamError(), f.NoDone(), f.Comments()):
        assert sent(meet(fault)) == whole()


def test_a_script_matches_requests() -> None:
    emulator = Emulator()
    emulator.script(f.Status(500), path="/chat/*", times=2)
    emulator.script(f.Status(503), None, method="GET")
    emulator.script(f.Status(502), when=lambda head: "x-me" in head.headers, times=math.inf)
    assert ask(emulator, "GET", "/models").status == 503
    assert ask(emulator, "POST", "/chat/completions", CHAT).status == 500
    assert ask(emulator, "GET", "/models").status == 200
    assert ask(emulator, "GET", "/chat/completions").status == 500
    assert ask(emulator, "GET", "/chat/completions").status == 200
    assert [ask(emulator, "GET", "/models", headers={"x-me": "1"}).status for _ in "123"] == [
        502
    ] * 3
    assert emulator.pending_faults == 1
    emulator.clear_script()
    assert ask(emulator, "GET", "/models", headers={"x-me": "1"}).status == 200


def test_the_header_asks_for_faults() -> None:
    def ask_for(spec: str) -> Answer:
        return ask(
            Emulator(), "POST", "/chat/completions", CHAT, headers={"x-emulator-fault": spec}
        )

    assert ask_for("status;status=503;retry-after=2").headers["retry-after"] == "2"
    body = ask_for("no-done, comments;text=hm").body
    assert body.startswith(b": hm\n\n")
    assert b"[DONE]" not in body
    unknown = ask_for("explode")
    assert (unknown.status, unknown.error["param"]) == (400, "x-emulator-fault")
    assert ask_for("status;colour=red").status == 400


def test_faults_are_parsed() -> None:
    raw = base64.b64encode(b"bytes, any").decode()
    assert f.parse(f"reset;after=120, close ; after_bytes=3,raw;data={raw};close=false") == (
        f.Reset(after_bytes=120),
        f.Close(after_bytes=3),
        f.Raw(b"bytes, any", close=False),
    )
    assert f.parse("stall;seconds=0.5") == (f.Stall(seconds=0.5),)
    assert f.parse("") == ()
    for wrong in ("reset;after=x", "raw", "slow", "nothing"):
        with pytest.raises(ValueError, match=r"^fault "):
            f.parse(wrong)
    assert {type(fault) for name in f.FAULTS for fault in f.parse(_least(name))} == set(
        f.FAULTS.values()
    )


def _least(name: str) -> str:
    needed = {
        "slow": "bytes_per_second=1",
        "raw": "data=",
        "say": "text=x",
        "call-function": "name=f",
    }
    return f"{name};{needed[name]}" if name in needed else name
