"""`omit`: what stands for a parameter that is left out of the request."""

from typing import Final, Literal, final

__all__ = ["NOT_GIVEN", "Omit", "omit"]


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
