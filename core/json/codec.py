"""Decodes JSON into a type: strictly first, then by salvage.

msgspec decodes what fits its type. What does not fit goes through `core.json.salvage`, so that a
server that adds a field, leaves one out or says something else never makes a call fail. Only bytes
that are no JSON document at all, or a document of a kind the type has no place for, are errors.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

import msgspec

from ..terms.json_text import REFUSALS, CodecError, decode_json
from ..terms.nesting import bounded, decoder
from .issues import Issue
from .model_base import ModelBase
from .provenance import Provenance, hang
from .unknown import Unknown

if TYPE_CHECKING:
    from .dialects import Dialects
    from .salvage import Salvager

__all__ = ["Codec", "MisfitError", "codec"]

T = TypeVar("T")

LEARN_AFTER: Final = 4
"""Answers with unknown fields, the last of which is learnt from; then twice as many each time."""
_put: Final[Callable[[Any, str, object], None]] = msgspec.structs.force_setattr
"""Does what `hang` does for a model, in half the time."""


class MisfitError(CodecError):
    """The document does not fit the type: `issues` says where, `value` is what could be made."""

    def __init__(self, issues: tuple[Issue, ...], value: object = None) -> None:
        super().__init__(issues, value)
        self.issues = issues
        self.value = value

    def __str__(self) -> str:
        first, *others = self.issues
        return f"{first} (and {len(others)} more)" if others else str(first)


class Codec(Generic[T]):
    """Decodes JSON documents into one type.

    The type is anything msgspec decodes into (models, unions, lists, dicts, dataclasses, typed
    dicts, attrs classes, `object` for builtins), or a pydantic model. With `load` it is one of the
    server's own, which `kind` only names, and which `load` imports for the first decoding.
    """

    __slots__ = (
        "_carries",
        "_dialects",
        "_import",
        "_keeps",
        "_kind",
        "_patience",
        "_salvager",
        "_strict",
        "_type",
    )

    def __init__(self, kind: Any, load: Callable[[], Any] | None = None) -> None:
        self._kind = kind
        self._import = load
        self._type: Any = None
        self._strict: Any = self._first
        self._salvager: Salvager | None = None
        self._dialects: Dialects | None = None
        self._patience = LEARN_AFTER
        self._carries = False
        self._keeps = load is not None

    def __repr__(self) -> str:
        return f"Codec({self._kind!r})"

    @property
    def type(self) -> Any:
        """The type itself, imported if it has not been."""
        self._load()
        return self._type

    @property
    def lenient(self) -> bool:
        """Whether its type is the library's own, which take in everything and lose nothing."""
        self._load()
        return self._keeps

    def decode(self, data: bytes | bytearray | memoryview, *, strict: bool = False) -> T:
        """Make a value of `T` of a JSON document, and keep the document on it (`meta`, `to_dict`).

        Drift is kept, not refused: unknown fields become attributes, unknown variants `Unknown`,
        missing fields `None`, and what has another type stays what it is; all but the first are
        listed by `meta(value).issues`. `null` as a whole document gives `None`.

        Raises `CodecError` if the bytes are no JSON document, or not of the kind that `T` is, and
        its subclass `MisfitError` about issues if `strict`, or if `T` is a type of the caller's
        own, which has no place for values that do not fit.
        """
        if type(data) is not bytes:
            data = bytes(data)
        try:
            return self.quick(data)
        except REFUSALS:
            pass  # and out: an error below is not to keep this one, which may hold the document
        return self.salvage(decode_json(data), data, strict=strict)

    def quick(self, data: bytes) -> T:
        """Make a value of a document that fits, but for unknown fields that the codec has learnt.

        Raises one of `REFUSALS` otherwise.
        """
        value: T
        try:
            value = self._strict(data)
        except REFUSALS:
            dialects = self._dialects
            if dialects is None:
                raise
            value = dialects.decode(data)
            self._strict = dialects.first.decode
            if value is msgspec.UNSET:
                raise
        if self._carries:
            _put(value, "_root", data)
        return value

    def decode_value(self, value: object, *, strict: bool = False) -> T:
        """Make a value of `T` of a JSON document that has been parsed into builtins; see `decode`.

        The value knows its issues, and not the document.
        """
        self._load()
        return self.salvage(value, None, strict=strict)

    def _load(self) -> None:
        if self._type is not None:
            return
        from .annotations import are_models, is_model, to_foreign

        kind: Any = self._kind if self._import is None else self._import()
        self._carries = is_model(kind)
        self._keeps = self._keeps or are_models(kind)
        if kind is None or kind is type(None):
            kind, self._strict = type(None), _nothing
        elif not self._keeps and hasattr(kind, "model_validate_json"):
            self._strict = bounded(_pydantic(kind))
        else:
            if self._keeps:
                self._strict = decoder(kind, to_foreign)
            else:
                from .own_types import own_decoder

                kind = _constructed(kind)
                self._strict = own_decoder(kind)
        self._type = kind

    def _first(self, data: bytes) -> Any:
        self._load()
        return self._strict(data)

    def salvage(self, document: object, raw: bytes | None, *, strict: bool = False) -> T:
        """Make the best of a document that `quick` has refused, as `decode` does; see there."""
        salvage = self._salvager
        if salvage is None:
            from .salvage import salvager

            salvage = self._salvager = salvager(self._type)
        value: T
        try:
            value, found = salvage(document)
        except RecursionError:
            raise CodecError("not readable as JSON: nested too deeply") from None
        if found and (strict or not self._keeps):
            raise MisfitError(found, value)
        if isinstance(value, ModelBase | Unknown):
            if found:
                hang(value, Provenance(raw, found))
            elif raw is not None:
                hang(value, raw)
        elif self._carries and value is not None:
            from .salvage import kind_of

            raise CodecError(f"expected a JSON object, got {kind_of(document)}")
        if raw is not None and self._keeps and not found:
            self._patience -= 1
            if self._patience <= 0 and (self._carries or not isinstance(value, ModelBase)):
                self._learn(value, raw)
        return value

    def _learn(self, value: T, raw: bytes) -> None:
        dialects = self._dialects
        if dialects is None:
            from .dialects import Dialects

            dialects = self._dialects = Dialects(self._type, LEARN_AFTER)
        dialects.learn(value, raw)
        self._patience, self._strict = dialects.patience, dialects.first.decode


