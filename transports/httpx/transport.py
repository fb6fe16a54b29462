"""Calls through a client of httpx or httpx2 that the caller has configured and owns.

What it was set up with counts, as it would for a request of its own: proxies, HTTP/2, mounts, event
hooks, certificates, `auth`, whether redirects are followed, and its header fields, parameters and
cookies, unless the call has one of that name. Its timeouts bound the phases to which the call sets no
limit. What httpx does by itself does not: its usual header fields and five seconds. The answer's body
comes back as it was received. The client is the caller's to close.

httpx has one timeout for every read. All deadlines are exact in spite of it under asyncio and trio,
and in a blocking client on the connections that were opened for this library. On those that the
client had opened before, for others, it notices a deadline when the next bytes come, or when none
have come for as long as was left.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from ..common.per_loop import step
from .adapters import AsyncAdapter, SyncAdapter
from .exchange import HttpxWire
from .package import check_client
from .running_loop import running

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    import httpx
    import httpx2


class HttpxTransport:
    """What `Client(transport=...)` takes to go through an `httpx.Client` or `httpx2.Client`."""

    def __init__(self, client: httpx.Client | httpx2.Client) -> None:
        check_client(client, asynchronous=False)
        self._wire = HttpxWire(SyncAdapter(client))

    def wire(self) -> HttpxWire[Iterator[bytes]]:
        return self._wire

    def close(self) -> None:
        """Do nothing: the client, with its connections, is the caller's."""

    async def aclose(self) -> None:
        """Do nothing, as `close`."""


class AsyncHttpxTransport:
    """What `AsyncClient(transport=...)` takes to go through an `httpx.AsyncClient`.

    Under asyncio and trio. As with httpx itself, one loop or run must be over before the client is
    used in another.
    """

    def __init__(self, client: httpx.AsyncClient | httpx2.AsyncClient) -> None:
        self._wires: dict[object, HttpxWire[AsyncIterator[bytes]]] = {}
        self._ends: dict[object, tuple[AsyncAdapter, AsyncGenerator[None, None]]] = {}
        check_client(client, asynchronous=True)
        self._client = client

    def wire(self) -> HttpxWire[AsyncIterator[bytes]]:
        """Return the wire of the running loop or run; `RuntimeError` when there is none."""
        loop = running()
        wire = self._wires.get(loop)
        return self._begin(loop) if wire is None else wire

    def _begin(self, loop: object) -> HttpxWire[AsyncIterator[bytes]]:
        adapter = AsyncAdapter(self._client)
        end = _until_end(adapter, weakref.ref(self), loop)
        step(end.asend(None))
        self._ends[loop] = (adapter, end)
        wire = self._wires[loop] = HttpxWire(adapter)
        return wire

    def drop(self, loop: object) -> None:
        """Forget a loop that has ended."""
        self._wires.pop(loop, None)
        self._ends.pop(loop, None)

    def close(self) -> None:
        """Do nothing: the client, with its connections, is the caller's."""

    async def aclose(self) -> None:
        """Do nothing, as `close`."""

    def __del__(self) -> None:
        for adapter, end in [*self._ends.values()]:
            adapter.forget()
            step(end.aclose())


async def _until_end(
    adapter: AsyncAdapter, transport: weakref.ref[AsyncHttpxTransport], loop: object
) -> AsyncGenerator[None, None]:
    """Event loops close their asynchronous generators at their end, and this is one."""
    try:
        yield
    finally:
        if (alive := transport()) is not None:
            alive.drop(loop)
        await adapter.end()
