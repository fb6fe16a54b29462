"""Methods of resources that are written by hand: described, and replaced, as those of endpoints."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from .resource import Described, M, Replaceable, Resource, Unbound

if TYPE_CHECKING:
    from collections.abc import Callable
    from inspect import Signature

__all__ = ["Helpers"]


class Helpers(Resource[M]):
    """A base of resources that have functions as methods."""

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, each in [*vars(cls).items()]:
            if isinstance(each, FunctionType) and name[0] != "_":
                method = HelperMethod(each)
                method.__set_name__(cls, name)
                setattr(cls, name, method)


class HelperMethod(Replaceable):
    """A function as a method of a resource."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def unbound(self) -> Any:
        """The function, whose first argument is a resource."""
        return Unbound(self, self._function)

    def bound(self, obj: Resource[Any]) -> Any:
        """The function with a resource as its first argument."""
        return BoundHelper(self._function, obj)


class BoundHelper(Described):
    """A function bound to a resource."""

    __slots__ = ("__self__", "_function")

    def __init__(self, function: Callable[..., Any], resource: Resource[Any]) -> None:
        self._function = function
        self.__self__ = resource

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(self.__self__, *args, **kwargs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BoundHelper) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return id(self.__self__.sender), self.__self__.view, self._function

    @property
    def owner(self) -> Resource[Any]:
        """The resource."""
        return self.__self__

    @property
    def described(self) -> Callable[..., Any]:
        """The function."""
        return self._function

    @property
    def awaited(self) -> bool:
        """Whether it answers with a coroutine: in every view, so that its `self` has no type."""
        resource = self.__self__
        if resource.view == "streaming" or not resource.sender.asynchronous:
            return False
        from .signatures import overloads_of

        return "self" not in overloads_of(self._function)[0].__annotations__

    @property
    def __signature__(self) -> Signature:
        """Its keywords; those of a typed dict one by one."""
        from .signatures import signature_of

        signature = signature_of(self._function, bound=True)
        if self.__self__.sender.asynchronous and not self.awaited:  # the async twin of what it says
            return signature.replace(return_annotation=signature.empty)
        return signature
