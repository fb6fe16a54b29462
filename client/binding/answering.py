"""Methods whose answer depends on a parameter: a transcription is an object, text, or a stream.

They are `endpoint` with one builder for each kind of answer, typed for the values of the parameter
that lead to it; the last is for values known only at run time. At run time the first takes them all.
"""

from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload

from .modes import Async, RawAsync, RawSync, StreamingAsync, StreamingSync, Sync
from .resource import Method, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ...core.request.operation import Operation
    from ..answers.response import APIResponse, AsyncResponseManager, ResponseManager

P1 = ParamSpec("P1")
P2 = ParamSpec("P2")
P3 = ParamSpec("P3")
P4 = ParamSpec("P4")
P5 = ParamSpec("P5")
P6 = ParamSpec("P6")
T1 = TypeVar("T1")
T2 = TypeVar("T2")
T3 = TypeVar("T3")
T4 = TypeVar("T4")
T5 = TypeVar("T5")
T6 = TypeVar("T6")
A1 = TypeVar("A1")
A2 = TypeVar("A2")
A3 = TypeVar("A3")
A4 = TypeVar("A4")
A5 = TypeVar("A5")
A6 = TypeVar("A6")
R1 = TypeVar("R1", covariant=True)
R2 = TypeVar("R2", covariant=True)
R3 = TypeVar("R3", covariant=True)
R4 = TypeVar("R4", covariant=True)
R5 = TypeVar("R5", covariant=True)
R6 = TypeVar("R6", covariant=True)


class Answering3(Protocol[P1, P2, P3, R1, R2, R3]):
    """A method with 3 kinds of answers."""

    @overload
    def __call__(self, *args: P1.args, **kwargs: P1.kwargs) -> R1: ...
    @overload
    def __call__(self, *args: P2.args, **kwargs: P2.kwargs) -> R2: ...
    @overload
    def __call__(self, *args: P3.args, **kwargs: P3.kwargs) -> R3: ...


class answering3(Generic[P1, P2, P3, T1, T2, T3, A1, A2, A3]):
    """A method of a resource with 3 kinds of answers."""

    def __init__(
        self,
        build1: "Callable[P1, Operation[T1, A1]]",
        build2: "Callable[P2, Operation[T2, A2]]",
        build3: "Callable[P3, Operation[T3, A3]]",
    ) -> None:
        self._build = build1
        self.__doc__ = build1.__doc__

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> "Callable[P1, Operation[T1, A1]]": ...
    @overload
    def __get__(
        self, obj: Resource[Sync], owner: type[Any]
    ) -> "Answering3[P1, P2, P3, T1, T2, T3]": ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: type[Any]
    ) -> "Answering3[P1, P2, P3, Coroutine[Any, Any, A1], Coroutine[Any, Any, A2], Coroutine[Any, Any, A3]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawSync], owner: type[Any]
    ) -> "Answering3[P1, P2, P3, APIResponse[T1], APIResponse[T2], APIResponse[T3]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawAsync], owner: type[Any]
    ) -> "Answering3[P1, P2, P3, Coroutine[Any, Any, APIResponse[A1]], Coroutine[Any, Any, APIResponse[A2]], Coroutine[Any, Any, APIResponse[A3]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingSync], owner: type[Any]
    ) -> (
        "Answering3[P1, P2, P3, ResponseManager[T1], ResponseManager[T2], ResponseManager[T3]]"
    ): ...
    @overload
    def __get__(
        self, obj: Resource[StreamingAsync], owner: type[Any]
    ) -> "Answering3[P1, P2, P3, AsyncResponseManager[A1], AsyncResponseManager[A2], AsyncResponseManager[A3]]": ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else Method[P1, Any](self._build, obj)


class Answering4(Protocol[P1, P2, P3, P4, R1, R2, R3, R4]):
    """A method with 4 kinds of answers."""

    @overload
    def __call__(self, *args: P1.args, **kwargs: P1.kwargs) -> R1: ...
    @overload
    def __call__(self, *args: P2.args, **kwargs: P2.kwargs) -> R2: ...
    @overload
    def __call__(self, *args: P3.args, **kwargs: P3.kwargs) -> R3: ...
    @overload
    def __call__(self, *args: P4.args, **kwargs: P4.kwargs) -> R4: ...


