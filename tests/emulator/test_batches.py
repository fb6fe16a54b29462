"""Batches: files that are none fail, and answers are in files as the Batch API writes them."""

import json
from typing import Any

import pytest

from api_openai import Client
from api_openai.emulator import Emulator, MemoryTransport
from api_openai.types import Batch

CHAT = "/v1/chat/completions"
HELLO: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello Rome"}]}
REFUSED: dict[str, Any] = {"model": "gpt-4o"}


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Client:
    return Client(api_key="k", transport=MemoryTransport(Emulator(clock=clock)), strict=True)


def row(name: str, body: object = HELLO, url: str = CHAT, **more: object) -> bytes:
    document = {"custom_id": name, "method": "POST", "url": url, "body": body, **more}
    return json.dumps({key: value for key, value in document.items() if value is not None}).encode()


def begun(client: Client, content: bytes, endpoint: Any = CHAT) -> Batch:
    file = client.files.create(file=("in.jsonl", content), purpose="batch")
    return client.batches.create(input_file_id=file.id, endpoint=endpoint, completion_window="24h")


def rows_of(client: Client, name: str | None) -> list[Any]:
    assert name is not None
    return [json.loads(each) for each in client.files.content(name).read().splitlines()]


def looked_at(client: Client, batch: Batch, times: int) -> Batch:
    for _ in range(times):
        batch = client.batches.retrieve(batch.id)
    return batch


def test_a_batch_makes_its_requests(client: Client) -> None:
    batch = begun(client, b"\n".join([row("one"), b"", row("bad", REFUSED), row("two"), b""]))
    assert (batch.status, batch.output_file_id, batch.in_progress_at) == ("validating", None, None)
    seen = [client.batches.retrieve(batch.id) for _ in range(4)]
    assert [each.status for each in seen] == [
        *("in_progress", "finalizing", "completed", "completed"),
    ]
    totals = [each.request_counts.total for each in seen if each.request_counts]
    assert totals == [3] * 4
    done = seen[-1]
    assert done == seen[-2]
    assert done.errors is None
    counts = done.request_counts
    assert counts is not None
    assert (counts.total, counts.completed, counts.failed) == (3, 2, 1)
    good, bad = rows_of(client, done.output_file_id), rows_of(client, done.error_file_id)
    assert [each["custom_id"] for each in good] == ["one", "two"]
    assert all(each.keys() == {"id", "custom_id", "response", "error"} for each in good + bad)
    assert good[0]["id"].startswith("batch_req_")
    response = good[0]["response"]
    assert response.keys() == {"status_code", "request_id", "body"}
    assert "Hello Rome" in response["body"]["choices"][0]["message"]["content"]


def test_a_refused_request_has_its_answer_in_the_error_file(client: Client) -> None:
    done = looked_at(client, begun(client, row("bad", REFUSED)), 3)
    assert (done.status, done.output_file_id) == ("completed", None)
    [bad] = rows_of(client, done.error_file_id)
    assert bad["error"] is None
    assert bad["response"]["status_code"] == 400
    assert bad["response"]["body"]["error"]["param"] == "messages"


