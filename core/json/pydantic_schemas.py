"""What pydantic asks the types of this library for, in programs where it has been imported.

Fields and bodies of pydantic models and of FastAPI may have them then. Only pydantic calls what is
in here, so that the library does without it.
"""

from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NotRequired

import msgspec

from .model_base import ModelBase
from .restoring import validated

__all__ = ["instance_of", "of_model", "serializer", "typed_dict"]


def of_model(cls: type[ModelBase], handler: Any) -> Any:
    """The schema of a model: its objects, and documents that `model_validate` takes.

    What is said of its fields is there for the sake of the JSON schema.
    """
    core_schema: Any = import_module("pydantic_core.core_schema")

    refusal: Any = import_module("pydantic_core").PydanticCustomError

    def take(value: Any, _: Any) -> Any:
        try:
            return validated(cls, value)
        except ValueError as error:  # said in words alone, for frameworks send them as JSON
            raise refusal("misfit", "{problem}", {"problem": str(error)}) from None

    document = core_schema.no_info_wrap_validator_function(
        take, handler.generate_schema(_fields(cls))
    )
    return core_schema.lax_or_strict_schema(  # so that unions look for a better fit
        document,
        core_schema.json_or_python_schema(document, instance_of(cls)),
        serialization=core_schema.plain_serializer_function_ser_schema(_dumped, info_arg=True),
    )


def instance_of(cls: type) -> Any:
    """The schema of the objects of a model, and no documents."""
    core_schema: Any = import_module("pydantic_core.core_schema")
    return core_schema.is_instance_schema(
        cls,
        serialization=core_schema.plain_serializer_function_ser_schema(_dumped, info_arg=True),
    )


@lru_cache(maxsize=4096)
def _fields(cls: type[ModelBase]) -> Any:
    config = cls.__struct_config__
    hints: dict[str, Any] = {}
    if config.tag_field is not None:
        hints[config.tag_field] = str
    for each in msgspec.structs.fields(cls):
        needed = each.required and type(None) not in getattr(each.type, "__args__", ())
        hints[each.encode_name] = each.type if needed else NotRequired[each.type]
    return typed_dict(cls, hints, extra="allow")


def typed_dict(cls: type, hints: dict[str, Any], *, extra: str, total: bool = True) -> Any:
    """Make a typed dict named like a class, of the kind that pydantic reads in any Python."""
    make: Any = import_module("typing_extensions").TypedDict  # pydantic has brought it
    made = make(cls.__name__, hints, total=total)
    made.__module__, made.__qualname__, made.__doc__ = cls.__module__, cls.__qualname__, cls.__doc__
    made.__pydantic_config__ = {"extra": extra, "arbitrary_types_allowed": True}
    return made


def _dumped(value: Any, info: Any) -> Any:
    if not isinstance(value, ModelBase):
        return value
    return value.model_dump(  # type: ignore[attr-defined]  # pyright: ignore
        mode=info.mode,
        include=info.include,
        exclude=info.exclude,
        by_alias=True if info.by_alias is None else info.by_alias,
        exclude_unset=info.exclude_unset,
        exclude_defaults=info.exclude_defaults,
        exclude_none=info.exclude_none,
    )


@cache
def serializer() -> Any:
    """What pydantic's encoders serialise a model with, wherever they meet one."""
    core: Any = import_module("pydantic_core")
    serialization = core.core_schema.plain_serializer_function_ser_schema(_dumped, info_arg=True)
    return core.SchemaSerializer(core.core_schema.any_schema(serialization=serialization))
