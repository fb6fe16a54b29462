"""Base class of all answers, `Model`, and the type of open enumerations, `Open`.

A model is a frozen msgspec Struct that equals, hashes and prints by its fields. The object that
stands for a whole document knows where it comes from besides; see `provenance`.
"""

from typing import TYPE_CHECKING, Any, Self, TypeVar, dataclass_transform

import msgspec

from .model_base import ModelBase
from .provenance import Provenance, hang, provenance_of

if TYPE_CHECKING:
    from typing import Literal as Open
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


__all__ = ["Model", "Open"]

ModelT = TypeVar("ModelT", bound="Model")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Model(ModelBase, kw_only=True):
    """Base of everything the API answers.

    Optional fields that the server left out are `None`. Fields that the API description does not
    know are attributes like the others, and `model_extra` lists them. An object can be sent back
    as input, compared, copied and pickled.

    A subclass states `kw_only=True` again, which msgspec does not inherit.
    """

    @property
    def model_extra(self) -> dict[str, Any]:
        """The fields that the API description does not know, by their names in JSON."""
        return {key: getattr(self, name) for name, key in self._extra}

    @property
    def _request_id(self) -> str | None:
        """The `x-request-id` of the answer this object stands for; report it with problems."""
        head = provenance_of(self).head
        return None if head is None else head.headers.get("x-request-id")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object as builtins.

        A whole answer gives the server's document exactly. An object within one, or one made by
        hand, gives the fields that differ from their defaults, tags included.
        """
        from ..terms.json_text import decode_json
        from .encode import builtins

        raw = provenance_of(self).raw
        document: dict[str, Any] = builtins(self) if raw is None else decode_json(raw)
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
        known, tag = known._variant or (known, None)
        return _rebuild, (known, fields, self.model_extra, self._missing, root, tag)


def _rebuild(
    cls: type[ModelT],
    fields: dict[str, Any],
    extra: dict[str, Any],
    missing: tuple[str, ...],
    root: bytes | Provenance | None,
    tag: str | None = None,
) -> ModelT:
    from .unknown_fields import make, variant

    cls = cls if tag is None else variant(cls, tag)
    obj = make(cls, fields, extra, missing) if extra or missing else cls(**fields)
    if root is not None:
        hang(obj, root)
    return obj
