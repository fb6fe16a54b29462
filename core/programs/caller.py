"""The protocol `Caller`: a client, blocking or async, as a program of several calls sees it.

Such a program is an ordinary `async def` that takes a `Caller`. A blocking client runs it to its
end without a pause, an async client awaits it.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from ..request.endpoint import Endpoint
from ..request.operation import Operation
from ..terms.effects import Clock, Files

T = TypeVar("T")


class Caller(Protocol):
    """Sends operations, waits, reads files, and runs programs side by side."""

    async def perform(self, operation: Operation[T, T], /) -> T:
        """Send one operation and return its answer; raises what its method would."""
        ...

    async def gather(
        self, programs: Sequence[Callable[[], Coroutine[Any, Any, T]]], limit: int, /
    ) -> list[T]:
        """Run programs, at most `limit` at once, and return what they return, in order.

        The first failure is raised once the others, cancelled, have ended.
        """
        ...

    @property
    def endpoint(self) -> Endpoint:
        """The server that operations go to."""
        ...

    @property
    def clock(self) -> Clock:
        """Time and waiting, as the running transport has them."""
        ...

    @property
    def disk(self) -> Files:
        """The disk, as the running transport reads and writes it."""
        ...
