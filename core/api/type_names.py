"""Types of the API by their names, `chat:ChatCompletion`: imported when the first answer comes."""

from functools import partial
from importlib import import_module
from typing import Any, Final

from ..json.codec import Codec, codec

__all__ = ["codec_of"]

_TYPES: Final = f"{__package__}.types"
_named: Final[dict[str, Codec[Any]]] = {}


def codec_of(kind: Any) -> Codec[Any]:
    """Return the codec of a type, or of `module:Name` in `api.types`; one is made and kept.

    `ModuleNotFoundError` or `AttributeError`, on the first decoding, for a name that is none.
    """
    if not isinstance(kind, str):
        return codec(kind)
    found = _named.get(kind)
    if found is None:
        found = _named.setdefault(kind, Codec(kind, partial(_load, kind)))
    return found


def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(f"{_TYPES}.{module}"), attribute)
