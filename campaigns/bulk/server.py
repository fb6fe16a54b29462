"""A server for runs: it answers at once, counts what it is asked for, and refuses as a token bucket does."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from threading import Thread
from typing import Any, Final

KEY: Final = re.compile(rb'"user":"(k\d+)"')
LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
IN_FLIGHT: Final = 1.0
"""Seconds after a refusal in which requests may come that were under way, on a machine that is busy."""
TOKENS: Final = (7, 11)
"""In and out, of each answer."""


@dataclass
class Limit:
    """A token bucket, and what its refusals ask for."""

    rate: float = inf
    burst: float = inf
    after: float = 2.0


@dataclass
class Seen:
    """What the server has counted."""

    requests: int = 0
    answered: int = 0
    refused: int = 0
    early: int = 0
    """Requests before a `Retry-After` that their client knew of."""
    connections: int = 0
    keys: Counter[bytes] = field(default_factory=Counter[bytes])
    """Of requests, if they are wanted."""


class Bucket:
    """Whether a request is let through."""

    def __init__(self, limit: Limit, seen: Seen) -> None:
        self._limit = limit
        self._seen = seen
        self._tokens, self._at = limit.burst, time.monotonic()
        self._told: list[float] = []
        """When refusals were sent."""

    def takes(self) -> bool:
        now, limit = time.monotonic(), self._limit
        if limit.rate == inf:
            return True
        known = [at for at in self._told if at + IN_FLIGHT <= now]
        self._seen.early += bool(known) and now < known[-1] + limit.after
        self._tokens = min(limit.burst, self._tokens + (now - self._at) * limit.rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return True
        self._told.append(now)
        return False


def answer(size: int) -> bytes:
    """An answer of about so many bytes."""
    given, made = TOKENS
    usage = b'{"prompt_tokens":%d,"completion_tokens":%d}' % (given, made)
    body = b'{"id":"c","object":"chat.completion","text":"%b","usage":%b}' % (b"x" * size, usage)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def refusal(after: float) -> bytes:
    body = b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}'
    head = b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\n"
    return b"%bretry-after: %g\r\ncontent-length: %d\r\n\r\n%b" % (head, after, len(body), body)


class Connection(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._data = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._server.seen.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.seen.connections -= 1

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._data, 0, end)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self._data) < size:
                return
            request, self._data = self._data[:size], self._data[size:]
            self._transport.write(self._server.asked(request))


class Server:
    """A server in a thread of its own."""

    def __init__(
        self, limit: Limit | None = None, sizes: tuple[int, ...] = (100,), keys: bool = False
    ) -> None:
        self.seen = Seen()
        self.port = 0
        self._limit = limit or Limit()
        self._bucket = Bucket(self._limit, self.seen)
        self._answers = [answer(size) for size in sizes]
        self._refusal = refusal(self._limit.after)
        self._keys = keys
        self._loop = asyncio.new_event_loop()

    def asked(self, request: bytes) -> bytes:
        """Answer one request."""
        seen = self.seen
        seen.requests += 1
        if self._keys and (key := KEY.search(request)) is not None:
            seen.keys[key[1]] += 1
        if not self._bucket.takes():
            seen.refused += 1
            return self._refusal
        seen.answered += 1
        return self._answers[seen.answered % len(self._answers)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @contextmanager
    def serving(self) -> Generator["Server"]:
        """Serve meanwhile."""
        listening = self._loop.create_server(lambda: Connection(self), "127.0.0.1", 0, backlog=2048)
        server = self._loop.run_until_complete(listening)
        self.port = server.sockets[0].getsockname()[1]
        thread = Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            server.close()
            self._loop.close()
