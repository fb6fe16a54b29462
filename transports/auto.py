"""The transport of the running loop: asyncio's or trio's, and `fetch` in Pyodide."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..core.call.network import Network

if TYPE_CHECKING:
    from ..core.call.wire import Wire
    from .common.transport import Transport


class AutoTransport:
    """Asks at each call which library runs, and imports no other.

    Inside a task of trio it is trio, also where trio runs as a guest of asyncio.
    """

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or Network()
        self._asyncio: Transport | None = None
        self._trio: Transport | None = None
        if sys.platform == "emscripten":  # which has no sockets
            from .fetch.transport import FetchTransport

            self._asyncio = FetchTransport(network)

    def wire(self) -> Wire:
        """Return the wire of the running loop or run; `RuntimeError` when there is none."""
        return self._running().wire()

    def close(self) -> None:
        for transport in (self._asyncio, self._trio):
            if transport is not None:
                transport.close()

    async def aclose(self) -> None:
        self.close()
        await self._running().aclose()

    def _running(self) -> Transport:
        # A library that runs has been imported, by whoever runs it.
        trio = sys.modules.get("trio")
        if trio is not None and trio.lowlevel.in_trio_task():
            if self._trio is None:
                from .trio.transport import TrioTransport

                self._trio = TrioTransport(self._network)
            return self._trio
        asyncio = sys.modules.get("asyncio")
        try:
            running = asyncio is not None and asyncio.get_running_loop()
        except RuntimeError:
            running = False
        if not running:
            raise RuntimeError("no running event loop: an AsyncClient needs asyncio or trio")
        if self._asyncio is None:
            from .asyncio.transport import AsyncioTransport

            self._asyncio = AsyncioTransport(self._network)
        return self._asyncio
