"""Tasks under a clock that jumps from one thing to the next: nothing is waited for."""

import heapq
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import count
from math import inf
from random import Random
from types import coroutine
from typing import Any, BinaryIO, NoReturn, TypeVar

from api_openai.core.call.backend import DeadlinePassed
from api_openai.core.call.pool import Ticket
from api_openai.transports.common.exclusive import Exclusive

R = TypeVar("R")
Program = Coroutine[Any, Any, Any]


class Stopped(BaseException):
    """Ends a task that has lost a race."""


class Wakening:
    """What a task waits for: it goes on once, by time or by another."""

    __slots__ = ("done", "task")

    def __init__(self, task: Program) -> None:
        self.task = task
        self.done = False


@coroutine
def suspend(until: float) -> Generator[float]:
    yield until


class Bell:
    """One waits for it, others ring it."""

    def __init__(self, time: "Time") -> None:
        self._time = time
        self._rung = False
        self._waiting: Wakening | None = None

    async def wait(self, deadline: float, /) -> bool:
        if not self._rung and deadline > self._time.now():
            self._waiting = self._time.current
            try:
                await suspend(deadline)
            finally:
                self._waiting = None
        return self._rung

    def ring(self) -> None:
        self._rung = True
        if self._waiting is not None:
            self._time.wake(self._waiting)


class Time:
    """What a call asks of the outside: a clock, chance by a seed, and tasks."""

    races = True
    asynchronous = True

    def __init__(self, random: Random) -> None:
        self._now = 0.0
        self._random = random
        self._numbers = count()
        self._due: list[tuple[float, int, Wakening]] = []
        self.current: Wakening | None = None
        """The task that runs."""
        self._after: dict[Program, Callable[[Any, BaseException | None], None]] = {}
        self._wakenings: dict[Program, Wakening] = {}

    # The clock.

    def now(self) -> float:
        return self._now

    steady = wall = now

    def random(self) -> float:
        return self._random.random()

    def token(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    async def sleep(self, seconds: float, /) -> None:
        if seconds > 0:
            await suspend(self._now + seconds)

    # Files, of which there are none.

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        raise FileNotFoundError(path)

    async def read_file(self, file: BinaryIO, size: int, /) -> NoReturn:
        raise AssertionError("there are no files")

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return function()

    # Tasks.

    exclusive = Exclusive()

    # Waiting for others.

    @property
    def mutex(self) -> AbstractContextManager[object]:
        return nullcontext()

    def grant(self, ticket: Ticket[Any], /) -> None:
        ticket.granted = True
        if ticket.waker is not None:
            ticket.waker.ring()

    async def park(self, ticket: Ticket[Any], deadline: float, /) -> None:
        ticket.waker = bell = Bell(self)
        if not ticket.granted and not await bell.wait(deadline):
            raise DeadlinePassed

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, R]]], limit: int, /
    ) -> list[R]:
        assert limit >= len(programs)
        results: dict[int, R] = {}
        failures: list[BaseException] = []
        tasks = [program() for program in programs]
        all_over = Bell(self)

        def ended(number: int, result: R, failure: BaseException | None) -> None:
            if failure is None:
                results[number] = result
                if len(results) == len(tasks):
                    all_over.ring()
                return
            failures.append(failure)
            for task in tasks:
                self._stop(task)
            all_over.ring()

        for number, task in enumerate(tasks):
            self._after[task] = partial(ended, number)
            self.begin(task, self._now)
        try:
            await all_over.wait(inf)
        except BaseException:
            for task in tasks:
                self._stop(task)
            raise
        if failures:
            raise failures[0]
        return [results[number] for number in range(len(tasks))]

    def begin(self, program: Program, at: float) -> None:
        """Have a program begin at a time."""
        self._wait(program, at)

    def wake(self, wakening: Wakening) -> None:
        """Let a task that waits go on now."""
        current = self._wakenings.get(wakening.task)
        if current is not None and current is not wakening:
            self._wait(wakening.task, self._now)

    def run(self) -> None:
        """Go from one thing to the next until nothing is left."""
        while self._due:
            at, _, wakening = heapq.heappop(self._due)
            if wakening.done:
                continue
            if at == inf:
                raise AssertionError("a task waits for ever")
            wakening.done = True
            self._now = max(self._now, at)
            self._step(wakening)

    def _wait(self, program: Program, until: float) -> None:
        before = self._wakenings.get(program)
        if before is not None:
            before.done = True
        wakening = self._wakenings[program] = Wakening(program)
        heapq.heappush(self._due, (until, next(self._numbers), wakening))

    def _step(self, wakening: Wakening) -> None:
        program, outer = wakening.task, self.current
        self.current = wakening
        try:
            until = program.send(None)
        except StopIteration as end:
            self._ended(program, end.value, None)
        except BaseException as error:
            self._ended(program, None, error)
        else:
            self._wait(program, until)
        finally:
            self.current = outer

    def _ended(self, program: Program, result: Any, failure: BaseException | None) -> None:
        del self._wakenings[program]
        told = self._after.pop(program, None)
        if told is not None:
            told(result, failure)
        elif failure is not None:
            raise failure

    def _stop(self, program: Program) -> None:
        """End a task where it waits; its cleanup does not."""
        wakening = self._wakenings.pop(program, None)
        if wakening is None:
            return
        wakening.done = True
        self._after.pop(program, None)
        try:
            program.throw(Stopped())
        except (Stopped, StopIteration):
            return
        raise AssertionError("a task went on after it had been stopped")
