"""Decisions of a session without I/O: heartbeat, the line of senders, what is kept, options."""

from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai import APITimeoutError, Reconnect, WebSocketQueueFullError
from api_openai.core.call.pool import Ticket
from api_openai.core.realtime.heartbeat import Heartbeat
from api_openai.core.realtime.line import Line, Waiting
from api_openai.core.realtime.options import MAX_MESSAGE, SocketOptions
from api_openai.core.realtime.outbox import Outbox
from api_openai.core.request.url import Origin
from api_openai.core.websocket.events import Binary, Ping, Text

ORIGIN = Origin("https", "h", 443)


def text(data: str) -> Text:
    return Text(data.encode())


class TestHeartbeat:
    def test_it_is_off_unless_asked(self) -> None:
        heart = Heartbeat(None, 20, 0)
        assert heart.due == inf
        heart.heard(5)
        assert heart.due == inf
        assert heart.beat(1e9) is None

    def test_silence_is_followed_by_a_ping_and_then_by_the_end(self) -> None:
        heart = Heartbeat(10, 5, 0)
        assert heart.beat(9.9) is None
        assert heart.beat(10) == b"1"
        assert heart.due == 15
        assert heart.beat(14) is None
        with pytest.raises(APITimeoutError, match="within 5 s") as caught:
            heart.beat(15)
        assert (caught.value.phase, caught.value.seconds) == ("idle", 5)

    def test_whatever_comes_is_life(self) -> None:
        heart = Heartbeat(10, 5, 0)
        heart.beat(10)
        heart.heard(14.9)
        assert heart.due == 24.9
        assert heart.beat(24.9) == b"2"

    def test_the_pong_of_the_last_ping_measures_the_round_trip(self) -> None:
        heart = Heartbeat(10, None, 0)
        assert heart.latency is None
        heart.beat(10)
        heart.ponged(b"other", 10.1)
        assert heart.latency is None
        heart.ponged(b"1", 10.25)
        assert heart.latency == 0.25
        assert heart.beat(100) is None  # without a limit it waits for ever

    def test_a_ping_may_be_sent_unasked(self) -> None:
        heart = Heartbeat(None, None, 0)
        heart.ponged(heart.ping(3), 4)
        assert (heart.latency, heart.due) == (1, inf)


class TestLine:
    def line(self, limit: int = 10) -> tuple[Line, list[Waiting]]:
        line = Line(limit)
        line.busy = True
        waiting = [Waiting(text("abc"), Ticket[Any](ORIGIN)) for _ in range(3)]
        for each in waiting:
            line.stand(each)
        return line, waiting

    def test_first_come_first_served(self) -> None:
        line, waiting = self.line()
        assert [line.leave() for _ in range(3)] == [each.ticket for each in waiting]
        assert line.busy
        assert line.leave() is None
        assert not line.busy

    def test_bytes_that_wait_are_bounded_and_control_frames_are_none(self) -> None:
        line, _ = self.line()
        with pytest.raises(WebSocketQueueFullError, match="max_queue_size=10: 9 bytes wait"):
            line.stand(Waiting(text("ab"), Ticket(ORIGIN)))
        line.stand(Waiting(Ping(b"x" * 100), Ticket(ORIGIN)))
        line.leave()
        line.stand(Waiting(text("abcd"), Ticket(ORIGIN)))

    def test_alone_a_message_may_have_any_size(self) -> None:
        line = Line(10)
        line.busy = True
        line.stand(Waiting(text("a" * 1000), Ticket(ORIGIN)))

    def test_who_waits_no_more_leaves_their_place(self) -> None:
        line, waiting = self.line()
        assert line.withdraw(waiting[1])
        assert not line.withdraw(waiting[1])
        assert [line.leave(), line.leave()] == [waiting[0].ticket, waiting[2].ticket]
        assert not line.withdraw(waiting[0])

    def test_it_dissolves(self) -> None:
        line, waiting = self.line()
        assert line.dissolve() == waiting
        line.stand(Waiting(text("a" * 10), Ticket(ORIGIN)))


