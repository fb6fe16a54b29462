"""Calls through `fetch`, which is all that a page lets Python have of the network.

What it does not tell is not known here either. There is one wait for a place in the browser's pool,
connecting, sending and the first byte. A server that is not there and one that does not allow the
page (CORS) are one failure. Redirects, cookies and the pool are the browser's. A body goes out from
JavaScript's memory, whole; answers come decoded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ...core.call.backend import DeadlinePassed
from ...core.call.network import Network
from ...core.terms.errors import APIConnectionError, OpenAIError, RemoteProtocolError
from ...core.terms.http_message import Headers, ResponseHead
from ..emscripten.runtime import Runtime, ffi

if TYPE_CHECKING:
    from ...core.call.deadlines import Deadlines
    from ...core.call.trace import Tracer
    from ...core.call.wire import Exchange
    from ...core.http.body import Body
    from ...core.request.endpoint import Shipment
    from ...core.request.url import Origin
    from ...core.terms.errors import Sent
    from ...core.terms.http_message import RawHeaders
    from ..emscripten.sessions import SessionBackend

js: Final[Any] = import_module("js")

OWN_FIELDS: Final = frozenset(
    b"host connection content-length transfer-encoding accept-encoding user-agent".split()
)
"""What the browser says by itself."""
_DECODED: Final = frozenset("gzip x-gzip deflate br zstd".split())
_UNSENT: Final = frozenset(
    "ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH UND_ERR_CONNECT_TIMEOUT".split()
)
"""What Node says of connections that were not made. Browsers say nothing."""


class FetchExchange:
    """An answer of `fetch` whose head has come."""

    def __init__(self, runtime: Runtime, origin: Origin, controller: Any, response: Any) -> None:
        self.gates = runtime
        self.head = _head(response)
        self._origin = origin
        self._controller = controller
        self._reader = response.body.getReader() if response.body else None  # null is not None
        self._pending: Any = None

    async def read(self, deadlines: Deadlines, /) -> bytes:
        """Return the next part of the body; `b""` is its end."""
        try:
            data = await self._read(deadlines.until("idle"))
        except DeadlinePassed:
            self.abort()
            raise deadlines.passed("idle", "answered") from None
        return data

    async def read_by(self, deadlines: Deadlines, deadline: float, /) -> bytes | None:
        """Do what `read` does; return `None` if nothing has come by then, and leave it at that."""
        if deadline >= deadlines.until("idle"):
            return await self.read(deadlines)
        try:
            return await self._read(deadline)
        except DeadlinePassed:
            return None

    async def _read(self, deadline: float) -> bytes:
        data = b""
        try:
            while self._reader is not None and not data:
                if self._pending is None:
                    self._pending = self._reader.read()
                part = await self.gates.wait(self._pending, deadline)
                self._pending = None
                if part.done:
                    self._reader = None
                else:
                    data = part.value.to_bytes()
            return data
        except DeadlinePassed:
            raise
        except ffi.JsException:
            if self._reader is None:  # given up meanwhile
                return b""
            self.abort()
        except BaseException:
            self.abort()
            raise
        raise APIConnectionError(
            f"Connection to {self._origin} failed while receiving", sent="answered"
        )

    def abort(self) -> None:
        """Give up the rest; does nothing when the end has been read."""
        if self._reader is not None:
            self._reader = None
            self._controller.abort()

    def __del__(self) -> None:
        if getattr(self, "_reader", None) is not None:
            self.abort()


class FetchWire:
    """Performs attempts through `fetch`, and opens sessions over `WebSocket`."""

    redaction = None

    def __init__(self, runtime: Runtime) -> None:
        self.clock = self.files = self.tasks = self.gates = runtime
        self._sessions: SessionBackend | None = None

    @property
    def backend(self) -> SessionBackend:
        """What sessions run over."""
        if self._sessions is None:
            from ..emscripten.sessions import SessionBackend

            self._sessions = SessionBackend(blocking=not self.files.asynchronous)
        return self._sessions

    async def exchange(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer, /
    ) -> Exchange:
        """Send the request and return once the head of the answer has come."""
        runtime, limits = self.clock, deadlines.timeout
        runtime.check()
        if limits.connect is not None and (limits.first_byte, limits.total) == (None, None):
            raise OpenAIError(
                f"timeout connect={limits.connect!r}: a browser does not tell when it has connected; "
                "give first_byte or total too, which bound it"
            )
        if any(name == b"upgrade" for name, _ in shipment.headers):
            return await self.backend.open(shipment, deadlines, tracer)
        content, more = await self._body(shipment, shipment.body)
        controller = js.AbortController.new()
        request = {
            "method": shipment.method.decode(),
            "headers": _object(_fields(shipment.headers + more)),
            "signal": controller.signal,
            "redirect": "manual",
            "credentials": "omit",
            "referrerPolicy": "no-referrer",
        }
        if content is not None:
            request["body"] = content
        url = f"{shipment.origin}{shipment.target.decode()}"
        try:
            promise = js.fetch(url, _object(request))
            response = await runtime.wait(promise, deadlines.until("first_byte"))
        except ffi.JsException as error:  # its text is not shown: it may quote a field
            failure = _failure(error, shipment.origin)
        except DeadlinePassed:
            controller.abort()
            failure = deadlines.passed("first_byte", "maybe")
        except BaseException:
            controller.abort()
            raise
        else:
            if response.type == "opaqueredirect":
                raise RemoteProtocolError(
                    f"{shipment.origin} redirects, and a browser does not say where to",
                    sent="answered",
                )
            tracer("request.sent")
            exchange = FetchExchange(runtime, shipment.origin, controller, response)
            tracer("response.head", head=exchange.head)
            return exchange
        raise failure

    async def _body(self, shipment: Shipment, body: Body | None) -> tuple[Any, RawHeaders]:
        """A request's body in JavaScript's memory, and its type."""
        if body is None:
            return None, ()
        if (whole := body.whole()) is not None:
            return ffi.to_js(whole), shipment.framing(None, body.content_type)
        parts = js.Array.new()
        reader = await body.open(self.files)
        try:
            while part := await reader.read(self.files):
                parts.push(ffi.to_js(part))
            return js.Blob.new(parts), shipment.framing(None, reader.content_type)
        finally:
            reader.close()


class FetchTransport:
    """What clients take in Pyodide. Connections are the browser's, so that nothing is to be closed."""

    def __init__(self, network: Network | None = None, *, blocking: bool = False) -> None:
        if network is not None and network != Network():
            raise OpenAIError(
                "network: proxies, certificates and connections are the browser's, which takes no "
                "settings for them; leave it out in Pyodide"
            )
        self._wire = FetchWire(Runtime(blocking=blocking))

    def wire(self) -> FetchWire:
        return self._wire

    def close(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


def _object(values: dict[str, Any]) -> Any:
    return ffi.to_js(values, dict_converter=js.Object.fromEntries)


def _fields(headers: RawHeaders) -> dict[str, str]:
    """Header fields by name, for `fetch` takes one of each, without those that are the browser's."""
    fields: dict[str, str] = {}
    for name, value in headers:
        if name not in OWN_FIELDS:
            key, text = name.decode(), value.decode("latin-1")
            fields[key] = f"{fields[key]}, {text}" if key in fields else text
    return fields


def _head(response: Any) -> ResponseHead:
    """The head of an answer: of a body that `fetch` has decoded, without what it was like before."""
    fields: dict[str, str] = js.Object.fromEntries(response.headers).to_py()
    codings = fields.get("content-encoding", "").lower().split(",")
    if _DECODED.issuperset(each.strip() for each in codings):
        del fields["content-encoding"]
        fields.pop("content-length", None)
    raw = [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]
    reason: str = response.statusText
    return ResponseHead(response.status, Headers(raw), b"", reason.encode("latin-1", "replace"))


def _failure(error: Any, origin: Origin) -> APIConnectionError:
    code: object = getattr(getattr(error, "cause", None), "code", None)
    sent: Sent = "no" if code in _UNSENT else "maybe"
    if isinstance(code, str):
        return APIConnectionError(f"Cannot reach {origin}: {code}", sent=sent)
    return APIConnectionError(
        f"Cannot reach {origin}: no connection, or the server does not allow this page (CORS)"
    )
