"""`Auth`: what signs the requests to an endpoint, where a key in a header field is not enough.

An `Auth` is an object with one method, written by anybody:

    class Signature:
        def __init__(self, key: Secret) -> None:
            self.key = key

        def sign(self, request: UnsignedRequest, context: AuthContext) -> Fields:
            mac = hmac.new(self.key.reveal().encode(), request.whole_body(), "sha256")
            return {"X-Signature": mac.hexdigest()}

It is asked once for each attempt. What it returns goes out, and is masked in whatever comes back.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar

import msgspec

from ..terms.errors import OpenAIError
from ..terms.secret import Secret, SecretValue
from .operation import Operation

if TYPE_CHECKING:
    from ..http.body import Body
    from ..terms.effects import Exclusive

__all__ = [
    "Auth",
    "AuthContext",
    "BearerAuth",
    "Bell",
    "Composed",
    "Fields",
    "HeaderAuth",
    "TokenAnswer",
    "UnsignedRequest",
    "bearer",
    "revealed",
]

R = TypeVar("R")

Fields: TypeAlias = Mapping[str, "str | Secret"]
"""Header fields to add."""

Token: TypeAlias = str | bytes | Secret | SecretValue
TokenSource: TypeAlias = Callable[[], Token | Awaitable[Token]]

EXCHANGE_SECONDS: Final = 10.0
"""How long fetching a token may take, whatever the call may."""


class UnsignedRequest(msgspec.Struct, frozen=True):
    """A request as it will go out, but for what signs it."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    """Names in lower case; without the fields that frame the body."""
    body: bytes | None
    """`b""` where there is none; `None` where it is read only while it is sent."""
    operation: Operation[Any, Any]
    """What it does: its `name` and `model` may matter to whoever signs."""

    def header(self, name: str) -> str | None:
        """Return the value of a header field."""
        return next((value for field, value in self.headers if field == name.lower()), None)

    def whole_body(self) -> bytes:
        """Return the body; `OpenAIError` where it is not in memory."""
        if self.body is None:
            raise OpenAIError(
                f"{self.operation.name}: the credentials of this endpoint sign the body, and this "
                f"one is not in memory before it is sent; expected JSON or bytes, or an endpoint "
                f"with a bearer key"
            )
        return self.body

    def __repr__(self) -> str:
        """Without header values and the query: credentials may be among them."""
        return f"UnsignedRequest({self.method} {self.url.partition('?')[0]})"


class TokenAnswer(Protocol):
    """The answer of a server of tokens."""

    @property
    def content(self) -> bytes: ...

    def json(self) -> dict[str, Any]:
        """Return its JSON object; `OpenAIError` where it is none."""
        ...


class Bell(Protocol):
    """One waits for it, in a thread or task, and whoever likes may ring it, from anywhere."""

    def ring(self) -> None:
        """Let the one who waits go on, now or when it comes to wait. Never fails."""
        ...


class AuthContext(Protocol):
    """What an `Auth` may ask of the outside, on whatever the client runs."""

    def wall(self) -> float:
        """Seconds since 1970 (UTC)."""
        ...

    def steady(self) -> float:
        """Seconds of the clock that never goes back and that all clients on a machine share."""
        ...

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        body: "Body | None" = None,
        seconds: float = EXCHANGE_SECONDS,
        direct: bool = False,
    ) -> TokenAnswer:
        """Send a request over the client's own transport and return the answer, at most 64 KiB.

        `APIStatusError` for a status of 300 or more, `APIConnectionError` where no answer comes.
        `direct` goes past the client's proxy: servers of metadata are on the machine itself.
        """
        ...

    async def read_file(self, path: str, /) -> bytes:
        """Return the beginning of a file, at most 64 KiB; an `OSError` goes to the caller."""
        ...

    async def in_worker(self, function: Callable[[], R], /) -> R:
        """Call a function that may block: in a worker thread under an event loop, else at once."""
        ...

    @property
    def exclusive(self) -> "Exclusive":
        """Held for moments, never across an `await`: one thread of the process at a time."""
        ...

    def bell(self) -> Bell:
        """Make a bell: one waits for it, and anyone may ring it."""
        ...

    async def wait(self, bell: Bell, /) -> None:
        """Wait for a bell that `bell` made; `APITimeoutError` when the call's own deadline comes first."""
        ...

    @property
    def hurried(self) -> bool:
        """Whether the deadline of the call itself has passed."""
        ...


class Auth(Protocol):
    """Signs requests.

    It may also have `field`, the name of its one header field: where the caller sets that field for
    a call, it is not asked. And `refused(fields)`, which is told that the server has answered 401
    to what it signed: where that returns True the request is sent once more, signed anew.
    """

    def sign(self, request: UnsignedRequest, context: AuthContext, /) -> Fields | Awaitable[Fields]:
        """Return the header fields that say who asks, or an awaitable of them."""
        ...


class Composed(Secret):
    """A value of a header field, made of a secret that was revealed for it."""

    __slots__ = ()


def revealed(value: Secret) -> str:
    """Return the text of a header field's value; an audit is told once of what it is made of."""
    return value.unaudited() if isinstance(value, Composed) else value.reveal()


def bearer(token: Secret) -> dict[str, "str | Secret"]:
    """The header field of a bearer token (RFC 6750)."""
    return {"authorization": Composed(f"Bearer {token.reveal()}")}


class HeaderAuth:
    """A key in a header field of any name, after a `scheme` where there is one.

    `token` may be a function, async in an async client: it is called for each attempt.
    """

    __slots__ = ("_token", "field", "scheme")

    def __init__(self, field: str, token: Token | TokenSource, *, scheme: str = "") -> None:
        self.field = field
        self.scheme = scheme
        self._token: Secret | TokenSource = token if callable(token) else _given(token, "token")

    def sign(self, request: UnsignedRequest, context: AuthContext, /) -> Fields | Awaitable[Fields]:
        """Return the field."""
        if isinstance(self._token, Secret):
            return self._field(self._token)
        token = self._token()
        return self._awaited(token) if isinstance(token, Awaitable) else self._field(token)

    async def _awaited(self, token: Awaitable[Token]) -> Fields:
        return self._field(await token)

    def _field(self, token: Token) -> Fields:
        secret = _given(token, f"the token of {self!r}, from its function")
        text = secret.reveal()
        return {self.field: Composed(f"{self.scheme} {text}" if self.scheme else text)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.field!r})"


class BearerAuth(HeaderAuth):
    """A bearer token, or a function that returns one for each attempt."""

    __slots__ = ()

    def __init__(self, token: Token | TokenSource) -> None:
        super().__init__("authorization", token, scheme="Bearer")


def _given(token: object, name: str) -> Secret:
    """Return a token as a secret; `TypeError` where it is none, `ValueError` where it is empty."""
    secret = Secret.of(token, name)
    if not secret:
        raise ValueError(f"{name}: expected one, got empty text")
    return secret
