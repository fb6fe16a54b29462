"""Hosts with several addresses: the first that answers counts, and no socket is left behind."""

import asyncio
import socket
from collections.abc import Callable
from math import inf
from typing import Any

import pytest

from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.terms.errors import APIConnectionError
from api_openai.transports.asyncio import dial as asyncio_dial
from api_openai.transports.common import happy_eyeballs
from api_openai.transports.common.addresses import Found, Target, in_turns, literal
from api_openai.transports.common.happy_eyeballs import DELAY, Race

from ..support.ports import SocketsPort, on, turns
from ..support.raw import PATIENCE, echo, full, open_sockets, serving, unused

KINDS = ["blocking", "asyncio", "trio"]  # uvloop does not ask Python for addresses
HOST = Address("several.test", 1)

every_port = pytest.mark.parametrize("kind", KINDS)
Resolve = Callable[..., None]


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Have a name resolved to the addresses that the test gives."""
    monkeypatch.setattr(happy_eyeballs, "DELAY", 0.02)

    def to(*addresses: Address) -> None:
        def getaddrinfo(*args: object, **options: object) -> list[Found]:
            stream = socket.SOCK_STREAM
            return [(socket.AF_INET, stream, 6, "", tuple(each)) for each in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return to


async def reaches(port: SocketsPort, address: Address, deadline: float = inf) -> None:
    """Connect to the name, and see who is there."""
    conn = await port.connect(HOST, deadline)
    await port.send(conn, b"hello", inf)
    assert await port.receive(conn, inf) == b"hello"
    sock: Any = conn.sock if hasattr(conn, "sock") else None
    if sock is not None:
        assert sock.getpeername() == address
    port.abort(conn)


@every_port
def test_the_next_address_when_one_is_refused(kind: str, resolve: Resolve) -> None:
    before = open_sockets()
    with serving(echo) as raw:
        resolve(unused(), unused(), raw.address, unused())
        on(kind, lambda port: reaches(port, raw.address))
        assert raw.accepted == 1
    assert open_sockets() == before


@every_port
@pytest.mark.parametrize("limited", [False, True])
def test_the_next_address_when_one_does_not_answer(
    kind: str, limited: bool, resolve: Resolve
) -> None:
    before = open_sockets()
    with serving(echo) as raw, full() as hangs:
        resolve(hangs, raw.address, hangs)

        async def scenario(port: SocketsPort) -> None:
            await reaches(port, raw.address, port.now() + PATIENCE if limited else inf)
            if kind == "asyncio":  # nobody is left running
                await turns(kind)
                assert len(asyncio.all_tasks()) == 1

        on(kind, scenario)
        assert raw.accepted == 1
    assert open_sockets() == before


@every_port
def test_no_address_answers(kind: str, resolve: Resolve) -> None:
    before = open_sockets()
    resolve(unused(), unused())

    async def scenario(port: SocketsPort) -> None:
        with pytest.raises(APIConnectionError, match=r"several\.test:1.*refused") as caught:
            await port.connect(HOST, inf)
        assert caught.value.sent == "no"

    on(kind, scenario)
    assert open_sockets() == before


@every_port
def test_no_address_answers_in_time(kind: str, resolve: Resolve) -> None:
    before = open_sockets()

    async def scenario(port: SocketsPort) -> None:
        with pytest.raises(DeadlinePassed):
            await port.connect(HOST, port.now() + 0.05)

    with full() as one, full() as two:
        resolve(one, two)
        on(kind, scenario)
    assert open_sockets() == before


def test_a_race_that_is_cancelled(resolve: Resolve) -> None:
    before = open_sockets()

    async def program() -> None:
        task = asyncio.create_task(asyncio_dial.dial(asyncio.get_running_loop(), HOST))
        await asyncio.sleep(0.05)  # both are under way
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with full() as one, full() as two:
        resolve(one, two)
        asyncio.run(program())
    assert open_sockets() == before


TARGETS: list[Target] = [(socket.AF_INET, (host, 80)) for host in "abc"]


def test_a_race_starts_one_after_another_and_the_first_to_succeed_wins() -> None:
    race: Race[str] = Race(TARGETS)
    assert [race.next_target(), race.pause] == [TARGETS[0], DELAY]
    assert [race.next_target(), race.pause] == [TARGETS[1], DELAY]
    assert race.goes_on(under_way=True)
    race.failed(OSError("a"))
    assert race.succeeded("b")
    assert not race.succeeded("c")
    assert not race.goes_on(under_way=True)
    assert race.result() == "b"


def test_a_race_that_nobody_wins_has_the_first_failure() -> None:
    race: Race[str] = Race(TARGETS)
    for target in TARGETS:
        assert race.goes_on(under_way=False)
        assert race.next_target() == target
        race.failed(OSError(target[1][0]))
    assert (race.next_target(), race.pause, race.goes_on(under_way=False)) == (None, inf, False)
    with pytest.raises(OSError, match="a"):
        race.result()


def test_nobody_wins_after_the_end() -> None:
    race: Race[str] = Race(TARGETS)
    race.end()
    assert not race.succeeded("a")
    assert race.winner is None


def test_families_take_turns() -> None:
    def found(family: socket.AddressFamily, host: str) -> Found:
        return family, socket.SOCK_STREAM, 6, "", (host, 80)

    six, four = socket.AF_INET6, socket.AF_INET
    sorted_ = [found(six, "a"), found(six, "b"), found(six, "c"), found(four, "d")]
    assert [where[0] for _, where in in_turns(sorted_)] == ["a", "d", "b", "c"]
    with pytest.raises(OSError, match="no address"):
        in_turns([])


@pytest.mark.parametrize(
    ("host", "family"),
    [
        ("127.0.0.1", socket.AF_INET),
        ("::1", socket.AF_INET6),
        ("localhost", None),
        ("1.2.3", None),
        ("a\0b", None),
    ],
)
def test_addresses_are_not_resolved(host: str, family: socket.AddressFamily | None) -> None:
    assert literal(host, 80) == (None if family is None else (family, (host, 80)))
