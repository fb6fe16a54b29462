"""A WebSocket over a blocking socket: the machine, and nothing between."""

import os
import socket
from typing import Final

import h11

from api_openai.core.http.http1 import Http1Client
from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.http_message import (
    EndOfMessage,
    Headers,
    InformationalResponse,
    RawHeaders,
    Request,
    ResponseHead,
)
from api_openai.core.terms.sentinels import NEED_DATA, PAUSED
from api_openai.core.websocket.events import Binary, Close, Event, Text
from api_openai.core.websocket.handshake import Agreed, ClientHandshake, accept
from api_openai.core.websocket.machine import Role, WebSocket

READ: Final = 65536
LINGER: Final = 5.0
"""Seconds that the peer has to end the connection, after both have said all."""


class Refused(Exception):
    """The server answered the handshake with something else than 101."""

    def __init__(self, head: ResponseHead) -> None:
        super().__init__(f"the handshake was answered with {head.status}")
        self.head = head


class Link:
    """One side of a connection after its handshake."""

    def __init__(self, sock: socket.socket, role: Role, agreed: Agreed, early: bytes) -> None:
        self._sock = sock
        self._role = role
        self.agreed = agreed
        self._machine = WebSocket(role, mask=lambda: os.urandom(4), deflate=agreed.deflate)
        if early:
            self._machine.receive_data(early)

    def receive(self) -> Event | None:
        """Wait for the next event, `None` after the peer's close; what it asks for is sent."""
        try:
            while (event := self._machine.next_event()) is NEED_DATA:
                self._machine.receive_data(self._sock.recv(READ))
        finally:
            if owed := self._machine.data_to_send():
                self._sock.sendall(owed)
        return None if event is PAUSED else event

    def send(self, event: Event) -> None:
        self._sock.sendall(self._machine.send(event))

    def echo(self) -> None:
        """Send back every message until the peer closes or breaks the rules, and end."""
        try:
            while (event := self.receive()) is not None:
                if isinstance(event, Text | Binary):
                    self.send(event)
        except (RemoteProtocolError, ConnectionError):
            pass
        self.end()

    def end(self) -> None:
        """End the connection, after the closes: the server does, and the client waits for it."""
        try:
            self._sock.settimeout(LINGER)
            if self._role == "server":
                self._sock.shutdown(socket.SHUT_WR)
            while self._sock.recv(READ):
                pass
        except OSError:
            pass
        self._sock.close()

    def close(self, code: int = 1000, reason: str = "") -> Close:
        """Close, and return the peer's answer; messages on the way are dropped."""
        self.send(Close(code, reason))
        while not isinstance(event := self.receive(), Close):
            assert event is not None
        self.end()
        return event


def ask(
    sock: socket.socket,
    host: str,
    target: str,
    *,
    deflate: bool = False,
    offer: str | None = None,
    extra: RawHeaders = (),
) -> Link:
    """Open a WebSocket as a client; `offer` is put in place of the machine's own offer."""
    handshake = ClientHandshake(os.urandom(16), deflate=deflate or offer is not None)
    fields = tuple(
        (name, offer.encode() if offer and name == b"sec-websocket-extensions" else value)
        for name, value in handshake.fields()
    )
    http = Http1Client()
    head = Request(b"GET", target.encode(), ((b"host", host.encode()), *extra, *fields))
    sock.sendall(http.send(head) + http.send(EndOfMessage()))
    while not isinstance(event := http.next_event(), ResponseHead):
        if isinstance(event, InformationalResponse):
            if event.status == 101:
                return Link(sock, "client", handshake.check(event.headers), http.trailing_data)
        elif event is NEED_DATA:
            http.receive_data(sock.recv(READ))
    raise Refused(event)


def answer(sock: socket.socket) -> Link:
    """Take a WebSocket as a server."""
    http = h11.Connection(h11.SERVER)
    while not isinstance(event := http.next_event(), h11.Request):
        if event is h11.NEED_DATA:
            http.receive_data(sock.recv(READ))
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionAbortedError("the client left without a request")
    fields, agreed = accept(Headers(event.headers))
    head = h11.InformationalResponse(status_code=101, headers=[*fields], reason=b"Switching")
    while http.next_event() is not h11.PAUSED:
        pass
    sock.sendall(http.send(head) or b"")
    return Link(sock, "server", agreed, http.trailing_data[0])
