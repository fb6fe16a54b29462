"""Values that the API description does not know: `Unknown` variants of unions, further fields."""

from typing import Any, ClassVar, final

from .provenance import Carrier, Provenance, hang
from .values import is_object

__all__ = ["Overflow", "Unknown"]


@final
class Unknown(Carrier):
    """A member of a tagged union that this version does not know.

    `type` is its tag, `None` where it has none; `raw` is the JSON value as it came. Fields of the
    JSON object can be read as attributes (under other names than `type` and `raw`), and as input
    of a request it is sent as `raw`.
    """

    __slots__ = ("raw", "type")

    type: str | None
    raw: Any

    def __init__(self, type: str | None, raw: object) -> None:
        self.type = type
        self.raw = raw

    def __getattr__(self, name: str) -> Any:
        # Slots not filled yet (while unpickling) and dunder look-ups never reach the document.
        if not name.startswith("_") and name not in ("raw", "type"):
            fields: Any = self.raw
            if is_object(fields) and name in fields:
                return fields[name]
        raise AttributeError(f"unknown variant {self._label()} has no field {name!r}")

    def _label(self) -> str:
        return repr(getattr(self, "type", None))

    def to_dict(self) -> Any:
        """Return the JSON value as it came."""
        return self.raw

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Unknown) else NotImplemented

    __hash__: ClassVar[None]  # type: ignore[assignment]  # what defining __eq__ alone does

    def __repr__(self) -> str:
        return f"Unknown(type={self.type!r}, raw={self.raw!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_unknown, (self.type, self.raw, getattr(self, "_root", None))


def _rebuild_unknown(type: str | None, raw: object, root: bytes | Provenance | None) -> Unknown:
    obj = Unknown(type, raw)
    if root is not None:
        hang(obj, root)
    return obj


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
