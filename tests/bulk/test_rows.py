"""Rows in and out: what is refused and in which words, and that what is written all can read."""

import io
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from api_openai.bulk import results
from api_openai.bulk.journal import Journal
from api_openai.bulk.rows import Request, RowError, Usage, answered, failed, request_row
from api_openai.bulk.tidying import tidied
from api_openai.core.call.error_answers import status_error
from api_openai.core.request.answer_kinds import BytesAnswer, EventsAnswer, TextAnswer
from api_openai.core.terms.errors import (
    APIConnectionError,
    APITimeoutError,
    Attempt,
    PolicyRefusedError,
)
from api_openai.core.terms.http_message import Headers, ResponseHead
from api_openai.operations import audio

from .samples import BODY, URL, Reply, line, operation, request, row

HALF = "\ud83d"
"""Half of a character."""


def answer(content: bytes, **known: Any) -> tuple[bytes, Usage | None]:
    reply: Any = Reply(content, **known)
    return answered(request(), "bulk_req_1", reply)


def read(data: bytes, folder: Path) -> Any:
    """A row, as the reader has it; it has to be one line of JSON to anybody."""
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1
    assert b"\r" not in data
    document = json.loads(data)
    assert json.loads(data.decode()) == document
    path = folder / "out.jsonl"
    path.write_bytes(data)
    [found] = results(path)
    with Journal.open(path, resume=True) as journal:
        assert document["custom_id"] in journal.finished().keys
    assert found.custom_id == document["custom_id"]
    return found


# In.


def test_a_row_is_an_operation() -> None:
    for given_ in (row(), line(), line().decode(), MappingProxyType(row())):
        found = Request.of_row(given_, 1)
        asked = found.operation
        assert (found.key, asked.method, asked.path) == ("k", "POST", "/chat/completions")
        assert json.loads(asked.body.whole() or b"") == BODY if asked.body else False
        assert asked.model == "m"


def test_urls_of_other_roots_stay() -> None:
    assert request(url="/other/thing").operation.path == "/other/thing"
    assert request(method="GET").operation.method == "GET"


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        (row(None), "custom_id=None: expected text"),
        (row(""), "custom_id='': expected text"),
        (row(3), "custom_id=3: expected text"),
        (row(url=None), "url=None: expected a path, as /v1/responses"),
        (row(url="https://api.openai.com/v1/responses"), "expected a path"),
        (row(url="//host/v1"), "url='//host/v1': expected a path"),
        (row(url="/v1/a b"), "expected a path"),
        (row(url="/v1/a\nb"), "expected a path"),
        (row(url="/v1/ü"), "expected a path"),
        (row(url="/v1/a#b"), "expected a path"),
        (row(url="/v1/a?b=1"), "expected no query"),
        (row(method="TRACE"), "method='TRACE': expected POST"),
        (row(method=["POST"]), "method=['POST']: expected POST"),
        (row(body=[1]), "body=[1]: expected an object"),
        (row(body="x" * 500), "...: expected an object"),
        (row(body=None), "body=null"),
        (row(body={"stream": True}), "body.stream: expected none"),
        ({"custom_id": "k"}, "expected an object with custom_id, method, url, body"),
        (b"[]", "expected an object with custom_id"),
        (b"", "expected JSON"),
        (b"{", "expected JSON"),
        (b"\xef\xbb\xbf" + line(), "expected JSON"),
        (b'{"custom_id":"\xff","url":"/x","body":{}}', "expected JSON"),
        ('{"custom_id":"\ud800","url":"/x","body":{}}', "expected JSON"),
        (b'{"custom_id":"\\ud800","url":"/x","body":{}}', "expected JSON"),
        (row(body={"a": HALF}), "expected JSON"),
        (row(body={"a": object()}), "expected JSON"),
        (row(body={"a": float("nan")}) | {"url": 1}, "url=1"),
        (b'{"custom_id":"k","url":"/x","body":' + b"[" * 100_000, "expected JSON"),
    ],
)
def test_rows_that_are_none(given_: Any, words: str) -> None:
    with pytest.raises(RowError) as caught:
        Request.of_row(given_, 7)
    assert words in str(caught.value)
    assert str(caught.value).startswith("row 7: ")
    assert len(str(caught.value)) < 300
    assert caught.value.number == 7


def test_a_row_error_knows_the_key_where_there_is_one() -> None:
    with pytest.raises(RowError) as caught:
        Request.of_row(row("mine", url=None), 1)
    assert caught.value.key == "mine"
    with pytest.raises(RowError) as caught:
        Request.of_row(row(None), 1)
    assert caught.value.key is None