class answering4(Generic[P1, P2, P3, P4, T1, T2, T3, T4, A1, A2, A3, A4]):
    """A method of a resource with 4 kinds of answers."""

    def __init__(
        self,
        build1: "Callable[P1, Operation[T1, A1]]",
        build2: "Callable[P2, Operation[T2, A2]]",
        build3: "Callable[P3, Operation[T3, A3]]",
        build4: "Callable[P4, Operation[T4, A4]]",
    ) -> None:
        self._build = build1
        self.__doc__ = build1.__doc__

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> "Callable[P1, Operation[T1, A1]]": ...
    @overload
    def __get__(
        self, obj: Resource[Sync], owner: type[Any]
    ) -> "Answering4[P1, P2, P3, P4, T1, T2, T3, T4]": ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: type[Any]
    ) -> "Answering4[P1, P2, P3, P4, Coroutine[Any, Any, A1], Coroutine[Any, Any, A2], Coroutine[Any, Any, A3], Coroutine[Any, Any, A4]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawSync], owner: type[Any]
    ) -> "Answering4[P1, P2, P3, P4, APIResponse[T1], APIResponse[T2], APIResponse[T3], APIResponse[T4]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawAsync], owner: type[Any]
    ) -> "Answering4[P1, P2, P3, P4, Coroutine[Any, Any, APIResponse[A1]], Coroutine[Any, Any, APIResponse[A2]], Coroutine[Any, Any, APIResponse[A3]], Coroutine[Any, Any, APIResponse[A4]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingSync], owner: type[Any]
    ) -> "Answering4[P1, P2, P3, P4, ResponseManager[T1], ResponseManager[T2], ResponseManager[T3], ResponseManager[T4]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingAsync], owner: type[Any]
    ) -> "Answering4[P1, P2, P3, P4, AsyncResponseManager[A1], AsyncResponseManager[A2], AsyncResponseManager[A3], AsyncResponseManager[A4]]": ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else Method[P1, Any](self._build, obj)


class Answering6(Protocol[P1, P2, P3, P4, P5, P6, R1, R2, R3, R4, R5, R6]):
    """A method with 6 kinds of answers."""

    @overload
    def __call__(self, *args: P1.args, **kwargs: P1.kwargs) -> R1: ...
    @overload
    def __call__(self, *args: P2.args, **kwargs: P2.kwargs) -> R2: ...
    @overload
    def __call__(self, *args: P3.args, **kwargs: P3.kwargs) -> R3: ...
    @overload
    def __call__(self, *args: P4.args, **kwargs: P4.kwargs) -> R4: ...
    @overload
    def __call__(self, *args: P5.args, **kwargs: P5.kwargs) -> R5: ...
    @overload
    def __call__(self, *args: P6.args, **kwargs: P6.kwargs) -> R6: ...


class answering6(Generic[P1, P2, P3, P4, P5, P6, T1, T2, T3, T4, T5, T6, A1, A2, A3, A4, A5, A6]):
    """A method of a resource with 6 kinds of answers."""

    def __init__(
        self,
        build1: "Callable[P1, Operation[T1, A1]]",
        build2: "Callable[P2, Operation[T2, A2]]",
        build3: "Callable[P3, Operation[T3, A3]]",
        build4: "Callable[P4, Operation[T4, A4]]",
        build5: "Callable[P5, Operation[T5, A5]]",
        build6: "Callable[P6, Operation[T6, A6]]",
    ) -> None:
        self._build = build1
        self.__doc__ = build1.__doc__

    @overload
    def __get__(self, obj: None, owner: type[Any]) -> "Callable[P1, Operation[T1, A1]]": ...
    @overload
    def __get__(
        self, obj: Resource[Sync], owner: type[Any]
    ) -> "Answering6[P1, P2, P3, P4, P5, P6, T1, T2, T3, T4, T5, T6]": ...
    @overload
    def __get__(
        self, obj: Resource[Async], owner: type[Any]
    ) -> "Answering6[P1, P2, P3, P4, P5, P6, Coroutine[Any, Any, A1], Coroutine[Any, Any, A2], Coroutine[Any, Any, A3], Coroutine[Any, Any, A4], Coroutine[Any, Any, A5], Coroutine[Any, Any, A6]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawSync], owner: type[Any]
    ) -> "Answering6[P1, P2, P3, P4, P5, P6, APIResponse[T1], APIResponse[T2], APIResponse[T3], APIResponse[T4], APIResponse[T5], APIResponse[T6]]": ...
    @overload
    def __get__(
        self, obj: Resource[RawAsync], owner: type[Any]
    ) -> "Answering6[P1, P2, P3, P4, P5, P6, Coroutine[Any, Any, APIResponse[A1]], Coroutine[Any, Any, APIResponse[A2]], Coroutine[Any, Any, APIResponse[A3]], Coroutine[Any, Any, APIResponse[A4]], Coroutine[Any, Any, APIResponse[A5]], Coroutine[Any, Any, APIResponse[A6]]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingSync], owner: type[Any]
    ) -> "Answering6[P1, P2, P3, P4, P5, P6, ResponseManager[T1], ResponseManager[T2], ResponseManager[T3], ResponseManager[T4], ResponseManager[T5], ResponseManager[T6]]": ...
    @overload
    def __get__(
        self, obj: Resource[StreamingAsync], owner: type[Any]
    ) -> "Answering6[P1, P2, P3, P4, P5, P6, AsyncResponseManager[A1], AsyncResponseManager[A2], AsyncResponseManager[A3], AsyncResponseManager[A4], AsyncResponseManager[A5], AsyncResponseManager[A6]]": ...
    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else Method[P1, Any](self._build, obj)
