"""A server to send operations to: base URL, credentials, and the header fields that go with them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import msgspec

from ..call.pool import Origin
from ..terms.errors import APIError, LocalProtocolError
from ..terms.http_message import Headers, RawHeaders, ResponseHead, header_name, header_value
from ..terms.secret import Secret
from ..terms.version import __version__
from .operation import EventsAnswer, JsonAnswer, Operation, PageAnswer, ParsedAnswer, TextAnswer

if TYPE_CHECKING:
    from ..http.body import Body

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"

Auth = Literal["bearer", "api-key"]

SHORTEST_KEY: Final = 7
"""Characters from which on a key is taken for a secret where it turns up in an answer."""

ErrorT = TypeVar("ErrorT", bound=APIError)

_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class Shipment(msgspec.Struct, frozen=True):
    """An operation addressed to an endpoint: what goes out, all but the framing of its body."""

    origin: Origin
    method: bytes
    target: bytes
    headers: RawHeaders
    body: "Body | None"
    safe: bool

    def framed(self, length: int | None, content_type: str | None) -> RawHeaders:
        """Return the header fields with those of a body: its length (`None`: in chunks) and type.

        A `content-type` of the caller's own, from `extra_headers`, is the one that counts.
        """
        framing: RawHeaders = (
            ((b"transfer-encoding", b"chunked"),)
            if length is None
            else ((b"content-length", b"%d" % length),)
        )
        if content_type is not None and b"content-type" not in dict(self.headers):
            framing += ((b"content-type", content_type.encode("latin-1")),)
        return self.headers + framing

    def __repr__(self) -> str:
        """Without header values and the query: credentials are among them."""
        path = self.target.partition(b"?")[0].decode()
        return f"Shipment({self.method.decode()} {self.origin}{path})"


class Endpoint:
    """One server, as an immutable value.

    `auth` says where the key goes: `Authorization: Bearer`, or `api-key` as Azure has it.
    `deployments=True` puts `/deployments/{model}` in front of the paths that Azure serves so, and a
    name puts that deployment there whatever the model.
    Credentials and the organization and project headers go to this endpoint's origin only.
    """

    __slots__ = (
        "_base",
        "_prefix",
        "_query",
        "admin_key",
        "api_key",
        "auth",
        "base_url",
        "deployments",
        "headers",
        "origin",
        "query",
    )

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        api_key: Secret | None = None,
        admin_key: Secret | None = None,
        auth: Auth = "bearer",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        deployments: bool | str = False,
    ) -> None:
        self.origin, self._prefix, extra = _split(base_url)
        self.base_url = str(base_url).rstrip("/")
        self.api_key = api_key
        self.admin_key = admin_key
        self.auth: Auth = auth
        self.deployments = deployments
        self.headers = dict(headers or {})
        self.query = dict(query or {})
        self._query = extra
        if query:
            from ..http.query import encode_query

            self._query += encode_query(self.query)
        fields = {b"host": self.origin.authority.encode(), b"user-agent": _USER_AGENT}
        for name, value in self.headers.items():
            fields[header_name(name)] = header_value(name, value)
        self._base: RawHeaders = tuple(fields.items())

    def replace(self, **changes: Any) -> "Endpoint":
        """Return a copy with other settings, named as the arguments of `Endpoint`."""
        settings: dict[str, Any] = {name: getattr(self, name) for name in _SETTINGS}
        return Endpoint(**(settings | changes))

    def __repr__(self) -> str:
        return f"Endpoint({self.base_url!r}, auth={self.auth!r})"

    def ship(self, operation: Operation[Any, Any], idempotency_key: str | None = None) -> Shipment:
        """Address `operation` to this endpoint."""
        headers = self._base + self._credentials(operation) + _accept(operation)
        if idempotency_key is not None:
            headers += ((b"idempotency-key", header_value("idempotency-key", idempotency_key)),)
        if operation.headers:
            headers = _merged(headers, operation.headers)
        return Shipment(
            self.origin,
            operation.method.encode(),
            self._target(operation),
            headers,
            operation.body,
            operation.safe,
        )

    def redact(self, data: bytes) -> bytes:
        """Take this endpoint's credentials out of what a server sent back."""
        for secret in self._shown():
            data = data.replace(secret.encode("latin-1", "replace"), b"***")
        return data

    def redact_head(self, head: ResponseHead) -> ResponseHead:
        """Take them out of the head of an answer."""
        for secret in self._shown():
            raw = secret.encode("latin-1", "replace")
            if any(raw in value for _, value in head.headers.raw):
                fields = [(name, self.redact(value)) for name, value in head.headers.raw]
                return msgspec.structs.replace(head, headers=Headers(fields))
        return head

    def redact_error(self, error: ErrorT) -> ErrorT:
        """Take them out of the message of an error that may quote what came."""
        for secret in self._shown():
            if secret in error.message:
                error.message = error.message.replace(secret, "***")
                error.args = (error.message,)
                error.__cause__ = error.__context__ = None  # they quote it too
        return error

    def _shown(self) -> "list[str]":
        """The credentials that are taken out; a key as short as `test` would be found in any text."""
        keys = (self.api_key, self.admin_key)
        texts = [key.reveal() for key in keys if key is not None]
        return [text for text in texts if len(text) >= SHORTEST_KEY]

    def _credentials(self, operation: Operation[Any, Any]) -> RawHeaders:
        key = (self.admin_key or self.api_key) if operation.admin else self.api_key
        if not key:
            return ()
        try:
            if self.auth == "api-key":
                return ((b"api-key", header_value("api-key", key.reveal())),)
            return ((b"authorization", header_value("authorization", "Bearer " + key.reveal())),)
        except LocalProtocolError as error:
            # Without the frames below, whose local variables are the key.
            raise LocalProtocolError(*error.args) from None

    def _target(self, operation: Operation[Any, Any]) -> bytes:
        path = operation.path
        named = self.deployments if isinstance(self.deployments, str) else operation.model
        if self.deployments and named and path in _DEPLOYED:
            from ..http.path import fill

            path = fill("/deployments/{model}", named) + path
        target = (self._prefix + path).encode("ascii")
        query = self._query
        if query and operation.query:
            replaced = {name for name, _ in operation.query}
            query = tuple(pair for pair in query if pair[0] not in replaced)
        if query := query + operation.query:
            from ..http.query import render_query

            target += (b"&" if "?" in path else b"?") + render_query(query)
        return target