@pytest.mark.parametrize(
    ("kind", "words"), [(EventsAnswer(int), "a stream"), (BytesAnswer(), "no JSON document")]
)
def test_operations_whose_answer_is_no_row(kind: Any, words: str) -> None:
    asked = msgspec.structs.replace(operation(), answer=kind)
    with pytest.raises(RowError, match=words):
        Request.of_operation("k", asked, 1)


def test_of_keys_that_come_twice_the_last_counts() -> None:
    found = Request.of_row(b'{"custom_id":"a","custom_id":"b","url":"/x","body":{}}', 1)
    assert found.key == "b"


def test_ids_tell_requests_apart() -> None:
    same = {request().id, Request.of_row(line(), 5).id}
    assert len(same) == 1
    others = [request("j"), request(url="/v1/responses"), request(body={"model": "n"})]
    assert len(same | {each.id for each in others}) == 4


def test_ids_of_files_are_what_is_in_them(tmp_path: Path) -> None:
    def id_of(file: Any) -> str:
        made: Any = audio.transcriptions_create(model="w", file=file)
        return Request("k", made).id

    here = tmp_path / "a.wav"
    here.write_bytes(b"abc")
    files: list[Any] = [lambda: b"abc", lambda: b"abd", lambda: ("x.wav", b"abc"), lambda: here]
    found = [id_of(file()) for file in files]
    assert found == [id_of(file()) for file in files]
    assert len({*found}) == 4
    assert id_of(io.BytesIO(b"a")) == id_of(io.BytesIO(b"a")), "nothing is read for it"


def test_requests_are_rows_again() -> None:
    asked = request("a\nb", body={"text": "\r\n\0"})
    again = Request.of_row(request_row(asked), 1)
    assert (again.id, again.key) == (asked.id, "a\nb")
    made: Any = audio.transcriptions_create(model="w", file=b"")
    with pytest.raises(RowError, match="a JSON body"):
        request_row(Request("k", made))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=4), st.text(min_size=1), st.booleans())
def test_any_body_goes_through(body: dict[str, Any], key: str, pretty: bool) -> None:
    body.pop("stream", None)
    whole = {"custom_id": key, "url": URL, "body": body}
    try:
        data = json.dumps(whole, indent=2 if pretty else None, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    asked = Request.of_row(data.replace(b"\n", b"\r\n") if pretty else data, 1)
    written = request_row(asked)
    assert written.count(b"\n") == 1
    assert json.loads(written)["body"] == body


# Out.


def test_a_row_of_an_answer(tmp_path: Path) -> None:
    content = b'{\r\n "id": "x",\n "usage": {"prompt_tokens": 3, "completion_tokens": 4}}\n'
    data, usage = answer(content)
    assert usage == Usage(3, 4)
    assert usage is not None
    assert usage.total == 7
    document = json.loads(data)
    assert document["response"]["body"] == json.loads(content)
    assert document == {
        "id": "bulk_req_1",
        "custom_id": "k",
        "response": {
            "status_code": 200,
            "request_id": "req_1",
            "body": document["response"]["body"],
        },
        "error": None,
        "seconds": 0.25,
    }
    found = read(data, tmp_path)
    assert (found.answer, found.seconds) == (json.loads(content), 0.25)


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ({"input_tokens": 1, "output_tokens": 2}, (1, 2)),
        ({"prompt_tokens": 5, "total_tokens": 5}, (5, 0)),
        ({"total_tokens": 9, "completion_tokens": 4}, (5, 4)),
        ({"prompt_tokens": -3}, (0, 0)),
        ({"prompt_tokens": "3"}, (0, 0)),
        ({"seconds": 3}, (0, 0)),
        (None, (0, 0)),
        ([1], (0, 0)),
    ],
)
def test_tokens(said: Any, tokens: tuple[int, int]) -> None:
    assert answer(json.dumps({"usage": said}).encode())[1] == Usage(*tokens)


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"[1]", [1]),
        (b'"text"', "text"),
        (b'{"a":"\\ud83d"}', {"a": "\ufffd"}),
        (b'{"a":"\xff"}', {"a": "\ufffd"}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":NaN}', {"a": None}),
        (b'{"a":-Infinity}', {"a": None}),
        (b'{"a":"x\ny"}', {"a": "x\ny"}),
        (b'{"a":"\x00"}', {"a": "\0"}),
        (b'{"a":' + b"9" * 30 + b"}", {"a": int("9" * 30)}),
        (b'{"a":[\xff' + b"1]}", None),
        (b'{"\\ud83d":"\\ud83d\\ude00"}', {"\ufffd": "😀"}),
        (b'{"usage":{"prompt_tokens":2},"a":"\\udc00"}', "tokens"),
    ],
)
def test_answers_that_a_client_can_read_are_answers(
    content: bytes, kept: Any, tmp_path: Path
) -> None:
    data, usage = answer(content)
    found = read(data, tmp_path)
    if kept is None:
        assert usage is None
    elif kept == "tokens":
        assert usage == Usage(2, 0)
    else:
        assert (found.error, usage) == (None, Usage())
        assert json.loads(data)["response"]["body"] == kept


