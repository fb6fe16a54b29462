"""How an attempt gets its credentials where the endpoint has an `Auth`: what that may ask, and when."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from ..http.body import Body
from ..json.values import is_object
from ..request.answer_kinds import BytesAnswer
from ..request.auth import EXCHANGE_SECONDS, Auth, Bell, Fields, UnsignedRequest
from ..request.endpoint import Endpoint
from ..request.limits import Limits
from ..request.operation import Operation
from ..request.timeout import Timeout
from ..request.url import Origin
from ..terms.errors import APIConnectionError, APIError, APIStatusError, Attempt, OpenAIError
from ..terms.json_text import CodecError, decode_json
from .backend import DeadlinePassed, Gates
from .deadlines import Deadlines
from .pool import Ticket
from .settings import Settings
from .trace import Tracer
from .wire import PooledWire, Wire

if TYPE_CHECKING:
    from ..terms.effects import Exclusive
    from .backend import Backend
    from .network import Network
    from .reply import Reply

R = TypeVar("R")

MOST: Final = 1 << 16
"""Bytes of an answer with a token, and of a file with one."""

Perform = Callable[..., "Coroutine[Any, Any, Reply]"]
"""`attempt`: one exchange, that of a token among them."""


class Signing:
    """An attempt at an endpoint that has an `Auth`."""

    __slots__ = ("_context", "_deadlines", "_perform", "_settings", "_tracer", "_wire")

    def __init__(
        self,
        perform: Perform,
        wire: Wire,
        settings: Settings,
        deadlines: Deadlines,
        tracer: Tracer,
    ) -> None:
        self._perform = perform
        self._wire = wire
        self._settings = settings
        self._deadlines = deadlines
        self._tracer = tracer
        self._context = CallContext(perform, wire, settings, deadlines)

    async def attempt(
        self,
        endpoint: Endpoint,
        operation: Operation[Any, Any],
        key: str | None,
        *,
        whole: bool,
    ) -> "Reply":
        """Have an attempt signed, and make it; after a 401 once more, if the `Auth` asks for it.

        Both are listed, in the answer or the error. Errors have no credential of the attempt in them.
        """
        first: tuple[Attempt, ...] = ()
        now = self._wire.clock.now
        while True:
            fields = await self._sign(endpoint, operation, key)
            server, began = endpoint.signed(fields), now()
            try:
                reply = await self._perform(
                    self._wire,
                    self._settings,
                    server,
                    operation,
                    self._deadlines,
                    self._tracer,
                    key,
                    whole=whole,
                )
            except (APIConnectionError, APIStatusError) as error:
                failure = server.redaction(operation, body=True).error(error)
            else:
                reply.earlier = first
                return reply
            again = _wants_another(endpoint.signer, fields, failure)
            replayable = operation.body is None or operation.body.replayable
            if first or not (again and replayable):
                failure.attempts = first
                try:
                    raise failure
                finally:
                    del failure  # else the frame and the error would keep each other alive
            words, number = "answered 401", self._tracer.attempt
            first = (Attempt(number, str(endpoint.origin), words, now() - began, _RENEWED),)
            self._tracer("attempt.failed", words, status=401)
            self._tracer("policy.retry", _RENEWED)

    async def _sign(
        self, endpoint: Endpoint, operation: Operation[Any, Any], key: str | None
    ) -> Fields:
        """Ask the `Auth` for the header fields of one attempt.

        Raises what it does; a connection that failed for a token has sent nothing of the call.
        """
        auth = endpoint.signer
        field: str | None = getattr(auth, "field", None)
        own = field is not None and endpoint.states(field, operation)
        if auth is None or own or (operation.admin and endpoint.admin_key):
            return {}
        try:
            fields = auth.sign(_unsigned(endpoint, operation, key), self._context)
            if isinstance(fields, Awaitable):
                fields = await fields
        except APIError as failure:
            failure.attempts = ()  # those of another call
            if isinstance(failure, APIConnectionError):
                failure.sent = "no"
            raise
        if not isinstance(fields, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] (anybody's)
            name, kind = type(auth).__name__, type(fields).__name__
            raise TypeError(f"{name}.sign(): expected a mapping of header fields, got {kind}")
        return fields


_RENEWED: Final = "the token was refused: its Auth asks for one more attempt, with a new one"


def _wants_another(auth: Auth | None, fields: Fields, failure: APIError) -> bool:
    """Tell an `Auth` of a 401; say whether it asks for one more attempt."""
    if not (fields and isinstance(failure, APIStatusError) and failure.status_code == 401):
        return False
    refused = getattr(auth, "refused", None)
    return refused is not None and refused(fields) is True


def _unsigned(
    endpoint: Endpoint, operation: Operation[Any, Any], key: str | None
) -> UnsignedRequest:
    shipment = endpoint.ship(operation, key)
    headers = [(name.decode(), value.decode("latin-1")) for name, value in shipment.headers]
    body = shipment.body
    if body is not None and body.content_type and b"content-type" not in dict(shipment.headers):
        headers.append(("content-type", body.content_type))
    return UnsignedRequest(
        operation.method,
        f"{shipment.origin.scheme}://{shipment.origin.authority}{shipment.target.decode()}",
        tuple(headers),
        b"" if body is None else body.whole(),
        operation,
    )


class Told:
    """The answer of a server of tokens."""

    __slots__ = ("content", "url")

    def __init__(self, content: bytes, url: str) -> None:
        self.content = content
        self.url = url

    def json(self) -> dict[str, Any]:
        """Return its JSON object; `OpenAIError` where it is none."""
        document = self._document()
        if document is None:
            size = len(self.content)
            raise OpenAIError(
                f"{self.url}: expected a JSON object, got {size} bytes of something else"
            )
        return document

    def _document(self) -> dict[str, Any] | None:
        try:
            document = decode_json(self.content)
        except CodecError:
            return None
        return document if is_object(document) else None

    def __repr__(self) -> str:
        return f"<answer of {self.url}, {len(self.content)} bytes>"


class GateBell:
    """A bell: a ticket that is no pool's, granted by whoever rings."""

    __slots__ = ("gates", "ticket")

    def __init__(self, gates: Gates) -> None:
        self.gates = gates
        self.ticket: Ticket[Any] = Ticket(_NOWHERE)

    def ring(self) -> None:
        self.gates.grant(self.ticket)


