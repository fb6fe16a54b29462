"""One resource tree for every kind of caller: each resource knows its sender and its view.

Its methods may be replaced on a client, and tell inspection their keywords; what they tell is not made
before somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar, cast

from ..sending.modes import Mode, View

if TYPE_CHECKING:
    from collections.abc import Callable
    from inspect import Signature
    from types import CodeType

    from ..sending.sender import Sender

M = TypeVar("M", bound=Mode)
F = TypeVar("F", bound="Callable[..., Any]")


class Resource(Generic[M]):
    """A part of the API: methods, and further resources below it."""

    __slots__ = ("sender", "view")

    sender: Sender
    """Who sends the operations of this resource: the client."""
    view: View
    """Which form of answer its methods give."""

    def __init__(self, sender: Sender, view: View = "plain") -> None:
        self.sender = sender
        self.view = view

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.sender!r}>"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return type(self), id(self.sender), self.view


class Replaceable:
    """What another may stand for: `client.responses.create = wrapper`, `client.chat = Mock()`.

    Resources are made anew each time and hold nothing: what was replaced is kept on the client.
    """

    name = ""
    """What resources call it."""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = self.name or name

    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        if obj is None:
            return self.unbound()
        kept = obj.sender.replaced
        if kept is not None and (key := (type(obj), obj.view, self.name)) in kept:
            return kept[key]
        return self.bound(obj)

    def __set__(self, obj: Resource[Any], value: object) -> None:
        sender, key = obj.sender, (type(obj), obj.view, self.name)
        if type(value) is type(self.bound(obj)) and value == self.bound(obj):
            sender.replaced = _without(sender.replaced, key)  # the method itself, put back
        else:
            replaced: dict[Any, Any] = {**(sender.replaced or {}), key: value}
            sender.replaced = replaced

    def __delete__(self, obj: Resource[Any]) -> None:
        sender, key = obj.sender, (type(obj), obj.view, self.name)
        if key not in (sender.replaced or {}):
            raise AttributeError(f"{type(obj).__name__}.{self.name} was not replaced")
        sender.replaced = _without(sender.replaced, key)

    def unbound(self) -> Any:
        """What the class has under this name."""
        raise NotImplementedError

    def bound(self, obj: Resource[Any]) -> Any:
        """What a resource has, unless it was replaced."""
        raise NotImplementedError


class Unbound:
    """A method of a class: its function, which takes a resource first where there is one.

    Who wraps a method of a class calls it so, and may put it back.
    """

    def __init__(self, method: Replaceable, function: Callable[..., Any]) -> None:
        self._method = method
        self._function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        first: Any = args[0] if args else None
        if isinstance(first, Resource):
            resource: Resource[Any] = first  # pyright: ignore[reportUnknownVariableType]  # isinstance leaves its mode open
            return self._method.bound(resource)(*args[1:], **kwargs)
        return self._function(*args, **kwargs)

    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        return self._method.__get__(obj, owner)

    def __set__(self, obj: Resource[Any], value: object) -> None:
        self._method.__set__(obj, value)

    def __delete__(self, obj: Resource[Any]) -> None:
        self._method.__delete__(obj)

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # of the function, not of this class
        return self._function.__doc__

    @property
    def __name__(self) -> str:
        return self._method.name

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self._function

    @property
    def __signature__(self) -> Signature:
        from .signatures import signature_of

        return signature_of(self._function, bound=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


if TYPE_CHECKING:
    part = property
else:

    class part(Replaceable, property):  # a property to help() and completion too
        """A resource below another, of the same sender and view."""

        _kind: type[Resource[Any]] | None = None
        """Its class, once the getter has been asked: that may have to import it."""

        def __get__(self, obj: Resource[Any] | None, owner: type[Any] | None = None) -> Any:
            if obj is not None and self._kind is not None:
                sender = obj.sender
                if sender.replaced is None:
                    return self._kind(sender, obj.view)
            return super().__get__(obj, owner)

        def unbound(self) -> Any:
            """The property."""
            return self

        def bound(self, obj: Resource[Any]) -> Any:
            """The resource."""
            made = self.fget(obj)
            self._kind = type(made)
            return made


def _without(kept: dict[Any, Any] | None, key: object) -> dict[Any, Any] | None:
    return {each: value for each, value in (kept or {}).items() if each != key} or None


async def _awaited() -> None: ...


def _at_once() -> None: ...


COROUTINE: Final = _awaited.__code__
"""Of a function of the kind that is awaited: `inspect.iscoroutinefunction` looks at its flags."""
_FUNCTION: Final = _at_once.__code__


class Described:
    """A callable that looks to inspection like a function with all its keywords."""

    __slots__ = ()

    @property
    def described(self) -> Callable[..., Any]:
        """The function that it stands for."""
        raise NotImplementedError

    @property
    def called(self) -> str:
        """Its name."""
        return self.described.__name__

    @property
    def awaited(self) -> bool:
        """Whether what it returns is a coroutine, as that of an `async def` is."""
        raise NotImplementedError

    @property
    def owner(self) -> Any:
        """What it is an attribute of: a resource or a client."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        """It travels by its name, with what it is a method of."""
        return getattr, (self.owner, self._place())

    def _place(self) -> str:
        owner: object = self.owner
        kind = type(owner)
        for name, each in (
            (name, each) for base in kind.__mro__ for name, each in vars(base).items()
        ):
            if isinstance(each, Replaceable) and each.bound(self.owner) == self:
                return name
        raise TypeError(
            f"{self.described.__qualname__}: it is no method of a {kind.__name__} any more"
        )

    def __get__(self, obj: object, owner: object = None) -> Self:
        return self  # what has `__get__` is a routine to help(), which shows it as one

    @property
    def __code__(self) -> CodeType:
        """Of a function of its kind."""
        return COROUTINE if self.awaited else _FUNCTION

    def __getattr__(self, name: str) -> Any:
        if name == "__name__":
            return self.called
        return getattr(self.described, name)  # __module__, for help()

    if not TYPE_CHECKING:  # to checkers it is that of `object`

        def __init_subclass__(cls) -> None:
            cls.__doc__ = property(lambda self: self.described.__doc__)  # not that of the class


def spelled(keywords: str) -> Callable[[F], F]:
    """Say of a function that its last keywords are those of a typed dict, an attribute of its class."""

    def described(function: F) -> F:
        return cast("F", _Function(function, keywords))

    return described


class _Function:
    """A function of a class; as functions do, it leaves its place to what an instance has."""

    def __init__(self, function: Callable[..., Any], keywords: str) -> None:
        self._function = function
        self._keywords = keywords
        self.__doc__ = function.__doc__

    def __get__(self, obj: object, owner: type[Any]) -> Any:
        return _Bound(self._function, obj, getattr(owner, self._keywords))


class _Bound(Described):
    __slots__ = ("__self__", "_function", "_keywords")

    def __init__(self, function: Callable[..., Any], obj: object, keywords: type[Any]) -> None:
        self._function = function
        self.__self__ = obj
        self._keywords = keywords

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*(() if self.__self__ is None else (self.__self__,)), *args, **kwargs)

    @property
    def owner(self) -> Any:
        """The object, or nothing for that of the class."""
        return self.__self__

    def _place(self) -> str:
        return self._function.__name__

    @property
    def described(self) -> Callable[..., Any]:
        """The function."""
        return self._function

    @property
    def awaited(self) -> bool:
        """It does what it does at once."""
        return False

    @property
    def __signature__(self) -> Signature:
        from .signatures import spelled_out

        return spelled_out(self._function, self._keywords, bound=self.__self__ is not None)
