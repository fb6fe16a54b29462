"""Wires perform attempts: `Wire` is the protocol, `PooledWire` speaks HTTP/1.1 over a backend.

A wire performs one attempt. `PooledWire` does it with the core's own HTTP/1.1 machine on a pooled
connection of a backend; a transport that brings its own HTTP (httpx) implements `Wire` itself.

The ticket owns the connection from the moment it exists. Whatever interrupts the program, the
connection is closed and the ticket returned before the exception leaves it; all of that cleanup is
synchronous.
"""

from functools import lru_cache
from typing import Final, Generic, Protocol, TypeVar

from ..http.body import Body, BodyReader
from ..http.http1 import Http1Client
from ..http.request_head import PreparedHead, PreparedRequest
from ..request.endpoint import Shipment
from ..request.redaction import Redaction
from ..terms.effects import Clock, Files, Tasks
from ..terms.errors import APIConnectionError, Phase, Sent
from ..terms.http_message import (
    Data,
    EndOfMessage,
    InformationalResponse,
    RawHeaders,
    ResponseHead,
)
from ..terms.sentinels import END, NEED_DATA
from .backend import Address, Backend, DeadlinePassed, Gates, Switched
from .deadlines import Deadlines
from .network import Network, Proxy
from .pool import Ticket
from .trace import Tracer

C = TypeVar("C")

_address: Final = lru_cache(maxsize=64)(Address)  # connections to a server have one together

AT_ONCE: Final = 1 << 16
"""A body up to this size goes out in one piece with its head: it fits the kernel's buffers."""


class Exchange(Protocol):
    """An answer whose head has come; its body is read from here."""

    @property
    def head(self) -> ResponseHead: ...
    @property
    def gates(self) -> Gates: ...

    async def read(self, deadlines: Deadlines, /) -> bytes:
        """Return the next part of the body, as it came; `b""` is its end, and frees everything."""
        ...

    def abort(self) -> None:
        """Give up the rest and close; does nothing when the end has been read."""
        ...


class Wire(Protocol):
    """Performs attempts; belongs to one thread pool, event loop or run, as its backend does."""

    @property
    def clock(self) -> Clock: ...
    @property
    def files(self) -> Files: ...
    @property
    def tasks(self) -> Tasks: ...
    @property
    def gates(self) -> Gates: ...

    async def exchange(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer, /
    ) -> Exchange:
        """Send the request and return once the head of the final answer has come."""
        ...


def masks_of(wire: Wire) -> Redaction | None:
    """What masks the credentials of the way to the server: those of a proxy, for wires that know."""
    found: Redaction | None = getattr(wire, "redaction", None)
    return found


class PooledWire(Generic[C]):
    """HTTP/1.1 over the pooled connections of a backend."""

    __slots__ = ("backend", "clock", "files", "gates", "network", "redaction", "tasks")

    def __init__(self, backend: Backend[C], network: Network) -> None:
        self.backend = backend
        self.clock: Clock = backend
        self.files: Files = backend
        self.tasks: Tasks = backend
        self.gates: Gates = backend
        self.network = network
        proxy = network.proxy
        self.redaction = proxy.redaction() if isinstance(proxy, Proxy) else None

    async def exchange(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer, /
    ) -> "HttpExchange[C]":
        """Run one attempt, on a fresh connection if the pooled one turns out to be dead."""
        proxy = self.network.proxy
        if isinstance(proxy, Proxy) and shipment.origin.scheme == "http":
            from .proxying import asks_to_switch, for_a_tunnel, in_absolute_form, refusal_of

            if asks_to_switch(shipment):
                return await self._exchange(for_a_tunnel(shipment), deadlines, tracer)
            exchange = await self._exchange(in_absolute_form(shipment, proxy), deadlines, tracer)
            if (refusal := refusal_of(exchange.head, shipment.origin)) is not None:
                exchange.abort()
                raise refusal
            return exchange
        return await self._exchange(shipment, deadlines, tracer)

    async def _exchange(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer
    ) -> "HttpExchange[C]":
        backend = self.backend
        ticket = backend.request(shipment.origin)
        exchange = HttpExchange(backend, ticket)
        try:
            if not ticket.granted:
                tracer("pool.wait", shipment.origin)
                try:
                    await backend.park(ticket, deadlines.until("pool"))
                except DeadlinePassed:
                    raise deadlines.passed("pool", "no") from None
            if shipment.body is not None and shipment.body.whole() is None:
                await exchange.open(shipment.body)
            _discard_stale(backend, ticket, tracer)  # from here to the first byte nothing waits
            if ticket.conn is not None:
                tracer("connection.reuse", shipment.origin)
                try:
                    return await exchange.run(shipment, deadlines, tracer)
                except APIConnectionError as failure:
                    if not _may_repeat(failure, shipment, exchange):
                        raise
                    tracer("connection.retry", failure)
                conn, ticket.conn = ticket.conn, None
                if conn is not None:
                    backend.abort(conn)
                exchange.restart()
            await self._connect(ticket, deadlines)
            tracer("connection.open", shipment.origin)
            return await exchange.run(shipment, deadlines, tracer)
        except BaseException:
            exchange.abort()
            raise

    async def _connect(self, ticket: Ticket[C], deadlines: Deadlines) -> None:
        """Put a new connection on the ticket: TCP, the proxy's tunnel, and TLS, if they are needed."""
        backend, origin, proxy = self.backend, ticket.origin, self.network.proxy
        deadline = deadlines.until("connect")
        try:
            if isinstance(proxy, Proxy):
                ticket.conn = await backend.connect(_address(proxy.host, proxy.port), deadline)
                if origin.scheme == "http":
                    return
                from .proxying import tunnel

                await tunnel(backend, ticket.conn, proxy, origin, deadline)
            else:
                ticket.conn = await backend.connect(_address(origin.host, origin.port), deadline)
            if origin.scheme == "https":
                bare, ticket.conn = ticket.conn, None
                ticket.conn = await backend.start_tls(bare, origin.host, deadline)
        except DeadlinePassed:
            raise deadlines.passed("connect", "no") from None
        except APIConnectionError as failure:
            failure.sent = "no"
            raise


