"""Runs: every row has its result, failures are rows, and the client's policies apply."""

import errno
import json
import logging
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from math import inf
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from api_openai.bulk import Progress, SourceChangedError, results, run
from api_openai.core.policies.circuit_breaker import CircuitBreaker
from api_openai.core.policies.rate_limit import RateLimit
from api_openai.core.policies.retry import Retry
from api_openai.emulator import Emulator
from api_openai.emulator import faults as f
from api_openai.transports.common.exclusive import EXCLUSIVE
from api_openai.types.chat import ChatCompletion

from ..support.clients import client_of
from .runs import KINDS, Run, rows, server, written
from .samples import line, lines, operation, row

pytestmark = pytest.mark.parametrize("kind", KINDS)

BUSY = f.Status(429, retry_after=2)
DOWN = f.Status(503)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def test_every_row_has_its_result(kind: str, out: Path) -> None:
    done = Run(kind, out, 50, concurrency=8)
    assert sorted(done.keys) == sorted(f"k{number}" for number in range(50))
    found = [*results(out, ChatCompletion, order=rows(50))]
    assert [each.custom_id for each in found] == [f"k{number}" for number in range(50)]
    tokens = [each.answer.usage for each in found if each.answer and each.answer.usage]
    summary = done.summary
    assert (summary.done, summary.failed, summary.skipped, summary.stopped) == (50, 0, 0, None)
    assert summary.requests == done.requests == 50
    assert summary.input_tokens == sum(each.prompt_tokens for each in tokens)
    assert summary.output_tokens == sum(each.completion_tokens for each in tokens)
    assert (summary.total, summary.errors, summary.held) == (50, {}, 0)


