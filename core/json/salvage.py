"""Lenses: functions that make the best of a JSON document that does not fit its type.

For every type there is a *lens*: a function from a value of builtins to the value as the type would
have it, and a list of what did not fit. A lens never fails. Where a value does not fit at all it
stays what the server said.

What fits is left to msgspec, at the speed of C. Objects are first handed to it whole, unless the
last one of the same class did not fit: servers that add a field tend to add it every time.
"""

import types
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec

from .annotations import is_struct, members, plain, to_foreign
from .issues import MAX_ISSUES, REFUSALS, Issue, Issues, Link
from .model_base import ModelBase, of_fields
from .unknown import Unknown
from .unknown_fields import make, variant
from .values import is_object, type_of

__all__ = [
    "MAX_ISSUES",
    "Lens",
    "Salvager",
    "accepts",
    "kind_of",
    "lens_for",
    "salvager",
]

TRY_AGAIN: Final = 16
"""Objects of a class taken apart in Python before msgspec is offered a whole one again."""


Lens = Callable[[Any, Link, Issues], Any]


def kind_of(value: object) -> str:
    """Name the kind of a JSON value in words."""
    return _KINDS.get(type(value)) or type(value).__name__


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "a boolean",
    str: "a string",
    int: "an integer",
    float: "a number",
    list: "an array",
    dict: "an object",
}


def _convert(value: object, kind: Any) -> Any:
    return msgspec.convert(value, kind, str_keys=True, dec_hook=to_foreign)


Salvager = Callable[[object], tuple[Any, tuple[Issue, ...]]]


def salvager(kind: Any) -> Salvager:
    """Return what makes a value of a type out of builtins, and lists the issues about it."""
    lens = lens_for(kind)

    def salvage(document: object) -> tuple[Any, tuple[Issue, ...]]:
        issues = Issues()
        value = lens(document, None, issues)
        return value, tuple(issues)

    return salvage


_lenses: Final[dict[Any, Lens]] = {}


def lens_for(kind: Any) -> Lens:
    """Return the lens for a type, made once."""
    try:
        lens = _lenses.get(kind)
    except TypeError:  # an unhashable annotation
        return _make(kind)
    if lens is None:
        lens = _lenses[kind] = _make(kind)
    return lens


def _make(kind: Any) -> Lens:
    kind = plain(kind)
    origin: Any = get_origin(kind) or kind
    if kind in (Any, object):
        return _as_is
    if origin is Annotated:  # with constraints, see `plain`
        return _ForeignLens(kind)
    if origin in (Union, types.UnionType):
        return _UnionLens(kind)
    if origin is list:
        return _ListLens(kind, *get_args(kind))
    if origin is dict and get_args(kind)[:1] in ((), (str,)):
        return _DictLens(kind, *get_args(kind)[1:])
    if is_struct(origin):
        return _struct_lens(kind)
    if kind in _KINDS or kind is None:
        return _ScalarLens((kind,))
    return _ForeignLens(kind)


def _name(kind: Any) -> str:
    kind = type(None) if kind is None else kind
    name = _KINDS.get(get_origin(kind) or kind)
    return name or getattr(kind, "__name__", None) or str(kind)


def _either(names: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(names))


def _as_is(value: Any, link: Link, issues: Issues) -> Any:
    return value


def accepts(kind: Any) -> frozenset[type]:
    """The types of values that a field of type `kind` takes without a look at the value."""
    kind = plain(kind)
    origin, args = get_origin(kind), get_args(kind)
    if kind in (Any, object):
        return frozenset(_KINDS)
    if origin in (Union, types.UnionType):
        return frozenset[type]().union(*map(accepts, args))
    if origin in (list, dict) and args in ((Any,), (object,), (str, Any), (str, object)):
        return frozenset((origin,))
    return frozenset((kind,)) if origin is None and kind in _KINDS else frozenset()


class _ScalarLens:
    """Strings, numbers, booleans and null; whole numbers may be written with a fraction of 0."""

    def __init__(self, kinds: tuple[Any, ...]) -> None:
        self.accepts = frozenset(type(None) if kind is None else kind for kind in kinds)
        self.kind: Any = Union[kinds] if kinds else msgspec.UnsetType  # noqa: UP007
        self.expected = _either(map(_name, kinds))

    def __call__(self, value: Any, link: Link, issues: Issues) -> Any:
        if type(value) in self.accepts:
            return value
        if type(value) is float and int in self.accepts and value.is_integer():
            return int(value)
        if type(value) is int and float in self.accepts:
            try:
                return float(value)
            except OverflowError:
                pass
        if (made := issues.rewrite(value, self.kind)) is not msgspec.UNSET:
            return made
        issues.add(link, self.expected, kind_of(value))
        return value


