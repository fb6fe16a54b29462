"""Helpers of `live`: sessions over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....core.terms.omit import omit
from ...binding.helpers import Helpers
from ...binding.program_method import plain
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from typing import Unpack

    from ....core.terms.omit import Omit
    from ...realtime.connect import ReconnectingOptions
    from ...sending.modes import Sync
    from ..sockets.live import (
        ForksConnectionManager,
        LiveConnectionManager,
        SidebandConnectionManager,
    )


class LiveHelpers(Helpers[M]):
    """What `Live` offers beyond its endpoints."""

    __slots__ = ()

    def connect(
        self: Resource[Sync],
        **options: Unpack[ReconnectingOptions],
    ) -> LiveConnectionManager:
        """Open a Live session: a WebSocket at `/live/sessions`.

        Returns a context manager that connects on entering. Its first event is
        `connection.session.start(...)`, which is the caller's to send.
        """
        from ...realtime.connect import LIVE, connect
        from ..sockets.live import AsyncLiveConnectionManager, LiveConnectionManager

        name = "live.connect"
        managers = (LiveConnectionManager, AsyncLiveConnectionManager)
        return connect(plain(self, name), name, managers, {**LIVE, **options})


class SidebandHelpers(Helpers[M]):
    """What `Sideband` offers beyond its endpoints."""

    __slots__ = ()

    def connect(
        self: Resource[Sync],
        *,
        session_id: str,
        graceful_close: bool | Omit = omit,
        **options: Unpack[ReconnectingOptions],
    ) -> SidebandConnectionManager:
        """Attach to a Live session: a WebSocket at `/live/sessions/{session_id}/attach`.

        Returns a context manager that connects on entering.
        """
        from ...realtime.connect import LIVE, connect
        from ..sockets.live import AsyncSidebandConnectionManager, SidebandConnectionManager

        name = "live.sideband.connect"
        managers = (SidebandConnectionManager, AsyncSidebandConnectionManager)
        return connect(
            plain(self, name),
            name,
            managers,
            {**LIVE, **options},
            session_id,
            graceful_close=graceful_close,
        )


class ForksHelpers(Helpers[M]):
    """What `Forks` offers beyond its endpoints."""

    __slots__ = ()

    def connect(
        self: Resource[Sync],
        *,
        session_id: str,
        **options: Unpack[ReconnectingOptions],
    ) -> ForksConnectionManager:
        """Fork a stored Live session: a WebSocket at `/live/sessions/{session_id}/fork`.

        Returns a context manager that connects on entering. Each connecting forks
        once more, so that a lost connection is not opened again. Its first event is
        `connection.session.start(...)`, which is the caller's to send.
        """
        from ...realtime.connect import LIVE, connect
        from ..sockets.live import AsyncForksConnectionManager, ForksConnectionManager

        name = "live.forks.connect"
        managers = (ForksConnectionManager, AsyncForksConnectionManager)
        return connect(plain(self, name), name, managers, {**LIVE, **options}, session_id)
