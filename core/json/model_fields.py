"""What `Model.model_fields` says of the fields of a class."""

from typing import Any, Literal

import msgspec

from .model_base import described

__all__ = ["ModelField", "fields_of_class"]


class ModelField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a model."""

    annotation: Any
    """Its type; enumerations are the plain type of their values."""
    alias: str | None = None
    """Its name in JSON, where that is another."""
    default: Any = msgspec.NODEFAULT
    """What it is where nobody says it; `msgspec.NODEFAULT` if it has to be said."""

    def is_required(self) -> bool:
        """Whether a constructor has to be told."""
        return self.default is msgspec.NODEFAULT


def fields_of_class(cls: Any) -> dict[str, ModelField]:
    """The fields of a model, its tag included."""
    fields: dict[str, ModelField] = {}
    cls = described(cls)
    config = cls.__struct_config__
    if config.tag_field is not None:
        tag = config.tag
        fields[config.tag_field] = ModelField(annotation=Literal[tag], default=tag)
    for each in msgspec.structs.fields(cls):
        alias = each.encode_name if each.encode_name != each.name else None
        default = each.default
        if default is msgspec.NODEFAULT and type(None) in _options(each.type):
            default = None
        fields[each.name] = ModelField(annotation=each.type, alias=alias, default=default)
    return fields


def _options(kind: Any) -> tuple[Any, ...]:
    from .annotations import members

    return tuple(members(kind))
