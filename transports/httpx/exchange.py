"""One attempt of a request through an httpx client, written once for both kinds of client.

What differs between `httpx.Client` and `httpx.AsyncClient` is in an `Adapter`: with the first
nothing ever suspends, and `blocking.run` takes a call to its end.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import httpx

from ...core.call.backend import DeadlinePassed
from ...core.terms.errors import APIConnectionError, APITimeoutError, LocalProtocolError
from ...core.terms.errors import RemoteProtocolError as PeerBrokeRules
from ...core.terms.http_message import Headers, ResponseHead
from .bodies import Whole

if TYPE_CHECKING:
    from ...core.call.deadlines import Deadlines
    from ...core.call.trace import Tracer
    from ...core.call.wire import Shipment
    from ...core.http.body import BodyReader
    from ...core.terms.effects import Clock, Files, Tasks
    from ...core.terms.errors import Phase, Sent
    from ...core.terms.http_message import RawHeaders
    from .adapters import Adapter

P = TypeVar("P")


class HttpxExchange(Generic[P]):
    """An answer of httpx whose head has come."""

    def __init__(
        self, adapter: Adapter[P], request: httpx.Request, response: httpx.Response, limits: _Limits
    ) -> None:
        self._adapter = adapter
        self._request = request
        self._response = response
        self._limits = limits
        self._done = False
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

    async def read(self, deadlines: Deadlines, /) -> bytes:
        """Return the next part of the body as it came; `b""` is its end, and frees everything."""
        if self._done:
            return b""
        if self._whole:
            data, self._whole = self._whole, b""
            return data
        deadline = deadlines.until("idle")
        part: bytes | None = b""
        try:
            while part == b"" and self._whole is None:
                self._limits.set("read", deadline, self._adapter.now())
                part = await self._adapter.next(self._parts, deadline)
        except BaseException as error:
            self._done = True
            await self._adapter.close(self._response)
            if isinstance(error, (httpx.HTTPError, DeadlinePassed)):
                raise _failure(error, deadlines, "idle", "answered") from error
            raise
        if not part:
            self._done = True
            await self._adapter.close(self._response)
        return part or b""

    def abort(self) -> None:
        """Give up the rest and close; does nothing when the end has been read."""
        if not self._done:
            self._done = True
            self._adapter.abandon(self._response, self._parts)

    def __del__(self) -> None:
        if not getattr(self, "_done", True):
            self.abort()


class _Limits:
    """The timeouts of a request, as httpx's transports look them up while it runs."""

    def __init__(self, deadlines: Deadlines, now: float) -> None:
        self.seconds: dict[str, float | None] = {}
        for name, phase in _PHASES.items():
            self.set(name, deadlines.until(phase), now)

    def set(self, name: str, deadline: float, now: float) -> None:
        if deadline != inf and deadline <= now:
            raise DeadlinePassed
        self.seconds[name] = None if deadline == inf else deadline - now


_PHASES: Final[dict[str, Phase]] = {
    "pool": "pool",
    "connect": "connect",
    "write": "send",
    "read": "first_byte",
}


class HttpxWire(Generic[P]):
    """Performs attempts through an httpx client."""

    def __init__(self, adapter: Adapter[P]) -> None:
        self.clock: Clock = adapter
        self.files: Files = adapter.files
        self.tasks: Tasks = adapter
        self._adapter = adapter

    async def exchange(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer, /
    ) -> HttpxExchange[P]:
        """Send the request and return once the head of the answer has come."""
        adapter, body = self._adapter, shipment.body
        reader: BodyReader | None = None
        headers = shipment.headers
        content: httpx.SyncByteStream | httpx.AsyncByteStream = Whole(b"")
        try:
            if body is not None:
                kind, whole = body.content_type, body.whole()
                if whole is not None:
                    length: int | None = len(whole)
                    content = Whole(whole)
                else:
                    reader = await body.open(self.files)
                    kind, length = reader.content_type, reader.length
                    content = adapter.stream(reader)
                headers = shipment.framed(length, kind)
            try:
                limits = _Limits(deadlines, adapter.now())
                request = _request(shipment, headers, content, limits)
                response = await adapter.send(request, deadlines.total_at)
            except (httpx.HTTPError, httpx.InvalidURL, DeadlinePassed) as error:
                raise _failure(error, deadlines, "first_byte", "maybe") from error
        finally:
            if reader is not None:
                reader.close()
        exchange = HttpxExchange(adapter, request, response, limits)
        tracer("request.sent")
        tracer("response.head", head=exchange.head)
        return exchange


def _request(
    shipment: Shipment,
    headers: RawHeaders,
    content: httpx.SyncByteStream | httpx.AsyncByteStream,
    limits: _Limits,
) -> httpx.Request:
    scheme, host, port = shipment.origin
    url = httpx.URL(scheme=scheme, host=host, port=port, raw_path=shipment.target)
    extensions: dict[str, object] = {"timeout": limits.seconds}
    if url.raw_path != shipment.target:
        # As it is: httpx would write it in another way. Not else, for httpx takes it for the target
        # of a CONNECT to a proxy too.
        extensions["target"] = shipment.target
    return httpx.Request(
        shipment.method.decode("ascii"),
        url,
        headers=list(headers),
        stream=content,
        extensions=extensions,
    )


def _failure(
    error: Exception, deadlines: Deadlines, phase: Phase, sent: Sent
) -> APIConnectionError | LocalProtocolError:
    """Translate what httpx raised."""
    match error:
        case DeadlinePassed():
            return deadlines.passed(phase, sent)
        case httpx.PoolTimeout():
            return _timeout(error, deadlines, "pool", "no")
        case httpx.ConnectTimeout():
            return _timeout(error, deadlines, "connect", "no")
        case httpx.WriteTimeout():
            return _timeout(error, deadlines, "send", "maybe")
        case httpx.TimeoutException():
            return _timeout(error, deadlines, phase, sent)
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return LocalProtocolError(f"httpx refused the request: {error}")
        case httpx.RemoteProtocolError():
            return PeerBrokeRules(f"Connection broken: {error}", sent=sent)
        case httpx.ConnectError() | httpx.ProxyError():
            return APIConnectionError(f"Cannot connect: {_reason(error)}", sent="no")
        case _:
            return APIConnectionError(f"Connection failed: {_reason(error)}", sent=sent)


def _reason(error: BaseException) -> str:
    """Say what an error was: the first in the chain of its causes that says anything."""
    cause: BaseException | None = error
    while cause is not None and not str(cause):
        cause = cause.__cause__ or cause.__context__
    return str(cause) if cause is not None else type(error).__name__


def _timeout(
    error: httpx.TimeoutException, deadlines: Deadlines, phase: Phase, sent: Sent
) -> APITimeoutError:
    timeout = deadlines.timeout
    if timeout.seconds(phase) is None and timeout.total is None:
        text = str(error) or type(error).__name__
        return APITimeoutError(f"Request timed out in httpx: {text}", phase=phase, sent=sent)
    return deadlines.passed(phase, sent)
