"""What is measured: runs that are killed, a run that is long, and runs that are refused."""

import json
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from .runner import Measured, carry_out, report
from .server import TOKENS, Limit, Server

_processes: Final = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["campaigns.bulk.runner"])
MEBI: Final = 1 << 20
MOMENT: Final = 0.0005
"""Seconds between two looks."""
SIZES: Final = (100, 2_000, 300, 12_000, 700)
"""Bytes of answers: a kill tears rows of several pages most often."""


class Figure(NamedTuple):
    """One number, and what it may be at most."""

    what: str
    value: float
    most: float

    @property
    def fine(self) -> bool:
        return self.value <= self.most


def killed(random: Random, rows: int, kills: int, workers: int = 8) -> list[Figure]:
    """Kill a run at moments by chance, and go on, until all rows are done."""
    server = Server(sizes=SIZES, keys=True)
    again = most = torn = 0
    with server.serving(), tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.jsonl"
        for number in range(kills):
            due = (number + random.random()) * rows / kills
            process = _started(server, out, rows, workers)
            while len(server.seen.keys) < due and process.is_alive():
                time.sleep(MOMENT)
            time.sleep(random.random() * 0.003)
            _kill(process)
            while server.seen.connections:  # what was on the way arrives
                time.sleep(MOMENT)
            data = out.read_bytes() if out.exists() else b""
            torn += not data.endswith(b"\n")
            lost = server.seen.requests - data.count(b"\n") - again
            again, most = again + lost, max(most, lost)
        process = _started(server, out, rows, workers)
        process.join()
        keys = Counter(json.loads(line)["custom_id"] for line in out.read_bytes().splitlines())
    wrong = sum(keys[f"k{number}"] != 1 for number in range(rows)) + (len(keys) != rows)
    return [
        Figure(
            f"{kills} kills, {torn} of them within a write; {rows:,} rows: keys not once", wrong, 0
        ),
        Figure(f"calls made again after one of the kills, of {workers} in flight", most, workers),
        Figure("calls more than rows, but for those", server.seen.requests - rows - again, 0),
    ]


def _started(server: Server, out: Path, rows: int, workers: int) -> Any:
    given = (server.url, str(out), rows, workers)
    process = _processes.Process(target=carry_out, args=given, kwargs={"resume": True})
    process.start()
    return process


def _kill(process: Any) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def _carried_out(*given: Any, **options: Any) -> Measured:
    """Do a run in a process of its own."""
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=report, args=(theirs, *given), kwargs=options)
    process.start()
    theirs.close()
    found: Measured = ours.recv()
    process.join()
    return found


def long(rows: int, workers: int = 200) -> list[Figure]:
    """Do many rows from a generator."""
    server = Server()
    with server.serving(), tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out.jsonl")
        found = _carried_out(server.url, out, rows, workers)
        with open(out, "rb") as file:
            lines = sum(1 for _ in file)
    summary, seen = found.summary, server.seen
    given, made = TOKENS
    counted = {
        "rows": (summary.done, seen.answered),
        "lines": (lines, seen.answered),
        "requests": (summary.requests, seen.requests),
        "tokens in": (summary.input_tokens, seen.answered * given),
        "tokens out": (summary.output_tokens, seen.answered * made),
    }
    wrong = sum(ours != theirs for ours, theirs in counted.values()) + (seen.answered != rows)
    grown = max(0, found.most - found.first) / MEBI
    return [
        Figure(f"{rows:,} rows, {workers} in flight: MiB grown from the 10,000th row", grown, 16),
        Figure("figures of the summary that are not the server's", wrong, 0),
    ]


RATE, BURST, AFTER, REFUSED_ROWS = 100.0, 50.0, 2.0, 400
KNOWN_SECONDS: Final = (REFUSED_ROWS - BURST) / RATE
"""Seconds that it takes at least."""


def refused(known: bool, workers: int = 400, times: int = 3) -> list[Figure]:
    """Do rows that a token bucket refuses, knowing its rate or not; the best of some times."""
    options: dict[str, Any] = {"requests_per_minute": RATE * 60} if known else {}
    found: list[tuple[float, float]] = []
    lost = early = 0
    for _ in range(times):
        server = Server(Limit(RATE, BURST, AFTER))
        with server.serving(), tempfile.TemporaryDirectory() as folder:
            out = str(Path(folder) / "out.jsonl")
            given = (server.url, out, REFUSED_ROWS, workers)
            summary = _carried_out(*given, retries=10, **options).summary
        lost += REFUSED_ROWS - summary.done + summary.failed
        early += server.seen.early
        found.append((summary.seconds, server.seen.requests / REFUSED_ROWS))
    ideal = KNOWN_SECONDS + (0 if known else AFTER)
    seconds, requests = min(found)
    name = f"{REFUSED_ROWS} rows at {RATE:g} a second, which is {'known' if known else 'not known'}"
    return [
        Figure(f"{name}: rows lost", lost, 0),
        Figure("requests before a Retry-After that was known", early, 0),
        Figure("requests a row", requests, 1.1 if known else 1.5),
        Figure(f"seconds, over the {ideal:g} that it takes at least", seconds / ideal, 1.1),
    ]
