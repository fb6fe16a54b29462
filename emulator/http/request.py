"""The head of a request, and the record that is kept of a whole one."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote

import msgspec

from ...core.terms.http_message import Headers

_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie"})


class RequestHead(msgspec.Struct, frozen=True):
    """The head of a request. `path` is below the API's root, still percent-encoded."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Headers = Headers()

    @classmethod
    def of(
        cls, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> "RequestHead":
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


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it arrived, for assertions; credentials read `***`."""

    method: str
    path: str
    """Below the API's root: `/chat/completions`, with or without `/v1` in the URL."""
    query: Mapping[str, str]
    headers: Headers
    body: bytes
    """Its beginning, up to the emulator's `keep_body` (64 KiB by default), without its coding."""
    size: int
    """The length of the whole body, without its coding."""

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
