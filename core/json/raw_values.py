"""What the API description does not know, and is kept as it came: values, and fields of objects."""

from typing import Any

from .provenance import Carrier

__all__ = ["Overflow", "RawValue"]


class RawValue(Carrier):
    """Base of objects that stand for a JSON value as it came, `raw`, and are encoded as that."""

    __slots__ = ("raw",)

    raw: Any


class Overflow:
    """The unknown fields of one object, where they are not fields of a class.

    msgspec cannot encode it, which is how the encoder notices that it has to take the long way.
    """

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return self.fields == other.fields if isinstance(other, Overflow) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as dict has it

    def __repr__(self) -> str:
        return repr(self.fields)
