"""Calls driven by hand: effects out, answers in, no event loop and no real time."""

import asyncio
import io
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.http.body import PathBody
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APIConnectionError, APITimeoutError
from api_openai.transports.stepper.effects import (
    Connect,
    Effect,
    InWorker,
    OpenFile,
    Park,
    ReadFile,
    Receive,
    Send,
    SendWatching,
    Sleep,
    StartTls,
)
from api_openai.transports.stepper.steps import Done, Steps
from api_openai.transports.stepper.transport import StepperBackend, StepperTransport

from ..support.shipments import fetch, shipment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api_openai.core.call.pool import Ticket

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
HOST = Address("example.org", 80)


class World:
    """What is outside of a stepper: connections are names, and time is a number."""

    def __init__(self, network: Network | None = None) -> None:
        self.time = 0.0
        self.readable: set[str] = set()
        self.aborted: list[str] = []
        self.woken: list[Ticket[str]] = []
        self.transport: StepperTransport[str] = StepperTransport(
            readable=self.readable.__contains__,
            abort=self.aborted.append,
            wake=self.woken.append,
            now=lambda: self.time,
            random=lambda: 0.5,
            token=lambda: "t" * 32,
            network=network,
        )
        self.wire = self.transport.wire()

    def fetch(self, *, timeout: Timeout | None = None, **options: Any) -> Steps[tuple[int, bytes]]:
        return Steps(fetch(self.wire, shipment(HOST, **options), timeout))

    @property
    def in_use(self) -> int:
        return in_use(self.wire.backend)


def in_use(port: object) -> int:
    assert is_stepper(port)
    return port.pool.in_use


def is_stepper(port: object) -> TypeGuard[StepperBackend[str]]:
    return isinstance(port, StepperBackend)


def sends(effect: object) -> TypeGuard[Send[str]]:
    return isinstance(effect, Send)


def parks(effect: object) -> TypeGuard[Park[str]]:
    return isinstance(effect, Park)


def test_a_call_as_effects() -> None:
    world = World()
    steps = world.fetch()
    assert steps.start() == Connect(HOST, inf)
    sending = steps.resume("first")
    assert sends(sending)
    assert sending.conn == "first"
    assert bytes(sending.data).startswith(b"GET /v1/echo HTTP/1.1\r\n")
    assert steps.resume() == Receive("first", inf)
    assert steps.effect == Receive("first", inf)
    assert steps.resume(ANSWER[:30]) == Receive("first", inf)
    assert steps.resume(ANSWER[30:]) == Done((200, b"hello"))
    assert steps.effect is None
    assert (world.in_use, world.aborted) == (0, [])
    # The next one finds the connection idle.
    again = world.fetch()
    assert isinstance(again.start(), Send)
    again.close()
    world.transport.close()
    assert world.aborted == ["first"]


def test_tls_is_the_loops() -> None:
    world = World()
    steps = world.fetch(scheme="https")
    assert isinstance(steps.start(), Connect)
    assert steps.resume("bare") == StartTls("bare", "example.org", inf)
    effect = steps.resume("secure")
    assert sends(effect)
    assert effect.conn == "secure"
    steps.close()
    assert world.aborted == ["secure"]


def test_deadlines_are_the_loops_to_keep() -> None:
    world = World()
    steps = world.fetch(timeout=Timeout(connect=3, first_byte=5))
    assert steps.start() == Connect(HOST, 3.0)
    world.time = 1.0
    steps.resume("conn")
    assert steps.resume() == Receive("conn", 6.0)
    world.time = 6.0
    with pytest.raises(APITimeoutError) as caught:
        steps.throw(DeadlinePassed())
    assert caught.value.phase == "first_byte"
    assert (world.in_use, world.aborted) == (0, ["conn"])


@pytest.mark.parametrize("effects", [1, 2, 3, 4])
@pytest.mark.parametrize("how", ["throw", "close", "drop"])
def test_given_up_at_every_effect(effects: int, how: str) -> None:
    world = World()
    steps = world.fetch(scheme="https")
    answers: Iterator[object] = iter(["bare", "secure", None, ANSWER])
    effect = steps.start()
    for _ in range(effects - 1):
        effect = steps.resume(next(answers))
    assert isinstance(effect, Effect)
    if how == "throw":
        with pytest.raises(APIConnectionError):
            steps.throw(OSError(104, "gone"))
    elif how == "close":
        steps.close()
    del steps
    expected = [[], ["bare"], ["secure"], ["secure"]][effects - 1]
    assert (world.in_use, world.aborted) == (0, expected)


def test_failures_are_the_calls() -> None:
    world = World()
    steps = world.fetch()
    steps.start()
    with pytest.raises(APIConnectionError, match=r"example\.org:80.*refused") as caught:
        steps.throw(ConnectionRefusedError(111, "Connection refused"))
    assert caught.value.sent == "no"
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_waiting_in_line() -> None:
    world = World(Network(max_connections=1))
    first, second = world.fetch(), world.fetch()
    first.start()
    parked = second.start()
    assert parks(parked)
    assert not parked.ticket.granted
    first.resume("conn")
    first.resume()
    assert first.resume(ANSWER) == Done((200, b"hello"))
    assert world.woken == [parked.ticket]
    effect = second.resume()
    assert sends(effect)
    assert effect.conn == "conn"
    second.close()


def test_uploads_watch(tmp_path: Path) -> None:
    world = World()
    path = str(tmp_path / "file")
    steps = world.fetch(body=PathBody(path))
    assert steps.start() == OpenFile(path)  # first, for it may take long
    file = io.BytesIO(b"content")
    steps.resume((file, 7))
    assert isinstance(steps.resume("conn"), Send)
    reading = steps.resume()
    assert isinstance(reading, ReadFile)
    watching = steps.resume(reading.file.read(reading.size))
    assert isinstance(watching, SendWatching)
    assert watching.data == b"content"
    steps.close()
    assert file.closed


def test_everything_else_a_port_does() -> None:
    world = World()
    port = world.wire.backend
    assert (port.random(), port.token(), port.now()) == (0.5, "t" * 32, 0.0)
    assert Steps(port.sleep(3)).start() == Sleep(3)
    work: Callable[[], int] = lambda: 7  # noqa: E731
    steps = Steps(port.in_worker(work))
    assert steps.start() == InWorker(work)
    assert steps.resume(7) == Done(7)
    assert not port.readable("conn")
    world.readable.add("conn")
    assert port.readable("conn")


def test_a_call_that_waits_for_another_event_loop() -> None:
    steps = Steps(asyncio.sleep(0))
    with pytest.raises(RuntimeError, match="belongs to an event loop"):
        steps.start()


def test_misuse() -> None:
    steps = World().fetch()
    with pytest.raises(RuntimeError, match="does not wait"):
        steps.resume()
    steps.close()
    steps.close()
