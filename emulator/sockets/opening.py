"""Which session a handshake opens, and the answer to it."""

from collections.abc import Callable
from typing import Final, NamedTuple

from ...core.terms.errors import RemoteProtocolError
from ...core.terms.http_message import RawHeaders
from ...core.websocket.handshake import VERSION, accept
from ..faults.scripted import Scripted
from ..faults.socket_faults import SocketFault
from ..http.errors import ApiError
from ..http.request import RequestHead
from ..store.state import State
from .beta_realtime import BetaRealtime
from .conversation import Conversation
from .live import Fork, Live, Sideband, Translation
from .peer import SocketPeer
from .realtime import Realtime
from .responses import Answer, ResponsesSession

KEY_PROTOCOL: Final = "openai-insecure-api-key."
"""Begins the subprotocol in which a browser says its key."""
_SUBPROTOCOLS: Final = ("realtime", "openai-beta.realtime-v1")


class Upgrade(NamedTuple):
    """A handshake that is granted."""

    fields: RawHeaders
    peer: SocketPeer


def asks(head: RequestHead) -> bool:
    """Whether a request is an opening handshake."""
    return head.method == "GET" and head.headers.get("upgrade", "").lower() == "websocket"


def key_of(head: RequestHead) -> str:
    """The key that a subprotocol has."""
    offered = [each.strip() for each in head.headers.get("sec-websocket-protocol", "").split(",")]
    found = next((each for each in offered if each.startswith(KEY_PROTOCOL)), "")
    return found.removeprefix(KEY_PROTOCOL)


def opened(
    head: RequestHead,
    state: State,
    faults: tuple[SocketFault, ...],
    scripted: Scripted,
    answer: Answer,
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
    peer = SocketPeer(make(state, scripted), agreed, faults, pace=state.pace)
    return Upgrade(fields, peer)


def _maker(head: RequestHead, answer: Answer) -> Callable[[State, Scripted], Conversation]:
    """Who holds the session of a path."""
    parts = head.segments()
    kind: type[Realtime | Translation | Live] | None = None
    match parts:
        case ("realtime",):
            beta = "realtime=v1" in head.headers.get("openai-beta", "")
            kind = BetaRealtime if beta else Realtime
        case ("realtime", "translations"):
            kind = Translation
        case ("live", "sessions"):
            kind = Live
        case ("live", "sessions", _, "attach"):
            kind = Sideband
        case ("live", "sessions", _, "fork"):
            kind = Fork
        case ("responses",):
            return lambda state, scripted: ResponsesSession(head, parts, state, scripted, answer)
        case _:
            pass
    if kind is None:
        raise ApiError(404, f"There is no session at {head.path}.", code="not_found")
    found = kind
    return lambda state, scripted: found(head, parts, state, scripted)
