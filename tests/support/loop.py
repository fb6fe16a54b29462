"""An event loop of a hundred lines that drives calls by hand, over `transports.stepper`.

Nothing here is asyncio or trio: sockets that do not block, one `poll` for all, and a generator for
each effect that says what it waits for.
"""

import selectors
import socket
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple, TypeVar, cast

from api_openai.core.call.backend import DeadlinePassed
from api_openai.core.call.network import Network
from api_openai.core.call.pool import Ticket
from api_openai.transports.common.files import open_sized
from api_openai.transports.common.tls import Tls, context_for
from api_openai.transports.stepper.effects import (
    Connect,
    Effect,
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
from api_openai.transports.stepper.steps import Done, Steps
from api_openai.transports.stepper.transport import StepperTransport

from .clock import STEP, Clock

T = TypeVar("T")


class Wait(NamedTuple):
    """What an effect waits for; without a socket, for the deadline or for being woken."""

    sock: socket.socket | None
    events: int
    deadline: float


READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
Working = Generator[Wait, None, Any]


@dataclass(eq=False)
class Pipe:
    """A connection of this loop."""

    sock: socket.socket
    tls: Tls | None = None
    early: bytes = b""
    late: bytes | memoryview = b""
    """Encrypted bytes that go out whatever becomes of who gave them."""


class Together(Effect[list[Any]]):
    """Run programs at the same time and answer with their results and exceptions."""

    def __init__(self, programs: list[Callable[[], Coroutine[Any, Any, Any]]]) -> None:
        self.programs = programs


async def together(programs: list[Callable[[], Coroutine[Any, Any, Any]]]) -> list[Any]:
    return await perform(Together(programs))


@dataclass(eq=False)
class Task:
    """One program under way."""

    steps: Steps[Any]
    working: Working | None = None
    wait: Wait | None = None
    result: Any = None
    done: bool = False
    on_done: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])


