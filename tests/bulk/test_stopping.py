"""Where runs end before their sources do: at a limit, when asked, at Ctrl-C, and by cancellation."""

import os
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from math import inf
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from api_openai import Client
from api_openai.bulk import Progress, Stop, run
from api_openai.core.call.network import Network
from api_openai.emulator import faults as f

from ..conformance.callers import Caller
from ..conformance.cancelling import CANCELLERS, everywhere
from ..support.clients import client_of
from ..support.http import answer
from ..support.ports import drive
from ..support.server import Always, Server
from .runs import KINDS, Run, rows, server, written
from .samples import row

KEPT = "connection: keep-alive"
OK = answer({"id": "c1", "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, KEPT)
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def goes_on(kind: str, out: Path, count: int) -> None:
    """See that the rest is done, and each row once, when the run goes on."""
    before = len(written(out))
    done = Run(kind, out, count, resume=True)
    assert (done.summary.skipped, done.summary.done) == (before, count - before)
    assert sorted(done.keys) == sorted(f"k{number}" for number in range(count))


@kinds
@pytest.mark.parametrize("concurrency", [1, 4])
def test_at_so_many_errors(kind: str, out: Path, concurrency: int) -> None:
    emulator = server(latency=0.1)
    emulator.script(f.Status(400), times=inf)
    done = Run(kind, out, 30, emulator, max_errors=5, concurrency=concurrency)
    assert 5 <= done.summary.failed < 5 + concurrency
    assert done.summary.stopped == "5 rows have failed"
    assert done.summary.done == done.requests == len(done.keys)
    goes_on(kind, out, 30)


@kinds
@pytest.mark.parametrize("concurrency", [1, 4])
def test_at_so_many_requests(kind: str, out: Path, concurrency: int) -> None:
    done = Run(kind, out, 30, max_requests=7, concurrency=concurrency)
    assert (done.summary.done, done.requests, done.summary.requests) == (7, 7, 7)
    assert done.summary.stopped == "the budget of requests is spent"
    goes_on(kind, out, 30)


@kinds
def test_a_retry_is_a_request_of_the_budget(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(f.Status(503), times=inf)
    done = Run(kind, out, 30, emulator, max_requests=7, retries=3, concurrency=1)
    assert done.requests == 7
    assert done.keys == ["k0"], "the second was not at the end of its tries"
    emulator.clear_script()
    done = Run(kind, out, 30, emulator, resume=True)
    assert len({*done.keys}) == len(done.keys) == 30


@kinds
def test_rows_that_were_kept_back_are_left_for_the_next_time(kind: str, out: Path) -> None:
    emulator, stop = server(), Stop()

    def when(_: object) -> bool:
        stop()
        return True

    emulator.script(f.Status(429, retry_after=5), times=inf, when=when)
    done = Run(kind, out, 30, emulator, stop=stop, retries=3, concurrency=4)
    assert (done.summary.done, done.keys) == (0, [])
    assert done.summary.requests == done.requests <= 4


@kinds
@pytest.mark.parametrize("concurrency", [1, 4])
def test_at_so_many_tokens(kind: str, out: Path, concurrency: int) -> None:
    each = Run(kind, out, 1).summary
    tokens = each.input_tokens + each.output_tokens
    out.unlink()
    done = Run(kind, out, 30, max_tokens=tokens * 5, concurrency=concurrency)
    assert 5 <= done.summary.done < 5 + concurrency
    assert done.summary.stopped == f"{tokens * 5} tokens have been used"
    goes_on(kind, out, 30)


@kinds
def test_at_a_deadline(kind: str, out: Path) -> None:
    done = Run(kind, out, 30, server(latency=1), seconds=9.5, concurrency=1, sync=None)
    assert done.summary.done == 10
    assert done.summary.stopped == "the deadline of 9.5 s has passed"
    goes_on(kind, out, 30)


@kinds
def test_a_deadline_before_a_hold_is_over(kind: str, out: Path) -> None:
    emulator = server()
    emulator.script(None, f.Status(429, retry_after=500))
    done = Run(kind, out, 30, emulator, seconds=10, concurrency=1, retries=3, sync=None)
    assert done.keys == ["k0"]
    assert "deadline" in (done.summary.stopped or "")


@kinds
@pytest.mark.parametrize("before", [True, False])
def test_when_asked(kind: str, out: Path, before: bool) -> None:
    stop = Stop()
    if before:
        stop("never mind")

    def source() -> Iterator[Any]:
        for number, each in enumerate(rows(30)):
            if number == 10:
                stop("never mind")
            yield each

    done = Run(kind, out, source(), stop=stop, concurrency=3)
    assert done.summary.stopped == "never mind"
    assert done.summary.done == done.requests <= (0 if before else 11)
    goes_on(kind, out, 30)


@kinds
@pytest.mark.parametrize("retries", [None, 2])
def test_while_a_server_holds_all(kind: str, out: Path, retries: int | None) -> None:
    """Neither the hold of an hour nor a retry behind it keeps the run."""
    emulator = server()
    emulator.script(None, f.Status(429, retry_after=3600), f.Status(429, retry_after=3600))
    done = Run(kind, out, 30, emulator, seconds=5, concurrency=3, retries=retries, sync=None)
    assert "deadline" in (done.summary.stopped or "")
    assert done.requests <= 4, "the first had an answer before the others were refused"
    assert done.summary.seconds <= 6


@kinds
def test_when_asked_by_progress(kind: str, out: Path) -> None:
    stop = Stop()

    def told(_: Progress) -> None:
        stop()

    done = Run(kind, out, 30, server(latency=1), stop=stop, progress=told, concurrency=2)
    assert 0 < done.summary.done < 30
    assert done.summary.stopped == "asked to stop"


@kinds
def test_when_asked_by_another_thread(kind: str, out: Path) -> None:
    stop = Stop()

    def source() -> Iterator[Any]:
        for number, each in enumerate(rows(30)):
            if number == 10:
                thread = threading.Thread(target=stop)
                thread.start()
                thread.join()
            yield each

    done = Run(kind, out, source(), stop=stop, concurrency=3)
    assert done.summary.done <= 11
    assert done.summary.stopped == "asked to stop"


@kinds
def test_when_asked_by_a_signal(kind: str, out: Path) -> None:
    stop = Stop()

    def source() -> Iterator[Any]:
        for number, each in enumerate(rows(200)):
            if number == 10:
                os.kill(os.getpid(), signal.SIGUSR1)
                assert handled.wait(10), "by the main thread, which may be another"
            yield each

    handled = threading.Event()

    def handler(*_: object) -> None:
        stop("a signal")
        handled.set()

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        done = Run(kind, out, source(), stop=stop, concurrency=3)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert done.summary.done < 200
    assert done.summary.stopped == "a signal"
    goes_on(kind, out, 200)


# At once.


def count_of(folder: Path, most: int) -> int:
    """How many rows there are; each whole, and none twice."""
    keys = [each["custom_id"] for each in written(folder)]
    assert len(keys) == len({*keys}) <= most
    return len(keys)


class Cancelled:
    """A run that goes on where the one before it was cancelled."""

    def __init__(self, out: Path, concurrency: int) -> None:
        self.out = out
        self.concurrency = concurrency
        self.starts = 0

    async def __call__(self, caller: Caller) -> None:
        if self.out.exists():
            count_of(self.out, 4)
            self.out.unlink()
        self.starts += 1
        client: Any = caller.client
        await run(rows(4), self.out, client, concurrency=self.concurrency, sync=0)


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_cancelled_at_every_await(kind: str, out: Path) -> None:
    server_ = Server()
    server_.on_any(Always(OK))
    program = Cancelled(out, 1)
    points = everywhere(CANCELLERS[kind](), program, server_, Network(max_connections=2), "http")
    assert server_.finish() == []
    assert points >= 3
    assert count_of(out, 4) == 4
    assert program.starts == points + 1


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_workers_are_cancelled_with_their_run(kind: str, at: int, awaited: bool, out: Path) -> None:
    cancels: list[Callable[[], object]] = []

    def source() -> Iterator[Any]:
        for number, each in enumerate(rows(10)):
            if number == at:
                cancels[0]()
            yield each

    async def awaited_source() -> AsyncGenerator[Any, None]:
        for each in source():
            for _ in range(at):
                await anyio.lowlevel.checkpoint()
            yield each

    emulator = server(latency=0.1)
    client: Any = client_of(kind, emulator)

    async def program() -> None:
        async with aclosing(awaited_source()) as rows_:
            with anyio.CancelScope() as scope:
                cancels.append(scope.cancel)
                await run(rows_ if awaited else source(), out, client, concurrency=3, sync=0)

    drive(kind, program)
    assert count_of(out, 10) <= min(10, at)
    if at < 10:
        assert len(emulator.requests) - count_of(out, 10) <= 3
    goes_on(kind, out, 10)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_keyboard_interrupt_of_a_blocking_run(out: Path, concurrency: int) -> None:
    server_ = Server()
    server_.on_any(Always(OK))
    client = Client(api_key="k", base_url=f"http://127.0.0.1:{server_.port}/v1")

    def source() -> Iterator[Any]:
        for number in range(2000):
            if number == 20:
                os.kill(os.getpid(), signal.SIGINT)
            yield row(f"k{number}")

    with pytest.raises(KeyboardInterrupt):
        run(source(), out, client, concurrency=concurrency)
    assert count_of(out, 2000) < 2000
    before = count_of(out, 2000)
    done = run(rows(50), out, client, concurrency=concurrency, resume=True)
    assert done.skipped == min(before, 50)
    client.close()
    assert server_.finish() == []
    assert threading.active_count() < 10
