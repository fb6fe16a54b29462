"""One resource tree for every kind of caller.

A resource has one line per endpoint: `retrieve = endpoint(operations.retrieve)`. The descriptors
bind an operation's builder to whoever sends it, and tell type checkers what that caller gets, with
names, defaults and overloads of the builder kept.
"""

from collections.abc import Callable, Coroutine
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    ParamSpec,
    Protocol,
    Self,
    TypeVar,
    overload,
)

from .modes import Async, Mode, RawAsync, RawSync, StreamingAsync, StreamingSync, Sync

if TYPE_CHECKING:
    from ...core.answers.pages import AsyncPage, AsyncPager, Page
    from ...core.answers.stream import AsyncStream, Stream
    from ...core.request.operation import Operation
    from ..answers.response import APIResponse, AsyncResponseManager, ResponseManager
    from .sender import Sender

M = TypeVar("M", bound=Mode)
P = ParamSpec("P")
Q = ParamSpec("Q")
R = ParamSpec("R")
T = TypeVar("T")
A = TypeVar("A")
E = TypeVar("E")
S1 = TypeVar("S1")
S2 = TypeVar("S2")

View = Literal["plain", "raw", "streaming"]


class Resource(Generic[M]):
    """A part of the API: methods, and further resources below it."""

    __slots__ = ("_sender", "_view")

    def __init__(self, sender: "Sender", view: View = "plain") -> None:
        self._sender = sender
        self._view: View = view

    @property
    def sender(self) -> "Sender":
        """Who sends the operations of this resource: the client."""
        return self._sender

    @property
    def view(self) -> View:
        """Which form of answer its methods give."""
        return self._view

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.sender!r}>"


class Method(Generic[P, T]):
    """A builder bound to a sender: call it to send, `operation(...)` to build and not send."""

    __slots__ = ("_resource", "operation")

    def __init__(
        self, operation: Callable[P, "Operation[Any, Any]"], resource: Resource[Any]
    ) -> None:
        self.operation = operation
        self._resource = resource

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        resource = self._resource
        result: T = resource.sender.deliver(self.operation(*args, **kwargs), resource.view)
        return result

    def __get__(self, obj: object, owner: object = None) -> Self:
        return self  # what has `__get__` is a routine to help(), which shows it as one

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # of the builder, not of this class
        return self.operation.__doc__

    def __getattr__(self, name: str) -> Any:
        return getattr(self.operation, name)  # __name__ and __module__, for help()

    @property
    def __wrapped__(self) -> Callable[P, "Operation[Any, Any]"]:
        return self.operation


class endpoint(Generic[P, T, A]):
    """A method of a resource: one builder of operations."""

    def __init__(self, build: "Callable[P, Operation[T, A]]") -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> "Callable[P, Operation[T, A]]": ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type[Any]) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: type[Any]
    ) -> Callable[P, Coroutine[Any, Any, A]]: ...
    @overload
    def __get__(
        self, obj: Resource[RawSync], owner: type[Any]
    ) -> "Callable[P, APIResponse[T]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawAsync], owner: type[Any]
    ) -> "Callable[P, Coroutine[Any, Any, APIResponse[A]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingSync], owner: type[Any]
    ) -> "Callable[P, ResponseManager[T]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingAsync], owner: type[Any]
    ) -> "Callable[P, AsyncResponseManager[A]]": ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else Method[P, Any](self._build, obj)


_T1 = TypeVar("_T1", covariant=True)
_T2 = TypeVar("_T2", covariant=True)
_T3 = TypeVar("_T3", covariant=True)


class StreamingMethod(Protocol[P, Q, R, _T1, _T2, _T3]):
    """A method with `stream`: left out or `False`, `True`, or a bool known only at run time."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> _T1: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> _T2: ...
    @overload
    def __call__(self, *args: R.args, **kwargs: R.kwargs) -> _T3: ...


class streaming(Generic[P, Q, R, T, E]):
    """A method of a resource that answers whole or as a stream of events.

    Takes the builder three times, typed for `stream` being false, true, and either.
    """

    def __init__(
        self,
        whole: "Callable[P, Operation[T, T]]",
        stream: "Callable[Q, Operation[Stream[E], AsyncStream[E]]]",
        either: "Callable[R, Operation[T | Stream[E], T | AsyncStream[E]]]",
    ) -> None:
        self._build = whole  # at run time it takes every `stream`
        self.__doc__ = whole.__doc__

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> "Callable[P, Operation[T, T]]": ...
    @overload
    def __get__(
        self, obj: Resource[Sync], owner: type[Any]
    ) -> "StreamingMethod[P, Q, R, T, Stream[E], T | Stream[E]]": ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: type[Any]
    ) -> "StreamingMethod[P, Q, R, Coroutine[Any, Any, T], Coroutine[Any, Any, AsyncStream[E]], Coroutine[Any, Any, T | AsyncStream[E]]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawSync], owner: type[Any]
    ) -> "StreamingMethod[P, Q, R, APIResponse[T], APIResponse[Stream[E]], APIResponse[T | Stream[E]]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawAsync], owner: type[Any]
    ) -> "StreamingMethod[P, Q, R, Coroutine[Any, Any, APIResponse[T]], Coroutine[Any, Any, APIResponse[AsyncStream[E]]], Coroutine[Any, Any, APIResponse[T | AsyncStream[E]]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingSync], owner: type[Any]
    ) -> "StreamingMethod[P, Q, R, ResponseManager[T], ResponseManager[Stream[E]], ResponseManager[T | Stream[E]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingAsync], owner: type[Any]
    ) -> "StreamingMethod[P, Q, R, AsyncResponseManager[T], AsyncResponseManager[AsyncStream[E]], AsyncResponseManager[T | AsyncStream[E]]]": ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else Method[P, Any](self._build, obj)


class paginated(Generic[P, E]):
    """A method of a resource that answers with a page of a list."""

    def __init__(self, build: "Callable[P, Operation[Page[E], AsyncPage[E]]]") -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(
        self, obj: None, owner: type[Any]
    ) -> "Callable[P, Operation[Page[E], AsyncPage[E]]]": ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type[Any]) -> "Callable[P, Page[E]]": ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type[Any]) -> "Callable[P, AsyncPager[E]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawSync], owner: type[Any]
    ) -> "Callable[P, APIResponse[Page[E]]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawAsync], owner: type[Any]
    ) -> "Callable[P, Coroutine[Any, Any, APIResponse[AsyncPage[E]]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingSync], owner: type[Any]
    ) -> "Callable[P, ResponseManager[Page[E]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingAsync], owner: type[Any]
    ) -> "Callable[P, AsyncResponseManager[AsyncPage[E]]]": ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else Method[P, Any](self._build, obj)


class view(Generic[S1, S2]):
    """The same resource for another kind of caller: `with_raw_response` and its like."""

    def __init__(self, view: View) -> None:
        self._view: View = view

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> "view[S1, S2]": ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type[Any]) -> S1: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type[Any]) -> S2: ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self if obj is None else type(obj)(obj.sender, self._view)
