"""`Unknown`: members of unions that the API description does not know."""

from collections.abc import Callable
from typing import Any, ClassVar, final

from .dumpable import Dumpable, Extent
from .provenance import Provenance, hang
from .raw_values import RawValue
from .values import is_object

__all__ = ["Unknown"]


@final
class Unknown(RawValue, Dumpable):
    """A member of a tagged union that this version does not know.

    `type` is its tag, `None` where it has none; `raw` is the JSON value as it came. Fields of the
    JSON object can be read as attributes (under other names than `type` and `raw`), and as input
    of a request it is sent as `raw`.
    """

    __slots__ = ("type",)

    type: str | None

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

    def _to_builtins(self, extent: Extent, fallback: Callable[[Any], Any] | None = None) -> Any:
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
