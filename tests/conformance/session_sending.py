"""Scenarios of what a session says: many senders, peers that read nothing, closing, heartbeat."""

import contextlib
import json
import random
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from api_openai.core.realtime.sending import LISTEN_SECONDS
from api_openai.core.request.timeout import Timeout
from api_openai.core.terms.errors import APITimeoutError, LocalProtocolError
from api_openai.core.terms.session_errors import (
    WebSocketConnectionClosedError,
    WebSocketQueueFullError,
)
from api_openai.core.websocket.events import Binary, Close, Ping, Pong, Text
from api_openai.core.websocket.frames import FIN, PING, frame

from ..support.server import CLOSE, GATE, HANGUP, RESET, STALL
from ..support.websocket import CLOSING, ECHO, HEAR, REST, Hear, Pour, Say, Upgrade
from .connections import Connection
from .session_events import COMPRESSED
from .sessions import CREATED, DONE, NO_SOCKETS, append, delta, ended, opened, session
from .stage import Stage, scenario
from .ways import DIRECT, PROXY_TLS, TLS

if TYPE_CHECKING:
    from .callers import Program

BIG = "x" * 6_000_000
"""More than all the buffers between a client and a server take."""
SENDERS = 16
WAITING = Timeout(idle=0.05)


def numbered(stage: Stage, number: int = 0) -> dict[int, list[int]]:
    """What each sender said, in the order of its coming."""
    found: dict[int, list[int]] = {}
    for event in session(stage, number).messages:
        found.setdefault(event["who"], []).append(event["number"])
        assert event["audio"] == audio_of(event["who"], event["number"])
    return found


def audio_of(who: int, number: int) -> str:
    """Data of any length, by which one sees if a frame is torn."""
    return chr(97 + who) * ((who * 131 + number * 977) % 3000)


async def says(connection: Connection, who: int, count: int) -> None:
    for number in range(count):
        event = {"type": "x", "who": who, "number": number, "audio": audio_of(who, number)}
        await connection.send(event)


@scenario(without=NO_SOCKETS)
async def sixteen_senders_and_a_receiver(stage: Stage) -> None:
    """No event is torn or lost, and each sender's are in order."""
    count = 30
    for number, options in enumerate(({}, COMPRESSED)):
        said = [delta(str(each)) for each in range(200)]
        stage.server.on(Upgrade(*said), Hear(SENDERS * count), Say(DONE), REST)
        client = stage.client()
        connection = await client.connect(
            websocket_connection_options=options, max_queue_size=10_000_000
        ).enter()

        async def receives(connection: Connection = connection) -> list[str]:
            return [event.delta async for event in connection]

        programs: list[Program] = [receives]
        programs += [partial(says, connection, who, count) for who in range(SENDERS)]
        heard, *rest = await client.together(programs)
        assert heard == [str(each) for each in range(200)]
        assert rest == [None] * SENDERS
        assert numbered(stage, number) == {who: [*range(count)] for who in range(SENDERS)}


