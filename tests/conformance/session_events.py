"""Scenarios of what a session hears: events in any form, faults of the server's, ends."""

import json
import zlib
from typing import Any

import pytest

from api_openai.core.json.unknown import Unknown
from api_openai.core.terms.errors import APITimeoutError, RemoteProtocolError, ResponseDecodeError
from api_openai.core.websocket.events import Binary, Close, Ping, Pong, Text
from api_openai.core.websocket.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    RSV1,
    TEXT,
    frame,
)

from ..support.server import CLOSE as SHUT_DOWN
from ..support.server import CUT, GATE, RESET, Drip
from ..support.websocket import ECHO, HEAR, REST, Hear, Pieces, Say, Upgrade, message
from .sessions import CREATED, DONE, NO_SOCKETS, append, delta, ended, opened, session
from .stage import KEY, Stage, scenario
from .ways import PROXY_TLS, TLS

COMPRESSED: dict[str, Any] = {"compression": "deflate"}


def raw(said: Any) -> bytes:
    """The data of a message."""
    event = message(said)
    assert isinstance(event, Text | Binary)
    return event.data


def deflated(data: bytes) -> bytes:
    """A message compressed by itself."""
    machine = zlib.compressobj(wbits=-15)
    return (machine.compress(data) + machine.flush(zlib.Z_SYNC_FLUSH))[:-4]


@scenario(without=NO_SOCKETS)
async def events_go_there_and_back(stage: Stage) -> None:
    stage.server.on(Upgrade(CREATED), ECHO)
    async with stage.client().connect() as connection:
        assert (await connection.recv()).type == "session.created"
        for text in ("a", "é" * 40_000, ""):
            await connection.send(delta(text))
            event = await connection.recv()
            assert (event.type, event.delta) == ("response.output_text.delta", text)
    assert session(stage).close == Close(1000)


@scenario(without=NO_SOCKETS)
async def what_is_not_known_is_kept(stage: Stage) -> None:
    new = {"type": "session.wonder", "depth": {"n": [1, 2]}}
    stage.server.on(Upgrade(new, {"no": "type"}, DONE), REST)
    one, two = [event async for event in await opened(stage)]
    assert isinstance(one, Unknown)
    assert isinstance(two, Unknown)
    assert (one.type, one.depth) == ("session.wonder", {"n": [1, 2]})


@scenario(without=NO_SOCKETS)
async def a_message_that_is_no_json(stage: Stage) -> None:
    """It is told without the key, and the session goes on."""
    stage.server.on(
        Upgrade(f"not {KEY} json", "[1]", delta("a")), HEAR, Say("{", delta("b"), DONE), REST
    )
    connection = await opened(stage)
    for _ in range(2):
        with pytest.raises(ResponseDecodeError) as caught:
            await connection.recv()
        assert KEY not in repr((str(caught.value), vars(caught.value)))
    assert (await connection.recv()).delta == "a"
    await connection.send(append("x"))
    with pytest.raises(ResponseDecodeError):
        await connection.recv()
    assert [event.delta async for event in connection] == ["b"]


@scenario(without=NO_SOCKETS)
async def messages_as_they_came(stage: Stage) -> None:
    stage.server.on(Upgrade(b"\x00\xff", "text", b"", delta("a"), DONE), REST)
    connection = await opened(stage)
    assert [await connection.recv_bytes() for _ in range(3)] == [b"\x00\xff", b"text", b""]
    assert (await connection.recv()).delta == "a"


@scenario(without=NO_SOCKETS)
async def an_event_in_a_binary_frame(stage: Stage) -> None:
    stage.server.on(Upgrade(raw(delta("a")), DONE), REST)
    assert [event.delta async for event in await opened(stage)] == ["a"]


