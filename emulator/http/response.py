"""A response: a whole document, or a body that is produced over time.

Nothing here touches a socket or a clock. A body that is produced over time says how long to wait
before each part; whoever drives the connection does the waiting.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from .json_documents import encode


class TimedPart(NamedTuple):
    """A part of a body that is produced over time: wait `delay` seconds, then send `data`."""

    delay: float
    data: bytes


Fields = tuple[tuple[str, str], ...]


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `body` is a whole document, or parts of a stream: one part, one event."""

    status: int = 200
    headers: Fields = ()
    body: bytes | bytearray | Iterable[TimedPart] = b""
    complete: bool = True
    """False: the connection ends where the body ends, in place of a proper end."""
    close: bool = False
    """Whether the connection ends after it, and the response says so."""
    tokens: int = 0
    """What it takes from the caller's token limit."""

    def with_headers(self, *fields: tuple[str, str]) -> "HttpResponse":
        """Return the answer with further header fields."""
        return msgspec.structs.replace(self, headers=self.headers + fields)

    @classmethod
    def json(
        cls, document: Mapping[str, object], *, status: int = 200, tokens: int = 0
    ) -> "HttpResponse":
        """Answer with one JSON document."""
        fields: Fields = (("content-type", "application/json"),)
        return cls(status=status, headers=fields, body=encode(document), tokens=tokens)

    @classmethod
    def events(cls, parts: Iterable[TimedPart], *, tokens: int = 0) -> "HttpResponse":
        """Answer with server-sent events."""
        fields: Fields = (
            ("content-type", "text/event-stream; charset=utf-8"),
            ("cache-control", "no-cache"),
        )
        return cls(headers=fields, body=parts, tokens=tokens)
