"""Checks of values that a server or a caller gave: objects, mappings, lists, texts."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard, cast

__all__ = [
    "fields_of",
    "is_list",
    "is_mapping",
    "is_object",
    "is_sendable_text",
    "items",
    "type_of",
]


type_of: Final[Callable[[object], type[object]]] = type
"""`type`, as checkers see it if they shall not conclude `dict[Unknown, Unknown]` from it."""


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a JSON object."""
    return type_of(value) is dict


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Whether a value is a JSON array."""
    return type_of(value) is list


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Whether a caller's value stands for a JSON object."""
    return isinstance(value, Mapping)


def is_sendable_text(value: object) -> TypeGuard[str]:
    """Whether a value is text that can be sent: no half of a surrogate pair is printable."""
    return isinstance(value, str) and value.isprintable()


def items(value: Any) -> list[Any]:
    """The elements of a list, and none of anything else that the server may have said instead."""
    return value if is_list(value) else []


def fields_of(document: object) -> dict[str, Any]:
    """The members of a JSON object; none for a document of another kind."""
    # JSON objects have str keys; isinstance alone cannot say so.
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}
