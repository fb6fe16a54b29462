"""`OutputFormat`: a caller's type as the schema that is sent, and as the reader of texts."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, cast, overload

import msgspec

from ..json.encode import encode
from ..json.issues import Issue
from ..terms.json_text import CodecError, decode_json
from ..terms.nesting import decode
from .json_schema import check_type, json_schema, name_of
from .type_reader import OutputMisfitError, reader

__all__ = ["OutputFormat", "OutputMisfitError"]

T = TypeVar("T")
K = TypeVar("K")

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}").fullmatch
_OTHER: Final = re.compile(r"[^a-zA-Z0-9_-]+")


class OutputFormat(msgspec.Struct, Generic[T], frozen=True):
    """A type that the text of an answer has, under the name the model sees; made by `of`.

    It is a value: it compares, hashes if its source does, and pickles if its class can be imported.
    Schemas and readers of the 256 types used last are kept.
    """

    source: Any
    """The type, or a JSON schema."""
    name: str
    description: str | None = None
    strict: bool = True

    @overload
    @staticmethod
    def of(
        source: type[K],
        *,
        name: str | None = None,
        description: str | None = None,
        strict: bool = True,
    ) -> "OutputFormat[K]": ...
    @overload
    @staticmethod
    def of(
        source: Mapping[str, Any],
        *,
        name: str | None = None,
        description: str | None = None,
        strict: bool = True,
    ) -> "OutputFormat[Any]": ...
    @staticmethod
    def of(
        source: Any,
        *,
        name: str | None = None,
        description: str | None = None,
        strict: bool = True,
    ) -> "OutputFormat[Any]":
        """Describe a type (see `schema.json_schema` for which), or a JSON schema as a mapping.

        `name` defaults to the name of the type, or the `title` of the schema, with `_` for what the
        API does not take in it; `description` tells the model what the output is for. A schema is
        sent as it is, and what comes back is not checked against it: it is read as plain JSON.

        Raises `SchemaError` (a `TypeError`) for a type that cannot be described, `ValueError` for a
        name that is not 1 to 64 of `a-z A-Z 0-9 _ -`, or a schema without one.
        """
        if not isinstance(source, Mapping):
            check_type(source)
            _schema(source, strict)
        if name is None:
            name = _name(source)
        elif not _NAME(name):
            raise ValueError(f"name={name!r}: expected 1 to 64 of a-z A-Z 0-9 _ -")
        return OutputFormat[Any](source, name, description, strict)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema that is sent, as a document of its own."""
        source: Any = self.source
        if isinstance(source, Mapping):
            return json_schema(source)
        document: dict[str, Any] = decode(_schema(source, self.strict))
        return document

    def chat(self) -> dict[str, Any]:
        """Return the `response_format` document of a chat completion."""
        return {"type": "json_schema", "json_schema": self._described("schema")}

    def responses(self) -> dict[str, Any]:
        """Return the `text.format` document of a response."""
        return {"type": "json_schema", **self._described("schema")}

    def parameters(self) -> dict[str, Any]:
        """Return the definition of a function whose arguments have this format."""
        return self._described("parameters")

    def _described(self, key: str) -> dict[str, Any]:
        about = {} if self.description is None else {"description": self.description}
        return {"name": self.name, **about, "strict": self.strict, key: self.schema}

    def read(self, text: str | bytes) -> T:
        """Make a value of the type of `text`, a JSON document.

        Raises `OutputMisfitError` (a `ValueError`) for a text that is no JSON, or does not fit.
        """
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        source: Any = self.source
        try:
            if isinstance(source, Mapping):
                return cast("T", decode_json(data))  # of a schema: T is Any
            value: T = reader(source)(data)
        except CodecError as error:
            raise OutputMisfitError((Issue((), "a JSON document", str(error)),)) from None
        return value


def _name(source: Any) -> str:
    if not isinstance(source, Mapping):
        return _OTHER.sub("_", name_of(source)).strip("_")[:64] or "output"
    title: object = source.get("title")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # keys of a schema are strings
    name = _OTHER.sub("_", title).strip("_")[:64] if isinstance(title, str) else ""
    if not name:
        raise ValueError(
            "a JSON schema needs a name: give it a title, or use OutputFormat.of(schema, name=...)"
        )
    return name


@lru_cache(maxsize=256)
def _schema(source: Any, strict: bool) -> bytes:
    return encode(json_schema(source, strict=strict))
