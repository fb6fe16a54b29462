"""One lock for the decisions of policies, in the whole process: clients of any kind share those.

It is held for microseconds. What a finalizer has to say may come in the middle of a decision of its own
thread, so that it is put aside then. A child process begins with the lock free, whoever held it.
"""

import os
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

PATIENCE: Final = 0.005
"""Seconds after which whoever holds the lock is taken to be the thread that a finalizer runs in."""


class Exclusive:
    """A lock, and what is to be done when it is free."""

    __slots__ = ("_late", "forks", "lock")

    def __init__(self) -> None:
        self.lock = Lock()
        self.forks = 0
        """How many forks of a process lie behind."""
        self._late: deque[Callable[[], object]] = deque()

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()
        if self._late:
            self._catch_up()

    def soon(self, function: Callable[[], object], /) -> None:
        """Call `function` under the lock: now, or by who holds it when it is free."""
        if self.lock.acquire(timeout=PATIENCE):
            try:
                function()
            finally:
                self.__exit__()
        else:
            self._late.append(function)
            if self.lock.acquire(blocking=False):
                self.__exit__()

    def in_child(self) -> None:
        """Begin in a child process."""
        self.forks += 1
        self.lock.release()

    def _catch_up(self) -> None:
        while self._late and self.lock.acquire(blocking=False):
            try:
                while self._late:
                    self._late.popleft()()
            except IndexError:  # another thread took it
                pass
            finally:
                self.lock.release()


EXCLUSIVE: Final = Exclusive()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=EXCLUSIVE.lock.acquire,
        after_in_parent=EXCLUSIVE.lock.release,
        after_in_child=EXCLUSIVE.in_child,
    )
