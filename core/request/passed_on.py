"""Requests of another client that pass through this one: sent as they are, answered as it comes."""

from typing import Any, ClassVar

import msgspec

from ..terms.http_message import RawHeaders, header_name, header_value
from ..terms.secret import Secret
from .auth import revealed
from .credentials import field_secrets
from .endpoint import Endpoint, Shipment
from .operation import Operation
from .redaction import Redaction
from .url import Origin

__all__ = ["Passage", "PassedOn"]


class PassedOn(Operation[Any, Any], frozen=True, kw_only=True):
    """A request whose header fields and target somebody else has decided.

    Its answer is handed through: no content coding is undone, and a redirect is no error. The
    fields are in lower case, those of the body's framing and type left out: the body has them.
    """

    untouched: ClassVar[bool] = True

    fields: RawHeaders
    target: bytes

    def spent(self) -> "PassedOn":
        """Return what says which request it was, without what has been sent."""
        return msgspec.structs.replace(self, body=None, fields=())


class Passage(Endpoint):
    """One server, for requests that bring their own credentials."""

    __slots__ = ()

    def __init__(self, origin: Origin) -> None:
        super().__init__(str(origin))

    def ship(self, operation: Operation[Any, Any], idempotency_key: str | None = None) -> Shipment:
        """Return the request as it is, with what policies and listeners add to it."""
        assert isinstance(operation, PassedOn)
        fields = operation.fields
        if idempotency_key is not None or operation.headers:
            key = () if idempotency_key is None else (("idempotency-key", idempotency_key),)
            own = {name for name, _ in fields}
            fields += tuple(
                (header_name(name), header_value(name, _text(value)))
                for name, value in (*key, *operation.headers)
                if value is not None and header_name(name) not in own
            )
        return Shipment(
            self.origin,
            operation.method.encode(),
            operation.target,
            fields,
            operation.body,
            operation.safe,
        )

    def redaction(self, operation: Operation[Any, Any], *, body: bool = False) -> Redaction:
        """Mask nothing in the head of an answer; elsewhere the credentials of the request."""
        if not body or not isinstance(operation, PassedOn):
            return self._redaction
        secrets: list[str] = []
        for name, value in operation.fields:
            secrets += field_secrets(name.decode(), value.decode("latin-1"))
        return self._redaction.and_of(secrets)


def _text(value: str | Secret) -> str:
    return revealed(value) if isinstance(value, Secret) else value
