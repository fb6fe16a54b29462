"""Decoders for types of the caller's own, and what is said about one that cannot be read."""

import re
from collections.abc import Callable
from typing import Any, Final

from ..terms.nesting import decoder
from .annotations import to_foreign

__all__ = ["SchemaError", "hidden_type", "own_decoder"]

_MEMBER: Final = re.compile(r"<member '(\w+)' of '(\w+)' objects>")
"""What msgspec or `typing` quotes where an annotation is the field itself (PEP 649)."""
_OPERAND: Final = "'member_descriptor'"
"""What Python calls it in `date: date | None`."""


class SchemaError(TypeError):
    """A type, or a part of one, that a structured output cannot have; the message names it."""


def own_decoder(kind: Any) -> Callable[[Any], Any]:
    """Return what makes a `kind` of a document; `SchemaError` where a field hides its type."""
    try:
        return decoder(kind, to_foreign)
    except TypeError as error:
        if (hidden := hidden_type(error, getattr(kind, "__name__", str(kind)))) is None:
            raise
        raise hidden from error


def hidden_type(error: TypeError, name: str) -> SchemaError | None:
    """What to say where a field has the name of its type; `None` about any other error."""
    reason = str(error)
    if found := _MEMBER.search(reason):
        field, owner = found.groups()
        place = f"{owner}.{field}: the field"
    elif _OPERAND in reason:
        place = f"{name}: a field"
    else:
        return None
    return SchemaError(
        f"{place} has the name of a type that the class uses, and from CPython 3.14 on the "
        "annotation means the field; put `from __future__ import annotations` at the top of its "
        "module, or import the type under another name"
    )