BAD: dict[str, tuple[bytes, list[tuple[str, int | None, str | None]]]] = {
    "no JSON": (row("a") + b"\nno request\n[1]", [("invalid_json_line", 2, None), ("invalid_json_line", 3, None)]),
    "not UTF-8": (b'{"custom_id": "\xff"}', [("invalid_json_line", 1, None)]),
    "the same name": (
        b"\n\n".join([row("a"), row("b"), row("a")]),
        [("duplicate_custom_id", 5, "custom_id")],
    ),
    "another url": (row("a") + b"\n" + row("b", url="/v1/responses"), [("url_mismatch", 2, "url")]),
    "another model": (
        row("a") + b"\n" + row("b", {**HELLO, "model": "gpt-5"}),
        [("model_mismatch", 2, "body.model")],
    ),
    "nothing": (b"", [("empty_file", None, None)]),
    "empty lines": (b"\n \r\n", [("empty_file", None, None)]),
    "no name": (row("a", custom_id=None), [("missing_required_parameter", 1, "custom_id")]),
    "no body": (row("a", None), [("missing_required_parameter", 1, "body")]),
    "a body of text": (row("a", "Hi"), [("invalid_request", 1, "body")]),
    "a number as name": (row("a", custom_id=7), [("invalid_request", 1, "custom_id")]),
    "a GET": (row("a", method="GET"), [("invalid_request", 1, "method")]),
    "too many": (b"{}\n" * 50_001, [("too_many_tasks", None, None)]),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_file_with_a_bad_line_fails(client: Client, kind: str) -> None:
    content, expected = BAD[kind]
    failed = looked_at(client, begun(client, content), 1)
    assert (failed.status, failed.output_file_id, failed.error_file_id) == ("failed", None, None)
    assert failed.failed_at is not None
    assert failed.in_progress_at is None
    assert failed.errors is not None
    assert failed.errors.object == "list"
    found = [(each.code, each.line, each.param) for each in failed.errors.data or []]
    assert found == expected
    assert all(each.message for each in failed.errors.data or [])
    assert looked_at(client, failed, 2) == failed


def test_errors_of_a_file_are_bounded(client: Client) -> None:
    failed = looked_at(client, begun(client, b"no\n" * 1000), 1)
    assert failed.errors is not None
    assert len(failed.errors.data or []) == 100


@pytest.mark.parametrize(("looks", "made"), [(0, 0), (1, 2), (2, 3)], ids=str)
def test_a_cancelled_batch_keeps_what_was_done(client: Client, looks: int, made: int) -> None:
    content = b"\n".join([row("a"), row("b"), row("c")])
    batch = looked_at(client, begun(client, content), looks)
    assert client.batches.cancel(batch.id).status == "cancelling"
    done = looked_at(client, batch, 2)
    assert (done.status, done.error_file_id) == ("cancelled", None)
    assert done.cancelled_at is not None
    if not made:
        assert done.output_file_id is None
        return
    rows = rows_of(client, done.output_file_id)
    assert [each["custom_id"] for each in rows] == ["a", "b", "c"][:made]
    assert done.request_counts is not None
    assert (done.request_counts.total, done.request_counts.completed) == (3, made)


def test_what_was_not_made_in_time_says_so(client: Client, clock: Clock) -> None:
    content = b"\n".join([row("a"), row("b", REFUSED), row("c"), row("d")])
    batch = looked_at(client, begun(client, content), 1)
    clock.seconds += 86_400
    done = looked_at(client, batch, 2)
    assert (done.status, done.expired_at) == ("expired", 1_800_086_400)
    assert [each["custom_id"] for each in rows_of(client, done.output_file_id)] == ["a"]
    refused, *late = rows_of(client, done.error_file_id)
    assert (refused["custom_id"], refused["error"]) == ("b", None)
    assert [each["custom_id"] for each in late] == ["c", "d"]
    assert [each["response"] for each in late] == [None, None]
    assert {each["error"]["code"] for each in late} == {"batch_expired"}
    counts = done.request_counts
    assert counts is not None
    assert (counts.total, counts.completed, counts.failed) == (4, 1, 3)


def test_a_batch_of_a_file_that_nobody_uploaded_is_made_up(client: Client) -> None:
    batch = client.batches.create(
        input_file_id="file-1", endpoint="/v1/responses", completion_window="24h"
    )
    assert looked_at(client, batch, 3).status == "completed"
    batch = client.batches.create(
        input_file_id="file-1", endpoint="/v1/responses", completion_window="24h"
    )
    assert client.batches.cancel(batch.id).status == "cancelling"
    assert looked_at(client, batch, 1).status == "cancelled"
