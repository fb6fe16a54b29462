"""Files of results, of a run or of a batch, as typed values."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai import Client, meta
from api_openai.bulk import Failure, Result, results
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.types.chat import ChatCompletion

from .samples import line, row

ANSWER: Final[dict[str, Any]] = {
    "id": "c1",
    "choices": [],
    "created": 1,
    "model": "m",
    "object": "chat.completion",
}


def out(key: str, body: Any = ANSWER, status: int = 200, **changes: Any) -> bytes:
    response = {"status_code": status, "request_id": "r", "body": body}
    whole = {"id": "batch_req_1", "custom_id": key, "response": response, "error": None}
    return json.dumps(whole | changes).encode() + b"\n"


EXPIRED = {"code": "batch_expired", "message": "It was not done in time."}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def keys(*given: Any, **options: Any) -> list[str]:
    return [each.custom_id for each in results(*given, **options)]


def test_answers_are_typed(path: Path) -> None:
    path.write_bytes(out("a", ANSWER | {"new": 1, "choices": None}))
    [found] = results(path, ChatCompletion)
    assert isinstance(found.answer, ChatCompletion)
    assert found.answer.id == "c1"
    assert found.answer.to_dict()["new"] == 1, "what is unknown is kept"
    assert meta(found.answer).issues
    assert (found.error, found.status_code, found.request_id) == (None, 200, "r")
    [plain] = results(path)
    assert (plain.answer or {})["new"] == 1


def test_strict_refuses_what_does_not_fit(path: Path) -> None:
    path.write_bytes(out("a") + out("b", ANSWER | {"created": "soon"}))
    assert [each.answer is not None for each in results(path, ChatCompletion)] == [True, True]
    right, wrong = results(path, ChatCompletion, strict=True)
    assert right.answer is not None
    assert wrong.answer is None
    assert wrong.error is not None
    assert wrong.error.code == "misfit"
    assert "out.jsonl, line 2: " in wrong.error.message
    assert "created" in wrong.error.message


def test_an_answer_of_another_kind(path: Path) -> None:
    path.write_bytes(out("a", [1]))
    [found] = results(path, ChatCompletion)
    assert (found.answer, found.status_code) == (None, 200)
    assert found.error is not None
    assert (found.error.code, found.error.body) == ("misfit", [1])
    assert [each.answer for each in results(path)] == [[1]]


def test_both_forms_of_errors(path: Path) -> None:
    said = {"error": {"message": "no", "code": "bad", "type": "t", "param": None}}
    path.write_bytes(out("a", said, 400) + out("b", response=None, error=EXPIRED))
    refused, expired = results(path, ChatCompletion)
    assert refused.error == Failure(message="no", code="bad", type="t", status_code=400, body=said)
    assert expired == Result(
        custom_id="b",
        answer=None,
        error=Failure(message=EXPIRED["message"], code="batch_expired"),
        id="batch_req_1",
    )
    assert str(expired.error) == "batch_expired: It was not done in time."


def test_order(path: Path, tmp_path: Path) -> None:
    path.write_bytes(out("c") + out("a") + out("b", 1))
    other = tmp_path / "errors.jsonl"
    other.write_bytes(out("d", {}, 500) + out("b", 2))
    source = tmp_path / "rows.jsonl"
    source.write_bytes(b"".join(line(key) for key in "abcxd"))
    assert keys(path) == ["c", "a", "b"]
    assert keys([path, other]) == ["c", "a", "b", "d", "b"]
    assert keys([path, other], order=source) == ["a", "b", "c", "d"]
    assert keys(path, order=map(row, "cab")) == ["c", "a", "b"]
    [_, found, *_] = results([path, str(other)], order=source)
    assert found.answer == 2, "of rows with one key the last"
    assert keys(path, order=[3]) == []
    path.write_bytes(out("row 1", {}, 400))
    assert keys(path, order=[3]) == ["row 1"]


def test_an_order_that_is_awaited_is_refused(path: Path) -> None:
    path.write_bytes(b"")

    async def rows() -> AsyncIterator[Any]:
        yield row()

    with pytest.raises(TypeError, match="order: expected a path or an iterable of rows"):
        list(results(path, order=rows()))


@pytest.mark.parametrize("kind", ["Response", 3, [int]])
def test_a_kind_that_is_no_type(path: Path, kind: Any) -> None:
    with pytest.raises(TypeError, match=re.escape(f"results kind={kind!r}: expected a type")):
        results(path, kind)


def test_torn_and_empty_lines_are_not_there(path: Path) -> None:
    path.write_bytes(b"\n" + out("a") + b"\r\n" + out("b")[:-1])
    assert keys(path) == keys(path, order=map(row, "ab")) == ["a"]


@pytest.mark.parametrize("bad", [b"{}\n", b"x\n", b"[]\n", b'{"custom_id": 1}\n'])
def test_lines_that_are_no_results(path: Path, bad: bytes) -> None:
    path.write_bytes(out("a") + bad)
    for options in ({}, {"order": [row("a")]}):
        with pytest.raises(ValueError, match=r"out.jsonl, line 2: it is no row of results"):
            keys(path, **options)


def test_rows_of_others_with_halves_of_characters_are_read(path: Path) -> None:
    path.write_bytes(out("a", {"text": "\ud83d"}))
    [found] = results(path)
    assert found.answer == {"text": "\ufffd"}


def test_files_of_batches(path: Path, tmp_path: Path) -> None:
    client = Client(api_key="k", transport=MemoryTransport(Emulator(any_model=True)))
    rows = line("good") + line("bad", body={"model": "m", "messages": 3})
    file = client.files.create(file=("rows.jsonl", rows), purpose="batch")
    batch = client.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    while batch.status != "completed":
        batch = client.batches.retrieve(batch.id)
    paths: list[Path] = []
    for id in (batch.output_file_id, batch.error_file_id):
        if id is not None:
            paths.append(tmp_path / f"{id}.jsonl")
            paths[-1].write_bytes(client.files.content(id).read())
    found = {each.custom_id: each for each in results(paths, ChatCompletion)}
    assert isinstance(found["good"].answer, ChatCompletion)
    assert found["bad"].error is not None
    assert found["bad"].error.status_code == 400
    assert keys(paths, order=[row("bad"), row("good")]) == ["bad", "good"]