@scenario(without=NO_SOCKETS)
async def messages_in_fragments_with_pings_between(stage: Stage) -> None:
    data = raw(delta("ä" * 300))
    cut = data.index(b"\\u00e4") + 3
    fragments = [
        frame(TEXT, data[:cut], None),
        frame(FIN | PING, b"one", None),
        frame(CONTINUATION, b"", None),
        frame(CONTINUATION, data[cut:500], None),
        frame(FIN | PING, b"two", None),
        frame(FIN | CONTINUATION, data[500:], None),
    ]
    stage.server.on(Upgrade(), *fragments, Say(DONE), REST)
    stage.server.on(Upgrade(), Drip(b"".join(fragments)), Say(DONE), REST)
    for number in range(2):
        connection = await opened(stage)
        assert [event.delta async for event in connection] == ["ä" * 300]
        pongs = [event for event in session(stage, number).heard if isinstance(event, Pong)]
        assert pongs == [Pong(b"one"), Pong(b"two")]


@scenario(without=NO_SOCKETS)
async def compressed_messages(stage: Stage) -> None:
    stage.server.on(Upgrade(CREATED, delta("a" * 5000)), ECHO)
    async with stage.client().connect(websocket_connection_options=COMPRESSED) as connection:
        assert (await connection.recv()).type == "session.created"
        assert (await connection.recv()).delta == "a" * 5000
        for _ in range(3):
            await connection.send(delta("b" * 5000))
            assert (await connection.recv()).delta == "b" * 5000
    peer = stage.server.played()
    assert (peer.requests[0].header("sec-websocket-extensions") or "").startswith("permessage-de")
    assert len(peer.received) < 3000


@scenario(without=NO_SOCKETS)
async def compressed_messages_in_fragments(stage: Stage) -> None:
    data = deflated(raw(delta("a" * 2000)))
    stage.server.on(
        Upgrade(),
        frame(TEXT | RSV1, data[:3], None),
        frame(FIN | PING, b"p", None),
        frame(CONTINUATION, data[3:9], None),
        frame(FIN | CONTINUATION, data[9:], None),
        frame(FIN | TEXT, raw(delta("plain")), None),
        Say(DONE),
        REST,
    )
    connection = await opened(stage, websocket_connection_options=COMPRESSED)
    assert [event.delta async for event in connection] == ["a" * 2000, "plain"]


@scenario(without=NO_SOCKETS)
async def a_server_that_grants_no_compression(stage: Stage) -> None:
    stage.server.on(Upgrade(deflate=False), ECHO)
    async with stage.client().connect(websocket_connection_options=COMPRESSED) as connection:
        await connection.send(delta("a" * 5000))
        assert (await connection.recv()).delta == "a" * 5000


@scenario(without=NO_SOCKETS)
async def segments_of_1460_bytes(stage: Stage) -> None:
    """Frames begin and end anywhere in them, their heads included."""
    texts = [str(number) * (number * 37 % 4000) for number in range(60)]
    stage.server.on(Upgrade(), Pieces(*map(delta, texts), DONE, size=1460), REST)
    assert [event.delta async for event in await opened(stage)] == texts


@scenario(without=NO_SOCKETS)
async def frames_of_every_form_of_length(stage: Stage) -> None:
    sizes = (0, 124, 125, 126, 127, 65535, 65536, 70000)
    stage.server.on(Upgrade(*(bytes(size) for size in sizes), DONE), REST)
    connection = await opened(stage)
    assert [len(await connection.recv_bytes()) for _ in sizes] == [*sizes]


async def violates(
    stage: Stage, said: bytes, code: int, words: str, heard: int = 1, **options: Any
) -> None:
    """Events before a violation are handed out, it is told to both sides, and the session is over."""
    stage.server.on(
        Upgrade(delta("a"), Ping(b"early")), said + frame(FIN | PING, b"late", None), REST
    )
    number = len(stage.server.peers)
    connection = await opened(stage, **options)
    for _ in range(heard):
        assert (await connection.recv()).delta == "a"
    error = await ended(connection)
    assert words in str(error)
    assert error.close_code is None
    assert isinstance(error.__cause__, RemoteProtocolError)
    assert str(await ended(connection)) == str(error)
    found = session(stage, number).heard
    assert found == [Pong(b"early"), Close(code)]


