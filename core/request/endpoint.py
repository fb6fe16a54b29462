"""`Endpoint`, a server: its base URL, credentials, and the header fields that go with each call."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from ..http.path import fill
from ..terms.errors import LocalProtocolError, OpenAIError
from ..terms.http_message import RawHeaders, header_name, header_value
from ..terms.omit import Omit
from ..terms.secret import MASK, Secret
from ..terms.version import __version__
from .credentials import body_secrets, field_secrets, is_harmless_param, may_show_field
from .operation import Operation
from .redaction import Redaction
from .url import Origin, read_base_url, shown_url

if TYPE_CHECKING:
    from ..http.body import Body

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"

Auth = Literal["bearer", "api-key"]


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
    `name` tells it from others for policies: the state of a circuit, or of its health, is kept by it; it
    is the origin by default.
    Credentials and the organization and project headers go to this endpoint's origin only. A field
    of `headers` replaces one of the client's own, the one with the key too; `omit` or `None` leaves
    it out.
    """

    __slots__ = (
        "_base",
        "_prefix",
        "_query",
        "_redaction",
        "_stated",
        "admin_key",
        "api_key",
        "auth",
        "base_url",
        "deployments",
        "headers",
        "name",
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
        headers: "Mapping[str, str | Omit | None] | None" = None,
        query: Mapping[str, object] | None = None,
        deployments: bool | str = False,
        name: str | None = None,
    ) -> None:
        self.origin, self._prefix, extra = read_base_url(base_url)
        self.base_url = str(base_url).rstrip("/")
        self.api_key = api_key
        self.admin_key = admin_key
        self.auth: Auth = auth
        self.deployments = deployments
        self.name = name or str(self.origin)
        self.headers = dict(headers or {})
        self.query = dict(query or {})
        self._query = extra
        if query:
            from ..http.query import encode_query

            self._query += encode_query(self.query)
        fields = {b"host": self.origin.authority.encode(), b"user-agent": _USER_AGENT}
        for name, value in self.headers.items():
            field = _own_field(name, value)
            if value is None or isinstance(value, Omit):
                fields.pop(field, None)
                continue
            fields[field] = header_value(name, value)
        self._base: RawHeaders = tuple(fields.items())
        self._stated = frozenset(map(header_name, self.headers))
        secrets = _secrets_of(self.headers.items(), self._query)
        self._redaction = Redaction(api_key, admin_key, *map(Secret, secrets))

    def replace(self, **changes: Any) -> "Endpoint":
        """Return a copy with other settings, named as the arguments of `Endpoint`."""
        settings: dict[str, Any] = {name: getattr(self, name) for name in _SETTINGS}
        return Endpoint(**(settings | changes))

    def __repr__(self) -> str:
        return f"Endpoint({shown_url(self.base_url)!r}, auth={self.auth!r})"

    def __reduce__(self) -> "tuple[Any, ...]":
        """A pickle has no credentials, unless it is made within `Secret.in_pickles()`."""
        settings: dict[str, Any] = {name: getattr(self, name) for name in _SETTINGS}
        if not Secret.travels():
            settings["base_url"] = shown_url(self.base_url)
            settings["headers"] = _without(self.headers, may_show_field)
            settings["query"] = _without(self.query, is_harmless_param)
        return _endpoint, (settings,)

    def __copy__(self) -> "Endpoint":
        return self

    def __deepcopy__(self, memo: object) -> "Endpoint":
        return self

    def redaction(self, operation: Operation[Any, Any], *, body: bool = False) -> Redaction:
        """What masks the credentials of a call: this endpoint's, and those that it carries.

        With `body` these are the ones in its JSON body as well.
        """
        secrets: list[str] = []
        if operation.headers or operation.query:
            secrets = _secrets_of(operation.headers, operation.query)
        if body and operation.body is not None:
            whole = operation.body.whole()
            secrets += body_secrets(whole) if whole else []
        return self._redaction.and_of(secrets) if secrets else self._redaction

    def ship(self, operation: Operation[Any, Any], idempotency_key: str | None = None) -> Shipment:
        """Address `operation` to this endpoint."""
        headers = self._base + self._credentials(operation) + operation.answer.accept
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

    def authorizes(self, operation: Operation[Any, Any]) -> bool:
        """Say whether the caller has said in a header field of their own who they are."""
        said = self._stated | {name.encode().lower() for name, value in operation.headers if value}
        return bool(said & {b"authorization", b"api-key", b"sec-websocket-protocol"})

    def _credentials(self, operation: Operation[Any, Any]) -> RawHeaders:
        key = (self.admin_key or self.api_key) if operation.admin else self.api_key
        field = b"api-key" if self.auth == "api-key" else b"authorization"
        if not key or field in self._stated:  # the caller's own stands alone
            return ()
        try:
            if self.auth == "api-key":
                return ((field, header_value("api-key", key.reveal())),)
            return ((field, header_value("authorization", "Bearer " + key.reveal())),)
        except LocalProtocolError as error:
            # Without the frames below, whose local variables are the key.
            raise LocalProtocolError(*error.args) from None

    def _target(self, operation: Operation[Any, Any]) -> bytes:
        path, pairs = operation.path, operation.query
        named = self.deployments if isinstance(self.deployments, str) else operation.model
        if self.deployments and named and path in DEPLOYED:
            path = fill("/deployments/{model}", named) + path
        elif self.deployments and path == "/realtime":
            pairs = _deployed(pairs, named)
        target = (self._prefix + path).encode("ascii")
        query = self._query
        if query and pairs:
            replaced = {name for name, _ in pairs}
            query = tuple(pair for pair in query if pair[0] not in replaced)
        if query := query + pairs:
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
    "name",
)
_USER_AGENT: Final = f"api_openai/{__version__}".encode()
DEPLOYED: Final = frozenset(
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
"""The paths that Azure serves below a deployment."""


def _deployed(
    pairs: tuple[tuple[str, str], ...], deployment: str | None
) -> tuple[tuple[str, str], ...]:
    """The query of a realtime session on Azure, where a deployment takes the place of the model."""
    if not deployment:
        raise OpenAIError("model: expected one, because Azure finds the deployment by it")
    kept = tuple(pair for pair in pairs if pair[0] not in ("model", "deployment"))
    return (*kept, ("deployment", deployment))


def _endpoint(settings: dict[str, Any]) -> Endpoint:
    return Endpoint(**settings)


def _without(fields: Mapping[str, Any], harmless: Callable[[str], bool]) -> dict[str, Any]:
    return {
        name: value if harmless(name) or not isinstance(value, str) else MASK
        for name, value in fields.items()
    }


def _secrets_of(
    fields: Iterable[tuple[str, object]], pairs: Iterable[tuple[str, str]]
) -> list[str]:
    """Values of header fields and query parameters that a server may send back, in every form."""
    secrets: list[str] = []
    for name, value in fields:
        if isinstance(value, str):
            secrets += field_secrets(name, value)
    for name, value in pairs:
        if not is_harmless_param(name):
            from ..http.query import render_query

            secrets += (value, render_query(((name, value),)).decode().partition("=")[2])
    return secrets


def _own_field(name: str, value: object) -> bytes:
    """Return the name of a field of the caller's; `LocalProtocolError` for one that frames."""
    field = header_name(name)
    if field in (b"content-length", b"transfer-encoding") and isinstance(value, str):
        raise LocalProtocolError(
            f"header {name!r}: the client frames its requests itself; leave this field out"
        )
    return field


def _merged(headers: RawHeaders, extra: tuple[tuple[str, str | None], ...]) -> RawHeaders:
    replaced = {_own_field(name, value): value for name, value in extra}
    kept = tuple(field for field in headers if field[0] not in replaced)
    return kept + tuple(
        (name, header_value(name, value)) for name, value in replaced.items() if value is not None
    )


__all__ = ["DEFAULT_BASE_URL", "Auth", "Endpoint", "Shipment"]
