"""Sessions over the `WebSocket` of a browser, for the program that runs them over bytes elsewhere.

A browser shakes hands, masks and answers pings by itself, and shows messages alone. So a handshake
is answered here with the 101 that the browser has kept, and what crosses the line are the frames of
the core's own machines: the client's in the session, and the server's in `socket.py`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from ...core.call.backend import DeadlinePassed, Switched
from ...core.call.pool import Ticket
from ...core.terms.errors import APIConnectionError, OpenAIError
from ...core.terms.http_message import TOKEN, Headers, ResponseHead, made_of
from ...core.websocket.handshake import accept_token
from .runtime import Runtime, ffi
from .socket import Socket, js

if TYPE_CHECKING:
    from ...core.call.deadlines import Deadlines
    from ...core.call.trace import Tracer
    from ...core.request.endpoint import Shipment
    from ...core.request.url import Origin
    from ...core.terms.http_message import RawHeaders

POLL: Final = 0.005
"""Seconds between looks at what the browser has not sent yet: it tells nobody."""

_KEY: Final = "openai-insecure-api-key."
_BROWSERS: Final = frozenset(
    b"host user-agent accept accept-encoding content-type upgrade connection sec-websocket-key "
    b"sec-websocket-version sec-websocket-extensions idempotency-key".split()
)
"""Fields that the browser says in its own way, or that mean nothing in a handshake."""


class SessionBackend(Runtime):
    """What a session needs of the outside."""

    pings = False

    async def open(self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer) -> Opened:
        """Open a WebSocket, and return once the browser says that it is open."""
        origin = shipment.origin
        names = subprotocols(shipment.headers)
        url = f"{'wss' if origin.scheme == 'https' else 'ws'}://{origin.authority}"
        socket = _begun(origin, url + shipment.target.decode(), names)
        ticket: Ticket[Socket] = Ticket(origin)
        ticket.granted, ticket.conn = True, socket
        opened = Opened(self, ticket)
        late = False
        try:
            while not (socket.open or socket.ended):
                await self.wait(socket.news(), deadlines.until("first_byte"))
        except DeadlinePassed:
            late = True
        except BaseException:
            opened.abort()
            raise
        if late or not socket.open:
            opened.abort()
            raise (
                deadlines.passed("first_byte", "maybe")
                if late
                else APIConnectionError(
                    f"Cannot open a session at {origin}: refused, or no connection; a browser does not "
                    "say which"
                )
            )
        tracer("request.sent")
        opened.head = _switching(shipment.headers, socket.protocol)
        tracer("response.head", head=opened.head)
        return opened

    async def send_part(self, conn: Socket, data: bytes | memoryview, deadline: float, /) -> int:
        """Give frames to the browser, once it has not too much of them."""
        while conn.full:
            await self.wait(asyncio.sleep(POLL), deadline)
        conn.send(bytes(data))
        return len(data)

    def unsent(self, conn: Socket, /) -> bool:
        return conn.full

    async def receive(self, conn: Socket, deadline: float, /) -> bytes:
        """Return frames that have come; `b""` is the end."""
        while not conn.readable:
            await self.wait(conn.news(), deadline)
        return conn.receive()

    def readable(self, conn: Socket, /) -> bool:
        return conn.readable

    def release(self, ticket: Ticket[Socket], /, *, reuse: bool) -> None:
        """Close what the ticket has. Any number of times."""
        ticket.granted = False
        conn, ticket.conn = ticket.conn, None
        if conn is not None:
            conn.abort()


class Opened:
    """The answer to a handshake."""

    head: ResponseHead

    def __init__(self, backend: SessionBackend, ticket: Ticket[Socket]) -> None:
        self.gates = backend
        self._ticket = ticket

    async def read(self, deadlines: Deadlines, /) -> bytes:
        return b""

    def switch(self) -> Switched[Any]:
        """Hand the connection over: its ticket is the caller's from now on."""
        ticket, self._ticket = self._ticket, Ticket[Socket](self._ticket.origin)
        backend: Any = self.gates  # as much of one as sessions ask for
        return Switched(backend, ticket, b"")

    def abort(self) -> None:
        self.gates.release(self._ticket, reuse=False)

    def __del__(self) -> None:
        if getattr(self, "_ticket", None) is not None:
            self.abort()


def _begun(origin: Origin, url: str, names: list[str]) -> Socket:
    if not hasattr(js, "WebSocket"):
        raise OpenAIError("sessions: there is no WebSocket here; Node has one from 22 on")
    try:
        return Socket(origin, url, names)
    except ffi.JsException as error:
        what = error.name  # its text may quote a subprotocol, and one is the key
    raise OpenAIError(f"The browser refuses to open a session at {origin}: {what}")


def subprotocols(headers: RawHeaders) -> list[str]:
    """The header fields of a handshake as the subprotocols that the API takes from browsers."""
    offered: list[str] = []
    meant: list[str] = []
    for name, value in headers:
        text = value.decode("latin-1")
        match name:
            case b"sec-websocket-protocol":
                offered += [each.strip() for each in text.split(",")]
            case b"authorization" if text[:7].lower() == "bearer ":
                meant.append(_KEY + text[7:].strip())
            case b"openai-organization" | b"openai-project":
                meant.append(f"{name.decode()}.{text}")
            case b"openai-beta":
                meant += [
                    f"openai-beta.{each.strip().replace('=', '-')}" for each in text.split(",")
                ]
            case _ if name not in _BROWSERS:
                raise OpenAIError(
                    f"header {name.decode()!r}: a browser opens a WebSocket without header fields of "
                    "the caller's; leave it out for sessions (extra_headers={name: None})"
                )
            case _:
                pass
    if any(each.startswith(_KEY) for each in offered):  # a client secret of this session's
        meant = [each for each in meant if not each.startswith(_KEY)]
    for each in meant:
        # Before the browser sees it: its own complaint would show the key.
        if not made_of(each.encode("latin-1"), TOKEN):
            what = "api_key" if each.startswith(_KEY) else each.partition(".")[0]
            raise OpenAIError(
                f"{what}: in a browser it goes out as a subprotocol, and has characters that these may "
                "not have; a client secret (client.realtime.client_secrets.create) has none of them"
            )
    return [*dict.fromkeys([*(offered or ["realtime"]), *meant])]


def _switching(headers: RawHeaders, chosen: str) -> ResponseHead:
    """The head of the 101, as far as it can be known."""
    asked = dict(headers)
    fields = [
        (b"upgrade", b"websocket"),
        (b"connection", b"Upgrade"),
        (b"sec-websocket-accept", accept_token(asked[b"sec-websocket-key"]).encode()),
    ]
    if chosen and chosen.encode() in asked.get(b"sec-websocket-protocol", b""):
        fields.append((b"sec-websocket-protocol", chosen.encode()))
    return ResponseHead(101, Headers(fields), b"", b"")
