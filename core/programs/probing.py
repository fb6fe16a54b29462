"""Probes of all endpoints of a client, side by side: what `client.check_health()` runs."""

from typing import Any

import msgspec

from ..call.call import call
from ..call.policy import NO_POLICIES
from ..call.settings import Settings
from ..call.wire import Wire
from ..policies.health import Health, HealthReport
from ..request.endpoint import Endpoint
from ..request.operation import Operation
from ..request.timeout import Timeout
from ..terms.errors import APIError, APIStatusError

__all__ = ["check_health"]

OF_THE_ENDPOINT = frozenset({401, 403, 408, 429})
"""Statuses below 500 that say that an endpoint cannot be used."""


async def check_health(wire: Wire, settings: Settings, timeout: Timeout) -> HealthReport:
    """Send one probe to each endpoint, outside of all policies, and return what is known then.

    The endpoints are those of the failover, or else the client's one.
    """
    health = settings.policies.health
    known = health if isinstance(health, Health) else Health()
    endpoints: tuple[Endpoint, ...] = tuple(
        getattr(settings.policies.failover, "endpoints", ()) or (settings.endpoint,)
    )
    plain = msgspec.structs.replace(settings, policies=NO_POLICIES, timeout=timeout)
    operation = known.operation or _listing()

    async def probe(endpoint: Endpoint) -> None:
        began = wire.clock.now()
        failure = ""
        try:
            aimed = msgspec.structs.replace(plain, endpoint=endpoint)
            await call(wire, aimed, operation, whole=True)
        except APIError as error:
            failure = _failure(error)
        with wire.tasks.exclusive:
            seconds = wire.clock.now() - began
            known.probed(endpoint, failure, seconds, wire.clock.steady())

    await wire.tasks.gather([_bound(probe, each) for each in endpoints], len(endpoints))
    with wire.tasks.exclusive:
        return known.report(endpoints, wire.clock.steady())


def _bound(probe: Any, endpoint: Endpoint) -> Any:
    return lambda: probe(endpoint)


def _failure(error: APIError) -> str:
    """How a probe failed, in words; nothing where the answer shows a server that works."""
    if not isinstance(error, APIStatusError):
        return str(error)
    status = error.status_code
    return f"status {status}" if status >= 500 or status in OF_THE_ENDPOINT else ""


def _listing() -> Operation[Any, Any]:
    from ..api.operations import models

    return models.list_()
