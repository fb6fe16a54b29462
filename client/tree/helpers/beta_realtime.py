"""Helpers of `beta_realtime`: sessions over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...binding.helpers import Helpers
from ...binding.program_method import plain
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from typing import Unpack

    from ...realtime.connect import ConnectOptions
    from ...sending.modes import Sync
    from ..sockets.beta_realtime import RealtimeConnectionManager


class RealtimeHelpers(Helpers[M]):
    """What `Realtime` offers beyond its endpoints."""

    __slots__ = ()

    def connect(
        self: Resource[Sync],
        *,
        model: str,
        **options: Unpack[ConnectOptions],
    ) -> RealtimeConnectionManager:
        """Open a session of the old beta: a WebSocket at `/realtime`, with its header field.

        Returns a context manager that connects on entering.
        """
        from ...realtime.connect import ConnectOptions, connect
        from ..sockets.beta_realtime import (
            AsyncRealtimeConnectionManager,
            RealtimeConnectionManager,
        )

        name = "beta.realtime.connect"
        managers = (RealtimeConnectionManager, AsyncRealtimeConnectionManager)
        return connect(
            plain(self, name), name, managers, options, model=model, known=ConnectOptions
        )
