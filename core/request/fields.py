"""Header fields that callers add to those of the client, as bytes, and masks among them: none is sent.

A mask stands where a credential was: in what came out of a pickle, or was copied from a log.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from ..terms.errors import LocalProtocolError
from ..terms.http_message import RawHeaders, header_name, header_value
from ..terms.secret import MASK, MASKED, Secret
from ..terms.secret_errors import SecretError
from .credentials import is_harmless_field, is_harmless_param
from .operation import Operation

__all__ = ["has_masks", "is_masked_field", "merged", "own_field", "rendered", "unmasked"]

Params = Iterable[tuple[str, str]]

_ENDS: Final = (f" {MASK}", f"={MASK}")
"""As after the scheme of `authorization`, or the name of a cookie."""


def own_field(name: str, value: object) -> bytes:
    """Return the name of a field of the caller's; `LocalProtocolError` for one that frames."""
    field = header_name(name)
    if field in (b"content-length", b"transfer-encoding") and isinstance(value, str | Secret):
        raise LocalProtocolError(
            f"header {name!r}: the client frames its requests itself; leave this field out"
        )
    return field


def rendered(name: str | bytes, value: str | Secret) -> bytes:
    """Return a value as bytes; a secret is revealed here."""
    if not isinstance(value, Secret):
        return header_value(name, value)
    try:
        return header_value(name, value.reveal())
    except LocalProtocolError as error:
        raise LocalProtocolError(*error.args) from None  # without frames that have the text


def merged(headers: RawHeaders, extra: tuple[tuple[str, str | Secret | None], ...]) -> RawHeaders:
    """Return fields with those of the caller in their place; `None` takes one away."""
    replaced = {own_field(name, value): value for name, value in extra}
    kept = tuple(field for field in headers if field[0] not in replaced)
    return kept + tuple(
        (name, rendered(name, value)) for name, value in replaced.items() if value is not None
    )


def is_masked_field(name: str, value: object) -> bool:
    """Whether a header field has a mask where a credential was."""
    return _is_mask(value) and not is_harmless_field(name)


def _is_mask(value: object) -> bool:
    if isinstance(value, Secret):
        return value.is_mask()
    return isinstance(value, str) and (value == MASK or value.endswith(_ENDS))


def has_masks(fields: Iterable[tuple[str, object]], params: Params) -> bool:
    """Whether something among header fields and query parameters is a mask."""
    return any(_is_mask(value) for _, value in (*fields, *params))


def unmasked(
    operation: Operation[Any, Any], headers: Mapping[str, object], params: Params
) -> Operation[Any, Any]:
    """Return an operation without masks, for an endpoint that has these header fields and parameters.

    What is masked in the one may be in the other. `SecretError` where a mask would go out in the
    place of a credential.
    """
    own, own_params = _Found(is_harmless_field), _Found(is_harmless_param)
    others, other_params = _Found(is_harmless_field), _Found(is_harmless_param)
    own.look((name.lower(), value) for name, value in operation.headers)
    others.look((name.lower(), value) for name, value in headers.items())
    own_params.look(operation.query)
    other_params.look(params)
    lost = [f"header {name!r}" for name in own.lost(others)]
    lost += [f"query parameter {name!r}" for name in own_params.lost(other_params)]
    if lost:
        raise SecretError(lost[0], MASKED, found=False)
    if not (own.masked or own_params.masked):
        return operation
    return msgspec.structs.replace(
        operation,
        headers=tuple(each for each in operation.headers if each[0].lower() not in own.masked),
        query=tuple(each for each in operation.query if each[0] not in own_params.masked),
    )


class _Found:
    """Names of header fields or query parameters: those whose value is a mask, and the others."""

    def __init__(self, is_harmless: Any) -> None:
        self._is_harmless = is_harmless
        self.masked: set[str] = set()
        self.known: set[str] = set()

    def look(self, pairs: Iterable[tuple[str, object]]) -> None:
        for name, value in pairs:
            lost = _is_mask(value) and not self._is_harmless(name)
            (self.masked if lost else self.known).add(name)

    def lost(self, other: "_Found") -> list[str]:
        """What is masked on one side, and not known on the other."""
        return sorted((self.masked - other.known) | (other.masked - self.known))