@scenario(without=NO_SOCKETS)
async def text_and_bytes_as_they_are(stage: Stage) -> None:
    stage.server.on(Upgrade(), Hear(3), Say(DONE), REST)
    connection = await opened(stage)
    await connection.send_raw("é")
    await connection.send_raw(b"\xff")
    await connection.send_raw(memoryview(b"abc"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="send_raw"):
        await connection.send("text")
    assert (await ended(connection)).close_code == 1000
    heard = session(stage).heard
    assert heard == [Text("é".encode()), Binary(b"\xff"), Binary(b"abc"), Close(1000)]


@scenario(without=NO_SOCKETS)
async def one_receives_at_a_time(stage: Stage) -> None:
    stage.server.on(Upgrade(), GATE, Say(delta("a")), CLOSING)
    client = stage.client()
    async with client.connect() as connection:

        async def receives() -> Any:
            try:
                return await connection.recv(10)
            finally:
                stage.server.go()

        results = await client.together([receives, receives])
        (refused,) = [each for each in results if isinstance(each, RuntimeError)]
        assert "another task or thread" in str(refused)
        assert [each.delta for each in results if each is not refused] == ["a"]


async def stuck(stage: Stage, connection: Connection, big: str) -> list[str]:
    """Send what nobody reads, something behind it, and something once it is read; the outcomes."""
    outcomes: list[str] = []
    for audio in (big, "never"):
        with pytest.raises(APITimeoutError) as caught:
            await connection.send(append(audio))
        assert (caught.value.phase, caught.value.seconds) == ("send", WAITING.idle)
        outcomes.append(caught.value.sent)
    stage.server.go()
    with stage.way.clock.hold():
        await connection.send(append("last"))
        assert (await ended(connection)).close_code == 1000
    return outcomes


@scenario(
    without=NO_SOCKETS, routes=(DIRECT, PROXY_TLS), because="what is in between only takes more"
)
async def a_peer_that_reads_nothing(stage: Stage) -> None:
    """A send ends by the client's limit; afterwards nothing is torn, doubled or lost."""
    stage.server.on(Upgrade(), GATE, Hear(2), Say(DONE), REST)
    connection = await stage.client(timeout=WAITING).connect().enter()
    assert await stuck(stage, connection, BIG) == ["maybe", "no"]
    assert session(stage).messages == [append(BIG), append("last")]


@scenario(without=NO_SOCKETS, routes=(DIRECT,), because="it is about the stream of compression")
async def a_peer_that_reads_nothing_of_what_is_compressed(stage: Stage) -> None:
    big = random.Random(1).randbytes(5_000_000).hex()
    stage.server.on(Upgrade(), GATE, Hear(2), Say(DONE), REST)
    client = stage.client(timeout=WAITING)
    connection = await client.connect(websocket_connection_options=COMPRESSED).enter()
    assert await stuck(stage, connection, big) == ["maybe", "no"]
    assert session(stage).messages == [append(big), append("last")]


@scenario(without=NO_SOCKETS, routes=(DIRECT,), because="it is about a line within the client")
async def too_much_waits_to_be_sent(stage: Stage) -> None:
    """One sends, one waits, and two are refused at once; what is refused is not sent."""
    stage.server.on(Upgrade(), GATE, Hear(2), Say(DONE), REST)
    client = stage.client()
    connection = await client.connect(max_queue_size=100).enter()
    refused: list[WebSocketQueueFullError] = []

    async def sends(who: int) -> int:
        try:
            await connection.send({"type": "x", "who": who, "audio": BIG})
        except WebSocketQueueFullError as error:
            refused.append(error)
            if len(refused) == 2:
                stage.server.go()
            return -1
        return who

    outcomes = await client.together([partial(sends, who) for who in range(4)])
    assert (await ended(connection)).close_code == 1000
    assert "max_queue_size=100" in str(refused[0])
    went = [event["who"] for event in session(stage).messages]
    assert sorted(went) == sorted(each for each in outcomes if each >= 0)
    assert len(went) == 2


async def until(stage: Stage, event: threading.Event) -> None:
    """Let the loop run until something has happened in a thread of a server's."""
    while not event.wait(0.005):
        await stage.way.turns()


@scenario(
    without=NO_SOCKETS, routes=(DIRECT, PROXY_TLS), because="what is in between only takes more"
)
async def a_slow_consumer_stops_the_server(stage: Stage) -> None:
    """What a server can write while nobody receives is bounded, also where somebody sends."""
    pour = Pour(Text(b'{"type":"x","data":"%b"}' % (b"x" * 100_000)), 400)
    stage.server.on(Upgrade(), pour, Say(DONE), REST)
    connection = await opened(stage)
    for _ in range(5):
        stage.way.clock.go_on(LISTEN_SECONDS)
        await connection.send(append("x"))
    await until(stage, pour.full)
    assert pour.taken < 30_000_000  # of 40: kernels keep megabytes on every hop
    assert sum([1 async for _ in connection]) == 400


@scenario(
    without=NO_SOCKETS, routes=(DIRECT,), because="it is about memory, of which proxies have some"
)
async def a_peer_that_floods_with_pings_and_reads_nothing(stage: Stage) -> None:
    """Pongs that cannot be sent do not pile up, and the last ping is answered."""
    count = 60_000
    pings = (frame(FIN | PING, bytes(120), None) * 1000,) * (count // 1000)
    last = Say(Ping(b"last"), delta("a"))
    stage.server.on(Upgrade(), GATE, *pings, last, GATE, HEAR, Say(delta("b")), REST)
    client = stage.client(timeout=WAITING)
    async with client.connect() as connection:
        stage.server.go()
        with stage.way.clock.hold():
            assert (await connection.recv()).delta == "a"
        stage.server.go()
        with stage.way.clock.hold():
            await connection.send(append("x"))
        assert (await connection.recv()).delta == "b"
    heard = session(stage).heard
    pongs = [event for event in heard if isinstance(event, Pong)]
    assert len(pongs) < count - 10_000
    assert pongs[-1] == Pong(b"last")


@scenario(without=NO_SOCKETS)
async def pings_are_answered_while_only_sending(stage: Stage) -> None:
    stage.server.on(Upgrade(Ping(b"p"), delta("a")), HEAR, Hear(1, Pong), Say(DONE), REST)
    connection = await opened(stage)
    stage.way.clock.go_on(LISTEN_SECONDS)
    await connection.send(append("x"))
    assert [event.delta async for event in connection] == ["a"]
    assert session(stage).heard[1] == Pong(b"p")


async def keeps_sending(stage: Stage, connection: Connection, seconds: float) -> None:
    """Send until that cannot be done any more."""
    while True:
        stage.way.clock.go_on(seconds)
        await connection.send(append("y"))


@scenario(without=NO_SOCKETS)
async def a_sender_that_finds_the_end_leaves_what_came(stage: Stage) -> None:
    """Why a server has closed is known to who receives afterwards."""
    for listens in (False, True):
        stage.server.on(Upgrade(), HEAR, Say(delta("a"), delta("b"), Close(1008, "why")), CLOSE)
        number = len(stage.server.peers)
        connection = await opened(stage)
        await connection.send(append("x"))
        stage.server.played(number)
        if stage.proxy is not None:
            stage.proxy.ended(number + 1)
        await stage.way.turns()
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await keeps_sending(stage, connection, LISTEN_SECONDS if listens else 0)
        assert (caught.value.close_code, caught.value.close_reason) == (1008, "why")
        assert [(await connection.recv()).delta for _ in "ab"] == ["a", "b"]
        assert (await ended(connection)).close_code == 1008


@scenario(without=NO_SOCKETS)
async def a_sender_that_meets_a_reset(stage: Stage) -> None:
    stage.server.on(Upgrade(), HEAR, RESET)
    connection = await opened(stage)
    await connection.send(append("x"))
    stage.closed()
    await stage.way.turns()
    with pytest.raises(WebSocketConnectionClosedError) as caught:
        await keeps_sending(stage, connection, 0)
    assert caught.value.close_code is None
    assert caught.value.__cause__ is not None, str(caught.value)
    lost = [*caught.value.unsure_frames, *caught.value.unsent_frames]
    first, *rest = [json.loads(each) for each in lost]
    assert first == append("x")  # nothing was heard after it
    assert rest == [append("y")] * len(rest) != []
    assert (await ended(connection)).close_code is None


@scenario(without=NO_SOCKETS)
async def closing_is_said_and_answered(stage: Stage) -> None:
    stage.server.on(Upgrade(CREATED, delta("unheard")), REST)
    connection = await opened(stage)
    assert (await connection.recv()).type == "session.created"
    await connection.close(code=3001, reason="enough")
    await connection.close()
    assert [event async for event in connection] == []
    error = await ended(connection)
    assert error.close_code == 3001
    assert session(stage).heard == [Close(3001, "enough")]


@scenario(without=NO_SOCKETS)
async def closes_that_may_not_be_said(stage: Stage) -> None:
    stage.server.on(Upgrade(), ECHO)
    async with stage.client().connect() as connection:
        for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000):
            with pytest.raises(LocalProtocolError, match=f"{code}: expected"):
                await connection.close(code=code)
        with pytest.raises(LocalProtocolError, match="123 bytes"):
            await connection.close(reason="é" * 62)
        await connection.send(delta("a"))
        assert (await connection.recv()).delta == "a"


@scenario(without=NO_SOCKETS)
async def a_peer_that_does_not_answer_a_close(stage: Stage) -> None:
    stage.server.on(Upgrade(CREATED, answers=False), Hear(1, Close), HANGUP)
    connection = await opened(stage, websocket_connection_options={"close_timeout": 0.05})
    before = stage.way.clock.now()
    await connection.close()
    assert stage.way.clock.now() - before > 0.049
    assert (await ended(connection)).close_code is None
    await stage.way.turns()
    assert session(stage).heard == [Close(1000)]


@scenario(without=NO_SOCKETS, routes=(DIRECT, TLS), because="proxies have much room")
async def a_peer_that_does_not_read_a_close(stage: Stage) -> None:
    """Who closes waits so long for a frame under way, and no longer."""
    stage.server.on(Upgrade(), STALL)
    client = stage.client(timeout=WAITING)
    options = {"close_timeout": 0.05}
    connection = await client.connect(websocket_connection_options=options).enter()
    with pytest.raises(APITimeoutError):
        await connection.send(append(BIG))
    await connection.close()
    assert (await ended(connection)).close_code is None


@scenario(without=NO_SOCKETS)
async def closing_while_another_receives(stage: Stage) -> None:
    stage.server.on(Upgrade(), REST)
    client = stage.client()
    connection = await client.connect().enter()

    async def receives() -> list[Any]:
        return [event async for event in connection]

    assert await client.together([receives, connection.close]) == [[], None]
    assert session(stage).heard == [Close(1000)]


@scenario(without=NO_SOCKETS)
async def closing_while_others_send(stage: Stage) -> None:
    """What was sent is whole, and what was not is told."""
    stage.server.on(Upgrade(), HEAR, REST)
    client = stage.client()
    connection = await client.connect().enter()
    unsent: list[Any] = []
    unsure: list[Any] = []

    async def sends(who: int) -> int:
        for number in range(200):
            event = {"type": "x", "who": who, "number": number, "audio": audio_of(who, number)}
            try:
                await connection.send(event)
            except WebSocketConnectionClosedError as error:
                unsure.extend(error.unsure_frames)
                unsent.extend(json.loads(each) for each in error.unsent_messages)
                return number
        return 200

    programs: list[Program] = [partial(sends, who) for who in range(4)]
    programs.append(connection.close)
    *counts, _ = await client.together(programs)
    said = numbered(stage)
    for event in map(json.loads, unsure):  # at that time it was not known whether they had come
        assert event["number"] in said[event["who"]]
    for who, count in enumerate(counts):
        assert said.get(who, []) == [*range(count)]
    assert len(unsent) == sum(count < 200 for count in counts)


@scenario(without=NO_SOCKETS)
async def the_servers_close_is_answered_while_others_send(stage: Stage) -> None:
    stage.server.on(Upgrade(), Hear(50), Say(Close(1001, "going")), REST)
    client = stage.client()
    connection = await client.connect().enter()

    async def sends() -> int:
        with contextlib.suppress(WebSocketConnectionClosedError):
            while True:
                await connection.send(append("x" * 500))
                await stage.way.turns()
        return 0

    async def receives() -> int | None:
        return (await ended(connection)).close_code

    *_, code = await client.together([sends, sends, receives])
    assert code == 1001
    stage.server.played()
    # Who sends goes first, and the answer has a second of a clock that may be ahead of the network.
    assert session(stage).close in (Close(1001), None)


HEART: dict[str, Any] = {
    "websocket_connection_options": {"ping_interval": 0.05, "ping_timeout": 0.1}
}


@scenario(without=NO_SOCKETS)
async def silence_is_followed_by_a_ping(stage: Stage) -> None:
    stage.server.on(Upgrade(), Hear(2, Ping), Say(DONE), REST)
    connection = await opened(stage, **HEART)
    assert connection.latency is None
    assert (await ended(connection)).close_code == 1000
    assert connection.latency is not None
    assert 0 <= connection.latency < 0.1
    pings = [event.data for event in session(stage).heard if isinstance(event, Ping)]
    assert len({*pings}) == len(pings)


@scenario(without=NO_SOCKETS)
async def a_peer_that_is_gone_is_noticed(stage: Stage) -> None:
    stage.server.on(Upgrade(answers=False), HANGUP)
    connection = await opened(stage, **HEART)
    error = await ended(connection)
    assert "no answer to a ping within 0.1 s" in str(error)
    assert isinstance(error.__cause__, APITimeoutError)


@scenario(without=NO_SOCKETS)
async def a_slow_consumer_does_not_take_the_peer_for_gone(stage: Stage) -> None:
    """The answer to a ping has come, and nobody has looked."""
    stage.server.on(Upgrade(), Hear(1, Ping), GATE, HEAR, Say(delta("a")), CLOSING)
    async with stage.client().connect(**HEART) as connection:
        with pytest.raises(APITimeoutError):
            await connection.recv(0.06)
        stage.server.peer(0).waited(1)
        stage.way.clock.go_on(50)
        stage.server.go()
        await connection.send(append("x"))
        assert (await connection.recv()).delta == "a"


@scenario(without=NO_SOCKETS)
async def the_heart_beats_while_only_sending(stage: Stage) -> None:
    stage.server.on(Upgrade(), Hear(1, Ping), CLOSING)
    async with stage.client().connect(**HEART) as connection:
        stage.way.clock.go_on(LISTEN_SECONDS)
        await connection.send(append("x"))
        stage.server.peer(0)


@scenario(without=NO_SOCKETS, routes=(DIRECT, TLS), because="proxies have much room")
async def a_peer_that_takes_nothing_for_long_is_gone(stage: Stage) -> None:
    stage.server.on(Upgrade(), STALL)
    client = stage.client()
    connection = await client.connect(**HEART).enter()
    programs: list[Program] = [partial(connection.send, append(BIG)), connection.recv]
    for error in await client.together(programs):
        assert isinstance(error, WebSocketConnectionClosedError)
        assert "no answer to a ping" in str(error)
        assert [json.loads(each) for each in error.unsure_frames] == [append(BIG)]
