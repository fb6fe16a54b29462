"""Base class of all answers, `Model`, and the type of open enumerations, `Open`.

A model is a frozen msgspec Struct that equals, hashes and prints by its fields. The object that
stands for a whole document knows where it comes from besides; see `provenance`.
"""

from collections.abc import Callable, Iterator, Mapping, Set
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    Self,
    TypeAlias,
    TypeVar,
    dataclass_transform,
)

import msgspec

from .dumpable import Dumpable, Extent
from .model_base import ModelBase, of_fields
from .provenance import Provenance, hang, provenance_of

if TYPE_CHECKING:
    from typing import Literal as Open

    from .dump import IncEx
    from .model_fields import ModelField
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


__all__ = ["NULL", "Model", "ModelType", "Open", "Tag"]

ModelT = TypeVar("ModelT", bound="Model")
T = TypeVar("T")
Document: TypeAlias = dict[str, Any]
"""For annotations in `Model`, where `dict` is a method."""

if TYPE_CHECKING:
    Tag: TypeAlias = Annotated[T, "tag"]
else:
    Tag = ClassVar
    """The type of a tag: a class attribute, which constructors take as if it were a field."""

NULL: Final[Any] = msgspec.NODEFAULT
"""Default of a field that is always there and may be null: constructors need not be told of it."""


class _FieldsOfClass:
    """The descriptor behind `Model.model_fields`."""

    def __get__(self, obj: object, cls: Any) -> "Mapping[str, ModelField]":
        from .model_fields import fields_of_class

        return fields_of_class(cls)


