"""The sending half of a session's connection, and its end, which either half may meet.

What interrupts a sender leaves the connection whole: a frame that has been begun goes on with whoever
sends next, one that has not is withdrawn.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import inf
from typing import Any, Final, Generic, TypeVar

from ..call.backend import Backend, DeadlinePassed
from ..call.pool import Ticket
from ..terms.errors import APIConnectionError, APIError, APITimeoutError, Sent
from ..websocket.events import Event, Message, Pong
from ..websocket.machine import State, WebSocket
from .line import Line, Waiting

C = TypeVar("C")

_NOTHING: Final = memoryview(b"")

LISTEN_SECONDS: Final = 1.0
"""How often who only sends looks at what came, so that pings of the server are answered."""

FAREWELL_SECONDS: Final = 1.0
"""How long the last that is said, and heard, may take where a connection ends."""


class LinkEnded(Exception):  # a signal within this package, never the caller's
    """The connection is over; `taken` says whether a part of the caller's frame may have gone out."""

    def __init__(self, *, taken: bool = False) -> None:
        super().__init__()
        self.taken = taken


class Sending(ABC, Generic[C]):
    """Sends on one connection, one caller at a time; the ticket is given back when it ends."""

    __slots__ = (
        "_backend",
        "_closers",
        "_line",
        "_listen_at",
        "_send_seconds",
        "_socket",
        "_tail",
        "_ticket",
        "_unsendable",
        "failure",
        "over",
        "unsure",
    )

    def __init__(
        self,
        backend: Backend[C],
        ticket: Ticket[C],
        socket: WebSocket,
        *,
        max_queue: int,
        send_seconds: float | None,
    ) -> None:
        self._backend = backend
        self._ticket = ticket
        self._socket = socket
        self._line = Line(max_queue)
        self._send_seconds = send_seconds
        self._listen_at = backend.now() + LISTEN_SECONDS
        self._tail = _NOTHING  # of a frame that has been begun
        self._closers: tuple[Ticket[C], ...] = ()  # of those who wait until nobody reads
        self._unsendable: APIConnectionError | None = None  # why nothing more can be sent
        self.failure: APIError | None = None
        """What broke the connection."""
        self.over = False
        self.unsure: tuple[Message, ...] = ()
        """What has begun to go out, where the sender did not ask to be told when it did."""

    @abstractmethod
    async def _listen(self, now: float) -> bool:
        """Look at what came, without waiting for anything; the caller sends. True at the peer's end."""
        ...

    @abstractmethod
    async def _hear_last(self, deadline: float) -> None:
        """Keep what the peer has said, when nothing can be sent to it any more."""
        ...

    async def send(
        self,
        event: Event,
        deadline: float = inf,
        begun: Callable[[Any], object] | None = None,
    ) -> None:
        """Send a message or control frame once all before it have been sent.

        `begun` is called with it as soon as it will go out, whatever becomes of the caller.
        `LinkEnded` where the connection is over; `APITimeoutError` where the peer takes nothing;
        `WebSocketQueueFullError` where too much waits already.
        """
        backend, seconds = self._backend, self._send_seconds
        now = backend.now()
        if seconds is not None:
            deadline = min(deadline, now + seconds)
        waiting: Waiting | None = None
        with backend.mutex:
            self._check_open()
            if self._line.busy:
                waiting = Waiting(event, Ticket(self._ticket.origin))
                self._line.stand(waiting)
            self._line.busy = True
        if waiting is not None:
            await self._stand(waiting, deadline)
        try:
            await self._write(event, deadline, begun)
        except BaseException:
            self._leave()
            raise
        if now < self._listen_at and self._leave_if_paid():
            return
        await self._attend(now)

    def _check_open(self) -> None:
        if self.over or self._unsendable or self._socket.sending is not State.OPEN:
            raise LinkEnded

    async def _stand(self, waiting: Waiting, deadline: float) -> None:
        """Wait for one's turn."""
        try:
            await self._backend.park(waiting.ticket, deadline)
        except BaseException as error:
            with self._backend.mutex:
                mine = not self._line.withdraw(waiting) and not self.over
            if mine:
                self._leave()
            if isinstance(error, DeadlinePassed):
                raise self._too_slow("no") from None
            raise
        if self.over:
            raise LinkEnded

    async def _write(
        self, event: Event, deadline: float, begun: Callable[[Any], object] | None
    ) -> None:
        """Put a frame on the wire, after what is left of the one before."""
        self._check_open()
        made = taken = False
        failure: APIConnectionError | None = None
        try:
            if self._tail:
                await self._flush(deadline)
            self._tail = memoryview(self._socket.send(event))
            made = True
            if not self._socket.compresses:  # else the next could not be understood without it
                await self._send_some(deadline)
            taken = True
            if begun is not None:
                begun(event)
            elif isinstance(event, Message):
                self.unsure += (event,)
            if self._tail or self._backend.unsent(self._conn):
                await self._flush(deadline)
            self._tail, self.unsure = _NOTHING, ()
        except (APIConnectionError, LinkEnded) as error:
            if isinstance(error, LinkEnded):
                raise LinkEnded(taken=taken) from None
            failure = error
        except BaseException as error:
            if made and not taken:
                self._tail = _NOTHING
            if isinstance(error, DeadlinePassed):
                raise self._too_slow("maybe" if taken else "no") from None
            raise
        if failure is not None:
            await self._lose(failure)
            raise LinkEnded(taken=taken)

    async def _send_some(self, deadline: float) -> None:
        self._tail = self._tail[await self._backend.send_part(self._conn, self._tail, deadline) :]

    async def _flush(self, deadline: float) -> None:
        while self._tail:
            await self._send_some(deadline)
        self._tail = _NOTHING  # an empty rest of a frame would keep all of it
        backend, conn = self._backend, self._conn
        while backend.unsent(conn):
            await backend.send_part(conn, b"", deadline)

    async def _lose(self, failure: APIConnectionError) -> None:
        """End, for nothing can be sent any more; what the peer said before is heard first."""
        self._unsendable = failure
        try:
            await self._hear_last(self._backend.now() + FAREWELL_SECONDS)
        except (LinkEnded, DeadlinePassed):
            pass
        self.end(None)

    async def _attend(self, now: float) -> None:
        """Listen now and then, send what is owed, and let the next one send; the event has gone out."""
        heard_end = False
        try:
            if now >= self._listen_at:
                self._listen_at = now + LISTEN_SECONDS
                heard_end = await self._listen(now)
            while not self._leave_if_paid():
                if not await self._send_owed(now):
                    self._leave()
                    break
            if heard_end:
                self.end(None)
        except LinkEnded:
            self._leave()  # the next call finds out
        except BaseException:
            self._leave()
            raise

    def _leave_if_paid(self) -> bool:
        """Let the next one send, unless something is owed: one who receives leaves it to us."""
        with self._backend.mutex:
            if self._socket.owes and not self.over:
                return False
            self._call_next()
            return True

    def _leave(self) -> None:
        """Let the next one send."""
        with self._backend.mutex:
            self._call_next()

    def _call_next(self) -> None:
        following = self._line.leave()
        if following is not None:
            self._backend.grant(following)

    async def _pay(self, deadline: float) -> bool:
        """Send what is owed to the peer; False where that does not go, or who sends has to do it."""
        if not self._enter():
            return False
        try:
            return await self._send_owed(deadline)
        finally:
            self._leave()

    async def _pay_in_line(self, deadline: float) -> None:
        """Send what is owed to the peer, after whoever sends."""
        waiting: Waiting | None = None
        with self._backend.mutex:
            if self._line.busy:
                waiting = Waiting(Pong(), Ticket(self._ticket.origin))
                self._line.stand(waiting)
            self._line.busy = True
        if waiting is not None:
            await self._stand(waiting, deadline)
        try:
            await self._send_owed(deadline)
        finally:
            self._leave()

    def _enter(self) -> bool:
        """Begin to send, if nobody does."""
        with self._backend.mutex:
            if self._line.busy or self.over or self._unsendable:
                return False
            self._line.busy = True
            return True

    async def _send_owed(self, deadline: float) -> bool:
        """Send what is owed; False for what does not go by the deadline: it is owed still."""
        socket = self._socket
        try:
            while self._tail or socket.owes:
                if not self._tail:  # else replies would pile up behind what nobody takes
                    self._tail = memoryview(socket.data_to_send())
                await self._flush(deadline)
        except DeadlinePassed:
            return False
        except APIConnectionError as error:
            self._unsendable = error  # who receives hears the rest, and the end
            return False
        return True

    async def _send_now(self, event: Event, deadline: float) -> None:
        """Send a control frame, as far as it goes; the caller has entered."""
        if self._socket.sending is State.OPEN:
            self._tail = memoryview(b"".join((self._tail, self._socket.send(event))))
        await self._send_owed(deadline)

    def _wake_closers(self) -> None:
        with self._backend.mutex:
            closers, self._closers = self._closers, ()
        for ticket in closers:
            self._backend.grant(ticket)

    def end(self, failure: APIError | None) -> None:
        """End at once: close the connection, and wake everybody who waits. Any number of times."""
        with self._backend.mutex:
            if self.over:
                return
            self.over = True
            if failure is None and self._heard_no_end:
                failure = self._unsendable
            if failure is not None and self.failure is None:
                failure.__traceback__ = None  # whose frames would keep this alive
                self.failure = failure
            closers, self._closers = self._closers, ()
            tickets = [*closers, *(waiting.ticket for waiting in self._line.dissolve())]
        self._backend.release(self._ticket, reuse=False)
        for ticket in tickets:
            self._backend.grant(ticket)

    @property
    @abstractmethod
    def _heard_no_end(self) -> bool:
        """Whether the peer has not said that it ends."""
        ...

    @property
    def _conn(self) -> C:
        conn = self._ticket.conn
        if conn is None:
            raise LinkEnded
        return conn

    def _too_slow(self, sent: Sent) -> APITimeoutError:
        seconds = self._send_seconds
        within = "" if seconds is None else f" within {seconds:g} s"
        text = f"Request timed out: the peer took no more of an event{within}"
        return APITimeoutError(text, phase="send", seconds=seconds, sent=sent)

    def __del__(self) -> None:
        ticket = getattr(self, "_ticket", None)
        if ticket is not None and ticket.granted:
            self.end(None)