@pytest.mark.parametrize("concurrency", [1, 2, 7])
def test_so_many_are_under_way_at_once(kind: str, out: Path, concurrency: int) -> None:
    done = Run(kind, out, 30, server(latency=1), concurrency=concurrency, sync=None)
    assert len(done.keys) == 30
    if kind != "blocking":  # where the virtual time of each thread goes on for all
        assert done.summary.seconds == pytest.approx(-(-30 // concurrency), abs=0.5)


@pytest.mark.parametrize("form", ["operations", "pairs", "file", "bytes"])
def test_all_forms_of_sources(kind: str, out: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(5))
    sources: dict[str, Any] = {
        "operations": [operation() for _ in range(5)],
        "pairs": ((f"k{number}", operation()) for number in range(5)),
        "file": path,
        "bytes": [line(f"k{number}") for number in range(5)],
    }
    done = Run(kind, out, sources[form])
    names = range(5) if form == "operations" else [f"k{number}" for number in range(5)]
    assert sorted(done.keys) == [str(name) for name in names]


def test_rows_that_are_none_are_failures(kind: str, out: Path) -> None:
    source: list[Any] = [
        row("a"),
        3,
        row("b", url="x"),
        row("a"),
        ("\ud800", operation()),
        row("c"),
    ]
    done = Run(kind, out, source, concurrency=2)
    assert {*done.errors} == {"row 2", "b", "row 4", "row 5"}
    assert sorted(done.keys) == ["a", "b", "c", "row 2", "row 4", "row 5"]
    assert (done.summary.done, done.summary.failed, done.requests) == (6, 4, 2)
    assert done.summary.errors == {"RowError": 4}
    assert len({each["id"] for each in written(out)}) == 6
    assert all(re.fullmatch("bulk_req_[0-9a-f]{24}", each["id"]) for each in written(out))
    again = Run(kind, out, source, done.emulator, resume=True)
    assert (again.summary.done, again.summary.skipped, again.requests) == (0, 6, 2)


@pytest.mark.parametrize(
    ("fault", "name", "status"),
    [
        (f.Status(400, code="bad"), "400", 400),
        (f.Status(500, body="<html>"), "500", 500),
        (f.Status(401), "401", 401),
        (f.Html(), "ResponseDecodeError", 200),
        (f.Reset(), "APIConnectionError", None),
        (f.Close(after_bytes=60), "APIConnectionError", None),
        (f.Garbage(), "RemoteProtocolError", None),
        (f.Status(400, body='{"error": {"message": "half \\ud83d"}}'), "400", 400),
    ],
)
def test_a_failure_is_a_row(
    kind: str, out: Path, fault: f.Fault, name: str, status: int | None
) -> None:
    emulator = server()
    emulator.script(None, fault, when=lambda head: True)
    done = Run(kind, out, 5, emulator, concurrency=1)
    assert done.keys == [f"k{number}" for number in range(5)]
    assert [*done.errors] == ["k1"]
    assert done.errors["k1"].status_code == status
    assert done.summary.failed == 1
    [said] = done.summary.errors
    assert said == name or (status is None and said.endswith("Error"))
    assert done.summary.requests == 5


def test_a_failure_lists_its_tries(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(DOWN, times=3)
    done = Run(kind, out, 3, emulator, concurrency=1, retries=2)
    [first, *_] = results(out)
    assert first.error is not None
    assert [each["outcome"] for each in first.attempts] == ["answered 503"] * 3
    assert not re.search(rb"[0-9]\.[0-9]{7}", out.read_bytes()), "microseconds"
    assert done.summary.requests == done.requests == 5


def test_retries_are_asked_for(kind: str, out: Path) -> None:
    asked: tuple[dict[str, Any], ...] = (
        {"retries": 3},
        {"retries": Retry(3)},
        {"client": {"max_retries": 3}},
    )
    for options in asked:
        emulator = server()
        emulator.script(DOWN, DOWN, f.Reset() if "retries" not in options else DOWN)
        done = Run(kind, out, 4, emulator, concurrency=1, **options)
        assert done.summary.failed == 0
        assert done.summary.requests == 7
        out.unlink()
    emulator = server()
    emulator.script(DOWN)
    assert Run(kind, out, 4, emulator).summary.failed == 1


def test_one_refusal_holds_all(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(None, None, BUSY)
    done = Run(kind, out, 20, emulator, concurrency=5, retries=3)
    assert (done.summary.failed, done.requests) == (0, 21)
    assert done.summary.held == pytest.approx(2, abs=0.01)
    assert done.summary.seconds >= 2


def test_a_quota_that_is_spent_holds_nobody(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(f.Status(429, code="insufficient_quota", retry_after=60), times=inf)
    done = Run(kind, out, 10, emulator, retries=3)
    assert (done.summary.failed, done.requests, done.summary.held) == (10, 10, 0)
    assert done.summary.errors == {"429": 10}
    assert done.summary.seconds < 1


def test_limits_of_requests(kind: str, out: Path) -> None:
    done = Run(kind, out, 20, requests_per_minute=60, concurrency=1)
    assert done.summary.seconds == pytest.approx(19, abs=1)


def test_limits_of_tokens(kind: str, out: Path) -> None:
    done = Run(kind, out, 20, tokens_per_minute=200, concurrency=2)
    assert done.summary.failed == 0
    assert done.summary.seconds > 10


def test_the_clients_own_limit_applies(kind: str, out: Path) -> None:
    limit = RateLimit(requests=1, seconds=1, concurrency=1)
    done = Run(kind, out, 5, client={"rate_limit": limit}, concurrency=4)
    assert (done.summary.done, done.summary.failed) == (5, 0)
    assert done.summary.seconds == pytest.approx(4, abs=0.5)
    [stats] = limit.stats()
    assert (stats.under_way, stats.in_line) == (0, 0)


def test_a_row_that_never_fits_a_limit_is_a_failure(kind: str, out: Path) -> None:
    limit = RateLimit(tokens=100)
    big = row("big", body={"model": "m", "messages": [{"role": "user", "content": "x" * 4000}]})
    done = Run(kind, out, [row("a"), big], client={"rate_limit": limit})
    assert sorted(done.keys) == ["a", "big"]
    assert done.summary.errors == {"PolicyRefusedError": 1}
    assert done.requests == 1


def test_an_open_circuit_costs_no_row(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(DOWN, times=4)
    breaker = CircuitBreaker(failures=2, open_seconds=5)
    done = Run(
        kind, out, 30, emulator, client={"circuit_breaker": breaker}, retries=3, concurrency=4
    )
    assert done.summary.failed == 0
    assert sorted(done.keys) == sorted(f"k{number}" for number in range(30))
    assert done.summary.requests == done.requests == 34


def test_a_row_that_opens_the_circuit_each_time_fails_at_last(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(DOWN, times=inf)
    breaker = CircuitBreaker(failures=1, open_seconds=0.5)
    done = Run(
        kind, out, 2, emulator, client={"circuit_breaker": breaker}, retries=1, concurrency=1
    )
    assert done.summary.errors == {"503": 2}
    [first, _] = results(out)
    assert {each["outcome"] for each in first.attempts[:-1]} == {"answered 503"}


def test_a_client_stays_as_it_is(kind: str, out: Path) -> None:
    retry = Retry(2)

    def look(client: Any) -> None:
        assert client.policies.rate_limit is None
        assert client.policies.retry is retry

    Run(kind, out, 3, client={"retry": retry}, retries=5, requests_per_minute=1e6, then=look)


def test_what_the_server_says_is_left_is_heeded_when_asked(kind: str, out: Path) -> None:
    left = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0"}
    refusal = f.Status(429, retry_after=3, headers={**left, "x-ratelimit-reset-requests": "3s"})
    emulator = server()
    emulator.script(None, refusal)
    done = Run(kind, out, 10, emulator, follow_limits=True, retries=2, concurrency=2)
    assert done.summary.failed == 0
    assert done.summary.held == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize("sync", [0, None])
def test_the_disk_is_waited_for_in_a_worker(
    kind: str, out: Path, sync: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, threads = os.fsync, list[int]()

    def synced(file: int) -> None:
        threads.append(threading.get_ident())
        fsync(file)

    monkeypatch.setattr(os, "fsync", synced)
    Run(kind, out, 5, sync=sync, concurrency=1)
    here = threading.get_ident()
    if sync is None:
        assert threads == [here], "at the end it is waited for"
    else:
        assert len(threads) == 5
        assert (here in threads) == (kind == "blocking")


def test_a_full_disk_ends_the_run_and_leaves_whole_rows(
    kind: str, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, room = os.write, [2000]

    def written_to(file: int, data: bytes) -> int:
        if not data.endswith(b"\n") or not data.startswith(b'{"id":"bulk'):
            return write(file, data)
        room[0] -= len(data)
        if room[0] < 0:
            write(file, data[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", written_to)
        with pytest.raises(OSError, match="No space left"):
            Run(kind, out, 30, concurrency=3)
    assert 0 < len(written(out)) < 30
    done = Run(kind, out, 30, resume=True)
    assert len({*done.keys}) == len(done.keys) == 30


# Going on.


def test_a_run_goes_on_where_it_ended(kind: str, out: Path) -> None:
    Run(kind, out, rows(8)[:5])
    out.write_bytes(out.read_bytes()[:-3])
    done = Run(kind, out, 8, resume=True)
    assert (done.summary.skipped, done.summary.done, done.requests) == (4, 4, 4)
    assert sorted(done.keys) == [f"k{number}" for number in range(8)]


def test_failed_rows_are_done_again(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(None, f.Status(400), f.Reset(), when=lambda head: True)
    Run(kind, out, 6, emulator, concurrency=1)
    same = Run(kind, out, 6, emulator, resume=True)
    assert (same.summary.skipped, len(same.errors)) == (6, 2)
    done = Run(kind, out, 6, emulator, resume="failed")
    assert (done.summary.skipped, done.summary.done) == (4, 2)
    assert (done.errors, sorted(done.keys)) == ({}, [f"k{number}" for number in range(6)])


def test_results_are_not_overwritten(kind: str, out: Path) -> None:
    Run(kind, out, 2)
    before = out.read_bytes()
    with pytest.raises(FileExistsError, match="resume=True"):
        Run(kind, out, 2)
    with pytest.raises(SourceChangedError, match="custom_id='k1'"):
        Run(kind, out, [row("k0"), row("k1", body={"model": "other"})], resume=True)
    assert out.read_bytes() == before


# Sources.


def test_a_source_that_raises_ends_the_run(kind: str, out: Path) -> None:
    def source() -> Iterator[Any]:
        yield from rows(5)
        raise LookupError("it broke")

    with pytest.raises(LookupError, match="it broke"):
        Run(kind, out, source(), concurrency=2)
    found = written(out)
    assert len(found) <= 5
    done = Run(kind, out, 5, resume=True)
    assert sorted(done.keys) == [f"k{number}" for number in range(5)]


def test_rows_that_are_awaited(kind: str, out: Path) -> None:
    closed: list[bool] = []

    async def source() -> AsyncIterator[Any]:
        try:
            for each in rows(20):
                yield each
        finally:
            closed.append(True)

    if kind == "blocking":
        with pytest.raises(TypeError, match="an async iterable needs an AsyncClient"):
            Run(kind, out, source())
        return
    done = Run(kind, out, source(), concurrency=4)
    assert len({*done.keys}) == 20
    assert closed


def test_awaited_rows_of_a_slow_producer_that_raises(kind: str, out: Path) -> None:
    if kind == "blocking":
        return  # rows are awaited in a loop
    import anyio.lowlevel

    async def source() -> AsyncIterator[Any]:
        for each in rows(9):
            for _ in range(20):
                await anyio.lowlevel.checkpoint()
            yield each
        raise LookupError("it broke")

    with pytest.raises(LookupError, match="it broke"):
        Run(kind, out, source(), concurrency=4)
    assert {each["custom_id"] for each in written(out)} <= {f"k{number}" for number in range(9)}
    done = Run(kind, out, 9, resume=True)
    assert sorted(done.keys) == [f"k{number}" for number in range(9)]


def test_one_takes_from_the_source_at_a_time(kind: str, out: Path) -> None:
    inside: list[int] = []

    def source() -> Iterator[Any]:
        for each in rows(200):
            inside.append(threading.get_ident())
            assert len(inside) == 1
            yield each
            inside.clear()

    class Clearing:
        """Says that it is left when it is asked again."""

        def __init__(self) -> None:
            self._rows = source()

        def __iter__(self) -> "Clearing":
            return self

        def __next__(self) -> Any:
            try:
                return next(self._rows)
            finally:
                inside.clear()

    assert Run(kind, out, Clearing(), concurrency=8).summary.done == 200


# What is told.


def test_progress_is_told(kind: str, out: Path) -> None:
    told: list[Progress] = []
    done = Run(kind, out, 20, server(latency=1), concurrency=2, progress=told.append)
    assert len(told) >= 5
    assert [each.done for each in told] == sorted(each.done for each in told)
    last = told[-1]
    assert (last.done, last.requests, last.total) == (20, 20, 20)
    assert last.left == 0
    assert (last.input_tokens, last.output_tokens) == (
        done.summary.input_tokens,
        done.summary.output_tokens,
    )


def test_progress_is_logged(kind: str, out: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "api_openai.bulk"):
        Run(kind, out, 5, progress="log")
    assert "5 of 5 rows" in caplog.text


def test_a_bar(kind: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("tqdm")
    bars: list[Any] = []
    shown: list[dict[str, str]] = []

    class Bar:
        total = None
        n = 0
        closed = False

        def __init__(self, **_: Any) -> None:
            bars.append(self)

        def set_postfix(self, said: dict[str, str], **_: Any) -> None:
            self.postfix = said

        def update(self, count: int) -> None:
            self.n += count

        def refresh(self) -> None:
            shown.append(self.postfix)

        def close(self) -> None:
            self.closed = True

    module.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", module)
    emulator = server()
    emulator.script(None, f.Status(429, retry_after=60))
    Run(kind, out, 5, emulator, retries=2, concurrency=1, progress="bar")
    [bar] = bars
    assert (bar.n, bar.total, bar.closed) == (5, 5, True)
    waits = [each for each in shown if "server asks to wait" in each]
    assert len(waits) >= 30
    assert waits != shown
    monkeypatch.setitem(sys.modules, "tqdm", None)
    out.unlink()
    with pytest.raises(ImportError, match="tqdm"):
        Run(kind, out, 5, progress="bar")


def test_progress_is_told_while_the_server_asks_to_wait(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(None, None, f.Status(429, retry_after=60))
    told: list[Progress] = []
    Run(kind, out, 20, emulator, concurrency=4, retries=3, progress=told.append)
    waits = [each for each in told if each.waiting]
    assert 30 <= len(waits) <= 130
    assert waits[0].waiting == pytest.approx(60, abs=2)
    assert waits[-1].waiting < 3
    assert "the server asks to wait: " in str(waits[0])
    assert all(late.seconds - soon.seconds >= 0.49 for soon, late in pairwise(waits))
    assert told[-1].waiting == 0


def test_who_is_told_while_rows_wait_may_make_calls(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(None, f.Status(429, retry_after=60))
    free: list[bool] = []

    def told(progress: Progress) -> None:
        lock = EXCLUSIVE.lock
        if progress.waiting and lock.acquire(timeout=1):
            lock.release()
            free.append(True)

    Run(kind, out, 5, emulator, retries=2, concurrency=1, progress=told)
    assert len(free) >= 30, "policies are not locked meanwhile"


def test_log_lines_are_few_while_the_server_asks_to_wait(
    kind: str, out: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator = server()
    emulator.script(None, f.Status(429, retry_after=60))
    with caplog.at_level(logging.INFO, "api_openai.bulk"):
        Run(kind, out, 3, emulator, concurrency=2, retries=3, progress="log")
    assert 5 <= caplog.text.count("the server asks to wait") <= 8


def test_progress_that_raises_while_rows_wait_ends_the_run(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(None, f.Status(429, retry_after=60))

    def told(progress: Progress) -> None:
        if progress.waiting:
            raise ValueError("of the callback")

    with pytest.raises(ValueError, match="of the callback"):
        Run(kind, out, 20, emulator, concurrency=2, retries=3, progress=told)
    assert not [each for each in written(out) if each["error"]]


def test_a_total_that_is_too_small_is_dropped(kind: str, out: Path) -> None:
    told: list[Progress] = []
    source = iter(rows(12))
    done = Run(kind, out, source, server(latency=1), total=5, concurrency=1, progress=told.append)
    assert all(each.total is None or each.done <= each.total for each in told)
    assert (told[-1].total, told[-1].left, done.summary.total) == (None, None, None)
    assert str(told[-1]).startswith("12 rows, ")


def test_progress_that_raises_ends_the_run(kind: str, out: Path) -> None:
    def told(progress: Progress) -> None:
        raise LookupError(progress.done)

    with pytest.raises(LookupError):
        Run(kind, out, 20, server(latency=1), concurrency=2, progress=told)
    assert written(out)


# Arguments.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"concurrency": 0}, "concurrency=0"),
        ({"concurrency": 1.5}, "concurrency=1.5"),
        ({"retries": -1}, "retries=-1"),
        ({"retries": True}, "retries=True"),
        ({"requests_per_minute": 0}, "requests_per_minute=0"),
        ({"tokens_per_minute": -1}, "tokens_per_minute=-1"),
        ({"follow_limits": "yes"}, "follow_limits='yes'"),
        ({"resume": "all"}, "resume='all'"),
        ({"resume": 1}, "resume=1"),
        ({"max_errors": 0}, "max_errors=0"),
        ({"max_requests": 0}, "max_requests=0"),
        ({"max_tokens": -1}, "max_tokens=-1"),
        ({"seconds": -1}, "seconds=-1"),
        ({"sync": -1}, "sync=-1"),
        ({"progress": "loud"}, "progress='loud'"),
        ({"total": -1}, "total=-1"),
        ({"stop": 3}, "stop=3"),
    ],
)
def test_arguments_that_are_none(kind: str, out: Path, options: dict[str, Any], words: str) -> None:
    client = client_of(kind, Emulator())
    taken: Any = run
    with pytest.raises((ValueError, TypeError), match=words):
        taken([], out, client, **options)
    assert not out.exists()


def test_more_workers_than_there_can_be_are_refused(kind: str, out: Path) -> None:
    most = 4096 if kind == "blocking" else 1_000_000
    with pytest.raises(ValueError, match=rf"concurrency=1000000000: expected {most} at most"):
        Run(kind, out, iter(rows(2)), concurrency=10**9)
    assert not out.exists()
    assert Run(kind, out, 2, concurrency=10**9).summary.done == 2, "of a source that is short"


@pytest.mark.parametrize("name", ["tokens_per_minute", "follow_limits"])
def test_two_limits_of_the_same_are_refused(kind: str, out: Path, name: str) -> None:
    client = client_of(kind, Emulator(), rate_limit=RateLimit(requests=1))
    taken: Any = run
    with pytest.raises(TypeError, match="rate_limit of its own"):
        taken([], out, client, **{name: True if name == "follow_limits" else 3})


def test_no_rows(kind: str, out: Path) -> None:
    done = Run(kind, out, [])
    assert (done.summary.done, done.summary.rate, done.summary.left) == (0, 0, None)
    assert out.read_bytes() == b""


async def _told_later(progress: Progress) -> None:
    """Somebody who would have to be awaited."""


def test_a_server_that_refuses_each_row_once(kind: str, out: Path) -> None:
    """A pace without answers is one try for each wait: the run goes on."""
    emulator = server()
    faults = [each for _ in range(10) for each in (f.Status(429, retry_after=2), None)]
    emulator.script(*faults)
    done = Run(kind, out, 10, emulator, concurrency=10, retries=20, sync=None)
    assert (done.summary.done, done.summary.failed) == (10, 0)
    assert done.summary.seconds < 200


def test_a_source_that_raises_lets_rows_under_way_end(kind: str, out: Path) -> None:
    def source() -> Iterator[Any]:
        yield from rows(5)
        raise ZeroDivisionError("of the source")

    with pytest.raises(ZeroDivisionError, match="of the source"):
        Run(kind, out, source(), concurrency=8)
    assert sorted(each["custom_id"] for each in written(out)) == [f"k{n}" for n in range(5)]


def test_failures_of_before_are_told(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(f.Status(400))
    assert Run(kind, out, 3, emulator, concurrency=1).summary.failed == 1
    again = Run(kind, out, 3, emulator, resume=True).summary
    assert (again.done, again.skipped, again.failed_before) == (0, 3, 1)
    assert "3 were done before, 1 of them failed" in str(again)
    redone = Run(kind, out, 3, emulator, resume="failed").summary
    assert (redone.done, redone.failed_before) == (1, 0)


def test_results_do_not_go_into_the_file_of_the_rows(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in rows(3)))
    before = path.read_bytes()
    for resume in (False, True, "failed"):
        with pytest.raises(ValueError, match="it is the file of the rows"):
            Run(kind, path, path, resume=resume)
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="no row of results"):
        list(results(path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"retries": "5"}, r"run retries='5': expected a whole number or a Retry"),
        ({"progress": _told_later}, "expected a function that is not awaited"),
    ],
)
def test_what_is_no_argument(kind: str, changes: dict[str, Any], words: str, out: Path) -> None:
    with pytest.raises(TypeError, match=words):
        Run(kind, out, 3, **changes)


def test_made_up_keys_are_unique(kind: str, out: Path) -> None:
    done = Run(kind, out, ["not json", row("row 1"), {"custom_id": "b"}, {"custom_id": "b"}])
    assert sorted(done.keys) == ["b", "row 1", "row 2", "row 4"]
    assert set(done.errors) == {"b", "row 1", "row 2", "row 4"}


@pytest.mark.skipif(os.name == "nt", reason="a system where no file is removed that is open")
def test_results_that_are_removed_meanwhile_end_the_run(kind: str, out: Path) -> None:
    def source() -> Iterator[Any]:
        yield from rows(5)
        out.unlink()
        yield from (row(f"more-{number}") for number in range(1000))

    with pytest.raises(FileNotFoundError, match="was removed while results were written to it"):
        Run(kind, out, source(), concurrency=1, sync=0)


def test_a_source_that_is_removed_meanwhile_is_read_to_its_end(
    kind: str, out: Path, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(500))
    emulator = server(latency=1)
    told: list[Progress] = []

    def tell(progress: Progress) -> None:
        told.append(progress)
        if os.name != "nt":
            path.unlink(missing_ok=True)

    done = Run(kind, out, path, emulator, concurrency=5, progress=tell)
    assert (done.summary.done, done.summary.failed) == (500, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + lines(3),
        lines(3).replace(b"\n", b"\r\n"),
        b"\n" + lines(3).replace(b"\n", b"\n \t\n"),
        lines(3)[:-1],
    ],
    ids=["mark", "CRLF", "blank", "no end"],
)
def test_files_of_all_editors(kind: str, out: Path, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(data)
    done = Run(kind, out, path)
    assert sorted(done.keys) == ["k0", "k1", "k2"]
    assert done.summary.failed == 0
    out.write_bytes(out.read_bytes().replace(b"\n", b"\r\n"))
    assert Run(kind, out, path, resume=True).summary.skipped == 3
