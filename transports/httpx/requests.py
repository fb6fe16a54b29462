"""Requests for the caller's client: what it was set up with, and over that what the core has made."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .bodies import whole_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.call.wire import Shipment
    from ...core.terms.http_message import RawHeaders
    from .package import Package

__all__ = ["build_request", "configured_timeout"]


def build_request(
    client: Any,
    package: Package,
    shipment: Shipment,
    headers: RawHeaders,
    content: Any,
    whole: bytes | None,
    extensions: dict[str, object],
) -> Any:
    """Build a request as `client` would, with its header fields, parameters and cookies.

    A field or parameter of the core's replaces the client's of that name. `content` is read piece by
    piece, where there is no `whole`.
    """
    scheme, host, port = shipment.origin
    url = package.URL(scheme=scheme, host=host, port=port, raw_path=shipment.target)
    params = None
    if client.params:
        params = url.params
    elif url.raw_path != shipment.target:
        # As it is: httpx would write it in another way. Not else, for httpx takes it for the target
        # of a CONNECT to a proxy too.
        extensions["target"] = shipment.target
    method = shipment.method.decode("ascii")
    request = client.build_request(
        method, url, content=whole, params=params, headers=list(headers), extensions=extensions
    )
    own = {name for name, _ in headers}
    for name, value in _usual_fields(package).items():
        if name.encode() not in own and request.headers.get(name) == value:
            del request.headers[name]  # nobody has asked for it
    if whole is not None:
        request.stream = whole_body(whole, package)
        return request
    return package.Request(
        method, request.url, headers=request.headers, stream=content, extensions=extensions
    )


@cache
def _usual_fields(package: Package) -> Mapping[str, str]:
    """The header fields of a client that was given none."""
    client = object.__new__(package.Client)  # no connections, and no certificates to load for them
    headers = package.Client.headers
    headers.fset(client, None)
    return dict(headers.fget(client))


def configured_timeout(client: Any, package: Package) -> dict[str, float | None]:
    """The timeouts that a client was set up with; none where they are the five seconds of httpx."""
    timeout = client.timeout
    if timeout == package.Timeout(5.0):
        return {}
    found: dict[str, float | None] = timeout.as_dict()
    return found
