"""What a proxy takes: requests in absolute form for `http`, a tunnel for `https` and for WebSockets."""

from typing import TypeVar

import msgspec

from ..request.endpoint import Shipment
from ..request.url import Origin
from ..terms.errors import APIConnectionError
from ..terms.http_message import ResponseHead
from ..terms.sentinels import NEED_DATA
from .backend import Backend
from .network import Proxy

C = TypeVar("C")


def in_absolute_form(shipment: Shipment, proxy: Proxy) -> Shipment:
    """A request as a proxy takes it (RFC 9112 section 3.2.2), with its credentials."""
    authorization = proxy.authorization()
    more = () if authorization is None else ((b"proxy-authorization", authorization),)
    return msgspec.structs.replace(
        shipment,
        target=b"http://" + shipment.origin.authority.encode() + shipment.target,
        headers=shipment.headers + more,
        head=None,
    )


def asks_to_switch(shipment: Shipment) -> bool:
    """Whether a request asks for another protocol on its connection."""
    return any(name == b"upgrade" for name, _ in shipment.headers)


def for_a_tunnel(shipment: Shipment) -> Shipment:
    """A request without TLS that no proxy is to read, since none passes an `upgrade` on.

    `upgrade` is for the next hop (RFC 9110 section 7.8), so that a WebSocket takes a tunnel (RFC 6455
    section 4.1). Its connection is another's than the proxy's, which the scheme tells apart.
    """
    origin = shipment.origin._replace(scheme="ws")
    return msgspec.structs.replace(shipment, origin=origin)


def refusal_of(head: ResponseHead, origin: Origin) -> APIConnectionError | None:
    """The error, as where a tunnel is refused, if it was the proxy that answered: with its own 407."""
    if head.status != 407:
        return None
    reason = head.reason.decode("latin-1")
    return APIConnectionError(
        f"The proxy refused a request to {origin}: 407 {reason}".rstrip(), sent="no"
    )


async def tunnel(
    backend: Backend[C], conn: C, proxy: Proxy, origin: Origin, deadline: float
) -> None:
    """Ask `proxy` for a tunnel to `origin` on `conn`."""
    from ..http.proxy_tunnel import ProxyConnect

    machine = ProxyConnect(origin.host, origin.port, proxy.authorization())
    await backend.send(conn, machine.data_to_send(), deadline)
    while machine.next_event() is NEED_DATA:
        machine.receive_data(await backend.receive(conn, deadline))