def _discard_stale(backend: Backend[C], ticket: Ticket[C], tracer: Tracer) -> None:
    """Close pooled connections that the server has closed, or that said something unasked."""
    while ticket.conn is not None and backend.readable(ticket.conn):
        conn, ticket.conn = ticket.conn, None
        backend.abort(conn)
        tracer("connection.stale", ticket.origin)
        backend.another(ticket)


def _may_repeat(
    failure: APIConnectionError, shipment: Shipment, exchange: "HttpExchange[C]"
) -> bool:
    """Say whether a failure on a reused connection shows only that the connection was dead.

    Servers close idle connections without a word. If none of the answer came, and either none of
    the request went out or sending it twice is safe, a fresh connection is no retry of the call.
    """
    body = shipment.body
    return (
        not exchange.heard
        and (failure.sent == "no" or shipment.safe)
        and (body is None or body.replayable or not exchange.body_opened)
    )


class HttpExchange(Generic[C]):
    """One HTTP/1.1 request and its answer on the connection of a ticket."""

    __slots__ = (
        "_backend",
        "_head",
        "_machine",
        "_reader",
        "_ticket",
        "body_opened",
        "heard",
        "sent",
    )

    def __init__(self, backend: Backend[C], ticket: Ticket[C]) -> None:
        self._backend = backend
        self._reader: BodyReader | None = None
        self._ticket = ticket  # from now on the exchange gives it back
        self.restart()

    def restart(self) -> None:
        """Begin anew, for another connection on the same ticket."""
        self._machine = Http1Client()
        self._head: ResponseHead | None = None
        self.heard = False
        """Whether any byte of an answer has come."""
        self.sent: Sent = "no"
        self.body_opened = False

    async def open(self, body: Body) -> BodyReader:
        """Open a body that is not in memory, which may take long: its reader is kept for `run`."""
        self.body_opened = True
        self._reader = reader = await body.open(self._backend)
        return reader

    def _close_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    @property
    def head(self) -> ResponseHead:
        """The head of the final answer; there is one once `run` has returned."""
        assert self._head is not None
        return self._head

    @property
    def gates(self) -> Gates:
        return self._backend

    @property
    def _conn(self) -> C:
        conn = self._ticket.conn
        assert conn is not None
        return conn

    async def run(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer
    ) -> "HttpExchange[C]":
        """Send the request, and receive until the final answer's head."""
        refused: APIConnectionError | None = None
        try:
            await self._send(shipment, deadlines)
            tracer("request.sent")
        except APIConnectionError as failure:
            # A server that refuses an upload may answer and close before it has read all of it.
            if not self._backend.readable(self._conn):
                raise
            refused = failure
        try:
            head = await self._receive_head(deadlines)
        except APIConnectionError as failure:
            failure.sent = "answered" if self.heard else self.sent
            if refused is not None:
                raise refused from failure
            raise
        finally:
            del refused  # else it and the frame would keep each other alive
        self._head = head
        tracer("response.head", head=head)
        return self

    async def _send(self, shipment: Shipment, deadlines: Deadlines) -> None:
        body = shipment.body
        whole = b"" if body is None else body.whole()
        if whole is None:
            assert body is not None
            await self._send_streamed(shipment, body, deadlines)
            return
        await self._push(self._opening(shipment, body, whole), deadlines)
        if len(whole) > AT_ONCE and await self._push_watching(whole, deadlines) < len(whole):
            return
        if whole:
            self._machine.send(Data(whole))
        self._machine.send(EndOfMessage())

    async def _send_streamed(self, shipment: Shipment, body: Body, deadlines: Deadlines) -> None:
        from .unread import send_unread

        reader = self._reader or await self.open(body)
        try:
            framing = shipment.framing(reader.length, reader.content_type)
            await self._push(memoryview(self._render(shipment, framing)), deadlines)
            left = reader.length
            while True:
                went = await send_unread(
                    self._backend, self._conn, self._machine, reader, deadlines
                )
                if not went:
                    if not (part := await reader.read(self._backend)):
                        break
                    data = self._machine.send(Data(part))
                    if await self._push_watching(data, deadlines) < len(data):
                        return
                    went = len(part)
                left = None if left is None else left - went
                if left != 0 and self._backend.readable(self._conn):
                    return
            await self._push(self._machine.send(EndOfMessage()), deadlines)
        finally:
            self._close_reader()

    # What these return shows in no frame that waits: the key is in it. A view hides its bytes.

    def _opening(self, shipment: Shipment, body: Body | None, whole: bytes) -> memoryview:
        """The head of a request, and its body if that is small."""
        framing = () if body is None else shipment.framing(len(whole), body.content_type)
        head = self._render(shipment, framing)
        return memoryview(head + whole if len(whole) <= AT_ONCE else head)

    def _render(self, shipment: Shipment, framing: RawHeaders) -> bytes:
        head = shipment.head
        if head is None:
            head = PreparedHead(shipment.method, shipment.target, shipment.headers)
        return self._machine.send(PreparedRequest(head, framing))

    async def _push(self, data: bytes | memoryview, deadlines: Deadlines) -> None:
        """Send bytes."""
        try:
            await self._backend.send(self._conn, data, deadlines.until("send"))
        except DeadlinePassed:
            raise deadlines.passed("send", "maybe") from None
        except APIConnectionError as failure:
            failure.sent = self.sent
            raise
        self.sent = "maybe"

    async def _push_watching(self, data: bytes, deadlines: Deadlines) -> int:
        """Send bytes until the peer speaks, and return how many it had taken by then."""
        size, taken = len(data), 0
        at_once = deadlines.at_once(size)
        view = data if at_once == size else memoryview(data)
        while taken < size:
            part = view[taken : taken + at_once]
            went = await self._push_part(part, deadlines)
            taken += went
            if went < len(part):
                break
        return taken

    async def _push_part(self, part: bytes | memoryview, deadlines: Deadlines) -> int:
        try:
            taken = await self._backend.send_watching(self._conn, part, deadlines.until("send"))
        except DeadlinePassed:
            raise deadlines.passed("send", "maybe") from None
        except APIConnectionError as failure:
            failure.sent = self.sent
            raise
        self.sent = "maybe"
        return taken

    async def _receive_head(self, deadlines: Deadlines) -> ResponseHead:
        machine, deadline = self._machine, deadlines.until("first_byte")
        while True:
            event = machine.next_event()
            if isinstance(event, ResponseHead):
                return event
            if isinstance(event, InformationalResponse) and event.status == 101:
                return ResponseHead(event.status, event.headers)  # the last of its protocol
            if event is NEED_DATA:
                machine.receive_data(await self._receive(deadlines, deadline))

    async def _receive(self, deadlines: Deadlines, deadline: float) -> bytes:
        try:
            data = await self._backend.receive(self._conn, deadline)
        except DeadlinePassed:
            phase: Phase = "first_byte" if self._head is None else "idle"
            raise deadlines.passed(phase, "answered" if self.heard else self.sent) from None
        except APIConnectionError as failure:
            failure.sent = "answered" if self.heard else self.sent
            raise
        if data:
            self.heard = True
        return data

    async def read(self, deadlines: Deadlines, /) -> bytes:
        """Return the next part of the body; `b""` is its end, and frees the connection."""
        machine, ticket = self._machine, self._ticket
        if not ticket.granted:
            raise APIConnectionError("The answer was given up", sent="answered")
        try:
            while (event := machine.next_event()) is NEED_DATA:
                data = await self._receive(deadlines, deadlines.until("idle"))
                machine.receive_data(data, cut=not data and self._backend.was_cut(self._conn))
            if isinstance(event, Data):
                return event.data
        except BaseException:
            self.abort()
            raise
        self._backend.release(self._ticket, reuse=machine.reusable)
        return b""

    async def read_by(self, deadlines: Deadlines, deadline: float, /) -> bytes | None:
        """Do what `read` does; return `None` if nothing has come by then, and leave it at that."""
        machine, event = self._machine, None
        try:
            while (event is None or event is NEED_DATA) and deadline < deadlines.until("idle"):
                event = machine.next_event() if self._ticket.granted else END
                if event is NEED_DATA:
                    data = await self._backend.receive(self._conn, deadline)
                    machine.receive_data(data, cut=not data and self._backend.was_cut(self._conn))
        except DeadlinePassed:
            return None
        except BaseException:
            self.abort()
            raise
        return event.data if isinstance(event, Data) else await self.read(deadlines)

    def switch(self) -> "Switched[C]":
        """Hand the connection over after a 101: its ticket is the caller's from now on."""
        ticket = self._ticket
        self._ticket = Ticket[C](ticket.origin)  # which has no connection, and is no pool's
        return Switched(self._backend, ticket, self._machine.trailing_data)

    def abort(self) -> None:
        """Close the connection and return the ticket; does nothing the second time."""
        self._close_reader()
        self._backend.release(self._ticket, reuse=False)

    def __del__(self) -> None:
        ticket = getattr(self, "_ticket", None)
        if ticket is not None and ticket.granted:
            self.abort()


__all__ = ["Exchange", "HttpExchange", "PooledWire", "Shipment", "Switched", "Wire"]
