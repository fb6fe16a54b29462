"""Documents that were kept (rows of a batch's output, caches) become answers again."""

from collections.abc import Mapping
from typing import Any, TypeVar, overload

from ..terms.json_text import REFUSALS, CodecError, decode_json
from .codec import MisfitError, codec
from .encode import text
from .issues import Issue, Issues
from .model_base import ModelBase, described
from .provenance import hang
from .salvage import kind_of, lens_for
from .unknown_fields import tagged
from .values import fields_of, is_mapping

__all__ = ["keywords_known", "restore", "validated"]

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=ModelBase)


@overload
def restore(document: object, kind: type[T], *, strict: bool = False) -> T: ...
@overload
def restore(document: object, kind: Any, *, strict: bool = False) -> Any: ...
def restore(document: object, kind: Any, *, strict: bool = False) -> Any:
    """Make an answer of a document that was kept: `restore(row["response"]["body"], Response)`.

    `document` is the JSON itself (bytes or text), builtins as `to_dict`, `model_dump` or
    `json.loads` return them, or an object with fields; `kind` is a model, a union or list of such,
    or a type of yours. What comes back is what a call would have returned: unknown fields are kept,
    missing ones are `None`, `to_dict` gives the document, and `meta(answer).issues` says what did
    not fit.

    Raises `ValueError` if it is no JSON document, or of another kind than `kind`; with `strict`, or
    a type of yours, about issues as well.
    """
    return codec(kind).decode(_encoded(document), strict=strict)


def validated(cls: type[ModelT], document: object, *, strict: bool = False) -> ModelT:
    """Make a model of JSON (bytes or text) or builtins that have to fit it; see `model_validate`.

    Raises `MisfitError` where they do not, and `CodecError` about what is no JSON.
    """
    cls = described(cls)
    if isinstance(document, cls):
        return document
    if is_mapping(document):
        cls = _of_tag(cls, document)  # a union tries one after the other: told by the tag at once
    data = _encoded(document)
    try:
        return codec(cls).quick(data)
    except REFUSALS:
        pass
    given = decode_json(data)
    cls = _of_tag(cls, fields_of(given))
    if strict:
        return codec(cls).decode(data, strict=True)
    issues = Issues(lax=True)
    try:
        value: Any = lens_for(cls)(given, None, issues)
    except RecursionError:
        raise CodecError("not readable as JSON: nested too deeply") from None
    if issues:
        raise MisfitError(tuple(issues), value)
    assert isinstance(value, cls)
    if not issues.rewritten:
        hang(value, data)
    return value


def keywords_known(method: str, extra: str | None, by_name: bool | None) -> None:
    """Raise `TypeError` about keywords of pydantic's that would mean something, and cannot here."""
    if extra not in (None, "allow"):
        raise TypeError(f"{method}(extra={extra!r}): unknown fields are kept; expected 'allow'")
    if by_name:
        raise TypeError(f"{method}(by_name={by_name!r}): documents have the names of the API")


def _of_tag(cls: type[ModelT], document: Mapping[Any, Any]) -> type[ModelT]:
    """The class, of those of one form, that has the tag of a document."""
    field = cls.__struct_config__.tag_field
    if field is None or field not in document:
        return cls
    tag = document[field]
    found = tagged(cls, tag)
    if found is None:
        got = repr(tag)[:60] if isinstance(tag, str) else kind_of(tag)
        raise MisfitError((Issue((field,), repr(cls.__struct_config__.tag), got),))
    return found


def _encoded(document: object) -> bytes:
    if isinstance(document, bytes | bytearray):
        return bytes(document)
    if isinstance(document, str):
        return document.encode("utf-8", "surrogatepass")
    return text(document, None).encode("utf-8", "surrogatepass")
