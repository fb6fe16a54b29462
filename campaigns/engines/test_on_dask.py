"""`dask.run` on a cluster of processes of this machine: workers that die, errors in rows, one limit for all."""

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.redis_server import RedisServer

from api_openai import APIConnectionError, BadRequestError
from api_openai.bulk import Progress, results
from api_openai.bulk.dask import Calls, Recipe, run
from api_openai.types.chat import ChatCompletion

from .counting import CountingServer
from .work import KEY, Errors, ask, never_more_than, recipe, repeated, shared

distributed: Any = pytest.importorskip("distributed")

CONCURRENCY: Final = 16


@pytest.fixture(scope="module")
def machine() -> Generator[Any]:
    with distributed.LocalCluster(
        n_workers=4, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made


@pytest.fixture
def cluster(machine: Any) -> Generator[Any]:
    with distributed.Client(machine) as client:
        client.wait_for_workers(4)
        yield client


def rows(count: int) -> Iterator[Any]:
    """Operations with their keys, read lazily."""
    for number in range(count):
        yield f"r{number}", ask({"text": f"t{number}"})


def keys(path: Path) -> list[str]:
    """The keys in a file of results, in order of their numbers."""
    return sorted((each.custom_id for each in results(path)), key=lambda key: int(key[1:]))


def killed(cluster: Any) -> None:
    """Kill a worker that runs."""
    process = next(iter(cluster.run(os.getpid).values()))
    os.kill(process, signal.SIGKILL)


def test_answers_and_errors_are_values(
    cluster: Any, server: CountingServer, tmp_path: Path
) -> None:
    server.refused = {f"t{number}" for number in range(0, 600, 7)}
    summary = run(rows(600), tmp_path / "out", cluster, recipe=recipe(server), chunk=50)
    assert (summary.done, summary.failed, summary.requests) == (600, len(server.refused), 600)
    assert keys(tmp_path / "out") == [f"r{number}" for number in range(600)]
    for each in results(tmp_path / "out", ChatCompletion):
        if f"t{each.custom_id[1:]}" in server.refused:
            assert each.error is not None
            assert (each.status_code, each.error.code) == (400, "not_wanted")
        else:
            assert each.answer is not None
            assert each.answer.choices[0].message.content == f"re: t{each.custom_id[1:]}"
    assert repeated(server.asked) == 0
    assert server.keys == {f"Bearer {KEY}"}


def test_equal_requests_with_other_keys_are_each_made(
    cluster: Any, server: CountingServer, tmp_path: Path
) -> None:
    same = [(f"r{number}", ask({"text": "same"})) for number in range(50)]
    run(same, tmp_path / "out", cluster, recipe=recipe(server), chunk=10)
    assert server.asked == {"same": 50}


def test_a_process_has_so_many_in_flight_whatever_its_chunks(
    cluster: Any, server: CountingServer, tmp_path: Path
) -> None:
    server.latency = 0.1
    run(
        rows(1000),
        tmp_path / "out",
        cluster,
        recipe=recipe(server),
        chunk=100,
        concurrency=CONCURRENCY,
    )
    assert 2 * CONCURRENCY <= server.peak <= 4 * CONCURRENCY


def test_a_worker_killed_in_the_middle_loses_no_row(
    cluster: Any, server: CountingServer, tmp_path: Path
) -> None:
    left = [0.2, 0.4]

    def look(progress: Progress) -> None:
        if left and progress.done >= left[0] * 4000:
            left.pop(0)
            killed(cluster)

    run(
        rows(4000),
        tmp_path / "out",
        cluster,
        recipe=recipe(server),
        concurrency=CONCURRENCY,
        chunk=50,
        journal=tmp_path / "journal",
        progress=look,
    )
    assert not left
    assert keys(tmp_path / "out") == [f"r{number}" for number in range(4000)]
    assert [each for each in results(tmp_path / "out") if each.error is not None] == []
    assert repeated(server.asked) <= 2 * CONCURRENCY


def test_a_worker_killed_after_the_end_repeats_nothing(
    cluster: Any, server: CountingServer, tmp_path: Path
) -> None:
    calls = Calls(recipe=recipe(server), journal=tmp_path)
    every = [*rows(400)]
    chunks = [every[at : at + 25] for at in range(0, 400, 25)]
    futures = cluster.map(calls, chunks, pure=False)
    distributed.wait(futures)
    assert server.requests == 400
    killed(cluster)
    cluster.wait_for_workers(4)
    found = [row for chunk in cluster.gather(futures) for row in chunk]
    assert len(found) == 400
    assert (server.requests, repeated(server.asked)) == (400, 0)


def test_a_chunk_that_kills_its_workers_is_rows_with_an_error(
    cluster: Any, server: CountingServer, tmp_path: Path
) -> None:
    deadly = Recipe("campaigns.engines.work:die")
    summary = run(rows(10), tmp_path / "out", cluster, recipe=deadly)
    assert (summary.done, summary.errors, server.requests) == (10, {"KilledWorker": 10}, 0)
    again = run(rows(10), tmp_path / "out", cluster, recipe=recipe(server), resume="failed")
    assert (again.done, again.failed, server.requests) == (10, 0, 10)


def test_four_processes_keep_to_one_limit(
    cluster: Any, server: CountingServer, redis: RedisServer, tmp_path: Path
) -> None:
    limit = shared("dask", requests=100, seconds=1, burst=0.2, lease=5)
    summary = run(
        rows(400), tmp_path / "out", cluster, recipe=recipe(server, limit=limit), chunk=20
    )
    assert (summary.done, summary.errors, server.requests) == (400, {}, 400)
    never_more_than(server.times, rate=100, burst=20)


def test_errors_answers_and_operations_cross_borders_whole(
    cluster: Any, server: CountingServer
) -> None:
    server.refused.add("no")
    with pytest.raises(BadRequestError) as refused:
        cluster.submit(Errors.refused, server.url, pure=False).result()
    error = refused.value
    assert (error.status_code, error.code, error.request_id) == (400, "not_wanted", "req-no")
    with pytest.raises(APIConnectionError) as lost:
        cluster.submit(Errors.unreachable, pure=False).result()
    assert lost.value.sent == "no"
    operation = ask({"text": "yes"})
    answer = cluster.submit(Errors.answer, server.url, operation, pure=False).result()
    assert answer.choices[0].message.content == "re: yes"
