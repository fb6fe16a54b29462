"""JSON documents as Python values, read carefully: requests are whatever clients sent."""

from typing import TypeGuard

import msgspec

Object = dict[str, object]
"""A JSON object."""

_ENCODER = msgspec.json.Encoder()


def is_object(value: object) -> TypeGuard[Object]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[object]]:
    """Whether `value` is a JSON array."""
    return isinstance(value, list)


def is_integer(value: object) -> TypeGuard[int]:
    """Whether `value` is a JSON integer; Python counts booleans in, JSON does not."""
    return isinstance(value, int) and not isinstance(value, bool)


def objects(value: object) -> list[Object]:
    """Return the objects in an array; nothing when it is something else."""
    return [item for item in value if is_object(item)] if is_array(value) else []


def member(value: object, *path: str) -> object:
    """Follow `path` into nested objects; `None` where it leads nowhere."""
    for name in path:
        if not is_object(value):
            return None
        value = value.get(name)
    return value


def text(value: object, default: str = "") -> str:
    """Return `value` if it is a string."""
    return value if isinstance(value, str) else default


def encode(document: object) -> bytes:
    """Render a value as compact JSON."""
    return _ENCODER.encode(document)
