"""`dask.run` without Dask: a cluster of one thread, whose workers may be killed."""

import json
import pickle
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from campaigns.engines.counting import CountingServer, counting

from api_openai.bulk import results
from api_openai.bulk.courier import close_here
from api_openai.bulk.dask import Calls, Recipe, run
from api_openai.bulk.progress import Progress
from api_openai.operations import chat


class KilledWorker(Exception):
    """A task that was tried too often."""


class Future:
    """A task that runs when it is asked for."""

    def __init__(self, task: Callable[[], Any]) -> None:
        self._task = task
        self.state = "pending"

    def result(self) -> Any:
        return self._task()

    def release(self) -> None:
        self.state = "released"

    def cancel(self) -> None:
        self.state = "cancelled"


class Cluster:
    """What is used of a `distributed.Client`: two threads, and what is handed over pickles."""

    def __init__(self) -> None:
        self.futures: list[Future] = []
        self.most = 0
        self.killed: set[int] = set()

    def nthreads(self) -> dict[str, int]:
        return {"tcp://a": 1, "tcp://b": 1}

    def submit(self, function: Any, rows: Any, *, pure: bool) -> Future:
        assert not pure
        function, rows = pickle.loads(pickle.dumps((function, rows)))
        number = len(self.futures)

        def task() -> Any:
            if number in self.killed:
                raise KilledWorker("task", "tcp://a")
            return pickle.loads(pickle.dumps(function(rows)))

        self.futures.append(Future(task))
        self.most = max(self.most, sum(each.state == "pending" for each in self.futures))
        return self.futures[-1]


class AsCompleted:
    """Futures in the order in which they were made."""

    def __init__(self, futures: list[Future]) -> None:
        self._futures = [*futures]

    def add(self, future: Future) -> None:
        self._futures.append(future)

    def __iter__(self) -> Iterator[Future]:
        while self._futures:
            yield self._futures.pop(0)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Generator[CountingServer]:
    library = SimpleNamespace(as_completed=AsCompleted, KilledWorker=KilledWorker)
    monkeypatch.setitem(sys.modules, "distributed", library)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-worker-0123456789")
    with counting() as server:
        yield server
    close_here()


def rows(count: int, begin: int = 0) -> Iterator[Any]:
    """Rows of a source that is read lazily."""
    for number in range(begin, count):
        content = [{"role": "user", "content": str(number)}]
        yield f"row {number}", chat.completions_create(model="m", messages=content)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def ids(path: Path) -> list[str]:
    """The keys in a file of results."""
    return [each.custom_id for each in results(path)]


def test_all_rows_come_to_the_file_of_the_driver(server: CountingServer, tmp_path: Path) -> None:
    server.refused.add("7")
    cluster, told = Cluster(), list[Progress]()
    source = [*rows(250), '{"custom_id": "wrong"}']
    summary = run(
        source,
        tmp_path / "out.jsonl",
        cluster,
        chunk=20,
        recipe=Recipe(base_url=server.url),
        progress=told.append,
    )
    assert sorted(ids(tmp_path / "out.jsonl")) == sorted(
        [*(f"row {number}" for number in range(250)), "wrong"]
    )
    assert (summary.done, summary.failed, summary.requests) == (251, 2, server.requests)
    assert summary.errors == {"400": 1, "RowError": 1}
    assert (summary.input_tokens, summary.output_tokens) == (249 * 7, 249 * 5)
    assert (told[-1], summary.total) == (summary, 251)
    assert len(cluster.futures) == 13
    assert {each.state for each in cluster.futures} == {"released"}


def test_the_source_is_read_as_chunks_get_done(server: CountingServer, tmp_path: Path) -> None:
    cluster = Cluster()
    run(rows(500), tmp_path / "out", cluster, chunk=10, recipe=Recipe(base_url=server.url))
    assert cluster.most == 4
    cluster = Cluster()
    out = tmp_path / "other"
    run(rows(100), out, cluster, chunk=10, ahead=7, recipe=Recipe(base_url=server.url))
    assert cluster.most == 7


def test_it_goes_on_where_the_file_ends(server: CountingServer, tmp_path: Path) -> None:
    recipe = Recipe(base_url=server.url)
    run(rows(30), tmp_path / "out", Cluster(), recipe=recipe)
    summary = run(rows(50), tmp_path / "out", Cluster(), recipe=recipe, resume=True)
    assert (summary.done, summary.skipped, summary.requests) == (20, 30, 20)
    assert sorted(ids(tmp_path / "out")) == sorted(f"row {number}" for number in range(50))
    with pytest.raises(FileExistsError):
        run(rows(50), tmp_path / "out", Cluster(), recipe=recipe)


def test_a_chunk_that_is_given_up_becomes_rows_with_that_error(
    server: CountingServer, tmp_path: Path
) -> None:
    cluster = Cluster()
    cluster.killed.add(1)
    recipe = Recipe(base_url=server.url)
    summary = run(rows(30), tmp_path / "out", cluster, chunk=10, recipe=recipe)
    assert (summary.done, summary.errors) == (30, {"KilledWorker": 10})
    again = run(rows(30), tmp_path / "out", Cluster(), recipe=recipe, resume="failed")
    assert (again.done, again.failed, again.skipped) == (10, 0, 20)
    assert set(server.asked.values()) == {1}


def test_what_is_no_rows_fault_ends_it_and_the_others(
    server: CountingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    cluster = Cluster()
    with pytest.raises(OSError, match="OPENAI_API_KEY is not set"):
        run(rows(100), tmp_path / "out", cluster, chunk=10, recipe=Recipe(base_url=server.url))
    assert {each.state for each in cluster.futures[1:]} == {"cancelled"}


def test_calls_are_a_function_of_a_chunk(server: CountingServer, tmp_path: Path) -> None:
    calls = pickle.loads(pickle.dumps(Calls(recipe=Recipe(base_url=server.url), journal=tmp_path)))
    found = calls([*rows(5)])
    assert [json.loads(row)["custom_id"] for row in found] == [f"row {n}" for n in range(5)]
    assert calls([*rows(5)]) == found
    assert server.requests == 5


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"chunk": 0}, "chunk=0"),
        ({"ahead": 0}, "ahead=0"),
        ({"resume": "always"}, "resume='always'"),
        ({"concurrency": 0}, "concurrency=0"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_what_is_wrong_is_said_before_anything_runs(
    keywords: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=words):
        run(rows(1), tmp_path / "out", Cluster(), **keywords)
    assert not (tmp_path / "out").exists()


def test_an_asynchronous_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="not asynchronous"):
        run(rows(1), tmp_path / "out", SimpleNamespace(asynchronous=True))
