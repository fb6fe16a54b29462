"""One client in many threads: right answers, and never more connections than are allowed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from math import inf
from random import Random
from typing import Any, Final

from tests.conformance.framing import OK, POST
from tests.conformance.streaming import STREAM, WHOLE, texts
from tests.support.http import answer
from tests.support.server import ASK, CLOSE, RESET, Action, Always, Server

from api_openai import APIConnectionError, Client, StreamTruncatedError
from api_openai.core.call.backend import Address
from api_openai.core.call.network import Network
from api_openai.transports.blocking.transport import BlockingBackend
from api_openai.transports.common.sockets import Connection

from .harness import Cases

THREADS: Final = 8
CALLS: Final = 6
"""Calls of each thread."""
SCRIPTS: Final[tuple[tuple[Action, ...], ...]] = (
    (ASK, OK, CLOSE),
    (ASK, CLOSE),
    (ASK, RESET),
    (ASK, OK[:-3], CLOSE),
    (ASK, OK, ASK, OK, RESET),
    (ASK, answer({"error": "busy"}, status="503 Busy"), ASK, OK, CLOSE),
    (ASK, OK + OK, CLOSE),
)
"""What befalls some of the connections; the others answer for ever."""


class Counting:
    """Counts the connections of a backend: those that are being made, and those that are open."""

    def __init__(self, backend: BlockingBackend) -> None:
        self.most = 0
        self._open: set[int] = set()
        self._making = 0
        self._lock = threading.Lock()
        self._connect, self._abort = backend.connect, backend.abort
        replaced: Any = backend
        replaced.connect, replaced.abort = self.connect, self.abort

    async def connect(self, address: Address, deadline: float = inf, /) -> Connection:
        with self._lock:
            self._making += 1
            self.most = max(self.most, self._making + len(self._open))
        try:
            conn = await self._connect(address, deadline)
        except BaseException:
            with self._lock:
                self._making -= 1
            raise
        with self._lock:
            self._making -= 1
            self._open.add(id(conn))
        return conn

    def abort(self, conn: Connection, /) -> None:
        self._abort(conn)
        with self._lock:
            self._open.discard(id(conn))


def threads(random: Random) -> Cases:
    """Rounds without end, each with a client, a server and faults of its own."""
    while True:
        limit = random.randint(1, 4)
        script: list[tuple[Action, ...]] = [
            random.choice(SCRIPTS) for _ in range(random.randint(0, 6))
        ]
        streams = random.random() < 0.3
        seed = random.getrandbits(32)
        name = f"max_connections={limit}, streams={streams}, faults {script}, seed {seed}"
        yield name, partial(_round, limit, script, streams, seed)


def _round(limit: int, script: list[tuple[Action, ...]], streams: bool, seed: int) -> None:
    with Server() as server:
        for each in [] if streams else script:
            server.on(*each)
        server.on_any(Always(WHOLE if streams else OK))
        network = Network(max_connections=limit, max_idle=Random(seed).choice((0, 1, limit)))
        url = f"http://127.0.0.1:{server.port}/v1"
        with closing(Client(api_key="sk-x", base_url=url, network=network)) as client:
            wire: Any = client.transport.wire()
            backend = wire.backend
            assert isinstance(backend, BlockingBackend)
            counting = Counting(backend)
            work = partial(_stream if streams else _call, client)
            with ThreadPoolExecutor(THREADS) as pool:
                for done in [pool.submit(work, Random(seed + n)) for n in range(THREADS)]:
                    done.result()
            assert (backend.pool.in_use, backend.pool.waiting) == (0, 0)
            assert counting.most <= limit, f"{counting.most} connections at once"


def _call(client: Client, random: Random) -> None:
    for _ in range(CALLS):
        try:
            answered = client.with_options(max_retries=0) if random.random() < 0.2 else client
            assert answered.send(POST).id == "r1"
        except APIConnectionError:
            pass
        except Exception as error:
            if getattr(error, "status_code", None) != 503:
                raise


def _stream(client: Client, random: Random) -> None:
    for _ in range(CALLS):
        with client.send(STREAM) as stream:
            if random.random() < 0.3:
                next(stream)
                continue  # left early
            try:
                assert texts([*stream]) == ["a", "b"]
            except StreamTruncatedError as error:
                raise AssertionError("a whole stream was truncated") from error
