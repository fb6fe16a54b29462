"""A transport that is made when a call first needs it: its modules are not loaded before."""

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.call.wire import Wire
    from ..transports.common.transport import Transport

__all__ = ["LazyTransport"]


class LazyTransport:
    """A transport that is made when it is first used: its modules are not needed before."""

    __slots__ = ("_lock", "_made", "_make")

    def __init__(self, make: "Callable[[], Transport]") -> None:
        self._make = make
        self._made: Transport | None = None
        self._lock = Lock()

    def made(self) -> "Transport":
        """Return the transport itself."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return self._made

    def wire(self) -> "Wire":
        return (self._made or self.made()).wire()

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()
