"""A server for the tests of a module, and its time."""

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

import pytest

from api_openai.client.limits import redis_limits
from api_openai.client.limits.redis_script import SCRIPT

from ...support.redis_server import KINDS, RedisServer, serving_redis

names: Final = count()


@pytest.fixture(scope="module", params=KINDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    """A server of each kind, whose time is its own."""
    with serving_redis(tmp_path_factory.mktemp(request.param), request.param) as server:
        yield server


class Server:
    """A server whose clock stands still until it is moved."""

    def __init__(self, redis: Any) -> None:
        self.redis = redis
        self.microseconds = 1_700_000_000_000_000

    @property
    def now(self) -> float:
        """Its time."""
        return self.microseconds / 1_000_000

    def move(self, seconds: float) -> None:
        """Put its clock on, or back."""
        self.microseconds += round(seconds * 1_000_000)
        self.tell()

    def tell(self) -> None:
        """Say what its time is."""
        seconds, rest = divmod(self.microseconds, 1_000_000)
        self.redis.delete("time")
        self.redis.rpush("time", seconds, rest)

    def limits(self, **options: Any) -> redis_limits.RedisLimits:
        """Limits that nobody else has."""
        return self.sharing(f"limit {next(names)}", **options)

    def sharing(self, name: str, **options: Any) -> redis_limits.RedisLimits:
        """Limits of a name."""
        chosen: dict[str, Any] = {"when_lost": "refuse", "clock": lambda: self.now, **options}
        return redis_limits.RedisLimits(self.redis, name, **chosen)


@pytest.fixture
def still(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server whose time the test has in hand: a list in place of the clock."""
    script = SCRIPT.replace("redis.call('TIME')", "redis.call('LRANGE', 'time', 0, 1)")
    assert script != SCRIPT
    monkeypatch.setattr(redis_limits, "SCRIPT", script)
    redis = server.client()
    made = Server(redis)
    made.tell()
    yield made
    redis.close()
