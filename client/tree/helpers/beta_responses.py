"""Helpers of `beta_responses`: events that are read on after a cut, sessions over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....core.terms.omit import omit
from ...binding.helpers import Helpers
from ...binding.program_method import plain
from ...binding.resource import M, Resource

if TYPE_CHECKING:
    from typing import Unpack

    from ....core.accumulate.response_events import ResponsePolledEvent
    from ....core.api.params.beta_responses import ResponseCreateParams
    from ....core.api.types.beta_responses import BetaResponseStreamEvent
    from ....core.programs.resume import Resume
    from ....core.terms.omit import Omit
    from ...answers.resuming import ResumingStream
    from ...realtime.connect import ReconnectingOptions
    from ...sending.context_managers import Manager
    from ...sending.modes import Sync
    from ..sockets.beta_responses import ResponsesConnectionManager


class ResponsesHelpers(Helpers[M]):
    """What `Responses` offers beyond its endpoints."""

    __slots__ = ()

    def follow(
        self: Resource[Sync],
        *,
        response_id: str | Omit = omit,
        starting_after: int | Omit = omit,
        resume: Resume | Omit = omit,
        **params: Unpack[ResponseCreateParams],
    ) -> Manager[ResumingStream[BetaResponseStreamEvent | ResponsePolledEvent]]:
        """The events of a background response, read on after each cut from where they had come to.

        `POST /responses` with the keywords of `create`, `background=True` among them, or with
        `response_id` `GET /responses/{response_id}`: its events after `starting_after`, and then
        `include` and `include_obfuscation` are the other keywords. Returns a context manager that
        sends on entering and gives a `ResumingStream`. `resume` says how often and when the rest is
        asked for; each event is handed out once. A server that will not tell the rest is polled, and
        a `ResponsePolledEvent` stands for what it did not tell.

        `StreamTruncatedError` says that it could not be resumed, `StreamSequenceError` that events
        are missing. There is no raw view of it.
        """
        from ....core.api.operations import beta_responses
        from ...answers.resuming import follow

        name = "beta.responses.follow"
        made: Manager[ResumingStream[BetaResponseStreamEvent | ResponsePolledEvent]] = follow(
            plain(self, name), name, beta_responses, response_id, starting_after, resume, params
        )
        return made

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
