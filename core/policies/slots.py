"""Slots: how many calls are under way at once, and who is next in line."""

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

__all__ = ["Slots", "Standing"]


class Standing(Protocol):
    """Who has a slot, or stands in line for one."""

    ready: bool
    notify: Callable[[], object] | None


class Slots:
    """At most `most` have one at a time; who comes first is served first.

    They belong to calls under way, so that a pickle brings back free ones.
    """

    __slots__ = ("busy", "line", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.busy = 0
        self.line: deque[Standing] = deque()

    def enter(self, who: Standing) -> None:
        """Give a slot, or a place in line."""
        if self.busy < self.most and not self.line:
            self.busy += 1
            who.ready = True
        else:
            self.line.append(who)

    def leave(self, who: Standing) -> None:
        """Take a slot back, or whoever holds none out of the line; serve who is next."""
        if who.ready:
            self.busy -= 1
        else:
            self.line.remove(who)
        self._serve()

    def hold(self, most: int) -> None:
        """Have so many of them from now on; who has one keeps it."""
        self.most = most
        self._serve()

    def _serve(self) -> None:
        while self.line and self.busy < self.most:
            other = self.line.popleft()
            self.busy += 1
            other.ready = True
            if other.notify is not None:
                other.notify()

    @property
    def unused(self) -> bool:
        """Whether nobody has a slot or waits for one."""
        return not self.busy and not self.line

    def __reduce__(self) -> tuple[Any, ...]:
        return Slots, (self.most,)
