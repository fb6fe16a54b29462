"""A server that counts, a Redis of this machine, and what every process of an engine finds in its environment."""

import atexit
import os
from collections.abc import Generator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

import pytest
from tests.support.limit import pytest_runtest_protocol as pytest_runtest_protocol
from tests.support.redis_server import RedisServer, serving_redis

from .counting import CountingServer, counting
from .work import KEY, KEY_NAME

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = Path(mkdtemp(prefix="engines-"))
atexit.register(rmtree, FOLDER, ignore_errors=True)

# Before an engine starts: what is set later reaches none of its workers.
os.environ[KEY_NAME] = KEY
os.environ["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
os.environ["LIMITS_OF_ENGINES"] = f"unix://{FOLDER / 'redis.sock'}"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@pytest.fixture
def server() -> Generator[CountingServer]:
    with counting(latency=0.02) as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Generator[RedisServer]:
    with serving_redis(FOLDER) as server:
        yield server
