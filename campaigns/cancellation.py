"""Calls cancelled at every await: no connection, no place in the pool and no file stays behind."""

import gc
import tempfile
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from tests.conformance.callers import AsyncCaller
from tests.conformance.cancelling import CANCELLERS
from tests.conformance.test_cancel import PROGRAMS, upload_of
from tests.conformance.ways import in_asyncio
from tests.support.certificates import load
from tests.support.port import ScriptedPort, stop
from tests.support.scripted import PortTransport
from tests.support.server import Always, Server

from api_openai import AsyncClient
from api_openai.core.call.network import Network

from .harness import Cases
from .recorded import Recorded, recorded, tell

SIZE: Final = 300_000
"""Bytes of an upload: more than one read."""


def cancellation(random: Random) -> Cases:
    """Every program on every loop, plain and TLS, and recorded answers in memory in between."""
    gc.collect()
    gc.freeze()  # what there is already need not be looked at after each case
    combinations = [
        (kind, name, tls) for kind in CANCELLERS for name in PROGRAMS for tls in (False, True)
    ]
    combinations = [
        each for each in combinations if not (each[2] and each[0].startswith("httpx"))
    ]  # httpx takes its certificates elsewhere
    random.shuffle(combinations)
    answers = [*recorded()]
    random.shuffle(answers)
    for kind, name, tls in combinations:
        yield from _over_sockets(kind, name, tls)
        if answers:
            yield from _in_memory(answers.pop())


def _over_sockets(kind: str, name: str, tls: bool) -> Cases:
    program, said = PROGRAMS[name]
    certificates = load()
    network = Network(max_connections=2, ca=certificates.ca if tls else None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(bytes(SIZE))
        server = Server(certificates.server if tls else None)
        server.on_any(Always(said))
        scheme = "https" if tls else "http"
        settings = {"base_url": f"{scheme}://127.0.0.1:{server.port}/v1", "api_key": "sk-x"}
        points: list[int] = []

        def attempt(at: int) -> None:
            points.append(at)  # counts as one that was reached, should it fail
            count = CANCELLERS[kind]().attempt(program or upload_of(path), at, settings, network)
            gc.collect()
            points[-1] = count

        at = 0
        while len(points) == at and (not points or points[-1] >= at):
            at += 1
            yield f"{name}, {kind}, tls={tls}, at {at}", partial(attempt, at)
        yield f"{name}, {kind}, tls={tls}: what is left open", partial(_nothing_left, server)


def _nothing_left(server: Server) -> None:
    wrong = server.finish()
    assert not wrong, wrong


def _in_memory(one: Recorded) -> Cases:
    for close in (True, False):
        ended: list[bool] = []
        at = 0
        while not any(ended):
            at += 1
            name = f"{one} {'closed' if close else 'stopped'} at {at}"
            yield name, partial(_stopped, one, at, close, ended)


def _stopped(one: Recorded, at: int, close: bool, ended: list[bool]) -> None:
    pieces = [one.answer[start : start + 400] for start in range(0, len(one.answer), 400)]
    port = ScriptedPort([*pieces, b""])
    transport = PortTransport(port)
    client = AsyncClient(api_key="sk-x", base_url="http://api.test/v1", transport=transport)
    program = tell(AsyncCaller(client, in_asyncio), one.operation, streams=one.streams)
    ended.append(True)
    ended[-1] = not stop(program, at, close=close)
    gc.collect()
    assert (port.pool.in_use, port.pool.waiting) == (0, 0)
    assert port.open == port.pool.idle
