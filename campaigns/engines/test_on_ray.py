"""`Calls` on a cluster of Ray of this machine: actors that die, errors in rows, one limit for all."""

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.redis_server import RedisServer

from api_openai import APIConnectionError, BadRequestError
from api_openai.bulk.ray import Calls

from .counting import CountingServer
from .work import KEY, Errors, ask, die_once, never_more_than, recipe, repeated, shared

ray: Any = pytest.importorskip("ray")
data: Any = pytest.importorskip("ray.data")

CONCURRENCY: Final = 16


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Generator[None]:
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


def carried(dataset: Any, *given: Any, calls: type[Calls] = Calls, **options: Any) -> list[Any]:
    """The rows that come of a dataset, in the order of their ids."""
    arguments = calls.options(*given, key="id", concurrency=CONCURRENCY, **options)
    rows: list[Any] = dataset.map_batches(calls, **arguments).take_all()
    return sorted(rows, key=lambda row: row["id"])


def numbered(count: int, **more: Any) -> Any:
    """A dataset of texts."""
    return data.from_items([{"id": n, "text": f"t{n}", **more} for n in range(count)])


def test_answers_and_errors_are_values(server: CountingServer) -> None:
    server.refused = {f"t{number}" for number in range(0, 400, 7)}
    rows = carried(numbered(400), ask, recipe=recipe(server), actors=2)
    assert [row["id"] for row in rows] == [*range(400)]
    for row in rows:
        refused = row["text"] in server.refused
        assert row["error_code"] == ("not_wanted" if refused else None)
        assert row["status_code"] == (400 if refused else 200)
        assert row["request_id"] == f"req-{row['text']}"
        assert refused or json.loads(row["answer"])["usage"]["total_tokens"] == 12
    assert repeated(server.asked) == 0
    assert server.keys == {f"Bearer {KEY}"}


def test_rows_of_the_batch_api(server: CountingServer) -> None:
    bodies: list[dict[str, Any]] = [
        {"model": "m", "messages": [{"role": "user", "content": "t0"}]},
        {"model": "m", "messages": [{"role": "user", "content": "t1"}], "temperature": 0.5},
    ]
    rows = [
        {
            "id": f"{n}",
            "custom_id": f"{n}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": body,
        }
        for n, body in enumerate(bodies)
    ]
    found = carried(data.from_items(rows), recipe=recipe(server))
    assert [row["status_code"] for row in found] == [200, 200]


@pytest.mark.parametrize("blocks", [1, 40])
def test_calls_are_in_flight_whatever_the_blocks(server: CountingServer, blocks: int) -> None:
    rows = carried(numbered(400).repartition(blocks), ask, recipe=recipe(server), batch_size=5)
    assert len(rows) == 400
    assert server.peak >= (CONCURRENCY if blocks == 1 else 8)
    assert server.peak <= CONCURRENCY


def test_order_is_kept_where_it_is_asked_for(server: CountingServer) -> None:
    context = data.DataContext.get_current()
    context.execution_options.preserve_order = True
    try:
        arguments = Calls.options(ask, recipe=recipe(server), actors=2, batch_size=10)
        rows = numbered(600).map_batches(Calls, **arguments).take_all()
    finally:
        context.execution_options.preserve_order = False
    assert [row["id"] for row in rows] == [*range(600)]


def test_an_actor_killed_in_the_middle_loses_no_row(server: CountingServer, tmp_path: Path) -> None:
    texts = [{"id": n, "text": f"t{n}", "kill": ""} for n in range(1200)]
    for at in (300, 700):
        texts[at]["kill"] = str(tmp_path / f"killed-{at}")
    rows = carried(
        data.from_items(texts), ask, recipe=recipe(server), actors=2, journal=tmp_path / "journal"
    )
    assert [row["id"] for row in rows] == [*range(1200)]
    assert {row["error"] for row in rows} == {None}
    assert len([*tmp_path.glob("killed-*")]) == 2
    assert repeated(server.asked) <= 2 * CONCURRENCY


class DiesAtTheEnd(Calls):
    """Ends its process when a batch has ended and before Ray has its results, once."""

    async def __call__(self, batch: Any) -> Any:
        found = await super().__call__(batch)
        die_once(batch.column("marker")[0].as_py())
        return found


def test_an_actor_killed_after_the_end_repeats_nothing(
    server: CountingServer, tmp_path: Path
) -> None:
    marker = str(tmp_path / "killed")
    dataset = numbered(80, marker=marker).repartition(1)
    rows = carried(
        dataset,
        ask,
        calls=DiesAtTheEnd,
        recipe=recipe(server),
        batch_size=80,
        journal=tmp_path / "journal",
    )
    assert [row["id"] for row in rows] == [*range(80)]
    assert os.path.exists(marker)
    assert (server.requests, repeated(server.asked)) == (80, 0)


def test_a_dataset_that_is_done_again_asks_for_nothing(
    server: CountingServer, tmp_path: Path
) -> None:
    server.refused.add("t5")
    first, again = (
        carried(numbered(300), ask, recipe=recipe(server), actors=2, journal=tmp_path)
        for _ in range(2)
    )
    assert again == first
    assert server.requests == 300


def test_four_actors_keep_to_one_limit(server: CountingServer, redis: RedisServer) -> None:
    limit = shared("ray", requests=100, seconds=1, burst=0.2, lease=5)
    rows = carried(
        numbered(400).repartition(8),
        ask,
        recipe=recipe(server, limit=limit),
        actors=4,
        batch_size=20,
    )
    assert [row["error"] for row in rows] == [None] * 400
    assert server.requests == 400
    never_more_than(server.times, rate=100, burst=20)


def test_the_key_is_nowhere_but_in_the_environment(server: CountingServer) -> None:
    arguments = Calls.options(ask, recipe=recipe(server), actors=2)
    assert KEY.encode() not in ray.cloudpickle.dumps(arguments)
    numbered(20).map_batches(Calls, **arguments).take_all()
    session = Path(ray._private.worker._global_node.get_session_dir_path())
    written = [path for path in session.rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []


def test_errors_answers_and_operations_cross_borders_whole(server: CountingServer) -> None:
    server.refused.add("no")
    with pytest.raises(BadRequestError) as refused:
        ray.get(ray.remote(Errors.refused).remote(server.url))
    raised: Any = refused.value
    error = raised.cause
    assert type(error) is BadRequestError
    assert (error.status_code, error.code, error.request_id) == (400, "not_wanted", "req-no")
    with pytest.raises(APIConnectionError) as lost:
        ray.get(ray.remote(Errors.unreachable).remote())
    gone: Any = lost.value
    assert gone.cause.sent == "no"
    operation = ask({"text": "yes"})
    answer = ray.get(ray.remote(Errors.answer).remote(server.url, operation))
    assert answer.choices[0].message.content == "re: yes"
    assert ray.get(ray.put(operation)) == operation
