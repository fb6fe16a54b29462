"""A clock for tests with deadlines: it goes on only where a loop has waited and nothing has come.

Each wait that was in vain counts as `STEP`, however long it took, so that a machine under load makes
no deadline pass before its time: while anything happens, and while nobody runs, the clock stands. A
scenario may also `hold` it. uvloop has a clock of its own, which cannot be replaced.
"""

import asyncio
import contextlib
import select
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from functools import partial
from math import inf
from typing import Any, Final, TypeVar

import httpcore
import httpcore2
import pytest
import trio

from api_openai.transports.blocking import thread_group
from api_openai.transports.blocking import transport as blocking
from api_openai.transports.blocking.dial import dial
from api_openai.transports.blocking.transport import BlockingBackend
from api_openai.transports.common import sockets
from api_openai.transports.common.sockets import Want
from api_openai.transports.httpx import gates
from api_openai.transports.httpx.adapters import SyncAdapter

T = TypeVar("T")

STEP: Final = 0.01
"""Seconds of a wait after which the clock goes on by as many, if nothing has come."""


class Clock:
    """The time of one test."""

    def __init__(self) -> None:
        self._time = 1000.0
        self._held = 0
        self.starts: threading.Event | None = None
        """What has to happen before any time passes; e.g. that a peer stalls."""
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._time

    def idle(self) -> None:
        """Take note of a wait in vain."""
        if not self._held and (self.starts is None or self.starts.is_set()):
            self.go_on(STEP)

    def go_on(self, seconds: float) -> None:
        """Let so much time pass, while nobody waits."""
        with self._lock:
            self._time += seconds

    @contextlib.contextmanager
    def hold(self) -> Generator[None]:
        """Let no time pass meanwhile, however long something takes."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    def until(self, seconds: float, look: Callable[[float], T]) -> T:
        """Wait with `look`, a step at a time, until it finds something or `seconds` have passed."""
        end = self._time + seconds
        while not (found := look(STEP)):
            self.idle()
            if self._time >= end:
                break
        return found


def run_asyncio(program: Coroutine[Any, Any, T], clock: Clock) -> T:
    """Run a program in an asyncio loop that has the clock."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(program)


def run_trio(program: Callable[[], Coroutine[Any, Any, T]], clock: Clock) -> T:
    """Run an async function in a trio run that has the clock."""
    ticking = _Trio(clock)
    return trio.run(program, clock=ticking, instruments=[ticking])


@contextlib.contextmanager
def without_a_loop(clock: Clock) -> Generator[None]:
    """Give the clock to what is made meanwhile of blocking backends and httpx clients."""
    own = {"now": clock.now, "sleep": time.sleep}
    writable = partial(_writable, clock)

    def dialling(*how: Any) -> socket.socket:
        given: Any = how if len(how) > 3 else (*how, writable)
        return dial(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BlockingBackend.__init__, "__kwdefaults__", own)
        patch.setattr(SyncAdapter, "now", staticmethod(clock.now))
        for sleeper in (BlockingBackend, SyncAdapter):
            patch.setattr(sleeper, "sleep", _sleeping(clock, sleeper.sleep))
        for module in (blocking, thread_group):
            patch.setattr(module, "wait", partial(_wait, clock))
        patch.setattr(thread_group, "writable", writable)
        patch.setattr(blocking, "dial", dialling)
        for module in (blocking, gates):
            patch.setattr(module, "Lock", partial(_Gate, clock))
        for core in (httpcore, httpcore2):
            connect = staticmethod(
                partial(_connect, core, clock)
            )  # a partial is to become a method
            patch.setattr(core.SyncBackend, "connect_tcp", connect)
        yield


class _Selector(selectors.DefaultSelector):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(STEP)
        if not ready:
            self._clock.idle()
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: Clock) -> None:
        super().__init__(_Selector(clock))
        self._clock = clock

    def time(self) -> float:
        return self._clock.now()


