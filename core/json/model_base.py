"""The struct below `Model`: fields as msgspec knows them; `model` adds the public methods."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, dataclass_transform

import msgspec

from .provenance import Carrier

__all__ = ["ModelBase", "described", "of_fields"]

ModelT = TypeVar("ModelT", bound="ModelBase")

of_fields: Final[Callable[..., Any]] = msgspec.StructMeta.__call__
"""Make an object of a Struct class and its fields as they are, past what `Model` takes from people."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class ModelBase(
    msgspec.Struct,
    Carrier,
    kw_only=True,
    frozen=True,
    gc=False,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """A frozen Struct that may have fields which its description lacks; see `unknown_fields`."""

    if TYPE_CHECKING:  # see `Carrier`
        _extra: ClassVar[tuple[tuple[str, str], ...]]
        """Attribute and JSON key of each field the description does not know."""
        _known: ClassVar[type["ModelBase"] | None]
        """The class of the description, where this one was made from it."""
        _missing: ClassVar[tuple[str, ...]]
        """The required fields that the server left out: `None`, and not encoded."""
        _variant: ClassVar[tuple[type["ModelBase"], str] | None]
        """The class of the description and the tag, where the server gave another tag."""
    else:
        _extra = _missing = ()
        _known = _variant = None


def described(made: type[ModelT]) -> type[ModelT]:
    """The class of the description that a class with a server's fields was made from, or is."""
    known: Any = made._known  # pyright: ignore[reportPrivateUsage]  # of this library
    return known or made