class ModelType(msgspec.StructMeta):
    """The class of models: calling one is making an object by hand."""

    if not TYPE_CHECKING:  # checkers go by the fields

        def __call__(cls, /, *args, **values):
            if args:
                return of_fields(cls, *args, **values)
            from .by_hand import construct

            return construct(cls, values)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Model(ModelBase, Dumpable, metaclass=ModelType, kw_only=True):
    """Base of everything the API answers.

    Optional fields that the server left out are `None`. Fields that the API description does not
    know are attributes like the others, and `model_extra` lists them. An object can be sent back
    as input, compared, copied and pickled.

    Its constructor takes JSON keys as well as attributes, the tag, and dicts for objects within;
    what may be null may be left out.

    A subclass states `kw_only=True` again, which msgspec does not inherit.
    """

    if TYPE_CHECKING:
        model_fields: ClassVar[Mapping[str, ModelField]]
        """The fields by their names, the tag included; of the class, or of an object."""
    else:
        model_fields = _FieldsOfClass()

    @property
    def model_extra(self) -> Document:
        """The fields that the API description does not know, by their names in JSON."""
        return {key: getattr(self, name) for name, key in self._extra}

    @property
    def model_fields_set(self) -> set[str]:
        """The fields that the server sent; of an object within an answer, or made by hand, those
        that differ from their defaults."""
        from .dump import attributes_of

        return attributes_of(self, self._to_builtins("set"))

    @property
    def _request_id(self) -> str | None:
        """The `x-request-id` of the answer this object stands for; report it with problems."""
        head = provenance_of(self).head
        return None if head is None else head.headers.get("x-request-id")

    @classmethod
    def model_validate(
        cls,
        obj: object,
        *,
        strict: bool | None = None,
        extra: Literal["allow"] | None = None,
        from_attributes: bool | None = None,
        context: Any = None,
        by_alias: bool | None = None,
        by_name: Literal[False] | None = None,
    ) -> Self:
        """Make an object of builtins that have to fit; raises `ValueError` where they do not.

        Fields that the API description does not know are kept, and so are kinds of objects. What
        may be null may be absent, enumerations are open, and text that writes a number is one. With
        `strict` all that `meta(...).issues` would list is an error. Nothing at all is one for
        `api_openai.restore` and `model_construct`.
        """
        from .restoring import keywords_known, validated

        keywords_known("model_validate", extra, by_name)
        if isinstance(obj, str | bytes | bytearray):
            raise TypeError("model_validate: expected a dict; model_validate_json takes JSON")
        return validated(cls, obj, strict=bool(strict))

    @classmethod
    def model_validate_json(
        cls,
        json_data: str | bytes | bytearray,
        *,
        strict: bool | None = None,
        extra: Literal["allow"] | None = None,
        context: Any = None,
        by_alias: bool | None = None,
        by_name: Literal[False] | None = None,
    ) -> Self:
        """Make an object of JSON; see `model_validate`."""
        from .restoring import keywords_known, validated

        keywords_known("model_validate_json", extra, by_name)
        return validated(cls, json_data, strict=bool(strict))

    @classmethod
    def model_construct(cls, _fields_set: Set[str] | None = None, **values: Any) -> Self:
        """Make an object of whatever is given, as of an answer: nothing is refused.

        What does not fit stays as it is, and what is missing is `None`, and not sent.
        """
        from .by_hand import construct

        return construct(cls, values, lenient=True)

    @classmethod
    def construct(cls, _fields_set: Set[str] | None = None, **values: Any) -> Self:
        """`model_construct`, by the name that the official SDK has for it."""
        return cls.model_construct(_fields_set, **values)

    @classmethod
    def model_json_schema(
        cls,
        by_alias: bool = True,
        ref_template: str = "#/$defs/{model}",
        *,
        mode: str = "validation",
    ) -> Document:
        """Return the JSON schema of the documents of this class; unknown fields are allowed in it."""
        from .schemas import json_schema

        return json_schema(cls, ref_template)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, with the values of `update` in it as they are; `deep` copies all within.

        A copy with another value has no document: `to_dict` gives its fields.
        """
        from copy import copy, deepcopy

        clone = deepcopy(self) if deep else copy(self)
        if not update:
            return clone
        from .by_hand import changed

        rebuild, (cls, fields, extra, missing, root, tag) = clone.__reduce__()
        fields, extra, missing = changed(cls, fields, extra, missing, update)
        root = None if root is None else msgspec.structs.replace(provenance_of(self), raw=None)
        made: Self = rebuild(cls, fields, extra, missing, root, tag)
        return made

    def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """`model_copy`, by its older name."""
        return self.model_copy(update=update, deep=deep)

    def dict(
        self,
        *,
        include: "IncEx | None" = None,
        exclude: "IncEx | None" = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> Document:
        """`model_dump`, by its older name."""
        return self.model_dump(
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def json(
        self,
        *,
        indent: int | None = None,
        include: "IncEx | None" = None,
        exclude: "IncEx | None" = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> str:
        """`model_dump_json`, by its older name."""
        return self.model_dump_json(
            indent=indent,
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def _to_builtins(self, extent: Extent, fallback: Callable[[Any], Any] | None = None) -> Any:
        if extent == "set" and (raw := provenance_of(self).raw) is not None:
            from ..terms.json_text import decode_json

            return decode_json(raw)
        return super()._to_builtins(extent, fallback)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """The fields as pairs of name and value, as they are: `dict(usage)`."""
        from .dump import pairs

        return pairs(self)

    if not TYPE_CHECKING:  # to checkers it is that of `object`

        @property
        def __dict__(self):
            """The fields as they are, for `vars(answer)` and encoders; a copy."""
            return dict(iter(self))

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
        known, tag = known._variant or (known, None)
        return _rebuild, (known, fields, self.model_extra, self._missing, root, tag)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from .pydantic_schemas import of_model

        return of_model(cls, handler)

    @property
    def __pydantic_serializer__(self) -> Any:
        """What pydantic's encoders ask an object for whose class they do not know."""
        from .pydantic_schemas import serializer

        return serializer()


def _rebuild(
    cls: type[ModelT],
    fields: Document,
    extra: Document,
    missing: tuple[str, ...],
    root: bytes | Provenance | None,
    tag: str | None = None,
) -> ModelT:
    from .unknown_fields import make, variant

    cls = cls if tag is None else variant(cls, tag)
    obj: ModelT
    obj = make(cls, fields, extra, missing) if extra or missing else of_fields(cls, **fields)
    if root is not None:
        hang(obj, root)
    return obj
