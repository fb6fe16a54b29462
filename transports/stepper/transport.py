"""Calls driven by hand, for event loops that this library does not know.

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

import inspect
import time
import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, TypeGuard, TypeVar

from ...core.call.backend import DeadlinePassed
from ...core.call.network import Network
from ...core.call.wire import PooledWire
from ...core.terms.errors import APIConnectionError
from ..common.connection_errors import reason, unreachable
from ..common.gather import in_turn
from ..common.pooled_backend import PooledBackend
from ..common.randomness import fraction, token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence

    from ...core.call.backend import Address
    from ...core.call.pool import Ticket

C = TypeVar("C")
R = TypeVar("R")
T = TypeVar("T")


class Effect(Generic[R]):
    """What a call waits for; `R` is what `Steps.resume` has to be given."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Connect(Effect[C]):
    """Open a TCP connection and answer with it."""

    address: Address
    deadline: float


@dataclass(frozen=True, slots=True)
class StartTls(Effect[C]):
    """Go through a TLS handshake for `host` and answer with the connection to use from now.

    When that fails `conn` is aborted. `api_openai.transports.Tls` is the client's side of TLS as a
    machine.
    """

    conn: C
    host: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Send(Effect[None], Generic[C]):
    """Send all of `data`."""

    conn: C
    data: bytes | memoryview
    deadline: float


@dataclass(frozen=True, slots=True)
class SendWatching(Effect[int], Generic[C]):
    """Send `data`, stop when the peer has something to say, and answer how much was sent."""

    conn: C
    data: bytes | memoryview
    deadline: float


@dataclass(frozen=True, slots=True)
class Receive(Effect[bytes], Generic[C]):
    """Answer with the next bytes, at most 256 KiB; `b""` is the end."""

    conn: C
    deadline: float


@dataclass(frozen=True, slots=True)
class Sleep(Effect[None]):
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Park(Effect[None], Generic[C]):
    """Wait until `wake` is called with `ticket`."""

    ticket: Ticket[C]
    deadline: float


@dataclass(frozen=True, slots=True)
class InWorker(Effect[R]):
    """Call `function`, which may block, and answer with what it returns."""

    function: Callable[[], R]


@dataclass(frozen=True, slots=True)
class OpenFile(Effect[tuple[BinaryIO, int | None]]):
    """Open a file for reading; answer with it and its size (`None` for a pipe)."""

    path: str


@dataclass(frozen=True, slots=True)
class ReadFile(Effect[bytes]):
    """Answer with the next bytes of a file, at most `size`; `b""` is the end."""

    file: BinaryIO
    size: int


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The call has returned `value`."""

    value: T


@types.coroutine
def perform(effect: Effect[R]) -> Generator[Effect[R], R, R]:
    """Wait until the loop has done what `effect` says, and return its answer."""
    return (yield effect)


class Steps(Generic[T]):
    """Drives one awaitable of a client, from effect to effect.

    What the call raises comes out of `start`, `resume` or `throw`.
    """

    def __init__(self, call: Awaitable[T]) -> None:
        self._coroutine: Coroutine[Any, Any, T] = (
            call if inspect.iscoroutine(call) else _await(call)
        )
        self.effect: Effect[Any] | None = None
        """What the call waits for; `None` while it runs and after its end."""

    def start(self) -> Effect[Any] | Done[T]:
        """Begin."""
        return self._step(self._coroutine.send, None)

    def resume(self, result: object = None) -> Effect[Any] | Done[T]:
        """Go on with the answer to the last effect."""
        if self.effect is None:
            raise RuntimeError("resume: the call does not wait for an answer")
        return self._step(self._coroutine.send, result)

    def throw(self, error: BaseException) -> Effect[Any] | Done[T]:
        """Go on with the failure of the last effect."""
        return self._step(self._coroutine.throw, error)

    def close(self) -> None:
        """Give the call up; it closes the connection that it used. Any number of times."""
        self.effect = None
        self._coroutine.close()

    def _step(self, step: Callable[[Any], object], value: object) -> Effect[Any] | Done[T]:
        self.effect = None
        try:
            effect = step(value)
        except StopIteration as end:
            result: T = end.value
            return Done(result)
        if not _is_effect(effect):
            self.close()
            raise RuntimeError(f"the call waits for {effect!r}, which belongs to an event loop")
        self.effect = effect
        return effect


def _is_effect(value: object) -> TypeGuard[Effect[Any]]:
    return isinstance(value, Effect)


async def _await(call: Awaitable[T]) -> T:
    return await call


class StepperBackend(PooledBackend[C]):
    """A backend whose every wait is an effect."""

    asynchronous = True

    def __init__(self, network: Network, outside: StepperTransport[C]) -> None:
        super().__init__(network)
        self._outside = outside

    def now(self) -> float:
        return self._outside.now()

    def random(self) -> float:
        return self._outside.random()

    def token(self) -> str:
        return self._outside.token()

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
    must not fail. `now` and `random` are the clock and the dice that policies see.
    """

    def __init__(
        self,
        *,
        readable: Callable[[C], bool],
        abort: Callable[[C], object],
        wake: Callable[[Ticket[C]], object],
        now: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = fraction,
        token: Callable[[], str] = token,
        network: Network | None = None,
    ) -> None:
        self.readable = readable
        self.abort = abort
        self.wake = wake
        self.now = now
        self.random = random
        self.token = token
        network = network or Network()
        self._backend = StepperBackend(network, self)
        self._wire = PooledWire(self._backend, network)

    def wire(self) -> PooledWire[C]:
        return self._wire

    def close(self) -> None:
        self._backend.close_idle()

    async def aclose(self) -> None:
        self._backend.close_idle()


__all__ = [
    "Connect",
    "DeadlinePassed",
    "Done",
    "Effect",
    "InWorker",
    "OpenFile",
    "Park",
    "ReadFile",
    "Receive",
    "Send",
    "SendWatching",
    "Sleep",
    "StartTls",
    "StepperTransport",
    "Steps",
]
