"""Helpers of `realtime`: sessions over a WebSocket."""

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
    from ..sockets.realtime import RealtimeConnectionManager, TranslationsConnectionManager


class RealtimeHelpers(Helpers[M]):
    """What `Realtime` offers beyond its endpoints."""

    __slots__ = ()

    def connect(
        self: Resource[Sync],
        *,
        model: str | Omit = omit,
        call_id: str | Omit = omit,
        **options: Unpack[ReconnectingOptions],
    ) -> RealtimeConnectionManager:
        """Open a session, or attach to a call: a WebSocket at `/realtime`.

        Returns a context manager that connects on entering. On Azure `model` names the
        deployment. A session that only transcribes is `extra_query={"intent": "transcription"}`.
        """
        from ...realtime.connect import connect
        from ..sockets.realtime import AsyncRealtimeConnectionManager, RealtimeConnectionManager

        name = "realtime.connect"
        managers = (RealtimeConnectionManager, AsyncRealtimeConnectionManager)
        return connect(plain(self, name), name, managers, options, model=model, call_id=call_id)


class TranslationsHelpers(Helpers[M]):
    """What `Translations` offers beyond its endpoints."""

    __slots__ = ()

    def connect(
        self: Resource[Sync],
        model: str,
        **options: Unpack[ReconnectingOptions],
    ) -> TranslationsConnectionManager:
        """Open a session that translates: a WebSocket at `/realtime/translations`.

        Returns a context manager that connects on entering.
        """
        from ...realtime.connect import connect
        from ..sockets.realtime import (
            AsyncTranslationsConnectionManager,
            TranslationsConnectionManager,
        )

        name = "realtime.translations.connect"
        managers = (TranslationsConnectionManager, AsyncTranslationsConnectionManager)
        return connect(plain(self, name), name, managers, options, model=model)
