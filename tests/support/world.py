"""A backend whose other side is alive: peers that answer, connections that are cut after so many bytes.

Its tasks are stepped one at a time, in an order by chance where a `Random` is given, under a clock
that moves only when nobody can go on. So a program that hangs is found at once: all wait, and for
nothing.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from math import inf
from random import Random
from types import coroutine
from typing import Any, Final, Literal, NamedTuple, Protocol

from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.call.pool import Ticket
from api_openai.core.call.wire import PooledWire
from api_openai.core.terms.errors import APIConnectionError

from .port import Conn, ScriptedPort, Stopped

End = Literal["fin", "close", "reset", "silence"]
ENDS: Final[tuple[End, ...]] = ("fin", "close", "reset", "silence")
NEVER: Final = 1 << 62
ROOM: Final = 4000
"""Bytes that the kernel takes for a peer that reads no more."""
STEPS: Final = 200_000
"""Turns after which a program that goes on without waiting for anything has hung."""


class Cut(NamedTuple):
    """How a connection ends: after `down` bytes of the peer's, or `up` of the client's."""

    down: int = NEVER
    up: int = NEVER
    end: End = "fin"


class Peer(Protocol):
    """The other side of a connection."""

    def hear(self, data: bytes, /) -> bytes:
        """Take bytes of the client, and return what is said to them."""
        ...

    def farewell(self, after: bytes, /) -> bytes:
        """Return a close that may follow on `after`, or nothing where there is none."""
        ...


class Hangs(AssertionError):
    """Everybody waits for nothing, or goes round in circles."""


class Wait(NamedTuple):
    """What a task waits for."""

    ready: Callable[[], bool]
    deadline: float


@coroutine
def wait(what: Wait) -> Generator[Wait, None, None]:
    yield what


class Pipe(Conn):
    """A connection to a living peer, which its `cut` ends."""

    def __init__(self, peer: Peer, cut: Cut, random: Random, *, late: bool) -> None:
        super().__init__(deque())
        self.cut = cut
        self.inbox = bytearray()
        self.said = bytearray()
        """What the peer said, as far as it came."""
        self.heard = 0
        """Bytes that the peer has heard."""
        self.end: End | None = None
        self.kept = b""
        """What was taken and has not gone out: backends with TLS, and event loops, have that."""
        self.late = late
        self._peer = peer
        self._random = random
        self._room = ROOM
        self._swallows = random.randrange(3)

    @property
    def news(self) -> bool:
        """Whether there is something to receive."""
        return bool(self.inbox) or self.closed or self.end in ("fin", "close", "reset")

    @property
    def takes_more(self) -> bool:
        """Whether the kernel takes bytes, or says why not."""
        return self.closed or self.end != "silence" or self._room > 0

    def out(self, data: bytes) -> int:
        """Take bytes of the client's, and return how many."""
        if self.closed:
            raise APIConnectionError("the connection is gone")
        if self.end is not None:
            return self._in_vain(data)
        part = data[: self.cut.up - self.heard]
        self.heard += len(part)
        self._arrive(self._peer.hear(part))
        if self.heard >= self.cut.up and self.end is None:
            self._finish()
        return len(data)

    def _in_vain(self, data: bytes) -> int:
        """What becomes of bytes for a peer that is gone."""
        if self.end == "silence":
            taken = min(len(data), self._room)
            self._room -= taken
            return taken
        if self.end == "reset" or not self._swallows:
            self.end = "reset"
            raise APIConnectionError("the connection was reset")
        self._swallows -= 1
        return len(data)

    def _arrive(self, data: bytes) -> None:
        if not data and self.cut.down:
            return
        part = data[: self.cut.down - len(self.said)]
        self.said += part
        self.inbox += part
        if len(self.said) >= self.cut.down:
            self._finish()

    def _finish(self) -> None:
        self.end = self.cut.end
        if self.end == "close":
            self.inbox += self._peer.farewell(bytes(self.said))
        if self.end == "reset" and self._random.random() < 0.5:
            self.inbox.clear()  # some systems drop what had come

    def pop(self) -> bytes:
        """Return some of what came, or the end."""
        if not self.inbox:
            if self.end == "reset":
                raise APIConnectionError("the connection was reset")
            return b""
        size = len(self.inbox)
        if self._random.random() < 0.2:
            size = self._random.randint(1, size)
        part = bytes(self.inbox[:size])
        del self.inbox[:size]
        return part


@dataclass(eq=False)
class Task:
    """A program under way."""

    program: Coroutine[Any, Any, Any]
    stop_at: int = 0
    """The step at which it is cancelled; 0 for none."""
    steps: int = 0
    wait: Wait | None = None
    result: Any = None
    done: bool = False


