"""Programs side by side in threads, and how a thread is stopped that waits for a socket.

A thread cannot be cancelled, but its waits can be made to end: all waits of a `Gang` look at one
more socket, which becomes readable when the gang is stopped. So a failure of one program, or a
Ctrl-C where the caller waits, ends the others where they wait, as it would in an event loop.
"""

from __future__ import annotations

import socket
from contextvars import copy_context
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeVar

from ..common.gather import Batch, in_turn
from ..common.sockets import LONGEST_WAIT, Want, wait, writable
from .transport import Here, run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

T = TypeVar("T")


class Stopped(BaseException):
    """Ends a program in a thread whose gang was stopped; it never leaves `gather`."""


class Gang:
    """Threads whose waits end together."""

    def __init__(self, outer: Gang | None = None) -> None:
        self.stopped = False
        self._mine, self._other = socket.socketpair()
        self._gates: set[Lock] = set()
        self._inner: set[Gang] = set()
        self._outer = outer
        if outer is not None:
            outer._inner.add(self)
            if outer.stopped:
                self.stop()

    def stop(self) -> None:
        """End all waits there are and will be, with `Stopped`. Any number of times."""
        self.stopped = True
        self._other.close()  # to the other side, an end that can be read
        for gate in [*self._gates]:
            open_gate(gate)
        for gang in [*self._inner]:
            gang.stop()

    def close(self) -> None:
        """Free the sockets: there are no threads any more."""
        if self._outer is not None:
            self._outer._inner.discard(self)
        self._mine.close()
        self._other.close()

    def check(self) -> None:
        """Raise `Stopped` if that is so."""
        if self.stopped:
            raise Stopped

    def wait(self, fd: int, want: Want, seconds: float | None) -> bool:
        """Do what `sockets.wait` does."""
        ready = wait(fd, want, seconds, also=self._mine.fileno())
        self.check()
        return ready

    def writable(self, fds: list[int], seconds: float) -> list[int]:
        """Do what `sockets.writable` does."""
        ready = writable(fds, seconds, also=self._mine.fileno())
        self.check()
        return ready

    def sleep(self, seconds: float) -> None:
        """Wait so long."""
        while seconds > 0:
            wait(self._mine.fileno(), "read", min(seconds, LONGEST_WAIT))
            self.check()
            seconds -= LONGEST_WAIT

    def enter(self, gate: Lock) -> None:
        """Have `gate` opened when the gang is stopped."""
        self._gates.add(gate)
        self.check()

    def leave(self, gate: Lock) -> None:
        """Forget a gate."""
        self._gates.discard(gate)


def open_gate(gate: Lock) -> None:
    """Let the one thread through that waits at `gate`, now or later."""
    try:
        gate.release()
    except RuntimeError:  # it is open
        pass


async def gather(
    programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int, here: Here | None = None
) -> list[T]:
    """Run programs, at most `limit` at once; see `core.call.backend.Tasks`.

    `here` is where the waits of a backend look for the gang of their thread; where there is none,
    what a program waits for when another fails goes on to its end.
    """
    here = here or Here()
    batch = Batch([partial(_alone, program) for program in programs], limit)
    if batch.workers <= 1:
        return await in_turn(programs)
    gang = Gang(here.gang)
    batch.stop_others = gang.stop

    def work() -> None:
        here.gang = gang
        try:
            run(batch.work())
        except BaseException:  # it is in the batch
            pass

    threads = [
        Thread(target=copy_context().run, args=(work,), name="api_openai program", daemon=True)
        for _ in range(batch.workers)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:  # Ctrl-C, or no more threads to be had
        batch.stop()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        raise
    finally:
        gang.close()
    return batch.results()


async def _alone(program: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run one program apart from the worker, so that what is wrong with it is its own failure."""
    return run(program())
