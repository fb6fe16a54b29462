"""A tunnel through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6), as a machine.

    machine = ProxyConnect("api.openai.com", 443)
    send(machine.data_to_send())
    while machine.next_event() is NEED_DATA:
        machine.receive_data(receive())

The HTTP in it is that of `http1.py`; a refusal is an error that says that nothing was sent.
"""

from typing import Final

import msgspec

from ..terms.errors import APIConnectionError, RemoteProtocolError
from ..terms.http_message import (
    EndOfMessage,
    InformationalResponse,
    RawHeaders,
    Request,
    ResponseHead,
)
from ..terms.sentinels import NEED_DATA, PAUSED, NeedData, Paused
from .http1 import Http1Client


class TunnelOpen(msgspec.Struct, frozen=True, gc=False):
    """The proxy has connected: from now on the bytes are the server's."""


TUNNEL_OPEN: Final = TunnelOpen()


class ProxyConnect:
    """Asks a proxy for a connection to `host` and `port`, with `authorization` if given.

    The bytes of the request are given out once; after `TunnelOpen` there is nothing but `PAUSED`.
    """

    __slots__ = ("_http", "_open", "_request", "_where")

    def __init__(self, host: str, port: int, authorization: bytes | None = None) -> None:
        self._where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        headers: RawHeaders = ((b"host", self._where.encode("ascii")),)
        if authorization is not None:
            headers += ((b"proxy-authorization", authorization),)
        self._request: Request | None = Request(b"CONNECT", self._where.encode("ascii"), headers)
        self._http = Http1Client()
        self._open = False

    def data_to_send(self) -> bytes:
        """Return the bytes that are to be sent and have not been given out."""
        request, self._request = self._request, None
        return self._http.send(request) + self._http.send(EndOfMessage()) if request else b""

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the proxy; `b""` is its end."""
        self._http.receive_data(data)

    def next_event(self) -> TunnelOpen | NeedData | Paused:
        """Return `TunnelOpen` once, and `NEED_DATA` before it.

        Raises `APIConnectionError(sent="no")` when the proxy refuses, and `RemoteProtocolError`
        when it breaks HTTP's rules or talks on: nobody may speak before the tunnel's other end is
        spoken to.
        """
        if self._open:
            return PAUSED
        try:
            event = self._http.next_event()
            while isinstance(event, InformationalResponse):
                event = self._http.next_event()
        except RemoteProtocolError as error:
            error.sent = "no"
            raise
        if event is NEED_DATA:
            return NEED_DATA
        if not isinstance(event, ResponseHead):
            raise APIConnectionError(f"The proxy has refused a tunnel to {self._where}", sent="no")
        if not 200 <= event.status < 300:
            reason = event.reason.decode("latin-1")
            raise APIConnectionError(
                f"The proxy refused a tunnel to {self._where}: {event.status} {reason}".rstrip(),
                sent="no",
            )
        if self._http.trailing_data:
            raise RemoteProtocolError("the proxy spoke before the tunnel was used", sent="no")
        self._open = True
        return TUNNEL_OPEN
