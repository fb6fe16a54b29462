"""The head of a request, and the record that is kept of a whole one."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, unquote

import msgspec

from ...core.request.credentials import field_secrets
from ...core.request.endpoint import DEPLOYED
from ...core.terms.http_message import Headers
from ...core.terms.nesting import decode

_KEY_PROTOCOL = "openai-insecure-api-key."
"""Begins the subprotocol in which a browser says its key."""
_SUBPROTOCOL = b"sec-websocket-protocol"
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "api-key", "x-api-key", "cookie"})


class RequestHead(msgspec.Struct, frozen=True):
    """The head of a request. `path` is below the API's root, still percent-encoded."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Headers = Headers()
    deployment: str | None = None
    """The deployment that the path names, as Azure's do: it takes the place of the model."""

    @classmethod
    def of(
        cls, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> "RequestHead":
        """Read a request line and its header fields.

        In front of the path there may be `/v1`, or Azure's `/openai`, `/openai/v1` and
        `/openai/deployments/{name}`.
        """
        path, _, query = target.decode("latin-1").partition("?")
        if path.startswith(("http://", "https://")):
            path = "/" + path.split("/", 3)[-1] if path.count("/") > 2 else "/"
        path, deployment = _below_root(path)
        return cls(
            method.decode("latin-1"),
            path,
            dict(parse_qsl(query, keep_blank_values=True)),
            Headers((name.lower(), value) for name, value in headers),
            deployment,
        )

    def key(self) -> str:
        """Return the API key that it has, in any of the ways to say one; empty where it has none."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return key.strip()
        if key := self.headers.get("api-key", ""):
            return key
        found = (name for name in self.subprotocols() if name.startswith(_KEY_PROTOCOL))
        return next(found, "").removeprefix(_KEY_PROTOCOL)

    def subprotocols(self) -> list[str]:
        """Return the protocols over a WebSocket that the client would speak."""
        offered = self.headers.get(_SUBPROTOCOL.decode(), "")
        return [name.strip() for name in offered.split(",")]

    def segments(self) -> tuple[str, ...]:
        """Return the parts of the path, each one decoded: `%2F` is a slash inside a part."""
        return tuple(unquote(part) for part in self.path.split("/")[1:])


def _below_root(path: str) -> tuple[str, str | None]:
    """Return what a path names below the API's root, and the deployment in front of it."""
    for root in ("/v1", "/openai", "/v1"):
        if path == root or path.startswith(root + "/"):
            path = path[len(root) :]
    parts = path.split("/", 3)
    if len(parts) == 4 and parts[1] == "deployments" and parts[2] and f"/{parts[3]}" in DEPLOYED:
        return f"/{parts[3]}", unquote(parts[2])
    return path or "/", None


class RecordedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it arrived, for assertions; credentials read `***`."""

    method: str
    path: str
    """Below the API's root: `/chat/completions`, whatever root is in front of it in the URL."""
    query: Mapping[str, str]
    headers: Headers
    deployment: str | None
    """The deployment in an Azure path."""
    body: bytes
    """Its beginning, up to the emulator's `keep_body` (64 KiB by default), without its coding."""
    size: int
    """The length of the whole body, without its coding."""
    messages: list[bytes] = []
    """What the client has said so far in a session, up to `keep_body` bytes in all."""

    def json(self) -> object:
        """Decode the body."""
        return decode(self.body)


def redacted(headers: Headers) -> Headers:
    """Return `headers` with the text of credentials replaced; a scheme (`Bearer`) stays."""

    def mask(name: bytes, value: bytes) -> bytes:
        if name == _SUBPROTOCOL:
            return b", ".join(map(_masked, value.split(b",")))
        if name.decode("latin-1") not in _CREDENTIALS:
            return value
        scheme, space, _ = value.partition(b" ")
        return scheme + b" ***" if space else b"***"

    return Headers((name, mask(name, value)) for name, value in headers.raw)


def _masked(offered: bytes) -> bytes:
    """A subprotocol, without the key that it may be."""
    name = offered.strip()
    if not field_secrets(_SUBPROTOCOL.decode(), name.decode("latin-1")):
        return name
    begins, point, _ = name.partition(b".")
    return begins + b".***" if point else b"***"
