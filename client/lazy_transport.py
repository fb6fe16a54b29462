"""A transport that is made when a call first needs it: its modules are not loaded before."""

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.call.wire import Wire
    from ..transports.common.transport import Transport

__all__ = ["LazyTransport"]


class LazyTransport:
    """Makes a transport for the first call; from then on its `wire` is the transport's own."""

    __slots__ = ("_lock", "_made", "_make", "wire")

    wire: "Callable[[], Wire]"

    def __init__(self, make: "Callable[[], Transport]") -> None:
        self._make = make
        self._made: Transport | None = None
        self._lock = Lock()

    def __getattr__(self, name: str) -> object:
        if name != "wire":  # the one slot that is not filled at first
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.wire = self.made().wire
        return self.wire

    def made(self) -> "Transport":
        """Return the transport itself."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._make()
        return self._made

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()