class _ForeignLens:
    """Types whose inside is their own affair: a value fits or it does not."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.expected = (
            _either(map(repr, get_args(kind))) if get_origin(kind) is Literal else _name(kind)
        )

    def __call__(self, value: Any, link: Link, issues: Issues) -> Any:
        try:
            return _convert(value, self.kind)
        except REFUSALS as error:
            issues.add(link, self.expected, f"{kind_of(value)} ({str(error)[:200]})")
            return value


class _ListLens:
    def __init__(self, kind: Any, item: Any = Any) -> None:
        self.kind = kind
        self.item = lens_for(item)

    def __call__(self, value: Any, link: Link, issues: Issues) -> Any:
        kind = type_of(value)
        if kind is not list:
            issues.add(link, "an array", kind_of(value))
            return value
        if not value:
            return value
        if not isinstance(self.item, _StructLens | _UnionLens):
            try:
                return _convert(value, self.kind)
            except REFUSALS:
                pass
        item = self.item
        return [item(each, (link, index), issues) for index, each in enumerate(value)]


class _DictLens:
    def __init__(self, kind: Any, item: Any = Any) -> None:
        self.kind = kind
        self.item = lens_for(item)

    def __call__(self, value: Any, link: Link, issues: Issues) -> Any:
        kind = type_of(value)
        if kind is not dict:
            issues.add(link, "an object", kind_of(value))
            return value
        try:
            return _convert(value, self.kind)
        except REFUSALS:
            item = self.item
            return {key: item(each, (link, key), issues) for key, each in value.items()}


class _StructLens:
    """Objects with fields, models or not; only the former take unknown fields and get along
    without required ones."""

    def __init__(self, kind: Any, cls: type[msgspec.Struct]) -> None:
        self.kind = kind
        self.cls = cls
        self.model = cls if issubclass(cls, ModelBase) else None
        self.name = f"an object ({cls.__name__})"
        self.tag_field = cls.__struct_config__.tag_field
        self.tag = cls.__struct_config__.tag
        self.in_python = 0
        self.fields: dict[str, tuple[str, frozenset[type], Lens]] | None = None
        self.required: list[tuple[str, str]] = []

    def plan(self) -> dict[str, tuple[str, frozenset[type], Lens]]:
        # Not in __init__: types refer to each other, and to themselves.
        plan: dict[str, tuple[str, frozenset[type], Lens]] = {}
        required: list[tuple[str, str]] = []
        for field in msgspec.structs.fields(self.kind):
            plan[field.encode_name] = (field.name, accepts(field.type), lens_for(field.type))
            if field.required:
                required.append((field.name, field.encode_name))
        self.required = required
        self.fields = plan
        return plan

    def __call__(self, value: Any, link: Link, issues: Issues) -> Any:
        kind = type_of(value)
        if kind is not dict:
            issues.add(link, self.name, kind_of(value))
            return value
        if self.in_python:
            self.in_python -= 1
        else:
            try:
                return _convert(value, self.kind)
            except REFUSALS:
                self.in_python = TRY_AGAIN
        return self.rebuild(value, link, issues)

    def misses(self, value: dict[str, Any]) -> int:
        """How many of the fields that have to be there are not."""
        if self.fields is None:
            self.plan()
        return sum(key not in value for _, key in self.required)

    def rebuild(
        self, value: dict[str, Any], link: Link, issues: Issues, *, tag: str | None = None
    ) -> Any:
        """Make the object of a JSON object, field by field; with `tag`, of that name."""
        plan = self.fields or self.plan()
        fields: dict[str, Any] = {}
        extra: dict[str, Any] | None = None
        for key, each in value.items():
            field = plan.get(key)
            if field is not None:
                name, taken, lens = field
                if type(each) in taken:
                    fields[name] = each
                else:
                    fields[name] = lens(each, (link, key), issues)
            elif key == self.tag_field:
                if each != self.tag:
                    issues.add((link, key), repr(self.tag), _shown(each))
                    if each is not None:
                        return Unknown(each if isinstance(each, str) else None, value)
            elif extra is None:
                extra = {key: each}
            else:
                extra[key] = each
        missing: tuple[str, ...] = ()
        for name, key in self.required:
            if name not in fields:
                if not (issues.lax and type(None) in plan[key][1]):
                    issues.add((link, key), "a value", "nothing")
                missing += (name,)
                fields[name] = None
        if self.model is not None:
            model = self.model if tag is None else variant(self.model, tag)
            if extra is None and not missing:
                return of_fields(model, **fields)
            return make(model, fields, extra or {}, missing)
        if extra and self.cls.__struct_config__.forbid_unknown_fields:
            issues.add(link, f"no field {next(iter(extra))!r}", "one")
        try:
            return self.cls(**fields)
        except REFUSALS:  # of its __post_init__
            issues.add(link, self.name, "one that it refused")
            return value


_structs: Final[dict[Any, _StructLens]] = {}


def _struct_lens(kind: Any) -> _StructLens:
    """The lens of a Struct class, the same one in every type that it is part of."""
    lens = _structs.get(kind)
    if lens is None:
        lens = _structs[kind] = _StructLens(kind, get_origin(kind) or kind)
    return lens


def _shown(tag: object) -> str:
    return repr(tag)[:60] if isinstance(tag, str | int) else kind_of(tag)


class _UnionLens:
    """Unions: JSON tells objects, arrays and scalars apart, and a tag tells objects apart."""

    def __init__(self, union: Any) -> None:
        kinds = members(union)
        structs = [kind for kind in kinds if is_struct(kind)]
        self.structs = [_struct_lens(kind) for kind in structs]
        self.by_tag: dict[Any, _StructLens] = {
            lens.tag: lens for lens in self.structs if lens.tag_field is not None
        }
        self.tag_field = next((lens.tag_field for lens in self.structs if lens.tag_field), None)
        self.list = self._only(kinds, list)
        self.dict = self._only(kinds, dict)
        scalars = tuple(kind for kind in kinds if kind is None or kind in _SCALARS)
        self.scalar = _ScalarLens(scalars)
        self.foreign = [
            kind
            for kind in kinds
            if kind not in structs
            and kind not in scalars
            and self._origin(kind) not in (list, dict)
        ]
        many = len(structs) > 3
        self.expected = (
            f"one of {len(structs)} kinds of object" if many else _either(map(_name, kinds))
        )
        self.scalar.expected = self.expected

    @staticmethod
    def _origin(kind: Any) -> Any:
        return get_origin(kind) or kind

    def _only(self, kinds: list[Any], origin: type) -> Lens | None:
        return next((lens_for(kind) for kind in kinds if self._origin(kind) is origin), None)

    def __call__(self, value: Any, link: Link, issues: Issues) -> Any:
        got = type_of(value)
        if got in self.scalar.accepts:
            return value
        if got is dict:
            if self.tag_field is not None:
                return self._tagged(value, self.tag_field, link, issues)
            if self.structs:
                return self.structs[0](value, link, issues)
            if self.dict is not None:
                return self.dict(value, link, issues)
        elif got is list and self.list is not None:
            return self.list(value, link, issues)
        for kind in self.foreign:
            try:
                return _convert(value, kind)
            except REFUSALS:
                pass
        return self.scalar(value, link, issues)

    def _tagged(self, value: dict[str, Any], field: str, link: Link, issues: Issues) -> Any:
        tag = value.get(field)
        lens = self.by_tag.get(tag) if isinstance(tag, str | int) else None
        if lens is None and tag is None and len(self.structs) == 1:
            lens = self.structs[0]
        if lens is not None:
            return lens(value, link, issues)
        got = _shown(tag) if field in value else "nothing"
        name = tag if isinstance(tag, str) and tag else None
        if not (issues.lax and name):
            issues.add((link, field), f"the {field} of {self.expected}", got)
        if name or tag in (None, ""):
            lens = self._named_within(value) if name else self._by_shape(value, field)
            if lens is not None:
                return lens.rebuild({**value, field: lens.tag}, link, issues, tag=name)
        return Unknown(tag if isinstance(tag, str) else None, value)

    def _named_within(self, value: dict[str, Any]) -> _StructLens | None:
        """The kind whose tag is a field of the object, as in a call that has a `function`."""
        found = [lens for tag, lens in self.by_tag.items() if is_object(value.get(tag))]
        return found[0] if len(found) == 1 and not found[0].misses(value) else None

    def _by_shape(self, value: dict[str, Any], field: str) -> _StructLens | None:
        """The one kind that an object without a tag can be: what it has to have is there."""
        ranked: dict[tuple[int, int], list[_StructLens]] = {}
        for lens in self.by_tag.values():
            plan = lens.fields or lens.plan()
            missing = lens.misses(value)
            if any(key in value for _, key in lens.required if key not in _COMMON):
                surplus = len(value.keys() - plan.keys() - {field})
                ranked.setdefault((missing, surplus), []).append(lens)
        best = ranked[min(ranked)] if ranked else []
        return best[0] if len(best) == 1 else None


_COMMON: Final = ("id", "object", "status", "created_at", "index", "sequence_number")
"""Fields that say nothing of what an object is."""

_SCALARS: Final = (str, int, float, bool, type(None))
