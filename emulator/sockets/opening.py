"""Which session a handshake opens, and the answer to it."""

from collections.abc import Callable
from typing import Final, NamedTuple

from ...core.terms.errors import RemoteProtocolError
from ...core.terms.http_message import RawHeaders
from ...core.websocket.handshake import VERSION, accept
from ..faults.faults import Fault
from ..faults.scripted import Scripted
from ..http.errors import ApiError, not_found
from ..http.request import RequestHead
from ..store.state import State
from .beta_realtime import BetaRealtime
from .conversation import Conversation, Session
from .live import SESSIONS, Fork, Live, Sideband, Translation
from .peer import SocketPeer
from .realtime import Realtime
from .responses import Answer, ResponsesSession

_BETA_PROTOCOL: Final = "openai-beta.realtime-v1"
_SUBPROTOCOLS: Final = ("realtime", _BETA_PROTOCOL)


class Upgrade(NamedTuple):
    """A handshake that is granted."""

    fields: RawHeaders
    peer: SocketPeer


def asks(head: RequestHead) -> bool:
    """Whether a request is an opening handshake."""
    return head.method == "GET" and head.headers.get("upgrade", "").lower() == "websocket"


def check_upgrade(head: RequestHead) -> None:
    """Refuse a plain request for the path of a session."""
    if head.method == "GET" and _kind(head) is not None:
        message = f"{head.path} is the path of a session: send 'Upgrade: websocket'."
        raise ApiError(400, message, code="upgrade_required")


def opened(
    head: RequestHead,
    state: State,
    faults: tuple[Fault, ...],
    scripted: Scripted,
    answer: Answer,
    heard: Callable[[bytes], None],
) -> Upgrade:
    """Grant a handshake; `ApiError` where there is no such session, or it is not valid."""
    make = _maker(head, answer)
    version = head.headers.get("sec-websocket-version")
    if version is not None and version.encode() != VERSION:
        field = (("sec-websocket-version", VERSION.decode()),)
        raise ApiError(426, "The version of WebSocket is 13.", headers=field)
    try:
        fields, agreed = accept(head.headers, subprotocols=_SUBPROTOCOLS)
    except RemoteProtocolError as error:
        message = f"The request is no opening handshake: {error.message}."
        raise ApiError(400, message, code="invalid_handshake") from None
    _check_session(head, state)
    conversation = make(state, scripted)
    peer = SocketPeer(conversation, agreed, faults, pace=state.pace, heard=heard)
    return Upgrade(fields, peer)


def _maker(head: RequestHead, answer: Answer) -> Callable[[State, Scripted], Conversation]:
    """Who holds the session of a path."""
    kind, path = _kind(head), head.segments()
    if kind is None:
        raise ApiError(404, f"There is no session at {head.path}.", code="not_found")
    if kind is ResponsesSession:
        return lambda state, scripted: ResponsesSession(head, path, state, scripted, answer)
    return lambda state, scripted: kind(head, path, state, scripted)


def _check_session(head: RequestHead, state: State) -> None:
    """Refuse to join a live session that nobody began, where nothing is made up."""
    match head.segments():
        case ("live", "sessions", name, _):
            known = state.objects.get(SESSIONS, name) is not None
            if not known and (state.objects.is_gone(SESSIONS, name) or not state.examples):
                raise not_found("live session", name, param="session_id")
        case _:
            pass


def _kind(head: RequestHead) -> type[Session] | None:
    """The kind of session of a path; nothing where there is none."""
    match head.segments():
        case ("realtime",):
            beta = "realtime=v1" in head.headers.get("openai-beta", "")
            return BetaRealtime if beta or _BETA_PROTOCOL in head.subprotocols() else Realtime
        case ("realtime", "translations"):
            return Translation
        case ("live", "sessions"):
            return Live
        case ("live", "sessions", _, "attach"):
            return Sideband
        case ("live", "sessions", _, "fork"):
            return Fork
        case ("responses",):
            return ResponsesSession
        case _:
            return None
