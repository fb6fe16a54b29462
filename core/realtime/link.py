"""One connection of a session: the program that drives the WebSocket machine over a backend.

Any number of tasks or threads may send, one at a time receives. Nothing runs by itself: pings are
answered, and the heartbeat beats, while somebody receives or sends. So a consumer that is slow stops
the reading, and after it the server.
"""

from math import inf
from typing import TYPE_CHECKING, TypeVar

from ..call.backend import Backend, DeadlinePassed
from ..call.pool import Ticket
from ..terms.errors import APIConnectionError, APIError, APITimeoutError, RemoteProtocolError
from ..terms.queues import Queue, queued
from ..terms.sentinels import NEED_DATA, PAUSED, NeedData
from ..terms.session_errors import WebSocketQueueFullError
from ..websocket.events import Close, Message, Ping, Pong, Text
from ..websocket.frames import Violation
from ..websocket.handshake import Agreed
from ..websocket.machine import State, WebSocket, check_close
from .heartbeat import NO_HEARTBEAT, Heartbeat
from .sending import FAREWELL_SECONDS, LISTEN_SECONDS, LinkEnded, Sending

if TYPE_CHECKING:
    from collections.abc import Callable

C = TypeVar("C")


class Link(Sending[C]):
    """A connection after its handshake; the ticket is given back when it ends."""

    __slots__ = (
        "_heartbeat",
        "_high_water",
        "_kept",
        "_listening",
        "_progress",
        "_reading",
        "_ready",
        "closed",
        "closing",
        "on_end",
    )

    def __init__(
        self,
        backend: Backend[C],
        ticket: Ticket[C],
        agreed: Agreed,
        *,
        max_message: int,
        max_queue: int,
        high_water: int,
        ping_interval: float | None,
        ping_timeout: float | None,
        send_seconds: float | None,
    ) -> None:
        socket = WebSocket(
            "client", mask=backend.mask, deflate=agreed.deflate, max_message=max_message
        )
        super().__init__(backend, ticket, socket, max_queue=max_queue, send_seconds=send_seconds)
        self._heartbeat = NO_HEARTBEAT
        if ping_interval is not None:
            self._heartbeat = Heartbeat(ping_interval, ping_timeout, backend.now())
        self._high_water = high_water
        self._ready: Queue[Message] = ()  # what came while somebody sent
        self._kept = 0
        self._reading = False
        self._listening = False  # whether who reads only looks, and sends
        self._progress = self._tail  # what was left of a frame at the last beat
        self.closing = False
        """Whether this side has begun to close."""
        self.closed: Close | None = None
        """The peer's close frame."""
        self.on_end: Callable[[Link[C]], object] | None = None
        """Called once, when it is over."""

    @property
    def latency(self) -> float | None:
        """Seconds of the last round trip of a ping."""
        return self._heartbeat.latency

    def end(self, failure: APIError | None) -> None:
        """End at once, and say so. Any number of times."""
        super().end(failure)
        with self._backend.mutex:
            told, self.on_end = self.on_end, None
        if told is not None:
            told(self)

    def feed(self, data: bytes) -> None:
        """Take bytes that came with the answer to the handshake."""
        if data:
            self._socket.receive_data(data)

    # Receiving

    def pull(self) -> Message | NeedData:
        """Return a message that has come already; the quick way, which never waits."""
        with self._backend.mutex:
            if self._reading or (self.over and self.closing):
                return NEED_DATA
            return self._message() if self._ready else self._arrived()

    async def receive(self, deadline: float) -> Message:
        """Return the next message.

        `LinkEnded` at the end, however it came, and after all that came before; `DeadlinePassed`;
        `RuntimeError` for a second reader.
        """
        while (ticket := self._begin_reading()) is not None:
            await self._backend.park(ticket, deadline)
        late = False
        try:
            while (message := self._message()) is NEED_DATA:
                if self.over:
                    raise LinkEnded
                if self._socket.receiving is not State.OPEN:
                    await self._farewell()
                    raise LinkEnded
                if late:
                    raise DeadlinePassed
                again = inf
                if self._socket.owes or self._tail:
                    now = self._backend.now()
                    if not await self._pay(now):
                        again = now + LISTEN_SECONDS
                late = await self._read(deadline, again)
        finally:
            self._end_reading()
        return message

    def _begin_reading(self) -> Ticket[C] | None:
        """Begin to receive; a ticket to wait on first, where a sender looks at what came."""
        with self._backend.mutex:
            if self._reading and self._listening:
                ticket: Ticket[C] = Ticket(self._ticket.origin)
                self._closers += (ticket,)
                return ticket
            if self.closing and (self._reading or self.over):
                raise LinkEnded  # who closes hears the peer out
            if self._reading:
                raise RuntimeError(
                    "This session is being received by another task or thread: one does at a time"
                )
            self._reading = True
            return None

    def _end_reading(self) -> None:
        self._reading = self._listening = False
        if self._closers:
            self._wake_closers()

    async def _read(self, deadline: float, again: float = inf) -> bool:
        """Read once, at most until `again`; the heartbeat beats in the meantime.

        What has come counts, however late somebody looks: returns whether the deadline was over.
        """
        backend, heartbeat = self._backend, self._heartbeat
        data: bytes | None = None
        until, now = min(deadline, heartbeat.due, again), -inf
        if until != inf:
            now = backend.now()
            if until <= now and backend.readable(self._conn):
                until = inf
        try:
            data = await backend.receive(self._conn, until)
        except DeadlinePassed:
            pass
        except APIConnectionError as error:
            self.end(error)
            raise LinkEnded from None
        if data is None:
            await self._beat(deadline)
            return False
        if heartbeat.due != inf:
            heartbeat.heard(backend.now())
        self._socket.receive_data(data)
        return deadline <= now

    async def _beat(self, deadline: float) -> None:
        """Send a ping that is due; `DeadlinePassed` where it was the caller's deadline that came."""
        now, heartbeat = self._backend.now(), self._heartbeat
        if heartbeat.due > now:
            if deadline <= now:
                raise DeadlinePassed
            return
        entered = self._enter()
        try:
            await self._ping(now, may_send=entered)
        finally:
            if entered:
                self._leave()

    async def _ping(self, now: float, *, may_send: bool) -> None:
        """Send a ping if there is room for one; note that the peer is gone if it answered none.

        While the peer takes an event, and while another has its turn, nothing is asked.
        """
        heartbeat = self._heartbeat
        if self._tail is not self._progress if self._tail else not may_send:
            self._progress = self._tail
            heartbeat.heard(now)
            return
        try:
            data = heartbeat.beat(now)
        except APITimeoutError as error:
            self.end(error)
            raise LinkEnded from None
        if data is not None and may_send:
            await self._send_now(Ping(data), now)

    def _message(self) -> Message | NeedData:
        """The next message of what has come."""
        if self._ready:
            message = self._ready.popleft()
            self._kept -= len(message.data)
            return message
        return self._arrived()

    def _arrived(self) -> Message | NeedData:
        """The next message out of the machine; what else came is noted."""
        next_event = self._socket.next_event
        try:
            while True:
                event = next_event()
                if type(event) is Text:  # as nearly all are
                    return event
                if event is NEED_DATA or event is PAUSED:
                    return NEED_DATA
                if isinstance(event, Close):
                    self.closed = event
                elif isinstance(event, Pong):
                    self._heartbeat.ponged(event.data, self._backend.now())
                elif not isinstance(event, Ping):
                    return event
        except RemoteProtocolError as error:
            if self.failure is None and (isinstance(error, Violation) or not self.closing):
                error.__traceback__ = None  # whose frames would keep this alive
                self.failure = error
            return NEED_DATA

    async def _listen(self, now: float) -> bool:
        """Look at what came, while nobody receives; at most `high_water` bytes are kept."""
        backend = self._backend
        with backend.mutex:
            if self._reading or self.over:
                return False
            self._reading = self._listening = True
        try:
            while self._kept < self._high_water and not self.over and backend.readable(self._conn):
                await self._read(inf)
                while (message := self._arrived()) is not NEED_DATA:
                    self._ready = queued(self._ready, message)
                    self._kept += len(message.data)
                if self._socket.receiving is not State.OPEN:
                    return True
            if now >= self._heartbeat.due:
                await self._ping(now, may_send=True)
            return False
        finally:
            self._end_reading()

    async def _hear_last(self, deadline: float) -> None:
        while await self._reader_is_done(deadline):
            pass
        await self._listen(-inf)

    async def _reader_is_done(self, deadline: float) -> bool:
        """Wait until who receives has done so; False if nobody does."""
        ticket: Ticket[C] = Ticket(self._ticket.origin)
        with self._backend.mutex:
            if not self._reading or self.over:
                return False
            self._closers += (ticket,)
        await self._backend.park(ticket, deadline)
        return True

    @property
    def _heard_no_end(self) -> bool:
        return self.closed is None

    async def close(self, close: Close, seconds: float | None) -> None:
        """Send a close, wait for the peer's, and end; at most `seconds`, `None` for any time.

        `LocalProtocolError` for a close that may not be sent; then nothing has happened.
        """
        check_close(close)
        backend = self._backend
        self.closing = True
        deadline = inf if seconds is None else backend.now() + seconds
        try:
            if self._socket.sending is State.OPEN:
                await self.send(close, deadline)
            while not self.over:
                await self._hear_out(deadline)
        except (LinkEnded, DeadlinePassed, APITimeoutError, WebSocketQueueFullError):
            pass
        finally:
            self.end(None)

    async def _hear_out(self, deadline: float) -> None:
        """Take what still comes, or wait until who receives has come to the end."""
        if not await self._reader_is_done(deadline):
            await self.receive(deadline)

    async def _farewell(self) -> None:
        """Send the answer to the peer's close or violation, and end."""
        try:
            if self._socket.owes:
                await self._pay_in_line(self._backend.now() + FAREWELL_SECONDS)
        except (LinkEnded, APITimeoutError):
            pass
        finally:
            self.end(None)