@scenario(without=NO_SOCKETS)
async def text_that_is_not_utf_8(stage: Stage) -> None:
    """Wherever it is: also in a field that no type has."""
    bad = b'{"type":"response.output_text.delta","wonder":"\xff"}'
    await violates(stage, frame(FIN | TEXT, bad, None), 1007, "UTF-8")
    surrogate = b'{"type":"\xed\xa0\x80"}' + b" " * 200
    await violates(stage, frame(FIN | TEXT, surrogate, None), 1007, "UTF-8")
    await violates(stage, frame(TEXT, bad[:-2], None), 1007, "UTF-8")
    await violates(stage, frame(FIN | CLOSE, b"\x03\xe8\xff", None), 1007, "UTF-8")


@scenario(without=NO_SOCKETS)
async def frames_that_break_the_rules(stage: Stage) -> None:
    faults = {
        frame(FIN | TEXT, b"{}", b"mask"): "masked",
        frame(FIN | RSV1 | TEXT, b"{}", None): "reserved bits",
        frame(FIN | 0x20 | TEXT, b"{}", None): "reserved bits",
        frame(FIN | 0x3, b"", None): "reserved opcode",
        frame(FIN | 0xB, b"", None): "reserved opcode",
        frame(PING, b"", None): "fragmented",
        frame(FIN | PING, bytes(126), None): "125 bytes",
        frame(FIN | CONTINUATION, b"", None): "not begun",
        frame(TEXT, b"{", None) + frame(FIN | TEXT, b"}", None): "before the fragments",
        b"\x82\x7f" + bytes([0x80]) + bytes(7): "length",
    }
    for said, words in faults.items():
        await violates(stage, said, 1002, words)
    compressed_ping = frame(FIN | RSV1 | PING, b"", None)
    options: dict[str, Any] = {"websocket_connection_options": COMPRESSED}
    await violates(stage, compressed_ping, 1002, "reserved bits", **options)
    await violates(stage, frame(FIN | RSV1 | TEXT, b"\xff\xff", None), 1007, "damaged", **options)


@scenario(without=NO_SOCKETS)
async def close_frames_that_may_not_be(stage: Stage) -> None:
    for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535):
        said = frame(FIN | CLOSE, code.to_bytes(2, "big") + b"why", None)
        await violates(stage, said, 1002, f"code {code}")
    await violates(stage, frame(FIN | CLOSE, b"\x03", None), 1002, "one byte")


@scenario(without=NO_SOCKETS)
async def messages_have_a_limit(stage: Stage) -> None:
    limit = {"max_size": 1000}
    options: dict[str, Any] = {"websocket_connection_options": limit}
    head = frame(FIN | BINARY, bytes(70_000), None)[:10]
    await violates(stage, head, 1009, "1000 bytes", **options)
    fragments = frame(TEXT, b" " * 600, None) + frame(CONTINUATION, b" " * 600, None)
    await violates(stage, fragments, 1009, "1000 bytes", **options)
    bomb = frame(FIN | RSV1 | TEXT, deflated(b" " * 10_000_000)[:900], None)
    options = {"websocket_connection_options": {**COMPRESSED, **limit}}
    await violates(stage, bomb, 1009, "1000 bytes", **options)


@scenario(without=NO_SOCKETS)
async def closes_of_every_kind(stage: Stage) -> None:
    """Iterating ends at 1000 and raises at all others."""
    for number, (code, reason) in enumerate(
        ((1000, "done"), (1000, ""), (1001, "away"), (None, ""), (1008, "é"), (1011, "x" * 123),
         (1013, ""), (3000, "r"), (4000, "r"), (4999, ""))
    ):  # fmt: skip
        stage.server.on(Upgrade(CREATED, Close(code, reason), answers=False), REST)
        connection = await opened(stage)
        assert (await connection.recv()).type == "session.created"
        if code == 1000:
            assert [event async for event in connection] == []
        error = await ended(connection)
        assert (error.close_code, error.close_reason) == (code, reason)
        assert error.__cause__ is None
        assert connection.closed is not None
        assert connection.closed.close_code == code
        with pytest.raises(type(error)) as caught:
            await connection.send(append("x"))
        assert caught.value.close_code == code
        assert [json.loads(text) for text in caught.value.unsent_messages] == [append("x")]
        assert session(stage, number).heard == [Close(code)]