class Loop:
    """Runs programs of clients on its transport."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._network = Network()
        self._tasks: list[Task] = []
        self._woken: set[Task] = set()
        self._late: list[Pipe] = []  # of which something is still to be sent
        self.effects = 0
        """How many effects the programs have asked for."""
        self.stop_at: int | None = None
        """Give the main program up at this effect, counted from 1."""

    def transport(self, network: Network) -> StepperTransport[Pipe]:
        self._network = network  # whose certificates the next handshakes trust
        return StepperTransport(
            now=self._clock.now, readable=readable, abort=abort, wake=self._wake, network=network
        )

    def _wake(self, ticket: Ticket[Any]) -> None:
        self._woken.update(
            task for task in self._tasks if getattr(task.steps.effect, "ticket", None) is ticket
        )

    def run(self, program: Coroutine[Any, Any, T]) -> T:
        """Run a program to its end."""
        main = self._spawn(program)
        while not main.done:
            self._turn()
        if isinstance(main.result, BaseException):
            raise main.result
        result: T = main.result
        return result

    def _spawn(self, program: Coroutine[Any, Any, Any]) -> Task:
        task = Task(Steps(program))
        self._tasks.append(task)
        self._advance(task, task.steps.start)
        return task

    def _advance(self, task: Task, step: Callable[[], Effect[Any] | Done[Any]]) -> None:
        """Take a program to its next effect, and the effect to where it waits."""
        while True:
            try:
                effect = step()
            except BaseException as error:
                self._finish(task, error)
                return
            if isinstance(effect, Done):
                self._finish(task, effect.value)
                return
            self.effects += 1
            if self.effects == self.stop_at:
                task.steps.close()
                self._finish(task, None)
                return
            task.working = self._work(task, effect)
            following = self._go_on(task)
            if following is None:
                return
            step = following

    def _go_on(self, task: Task, error: Exception | None = None) -> Any:
        """Continue an effect; return how the program goes on, or `None` while it waits."""
        assert task.working is not None
        steps = task.steps
        try:
            task.wait = task.working.throw(error) if error else next(task.working)
        except StopIteration as end:
            result = end.value
            return lambda: steps.resume(result)
        except Exception as failure:
            caught = failure
            return lambda: steps.throw(caught)
        return None

    def _finish(self, task: Task, result: Any) -> None:
        task.result, task.done = result, True
        self._tasks.remove(task)
        for each in task.on_done:
            each()

    def _turn(self) -> None:
        """Wait until something can go on, and let it."""
        with selectors.DefaultSelector() as selector:
            nearest = inf
            for task in self._tasks:
                assert task.wait is not None
                nearest = min(nearest, task.wait.deadline)
                if task.wait.sock is not None and task.wait.sock.fileno() >= 0:
                    _register(selector, task.wait.sock, task.wait.events, task)
                elif task.wait.sock is not None:
                    self._woken.add(task)
            for pipe in self._late:
                if pipe.late and pipe.sock.fileno() >= 0:
                    _register(selector, pipe.sock, WRITE, None)
            assert self._woken or selector.get_map() or nearest < inf, "everybody waits for ever"
            seconds = 0.0 if self._woken else max(0.0, nearest - self._clock.now())
            step = None if seconds == inf else min(seconds, STEP)
            ready = {
                task
                for key, events in selector.select(step)
                for task, wanted in key.data
                if events & wanted
            }
        if step and not ready:
            self._clock.idle()
        self._late = [pipe for pipe in self._late if push(pipe)]
        now = self._clock.now()
        woken, self._woken = self._woken, set()
        for task in [*self._tasks]:
            if task.done or task.wait is None:
                continue
            if task in ready or task in woken:
                following = self._go_on(task)
            elif task.wait.deadline <= now:
                following = self._go_on(task, DeadlinePassed())
            else:
                continue
            if following is not None:
                self._advance(task, following)

    def _work(self, task: Task, effect: Effect[Any]) -> Working:
        if isinstance(effect, Together):
            return self._together(task, effect)
        if isinstance(effect, Sleep):
            return sleep(self._clock.now() + effect.seconds)
        if type(effect) is SendPart:
            self._follow(effect)
        if isinstance(effect, StartTls):
            handshake: StartTls[Any] = effect
            return start_tls(handshake.conn, handshake.host, handshake.deadline, self._network)
        asked = cast("Any", effect)
        return WORKERS[type(asked)](asked)

    def _follow(self, effect: Any) -> None:
        """Note a connection of which parts are sent, whose last bytes may wait to be encrypted."""
        if effect.conn not in self._late:
            self._late.append(effect.conn)

    def _together(self, task: Task, effect: Together) -> Working:
        tasks = [self._spawn(program()) for program in effect.programs]
        for each in tasks:
            each.on_done.append(lambda: self._woken.add(task))
        while not all(each.done for each in tasks):
            yield Wait(None, 0, inf)
        return [each.result for each in tasks]


def _register(
    selector: selectors.BaseSelector, sock: socket.socket, events: int, task: Task | None
) -> None:
    """Wait for a socket, on which another task may wait too: one sends, one receives."""
    key = selector.get_map().get(sock)
    if key is None:
        selector.register(sock, events, [(task, events)])
    else:
        selector.modify(sock, key.events | events, [*key.data, (task, events)])


def value(function: Callable[[], Any]) -> Working:
    return function()
    yield  # a generator that never waits


def sleep(until: float) -> Working:
    try:
        yield Wait(None, 0, until)
    except DeadlinePassed:
        pass


def park(ticket: Ticket[Any], deadline: float) -> Working:
    while not ticket.granted:
        yield Wait(None, 0, deadline)


def connect(address: tuple[str, int], deadline: float) -> Working:
    family, kind, protocol, _, target = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            sock.connect(target)
        except BlockingIOError:
            yield Wait(sock, WRITE, deadline)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, "connect")
    except BaseException:
        sock.close()
        raise
    return Pipe(sock)


def start_tls(pipe: Pipe, host: str, deadline: float, network: Network) -> Working:
    try:
        tls = Tls(context_for(network), host)
        complete = False
        while not complete:
            complete = tls.handshake()
            yield from put(pipe, tls.data_to_send(), deadline)
            if not complete:
                tls.receive_data((yield from take(pipe, deadline)))
    except BaseException:
        pipe.sock.close()
        raise
    pipe.tls = tls
    return pipe


def send(
    pipe: Pipe, data: bytes | memoryview, deadline: float, *, watching: bool = False
) -> Working:
    if pipe.tls is None:
        return (yield from put(pipe, data, deadline, watching=watching))
    sent = 0
    while sent < len(data):
        if watching and readable(pipe):
            break
        piece = data[sent : sent + 65536]
        cipher = pipe.tls.write(piece)
        if (yield from put(pipe, cipher, deadline, watching=watching)) < len(cipher):
            break
        sent += len(piece)
    return sent


def put(
    pipe: Pipe, data: bytes | memoryview, deadline: float, *, watching: bool = False
) -> Generator[Wait, None, int]:
    sent = 0
    while sent < len(data):
        try:
            sent += pipe.sock.send(data[sent:])
        except BlockingIOError:
            yield Wait(pipe.sock, READ | WRITE if watching else WRITE, deadline)
            if watching and readable(pipe):
                break
    return sent


def send_part(pipe: Pipe, data: bytes | memoryview, deadline: float) -> Working:
    if pipe.tls is not None:
        return (yield from send_part_tls(pipe, pipe.tls, data, deadline))
    while True:
        try:
            return pipe.sock.send(data)
        except BlockingIOError:
            yield Wait(pipe.sock, WRITE, deadline)


def send_part_tls(
    pipe: Pipe, tls: Tls, data: bytes | memoryview, deadline: float
) -> Generator[Wait, None, int]:
    """Encrypt a part once the one before is gone; what of it has to wait the loop sends by itself."""
    while push(pipe):
        yield Wait(pipe.sock, WRITE, deadline)
    if pipe.late:
        pipe.sock.send(pipe.late)  # which fails, as before
    piece = data[:16384]
    pipe.late = memoryview(tls.write(piece))
    push(pipe)
    return len(piece)


def push(pipe: Pipe) -> bool:
    """Send what is late, as far as it goes, and say whether some of it has to wait."""
    try:
        while pipe.late:
            pipe.late = pipe.late[pipe.sock.send(pipe.late) :]
    except BlockingIOError:
        return True
    except OSError:  # who sends or receives next meets it
        pass
    return False


def take(pipe: Pipe, deadline: float) -> Generator[Wait, None, bytes]:
    while True:
        try:
            return pipe.sock.recv(65536)
        except BlockingIOError:
            yield Wait(pipe.sock, READ, deadline)


def receive(pipe: Pipe, deadline: float) -> Working:
    if pipe.tls is None:
        return (yield from take(pipe, deadline))
    data, pipe.early = pipe.early, b""
    while not data and not (data := pipe.tls.read()) and not pipe.tls.ended:
        pipe.tls.receive_data((yield from take(pipe, deadline)))
    return data


def readable(pipe: Pipe) -> bool:
    if pipe.early:
        return True
    try:
        while True:
            if pipe.tls is None:
                return bool(pipe.sock.recv(1, socket.MSG_PEEK)) or True
            if (data := pipe.tls.read()) or pipe.tls.ended:
                pipe.early = data
                return True
            pipe.tls.receive_data(pipe.sock.recv(65536))
    except BlockingIOError:
        return False
    except OSError:
        return True


def abort(pipe: Pipe) -> None:
    pipe.sock.close()


WORKERS: dict[type[object], Callable[[Any], Working]] = {
    Connect: lambda effect: connect(effect.address, effect.deadline),
    Send: lambda effect: send(effect.conn, effect.data, effect.deadline),
    SendWatching: lambda effect: send(effect.conn, effect.data, effect.deadline, watching=True),
    SendPart: lambda effect: send_part(effect.conn, effect.data, effect.deadline),
    Receive: lambda effect: receive(effect.conn, effect.deadline),
    Park: lambda effect: park(effect.ticket, effect.deadline),
    InWorker: lambda effect: value(effect.function),
    OpenFile: lambda effect: value(lambda: open_sized(effect.path)),
    ReadFile: lambda effect: value(lambda: effect.file.read(effect.size)),
}
"""What performs an effect: a generator of what it waits for."""
