"""JSON and text that all can read, of what came from anybody."""

from typing import Any

import msgspec

from ..core.json.values import fields_of, is_list
from ..core.terms.json_text import decode_json

__all__ = ["sayable", "strict", "tidied"]

_encode = msgspec.json.Encoder().encode


def tidied(document: bytes) -> bytes:
    """JSON that was read leniently, as all read it: what is no character is U+FFFD, no number null.

    `ValueError` for what is no JSON to anybody.
    """
    return _encode(strict(decode_json(document)))


def strict(value: Any) -> Any:
    """A value without what JSON has not: halves of characters, and whole numbers beyond 64 bits."""
    if isinstance(value, str):
        return sayable(value)
    if is_list(value):
        return [strict(each) for each in value]
    if members := fields_of(value):
        return {sayable(name): strict(each) for name, each in members.items()}
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def sayable(text: str) -> str:
    """Text without halves of characters."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
