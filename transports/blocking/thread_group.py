"""Thread groups: threads that wait for sockets, and can be stopped while they wait.

A thread cannot be cancelled, but its waits can be made to end: all waits of a `ThreadGroup` look at
one more socket, which becomes readable when the group is stopped.
"""

from __future__ import annotations

import socket
from threading import Lock, local

from ..common.sockets import LONGEST_WAIT, Want, wait, writable


class Stopped(BaseException):
    """Ends a program in a thread whose group was stopped; it never leaves `gather`."""


class ThreadGroup:
    """Threads whose waits end together."""

    def __init__(self, outer: ThreadGroup | None = None) -> None:
        self.stopped = False
        self._mine, self._other = socket.socketpair()
        self._gates: set[Lock] = set()
        self._inner: set[ThreadGroup] = set()
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
        for group in [*self._inner]:
            group.stop()

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
        """Have `gate` opened when the group is stopped."""
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


class CurrentGroup(local):
    """The group that the running thread is in: what its waits are stopped with."""

    group: ThreadGroup | None = None
