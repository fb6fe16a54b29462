"""The machine of a WebSocket: its state table, any splits, and what it makes of a peer's faults."""

import itertools
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import events as wsproto_events
from wsproto.connection import Connection, ConnectionType
from wsproto.frame_protocol import CloseReason

from api_openai.core.terms.errors import LocalProtocolError, RemoteProtocolError
from api_openai.core.terms.sentinels import NEED_DATA, PAUSED
from api_openai.core.websocket.deflate import Deflate
from api_openai.core.websocket.events import Binary, Close, Event, Ping, Pong, Text
from api_openai.core.websocket.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    FIN,
    PING,
    RSV1,
    TEXT,
    Violation,
    frame,
    may_be_sent,
)
from api_openai.core.websocket.machine import RECEIVING, SENDING, Role, State, WebSocket
from api_openai.core.websocket.masking import masked

KEY = b"\x01\x02\x03\x04"
EVENTS: tuple[Event, ...] = (Text(b"t"), Binary(b"b"), Ping(b"p"), Pong(b"p"), Close(1000, "bye"))


def machine(role: Role = "client", **settings: object) -> WebSocket:
    return WebSocket(role, mask=lambda: KEY, **settings)  # type: ignore[arg-type]


def heard(socket: WebSocket, *pieces: bytes) -> list[object]:
    """Everything that pieces of bytes give, a violation as its close code at the end."""
    events: list[object] = []
    for piece in pieces:
        socket.receive_data(piece)
        while True:
            try:
                event = socket.next_event()
            except Violation as error:
                return [*events, error.close_code]
            if event is NEED_DATA or event is PAUSED:
                break
            events.append(event)
    return events


def pair(deflate: bool = False) -> tuple[WebSocket, WebSocket]:
    if not deflate:
        return machine("client"), machine("server")
    return machine("client", deflate=Deflate()), machine("server", deflate=Deflate())


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", State)
def test_every_pair_of_the_table(state: State, event: Event) -> None:
    client, server = pair()
    if state in SENDING:
        client.sending = state
        after = SENDING[state].get(type(event))
        if after is None:
            with pytest.raises(LocalProtocolError):
                client.send(event)
            assert client.sending is state
        else:
            client.send(event)
            assert client.sending is after
    data = machine().send(event)
    server.receiving = state
    after = RECEIVING[state].get(type(event))
    server.receive_data(data)
    assert server.next_event() == (PAUSED if after is None else event)
    assert server.receiving is (after or state)


messages = st.lists(
    st.one_of(
        st.builds(Text, st.text(max_size=300).map(str.encode)),
        st.builds(Binary, st.binary(max_size=70_000)),
        st.builds(Ping, st.binary(max_size=125)),
        st.builds(Pong, st.binary(max_size=125)),
    ),
    max_size=8,
)


