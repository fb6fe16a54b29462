"""Methods of resources: builders of operations, bound to who sends them.

A resource has one line per endpoint: `retrieve = EndpointMethod(operations.retrieve)`. At run time
there is one descriptor for all of them, and `Method` is what it gives. For type checkers they
differ (`methods.pyi`, generated): they tell what each kind of caller gets, with names, defaults
and overloads of the builder kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.request.operation import Operation
    from ..sending.modes import View
    from .resource import Resource


class Method:
    """A builder bound to a sender: call it to send, `operation(...)` to build and not send."""

    __slots__ = ("_resource", "operation")

    def __init__(
        self, operation: Callable[..., Operation[Any, Any]], resource: Resource[Any]
    ) -> None:
        self.operation = operation
        self._resource = resource

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        resource = self._resource
        return resource.sender.deliver(self.operation(*args, **kwargs), resource.view)

    def __get__(self, obj: object, owner: object = None) -> Self:
        return self  # what has `__get__` is a routine to help(), which shows it as one

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # of the builder, not of this class
        return self.operation.__doc__

    def __getattr__(self, name: str) -> Any:
        return getattr(self.operation, name)  # __name__ and __module__, for help()

    @property
    def __wrapped__(self) -> Callable[..., Operation[Any, Any]]:
        return self.operation


class EndpointMethod:
    """A method of a resource: a builder of operations, and the `Method` of it for each resource.

    Where answers depend on a parameter, checkers are given a builder for each kind of answer. They
    are one function under several types, so that the first does at run time.
    """

    def __init__(self, build: Callable[..., Operation[Any, Any]], *_typed: object) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._build if obj is None else Method(self._build, obj)


StreamMethod = PageMethod = EndpointMethod
ChoiceMethod3 = ChoiceMethod4 = ChoiceMethod6 = EndpointMethod


class AnyPathMethod:
    """A method for any path: a builder of `core.api.untyped`, loaded when it is first used."""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        from ...core.api import untyped

        build = getattr(untyped, self._name)
        return build if obj is None else Method(build, obj)


class ViewOf:
    """The same resource for another kind of caller: `with_raw_response` and its like."""

    def __init__(self, view: View) -> None:
        self._view: View = view

    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self if obj is None else type(obj)(obj.sender, self._view)
