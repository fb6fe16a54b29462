"""Context managers that send on entering and give up what has not been read on leaving."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["AsyncManager", "Manager"]


class _Closes(Protocol):
    def close(self) -> None: ...


class _ClosesAsync(Protocol):
    def close(self) -> Coroutine[Any, Any, None]: ...


S = TypeVar("S", bound=_Closes)
A = TypeVar("A", bound=_ClosesAsync)


class Manager(Generic[S]):
    """`with ... as stream:`; each entering sends anew."""

    __slots__ = ("_open", "_opened")

    def __init__(self, open_: Callable[[], S]) -> None:
        self._open = open_
        self._opened: S | None = None

    def __enter__(self) -> S:
        self._opened = self._open()
        return self._opened

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        if self._opened is not None:
            self._opened.close()


class AsyncManager(Generic[A]):
    """`async with ... as stream:`; each entering sends anew."""

    __slots__ = ("_open", "_opened")

    def __init__(self, open_: Callable[[], Coroutine[Any, Any, A]]) -> None:
        self._open = open_
        self._opened: A | None = None

    async def __aenter__(self) -> A:
        self._opened = await self._open()
        return self._opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: "TracebackType | None",
    ) -> None:
        if self._opened is not None:
            await self._opened.close()
