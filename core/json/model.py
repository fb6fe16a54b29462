"""What answers are made of: `Model`, open enumerations, variants of unions not known yet, and what
is known about a whole answer (`meta`).

A model is a frozen msgspec Struct that equals, hashes and prints by its fields. Besides them it has
one slot, in use on the object that stands for a whole document: the bytes it came from, the issues
met in decoding them, and the head of the response.
"""

from collections.abc import Callable
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    Self,
    TypeGuard,
    TypeVar,
    dataclass_transform,
    final,
)

import msgspec

if TYPE_CHECKING:
    from typing import Literal as Open

    from ..terms.http_message import Headers, ResponseHead
    from ..terms.rate_limits import RateLimits
else:

    class Open:
        """An enumeration the server may extend: `Open["a", "b"]`.

        Type checkers read `Literal["a", "b"]`; at run time it is the plain type of its values, so
        that a value added to the API later decodes like the others.
        """

        def __class_getitem__(cls, values):
            first, *others = values if isinstance(values, tuple) else (values,)
            kinds = type(first)
            for value in others:
                kinds |= type(value)
            return kinds


__all__ = [
    "NOT_GIVEN",
    "Issue",
    "Meta",
    "Model",
    "Omit",
    "Open",
    "Path",
    "Root",
    "Unknown",
    "attach",
    "hang",
    "meta",
    "omit",
]

Path = tuple[str | int, ...]
"""Where a value stands in a JSON document: keys and indexes from the outside in."""

ModelT = TypeVar("ModelT", bound="Model")


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


class Issue(msgspec.Struct, frozen=True):
    """One place where an answer does not fit its type: what was expected there, what came."""

    path: Path
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{path_text(self.path)}: expected {self.expected}, got {self.got}"


def path_text(path: Path) -> str:
    """Write `path` as people read it: `choices[0].message`; the document itself is `$`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "$"


class Root(msgspec.Struct, frozen=True):
    """What a root object carries besides its fields, once it is more than the bytes."""

    raw: bytes | None = None
    issues: tuple[Issue, ...] = ()
    head: "ResponseHead | None" = None


class _Rooted:
    """The slot of a root object. A mixin, because msgspec makes slots of fields only; it costs
    eight bytes where a `__dict__` would cost the garbage collector's header too."""

    __slots__ = ("_root",)

    if TYPE_CHECKING:  # msgspec evaluates the annotations of bases anew for every model
        _root: "bytes | Root"


hang: Final[Callable[[object, bytes | Root], None]] = vars(_Rooted)["_root"].__set__
"""Put the bytes of its document, or a `Root`, on a `Model` or `Unknown`; frozen or not."""


def _root_of(obj: object) -> Root:
    root: bytes | Root | None = getattr(obj, "_root", None)
    return Root(root) if isinstance(root, bytes) else root or Root()


