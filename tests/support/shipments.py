"""Requests without an operation, for the tests of wires."""

from api_openai.core.call.backend import Address
from api_openai.core.call.deadlines import Deadlines
from api_openai.core.call.trace import Tracer
from api_openai.core.call.wire import Wire
from api_openai.core.http.body import Body
from api_openai.core.request.endpoint import Shipment
from api_openai.core.request.timeout import Timeout
from api_openai.core.request.url import Origin


def shipment(
    address: Address,
    *,
    scheme: str = "http",
    host: str | None = None,
    body: Body | None = None,
    target: bytes = b"/v1/echo",
) -> Shipment:
    """A POST to `address`, or a GET when there is nothing to post."""
    origin = Origin(scheme, host or address.host, address.port)
    method = b"GET" if body is None else b"POST"
    headers = ((b"host", origin.authority.encode()), (b"accept-encoding", b"identity"))
    return Shipment(origin, method, target, headers, body, safe=False)


def deadlines(wire: Wire, timeout: Timeout | None = None) -> Deadlines:
    """The deadlines of a call that begins now."""
    return Deadlines(timeout or Timeout(), wire.clock.now)


def tracer(wire: Wire) -> Tracer:
    """A tracer for one call on a wire, which nobody listens to."""
    return Tracer()


async def fetch(wire: Wire, what: Shipment, timeout: Timeout | None = None) -> tuple[int, bytes]:
    """Run one exchange and return status and body."""
    limits = deadlines(wire, timeout)
    exchange = await wire.exchange(what, limits, tracer(wire))
    parts: list[bytes] = []
    while part := await exchange.read(limits):
        parts.append(part)
    return exchange.head.status, b"".join(parts)


__all__ = ["deadlines", "fetch", "shipment", "tracer"]
