"""Header fields that callers add to those of the client, as bytes."""

from ..terms.errors import LocalProtocolError
from ..terms.http_message import RawHeaders, header_name, header_value
from ..terms.secret import Secret

__all__ = ["merged", "own_field", "rendered"]


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
