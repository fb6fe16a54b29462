"""Methods of resources: builders of operations, bound to who sends them.

A resource has one line per endpoint: `retrieve = EndpointMethod(operations.retrieve)`. At run time
there is one descriptor for all of them, and `Method` is what it gives. For type checkers they
differ (`methods.pyi`, generated): they tell what each kind of caller gets, with names, defaults
and overloads of the builder kept.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .resource import Described, Replaceable, Resource, Unbound

if TYPE_CHECKING:
    from collections.abc import Callable
    from inspect import Signature

    from ...core.request.operation import Operation
    from ..sending.modes import View


class Method(Described):
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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Method) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return id(self._resource.sender), self._resource.view, self.operation

    @property
    def owner(self) -> Resource[Any]:
        """The resource."""
        return self._resource

    @property
    def described(self) -> Callable[..., Any]:
        """The builder."""
        return self.operation

    @property
    def awaited(self) -> bool:
        """Whether it answers with a coroutine; with pages it is a pager, which is more."""
        resource = self._resource
        if resource.view == "streaming" or not resource.sender.asynchronous:
            return False
        return resource.view == "raw" or not self._answers().startswith("Operation[Page[")

    @property
    def __signature__(self) -> Signature:
        """Every keyword of the endpoint, and of a plain method what it answers."""
        from .signatures import answer_of, signature_of, widened

        signature = widened(signature_of(self.operation, bound=False), self._whole())
        plain = self._resource.view == "plain"
        answer = answer_of(self._answers(), awaited=self._resource.sender.asynchronous)
        return signature.replace(return_annotation=answer if plain else signature.empty)

    def _whole(self) -> Callable[..., Any]:
        """The builder; where a keyword chooses between several, the one for all its values."""
        build: Callable[..., Any] = self.operation
        module = sys.modules.get(build.__module__)
        either: Callable[..., Any] = getattr(module, f"{build.__name__}_either", build)
        return either

    def _answers(self) -> str:
        return str(self._whole().__annotations__.get("return", ""))

    @property
    def called(self) -> str:
        """What the resource calls it."""
        for kind in type(self._resource).__mro__:
            for name, each in vars(kind).items():
                if getattr(each, "_build", None) is self.operation:
                    return name
        return self.operation.__name__

    @property
    def __wrapped__(self) -> Callable[..., Operation[Any, Any]]:
        return self.operation


class EndpointMethod(Replaceable):
    """A method of a resource: a builder of operations, and the `Method` of it for each resource.

    Where answers depend on a parameter, checkers are given a builder for each kind of answer. They
    are one function under several types, so that the first does at run time.
    """

    def __init__(self, build: Callable[..., Operation[Any, Any]], *_typed: object) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def unbound(self) -> Any:
        """The builder, which takes a resource too."""
        return Unbound(self, self._build)

    def bound(self, obj: Resource[Any]) -> Any:
        """The builder, for the sender of a resource."""
        return Method(self._build, obj)


StreamMethod = PageMethod = EndpointMethod
ChoiceMethod3 = ChoiceMethod4 = ChoiceMethod6 = EndpointMethod


class AnyPathMethod(Replaceable):
    """A method for any path: a builder of `core.api.untyped`, loaded when it is first used."""

    def unbound(self) -> Any:
        """The builder, which takes a client too."""
        return Unbound(self, self._build())

    def bound(self, obj: Resource[Any]) -> Any:
        """The builder, for the sender of a resource."""
        return Method(self._build(), obj)

    def _build(self) -> Callable[..., Operation[Any, Any]]:
        from ...core.api import untyped

        build: Callable[..., Operation[Any, Any]] = getattr(untyped, self.name)
        return build


class ViewOf(Replaceable):
    """The same resource for another kind of caller: `with_raw_response` and its like."""

    def __init__(self, view: View) -> None:
        self._view: View = view

    def unbound(self) -> Any:
        """The descriptor itself: a view is that of a resource."""
        return self

    def bound(self, obj: Resource[Any]) -> Any:
        """The resource in this view."""
        return type(obj)(obj.sender, self._view)
