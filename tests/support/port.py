"""A backend whose other side is a script, under a clock that moves only when somebody waits.

Every method that could wait suspends once, with a word for what it does, so that a test can stop a
program at each of its suspension points. A connection is a list of things to be received: bytes,
`b""` for the end, an exception to raise, or a `Pause`. What the program sends is kept.
"""

from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from types import coroutine
from typing import Any, BinaryIO, NamedTuple, TypeVar

from api_openai.core.call.backend import Address, DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.call.pool import Ticket
from api_openai.core.terms.errors import APIConnectionError
from api_openai.transports.common.gather import in_turn
from api_openai.transports.common.pooled_backend import PooledBackend

R = TypeVar("R")


class Pause(NamedTuple):
    """Nothing comes for so many seconds."""

    seconds: float


class Asked(NamedTuple):
    """What follows comes when something was sent that ends like this."""

    end: bytes = b""


ASKED = Asked()
Step = bytes | Exception | Pause | Asked


@dataclass(eq=False)
class Conn:
    """One scripted connection."""

    steps: deque[Step]
    address: Address | None = None
    sent: bytearray = field(default_factory=bytearray)
    closed: bool = False
    tls: str | None = None
    """The host name of its TLS handshake."""
    refuses: bool = False
    """Whether sending fails."""
    takes: int | None = None
    """How many bytes it takes when the sender watches for an answer."""
    pace: float = 0
    """Seconds that it takes for what it is sent at once."""

    def take(self, data: bytes | memoryview) -> None:
        """Take what the program sends."""
        if self.refuses or self.closed:
            raise APIConnectionError("the connection is gone")
        self.sent += data
        step = self.steps[0] if self.steps else None
        if isinstance(step, Asked) and self.sent.endswith(step.end):
            self.steps.popleft()


@coroutine
def suspend(word: str) -> Generator[str, None, None]:
    yield word


class ScriptedPort(PooledBackend[Conn]):
    """The n-th connection made is the n-th of `conns`; an exception there is why it fails."""

    asynchronous = True

    def __init__(
        self, *conns: Conn | Iterable[Step] | Exception | Pause, network: Network | None = None
    ) -> None:
        super().__init__(network or Network())
        self.time = 1000.0
        self.epoch = 0.0
        """What the date is when `time` is 0, in seconds since 1970."""
        self.chance = 0.5
        self.tokens = 0
        """How many were given out; the first is of zeros alone."""
        self.log: list[str] = []
        self.conns: list[Conn] = []
        self.sleeps: list[float] = []
        self._script = deque(conns)

    def now(self) -> float:
        return self.time

    def steady(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.epoch + self.time

    def random(self) -> float:
        return self.chance

    def token(self) -> str:
        self.tokens += 1
        return f"{self.tokens - 1:032d}"

    async def _pass(self, word: str) -> None:
        self.log.append(word)
        await suspend(word)

    async def _pause(self, seconds: float, deadline: float) -> None:
        assert min(seconds, deadline) < inf, "a program waits for ever"
        if self.time + seconds >= deadline:
            self.time = max(self.time, deadline)
            raise DeadlinePassed
        self.time += seconds

    async def sleep(self, seconds: float, /) -> None:
        await self._pass("sleep")
        self.sleeps.append(seconds)
        self.time += seconds

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        return await in_turn(programs, limit)

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        raise FileNotFoundError(path)

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        await self._pass("read_file")
        return file.read(size)

    async def in_worker(self, function: Callable[[], R], /) -> R:
        await self._pass("in_worker")
        return function()

    async def connect(self, address: Address, deadline: float, /) -> Conn:
        await self._pass("connect")
        made = self._script.popleft()
        while isinstance(made, Pause):
            await self._pause(made.seconds, deadline)
            made = self._script.popleft()
        if isinstance(made, Exception):
            raise made
        conn = made if isinstance(made, Conn) else Conn(deque(made))
        conn.address = address
        self.conns.append(conn)
        return conn

    async def start_tls(self, conn: Conn, host: str, deadline: float, /) -> Conn:
        try:
            await self._pass("start_tls")
        except BaseException:
            self.abort(conn)
            raise
        conn.tls = host
        return conn

    async def send(self, conn: Conn, data: bytes | memoryview, deadline: float, /) -> None:
        await self._pass("send")
        conn.take(data)

    async def send_watching(self, conn: Conn, data: bytes | memoryview, deadline: float, /) -> int:
        await self._pass("send_watching")
        if conn.pace:
            await self._pause(conn.pace, deadline)
        taken = len(data) if conn.takes is None else min(conn.takes, len(data))
        conn.take(data[:taken])
        return taken

    async def send_part(self, conn: Conn, data: bytes | memoryview, deadline: float, /) -> int:
        await self._pass("send_part")
        if conn.takes == 0:
            await self._pause(inf, deadline)
        taken = len(data) if conn.takes is None else min(conn.takes, len(data))
        conn.take(data[:taken])
        return taken

    def unsent(self, conn: Conn, /) -> bool:
        return False

    def mask(self) -> bytes:
        return bytes(4)

    async def receive(self, conn: Conn, deadline: float, /) -> bytes:
        await self._pass("receive")
        assert not conn.closed, "a program reads a connection that it has closed"
        while True:
            if not conn.steps or isinstance(conn.steps[0], Asked):
                await self._pause(inf, deadline)
            step = conn.steps.popleft()
            if isinstance(step, bytes):
                return step
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Pause):
                began = self.time
                try:
                    await self._pause(step.seconds, deadline)
                except DeadlinePassed:
                    conn.steps.appendleft(Pause(step.seconds - (self.time - began)))
                    raise

    def readable(self, conn: Conn, /) -> bool:
        """Bytes, an end or an error are there unless something comes first."""
        return conn.closed or (bool(conn.steps) and isinstance(conn.steps[0], bytes | Exception))

    def abort(self, conn: Conn, /) -> None:
        conn.closed = True

    async def park(self, ticket: Ticket[Conn], deadline: float, /) -> None:
        while not ticket.granted:
            await self._pass("park")
            if not ticket.granted:
                await self._pause(inf, deadline)

    def wake(self, ticket: Ticket[Conn], /) -> None:
        self.log.append("wake")

    @property
    def open(self) -> int:
        """How many connections are open."""
        return sum(not conn.closed for conn in self.conns)


def run(program: Coroutine[Any, Any, R]) -> R:
    """Run a program over a `ScriptedPort` to its end."""
    while True:
        try:
            program.send(None)
        except StopIteration as end:
            result: R = end.value
            return result


class Stopped(BaseException):
    """What the tests cancel programs with."""


def stop(program: Coroutine[Any, Any, Any], at: int, *, close: bool) -> bool:
    """Run a program to its suspension point number `at` (from 1) and end it there.

    It is closed (`GeneratorExit`) or made to raise `Stopped`. Returns False if it had ended before.
    """
    try:
        for _ in range(at):
            program.send(None)
    except StopIteration:
        return False
    if close:
        program.close()
        return True
    try:
        program.throw(Stopped())
    except Stopped:
        return True
    raise AssertionError("a program went on after it had been cancelled")
