"""Base classes with `with` and `async with`: leaving the block calls `close`."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["AsyncClosing", "Closing"]


class _Closes(Protocol):
    def close(self) -> None: ...


class _ClosesAsync(Protocol):
    def close(self) -> Coroutine[Any, Any, None]: ...


class Closing:
    """Closed on leaving a `with` block."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self: _Closes,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        self.close()


class AsyncClosing:
    """Closed on leaving an `async with` block."""

    __slots__ = ()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self: _ClosesAsync,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        await self.close()