_NOWHERE: Final = Origin("bell", "", 0)


class CallContext:
    """What the `Auth` of a call may ask of the outside; see `AuthContext`."""

    __slots__ = ("_deadlines", "_perform", "_settings", "_wire")

    def __init__(
        self, perform: Perform, wire: Wire, settings: Settings, deadlines: Deadlines
    ) -> None:
        self._perform = perform
        self._wire = wire
        self._settings = settings
        self._deadlines = deadlines

    def wall(self) -> float:
        return self._wire.clock.wall()

    def steady(self) -> float:
        return self._wire.clock.steady()

    @property
    def exclusive(self) -> "Exclusive":
        return self._wire.tasks.exclusive

    def bell(self) -> Bell:
        return GateBell(self._wire.gates)

    async def wait(self, bell: Bell, /) -> None:
        assert isinstance(bell, GateBell)
        try:
            await bell.gates.park(bell.ticket, self._deadlines.total_at)
        except DeadlinePassed:
            raise self._deadlines.passed("pool", "no") from None

    @property
    def hurried(self) -> bool:
        return self._wire.clock.now() >= self._deadlines.total_at

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, object] | None = None,
        body: Body | None = None,
        seconds: float = EXCHANGE_SECONDS,
        direct: bool = False,
    ) -> Told:
        from ..http.query import encode_query

        scheme, _, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        operation: Operation[Any, Any] = Operation(
            name="auth.token",
            method=method,
            path=f"/{path}",
            answer=BytesAnswer(),
            query=encode_query(query or {}),
            headers=tuple((headers or {}).items()),
            body=body,
        )
        settings = Settings(
            endpoint=Endpoint(f"{scheme}://{authority}"),
            trace=self._settings.trace,
            limits=Limits(answer=MOST),
        )
        reply = await self._asked(
            _past_the_proxy(self._wire) if direct else self._wire, settings, operation, seconds
        )
        return Told(reply.content or b"", f"{scheme}://{authority}/{path}")

    async def _asked(
        self, wire: Wire, settings: Settings, operation: Operation[Any, Any], seconds: float
    ) -> "Reply":
        now, endpoint = wire.clock.now, settings.endpoint
        left = self._deadlines.total_at - now()
        deadlines = Deadlines(Timeout(total=max(min(seconds, left), 1e-9)), now)

        def carry_out(
            wire: Wire,
            settings: Settings,
            operation: Operation[Any, Any],
            tracer: Tracer,
            *,
            whole: bool,
        ) -> "Coroutine[Any, Any, Reply]":
            tracer.attempt = 1
            return self._perform(
                wire, settings, endpoint, operation, deadlines, tracer, None, whole=whole
            )

        try:
            if settings.trace is None:
                return await carry_out(wire, settings, operation, Tracer(), whole=True)
            from .traced import traced

            return await traced(carry_out, wire, settings, operation, whole=True)
        except (APIConnectionError, APIStatusError) as error:
            failure = endpoint.redaction(operation, body=True).error(error)
        if isinstance(failure, APIConnectionError):
            failure.message = f"No token from {endpoint.base_url}: {failure.message}"
            failure.args = (failure.message,)
        try:
            raise failure
        finally:
            del failure  # else the frame and the error would keep each other alive

    async def read_file(self, path: str, /) -> bytes:
        files = self._wire.files
        file, _ = await files.open_file(path)
        try:
            data = b""
            while len(data) < MOST and (part := await files.read_file(file, MOST - len(data))):
                data += part
        finally:
            file.close()
        return data

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return await self._wire.files.in_worker(function)


def _past_the_proxy(wire: Wire) -> Wire:
    """A wire whose connections are direct; one that brings its own HTTP is as it is."""
    backend: Backend[Any] | None = getattr(wire, "backend", None)
    network: Network | None = getattr(wire, "network", None)
    if backend is None or network is None or network.proxy is None:
        return wire
    return PooledWire(backend, msgspec.structs.replace(network, proxy=None))
