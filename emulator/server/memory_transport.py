"""The emulator in process: backends over memory in place of sockets.

    client = Client(api_key="any", transport=MemoryTransport(Emulator()))
    client = AsyncClient(api_key="any", transport=AsyncMemoryTransport(Emulator()))

Time is virtual unless asked otherwise: waits of the emulator and deadlines of the client are kept
to, in their order, and take no time. Under an event loop the virtual clock goes on when all calls
over the backend wait, whatever else the program waits for.

TLS is left out: an `https` base URL works, and nothing is encrypted on the way.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar
from weakref import WeakKeyDictionary

from ...core.call.backend import DeadlinePassed
from ...core.call.network import Network
from ...core.call.wire import PooledWire
from ...core.terms.errors import APIConnectionError
from ...transports.common.connection_errors import lost
from ...transports.common.randomness import SystemRandom
from ...transports.common.sockets import NOTHING
from ...transports.common.tls_or_plain import ByteStreamBackend
from ..http.actions import Pause, ResetConnection, SendBytes
from .callers import BlockingCaller, running

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ...core.call.backend import Address
    from ...core.call.pool import Ticket
    from ...transports.common.tls import Tls
    from ..app.emulator import Emulator
    from ..http.connection import ServerConnection
    from .callers import Caller, Gate

R = TypeVar("R")

_WINDOW: Final = 64 * 1024
"""Bytes of an answer that are made before somebody asks for them, as a socket's buffer would."""
_SLICE: Final = 64 * 1024
_TURNS: Final = 8
"""Turns that other tasks get before the virtual clock goes on."""

_stepping: Final = threading.Lock()
"""Held while a machine works: threads may share an emulator."""


