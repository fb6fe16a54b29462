"""Answers that are cut off, or come in two pieces, over sockets: at every byte, plain and TLS."""

from collections.abc import Generator
from contextlib import closing
from functools import partial
from random import Random
from typing import Any, Final

from tests.conformance.ways import WAYS, WayName
from tests.support.certificates import load
from tests.support.server import ASK, CLOSE, HANGUP, RESET, Action, Server

from api_openai.core.call.network import Network

from .harness import Cases
from .recorded import Recorded, Told, recorded, scripted, tell, whole

WAYS_HERE: Final[tuple[WayName, ...]] = ("blocking", "asyncio", "trio", "httpx")
SOCKETS: Final = 0.1
"""The share of places that is tried over sockets too, where a call takes ten times as long."""
RENEWED: Final = 200
"""Connections after which a server is made anew, since it keeps what it received."""

Place = tuple[Recorded, int]


def called(way: WayName, one: Recorded, server: Server, network: Network) -> Told:
    """Make a call with a client of its own, which leaves nothing open."""
    runner = WAYS[way]()
    told: list[Told] = []
    scheme = "http" if server.tls is None else "https"
    settings: dict[str, Any] = {"base_url": f"{scheme}://127.0.0.1:{server.port}/v1"}

    async def program() -> None:
        caller = runner.caller(network, {**settings, "api_key": "sk-x"})
        try:
            told.append(await tell(caller, one.operation, streams=one.streams))
        finally:
            await runner.leave(caller)

    runner.run(program())
    return told[0]


class Peers:
    """A plain and a TLS server, made anew now and then."""

    def __init__(self) -> None:
        self._certificates = load()
        self._network = Network(ca=self._certificates.ca)
        self._servers: dict[bool, Server] = {}

    def close(self) -> None:
        for server in self._servers.values():
            server.finish(wait=False)

    def call(self, way: WayName, one: Recorded, tls: bool, *script: Action) -> Told:
        """Make a call that is answered by a script."""
        server = self._servers.get(tls)
        if server is not None and len(server.peers) >= RENEWED:
            assert not (wrong := server.finish()), wrong
            server = None
        if server is None:
            server = self._servers[tls] = Server(self._certificates.server if tls else None)
        server.on(*script)
        return called(way, one, server, self._network)


def places(random: Random, least: int) -> Generator[Place, None, None]:
    """Every byte of every answer, in an order by chance."""
    found = [(one, at) for one in recorded() for at in range(least, len(one.answer))]
    random.shuffle(found)
    yield from found


def cuts(random: Random) -> Cases:
    """Cut answers in memory, and some over sockets by an end or a reset, at every byte."""
    with closing(Peers()) as peers:
        for one, at in places(random, 0):
            yield f"{one} cut at {at}", partial(_cut, one, at)
            if random.random() < SOCKETS:
                way, tls = random.choice(WAYS_HERE), random.random() < 0.5
                end = random.choice((CLOSE, RESET))
                script = (ASK, one.answer[:at], end)
                name = f"{one} cut at {at}, {way}, tls={tls}, {end.name}"
                yield name, partial(_cut_on_the_way, peers, way, one, tls, script)


def _cut(one: Recorded, at: int) -> None:
    scripted(one, one.answer[:at]).check(whole(one))


def _cut_on_the_way(
    peers: Peers, way: WayName, one: Recorded, tls: bool, script: tuple[Action, ...]
) -> None:
    peers.call(way, one, tls, *script).check(whole(one))


def splits(random: Random) -> Cases:
    """Split answers in memory, and some over sockets, at every byte; in many pieces too."""
    with closing(Peers()) as peers:
        for one in recorded():
            single = [one.answer[at : at + 1] for at in range(len(one.answer))]
            yield f"{one} byte by byte", partial(_split, one, single)
        for one, at in places(random, 1):
            answer = one.answer
            pieces = [answer[:at], answer[at:]]
            yield f"{one} split at {at}", partial(_split, one, pieces)
            ends = sorted(random.sample(range(1, len(answer)), random.randint(2, 12)))
            some = [answer[a:b] for a, b in zip([0, *ends], [*ends, len(answer)], strict=True)]
            yield f"{one} split at {ends}", partial(_split, one, some)
            way, tls = random.choice(WAYS_HERE), random.random() < 0.5
            closes = b"connection: close" in answer
            if random.random() < SOCKETS and not (tls and closes):  # whose end needs an alert
                script: tuple[Action, ...] = (ASK, *pieces, CLOSE if closes else HANGUP)
                name = f"{one} split at {at}, {way}, tls={tls}"
                yield name, partial(_split_on_the_way, peers, way, one, tls, script)


def _split(one: Recorded, pieces: list[bytes]) -> None:
    _same(scripted(one, *pieces), one)


def _split_on_the_way(
    peers: Peers, way: WayName, one: Recorded, tls: bool, script: tuple[Action, ...]
) -> None:
    _same(peers.call(way, one, tls, *script), one)


def _same(told: Told, one: Recorded) -> None:
    assert told.error is None, repr(told.error)
    assert told.documents == whole(one).documents, "other documents"
