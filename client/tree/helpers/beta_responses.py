"""Helpers of `beta_responses`: sessions over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...binding.program_method import plain
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from typing import Unpack

    from ...realtime.connect import ReconnectingOptions
    from ...sending.modes import Sync
    from ..sockets.beta_responses import ResponsesConnectionManager


class ResponsesHelpers(Resource[M]):
    """What `Responses` offers beyond its endpoints."""

    __slots__ = ()

    def connect(
        self: Resource[Sync],
        **options: Unpack[ReconnectingOptions],
    ) -> ResponsesConnectionManager:
        """Create responses over one connection: a WebSocket at `/responses`.

        Returns a context manager that connects on entering.
        """
        from ...realtime.connect import connect
        from ..sockets.beta_responses import (
            AsyncResponsesConnectionManager,
            ResponsesConnectionManager,
        )

        name = "beta.responses.connect"
        managers = (ResponsesConnectionManager, AsyncResponsesConnectionManager)
        return connect(plain(self, name), name, managers, options)
