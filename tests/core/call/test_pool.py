"""The pool of connections: slots and connections are conserved, the line is fair, bounds hold."""

from collections import Counter

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from api_openai.core.call.pool import Pool, Ticket
from api_openai.core.request.url import Origin

ORIGINS = [Origin("https", f"{name}.example", 443) for name in "abc"]
origins = st.sampled_from(ORIGINS)


class PoolMachine(RuleBasedStateMachine):
    """Clients that take, keep, give back and give up; connections are numbers."""

    tickets: Bundle[Ticket[int]] = Bundle("tickets")

    @initialize(
        connections=st.none() | st.integers(1, 4),
        idle=st.none() | st.integers(0, 3),
        seconds=st.none() | st.integers(1, 5),
    )
    def begin(self, connections: int | None, idle: int | None, seconds: int | None) -> None:
        self.limits = (connections, idle, seconds)
        self.pool: Pool[int] = Pool(
            max_connections=connections, max_idle=idle, idle_seconds=seconds
        )
        self.now = 0.0
        self.made = 0
        self.open: Counter[int] = Counter()
        self.since: dict[int, tuple[Origin, float]] = {}
        """The idle connections, and since when."""
        self.line: list[Ticket[int]] = []
        self.granted: list[Ticket[int]] = []

    def closed(self, conns: list[int]) -> None:
        for conn in conns:
            self.open[conn] -= 1
            self.since.pop(conn, None)

    def grant(self, ticket: Ticket[int]) -> None:
        """Check a ticket that has just been granted, and make its connection if it has none."""
        assert ticket.granted
        self.granted.append(ticket)
        if ticket.conn is not None:
            origin, since = self.since.pop(ticket.conn)
            assert origin == ticket.origin
            others = [at for where, at in self.since.values() if where == origin]
            assert since >= max(others, default=since), "not the one used last"

    @rule(target=tickets, origin=origins)
    def request(self, origin: Origin) -> Ticket[int]:
        ticket, close = self.pool.request(origin, self.now)
        self.closed(close)
        limit = self.limits[0]
        if limit is not None and len(self.granted) >= limit:
            assert not ticket.granted
            self.line.append(ticket)
        else:
            assert not self.line
            self.grant(ticket)
            seconds = self.limits[2]
            if ticket.conn is None and seconds is None:
                assert all(where != origin for where, _ in self.since.values())
        return ticket

    @rule(ticket=tickets)
    def connect(self, ticket: Ticket[int]) -> None:
        if ticket.granted and ticket.conn is None:
            self.made += 1
            self.open[self.made] += 1
            ticket.conn = self.made

    @rule(ticket=tickets)
    def another(self, ticket: Ticket[int]) -> None:
        """A connection turned out to be dead."""
        if ticket.granted and ticket.conn is not None:
            self.closed([ticket.conn])
            ticket.conn = None
            self.pool.another(ticket)
            if ticket.conn is not None:
                origin, _ = self.since.pop(ticket.conn)
                assert origin == ticket.origin
            else:
                assert all(where != ticket.origin for where, _ in self.since.values())

    @rule(ticket=consumes(tickets), reuse=st.booleans(), again=st.booleans())
    def release(self, ticket: Ticket[int], reuse: bool, again: bool) -> None:
        had, conn = ticket.granted, ticket.conn
        if had and conn is not None and reuse:
            self.since[conn] = (ticket.origin, self.now)
        wake, close = self.pool.release(ticket, self.now, reuse=reuse)
        self.closed(close)
        assert not ticket.granted
        assert ticket.conn is None
        if had:
            self.granted.remove(ticket)
            if conn is not None and not reuse:
                assert conn in close
        elif ticket in self.line:
            self.line.remove(ticket)
            assert not wake
        else:
            assert (wake, close) == ([], [])
        for each in wake:
            assert each is self.line.pop(0)
            self.grant(each)
        if again:
            assert self.pool.release(ticket, self.now, reuse=reuse) == ([], [])

    @rule(seconds=st.integers(0, 3))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def expire(self) -> None:
        close = self.pool.expire(self.now)
        age = self.limits[2]
        old = [conn for conn, (_, at) in self.since.items() if age and self.now - at >= age]
        assert sorted(close) == sorted(old)
        self.closed(close)

    @precondition(lambda self: bool(self.since))
    @rule()
    def clear(self) -> None:
        close = self.pool.clear()
        assert sorted(close) == sorted(self.since)
        self.closed(close)

    @invariant()
    def conserved(self) -> None:
        """Every open connection is on one granted ticket or idle, and none was closed twice."""
        if not hasattr(self, "pool"):
            return
        held = Counter(ticket.conn for ticket in self.granted if ticket.conn is not None)
        assert set(self.open.values()) <= {0, 1}
        assert held + Counter([*self.since]) == +self.open
        assert self.pool.in_use == len(self.granted)
        assert self.pool.waiting == len(self.line)
        assert self.pool.idle == len(self.since)

    @invariant()
    def bounded(self) -> None:
        if not hasattr(self, "pool"):
            return
        connections, idle, _ = self.limits
        if connections is not None:
            assert self.pool.in_use <= connections
            assert self.pool.in_use + self.pool.idle <= connections
            assert not self.line or self.pool.in_use == connections
        else:
            assert not self.line
        if idle is not None:
            assert self.pool.idle <= idle


TestPool = PoolMachine.TestCase
TestPool.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_a_ticket_of_another_pool_is_nobodys() -> None:
    one, two = Pool[int](), Pool[int]()
    ticket, _ = one.request(ORIGINS[0], 0.0)
    assert two.release(ticket, 0.0, reuse=True) == ([], [])
    assert ticket.granted
    assert (one.in_use, two.in_use) == (1, 0)


def test_an_idle_connection_makes_room_for_another_origin() -> None:
    pool = Pool[int](max_connections=1)
    ticket, _ = pool.request(ORIGINS[0], 0.0)
    ticket.conn = 1
    pool.release(ticket, 0.0, reuse=True)
    ticket, close = pool.request(ORIGINS[1], 0.0)
    assert (ticket.granted, ticket.conn, close) == (True, None, [1])


@pytest.mark.parametrize(
    "limits",
    [{"max_connections": 0}, {"max_connections": -1}, {"idle_seconds": 0}, {"max_idle": -1}],
)
def test_limits_that_make_no_sense(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(limits))):
        Pool[int](**limits)


@pytest.mark.parametrize(
    ("origin", "text", "authority"),
    [
        (Origin("https", "a.b", 443), "https://a.b:443", "a.b"),
        (Origin("http", "a.b", 443), "http://a.b:443", "a.b:443"),
        (Origin("http", "::1", 80), "http://[::1]:80", "[::1]"),
    ],
)
def test_origins_as_text(origin: Origin, text: str, authority: str) -> None:
    assert (str(origin), origin.authority) == (text, authority)


def test_the_connection_used_last_is_used_first_and_the_oldest_makes_room() -> None:
    pool = Pool[int](max_connections=3)
    tickets = [pool.request(ORIGINS[0], 0.0)[0] for _ in range(3)]
    for number, ticket in enumerate(tickets):
        ticket.conn = number
        pool.release(ticket, float(number), reuse=True)
    ticket, _ = pool.request(ORIGINS[0], 5.0)
    assert ticket.conn == 2
    pool.another(ticket)
    assert ticket.conn == 1
    other, close = pool.request(ORIGINS[1], 5.0)
    assert (other.conn, close) == (None, [])
    third, close = pool.request(ORIGINS[2], 5.0)
    assert (third.conn, close) == (None, [0])
