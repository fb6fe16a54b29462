"""`Endpoint`, a server: its base URL, credentials, and the header fields that go with each call."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from ..http.path import fill
from ..terms.errors import LocalProtocolError, OpenAIError
from ..terms.http_message import RawHeaders, header_name, header_value
from ..terms.omit import Omit, is_omitted
from ..terms.secret import MASK, Secret
from ..terms.secret_errors import SecretError
from ..terms.version import __version__
from .answer_kinds import SocketAnswer
from .credentials import body_secrets, field_secrets, is_harmless_param, may_show_field
from .fields import has_masks, is_masked_field, merged, own_field, rendered, unmasked
from .operation import Operation
from .redaction import Redaction
from .url import Origin, read_base_url, shown_url

if TYPE_CHECKING:
    from ..http.body import Body
    from ..http.request_head import PreparedHead
    from .auth import Auth, Fields

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"

KeyField = Literal["bearer", "api-key"]


class Shipment(msgspec.Struct, frozen=True):
    """An operation addressed to an endpoint: what goes out, all but the framing of its body."""

    origin: Origin
    method: bytes
    target: bytes
    headers: RawHeaders
    body: "Body | None"
    safe: bool
    head: "PreparedHead | None" = None
    """Method, target and header fields once more, rendered; for requests that are made often."""

    def framing(self, length: int | None, content_type: str | None) -> RawHeaders:
        """Return the header fields of a body: its length (`None`: in chunks) and type.

        A `content-type` of the caller's own, from `extra_headers`, is the one that counts.
        """
        framing: RawHeaders = (
            ((b"transfer-encoding", b"chunked"),)
            if length is None
            else ((b"content-length", b"%d" % length),)
        )
        if content_type is not None and not self._typed():
            framing += ((b"content-type", content_type.encode("latin-1")),)
        return framing

    def _typed(self) -> bool:
        head = self.head
        return b"content-type" in dict(self.headers) if head is None else head.typed

    def __repr__(self) -> str:
        """Without header values and the query: credentials are among them."""
        path = self.target.partition(b"?")[0].decode()
        return f"Shipment({self.method.decode()} {self.origin}{path})"


class Endpoint:
    """One server, as an immutable value.

    `auth` says where the key goes: `Authorization: Bearer`, or `api-key` as Azure has it; or it is
    an object that signs each request (`api_openai.auth`), which `api_key` has no part in.
    `deployments=True` puts `/deployments/{model}` in front of the paths that Azure serves so, and a
    name puts that deployment there whatever the model. `models` has the server's own names of
    models, by those that callers use. `websocket_base_url` is where sessions are opened, if not at
    `base_url`.
    `name` tells it from others for policies: the state of a circuit, or of its health, is kept by it; it
    is the origin by default.
    Credentials and the organization and project headers go to this endpoint's origin only. A field
    of `headers` replaces one of the client's own, the one with the key too; `omit` or `None` leaves
    it out.
    """

    __slots__ = (
        "_base",
        "_frequent",
        "_masked",
        "_prefix",
        "_query",
        "_redaction",
        "_sockets",
        "_stated",
        "admin_key",
        "api_key",
        "auth",
        "base_url",
        "deployments",
        "headers",
        "models",
        "name",
        "origin",
        "query",
        "signer",
        "websocket_base_url",
    )

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        *,
        api_key: Secret | None = None,
        admin_key: Secret | None = None,
        auth: "KeyField | Auth" = "bearer",
        headers: "Mapping[str, str | Secret | Omit | None] | None" = None,
        query: Mapping[str, object] | None = None,
        deployments: bool | str = False,
        name: str | None = None,
        models: Mapping[str, str] | None = None,
        websocket_base_url: str | None = None,
    ) -> None:
        self.origin, self._prefix, extra = read_base_url(base_url)
        self.base_url = str(base_url).rstrip("/")
        self.api_key = api_key
        self.admin_key = admin_key
        self.auth: KeyField | Auth = auth
        self.signer: Auth | None = None
        """What signs the requests, where `auth` is an object."""
        if not isinstance(auth, str):
            self.signer = _checked_auth(auth)
        elif auth not in _KEY_FIELDS:
            raise ValueError(f"auth={auth!r}: expected 'bearer', 'api-key' or an Auth object")
        self.deployments = deployments
        self.name = name or str(self.origin)
        self.models: dict[str, str] = {}
        if models:
            from .model_names import checked_models

            self.models = checked_models(models)
        self.websocket_base_url = websocket_base_url
        self._sockets = None if websocket_base_url is None else _for_sockets(websocket_base_url)
        self.headers = dict(headers or {})
        self.query = dict(query or {})
        self._query = extra
        if query:
            from ..http.query import encode_query

            self._query += encode_query(self.query)
        self._masked = has_masks(self.headers.items(), self._params())
        fields = {b"host": self.origin.authority.encode(), b"user-agent": _USER_AGENT}
        for name, value in self.headers.items():
            field = own_field(name, value)
            if value is None or is_omitted(value):
                fields.pop(field, None)
                continue
            if not is_masked_field(name, value):
                fields[field] = rendered(name, value)
        self._base: RawHeaders = tuple(fields.items())
        self._frequent: dict[object, Shipment] = {}
        """Requests without their bodies, by what tells them apart."""
        self._stated = frozenset(map(header_name, self.headers))
        secrets = _secrets_of(self.headers.items(), self._query)
        self._redaction = Redaction(api_key, admin_key, *map(Secret, secrets))

    def replace(self, **changes: Any) -> "Endpoint":
        """Return a copy with other settings, named as the arguments of `Endpoint`."""
        settings: dict[str, Any] = {name: getattr(self, name) for name in _SETTINGS}
        if self.name == str(self.origin):
            settings["name"] = None  # that of another server is another
        return Endpoint(**(settings | changes))

    def __repr__(self) -> str:
        auth = repr(self.auth) if self.signer is None else type(self.auth).__name__
        return f"Endpoint({shown_url(self.base_url)!r}, auth={auth})"

    def __reduce__(self) -> "tuple[Any, ...]":
        """A pickle has no credentials, unless it is made within `Secret.in_pickles()`."""
        settings: dict[str, Any] = {name: getattr(self, name) for name in _SETTINGS}
        if not Secret.travels():
            settings["base_url"] = shown_url(self.base_url)
            if self.websocket_base_url is not None:
                settings["websocket_base_url"] = shown_url(self.websocket_base_url)
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
        """Address `operation` to this endpoint; `idempotency_key` is letters and digits."""
        if idempotency_key is not None or operation.headers or operation.query or self.models:
            return self._addressed(operation, idempotency_key)
        if Secret.is_audited():  # which is told of each request that a key goes out with
            return self._addressed(operation)
        answer = operation.answer.accept
        named = operation.model if self.deployments else None
        kind = (operation.method, operation.path, named, operation.admin, answer)
        made = self._frequent.get(kind)
        if made is None:
            from ..http.request_head import PreparedHead

            made = self._addressed(operation)
            head = PreparedHead(made.method, made.target, made.headers)
            made = msgspec.structs.replace(made, body=None, head=head)
            if len(self._frequent) >= _MOST_FREQUENT:
                self._frequent.clear()
            self._frequent[kind] = made
        return Shipment(
            made.origin,
            made.method,
            made.target,
            made.headers,
            operation.body,
            operation.safe,
            made.head,
        )

    def _addressed(
        self, operation: Operation[Any, Any], idempotency_key: str | None = None
    ) -> Shipment:
        if self.models:
            from .model_names import renamed

            operation = renamed(operation, self.models)
        if self._masked or has_masks(operation.headers, operation.query):
            operation = unmasked(operation, self.headers, self._params())
        headers = self._base + self._credentials(operation) + operation.answer.accept
        origin, target = self.place(operation)
        if origin is not self.origin:
            headers = tuple(
                (name, origin.authority.encode() if name == b"host" else value)
                for name, value in headers
            )
        if idempotency_key is not None:
            headers += ((b"idempotency-key", idempotency_key.encode("ascii")),)
        if operation.headers:
            headers = merged(headers, operation.headers)
        return Shipment(
            origin,
            operation.method.encode(),
            target,
            headers,
            operation.body,
            operation.safe,
        )

    def _params(self) -> tuple[tuple[str, str], ...]:
        """The query parameters of this endpoint, those for sessions too."""
        return self._query if self._sockets is None else self._query + self._sockets[2]

    def place(self, operation: Operation[Any, Any]) -> tuple[Origin, bytes]:
        """Where `operation` goes: origin and target; a model has the name it has here already."""
        if self._sockets is not None and isinstance(operation.answer, SocketAnswer):
            origin, prefix, extra = self._sockets
            return origin, self._target(operation, prefix, _replaced(self._query, extra))
        return self.origin, self._target(operation, self._prefix, self._query)

    def authorizes(self, operation: Operation[Any, Any]) -> bool:
        """Say whether the caller has said in a header field of their own who they are."""
        said = self._stated | {name.encode().lower() for name, value in operation.headers if value}
        return bool(said & {b"authorization", b"api-key", b"sec-websocket-protocol"})

    def states(self, field: str, operation: Operation[Any, Any]) -> bool:
        """Say whether the caller has set a header field, or taken it away."""
        name = field.lower()
        return name.encode() in self._stated or any(
            each.lower() == name for each, _ in operation.headers
        )

    def signed(self, fields: "Fields") -> "Endpoint":
        """Return one for a single attempt, whose requests have `fields` and whose masks know them.

        A field that the endpoint has in its `headers` stands alone.
        """
        from .auth import revealed

        made: Endpoint = object.__new__(Endpoint)
        for name in Endpoint.__slots__:
            setattr(made, name, getattr(self, name))
        texts = {
            header_name(name): revealed(value) if isinstance(value, Secret) else value
            for name, value in fields.items()
        }
        added = {
            name: header_value(name.decode(), value)
            for name, value in texts.items()
            if name not in self._stated
        }
        made._frequent = {}
        made.signer = made.api_key = None
        made._base = (*(pair for pair in self._base if pair[0] not in added), *added.items())
        made._redaction = self._redaction.and_of(
            _secrets_of(((name.decode(), text) for name, text in texts.items()), ())
        )
        return made

    def _credentials(self, operation: Operation[Any, Any]) -> RawHeaders:
        key = None if self.signer is not None else self.api_key
        if operation.admin:
            key = self.admin_key or key
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
        except SecretError as error:
            name = "api_key" if key is self.api_key else "admin_api_key"
            raise SecretError(name, error.reason, found=False) from None

    def _target(
        self,
        operation: Operation[Any, Any],
        prefix: str,
        query: tuple[tuple[str, str], ...],
    ) -> bytes:
        path, pairs = operation.path, operation.query
        named = self.deployments if isinstance(self.deployments, str) else operation.model
        if self.deployments and named and path in DEPLOYED:
            path = fill("/deployments/{model}", named) + path
        elif self.deployments and path == "/realtime":
            pairs = _deployed(pairs, named)
        target = (prefix + path).encode("ascii")
        if query := _replaced(query, pairs):
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
    "models",
    "websocket_base_url",
)
_KEY_FIELDS: Final = ("bearer", "api-key")
_MOST_FREQUENT: Final = 64
"""Heads of requests that an endpoint keeps; paths with an id in them are as many as there are ids."""
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


def _checked_auth(auth: "Auth") -> "Auth":
    if not callable(getattr(auth, "sign", None)) or isinstance(auth, type):
        kind = auth.__name__ if isinstance(auth, type) else type(auth).__name__
        raise TypeError(f"auth: expected 'bearer', 'api-key' or an object with sign(), got {kind}")
    return auth


def _for_sockets(url: str) -> tuple[Origin, str, tuple[tuple[str, str], ...]]:
    try:
        return read_base_url(url)
    except ValueError as error:
        raise ValueError(f"websocket_{error}") from None


def _replaced(
    query: tuple[tuple[str, str], ...], pairs: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Query parameters, those of the same name replaced by `pairs`."""
    if query and pairs:
        names = {name for name, _ in pairs}
        query = tuple(pair for pair in query if pair[0] not in names)
    return query + pairs


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
        text = value.unaudited() if isinstance(value, Secret) else value
        if isinstance(text, str):
            secrets += field_secrets(name, text)
    for name, value in pairs:
        if not is_harmless_param(name):
            from ..http.query import render_query

            secrets += (value, render_query(((name, value),)).decode().partition("=")[2])
    return secrets


__all__ = ["DEFAULT_BASE_URL", "Endpoint", "KeyField", "Shipment"]
