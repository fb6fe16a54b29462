"""The id of something that the server made, which the next call of a program needs."""

from typing import Any

from ..json.values import is_sendable_text
from ..terms.errors import APIError

__all__ = ["id_of"]


def id_of(made: Any) -> str:
    """The id that the server gave to something; `APIError` where it gave none to go on with."""
    found: object = getattr(made, "id", None)
    if is_sendable_text(found) and found:
        return found
    raise APIError(f"{type(made).__name__} came without an id: got {found!r}")
