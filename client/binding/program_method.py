"""Methods of resources that are programs of several calls, for every kind of caller.

What type checkers see of them is in `program_method.pyi`, generated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...core.request.options import NAMES as OPTIONS
from ...core.terms.omit import not_omitted
from .resource import Described, Replaceable, Unbound

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from inspect import Signature

    from ..sending.sender import Sender
    from .resource import Resource


class ProgramMethod(Replaceable):
    """A method that runs a program of the core: `poll = ProgramMethod(polling.video)`.

    There is no raw view of it: it has more than one answer.
    """

    def __init__(self, program: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        self._program = program
        self.__doc__ = program.__doc__

    def unbound(self) -> Any:
        """The program, whose first argument is a client; it takes a resource too."""
        return Unbound(self, self._program)

    def bound(self, obj: Resource[Any]) -> Any:
        """The program, for the sender of a resource."""
        if obj.view != "plain":
            raise AttributeError(
                f"{self._program.__name__} makes several calls, and has no {obj.view} view"
            )
        return BoundProgram(self._program, obj, self.name)


def plain(resource: Resource[Any], method: str) -> Sender:
    """Return the sender of a resource whose `method` has no other view than the plain one."""
    if resource.view != "plain":
        raise AttributeError(f"{method} answers with no single response: no {resource.view} view")
    return resource.sender


class BoundProgram(Described):
    """A program bound to the client that runs it."""

    __slots__ = ("_called", "_program", "_resource")

    def __init__(
        self, program: Callable[..., Coroutine[Any, Any, Any]], resource: Resource[Any], name: str
    ) -> None:
        self._program = program
        self._resource = resource
        self._called = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _refuse_unknown(self._program, kwargs)
        sender = self._resource.sender
        program = self._program(sender, *args, **not_omitted(kwargs))
        return sender.run(program, numbered=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BoundProgram) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return id(self._resource.sender), self._program

    @property
    def owner(self) -> Resource[Any]:
        """The resource."""
        return self._resource

    @property
    def described(self) -> Callable[..., Any]:
        """The program."""
        return self._program

    @property
    def called(self) -> str:
        """What the resource calls it."""
        return self._called

    @property
    def awaited(self) -> bool:
        """Whether the client runs it when it is awaited."""
        return self._resource.sender.asynchronous

    @property
    def __signature__(self) -> Signature:
        """The keywords of the program, without the client that it is given."""
        from .signatures import signature_of

        return signature_of(self._program, bound=True)


def _refuse_unknown(program: Callable[..., Any], given: Mapping[str, object]) -> None:
    """Raise `TypeError` for a keyword that the program has not, before it sends anything.

    A program hands the options of every method on, and its last call might be the first to look.
    """
    program = getattr(program, "__wrapped__", program)  # one that warns is around it
    if program.__annotations__.get("options") != "Unpack[Options]":
        return  # its first call looks at them, or Python does
    code = program.__code__
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if unknown := given.keys() - OPTIONS - {*own}:
        raise TypeError(f"{program.__name__}() has no keyword {min(unknown)!r}")
