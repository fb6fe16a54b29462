"""Parameters in programs with pydantic: as fields of its models, in FastAPI's bodies, in adapters.

pydantic asks a class for its schema. Typed dicts cannot have methods, so they are given one here
once they are made; what it calls is imported by pydantic's first question.
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from importlib import import_module
from typing import (
    Annotated,
    Any,
    Required,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from ..json.annotations import members
from ..request.options import NAMES
from ..terms.omit import Omit

__all__ = ["Given", "let_pydantic_read"]

T = TypeVar("T")


class _Instance:
    """Says to pydantic that objects are meant: a document in their place is a typed dict's."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from ..json.pydantic_schemas import instance_of

        return instance_of(source)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> Any:
        raise import_module("pydantic_core").PydanticOmit


Given: TypeAlias = Annotated[T, _Instance()]
"""A model that may be handed over in the place of a typed dict."""


def let_pydantic_read(namespace: Mapping[str, Any]) -> None:
    """Give the typed dicts of a module, whose namespace this is, the schema that pydantic asks for."""
    for each in namespace.values():
        if is_typeddict(each) and each.__module__ == namespace["__name__"]:
            each.__get_pydantic_core_schema__ = partial(_schema, each)


def _schema(cls: type, source: Any, handler: Any) -> Any:
    return handler.generate_schema(_twin(cls))


@lru_cache(maxsize=4096)
def _twin(cls: type) -> Any:
    """The same typed dict for pydantic: what stands within may have further fields, as API objects
    do; the parameters of a method are those of the API, without options of the call."""
    from ..json.pydantic_schemas import typed_dict

    hints = get_type_hints(cls, include_extras=True)
    of_method = hints.keys() >= NAMES
    kept = {name: _given(hint) for name, hint in hints.items() if not (of_method and name in NAMES)}
    return typed_dict(cls, kept, extra="ignore" if of_method else "allow", total=False)


def _given(hint: Any) -> Any:
    """A type as pydantic shall see it: without `omit`, and files as whatever the client takes."""
    if get_origin(hint) is Required:
        return Required[_given(get_args(hint)[0])]
    kinds = [each for each in members(hint) if each is not Omit]
    if bytearray in kinds:
        return Any
    return hint if len(kinds) == len(members(hint)) else Union[tuple(kinds)]  # noqa: UP007
