"""Ways to a server: TCP with the package valkey, a cluster, Sentinel; and clients that are of no use."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from api_openai import PolicyRefusedError, RateLimit
from api_openai.policies import RedisLimits

from ...support.redis_server import KINDS, binary_of, free_port, serving_redis
from .test_redis_calls import blocking

redis: Any = pytest.importorskip("redis", reason="the package redis is not installed")
each_kind = pytest.mark.parametrize("kind", KINDS)


def once() -> Any:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Retry(NoBackoff(), 0)


def check(state: RedisLimits) -> None:
    """Three calls go through, and no fourth one."""
    limit = RateLimit(requests=3, seconds=3600, when_full="refuse", state=state)
    refused = [isinstance(each, PolicyRefusedError) for each in blocking(limit, 4)]
    assert refused == [False, False, False, True]


@contextmanager
def listening(folder: Path, kind: str, *options: str) -> Generator[int]:
    port = free_port()
    given = ["--port", str(port), "--bind", "127.0.0.1", *options]
    with serving_redis(folder, kind, given):
        yield port


@each_kind
@pytest.mark.parametrize("scheme", KINDS)
def test_an_address(tmp_path: Path, kind: str, scheme: str) -> None:
    pytest.importorskip(scheme)
    with (
        listening(tmp_path, kind) as port,
        RedisLimits.from_url(
            f"{scheme}://127.0.0.1:{port}/1", "n", when_lost="refuse", timeout=10
        ) as state,
    ):
        check(state)


@each_kind
def test_a_cluster(tmp_path: Path, kind: str) -> None:
    """The keys of a scope are on one of its servers."""
    with listening(tmp_path, kind, "--cluster-enabled", "yes") as port:
        node = redis.Redis(port=port, retry=once())
        node.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
        while node.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
            pass
        node.close()
        client = redis.RedisCluster(host="127.0.0.1", port=port, retry=once())
        for name in ("a", "b", "c"):
            check(RedisLimits(client, name, when_lost="refuse"))
        client.close()


@each_kind
def test_sentinel(tmp_path: Path, kind: str) -> None:
    with listening(tmp_path, kind) as port, watched(tmp_path, kind, port) as at:
        sentinel = redis.sentinel.Sentinel([("127.0.0.1", at)], socket_timeout=10)
        client = sentinel.master_for("main", retry=once(), socket_timeout=10)
        check(RedisLimits(client, "n", when_lost="refuse"))
        client.close()
        for each in sentinel.sentinels:
            each.close()


@contextmanager
def watched(folder: Path, kind: str, port: int) -> Generator[int]:
    """A Sentinel that watches the server at `port`."""
    at, file = free_port(), folder / "sentinel.conf"
    file.write_text(
        f"port {at}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {port} 1\n", "utf-8"
    )
    command = [str(binary_of(kind)), str(file), "--sentinel"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=folder) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if b"+monitor" in line:
                    break
            yield at
        finally:
            process.kill()


def test_a_client_that_is_awaited_is_refused() -> None:
    import redis.asyncio as awaited

    for client in (awaited.Redis(retry=once()), awaited.RedisCluster(host="h", retry=once())):
        with pytest.raises(TypeError, match=r"expected a blocking client .* it is a redis.asyncio"):
            RedisLimits(client, "n", when_lost="refuse")


def test_what_is_no_client_is_refused() -> None:
    wrong: Any
    for wrong in ("redis://localhost", redis.ConnectionPool(), None):
        with pytest.raises(TypeError, match=f"it is of type {type(wrong).__name__}"):
            RedisLimits(wrong, "n", when_lost="refuse")


def test_a_pipeline_is_refused() -> None:
    client = redis.Redis(retry=once()).pipeline()
    state = RedisLimits(client, "n", when_lost="refuse")
    with pytest.raises(TypeError, match="the answer to a script is of type Pipeline"):
        blocking(RateLimit(requests=3, state=state), 1)
