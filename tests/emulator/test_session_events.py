"""Whatever a client says in a session, what it hears fits its types and is no mistake of the server's."""

from random import Random
from typing import Any

import msgspec
import pytest

from api_openai.core.websocket.events import Close, Text
from api_openai.emulator.requests.event_checks import events_of
from api_openai.emulator.sockets.beta_realtime import BetaRealtime
from api_openai.emulator.sockets.conversation import Session, handler_name
from api_openai.emulator.sockets.live import Fork, Live, Sideband, Translation
from api_openai.emulator.sockets.realtime import Realtime
from api_openai.emulator.sockets.responses import ResponsesSession

from .client_events import event
from .sessions import Peer

SESSIONS: dict[str, type[Session]] = {
    "realtime.connect": Realtime,
    "beta.realtime.connect": BetaRealtime,
    "realtime.translations.connect": Translation,
    "live.connect": Live,
    "live.sideband.connect": Sideband,
    "live.forks.connect": Fork,
    "responses.connect": ResponsesSession,
    "beta.responses.connect": ResponsesSession,
}


@pytest.mark.parametrize("name", SESSIONS)
def test_every_event_of_a_client_has_an_answer(name: str) -> None:
    session = SESSIONS[name]
    known = events_of(*session.asked)
    assert len(known) > 1
    assert [kind for kind in known if not hasattr(session, handler_name(kind))] == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    # Requests of responses are looked at as over HTTP, which is not as closely.
    [(name, wrong) for name in SESSIONS for wrong in (0, 0.05) if not (wrong and "resp" in name)],
)
def test_whatever_is_said(name: str, wrong: float) -> None:
    """Events that are answered fit their types: `Peer` decodes them strictly."""
    asked = SESSIONS[name].asked
    asked = asked[:1] if name == "responses.connect" else asked
    kinds = [*events_of(*asked)]
    answered = 0
    for seed in range(12):
        chance, ids = Random(f"{seed}{name}"), ["one"]
        peer = Peer(name)
        peer.hear()
        for turn in range(16):
            starts = not turn and "session.start" in kinds
            said = event("session.start" if starts else chance.choice(kinds), asked, chance, wrong)
            for key in {"item_id", "previous_item_id", "response_id"} & said.keys():
                said[key] = chance.choice(ids)
            heard = _told(peer, said)
            assert "server_error" not in str(heard), said
            answered += len(heard)
            ids += [each["item"]["id"] for each in heard if "id" in each.get("item", ())]
            if peer.ends:
                break
    assert answered > 50


def _told(peer: Peer, said: dict[str, Any]) -> list[dict[str, Any]]:
    peer.connection.receive_data(peer.socket.send(Text(msgspec.json.encode(said))))
    heard = peer.hear()
    if heard and isinstance(heard[-1], Close):
        peer.ends.append(heard.pop())
    return heard
