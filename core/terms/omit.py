"""`omit`: what stands for a parameter that is left out of the request."""

from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, Literal, final

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["NOT_GIVEN", "Omit", "is_omitted", "not_omitted", "omit"]


@final
class Omit:
    """The type of `omit`: a parameter with this value is left out of the request. It is false."""

    __slots__ = ()

    def __new__(cls) -> "Omit":
        return omit

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "omit"

    def __reduce__(self) -> str:
        return "omit"


omit: Final[Omit] = object.__new__(Omit)
NOT_GIVEN: Final[Omit] = omit

_NAMES: Final = frozenset({"Omit", "NotGiven"})
_MODULES: Final = frozenset({"openai", "openai._types"})
_USUAL: Final = frozenset({NoneType, bool, int, float, str, bytes, list, dict, tuple})


def is_omitted(value: object) -> "TypeIs[Omit]":
    """Whether `value` is `omit`, or what stands for it in the official SDK, which is not loaded."""
    kind = type(value)
    return kind is Omit or (kind.__name__ in _NAMES and kind.__module__ in _MODULES)


def not_omitted(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `params` without those that are omitted: the same object where there are none."""
    if _USUAL.issuperset(map(type, params.values())):
        return params
    return {name: value for name, value in params.items() if not is_omitted(value)}
