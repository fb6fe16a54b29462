"""The values that pass through the emulator: a request, a reply, and what a driver has to do.

Nothing here touches a socket or a clock. A reply whose body is produced over time says how long to
wait before each part; whoever drives the connection does the waiting.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, unquote

import msgspec

from ...core.terms.http_message import Headers
from .json_documents import encode

if TYPE_CHECKING:
    from ..store.state import State
    from .forms import Blob

_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie"})


class Send(NamedTuple):
    """Send these bytes."""

    data: bytes


class Wait(NamedTuple):
    """Do nothing for so many seconds; `math.inf` is for ever."""

    seconds: float


class Close(NamedTuple):
    """End the connection: FIN, after what was sent so far.

    With `linger`, the peer is still sending: take what comes and throw it away until it ends, or
    else the operating system answers with a reset that can destroy what was just sent.
    """

    linger: bool = False


class Reset(NamedTuple):
    """Break the connection: RST, at once."""


Action = Send | Wait | Close | Reset


class Head(msgspec.Struct, frozen=True):
    """The head of a request. `path` is below the API's root, still percent-encoded."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Headers = Headers()

    @classmethod
    def of(cls, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> "Head":
        """Read a request line and its header fields; `/v1` in front of the path is optional."""
        path, _, query = target.decode("latin-1").partition("?")
        if path.startswith(("http://", "https://")):
            path = "/" + path.split("/", 3)[-1] if path.count("/") > 2 else "/"
        if path == "/v1" or path.startswith("/v1/"):
            path = path[3:]
        return cls(
            method.decode("latin-1"),
            path or "/",
            dict(parse_qsl(query, keep_blank_values=True)),
            Headers((name.lower(), value) for name, value in headers),
        )

    def segments(self) -> tuple[str, ...]:
        """Return the parts of the path, each one decoded: `%2F` is a slash inside a part."""
        return tuple(unquote(part) for part in self.path.split("/")[1:])


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it arrived, for assertions; credentials read `***`."""

    method: str
    path: str
    """Below the API's root: `/chat/completions`, with or without `/v1` in the URL."""
    query: Mapping[str, str]
    headers: Headers
    body: bytes
    """Its beginning, up to the emulator's `keep_body` (64 KiB by default)."""
    size: int
    """The length of the whole body."""

    def json(self) -> object:
        """Decode the body."""
        return msgspec.json.decode(self.body)


def redacted(headers: Headers) -> Headers:
    """Return `headers` with the text of credentials replaced; a scheme (`Bearer`) stays."""

    def mask(name: bytes, value: bytes) -> bytes:
        if name.decode("latin-1") not in _CREDENTIALS:
            return value
        scheme, space, _ = value.partition(b" ")
        return scheme + b" ***" if space else b"***"

    return Headers((name, mask(name, value)) for name, value in headers.raw)


class Part(NamedTuple):
    """A part of a body that is produced over time: wait `delay` seconds, then send `data`."""

    delay: float
    data: bytes


Fields = tuple[tuple[str, str], ...]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer. `body` is a whole document, or parts of a stream: one part, one event."""

    status: int = 200
    headers: Fields = ()
    body: bytes | bytearray | Iterable[Part] = b""
    complete: bool = True
    """False: the connection ends where the body ends, in place of a proper end."""
    close: bool = False
    """Whether the connection ends after it, and the reply says so."""
    tokens: int = 0
    """What it takes from the caller's token limit."""

    def with_headers(self, *fields: tuple[str, str]) -> "Reply":
        """Return the answer with further header fields."""
        return msgspec.structs.replace(self, headers=self.headers + fields)

    @classmethod
    def json(cls, document: Mapping[str, object], *, status: int = 200, tokens: int = 0) -> "Reply":
        """Answer with one JSON document."""
        fields: Fields = (("content-type", "application/json"),)
        return cls(status=status, headers=fields, body=encode(document), tokens=tokens)

    @classmethod
    def events(cls, parts: Iterable[Part], *, tokens: int = 0) -> "Reply":
        """Answer with server-sent events."""
        fields: Fields = (
            ("content-type", "text/event-stream; charset=utf-8"),
            ("cache-control", "no-cache"),
        )
        return cls(headers=fields, body=parts, tokens=tokens)


class Scripted(msgspec.Struct, frozen=True, kw_only=True):
    """What a script decided about the content of an answer."""

    text: str | None = None
    call: tuple[str, str] | None = None
    """A function's name and its arguments as JSON."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the handlers get it: read to its end, and routed."""

    head: Head
    path: tuple[str, ...]
    """The values of the path's parameters."""
    document: dict[str, object]
    """The JSON body; empty where there was none."""
    state: "State"
    scripted: Scripted = Scripted()
    query: Mapping[str, object] = {}
    """The query as values, where its endpoint is known to the catalogue."""
    files: "Mapping[str, list[Blob]]" = {}
    """The files of a form, by the names of its parts."""
    is_form: bool = False
    """Whether the document came as a form, in which all values are texts."""