@pytest.mark.parametrize(
    "content",
    [b"", b" \n", b"<html>\n</html>", b"{", b"{}x", b"\x00\xff", b"[" * 100_000, b"{'a': 1}"],
)
def test_answers_that_are_none(content: bytes, tmp_path: Path) -> None:
    data, usage = answer(content)
    assert usage is None
    found = read(data, tmp_path)
    assert found.answer is None
    assert (found.error.code, found.error.type) == ("unreadable_answer", "ResponseDecodeError")
    assert (found.status_code, found.request_id) == (200, "req_1")
    assert found.error.body == content.decode("utf-8", "replace")


def test_texts_are_answers(tmp_path: Path) -> None:
    asked = Request("k", msgspec.structs.replace(operation(), answer=TextAnswer()))
    reply: Any = Reply("1\n00:00 ü".encode())
    data, usage = answered(asked, "i", reply)
    assert (read(data, tmp_path).answer, usage) == ("1\n00:00 ü", Usage())
    reply.content = b"\xff"
    assert answered(asked, "i", reply)[1] is None


@given(st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_answered_is_one_line(content: bytes) -> None:
    data, _ = answer(content)
    assert data.count(b"\n") == 1
    assert json.loads(data)["custom_id"] == "k"


def refusal(body: bytes, status: int = 400) -> Any:
    return status_error(ResponseHead(status, Headers(((b"x-request-id", b"req_2"),))), body)


def test_a_row_of_a_refusal(tmp_path: Path) -> None:
    error = refusal(
        b'{"error": {"message": "no", "code": "bad", "type": "t", "param": "p"}}\n', 422
    )
    error.attempts = (Attempt(1, "https://a.test", f"answered 422 {HALF}", 0.1),)
    data = failed("k", "i", error)
    document = json.loads(data)
    assert document["error"] is None
    assert document["response"]["status_code"] == 422
    found = read(data, tmp_path)
    assert str(found.error) == "422 bad: no"
    assert (found.error.type, found.error.param, found.request_id) == ("t", "p", "req_2")
    assert found.attempts[0]["endpoint"] == "https://a.test"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>busy</html>", "<html>busy</html>"),
        (b"", "status 503"),
        (b'{"error": "busy"}', "busy"),
        (b'{"message": "busy"}', "busy"),
        (b"[1]", "[1]"),
        (b"\xff", "\ufffd"),
        (b"[" * 5000, "[" * 5000),
    ],
)
def test_refusals_in_other_forms(body: bytes, message: str, tmp_path: Path) -> None:
    found = read(failed("k", "i", refusal(body, 503)), tmp_path)
    assert message in found.error.message
    assert found.error.status_code == 503


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (APIConnectionError(f"gone {HALF}", sent="maybe"), "api_connection_error"),
        (APITimeoutError("late", phase="total", seconds=3), "api_timeout_error"),
        (PolicyRefusedError("no", policy="rate_limit"), "policy_refused_error"),
        (RowError("none", 3), "row_error"),
        (OSError(28, "No space left"), "os_error"),
    ],
)
def test_rows_of_what_was_never_answered(error: Exception, code: str, tmp_path: Path) -> None:
    found = read(failed("k", "i", error), tmp_path)
    assert (found.error.code, found.error.type) == (code, type(error).__name__)
    assert found.status_code is None
    assert found.error.message == str(error).replace(HALF, "\ufffd")


def test_tidied_is_strict() -> None:
    assert (
        tidied(b'\xef\xbb\xbf{"a": [NaN, "\\ud83d", 1e999]}')
        == '{"a":[null,"\ufffd",null]}'.encode()
    )
    with pytest.raises(ValueError, match="not JSON"):
        tidied(b"{")


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + line("a"), "\ufeff" + line("a").decode()])
def test_a_byte_order_mark_is_no_part_of_the_first_row(data: bytes | str) -> None:
    assert Request.of_row(data, 1) == Request.of_row(line("a"), 1)
    with pytest.raises(RowError, match="expected JSON"):
        Request.of_row(data, 2)
