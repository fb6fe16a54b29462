"""Connection pool decisions: who gets which connection, who waits, what is closed.

The pool decides and never does: it opens and closes nothing, reads no clock, takes no lock. Each
method is synchronous and total, so that it can be called from cleanup; an adapter whose threads
share a pool holds a lock around each call.

A ticket is one place in the pool. From the moment it exists it owns whatever connection is made
for it, and it is given back exactly once: `release` is idempotent.
"""

from collections import deque
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import ref

from ..request.url import Origin

C = TypeVar("C")


class Ticket(Generic[C]):
    """A place in the pool: waiting, or granted with a connection to reuse or with none yet.

    One that is lost (an interrupt may come between any two steps) frees its place when collected.
    """

    __slots__ = ("__weakref__", "busy", "conn", "granted", "origin", "waker")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.granted = False
        self.conn: C | None = None
        """The connection this ticket owns; `None` until one is reused or made."""
        self.waker: Any = None
        """Whatever the adapter's `park` waits on."""
        self.busy: set[int] | None = None
        """Where its pool counts it."""

    def __del__(self) -> None:
        busy = getattr(self, "busy", None)  # nothing is there yet if the interrupt came so early
        if busy is not None:
            busy.discard(id(self))


class Decision(NamedTuple, Generic[C]):
    """What follows from a change: whom to wake, and which connections to close."""

    wake: list[Ticket[C]]
    close: list[C]


class Pool(Generic[C]):
    """Idle connections by origin, the count of those in use, and the line of who waits.

    `max_connections` bounds idle and busy ones together (`None`: no bound); `max_idle` bounds the
    idle ones; an idle connection older than `idle_seconds` is not used again.
    """

    __slots__ = ("_busy", "_idle", "_idle_count", "_line", "limits")

    def __init__(
        self,
        *,
        max_connections: int | None = None,
        max_idle: int | None = None,
        idle_seconds: float | None = None,
    ) -> None:
        for name, value in (("max_connections", max_connections), ("idle_seconds", idle_seconds)):
            if value is not None and value <= 0:
                raise ValueError(f"{name}={value!r}: expected a number above 0, or None")
        if max_idle is not None and max_idle < 0:
            raise ValueError(f"max_idle={max_idle!r}: expected 0 or more, or None")
        self.limits = (max_connections, max_idle, idle_seconds)
        self._busy: set[int] = set()  # ids of tickets, which a pool does not keep alive
        self._idle: dict[Origin, deque[tuple[float, C]]] = {}
        self._line: deque[ref[Ticket[C]]] = deque()

    @property
    def in_use(self) -> int:
        """How many tickets are granted."""
        return len(self._busy)

    @property
    def idle(self) -> int:
        """How many connections are open and unused."""
        return sum(map(len, self._idle.values()))

    @property
    def waiting(self) -> int:
        """How many tickets stand in line."""
        return sum(each() is not None for each in self._line)

    def request(self, origin: Origin, now: float) -> tuple[Ticket[C], list[C]]:
        """Make a ticket for `origin`; it is granted at once if there is room and nobody waits."""
        close = self.expire(now)
        ticket: Ticket[C] = Ticket(origin)
        self._line.append(ref(ticket))
        self._grant(close)
        return ticket, close

    def another(self, ticket: Ticket[C]) -> None:
        """Put the next idle connection of its origin, or `None`, on a granted ticket."""
        ticket.conn = self._take(ticket.origin)

    def release(self, ticket: Ticket[C], now: float, *, reuse: bool) -> Decision[C]:
        """Take a ticket back: out of the line, or with its connection kept idle or closed."""
        close: list[C] = []
        if id(ticket) not in self._busy:  # waits, or was given back, or is another pool's
            if (place := ref(ticket)) in self._line:
                self._line.remove(place)
            return Decision([], close)
        ticket.granted = False
        self._busy.discard(id(ticket))
        conn, ticket.conn = ticket.conn, None
        if conn is not None:
            if reuse:
                self._idle.setdefault(ticket.origin, deque()).append((now, conn))
            else:
                close.append(conn)
        wake = self._grant(close)
        max_idle = self.limits[1]
        while max_idle is not None and self.idle > max_idle:
            close.append(self._evict())
        return Decision(wake, close)

    def expire(self, now: float) -> list[C]:
        """Take out the idle connections that are too old and return them to be closed."""
        age = self.limits[2]
        if age is None or not self._idle:
            return []
        old: list[C] = []
        for origin in [*self._idle]:
            line = self._idle[origin]
            while line and now - line[0][0] >= age:
                old.append(line.popleft()[1])
            if not line:
                del self._idle[origin]
        return old

    def clear(self) -> list[C]:
        """Take out all idle connections and return them to be closed."""
        conns = [conn for line in self._idle.values() for _, conn in line]
        self._idle.clear()
        return conns

    def _grant(self, close: list[C]) -> list[Ticket[C]]:
        granted: list[Ticket[C]] = []
        limit = self.limits[0]
        while self._line and (limit is None or self.in_use < limit):
            ticket = self._line.popleft()()
            if ticket is None:
                continue
            ticket.busy = self._busy
            ticket.granted = True
            self._busy.add(id(ticket))
            ticket.conn = self._take(ticket.origin)
            if ticket.conn is None and limit is not None and self.in_use + self.idle > limit:
                close.append(self._evict())
            granted.append(ticket)
        return granted

    def _take(self, origin: Origin) -> C | None:
        """The most recently used idle connection of `origin`: the likeliest to be alive."""
        line = self._idle.get(origin)
        if not line:
            return None
        conn = line.pop()[1]
        if not line:
            del self._idle[origin]
        return conn

    def _evict(self) -> C:
        """The idle connection that has been unused the longest."""
        origin = min(self._idle, key=lambda each: self._idle[each][0][0])
        line = self._idle[origin]
        conn = line.popleft()[1]
        if not line:
            del self._idle[origin]
        return conn
