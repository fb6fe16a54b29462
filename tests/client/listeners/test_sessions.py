"""Sessions over a WebSocket tell of each of their connections as of a call."""

import gc
from typing import Any

import pytest

from api_openai import Reconnect, WebSocketConnectionClosedError
from api_openai.tracing import Metrics, TraceEvent

from ..realtime.callers import CREATED, client_of
from ..realtime.peer import DROP, HEAR, SILENCE, Peer


def opened(peer: Peer, events: list[TraceEvent], **options: Any) -> Any:
    client = client_of("blocking", peer, trace=[events.append, Metrics()])
    return client.realtime.connect(model="gpt-realtime", **options).enter()


def ends(events: list[TraceEvent]) -> list[tuple[str, str, str | None]]:
    return [(event.kind, event.detail, event.error) for event in events if event.last]


def test_a_session_that_is_closed() -> None:
    events: list[TraceEvent] = []
    with Peer([CREATED, HEAR]) as peer:
        connection = opened(peer, events)
        connection.recv()
        assert [(events[-1].kind, events[-1].status)] == [("call.end", 101)]
        connection.send({"type": "response.create"})
        connection.close()
    assert len(ends(events)) == 1
    assert events[-1].kind == "session.end"
    assert events[-1].model == "gpt-realtime"


def test_a_session_that_nobody_holds() -> None:
    events: list[TraceEvent] = []
    with Peer([CREATED, SILENCE]) as peer:
        connection = opened(peer, events)
        connection.recv()
        del connection
        gc.collect()
        assert [kind for kind, *_ in ends(events)] == ["session.end"]


def test_a_session_that_breaks() -> None:
    events: list[TraceEvent] = []
    with Peer([CREATED, DROP]) as peer:
        connection = opened(peer, events)
        connection.recv()
        with pytest.raises(WebSocketConnectionClosedError):
            connection.recv()
    (end,) = ends(events)
    assert end[0] == "session.end"
    assert end[2] is not None


def test_a_session_that_comes_back_is_two_calls() -> None:
    events: list[TraceEvent] = []
    with Peer([CREATED, DROP], [CREATED]) as peer:
        connection = opened(peer, events, reconnect=Reconnect(initial_delay=0.0, max_delay=0.0))
        connection.recv()
        connection.recv()
        connection.close()
    assert len({event.call for event in events}) == 2
    assert [kind for kind, *_ in ends(events)] == ["session.end", "session.end"]