class VirtualTime:
    """A clock that stands still until all who wait for it have nothing else to do."""

    def __init__(self) -> None:
        self._now = 0.0
        self._began = time.time()
        self._waiting: list[tuple[float, int]] = []
        self._count = 0

    def now(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def wall(self) -> float:
        """Seconds since 1970 (UTC), as if the waits had taken their time."""
        return self._began + self._now

    async def wait(self, caller: Caller, until: float, ready: Callable[[], bool]) -> None:
        """Return at `until` or as soon as `ready`; who waits for an earlier time goes first."""
        if not caller.asynchronous:
            self._now = max(self._now, until)
            return
        self._count += 1
        mine = (until, self._count)
        heapq.heappush(self._waiting, mine)
        try:
            while True:
                before = (self._now, self._count, self._waiting[0])
                for _ in range(_TURNS):
                    await caller.checkpoint()
                    if ready() or self._now >= until:
                        return
                # Whoever has just gone on, or come to wait, gets all of the turns.
                if before == (self._now, self._count, mine):
                    self._now = max(self._now, until)
                    return
        finally:
            self._waiting.remove(mine)
            heapq.heapify(self._waiting)


class Pipe:
    """One connection: the machine of the server's side, and what it has sent."""

    early = b""
    tls: Tls | None = None

    def __init__(self, peer: Address, machine: ServerConnection) -> None:
        self.peer = peer
        self.chunks: deque[bytes] = deque()
        self.wake_at = 0.0
        """When the server's wait is over: 0 without one, infinite for a stall."""
        self.ended = False
        self.broken = False
        self.closed = False
        self.gate: Gate | None = None
        """What whoever reads waits on."""
        self.late = NOTHING
        self._machine = machine
        self._size = 0

    def write(self, data: bytes, now: float) -> None:
        """Give bytes to the server, which takes them at once."""
        with _stepping:
            self._machine.receive_data(data)
            self._step(now)
        self.wake()

    def wake(self) -> None:
        """Let whoever reads look again."""
        if self.gate is not None:
            self.gate.set()

    def read(self, now: float) -> bytes | None:
        """Return the next bytes that the server has sent, as it sent them; `None` for nothing yet.

        `b""` is the end. `ConnectionResetError` after a reset.
        """
        if not self.chunks:
            with _stepping:
                self._step(now)
        if self.chunks:
            chunk = self.chunks.popleft()
            self._size -= len(chunk)
            return chunk
        if self.broken:
            raise ConnectionResetError("reset by the emulator")
        return b"" if self.ended else None

    def has_news(self, now: float) -> bool:
        """Whether `read` would return bytes or an end, or raise."""
        with _stepping:
            self._step(now)
        return bool(self.chunks) or self.ended or self.broken or self.closed

    def _step(self, now: float) -> None:
        while self._size < _WINDOW and not (self.ended or self.broken):
            if now < self.wake_at:
                return
            self.wake_at = 0.0
            match self._machine.next_action():
                case SendBytes(data):
                    if data:
                        self.chunks.append(data)
                        self._size += len(data)
                case Pause(seconds):
                    self.wake_at = now + seconds
                case ResetConnection():
                    self.broken = True
                case tuple():
                    self.ended = True
                case _:
                    return


class MemoryBackend(SystemRandom, ByteStreamBackend[Pipe]):
    """A backend whose every address is the emulator."""

    def __init__(
        self, emulator: Emulator, network: Network, caller: Caller, time: VirtualTime | None
    ) -> None:
        super().__init__(network)
        self._emulator = emulator
        self._caller = caller
        self._time = time

    @property
    def asynchronous(self) -> bool:
        """Whether the caller has an event loop."""
        return self._caller.asynchronous

    def now(self) -> float:
        """Seconds: of the virtual clock, or the caller's."""
        return self._caller.now() if self._time is None else self._time.now()

    def steady(self) -> float:
        """What policies count by: waits that took no time have to count for them too."""
        return super().steady() if self._time is None else self._time.now()

    def wall(self) -> float:
        """The date: what the waits were is added to it."""
        return super().wall() if self._time is None else self._time.wall()

    async def sleep(self, seconds: float, /) -> None:
        """Wait."""
        await self._wait(self.now() + seconds)

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        """Run programs side by side, as the caller does it."""
        return await self._caller.gather(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        """Open a file, in a worker where there is a loop."""
        return await self._caller.open_file(path)

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        """Read a file, in a worker where there is a loop."""
        return await self._caller.in_worker(lambda: file.read(size))

    async def in_worker(self, function: Callable[[], R], /) -> R:
        """Call a function, in a worker where there is a loop."""
        return await self._caller.in_worker(function)

    async def connect(self, address: Address, deadline: float, /) -> Pipe:
        """Connect to the emulator, which is everywhere."""
        await self._caller.checkpoint()
        if self.now() >= deadline:
            raise DeadlinePassed
        return Pipe(address, self._emulator.connection())

    async def start_tls(self, conn: Pipe, host: str, deadline: float, /) -> Pipe:
        """Return the connection as it is."""
        return conn

    async def take(self, conn: Pipe, deadline: float) -> bytes:
        """Wait for bytes of the server; each time, what it sent as one piece."""
        await self._caller.checkpoint()
        while True:
            if conn.closed:
                raise lost(conn.peer, "receiving", None)
            try:
                data = conn.read(self.now())
            except ConnectionResetError as error:
                raise lost(conn.peer, "receiving", error) from error
            if data is not None:
                return data
            if self.now() >= deadline:
                raise DeadlinePassed
            # Without a wait of its own, the server waits for more of what is said to it.
            await self._await_news(conn, min(conn.wake_at or inf, deadline))

    async def _await_news(self, conn: Pipe, until: float) -> None:
        """Wait until `until`, or until the server may have said something."""
        if not self._caller.asynchronous or (until < inf and self._time is None):
            await self._wait(until)
        elif self._time is not None and until < inf:
            await self._time.wait(self._caller, until, lambda: conn.has_news(self.now()))
        else:
            gate = conn.gate = self._caller.gate()
            try:
                if not conn.has_news(self.now()):
                    await self._caller.passed(gate, None)
            finally:
                conn.gate = None

    def take_now(self, conn: Pipe) -> bytes | None:
        """Return what is there."""
        try:
            return conn.read(self.now())
        except ConnectionResetError:
            return b""

    async def put(
        self, conn: Pipe, data: bytes | memoryview, deadline: float, watching: bool
    ) -> int:
        """Give bytes to the server, piece by piece where it is watched."""
        view = memoryview(data)
        sent = 0
        while sent < len(view):
            await self._caller.checkpoint()
            if conn.closed or conn.broken:
                broken = None if conn.closed else ConnectionResetError("reset by the emulator")
                raise lost(conn.peer, "sending", broken) from broken
            if self.now() >= deadline:
                raise DeadlinePassed
            piece = bytes(view[sent : sent + _SLICE])
            conn.write(piece, self.now())
            sent += len(piece)
            if watching and conn.has_news(self.now()):
                break
        return sent

    async def put_part(self, conn: Pipe, data: bytes | memoryview, deadline: float) -> int:
        """Give a piece to the server."""
        return await self.put(conn, memoryview(data)[:_SLICE], deadline, False)

    def waiting(self, conn: Pipe) -> bool:
        """Say whether bytes, an end or a reset are waiting."""
        return conn.has_news(self.now())

    def abort(self, conn: Pipe, /) -> None:
        """Close at once."""
        conn.closed = True
        conn.wake()

    async def park(self, ticket: Ticket[Pipe], deadline: float, /) -> None:
        """Wait until `ticket` is granted."""
        with self._lock:
            gate = ticket.waker = self._caller.gate()
        if self._time is not None and deadline < inf:
            await self._time.wait(self._caller, deadline, lambda: ticket.granted)
        else:
            await self._pass(gate, ticket, deadline)
        if not ticket.granted:
            raise DeadlinePassed

    async def _pass(self, gate: Gate, ticket: Ticket[Pipe], deadline: float) -> None:
        if not ticket.granted:
            seconds = None if deadline == inf else max(0.0, deadline - self.now())
            await self._caller.passed(gate, seconds)

    def wake(self, ticket: Ticket[Pipe], /) -> None:
        """Let whoever parks on `ticket` go on."""
        if ticket.waker is not None:
            ticket.waker.set()

    async def _wait(self, until: float) -> None:
        if until == inf:
            if not self._caller.asynchronous:
                raise APIConnectionError(
                    "The emulator has nothing more to say, and there is no deadline: "
                    "over a network this call would wait for ever"
                )
            await self._caller.passed(self._caller.gate(), None)
        elif self._time is not None:
            await self._time.wait(self._caller, until, lambda: False)
        else:
            await self._caller.sleep(max(0.0, until - self.now()))


class MemoryTransport:
    """A transport for `Client`: the emulator in process, for any number of threads."""

    def __init__(
        self, emulator: Emulator, *, network: Network | None = None, virtual: bool = True
    ) -> None:
        time = VirtualTime() if virtual else None
        self._backend = MemoryBackend(emulator, network or Network(), BlockingCaller(), time)
        self._wire = PooledWire(self._backend, self._backend.network)

    def wire(self) -> PooledWire[Pipe]:
        """Return the wire of all threads."""
        return self._wire

    def close(self) -> None:
        """Close the idle connections."""
        self._backend.close_idle()

    async def aclose(self) -> None:
        """Close the idle connections."""
        self._backend.close_idle()


class AsyncMemoryTransport:
    """A transport for `AsyncClient`: the emulator in process, for tasks of asyncio and trio.

    Without `virtual`, waits are those of the running loop.
    """

    def __init__(
        self, emulator: Emulator, *, network: Network | None = None, virtual: bool = True
    ) -> None:
        self._emulator = emulator
        self._network = network or Network()
        self._virtual = virtual
        self._wires: WeakKeyDictionary[object, PooledWire[Pipe]] = WeakKeyDictionary()

    def wire(self) -> PooledWire[Pipe]:
        """Return the wire of the running event loop."""
        loop, caller = running()
        wire = self._wires.get(loop)
        if wire is None:
            time = VirtualTime() if self._virtual else None
            backend = MemoryBackend(self._emulator, self._network, caller(), time)
            wire = self._wires[loop] = PooledWire(backend, self._network)
        return wire

    def close(self) -> None:
        """Close the idle connections of every loop."""
        for wire in list(self._wires.values()):
            if isinstance(wire.backend, MemoryBackend):
                wire.backend.close_idle()

    async def aclose(self) -> None:
        """Close the idle connections of every loop."""
        self.close()
