"""Slots: how many calls are under way at once, and who is next in line."""

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Slot", "Slots"]


class Slot:
    """One of `Slots`: held, or waiting in line. One that is lost is free when it is collected."""

    __slots__ = ("_slots", "notify", "ready")

    def __init__(self, slots: "Slots") -> None:
        self._slots = slots
        self.ready = False
        self.notify: Callable[[], object] | None = None

    def leave(self) -> None:
        """Give it back; does nothing the second time."""
        self._slots.leave(self)

    def __del__(self) -> None:
        self._slots.held.discard(id(self))


class Slots:
    """At most `most` are held at a time; who comes first is served first.

    What is held belongs to running calls, so that a pickle brings back empty slots.
    """

    __slots__ = ("held", "line", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.held: set[int] = set()
        self.line: deque[Slot] = deque()

    def enter(self) -> Slot:
        """Take a slot, or a place in line for one."""
        slot = Slot(self)
        self.line.append(slot)
        self._serve()
        return slot

    def leave(self, slot: Slot) -> None:
        """Take a slot back, or out of the line."""
        if slot.ready:
            slot.ready = False
            self.held.discard(id(slot))
        elif slot in self.line:
            self.line.remove(slot)
        self._serve()

    def _serve(self) -> None:
        while self.line and len(self.held) < self.most:
            slot = self.line.popleft()
            slot.ready = True
            self.held.add(id(slot))
            if slot.notify is not None:
                slot.notify()

    def __reduce__(self) -> tuple[Any, ...]:
        return Slots, (self.most,)
