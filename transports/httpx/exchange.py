"""One attempt of a request through an httpx client, written once for both kinds of client.

What differs between `httpx.Client` and `httpx.AsyncClient` is in an `Adapter`: with the first
nothing ever suspends, and `run` takes a call to its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from ...core.call.backend import DeadlinePassed
from ...core.terms.errors import APIConnectionError, APITimeoutError, LocalProtocolError
from ...core.terms.errors import RemoteProtocolError as PeerBrokeRules
from ...core.terms.http_message import Headers, ResponseHead
from .requests import build_request

if TYPE_CHECKING:
    from ...core.call.backend import Gates
    from ...core.call.deadlines import Deadlines
    from ...core.call.trace import Tracer
    from ...core.call.wire import Shipment
    from ...core.http.body import BodyReader
    from ...core.terms.effects import Clock, Files, Tasks
    from ...core.terms.errors import Phase, Sent
    from .adapters import Adapter
    from .package import Package
    from .watch import Watch

P = TypeVar("P")


class HttpxExchange(Generic[P]):
    """An answer of httpx whose head has come."""

    def __init__(self, adapter: Adapter[P], request: Any, response: Any, watch: Watch) -> None:
        self._adapter = adapter
        self._request = request
        self._response = response
        self._watch = watch
        self._done = False
        self._reading = False
        fields = response.headers.raw
        self._whole: bytes | None = None
        if response.is_stream_consumed:  # an event hook has read the body, and httpx decoded it
            self._whole = response.content
            coded = (b"content-encoding", b"content-length")
            fields = [field for field in fields if field[0].lower() not in coded]
        self._parts = adapter.parts(response)
        self.head = ResponseHead(
            response.status_code,
            Headers((name.lower(), value) for name, value in fields),
            response.http_version.removeprefix("HTTP/").encode(),
            response.extensions.get("reason_phrase", b""),
        )

    @property
    def gates(self) -> Gates:
        """Where its reader waits for somebody else."""
        return self._adapter

    async def read(self, deadlines: Deadlines, /) -> bytes:
        """Return the next part of the body as it came; `b""` is its end, and frees everything."""
        if self._done:
            return b""
        if self._whole:
            data, self._whole = self._whole, b""
            return data
        watch, part = self._watch, _NOTHING
        try:
            while part == b"" and self._whole is None:
                deadline = watch.part(deadlines)
                self._reading = True
                with watch:
                    part = await self._adapter.next(self._parts, deadline)
                self._reading = False
        except BaseException as error:
            self._done = True
            await self._adapter.close(self._response)
            package = self._adapter.package
            if isinstance(error, Exception) and _is_about_the_exchange(error, package):
                raise _failure(error, deadlines, watch, package) from error
            raise
        if not part or self._done:  # or given up meanwhile, by another task or thread
            self._done = True
            await self._adapter.close(self._response)
        return part or b""

    def abort(self) -> None:
        """Give up the rest and close; does nothing when the end has been read."""
        if not self._done:
            self._done = True
            self._adapter.abandon(self._response, self._parts, reading=self._reading)

    def __del__(self) -> None:
        if not getattr(self, "_done", True):
            self.abort()


class HttpxWire(Generic[P]):
    """Performs attempts through an httpx client."""

    def __init__(self, adapter: Adapter[P]) -> None:
        self.clock: Clock = adapter
        self.files: Files = adapter.files
        self.tasks: Tasks = adapter
        self.gates: Gates = adapter
        self._adapter = adapter

    async def exchange(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer, /
    ) -> HttpxExchange[P]:
        """Send the request and return once the head of the answer has come."""
        adapter, package, body = self._adapter, self._adapter.package, shipment.body
        reader: BodyReader | None = None
        headers = shipment.headers
        content: Any = None
        whole: bytes | None = b""
        try:
            if body is not None:
                kind, whole = body.content_type, body.whole()
                if whole is not None:
                    length: int | None = len(whole)
                else:
                    reader = await body.open(self.files)
                    kind, length = reader.content_type, reader.length
                    content = adapter.stream(reader)
                headers += shipment.framing(length, kind)
            watch = adapter.watch(deadlines)
            try:
                extensions: dict[str, object] = {"timeout": watch.seconds, "trace": watch.trace}
                request = build_request(
                    adapter.client, package, shipment, headers, content, whole, extensions
                )
                with watch:
                    response = await adapter.send(request, watch)
            except Exception as error:
                if not _is_about_the_exchange(error, package):
                    raise
                raise _failure(error, deadlines, watch, package) from error
        finally:
            if reader is not None:
                reader.close()
        watch.answered()
        exchange = HttpxExchange(adapter, request, response, watch)
        tracer("request.sent")
        tracer("response.head", head=exchange.head)
        return exchange


def _is_about_the_exchange(error: Exception, package: Package) -> bool:
    """Say whether httpx raised it, or one of the libraries below lets it through, as h2 may."""
    about = (package.HTTPError, package.StreamError, package.InvalidURL, DeadlinePassed)
    return isinstance(error, about) or _home(error) in _BELOW


def _home(error: object) -> str:
    return type(error).__module__.partition(".")[0]


_BELOW: Final = frozenset({"httpcore", "httpcore2", "h11", "h2", "hpack", "hyperframe"})
_NOTHING: Final[bytes | None] = b""


def _of_peer(error: BaseException) -> bool:
    """Say whether a breach of the rules is the peer's, though httpcore takes it for ours.

    h2 refuses everything once the peer has said goodbye (GOAWAY).
    """
    cause = error.__cause__
    return cause is not None and any(_home(each) == "h2" for each in (cause, *cause.args))


def _failure(
    error: Exception, deadlines: Deadlines, watch: Watch, package: Package
) -> APIConnectionError | LocalProtocolError:
    """Translate what httpx raised."""
    phase, sent = watch.phase, watch.sent
    match error:
        case DeadlinePassed():
            return deadlines.passed(phase, sent)
        case package.PoolTimeout():
            return _timeout(error, deadlines, "pool", "no")
        case package.ConnectTimeout():
            return _timeout(error, deadlines, "connect", "no")
        case package.WriteTimeout() if phase == "first_byte":  # of a transport that tells nothing
            return _timeout(error, deadlines, "send", "maybe")
        case package.TimeoutException():
            return _timeout(error, deadlines, phase, sent)
        case package.LocalProtocolError() if _of_peer(error):
            return PeerBrokeRules(f"Connection broken: {error}", sent=sent)
        case package.LocalProtocolError() | package.UnsupportedProtocol() | package.InvalidURL():
            return LocalProtocolError(f"httpx refused the request: {error}")
        case package.StreamConsumed():
            return LocalProtocolError(
                "the body of the request can be sent once, and the httpx client was to send it again"
            )
        case package.RemoteProtocolError():
            return PeerBrokeRules(f"Connection broken: {error}", sent=sent)
        case package.ConnectError() | package.ProxyError():
            return APIConnectionError(f"Cannot connect: {_reason(error)}", sent="no")
        case _:
            said = _reason(error)
            if _home(error) in _BELOW:  # which say little: the number of a stream
                said = f"{type(error).__name__}: {said}"
            return APIConnectionError(f"Connection failed: {said}", sent=sent)


def _reason(error: BaseException) -> str:
    """Say what an error was: the first in the chain of its causes that says anything."""
    cause: BaseException | None = error
    while cause is not None and not str(cause):
        cause = cause.__cause__ or cause.__context__
    return str(cause) if cause is not None else type(error).__name__


def _timeout(error: Exception, deadlines: Deadlines, phase: Phase, sent: Sent) -> APITimeoutError:
    if deadlines.timeout.seconds(phase) is None and deadlines.left() > 0:  # the client's own
        text = str(error) or type(error).__name__
        return APITimeoutError(f"Request timed out in httpx: {text}", phase=phase, sent=sent)
    return deadlines.passed(phase, sent)
