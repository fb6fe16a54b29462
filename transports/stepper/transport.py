"""Calls driven by hand, for event loops that this library does not know.

    from api_openai.transports import Done, StepperTransport, Steps

    transport = StepperTransport(now=..., readable=..., abort=..., wake=...)
    client = AsyncClient(transport=transport, ...)
    steps = Steps(client.models.list())
    effect = steps.start()
    while not isinstance(effect, Done):
        ...                                  # do what the effect says, when the loop is ready
        effect = steps.resume(result)        # or steps.throw(error)
    effect.value

An effect says what the call waits for. Its answer goes to `resume`; an `OSError` (TLS errors are
among them), or `DeadlinePassed` when its deadline comes first, to `throw`. Connections are
whatever the loop uses for them. Any awaitable of the client can be driven: calls, the next event
of a stream, the next page, `aclose`. To give a call up, `close` its steps: what it held is aborted.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeVar

from ...core.call.network import Network
from ...core.call.wire import PooledWire
from ...core.terms.errors import APIConnectionError
from ..common.connection_errors import reason, unreachable
from ..common.gather import in_turn
from ..common.pooled_backend import PooledBackend
from ..common.randomness import four_bytes, fraction, token
from .effects import (
    Connect,
    InWorker,
    OpenFile,
    Park,
    ReadFile,
    Receive,
    Send,
    SendPart,
    SendWatching,
    Sleep,
    StartTls,
    perform,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ...core.call.backend import Address
    from ...core.call.pool import Ticket

C = TypeVar("C")
R = TypeVar("R")


class StepperBackend(PooledBackend[C]):
    """A backend whose every wait is an effect."""

    asynchronous = True
    races = False

    def __init__(self, network: Network, outside: StepperTransport[C]) -> None:
        super().__init__(network)
        self._outside = outside

    def now(self) -> float:
        return self._outside.now()

    def steady(self) -> float:
        return self._outside.now()

    def wall(self) -> float:
        return self._outside.wall()

    def random(self) -> float:
        return self._outside.random()

    def token(self) -> str:
        return self._outside.token()

    def mask(self) -> bytes:
        return self._outside.mask()

    def readable(self, conn: C, /) -> bool:
        return self._outside.readable(conn)

    def abort(self, conn: C, /) -> None:
        self._outside.abort(conn)

    def wake(self, ticket: Ticket[C], /) -> None:
        if ticket.waker is not None:
            self._outside.wake(ticket)

    async def sleep(self, seconds: float, /) -> None:
        await perform(Sleep(seconds))

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs one after the other: the loop is asked for one thing at a time."""
        return await in_turn(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        return await perform(OpenFile(path))

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        return await perform(ReadFile(file, size))

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return await perform(InWorker(function))

    async def connect(self, address: Address, deadline: float, /) -> C:
        effect: Connect[C] = Connect(address, deadline)
        try:
            return await perform(effect)
        except OSError as error:
            raise unreachable(address, error) from error

    async def start_tls(self, conn: C, host: str, deadline: float, /) -> C:
        try:
            return await perform(StartTls(conn, host, deadline))
        except BaseException as error:
            self.abort(conn)
            if isinstance(error, OSError):
                text = f"TLS handshake for {host!r} failed: {reason(error)}"
                raise APIConnectionError(text, sent="no") from error
            raise

    async def send(self, conn: C, data: bytes | memoryview, deadline: float, /) -> None:
        try:
            await perform(Send(conn, data, deadline))
        except OSError as error:
            raise _broken("sending", error) from error

    async def send_watching(self, conn: C, data: bytes | memoryview, deadline: float, /) -> int:
        try:
            return await perform(SendWatching(conn, data, deadline))
        except OSError as error:
            raise _broken("sending", error) from error

    async def send_part(self, conn: C, data: bytes | memoryview, deadline: float, /) -> int:
        if not data:
            return 0
        try:
            return await perform(SendPart(conn, data, deadline))
        except OSError as error:
            raise _broken("sending", error) from error

    def unsent(self, conn: C, /) -> bool:
        return False

    async def receive(self, conn: C, deadline: float, /) -> bytes:
        try:
            return await perform(Receive(conn, deadline))
        except OSError as error:
            raise _broken("receiving", error) from error

    async def park(self, ticket: Ticket[C], deadline: float, /) -> None:
        ticket.waker = True
        if not ticket.granted:
            await perform(Park(ticket, deadline))


def _broken(doing: str, error: OSError) -> APIConnectionError:
    return APIConnectionError(f"Connection failed while {doing}: {reason(error)}")


class StepperTransport(Generic[C]):
    """What `AsyncClient(transport=...)` takes to be driven by hand.

    `readable(conn)` says whether bytes or an end wait on a connection; `abort(conn)` closes it at
    once; `wake(ticket)` tells that a `Park` is over. They are called in the middle of a step and
    must not fail. `now`, `wall` (seconds since 1970) and `random` are the clocks and the dice that policies see; `mask` gives four
    bytes that nobody can guess, for each frame of a WebSocket.
    """

    def __init__(
        self,
        *,
        readable: Callable[[C], bool],
        abort: Callable[[C], object],
        wake: Callable[[Ticket[C]], object],
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        random: Callable[[], float] = fraction,
        token: Callable[[], str] = token,
        mask: Callable[[], bytes] = four_bytes,
        network: Network | None = None,
    ) -> None:
        self.readable = readable
        self.abort = abort
        self.wake = wake
        self.now = now
        self.wall = wall
        self.random = random
        self.token = token
        self.mask = mask
        network = network or Network()
        self._backend = StepperBackend(network, self)
        self._wire = PooledWire(self._backend, network)

    def wire(self) -> PooledWire[C]:
        return self._wire

    def close(self) -> None:
        self._backend.close_idle()

    async def aclose(self) -> None:
        self._backend.close_idle()
