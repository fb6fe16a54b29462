"""The top of the resource tree: the resources, and methods for paths that no resource has."""

from collections.abc import Coroutine
from types import UnionType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from ..binding.modes import Async, Mode, RawAsync, RawSync, StreamingAsync, StreamingSync, Sync
from ..binding.resource import Method, Resource
from .resources import Resources

if TYPE_CHECKING:
    from typing import Unpack

    from ...core.api.untyped import Parts, Verb
    from ..answers.response import APIResponse, AsyncResponseManager, ResponseManager

M = TypeVar("M", bound=Mode)
T = TypeVar("T")


class SyncVerb(Protocol):
    """`client.get` and its like: the answer decoded into `cast_to`, plain builtins without it."""

    @overload
    def __call__(self, path: str, **parts: "Unpack[Parts]") -> Any: ...
    @overload
    def __call__(self, path: str, *, cast_to: type[T], **parts: "Unpack[Parts]") -> T: ...
    @overload
    def __call__(self, path: str, *, cast_to: None, **parts: "Unpack[Parts]") -> None: ...
    @overload
    def __call__(self, path: str, *, cast_to: UnionType, **parts: "Unpack[Parts]") -> Any: ...


class AsyncVerb(Protocol):
    """`SyncVerb` for an async client."""

    @overload
    def __call__(self, path: str, **parts: "Unpack[Parts]") -> Coroutine[Any, Any, Any]: ...
    @overload
    def __call__(
        self, path: str, *, cast_to: type[T], **parts: "Unpack[Parts]"
    ) -> Coroutine[Any, Any, T]: ...
    @overload
    def __call__(
        self, path: str, *, cast_to: None, **parts: "Unpack[Parts]"
    ) -> Coroutine[Any, Any, None]: ...
    @overload
    def __call__(
        self, path: str, *, cast_to: UnionType, **parts: "Unpack[Parts]"
    ) -> Coroutine[Any, Any, Any]: ...


class RawSyncVerb(Protocol):
    """`SyncVerb` below `with_raw_response`."""

    @overload
    def __call__(self, path: str, **parts: "Unpack[Parts]") -> "APIResponse[Any]": ...
    @overload
    def __call__(
        self, path: str, *, cast_to: type[T], **parts: "Unpack[Parts]"
    ) -> "APIResponse[T]": ...


class RawAsyncVerb(Protocol):
    """`AsyncVerb` below `with_raw_response`."""

    @overload
    def __call__(
        self, path: str, **parts: "Unpack[Parts]"
    ) -> "Coroutine[Any, Any, APIResponse[Any]]": ...
    @overload
    def __call__(
        self, path: str, *, cast_to: type[T], **parts: "Unpack[Parts]"
    ) -> "Coroutine[Any, Any, APIResponse[T]]": ...


class StreamingSyncVerb(Protocol):
    """`SyncVerb` below `with_streaming_response`."""

    @overload
    def __call__(self, path: str, **parts: "Unpack[Parts]") -> "ResponseManager[Any]": ...
    @overload
    def __call__(
        self, path: str, *, cast_to: type[T], **parts: "Unpack[Parts]"
    ) -> "ResponseManager[T]": ...


class StreamingAsyncVerb(Protocol):
    """`AsyncVerb` below `with_streaming_response`."""

    @overload
    def __call__(self, path: str, **parts: "Unpack[Parts]") -> "AsyncResponseManager[Any]": ...
    @overload
    def __call__(
        self, path: str, *, cast_to: type[T], **parts: "Unpack[Parts]"
    ) -> "AsyncResponseManager[T]": ...


class verb:
    """A method for any path: one builder of `core.api.untyped`, loaded when it is first used."""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> "Verb": ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type[Any]) -> SyncVerb: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type[Any]) -> AsyncVerb: ...
    @overload
    def __get__(self, obj: Resource[RawSync], owner: type[Any]) -> RawSyncVerb: ...
    @overload
    def __get__(self, obj: Resource[RawAsync], owner: type[Any]) -> RawAsyncVerb: ...
    @overload
    def __get__(self, obj: Resource[StreamingSync], owner: type[Any]) -> StreamingSyncVerb: ...
    @overload
    def __get__(self, obj: Resource[StreamingAsync], owner: type[Any]) -> StreamingAsyncVerb: ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        from ...core.api import untyped

        build = getattr(untyped, self._name)
        return build if obj is None else Method[Any, Any](build, obj)


class Root(Resources[M]):
    """What a client offers: its resources, and `get`, `post`, `put`, `patch`, `delete`."""

    __slots__ = ()

    get = verb()
    post = verb()
    put = verb()
    patch = verb()
    delete = verb()
