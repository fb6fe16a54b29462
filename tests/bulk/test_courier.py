"""What carries rows out in a process of an engine: in flight, in order, into a journal."""

import json
import pickle
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from campaigns.engines.counting import CountingServer, counting

from api_openai.bulk.courier import Courier, Work, carry_here, close_here
from api_openai.bulk.journals import Journals
from api_openai.bulk.recipe import Recipe
from api_openai.bulk.rows import Request, RowError
from api_openai.bulk.sources import Bad
from api_openai.operations import chat


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[CountingServer]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-worker-0123456789")
    with counting() as server:
        yield server


def asking(*texts: str, of: str = "row") -> list[Request | Bad]:
    """A request for each text."""
    return [
        Request(
            f"{of} {text}",
            chat.completions_create(model="m", messages=[{"role": "user", "content": text}]),
        )
        for text in texts
    ]


def work(server: CountingServer, **options: Any) -> Work:
    """What a process is told, as it comes out of a pickle."""
    made: Work = pickle.loads(pickle.dumps(Work(Recipe(base_url=server.url), **options)))
    return made


def carried(task: Work, rows: list[Request | Bad]) -> list[dict[str, Any]]:
    """What became of rows, by a courier of their own."""
    courier = Courier(task)
    try:
        return [json.loads(row) for row in courier.carry(rows).result(60).rows]
    finally:
        courier.close()


def test_results_come_in_the_order_of_the_rows(server: CountingServer) -> None:
    texts = [str(number) for number in range(500)]
    found = carried(work(server, concurrency=20), asking(*texts))
    assert [each["custom_id"] for each in found] == [f"row {text}" for text in texts]
    said = [each["response"]["body"]["choices"][0]["message"]["content"] for each in found]
    assert said == [f"re: {text}" for text in texts]
    assert set(server.asked.values()) == {1}
    assert 1 < server.peak <= 20


def test_several_batches_share_what_may_be_in_flight(server: CountingServer) -> None:
    server.latency = 0.01
    courier = Courier(work(server, concurrency=16))
    batches = [courier.carry(asking(*map(str, range(30)), of=f"{n}")) for n in range(8)]
    found = [batch.result(60) for batch in batches]
    courier.close()
    assert [len(each.rows) for each in found] == [30] * 8
    assert max(each.requests for each in found) == server.requests == 240
    assert server.peak == 16


def test_a_failure_is_a_row_with_its_error(server: CountingServer) -> None:
    server.refused.add("b")
    wrong = Bad(RowError("expected JSON", 4), "row 4")
    found = carried(work(server), [*asking("a", "b", "c"), wrong])
    assert [each["response"]["status_code"] for each in found[:3]] == [200, 400, 200]
    assert found[1]["response"]["body"]["error"]["code"] == "not_wanted"
    assert found[3]["error"]["message"] == "row 4: expected JSON"
    assert server.requests == 3


def test_nobody_listens(server: CountingServer) -> None:
    dead = Work(Recipe(base_url="http://127.0.0.1:1/v1"), retries=0)
    (found,) = carried(dead, asking("a"))
    assert found["response"] is None
    assert found["error"]["type"] == "APIConnectionError"


def test_what_has_ended_is_not_done_again(server: CountingServer, tmp_path: Path) -> None:
    server.refused.add("3")
    first = carried(work(server, journal=tmp_path), asking(*map(str, range(10))))
    again = carried(work(server, journal=tmp_path), asking(*map(str, range(15))))
    assert again[:10] == first
    assert set(server.asked.values()) == {1}
    assert server.requests == 15


def test_failed_rows_are_done_again_when_asked(server: CountingServer, tmp_path: Path) -> None:
    server.refused.add("3")
    carried(work(server, journal=tmp_path), asking(*map(str, range(10))))
    server.refused.clear()
    again = carried(work(server, journal=tmp_path, redo_failed=True), asking(*map(str, range(10))))
    assert {each["response"]["status_code"] for each in again} == {200}
    assert (server.requests, server.asked["3"]) == (11, 2)


def test_another_process_has_done_it_meanwhile(server: CountingServer, tmp_path: Path) -> None:
    rows = asking("a", "b")
    courier = Courier(work(server, journal=tmp_path))
    done = carried(work(server, journal=tmp_path), asking("a"))
    found = courier.carry(rows).result(60).rows
    courier.close()
    assert json.loads(found[0]) == done[0]
    assert server.asked == {"a": 1, "b": 1}


def test_a_key_of_another_request_is_an_error_and_not_its_result(
    server: CountingServer, tmp_path: Path
) -> None:
    carried(work(server, journal=tmp_path), asking("a"))
    other = Request("row a", chat.completions_create(model="another", messages=[]))
    (found,) = carried(work(server, journal=tmp_path), [other])
    assert found["error"]["type"] == "SourceChangedError"
    assert "another request" in found["error"]["message"]
    assert server.requests == 1


def test_what_is_no_rows_fault_is_raised(
    server: CountingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(journals: Journals, row: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journals, "append", full)
    courier = Courier(work(server, journal=tmp_path))
    with pytest.raises(OSError, match="No space left"):
        courier.carry(asking(*map(str, range(100)))).result(60)
    courier.close()


def test_a_process_has_one_courier_for_the_work_it_does(server: CountingServer) -> None:
    first, second = work(server), work(server)
    one = carry_here(first, asking("a")).result(60)
    two = carry_here(first, asking("b")).result(60)
    other = carry_here(second, asking("c")).result(60)
    assert one.courier == two.courier != other.courier
    assert (one.requests, two.requests, other.requests) == (1, 2, 1)
    close_here()
    again = carry_here(first, asking("a")).result(60)
    close_here()
    assert (again.courier != one.courier, again.requests) == (True, 1)


@pytest.mark.parametrize(
    "keywords",
    [{"concurrency": 0}, {"retries": -1}, {"redo_failed": 1}],
    ids=lambda each: next(iter(each)),
)
def test_settings_out_of_their_range_are_refused(keywords: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(keywords))):
        Work(**keywords)
