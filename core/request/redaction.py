"""Masks credentials in what a server sent back, and in errors that quote it."""

from collections.abc import Iterable
from typing import Final, TypeVar

import msgspec

from ..terms.errors import APIError
from ..terms.http_message import Headers, ResponseHead
from ..terms.secret import MASK, Secret

__all__ = ["SHORTEST_KEY", "Redaction"]

SHORTEST_KEY: Final = 7
"""Characters from which on a key is taken for a secret where it turns up in an answer."""

SHORTEST_PART: Final = 12
"""Characters of the beginning of a key that are masked too: a message may quote it cut off."""

ErrorT = TypeVar("ErrorT", bound=BaseException)
_MASK: Final = MASK.encode()


class Redaction:
    """Masks the credentials of a call; a key as short as `test` is in any text, and stays."""

    __slots__ = ("_secrets",)

    def __init__(self, *keys: Secret | None) -> None:
        texts = (key.unaudited() for key in keys if key is not None)
        self._secrets = tuple(
            Secret(text) for text in dict.fromkeys(texts) if len(text) >= SHORTEST_KEY
        )

    def joined(self, other: "Redaction | None") -> "Redaction":
        """Return one that masks what `other` does, too."""
        return self if other is None else Redaction(*self._secrets, *other._secrets)

    def and_of(self, texts: Iterable[str]) -> "Redaction":
        """Return one that masks `texts` as well."""
        return Redaction(*self._secrets, *map(Secret, texts))

    def data(self, data: bytes) -> bytes:
        """Return bytes of a body without them."""
        for secret in self._secrets:
            data = data.replace(_raw(secret), _MASK)
        return data

    def text(self, text: str) -> str:
        """Return a message without them, whole or cut off."""
        for secret in self._secrets:
            key = secret.unaudited()
            text = text.replace(key, MASK)
            for size in range(len(key) - 1, SHORTEST_PART - 1, -1):
                if key[:size] in text:
                    text = text.replace(key[:size], MASK)
                    break
        return text

    def head(self, head: ResponseHead) -> ResponseHead:
        """Return the head of an answer without them."""
        for secret in self._secrets:
            if head.headers.quotes(_raw(secret)):
                fields = [(name, self.data(value)) for name, value in head.headers.raw]
                return msgspec.structs.replace(head, headers=Headers(fields))
        return head

    def error(self, error: ErrorT) -> ErrorT:
        """Take them out of the messages of an error and of its causes.

        A cause of another library that quotes one is dropped: what else it quotes nobody knows.
        """
        seen: BaseException | None = error
        while seen is not None:
            if isinstance(seen, APIError):
                message = self.text(seen.message)
                if message != seen.message:
                    seen.message = message
                    seen.args = (message,)
            cause = seen.__cause__ or seen.__context__
            if cause is not None and not isinstance(cause, APIError) and self._quoted(cause):
                seen.__cause__ = seen.__context__ = cause = None
            seen = cause
        return error

    def _quoted(self, error: BaseException) -> bool:
        said = f"{error} {error.args!r}"
        return self.text(said) != said


def _raw(secret: Secret) -> bytes:
    return secret.unaudited().encode("latin-1", "replace")
