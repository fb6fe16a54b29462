"""Masks credentials in what a server sent back, and in errors that quote it."""

from typing import Final, TypeVar

import msgspec

from ..terms.errors import APIError
from ..terms.http_message import Headers, ResponseHead
from ..terms.secret import MASK, Secret

__all__ = ["SHORTEST_KEY", "Redaction"]

SHORTEST_KEY: Final = 7
"""Characters from which on a key is taken for a secret where it turns up in an answer."""

ErrorT = TypeVar("ErrorT", bound=APIError)
_MASK: Final = MASK.encode()


class Redaction:
    """Masks the credentials of one endpoint; a key as short as `test` is in any text, and stays."""

    __slots__ = ("_secrets",)

    def __init__(self, *keys: Secret | None) -> None:
        texts = (key.reveal() for key in keys if key is not None)
        self._secrets = tuple(
            Secret(text) for text in dict.fromkeys(texts) if len(text) >= SHORTEST_KEY
        )

    def data(self, data: bytes) -> bytes:
        """Return bytes of a body without them."""
        for secret in self._secrets:
            data = data.replace(_raw(secret), _MASK)
        return data

    def head(self, head: ResponseHead) -> ResponseHead:
        """Return the head of an answer without them."""
        for secret in self._secrets:
            raw = _raw(secret)
            for _, value in head.headers.raw:
                if raw in value:
                    fields = [(name, self.data(value)) for name, value in head.headers.raw]
                    return msgspec.structs.replace(head, headers=Headers(fields))
        return head

    def error(self, error: ErrorT) -> ErrorT:
        """Take them out of the message of an error, with the causes that quote it too."""
        for secret in self._secrets:
            if secret.reveal() in error.message:
                error.message = error.message.replace(secret.reveal(), MASK)
                error.args = (error.message,)
                error.__cause__ = error.__context__ = None  # they quote it too
        return error


def _raw(secret: Secret) -> bytes:
    return secret.reveal().encode("latin-1", "replace")
