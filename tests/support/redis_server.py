"""A Redis or Valkey server of this machine, started for a test on a socket in a folder."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

BINARY: Final = shutil.which("valkey-server") or shutil.which("redis-server")


class RedisServer:
    """A server that keeps nothing; `stop` and `start` make it forget."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [str(BINARY), "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--daemonize", "no"], stdout=subprocess.PIPE, cwd=self.socket.parent
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if b"ready to accept connections" in line.lower():
                return
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None
            self.socket.unlink(missing_ok=True)

    def client(self) -> Any:
        """A client that sends nothing again."""
        redis: Any = pytest.importorskip("redis")
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        return redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), socket_timeout=10)


@contextmanager
def serving_redis(folder: Path) -> Generator[RedisServer]:
    """Start a server, or skip the test with the reason."""
    if BINARY is None:
        pytest.skip("redis-server: neither it nor valkey-server is installed")
    pytest.importorskip("redis", reason="the package redis is not installed")
    server = RedisServer(folder)
    try:
        yield server
    finally:
        server.stop()
