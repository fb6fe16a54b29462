"""Answers made to cost much: each costs bounded time and memory, and ends in a value or an error."""

import gzip
import json
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Final

from tests.conformance.callers import AsyncCaller
from tests.conformance.ways import in_asyncio
from tests.support.http import EVENTS, JSON, answer, chunk, event, head
from tests.support.port import Conn, ScriptedPort, run
from tests.support.scripted import PortTransport

from api_openai import AsyncClient

from .harness import Cases
from .recorded import OPERATIONS, tell

MB: Final = 1 << 20
SECONDS: Final = 10.0
"""Seconds of the processor that a bomb may cost."""
MEMORY: Final = 192 * MB
"""Bytes that a bomb may cost, beside `TIMES` what came."""
TIMES: Final = 20

Bomb = Callable[[], Iterator[bytes]]
"""What a server sends, piece by piece."""


def _once(make: Callable[[], bytes]) -> Bomb:
    return lambda: iter([make()])


def _again(first: bytes, piece: bytes, times: int) -> Bomb:
    def pieces() -> Iterator[bytes]:
        yield first
        for _ in range(times):
            yield piece

    return pieces


def _zipped(data: bytes, *fields: str, times: int = 1) -> bytes:
    for _ in range(times):
        data = gzip.compress(data, 1)
    coding = ", ".join(["gzip"] * times)
    return answer(data, f"content-encoding: {coding}", *fields)


def _document(inner: bytes) -> bytes:
    return b'{"id": "x", "object": "chat.completion", "extra": %s}' % inner


def _limited(*fields: str) -> bytes:
    return answer({"error": {"message": "slow down"}}, *fields, status="429 Too Many Requests")


