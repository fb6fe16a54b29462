"""The race of a host's addresses: when each is tried, and which one wins (RFC 8305).

A decision without I/O: who drives it connects, waits, and tells what came of it.
"""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .addresses import Target

S = TypeVar("S")

DELAY: Final = 0.25
"""Seconds before the next address is tried beside the last (RFC 8305 section 5)."""


class Race(Generic[S]):
    """Attempts to connect, one for each address in their order, and the first that succeeds.

    While it `goes_on`, start an attempt for the `next_target` if there is one, and wait for one to
    be decided, for `pause` seconds at most.
    """

    def __init__(self, targets: Iterable[Target]) -> None:
        self._todo = deque(targets)
        self._over = False
        self._failures: list[OSError] = []
        self.winner: S | None = None

    def goes_on(self, under_way: bool) -> bool:
        """Whether an attempt may still win, given that some are `under_way` or none is."""
        return self.winner is None and (under_way or bool(self._todo))

    def next_target(self) -> Target | None:
        """Return the address to be tried now; None when all have been."""
        return self._todo.popleft() if self._todo else None

    @property
    def pause(self) -> float:
        """Seconds until the next attempt begins; infinite when there is none to begin."""
        return DELAY if self._todo else inf

    def succeeded(self, connection: S) -> bool:
        """Take the connection of an attempt; False when it is too late, and it is to be closed."""
        if self._over:
            return False
        self._over, self.winner = True, connection
        return True

    def failed(self, error: OSError) -> None:
        """Take note of an attempt that failed."""
        self._failures.append(error)

    def end(self) -> None:
        """Let nobody win any more."""
        self._over = True

    def result(self) -> S:
        """Return the connection that won; raises the failure of the first attempt to fail."""
        if self.winner is None:
            raise self._failures[0]
        return self.winner