def attach(obj: object, head: "ResponseHead") -> None:
    """Put the head of the response on `obj`, where that can carry one; nothing otherwise."""
    if isinstance(obj, _Rooted):
        hang(obj, msgspec.structs.replace(_root_of(obj), head=head))


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the answer that an object stands for; see `meta`."""

    raw: bytes | None = None
    """The document as the server sent it, after content decoding."""
    issues: tuple[Issue, ...] = ()
    """Where the document does not fit its type; at most 100."""
    status: int | None = None
    headers: "Headers | None" = None
    request_id: str | None = None
    rate_limits: "RateLimits | None" = None


def meta(obj: object) -> Meta:
    """Return what is known about the answer that `obj` stands for.

    Whole answers and single events of streams know it; objects within them, and objects made by
    hand, have nothing but the defaults.
    """
    root = _root_of(obj)
    head = root.head
    if head is None:
        return Meta(raw=root.raw, issues=root.issues)
    from ..terms.rate_limits import RateLimits

    return Meta(
        raw=root.raw,
        issues=root.issues,
        status=head.status,
        headers=head.headers,
        request_id=head.headers.get("x-request-id"),
        rate_limits=RateLimits.of(head.headers),
    )


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Model(
    msgspec.Struct,
    _Rooted,
    kw_only=True,
    frozen=True,
    gc=False,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """Base of everything the API answers.

    Optional fields that the server left out are `None`. Fields that the API description does not
    know are attributes like the others, and `model_extra` lists them. An object can be sent back
    as input, compared, copied and pickled.

    A subclass states `kw_only=True` again, which msgspec does not inherit.
    """

    if TYPE_CHECKING:  # see `_Rooted`
        _extra: ClassVar[tuple[tuple[str, str], ...]]
        """Attribute and JSON key of each field the description does not know."""
        _known: ClassVar[type["Model"] | None]
        """The class of the description, where this one was made from it; see `core.json.unknown_fields`."""
        _missing: ClassVar[tuple[str, ...]]
        """The required fields that the server left out: `None`, and not encoded."""
    else:
        _extra = _missing = ()
        _known = None

    @property
    def model_extra(self) -> dict[str, Any]:
        """The fields that the API description does not know, by their names in JSON."""
        return {key: getattr(self, name) for name, key in self._extra}

    @property
    def _request_id(self) -> str | None:
        """The `x-request-id` of the answer this object stands for; report it with problems."""
        head = _root_of(self).head
        return None if head is None else head.headers.get("x-request-id")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as builtins.

        A whole answer gives the server's document exactly. An object within one, or one made by
        hand, gives the fields that differ from their defaults, tags included.
        """
        from .codec import parse
        from .encode import builtins

        raw = _root_of(self).raw
        document: dict[str, Any] = builtins(self) if raw is None else parse(raw)
        return document

    def to_json(self, indent: int | None = None) -> str:
        """Return the JSON of `to_dict`, compact or indented by `indent` spaces."""
        from .encode import text

        return text(self.to_dict(), indent)

    def model_dump(
        self,
        *,
        mode: str = "python",
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> dict[str, Any]:
        """Return the JSON object as builtins, with the keywords known from pydantic.

        Unlike in `to_dict`, fields that the server left out are there, as `None`, unless one of the
        `exclude_` keywords is given. Values are those of JSON in every `mode`, and names are the
        server's in any case.
        """
        from .encode import builtins, without_none

        if exclude_unset or exclude_defaults:
            document = self.to_dict() if exclude_unset else builtins(self)
        else:
            document = builtins(self, defaults=True)
        return without_none(document) if exclude_none else document

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> str:
        """Return the JSON of `model_dump`, compact or indented by `indent` spaces."""
        from .encode import text

        document = self.model_dump(
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )
        return text(document, indent)

    def __copy__(self) -> Self:
        clone = msgspec.structs.replace(self)
        root = getattr(self, "_root", None)
        if root is not None:
            hang(clone, root)
        return clone

    def __reduce__(self) -> tuple[Any, ...]:
        known = type(self)._known or type(self)
        fields = {name: getattr(self, name) for name in known.__struct_fields__}
        root = getattr(self, "_root", None)
        return _rebuild, (known, fields, self.model_extra, self._missing, root)


def _rebuild(
    cls: type[ModelT],
    fields: dict[str, Any],
    extra: dict[str, Any],
    missing: tuple[str, ...],
    root: bytes | Root | None,
) -> ModelT:
    from .unknown_fields import make

    obj = make(cls, fields, extra, missing) if extra or missing else cls(**fields)
    if root is not None:
        hang(obj, root)
    return obj


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


@final
class Unknown(_Rooted):
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
            if _is_object(fields) and name in fields:
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


def _rebuild_unknown(type: str | None, raw: object, root: bytes | Root | None) -> Unknown:
    obj = Unknown(type, raw)
    if root is not None:
        hang(obj, root)
    return obj
