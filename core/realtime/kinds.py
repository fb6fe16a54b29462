"""The eight ways to open a session: where each is, what its server says, and how it begins."""

from typing import Final

import msgspec

from ..request.answer_kinds import SocketAnswer
from ..request.blueprint import Blueprint

__all__ = ["KINDS", "SocketKind"]


class SocketKind(msgspec.Struct, frozen=True, kw_only=True):
    """One way to open a session."""

    blueprint: Blueprint
    """Builds the opening handshake, as an operation."""
    start: tuple[str, ...] = ("session.update",)
    """Events of the client's that make the session what it is: the last of each is said again when
    the connection is opened again."""
    greetings: frozenset[str] = frozenset({"session.created", "session.updated", "error"})
    """Events of the server's that do not show that the session works."""
    once: bool = False
    """Whether opening it does something at the server each time, so that nothing does it twice."""


def _kind(
    name: str,
    path: str,
    events: str,
    *,
    query: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
    headers: tuple[tuple[str, str], ...] = (),
    start: tuple[str, ...] = ("session.update",),
    greetings: frozenset[str] = frozenset({"session.created", "session.updated", "error"}),
    once: bool = False,
) -> SocketKind:
    blueprint = Blueprint(
        name=name,
        method="GET",
        path=path,
        answer=SocketAnswer(events),
        query=query,
        required=required,
        headers=headers,
        safe=not once,
    )
    return SocketKind(blueprint=blueprint, start=start, greetings=greetings, once=once)


_LIVE_START: Final = ("session.start", "session.update")
_LIVE_GREETINGS: Final = frozenset({"session.started", "session.updated", "error"})

KINDS: Final = {
    kind.blueprint.name: kind
    for kind in (
        _kind(
            "realtime.connect",
            "/realtime",
            "realtime_socket:RealtimeServerEvent",
            query=("model", "call_id"),
        ),
        _kind(
            "beta.realtime.connect",
            "/realtime",
            "beta_realtime_socket:RealtimeServerEvent",
            query=("model",),
            required=("model",),
            headers=(("openai-beta", "realtime=v1"),),
            start=("session.update", "transcription_session.update"),
        ),
        _kind(
            "realtime.translations.connect",
            "/realtime/translations",
            "realtime_socket:RealtimeTranslationServerEvent",
            query=("model",),
            required=("model",),
        ),
        _kind("responses.connect", "/responses", "responses_socket:ResponsesServerEvent", start=()),
        _kind(
            "beta.responses.connect",
            "/responses",
            "beta_responses_socket:BetaResponsesServerEvent",
            start=(),
        ),
        _kind(
            "live.connect",
            "/live/sessions",
            "live_socket:ServerEvent",
            start=_LIVE_START,
            greetings=_LIVE_GREETINGS,
        ),
        _kind(
            "live.sideband.connect",
            "/live/sessions/{session_id}/attach",
            "live_socket:ConnectServerEvent",
            query=("graceful_close",),
            greetings=_LIVE_GREETINGS,
        ),
        _kind(
            "live.forks.connect",
            "/live/sessions/{session_id}/fork",
            "live_socket:ForkServerEvent",
            start=_LIVE_START,
            greetings=_LIVE_GREETINGS,
            once=True,
        ),
    )
}
"""By the helper that opens them."""