class World(ScriptedPort):
    """Peers by the number of their connection, and the tasks of this side.

    `accept` makes a peer and says how its connection ends, or raises why there is none.
    """

    def __init__(
        self,
        accept: Callable[[int], tuple[Peer, Cut]],
        random: Random,
        network: Network | None = None,
    ) -> None:
        super().__init__(network=network)
        self.random_source = random
        self.pipes: list[Pipe] = []
        self.parked = 0
        self._accept = accept
        self._wire = PooledWire(self, self.network)

    # What a client takes as its transport.

    def wire(self) -> PooledWire[Conn]:
        return self._wire

    def close(self) -> None:
        self.close_idle()

    async def aclose(self) -> None:
        self.close_idle()

    # The backend.

    async def _until(self, ready: Callable[[], bool], deadline: float) -> None:
        await wait(Wait(ready, deadline))
        if not ready():
            raise DeadlinePassed

    async def sleep(self, seconds: float, /) -> None:
        await wait(Wait(lambda: False, self.time + seconds))

    async def connect(self, address: Address, deadline: float, /) -> Conn:
        await wait(Wait(lambda: True, deadline))
        peer, cut = self._accept(len(self.pipes))
        random = self.random_source
        pipe = Pipe(peer, cut, random, late=random.random() < 0.3)
        if cut.down == 0 or cut.up == 0:
            pipe.end = cut.end
        self.pipes.append(pipe)
        self.conns.append(pipe)
        return pipe

    async def send(self, conn: Conn, data: bytes | memoryview, deadline: float, /) -> None:
        assert isinstance(conn, Pipe)
        data = bytes(data)
        while data:
            await self._until(lambda: conn.takes_more, deadline)
            data = data[conn.out(data) :]

    async def send_watching(self, conn: Conn, data: bytes | memoryview, deadline: float, /) -> int:
        await self.send(conn, data, deadline)
        return len(data)

    async def send_part(self, conn: Conn, data: bytes | memoryview, deadline: float, /) -> int:
        assert isinstance(conn, Pipe)
        while conn.kept:
            await self._until(lambda: conn.takes_more, deadline)
            conn.kept = conn.kept[conn.out(conn.kept) :]
        if not data:
            return 0
        await self._until(lambda: conn.takes_more, deadline)
        size = len(data)
        if self.random_source.random() < 0.3:
            size = self.random_source.randint(1, size)
        part = bytes(data[:size])
        if conn.late:
            if conn.closed:
                raise APIConnectionError("the connection is gone")
            conn.kept = part
            return size
        return conn.out(part)

    def unsent(self, conn: Conn, /) -> bool:
        assert isinstance(conn, Pipe)
        return bool(conn.kept)

    async def receive(self, conn: Conn, deadline: float, /) -> bytes:
        assert isinstance(conn, Pipe)
        await self._until(lambda: conn.news, deadline)
        if conn.closed:
            raise APIConnectionError("the connection was closed here")
        return conn.pop()

    def readable(self, conn: Conn, /) -> bool:
        assert isinstance(conn, Pipe)
        return conn.news

    async def park(self, ticket: Ticket[Conn], deadline: float, /) -> None:
        self.parked += 1
        try:
            if not ticket.granted:
                await self._until(lambda: ticket.granted, deadline)
        finally:
            self.parked -= 1

    def wake(self, ticket: Ticket[Conn], /) -> None:
        """Do nothing: who waits looks by itself."""

    def random(self) -> float:
        return self.random_source.random()

    # The tasks.

    def run(self, *tasks: Task | Coroutine[Any, Any, Any]) -> list[Any]:
        """Run programs to their ends; results, and what they raised."""
        found = [task if isinstance(task, Task) else Task(task) for task in tasks]
        going = [*found]
        for _ in range(STEPS):
            going = [task for task in going if not task.done]
            if not going:
                return [task.result for task in found]
            able = [task for task in going if self._able(task)]
            if able:
                self._step(able[0] if len(able) == 1 else self.random_source.choice(able))
            else:
                self._move_on(going)
        self._stop(going)
        raise Hangs("programs go on and wait for nothing")

    def _able(self, task: Task) -> bool:
        return task.wait is None or task.wait.deadline <= self.time or task.wait.ready()

    def _move_on(self, going: list[Task]) -> None:
        """Nobody can go on: let time pass."""
        due = min(task.wait.deadline for task in going if task.wait is not None)
        if due == inf:
            self._stop(going)
            raise Hangs(f"{len(going)} wait for ever")
        self.time = max(self.time, due)

    def _stop(self, going: list[Task]) -> None:
        for task in going:
            task.program.close()

    def _step(self, task: Task) -> None:
        task.steps += 1
        try:
            if task.steps == task.stop_at:
                said = task.program.throw(Stopped())
            else:
                said = task.program.send(None)
        except StopIteration as end:
            task.result, task.done = end.value, True
        except (Exception, Stopped) as error:
            task.result, task.done = error, True
        else:
            task.wait = said if isinstance(said, Wait) else None

    def settled(self) -> None:
        """See that nothing is left: no connection, no place in the pool, nobody who waits."""
        assert (self.pool.in_use, self.pool.waiting) == (0, 0), "a place of the pool is taken"
        assert self.open == self.pool.idle, f"{self.open} connections are open"
        assert self.parked == 0, f"{self.parked} tasks are parked"