class TestOutbox:
    def test_what_waits_is_bounded(self) -> None:
        box = Outbox(10, ())
        box.keep(text("a" * 20))
        with pytest.raises(WebSocketQueueFullError):
            box.keep(text("b"))
        box.waiting = ()
        box.keep(text("b"))

    def test_the_last_of_each_kind_makes_the_session(self) -> None:
        box = Outbox(1000, ("session.start", "session.update"))
        for data in (
            '{"type":"session.update","n":1}',
            '{"type":"session.start"}',
            '{"type":"other"}',
            '{"type":5}',
            "[1]",
            "no JSON",
            '{"n":2,"type":"session.update"}',
        ):
            box.note(text(data))
        box.note(Binary(b"\xff"))
        assert [*box.opening.values()] == [
            text('{"type":"session.start"}'),
            text('{"n":2,"type":"session.update"}'),
        ]

    def test_without_kinds_nothing_is_kept(self) -> None:
        box = Outbox(1000, ())
        box.note(text('{"type":"session.update"}'))
        assert box.opening == {}

    @given(st.lists(st.integers(1, 30), max_size=40))
    def test_what_was_sent_unheard_is_bounded_and_the_latest(self, sizes: list[int]) -> None:
        box = Outbox(50, ())
        sent = ["x" * size for size in sizes]
        for each in sent:
            box.sent(text(each))
        kept = box.unheard()
        assert kept == sent[len(sent) - len(kept) :]
        assert sum(map(len, kept)) <= 50
        assert not sent or kept
        box.heard()
        assert box.unheard() == []


class TestOptions:
    def test_defaults(self) -> None:
        options = SocketOptions.of()
        assert options.max_message == MAX_MESSAGE
        assert options.ping_interval is None
        assert options.reconnect is None
        assert not options.compression

    def test_all_that_there_are(self) -> None:
        given: dict[str, Any] = {
            "subprotocols": ["realtime"],
            "compression": "deflate",
            "max_size": 1000,
            "max_queue": (4, 1),
            "open_timeout": 3,
            "close_timeout": None,
            "ping_interval": 20,
            "ping_timeout": 10.5,
        }
        options = SocketOptions.of(given, max_queue_size=7)
        assert options == SocketOptions(
            subprotocols=("realtime",),
            compression=True,
            max_message=1000,
            high_water=4 << 16,
            open_timeout=3,
            close_timeout=None,
            ping_interval=20,
            ping_timeout=10.5,
            max_queue=7,
        )

    def test_no_limit(self) -> None:
        assert SocketOptions.of({"max_size": None}).max_message > 1 << 60

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"proxy": "http://p"}, r"\['proxy'\]: .*Network"),
            ({"ssl": None}, r"\['ssl'\]: .*Network"),
            ({"extensions": []}, "compression"),
            ({"write_limit": 1}, "max_queue_size"),
            ({"additional_headers": {}}, "extra_headers"),
            ({"ping": 1}, r"\['ping'\]: not known; there are subprotocols"),
            ({1: 1}, "not known"),
            ([("max_size", 1)], "expected a mapping"),
            ("max_size", "expected a mapping"),
        ],
    )
    def test_what_there_is_not(self, given: Any, says: str) -> None:
        with pytest.raises(TypeError, match=says):
            SocketOptions.of(given)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("max_size", 0),
            ("max_size", True),
            ("max_size", "1"),
            ("open_timeout", 0),
            ("ping_interval", -1),
            ("ping_timeout", True),
            ("compression", "gzip"),
        ],
    )
    def test_values_that_are_none(self, name: str, value: Any) -> None:
        with pytest.raises(ValueError, match=f"{name}={value!r}"):
            SocketOptions.of({name: value})
        with pytest.raises(TypeError, match="list of names"):
            SocketOptions.of({"subprotocols": "realtime"})

    def test_reconnecting_in_two_ways(self) -> None:
        handler = print
        options = SocketOptions.of(on_reconnecting=handler, max_retries=2, max_delay=1.0)
        assert options.reconnect == Reconnect(
            max_attempts=2, max_delay=1.0, on_reconnecting=handler
        )
        with pytest.raises(TypeError, match="says already"):
            SocketOptions.of(on_reconnecting=handler, reconnect=Reconnect())
        with pytest.raises(TypeError, match="expected a Reconnect"):
            SocketOptions.of(reconnect=5)
        assert SocketOptions.of(max_retries=3).reconnect is None
