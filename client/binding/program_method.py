"""Methods of resources that are programs of several calls, for every kind of caller.

What type checkers see of them is in `program_method.pyi`, generated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ...core.request.options import NAMES as OPTIONS
from ...core.terms.omit import not_omitted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from inspect import Signature

    from ..sending.sender import Sender
    from .resource import Resource


class ProgramMethod:
    """A method that runs a program of the core: `poll = ProgramMethod(polling.video)`.

    There is no raw view of it: it has more than one answer.
    """

    def __init__(self, program: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        self._program = program
        self.__doc__ = program.__doc__

    def __get__(self, obj: Resource[Any] | None, owner: type[Any]) -> Any:
        if obj is None:
            return self._program
        if obj.view != "plain":
            raise AttributeError(
                f"{self._program.__name__} makes several calls, and has no {obj.view} view"
            )
        return BoundProgram(self._program, obj.sender)


def plain(resource: Resource[Any], method: str) -> Sender:
    """Return the sender of a resource whose `method` has no other view than the plain one."""
    if resource.view != "plain":
        raise AttributeError(f"{method} answers with no single response: no {resource.view} view")
    return resource.sender


class BoundProgram:
    """A program bound to the client that runs it."""

    __slots__ = ("_program", "_sender")

    def __init__(self, program: Callable[..., Coroutine[Any, Any, Any]], sender: Sender) -> None:
        self._program = program
        self._sender = sender

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _refuse_unknown(self._program, kwargs)
        program = self._program(self._sender, *args, **not_omitted(kwargs))
        return self._sender.run(program, numbered=True)

    def __get__(self, obj: object, owner: object = None) -> Self:
        return self  # what has `__get__` is a routine to help(), which shows it as one

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # of the program, not of this class
        return self._program.__doc__

    @property
    def __signature__(self) -> Signature:
        """The keywords of the program, without the client that it is given."""
        import inspect

        signature = inspect.signature(self._program)
        return signature.replace(parameters=[*signature.parameters.values()][1:])

    def __getattr__(self, name: str) -> Any:
        if name in ("__name__", "__qualname__"):  # for help(); it is no coroutine function
            return getattr(self._program, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


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