_SETTINGS: Final = (
    "base_url",
    "api_key",
    "admin_key",
    "auth",
    "headers",
    "query",
    "deployments",
)
_USER_AGENT: Final = f"api_openai/{__version__}".encode()
_DEPLOYED: Final = frozenset(
    {
        "/completions",
        "/chat/completions",
        "/embeddings",
        "/audio/transcriptions",
        "/audio/translations",
        "/audio/speech",
        "/images/generations",
        "/images/edits",
    }
)


def _split(base_url: str) -> tuple[Origin, str, tuple[tuple[str, str], ...]]:
    """Read a base URL (RFC 3986): origin, path prefix without a closing slash, and its own query.

    By hand: importing `urllib.parse` is a notable part of what making a client costs.
    """
    url = str(base_url).strip()
    scheme, found, rest = url.partition("://")
    scheme = scheme.lower()
    rest, fragment, _ = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    if "@" in authority or fragment:
        raise ValueError("base_url: user, password and fragment do not belong in it")
    if not found or scheme not in _PORTS or not authority:
        raise ValueError(f"base_url={base_url!r}: expected http(s)://host[:port][/path]")
    origin = Origin(scheme, *_host_and_port(authority, _PORTS[scheme], url))
    prefix = f"/{path}".rstrip("/")
    if not (prefix.isascii() and prefix.isprintable()) or " " in prefix:
        raise ValueError(f"base_url={base_url!r}: expected percent-encoded ASCII as its path")
    if not query:
        return origin, prefix, ()
    from urllib.parse import parse_qsl

    return origin, prefix, tuple(parse_qsl(query, keep_blank_values=True))


def _host_and_port(authority: str, usual: int, url: str) -> tuple[str, int]:
    """Read `host`, `host:port` or `[IPv6]:port`; names beyond ASCII become IDNA."""
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        valid = bool(closed) and ":" in host and not host.strip("0123456789abcdefABCDEF:.%")
        colon, port = rest[:1], rest[1:]
        valid = valid and colon in ("", ":")
    else:
        host, colon, port = authority.partition(":")
        try:
            host = host.encode("ascii" if host.isascii() else "idna").decode()
        except UnicodeError:
            host = ""
        valid = bool(host) and not set(host) - _HOST
    if port and not (port.isdecimal() and port.isascii() and 0 < int(port[:6]) < 65536):
        valid = False
    if not valid:
        raise ValueError(f"base_url={url!r}: host or port is not valid")
    return host.lower(), int(port) if port else usual


def _accept(operation: Operation[Any, Any]) -> RawHeaders:
    """What is understood in answer; a stream or a download is asked for without compression."""
    answer = operation.answer
    if isinstance(answer, EventsAnswer):
        return ((b"accept", b"text/event-stream"),)
    if isinstance(answer, JsonAnswer | ParsedAnswer | PageAnswer | TextAnswer):
        return ((b"accept", b"application/json"), (b"accept-encoding", b"gzip, deflate"))
    return ((b"accept", b"*/*"),)


def _merged(headers: RawHeaders, extra: tuple[tuple[str, str | None], ...]) -> RawHeaders:
    replaced = {header_name(name): value for name, value in extra}
    kept = tuple(field for field in headers if field[0] not in replaced)
    return kept + tuple(
        (name, header_value(name, value)) for name, value in replaced.items() if value is not None
    )


__all__ = ["DEFAULT_BASE_URL", "Auth", "Endpoint", "Shipment"]