@scenario(without=NO_SOCKETS)
async def the_key_is_in_no_close_reason(stage: Stage) -> None:
    stage.server.on(Upgrade(Close(1008, f"who is {KEY}?")), REST)
    error = await ended(await opened(stage))
    assert error.close_reason.startswith("who is ")
    assert KEY not in repr((str(error), error.close_reason, vars(error)))


@scenario(without=NO_SOCKETS)
async def an_end_without_a_close(stage: Stage) -> None:
    for script in ((), (frame(FIN | TEXT, raw(delta("b")), None)[:-1],)):
        stage.server.on(Upgrade(delta("a")), *script, SHUT_DOWN)
        connection = await opened(stage)
        assert (await connection.recv()).delta == "a"
        error = await ended(connection)
        assert error.close_code is None
        assert "without a close" in str(error)
        assert ("in the middle of a message" in str(error)) == bool(script)
        assert isinstance(error.__cause__, RemoteProtocolError)


@scenario(without=NO_SOCKETS)
async def a_reset_in_the_middle_of_a_frame(stage: Stage) -> None:
    part = frame(FIN | TEXT, raw(delta("b")), None)[:-1]
    stage.server.on(Upgrade(delta("a")), HEAR, part, GATE, RESET)
    connection = await opened(stage)
    assert (await connection.recv()).delta == "a"
    await connection.send(append("x"))
    with pytest.raises(APITimeoutError):
        await connection.recv(0.05)
    stage.server.go()
    error = await ended(connection)
    assert error.close_code is None
    assert error.__cause__ is not None


@scenario(without=NO_SOCKETS, routes=(TLS, PROXY_TLS), because="it is about the end of TLS")
async def tls_that_is_cut(stage: Stage) -> None:
    stage.server.on(Upgrade(delta("a")), CUT)
    connection = await opened(stage)
    assert (await connection.recv()).delta == "a"
    error = await ended(connection)
    assert (error.close_code, "without a close" in str(error)) == (None, True)


@scenario(without=NO_SOCKETS)
async def nothing_is_heard_after_the_close(stage: Stage) -> None:
    late = frame(FIN | TEXT, raw(delta("late")), None) + b"\xff\xff\xff"
    stage.server.on(Upgrade(delta("a"), DONE, answers=False), late, REST)
    assert [event.delta async for event in await opened(stage)] == ["a"]


@scenario(without=NO_SOCKETS)
async def a_receiver_that_waits_only_so_long(stage: Stage) -> None:
    part = frame(FIN | TEXT, raw(delta("a")), None)
    stage.server.on(Upgrade(), part[:20], GATE, part[20:], HEAR, Say(DONE), REST)
    connection = await opened(stage)
    for seconds in (0.02, 0.03):
        with pytest.raises(APITimeoutError, match=f"{seconds:g} s") as caught:
            await connection.recv(seconds)
        assert (caught.value.phase, caught.value.seconds) == ("idle", seconds)
    stage.server.go()
    assert (await connection.recv(30)).delta == "a"
    await connection.send(append("x"))
    assert (await ended(connection)).close_code == 1000


@scenario(without=NO_SOCKETS)
async def a_receiver_that_does_not_wait_takes_what_has_come(stage: Stage) -> None:
    stage.server.on(Upgrade(), GATE, Say(delta("a")), HEAR, REST)
    async with stage.client().connect() as connection:
        with pytest.raises(APITimeoutError):
            await connection.recv(0)
        stage.server.go()
        event = None
        while event is None:
            try:
                event = await connection.recv(0)
            except APITimeoutError:
                await stage.way.turns()
        assert event.delta == "a"
        await connection.send(append("x"))


@scenario(without=NO_SOCKETS)
async def pings_are_answered_while_receiving(stage: Stage) -> None:
    pings = [Ping(b"%d" % number) for number in range(3)]
    stage.server.on(Upgrade(), Say(*pings), Hear(3, Pong), Say(Pong(b"unasked"), DONE), REST)
    assert [event async for event in await opened(stage)] == []
    assert session(stage).heard == [*(Pong(ping.data) for ping in pings), Close(1000)]