@given(messages, st.booleans(), st.booleans(), st.data())
def test_the_same_events_however_the_bytes_are_split(
    events: list[Event], compressed: bool, to_server: bool, data: st.DataObject
) -> None:
    client, server = pair(compressed)
    sender, receiver = (client, server) if to_server else (server, client)
    events = [*events, Close(1000, "é")]
    whole = b"".join(map(sender.send, events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if b > a]
    assert heard(receiver, *pieces) == events


@given(st.text(max_size=60), st.lists(st.integers(0, 240), max_size=5), st.booleans())
def test_fragments_are_joined_with_pings_between_them(
    text: str, cuts: list[int], compressed: bool
) -> None:
    data = text.encode()
    sent = Deflate().compress(data) if compressed else data
    places = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    parts = [sent[a:b] for a, b in itertools.pairwise(places)]
    stream = b""
    for number, part in enumerate(parts):
        first = (TEXT | (RSV1 if compressed else 0)) if number == 0 else CONTINUATION
        stream += frame(first | (FIN if number == len(parts) - 1 else 0), part, None)
        if number < len(parts) - 1:
            stream += frame(FIN | PING, b"%d" % number, None)
    socket = machine(deflate=Deflate() if compressed else None)
    events = heard(socket, *(bytes((byte,)) for byte in stream))
    assert events == [*(Ping(b"%d" % n) for n in range(len(parts) - 1)), Text(data)]


BROKEN: dict[str, tuple[bytes, int]] = {
    "a reserved opcode": (frame(FIN | 0x3, b"", None), 1002),
    "a reserved bit": (frame(FIN | 0x20 | TEXT, b"", None), 1002),
    "compression that was not negotiated": (frame(FIN | RSV1 | TEXT, b"", None), 1002),
    "a mask of a server": (frame(FIN | TEXT, b"x", KEY), 1002),
    "a fragmented ping": (frame(PING, b"", None), 1002),
    "a long ping": (frame(FIN | PING, bytes(126), None), 1002),
    "a continuation of nothing": (frame(FIN | CONTINUATION, b"", None), 1002),
    "a message in a message": (frame(TEXT, b"", None) + frame(FIN | TEXT, b"", None), 1002),
    "a short length in two bytes": (b"\x81\x7e\x00\x05hello", 1002),
    "a short length in eight bytes": (b"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff", 1002),
    "a negative length": (b"\x82\x7f\xff\x00\x00\x00\x00\x00\xff\xff", 1002),
    "half a close code": (frame(FIN | CLOSE, b"\x03", None), 1002),
    "a close reason that is no UTF-8": (frame(FIN | CLOSE, b"\x03\xe8\xff", None), 1007),
    "no UTF-8": (frame(FIN | TEXT, b"\xff", None), 1007),
    "half a character": (frame(FIN | TEXT, b"\xc3", None), 1007),
    "half a character in a long text": (frame(FIN | TEXT, b"a" * 200 + b"\xc3", None), 1007),
    "half a character in fragments": (
        frame(TEXT, b"\xc3", None) + frame(FIN | CONTINUATION, b"", None),
        1007,
    ),
    "a surrogate in two fragments": (
        frame(TEXT, b"\xed", None) + frame(CONTINUATION, b"\xa0\x80", None),
        1007,
    ),
    "too much": (frame(FIN | TEXT, bytes(1001), None), 1009),
    "too much in a length": (b"\x82\x7f\x00\x00\x00\xff\x00\x00\x00\x00", 1009),
    "too much in fragments": (
        frame(BINARY, bytes(600), None) + frame(FIN | CONTINUATION, bytes(401), None),
        1009,
    ),
}


@pytest.mark.parametrize("split", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize(("data", "code"), BROKEN.values(), ids=BROKEN)
def test_a_violation_comes_after_what_was_in_order_and_is_answered(
    data: bytes, code: int, split: bool
) -> None:
    socket = machine(max_message=1000)
    stream = frame(FIN | TEXT, b"before", None) + frame(FIN | PING, b"?", None) + data
    pieces = [bytes((byte,)) for byte in stream] if split else [stream]
    assert heard(socket, *pieces) == [Text(b"before"), Ping(b"?"), code]
    assert heard(machine("server"), socket.data_to_send()) == [Pong(b"?"), Close(code)]
    socket.receive_data(frame(FIN | TEXT, b"after", None))
    assert socket.next_event() is PAUSED


@pytest.mark.parametrize("code", [*range(1020), 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000])
def test_close_codes(code: int) -> None:
    # wsproto lacks 1014, a bad gateway, which is registered.
    known = code in {*CloseReason, 1014} and code not in (1005, 1006, 1015)
    assert may_be_sent(code) is (known or 3000 <= code <= 4999)
    data = frame(FIN | CLOSE, code.to_bytes(2, "big"), None)
    assert heard(machine(), data) == [Close(code) if may_be_sent(code) else 1002]
    if not may_be_sent(code):
        with pytest.raises(LocalProtocolError, match=f"code {code}"):
            machine().send(Close(code))


def test_a_close_between_fragments_is_taken_and_answered() -> None:
    socket = machine()
    data = frame(TEXT, b"half", None) + frame(FIN | CLOSE, b"\x03\xe8", None)
    assert heard(socket, data) == [Close(1000)]
    assert heard(machine("server"), socket.data_to_send()) == [Close(1000)]


def test_who_has_closed_hears_the_other_out() -> None:
    client, server = pair()
    said = client.send(Close(1000))
    assert heard(client, server.send(Text(b"late"))) == [Text(b"late")]
    assert heard(server, said) == [Close(1000)]
    assert heard(client, server.data_to_send()) == [Close(1000)]
    assert client.data_to_send() == b""


@pytest.mark.parametrize(
    "begun", [b"", frame(FIN | TEXT, b"word", None)[:3], frame(TEXT, b"", None)]
)
def test_an_end_without_a_close_is_an_error(begun: bytes) -> None:
    socket = machine()
    if begun:
        assert heard(socket, begun) == []
    socket.receive_data(b"")
    with pytest.raises(RemoteProtocolError, match="middle" if begun else "without a close$"):
        socket.next_event()
    assert socket.next_event() is PAUSED


def test_a_flood_of_pings_is_answered_with_the_last() -> None:
    socket = machine()
    pings = b"".join(frame(FIN | PING, b"%0125d" % n, None) for n in range(5000))
    heard(socket, pings)
    pongs = heard(machine("server"), socket.data_to_send())
    assert len(pongs) <= 600
    assert pongs[-1] == Pong(b"%0125d" % 4999)


def test_a_compressed_message_is_bounded_before_it_is_made() -> None:
    bomb = frame(FIN | RSV1 | TEXT, Deflate().compress(b"0" * (64 << 20)), None)
    assert len(bomb) < 100_000
    assert heard(machine(deflate=Deflate(), max_message=1 << 20), bomb) == [1009]
    assert heard(machine(deflate=Deflate(), max_message=64 << 20), bomb) == [
        Text(b"0" * (64 << 20))
    ]


def test_a_compressed_message_that_is_damaged() -> None:
    assert heard(machine(deflate=Deflate()), frame(FIN | RSV1 | TEXT, b"\xff" * 9, None)) == [1007]


def test_a_final_block_does_not_end_the_compression() -> None:
    packer = zlib.compressobj(wbits=-15)
    final = packer.compress(b"Hello") + packer.flush()
    data = frame(FIN | RSV1 | TEXT, final + b"\x00", None)
    data += frame(FIN | RSV1 | TEXT, Deflate().compress(b"again"), None)
    assert heard(machine(deflate=Deflate()), data) == [Text(b"Hello"), Text(b"again")]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Text(b"\xff"), "UTF-8"),
        (Ping(bytes(126)), "125"),
        (Close(None, "why"), "without a code"),
        (Close(1000, "é" * 62), "123"),
    ],
)
def test_what_this_side_must_not_send(event: Event, text: str) -> None:
    with pytest.raises(LocalProtocolError, match=text):
        machine().send(event)