class _Trio(trio.abc.Clock, trio.abc.Instrument):
    """Tells waits in vain by this: no task has taken a step since the last one began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_vain = False

    def start_clock(self) -> None:
        pass

    def current_time(self) -> float:
        return self._clock.now()

    def deadline_to_sleep_time(self, deadline: float) -> float:
        if self._in_vain:
            self._clock.idle()
        self._in_vain = deadline != inf
        return inf if deadline == inf else STEP if deadline > self._clock.now() else 0.0

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        self._in_vain = False


def _sleeping(clock: Clock, sleep: Callable[[Any, float], Awaitable[None]]) -> Any:
    async def slept(self: object, seconds: float, /) -> None:
        end = clock.now() + seconds
        await sleep(self, seconds)
        clock.go_on(max(0.0, end - clock.now()))

    return slept


def _wait(clock: Clock, fd: int, want: Want, seconds: float | None, also: int = -1) -> bool:
    if seconds is None:
        return sockets.wait(fd, want, None, also)
    return clock.until(seconds, lambda step: sockets.wait(fd, want, step, also))


def _writable(clock: Clock, fds: list[int], seconds: float, also: int = -1) -> list[int]:
    end = clock.now() + seconds
    while not (ready := sockets.writable(fds, STEP, also)):
        if clock.now() >= end or (also >= 0 and sockets.has_news(also)):
            break
        clock.idle()
    return ready


class _Gate:
    """A lock whose timeouts are the clock's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.release = self._lock.release

    def acquire(self, timeout: float = -1) -> bool:
        if timeout < 0:
            return self._lock.acquire()
        return self._clock.until(timeout, lambda step: self._lock.acquire(timeout=step))


def _connect(
    core: Any,
    clock: Clock,
    host: str,
    port: int,
    timeout: float | None = None,
    local_address: str | None = None,
    socket_options: Iterable[Any] | None = None,
) -> "_Stream":
    """Do what `httpcore.SyncBackend.connect_tcp` does."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise core.ConnectError(error) from error
    family, kind, number, _, target = found[0]
    sock = socket.socket(family, kind, number)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sock.connect_ex(target) and not _wait(clock, sock.fileno(), "write", timeout):
            raise core.ConnectTimeout("timed out")
        if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise core.ConnectError(OSError(code, "connect"))
    except BaseException:
        sock.close()
        raise
    return _Stream(core, sock, clock)


class _Stream(httpcore.NetworkStream):
    """A connection of httpcore, or httpcore2, whose timeouts are the clock's."""

    def __init__(self, core: Any, sock: socket.socket, clock: Clock) -> None:
        self._core = core
        self._sock = sock
        self._clock = clock

    def _io(self, attempt: Callable[[], T], timeout: float | None, late: type[Exception]) -> T:
        """Do what does not block, as soon as that can be done."""
        while True:
            try:
                return attempt()
            except ssl.SSLWantReadError:
                want: Want = "read"
            except ssl.SSLWantWriteError:
                want = "write"
            except BlockingIOError:
                want = "write" if late is self._core.WriteTimeout else "read"
            if not _wait(self._clock, self._sock.fileno(), want, timeout):
                raise late("timed out")

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._io(lambda: self._sock.recv(max_bytes), timeout, self._core.ReadTimeout)
        except OSError as error:
            raise self._core.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        try:
            while rest:
                sent = self._io(partial(self._sock.send, rest), timeout, self._core.WriteTimeout)
                rest = rest[sent:]
        except OSError as error:
            raise self._core.WriteError(error) from error

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "_Stream":
        try:
            tls = ssl_context.wrap_socket(
                self._sock, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._sock = tls
            self._io(tls.do_handshake, timeout, self._core.ConnectTimeout)
        except OSError as error:
            self.close()
            raise self._core.ConnectError(error) from error
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "ssl_object":
                return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
            case "socket":
                return self._sock
            case "is_readable":
                return bool(select.select([self._sock], [], [], 0)[0])
            case _:
                return None
