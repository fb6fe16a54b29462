"""Eight processes on one server, of all kinds of clients, never exceed what they share."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai.emulator import Emulator, serve_in_thread

from ...support.redis_server import RedisServer, serving_redis

PROGRAM: Final = str(Path(__file__).with_name("one_process.py"))
CALLS: Final = 25
LIMITS: Final[dict[str, dict[str, Any]]] = {
    "token bucket": {"requests": 60.0, "seconds": 0.6, "burst": 0.5, "algorithm": "token bucket"},
    "sliding window": {"requests": 60.0, "seconds": 0.6, "algorithm": "sliding window"},
}
JITTER: Final = 0.001
"""Seconds by which a process's clock may be read before the server's."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server of the first kind that there is."""
    with serving_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


def play(server: RedisServer, limit: dict[str, Any], **options: Any) -> list[list[list[float]]]:
    """What each process was granted, and when it sent."""
    kinds = ["blocking", "asyncio", "trio" if find_spec("trio") else "blocking"]
    with serve_in_thread(Emulator()) as api:
        given = [api, server.url, json.dumps(limit), json.dumps({"timeout": 30, **options})]
        processes = [
            subprocess.Popen(
                [sys.executable, PROGRAM, kinds[number % 3], *given, str(CALLS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number in range(8)
        ]
        for each in processes:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in processes:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        said = [each.communicate()[0] for each in processes]
    assert [each.returncode for each in processes] == [0] * 8
    return [json.loads(each) for each in said]


def most_at(limit: dict[str, Any], times: list[float]) -> float:
    """By how much the limit is exceeded in the stretch of time that exceeds it most."""
    worst = 0.0
    for first, begin in enumerate(times):
        for count, end in enumerate(times[first:], 1):
            if limit["algorithm"] == "token bucket":
                rate = limit["requests"] / limit["seconds"]
                allowed = limit["requests"] * limit["burst"] + rate * (end - begin)
            elif end - begin < limit["seconds"] - 1e-5:
                allowed = limit["requests"]
            else:
                break
            worst = max(worst, count - allowed)
    return worst


@pytest.mark.parametrize("algorithm", LIMITS)
def test_eight_processes(server: RedisServer, algorithm: str) -> None:
    limit = LIMITS[algorithm]
    redis = server.client()
    redis.flushall()
    redis.close()
    said = play(server, limit)
    moments = sorted(each for granted, _ in said for each in granted)
    assert len(moments) == 8 * CALLS
    assert most_at(limit, moments) <= 0.001
    for granted, sent in said:
        for moment, when in zip(sorted(granted), sorted(sent), strict=True):
            assert when >= moment - JITTER


def test_eight_processes_with_leases(server: RedisServer) -> None:
    """What they sent by any time was allowed by then."""
    limit = LIMITS["token bucket"]
    redis = server.client()
    redis.flushall()
    redis.close()
    said = play(server, limit, lease=5, lease_seconds=0.1)
    begin = min(each for granted, _ in said for each in granted)
    sent = sorted(each for _, times in said for each in times)
    assert len(sent) == 8 * CALLS
    for count, when in enumerate(sent, 1):
        rate = limit["requests"] / limit["seconds"]
        assert count <= limit["requests"] * limit["burst"] + (when - begin + JITTER) * rate
