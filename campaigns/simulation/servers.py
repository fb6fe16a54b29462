"""Servers that fall ill at stated times, and the wire to them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from api_openai.core.call.deadlines import Deadlines
from api_openai.core.call.trace import Tracer
from api_openai.core.request.endpoint import Shipment
from api_openai.core.terms.errors import APIConnectionError
from api_openai.core.terms.http_message import Headers, RawHeaders, ResponseHead

from .time import Time

if TYPE_CHECKING:
    from api_openai.core.call.backend import Gates
    from api_openai.core.terms.effects import Clock, Files, Tasks

TRIP: Final = 0.05
"""Seconds to a server."""
USUAL: Final = 0.3
"""Seconds that a healthy server takes."""
BODY: Final = b'{"id": "r1"}'


class Said(NamedTuple):
    """What becomes of a request: after so many seconds, a status or a broken connection."""

    seconds: float
    status: int | None = 200
    fields: RawHeaders = ()


Phases = tuple[tuple[float, float], ...]


class Server(ABC):
    """One that is ill in some phases, and well in between."""

    name: ClassVar[str]
    what: ClassVar[str]
    """What its illness is, for people."""
    phases: ClassVar[Phases] = ((50.0, 90.0), (140.0, 180.0))

    def __init__(self, random: Random) -> None:
        self.random = random
        self.requests = 0
        """How many came."""
        self.while_ill = 0
        """How many came while it was ill."""

    def ill(self, now: float) -> bool:
        """Whether it is, at a time."""
        return any(begin <= now < end for begin, end in self.phases)

    def ask(self, now: float) -> Said:
        """Take a request."""
        self.requests += 1
        ill = self.ill(now)
        self.while_ill += ill
        return self.illness(now) if ill else self.health(now)

    def refuses(self, now: float) -> bool:
        """Whether it takes no connection."""
        return False

    def health(self, now: float) -> Said:
        """What a healthy server says."""
        return Said(USUAL * self.random.uniform(0.5, 1.5))

    @abstractmethod
    def illness(self, now: float) -> Said:
        """What it says while it is ill."""


class Flapping(Server):
    """Gone for ten seconds of every thirty."""

    name = "flapping"
    what = "takes no connection for 10 s of every 30 s"
    phases = tuple((20.0 + 30 * n, 30.0 + 30 * n) for n in range(8))

    def refuses(self, now: float) -> bool:
        return self.ill(now)

    def illness(self, now: float) -> Said:
        return Said(TRIP, None)


class Slow(Server):
    """Serves one after the other, and less than come; those who left are served too."""

    name = "slow"
    what = "serves 7 a second instead of 40, and those who have left too"

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._free_at = 0.0

    def health(self, now: float) -> Said:
        return self._in_line(now, 40.0)

    def illness(self, now: float) -> Said:
        return self._in_line(now, 7.0)

    def _in_line(self, now: float, rate: float) -> Said:
        self._free_at = max(now, self._free_at) + 1 / rate
        return Said(self._free_at - now + USUAL * self.random.uniform(0.5, 1.5))


class Limited(Server):
    """Allows so many requests a second, and says when to come again."""

    name = "rate limited"
    what = "answers 429 with `retry-after` beyond 6 requests a second"

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._level, self._at = 12.0, 0.0

    def illness(self, now: float) -> Said:
        self._level, self._at = min(12.0, self._level + (now - self._at) * 6.0), now
        if self._level >= 1:
            self._level -= 1
            return self.health(now)
        return Said(TRIP, 429, ((b"retry-after", b"2"),))


class HalfDead(Server):
    """Fails half of what it is asked: at once, late, or by breaking off."""

    name = "half dead"
    what = "answers two of ten requests with 500, breaks one off after 3 s, and takes 20 s for two"

    def illness(self, now: float) -> Said:
        chance = self.random.random()
        if chance < 0.2:
            return Said(TRIP, 500)
        if chance < 0.3:
            return Said(3.0, None)
        if chance < 0.5:
            return Said(20.0)
        return self.health(now)


class Spare(Server):
    """A server that is never ill, and slower."""

    name = "spare"
    what = "takes 0.9 s, and is never ill"
    phases = ()

    def health(self, now: float) -> Said:
        return Said(3 * USUAL * self.random.uniform(0.5, 1.5))

    def illness(self, now: float) -> Said:
        raise AssertionError("it is never ill")


@dataclass
class Answered:
    """The answer to one exchange, whose body is there at once."""

    head: ResponseHead
    gates: "Gates"
    _left: bytes = BODY

    async def read(self, deadlines: Deadlines, /) -> bytes:
        data, self._left = self._left, b""
        return data

    def abort(self) -> None:
        self._left = b""


class ServerWire:
    """The wire to servers, by the name of their host."""

    def __init__(self, time: Time, servers: Mapping[str, Server]) -> None:
        self._time = time
        self._servers = servers
        self.clock: Clock = time
        self.files: Files = time
        self.tasks: Tasks = time
        self.gates: Gates = time

    async def exchange(
        self, shipment: Shipment, deadlines: Deadlines, tracer: Tracer, /
    ) -> Answered:
        time, server = self._time, self._servers[shipment.origin.host]
        await self._until(TRIP, deadlines, sent=False)
        if server.refuses(time.now()):
            server.requests += 1
            server.while_ill += 1
            raise APIConnectionError("connection refused", sent="no")
        said = server.ask(time.now())
        await self._until(said.seconds, deadlines, sent=True)
        if said.status is None:
            raise APIConnectionError("the connection broke", sent="maybe")
        return Answered(ResponseHead(said.status, Headers(said.fields)), self.gates)

    async def _until(self, seconds: float, deadlines: Deadlines, *, sent: bool) -> None:
        """Wait, up to the deadline of the call."""
        left = deadlines.total_at - self._time.now()
        await self._time.sleep(min(seconds, max(left, 0.0)))
        if seconds > left:
            raise deadlines.passed("first_byte" if sent else "connect", "maybe" if sent else "no")


ILL: Final[tuple[type[Server], ...]] = (Flapping, Slow, Limited, HalfDead)