@given(st.binary(max_size=5000), st.binary(min_size=4, max_size=4))
def test_masking(data: bytes, key: bytes) -> None:
    cover = bytes(byte ^ key[place & 3] for place, byte in enumerate(data))
    assert masked(data, key) == cover
    assert masked(cover, key) == data


@given(messages)
def test_wsproto_understands_it_and_the_other_way_round(events: list[Event]) -> None:
    peer = Connection(ConnectionType.SERVER)
    ours, theirs = machine(), b""
    for event in events:
        data = ours.send(event)
        peer.receive_data(data)
        for said in peer.events():
            if isinstance(said, wsproto_events.TextMessage):
                reply = wsproto_events.TextMessage(
                    said.data, message_finished=said.message_finished
                )
                theirs += peer.send(reply)
            elif isinstance(said, wsproto_events.BytesMessage):
                more = wsproto_events.BytesMessage(
                    bytes(said.data), message_finished=said.message_finished
                )
                theirs += peer.send(more)
            elif isinstance(said, wsproto_events.Ping):
                theirs += peer.send(said.response())
    expected = [Pong(e.data) if isinstance(e, Ping) else e for e in events if type(e) is not Pong]
    assert heard(ours, *([theirs] if theirs else [])) == expected


def test_what_has_been_read_is_not_kept_until_more_comes() -> None:
    text, socket = Text(b"x" * 200), machine()
    received = WebSocket("server").send(text) * 2
    references = sys.getrefcount(received)
    socket.receive_data(received)
    assert [socket.next_event(), socket.next_event()] == [text, text]
    assert sys.getrefcount(received) == references
    assert heard(socket, WebSocket("server").send(Binary(b"y"))) == [Binary(b"y")]


def test_masks_need_a_source() -> None:
    with pytest.raises(TypeError, match="mask"):
        WebSocket("client")
