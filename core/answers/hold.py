"""The pause of a stream: anybody may begin it and end it, the reader waits."""

from contextlib import AbstractContextManager

from ..call.backend import Gates
from ..call.pool import Ticket
from ..request.url import Origin

__all__ = ["Hold"]

_NOWHERE = Origin("", "", 0)


class Hold:
    """Whether a stream is paused, and its reader if that waits.

    `mutex` is held by whoever changes it, and never across a wait.
    """

    __slots__ = ("_gates", "_over", "_waiting", "cancelled", "paused")

    def __init__(self, gates: Gates) -> None:
        self._gates = gates
        self._waiting: Ticket[object] | None = None
        self._over = False
        self.paused = False
        self.cancelled = False
        """Whether the reader is to be told that the stream was given up."""

    @property
    def mutex(self) -> AbstractContextManager[object]:
        """The lock of the backend."""
        return self._gates.mutex

    def release(self, *, over: bool = False) -> None:
        """End the pause, and let the reader go on; `over` says that it will not wait again."""
        with self.mutex:
            self.paused = False
            self._over = self._over or over
            if self._waiting is not None:
                self._gates.grant(self._waiting)

    async def nap(self, deadline: float) -> None:
        """Wait until `release`, paused or not; `DeadlinePassed`, and only that, when time is."""
        with self.mutex:
            if self._over:
                return
            ticket = self._waiting = Ticket[object](_NOWHERE)
        await self._park(ticket, deadline)

    async def wait(self, deadline: float) -> None:
        """Wait until the pause is over; `DeadlinePassed`, and only that, when time is."""
        with self.mutex:
            if not self.paused:
                return
            ticket = self._waiting = Ticket[object](_NOWHERE)
        await self._park(ticket, deadline)

    async def _park(self, ticket: Ticket[object], deadline: float) -> None:
        try:
            await self._gates.park(ticket, deadline)
        finally:
            with self.mutex:
                self._waiting = None
