"""Protocols of what the core asks of the outside: `Clock`, `Files` and `Tasks`.

Each way of doing I/O answers in its own manner: at once, in a worker thread, by its event loop.
"""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Protocol, TypeVar

__all__ = ["Clock", "Exclusive", "Files", "Tasks"]

R = TypeVar("R")
T = TypeVar("T")


class Clock(Protocol):
    """Time and chance: what policies need of the outside."""

    def now(self) -> float:
        """Seconds of a clock that never goes back; its zero means nothing."""
        ...

    def steady(self) -> float:
        """Seconds of the clock that never goes back and that all clients on a machine share."""
        ...

    def wall(self) -> float:
        """Seconds since 1970 (UTC), by a clock that may be set: for dates of others."""
        ...

    def random(self) -> float:
        """A number from 0 up to but not including 1."""
        ...

    async def sleep(self, seconds: float, /) -> None:
        """Wait."""
        ...


class Files(Protocol):
    """The disk, and whatever else may block: in a worker thread under an event loop, else at once."""

    @property
    def asynchronous(self) -> bool:
        """Whether the programs that ask may await things of the caller's event loop."""
        ...

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        """Open `path` for reading; return the file and its size, `None` where it has none (a pipe).

        The file is one whose `close` waits for a `read` that runs in another thread, as those of
        `open(path, "rb")` do. An `OSError` goes to the caller as it is.
        """
        ...

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        """Return the next 1 to `size` bytes of a file from `open_file`; `b""` is the end."""
        ...

    async def in_worker(self, function: Callable[[], R], /) -> R:
        """Call `function`, which may block and never raises `StopIteration`; return its result."""
        ...

    def token(self) -> str:
        """Return 32 or more random characters of `[0-9A-Za-z]` that nobody can guess."""
        ...


class Exclusive(AbstractContextManager[None], Protocol):
    """What one thread at a time is within."""

    @property
    def forks(self) -> int:
        """How many forks of a process lie behind: a thread of before them is in another one."""
        ...

    def soon(self, function: Callable[[], object], /) -> None:
        """Call `function` within it: at once, or when it is free. For cleanup, finalizers too."""
        ...


class Tasks(Protocol):
    """Programs of several calls side by side: in threads, or in tasks of an event loop."""

    @property
    def races(self) -> bool:
        """Whether programs run at once, and the others are stopped where they wait when one fails."""
        ...

    @property
    def exclusive(self) -> Exclusive:
        """Held for moments, never across an `await`: one thread of the process at a time."""
        ...

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int, /
    ) -> list[T]:
        """Run programs, at most `limit` at once, and return what they return, in order.

        When one fails no more are begun, those under way are cancelled, and what it raised is
        raised once they have ended: as it is, and not in a group. When the caller is cancelled all
        of them are, and it waits for them. A loop that is driven by hand runs one after the other.
        `ValueError` for a limit below 1; with 1 there is neither a thread nor a task.
        """
        ...
