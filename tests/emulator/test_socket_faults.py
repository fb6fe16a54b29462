"""What goes wrong in sessions on request, what a script says in them, and how they are opened."""

from math import inf
from typing import Any

import pytest

from api_openai.core.websocket.events import Close, Ping, Text
from api_openai.emulator import (
    NEED_DATA,
    CloseConnection,
    Emulator,
    Pause,
    ResetConnection,
    SendBytes,
)
from api_openai.emulator import faults as f

from .sessions import Event, Peer, only, types, user

HANDSHAKE = (
    "GET /v1/realtime HTTP/1.1\r\nhost: h\r\nauthorization: Bearer k\r\nupgrade: websocket\r\n"
    "connection: Upgrade\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def actions(request: str, emulator: Emulator) -> list[Any]:
    """What the server does about a request, until it waits or ends."""
    connection = emulator.connection()
    connection.receive_data(request.encode())
    found: list[Any] = []
    while (action := connection.next_action()) is not NEED_DATA:
        found.append(action)
        if action == Pause(inf):
            break
    return found


def sent(found: list[Any]) -> bytes:
    return b"".join(action.data for action in found if isinstance(action, SendBytes))


WHOLE = sent(actions(HANDSHAKE, Emulator()))


@pytest.mark.parametrize("end", [f.Close, f.Reset])
def test_a_session_ends_at_any_byte(end: Any) -> None:
    ends = {f.Close: CloseConnection(), f.Reset: ResetConnection()}
    for count in range(0, len(WHOLE) + 1, 7):
        found = actions(HANDSHAKE, Emulator(faults=[end(after_bytes=count)]))
        assert (sent(found), found[-1]) == (WHOLE[:count], ends[end])


def test_a_session_stalls_and_trickles() -> None:
    found = actions(HANDSHAKE, Emulator(faults=[f.Stall(after_bytes=40)]))
    assert (sent(found), found[-1]) == (WHOLE[:40], Pause(inf))
    found = actions(HANDSHAKE, Emulator(faults=[f.Slow(bytes_per_second=1000)]))
    assert sent(found) == WHOLE
    assert max(len(action.data) for action in found[::2]) == 50
    assert set(found[1:-2:2]) <= {Pause(0.05), Pause(found[-1].seconds)}


def test_latency_is_before_the_handshake() -> None:
    found = actions(HANDSHAKE, Emulator(latency=3))
    assert (found[0], sent(found)) == (Pause(3), WHOLE)


def test_a_slow_handshake_has_hints_before_it() -> None:
    found = actions(HANDSHAKE, Emulator(faults=[(f.EarlyHints(), f.Stall(seconds=2))]))
    assert found[0].data.startswith(b"HTTP/1.1 103 ")
    assert (found[1], sent(found[1:])) == (Pause(2), WHOLE)


def test_a_header_asks_for_a_fault() -> None:
    fields = (("authorization", "Bearer k"), ("x-emulator-fault", "socket-close;at=1;code=4000"))
    peer = Peer(fields=fields)
    peer.hear()
    assert peer.ask("input_audio_buffer.clear") == [Close(4000)]


@pytest.mark.parametrize(
    ("fault", "status"),
    [(f.Status(429, retry_after=1), b"429"), (f.EarlyError(403), b"403"), (f.Html(), b"200")],
)
def test_a_handshake_is_refused(fault: f.Fault, status: bytes) -> None:
    peer = Peer(faults=(fault,))
    assert peer.head.split(b" ")[1] == status


def test_a_mistake_of_the_emulators_own_refuses_the_handshake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("api_openai.emulator.sockets.realtime.Turns", None)
    answer = sent(actions(HANDSHAKE, Emulator()))
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b'"server_error"' in answer


@pytest.mark.parametrize(
    "path", ["/v1/realtime", "/openai/realtime?deployment=d", "/v1/realtime/translations"]
)
def test_a_path_of_sessions_wants_an_upgrade(path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer k\r\n\r\n"
    answer = sent(actions(request, Emulator()))
    assert answer.split(b" ")[1] == b"400"
    assert b"upgrade_required" in answer
    assert b"upgrade_required" not in sent(actions(request.replace("GET", "PUT"), Emulator()))


def test_the_beta_is_asked_for_by_a_subprotocol_too() -> None:
    offered = "realtime, openai-insecure-api-key.k-secret, openai-beta.realtime-v1"
    emulator = Emulator(key="k-secret")
    peer = Peer(
        "beta.realtime.connect",
        fields=(("sec-websocket-protocol", offered),),
        emulator=emulator,
        headers=False,
    )
    assert types(peer.hear()) == ["session.created", "conversation.created"]
    assert b"\r\nsec-websocket-protocol: realtime\r\n" in peer.head
    (request,) = emulator.requests
    shown = "realtime, openai-insecure-api-key.***, openai-beta.realtime-v1"
    assert request.headers["sec-websocket-protocol"] == shown
    assert "k-secret" not in repr(request)


# Scripts


def test_a_script_says_what_is_answered() -> None:
    done = {"type": "response.done", "response": {"status": "failed"}}
    script = f.SocketReply(to="response.create", events=(done, {"type": "response.new"}), times=1)
    peer = Peer(faults=(script,), strict=False)
    peer.hear()
    peer.say("response.create")
    first, second = peer.hear()
    assert (first["type"], second) == ("response.done", {"type": "response.new"})
    assert first["event_id"].startswith("event_")
    assert only(peer.ask("response.create"), "rate_limits.updated"), "the second is as ever"


def test_a_script_has_another_greeting_texts_bytes_and_faults() -> None:
    greeting: Event = {"type": "error", "event_id": "e", "error": {"type": "t", "message": "no"}}
    peer = Peer(faults=(f.SocketReply(events=(greeting, f.SocketClose(code=4001))),))
    assert peer.hear() == [greeting, Close(4001)]
    script = f.SocketReply(to="response.create", events=("null", b"\xff", f.SocketDrop(reset=True)))
    peer = Peer(faults=(script,))
    peer.hear()
    peer.say("response.create")
    data = sent([peer.connection.next_action() for _ in range(2)])
    assert data == b"\x81\x04null\x82\x01\xff"
    assert peer.connection.next_action() == ResetConnection()


def test_scripts_for_the_same_event_are_used_up_in_order() -> None:
    once, ever = (
        f.SocketReply(to="input_audio_buffer.clear", events=({"type": name},), times=times)
        for name, times in (("a", 1), ("b", inf))
    )
    emulator = Emulator()
    emulator.script((once, ever), times=2)
    for _ in range(2):  # each session has the script from its beginning
        peer = Peer(emulator=emulator, strict=False)
        peer.hear()
        said = [types(peer.ask("input_audio_buffer.clear")) for _ in range(3)]
        assert said == [["a"], ["b"], ["b"]]


def test_what_was_said_in_a_session_is_remembered() -> None:
    emulator = Emulator(keep_body=200)
    peer = Peer(emulator=emulator)
    peer.hear()
    peer.ask("conversation.item.create", item=user("Hi"))
    (request,) = emulator.requests
    assert (request.method, request.path) == ("GET", "/realtime")
    assert [b'"text":"Hi"' in each for each in request.messages] == [True]
    peer.ask("conversation.item.create", item=user("x" * 200))
    assert len(request.messages) == 1, "there is no room"


# Flow


def test_who_does_not_take_what_is_said_is_not_read_any_more() -> None:
    peer = Peer(faults=(f.SocketStall(at=1),))
    assert peer.connection.wants_data
    frame = peer.socket.send(Ping(b"x" * 100)) * 3000
    peer.connection.receive_data(frame)
    assert not peer.connection.wants_data
    answers = 0
    while isinstance(peer.connection.next_action(), SendBytes):
        answers += 1
    assert answers == 3000
    assert peer.connection.wants_data


def test_who_breaks_the_rules_hears_why_before_the_end() -> None:
    peer = Peer()
    peer.hear()
    peer.connection.receive_data(peer.socket.send(Text(b'{"type":"input_audio_buffer.clear"}')))
    peer.connection.receive_data(b"\xc1\x80maskx")
    events = peer.hear()
    assert (types(events[:1]), events[1:]) == (["input_audio_buffer.cleared"], [Close(1002)])
    assert peer.ends == [CloseConnection(linger=True)]


def test_bytes_that_come_with_the_handshake_are_frames() -> None:
    connection = Emulator().connection()
    frame = b"\x89\x83mask" + bytes(a ^ b for a, b in zip(b"abc", b"mas", strict=True))
    connection.receive_data(HANDSHAKE.encode() + frame)
    data = b""
    while isinstance(action := connection.next_action(), SendBytes):
        data += action.data
    assert b"\x8a\x03abc" in data
