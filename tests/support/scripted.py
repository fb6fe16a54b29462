"""A client over a scripted backend: programs of several calls, step by step and without real time."""

import re
from collections.abc import Coroutine
from typing import Any, TypeVar

from api_openai import AsyncClient
from api_openai.core.call.wire import PooledWire

from .http import answer
from .port import Asked, Conn, ScriptedPort, Step, run, stop

T = TypeVar("T")
_LINE = re.compile(r"(GET|POST|DELETE) (\S+) HTTP/1\.1\r\n").findall

FORM = b"--\r\n"
"""The end of a multipart body."""


class PortTransport:
    """What a client takes as `transport=` to go over a port that there is already."""

    def __init__(self, port: ScriptedPort) -> None:
        self.port = port
        self._wire = PooledWire(port, port.network)

    def wire(self) -> PooledWire[Conn]:
        return self._wire

    def close(self) -> None:
        self.port.close_idle()

    async def aclose(self) -> None:
        self.port.close_idle()


def exchange(document: Any, *fields: str, status: str = "200 OK", end: bytes = b"") -> list[Step]:
    """One request that ends like `end`, and its answer."""
    return [Asked(end), answer(document, *fields, status=status)]


class Script:
    """A client whose server answers one call after the other as it is told, on one connection.

    `port` is a script of several connections.
    """

    def __init__(
        self, *exchanges: list[Step], port: ScriptedPort | None = None, **options: Any
    ) -> None:
        self.port = port or ScriptedPort([step for steps in exchanges for step in steps])
        self.client = AsyncClient(
            api_key="k", base_url="http://api.test", transport=PortTransport(self.port), **options
        )

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a program to its end; it leaves nothing in use."""
        try:
            return run(program)
        finally:
            self.settled()

    def stop(self, program: Coroutine[Any, Any, Any], at: int, *, close: bool) -> bool:
        """Cancel a program where it waits for the `at`-th time; False if it had ended before."""
        stopped = stop(program, at, close=close)
        self.settled()
        return stopped

    def settled(self) -> None:
        """See that no connection is in use."""
        assert (self.port.pool.in_use, self.port.pool.waiting) == (0, 0)

    @property
    def sent(self) -> bytes:
        """Everything that was sent."""
        return b"".join(bytes(conn.sent) for conn in self.port.conns)

    @property
    def requests(self) -> list[str]:
        """Method and target of each request."""
        return [f"{verb} {target}" for verb, target in _LINE(self.sent.decode("latin-1"))]
