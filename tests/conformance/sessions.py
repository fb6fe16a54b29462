"""What the scenarios of sessions share."""

from typing import Any, Final

import pytest

from api_openai.core.terms.session_errors import WebSocketConnectionClosedError
from api_openai.core.websocket.events import Close

from ..support.websocket import Session
from .connections import Connection
from .stage import HTTPX, Stage
from .ways import WayName

NO_SOCKETS: Final[dict[tuple[WayName, ...], str]] = {
    HTTPX: "httpx carries no WebSocket; another scenario has what it says"
}
CREATED: Final[dict[str, Any]] = {
    "type": "session.created",
    "event_id": "e0",
    "session": {"type": "realtime"},
}
DONE: Final = Close(1000, "done")


def delta(text: str) -> dict[str, Any]:
    """An event of the server's."""
    return {
        "type": "response.output_text.delta",
        "event_id": "e1",
        "response_id": "r",
        "item_id": "i",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
    }


def append(audio: str) -> dict[str, Any]:
    """An event of the client's."""
    return {"type": "input_audio_buffer.append", "audio": audio}


async def opened(stage: Stage, **options: Any) -> Connection:
    """A session of a new client."""
    return await stage.client().connect(**options).enter()


async def ended(connection: Connection) -> WebSocketConnectionClosedError:
    """How a session ends of which nothing more is to come."""
    with pytest.raises(WebSocketConnectionClosedError) as caught:
        await connection.recv()
    return caught.value


def session(stage: Stage, number: int = 0) -> Session:
    """What the server noted of a connection whose script is over."""
    found: Session = stage.server.played(number).session
    return found