def _constructed(kind: Any) -> Any:
    from .constructed import ConstructionError, constructed

    try:
        return constructed(kind)
    except ConstructionError:
        return kind  # read as msgspec reads it


def _nothing(data: bytes) -> None:
    return None


def _kind(detail: Any) -> str:
    from .salvage import kind_of

    return "nothing" if detail["type"] == "missing" else kind_of(detail["input"])


def _pydantic(cls: Any) -> Callable[[bytes], Any]:
    validate = cls.model_validate_json

    def decode(data: bytes) -> Any:
        try:
            return validate(data)
        except ValueError as error:
            details = getattr(error, "errors", None)
            if details is None:
                raise
            found = details(include_url=False)
            if found[0]["type"] == "json_invalid":
                decode_json(data)  # says what is wrong with it
            issues = tuple(Issue(each["loc"], each["msg"], _kind(each)) for each in found)
        raise MisfitError(issues)

    return decode


_KEPT: Final = 1024
_codecs: Final[dict[Any, Codec[Any]]] = {}


@overload
def codec(kind: type[T]) -> Codec[T]: ...
@overload
def codec(kind: Any) -> Codec[Any]: ...
def codec(kind: Any) -> Codec[Any]:
    """Return the codec of a type; one is made and kept."""
    try:
        found = _codecs.get(kind)
    except TypeError:  # an unhashable annotation
        return Codec(kind)
    if found is None:
        found = Codec[Any](kind)
        if len(_codecs) < _KEPT:
            found = _codecs.setdefault(kind, found)
    return found