_HINT: Final = b"HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n"
STREAMED: Final = head("200 OK", EVENTS, "connection: close")
DIGITS: Final = "9" * 60_000
BOMBS: Final[dict[str, tuple[str, Bomb]]] = {
    "gzip of 30 MB of zeros": (
        "chat", _once(lambda: _zipped(_document(b'"%s"' % (b"0" * 30 * MB)))),
    ),
    "an error of 200 MB of zeros, in gzip": (
        "chat",
        _once(lambda: _zipped(bytes(200 * MB)).replace(b"200 OK", b"500 Oops", 1)),
    ),
    "gzip in gzip in gzip": ("chat", _once(lambda: _zipped(_document(b"1"), times=3))),
    "gzip of 20,000 empty members": (
        "chat",
        _once(lambda: answer(gzip.compress(b"") * 20_000, "content-encoding: gzip")),
    ),
    "gzip in gzip of empty members": (
        "chat",
        _once(
            lambda: answer(
                gzip.compress(gzip.compress(b"") * 100_000), "content-encoding: gzip, gzip"
            )
        ),
    ),
    "an event of gzip without end": (
        "chat stream", _once(lambda: _zipped(b"data: " + bytes(150 * MB), EVENTS)),
    ),
    "100,000 lists in lists": (
        "chat", _once(lambda: answer(_document(b"[" * 100_000 + b"]" * 100_000))),
    ),
    "100,000 lists that do not end": ("chat", _once(lambda: answer(_document(b"[" * 100_000)))),
    "50,000 objects in objects": (
        "response", _once(lambda: answer(_document(b'{"a":' * 50_000 + b"1" + b"}" * 50_000))),
    ),
    "an event of 100,000 lists": (
        "response stream",
        _once(lambda: STREAMED + b"data: " + b"[" * 100_000 + b"]" * 100_000 + b"\n\n"),
    ),
    "a status line of 20 MB": ("chat", _again(b"HTTP/1.1 200 ", b"O" * 65536, 320)),
    "a field of 20 MB": ("chat", _again(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 65536, 320)),
    "a head without end": ("chat", _again(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 1000, 3000)),
    "8,000 fields": (
        "chat", _once(lambda: answer({"id": "x"}, *[f"x-{n}: {n}" for n in range(8_000)])),
    ),
    "100,000 interim answers": (
        "chat", _again(_HINT, _HINT * 100, 1000),
    ),
    "trailers without end": (
        "chat",
        _again(
            head("200 OK", JSON, "transfer-encoding: chunked") + b"0\r\n", b"x: y\r\n" * 1000, 3000
        ),
    ),
    "a chunk extension without end": (
        "chat",
        _again(head("200 OK", JSON, "transfer-encoding: chunked") + b"5;", b"x" * 65536, 320),
    ),
    "100,000 chunks of one byte": (
        "chat",
        _again(
            head("200 OK", JSON, "transfer-encoding: chunked"), b"1\r\n \r\n" * 1000, 300
        ),
    ),
    "a length of 60,000 digits": (
        "chat", _once(lambda: head("200 OK", JSON, f"content-length: {DIGITS}")),
    ),
    "a chunk size of 60,000 digits": (
        "chat",
        _once(
            lambda: head("200 OK", JSON, "transfer-encoding: chunked") + DIGITS.encode() + b"\r\n"
        ),
    ),
    "numbers of a million digits": (
        "chat",
        _once(lambda: answer(b'{"id": "x", "created": %s, "extra": -0.%se9}' % (
            b"9" * MB, b"1" * MB))),
    ),
    "an exponent of 60,000 digits": (
        "chat", _once(lambda: answer(b'{"id": "x", "created": 1e%s}' % DIGITS.encode())),
    ),
    "retry-after of 60,000 digits": ("chat", _once(lambda: _limited(f"retry-after: {DIGITS}"))),
    "rate limits of 60,000 digits": (
        "chat",
        _once(
            lambda: _limited(
                f"x-ratelimit-reset-requests: {DIGITS}",
                f"x-ratelimit-reset-tokens: {'9s' * 30_000}",
                f"x-ratelimit-limit-requests: {DIGITS}",
                f"x-ratelimit-remaining-tokens: {'1' * 30_000}.{'1' * 30_000}",
            )
        ),
    ),
    "10,000 events": (
        "response stream",
        _again(
            STREAMED,
            event({"type": "response.output_text.delta", "delta": "x" * 100}) * 100,
            100,
        ),
    ),
    "400,000 comments": ("chat stream", _again(STREAMED, b": ping\n\n" * 4000, 100)),
    "200,000 empty events": ("chat stream", _again(STREAMED, b"data:\n\n" * 10_000, 20)),
    "a line without end": ("chat stream", _again(STREAMED + b"data: ", b"x" * 65536, 1300)),
    "an event of 500,000 lines": (
        "chat stream", _again(STREAMED, b"data: 1\n" * 10_000, 50),
    ),
    "500,000 lines with no break between them": (
        "chat stream", _again(STREAMED, b"\r" * 10_000, 50),
    ),
    "chunks of an event, byte by byte": (
        "chat stream",
        _again(
            head("200 OK", EVENTS, "transfer-encoding: chunked") + chunk(b"data: "),
            chunk(b"x"),
            50_000,
        ),
    ),
    "an error page of 50 MB": (
        "chat", _again(head("502 Bad", "connection: close"), b"<p>" * 20_000, 900),
    ),
    "a document of 200,000 unknown fields": (
        "chat",
        _once(lambda: answer(json.dumps({f"k{n}": n for n in range(200_000)}).encode())),
    ),
    "100,000 odd items": (
        "list", _once(lambda: answer({"object": "list", "data": [{"id": 5}] * 100_000})),
    ),
}  # fmt: skip


class _Bomber(ScriptedPort):
    """A port with one connection, whose pieces are made when they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(Conn(deque()))
        self._pieces = pieces
        self.came = 0

    async def receive(self, conn: Conn, deadline: float, /) -> bytes:
        piece = next(self._pieces, b"")
        self.came += len(piece)
        return piece


def bombs(random: Random) -> Cases:
    """Each bomb once, in an order by chance."""
    names = [*BOMBS]
    random.shuffle(names)
    for name in names:
        yield name, partial(_explode, *BOMBS[name])


def _explode(what: str, bomb: Bomb) -> None:
    operation = OPERATIONS[what]
    port = _Bomber(bomb())
    transport = PortTransport(port)
    client = AsyncClient(api_key="sk-x", base_url="http://api.test/v1", transport=transport)
    caller = AsyncCaller(client, in_asyncio)
    tracemalloc.start()
    began = time.process_time()
    try:
        told = run(tell(caller, operation, streams="stream" in what, show=_shown))
        took = time.process_time() - began
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert took <= SECONDS, f"{took:.1f} s"
    assert most <= MEMORY + TIMES * port.came, f"{most / MB:.0f} MB for {port.came / MB:.1f} MB"
    assert told.error is None or len(str(told.error)) < 2_000, "a long message"
    assert (port.pool.in_use, port.pool.waiting) == (0, 0)


def _shown(value: object) -> bytes:
    return repr(value).encode()
