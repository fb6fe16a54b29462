"""Parsed values, kept beside the fields of a model, which stay the server's."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import asdict

from ..json.model import Model
from ..json.model_base import of_fields
from ..json.provenance import Provenance, hang
from ..json.values import fields_of, items, type_of
from .output_format import OutputFormat
from .type_reader import OutputMisfitError

__all__ = ["Reading", "each", "read", "reading", "recast", "root_of", "shown", "text_of"]


class Reading(Provenance, frozen=True, kw_only=True):
    """The root of a model with a text that was read."""

    value: Any = None
    misfit: OutputMisfitError | None = None
    answer: Any = None
    """The answer that a choice is of, before it was read (a circle could not be collected)."""


_NOTHING: Final = Reading()


def read(text: object, format: OutputFormat[Any] | None) -> Reading:
    """Read `text` as `format`, where there are both."""
    if format is None or not isinstance(text, str):
        return _NOTHING
    try:
        return Reading(value=format.read(text))
    except OutputMisfitError as error:
        return Reading(misfit=error)


def reading(obj: object) -> Reading:
    """What was read of `obj`."""
    root = getattr(obj, "_root", None)
    return root if isinstance(root, Reading) else _NOTHING


def recast(obj: Model, cls: type[Any], root: Provenance | bytes | None, **changes: Any) -> Any:
    """Return a `cls`, a subclass of the model of `obj`, with its fields, some of them changed.

    What the API description does not know of the object stays where it is.
    """
    if type(obj) in cls.__mro__:  # of the description itself: nothing else is in it
        made = of_fields(cls, **{**asdict(obj), **changes})
        if root is not None:
            hang(made, root)
        return made
    rebuild, (_, fields, extra, missing, _, tag) = obj.__reduce__()
    return rebuild(cls, {**fields, **changes}, extra, missing, root, tag)


def root_of(obj: Model) -> Provenance | bytes | None:
    """The root that a whole answer has."""
    root: Provenance | bytes | None = getattr(obj, "_root", None)
    return root


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Change the elements of a list; anything else stays what it is."""
    return [change(item) for item in value] if type_of(value) is list else value


def shown(text: str, **parsed: object) -> str:
    """Add what was parsed to the repr of a model, as if it were a field."""
    more = "".join(f", {name}={value!r}" for name, value in parsed.items() if value is not None)
    return f"{text[:-1]}{more})"


def text_of(content: object) -> str | None:
    """The text of a message's content, or of its text parts: models that think send a list."""
    if content is None or isinstance(content, str):
        return content
    parts = [fields_of(each) for each in items(content)]
    texts = [each.get("text") for each in parts if each.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))
