"""The connections of a session, one after another: in use, lost, opened again, over.

Messages pass here as they are; `channel` makes events of them. What is written down at a loss says
what became of everything that this side said: sent, not sent, or unsure.
"""

from math import inf
from typing import TYPE_CHECKING, Any, Final

from ..call.backend import Backend, DeadlinePassed
from ..call.policy import Again, Stop
from ..call.pool import Ticket
from ..request.operation import Operation
from ..request.url import Origin
from ..terms.errors import APIError, APIStatusError
from ..terms.queues import Queue, queued
from ..terms.sentinels import NEED_DATA, NeedData
from ..terms.session_errors import WebSocketConnectionClosedError
from ..websocket.events import Close, Message
from ..websocket.machine import check_close
from .connector import Connector, Opener
from .endings import again, code_of, error_of, is_regular
from .link import Link
from .outbox import Outbox, frame_of
from .reconnect import FINAL, NO_CLOSE, Reconnect, ReconnectedEvent
from .sending import LinkEnded

if TYPE_CHECKING:
    from ..call.reply import Answered
    from .kinds import SocketKind
    from .options import SocketOptions

_NOWHERE: Final = Origin("", "", 0)
"""The origin of tickets that no pool knows."""


class Lifeline:
    """What keeps one session going; `operation` is its opening handshake.

    Tasks and threads share it: whoever meets the end of a connection sees to the next one, and the
    others wait, or queue what they have to say.
    """

    __slots__ = (
        "_close_timeout",
        "_ended_by_us",
        "_once",
        "_parked",
        "_reopening",
        "attempts",
        "closed",
        "connector",
        "link",
        "notices",
        "outbox",
        "reconnect",
    )

    def __init__(
        self,
        opener: Opener,
        kind: "SocketKind",
        operation: Operation[Any, Any],
        options: "SocketOptions",
    ) -> None:
        reconnect = options.reconnect
        replay = kind.start if reconnect is not None and reconnect.replay else ()
        self._once = kind.once
        self._close_timeout = options.close_timeout
        self.attempts = 0
        """Tries to open it again, since it last worked."""
        self._reopening: Link[Any] | None = None  # the connection that is being replaced
        self._parked: tuple[Ticket[Any], ...] = ()
        self._ended_by_us = False
        self.reconnect = reconnect
        self.connector = Connector(opener, operation, options)
        self.outbox = Outbox(options.max_queue, replay)
        self.link: Link[Any] | None = None
        """The connection in use, or the last one."""
        self.notices: Queue[ReconnectedEvent] = ()
        """What the caller is still to be told."""
        self.closed: WebSocketConnectionClosedError | None = None
        """How the session ended; `None` while it goes on."""

    @property
    def ended_well(self) -> bool:
        """Whether it is over by the caller's own close, or by the server's with code 1000."""
        closed = self.closed
        return closed is not None and (self._ended_by_us or is_regular(closed))

    @property
    def reopening(self) -> bool:
        """Whether somebody opens it again at this moment."""
        return self._reopening is not None

    @property
    def backend(self) -> Backend[Any]:
        """What it runs over; `RuntimeError` before it was opened."""
        backend = self.connector.backend
        if backend is None or self.link is None:
            raise self._not_open()
        return backend

    @property
    def answered(self) -> "Answered":
        """The server's last 101; `RuntimeError` before it was opened."""
        if self.link is None:
            raise self._not_open()
        return self.connector.answered

    def _not_open(self) -> RuntimeError:
        return RuntimeError("This session is not open: use it in a `with` block, or enter() it")

    async def open(self) -> None:
        """Perform the handshake, and send what was queued; errors as `Connector.connect`."""
        if self.link is not None:
            raise RuntimeError("This session was opened already")
        self.link = await self.connector.connect()
        try:
            await self._send_waiting()
        except LinkEnded:
            pass  # what was not sent waits still; the next call finds out
        except BaseException:
            self.abandon()
            raise

    def left(self) -> Message | NeedData:
        """A message that came before the end, where a sender was the first to find that."""
        return NEED_DATA if self.closed is None or self.link is None else self.link.pull()

    def current(self, message: Message | None) -> Link[Any]:
        """The connection in use; the error of the end where the session is over."""
        if self.closed is not None:
            raise again(self.closed, None if message is None else frame_of(message))
        if self.link is None:
            raise self._not_open()
        return self.link

    def kept_for_later(self, message: Message) -> bool:
        """Queue a message while the session is being opened again; False if it is not any more."""
        with self.backend.mutex:
            if self._reopening is None:
                return False
            self.outbox.keep(message)
            return True

    async def _send_waiting(self) -> int:
        """Send what waits for a connection; what does not go stays."""
        link, count = self.current(None), 0
        while self.outbox.waiting:
            await link.send(self.outbox.waiting[0], begun=self._went)
            count += 1
        return count

    def _went(self, message: Message) -> None:
        """Note that the first that waits goes out, so that it is not sent again."""
        if self.outbox.waiting:
            self.outbox.waiting.popleft()
        self.outbox.note(message)
        self.outbox.sent(message)

    def error_of(self, link: Link[Any]) -> WebSocketConnectionClosedError:
        """How a connection ended, as the caller's error; the session's, where that is over."""
        if self.closed is not None:
            return again(self.closed, None)
        return error_of(link, self.connector.answered, self.outbox.unheard())

    async def go_on_after(
        self, link: Link[Any], unsent: Message | None, deadline: float = inf
    ) -> None:
        """Open the session again after its connection has ended, or raise how it ended.

        `unsent` is what the caller could not send, and will send by the new one, or queue. Where
        another opens the session again this waits until `deadline`, and raises `DeadlinePassed`.
        """
        with self.backend.mutex:
            mine = self.link is link and self._reopening is None and self.closed is None
            if mine:
                self._reopening = link
        if self.closed is not None:
            raise again(self.closed, None if unsent is None else frame_of(unsent))
        if not mine:
            if unsent is None:
                await self._wait_for_reopening(link, deadline)
            return
        error = self.error_of(link)
        self.outbox.doubt()
        if not link.closing:
            link.end(None)  # of which its end may be known, and no more
        try:
            if self.reconnect is None or self._ended_by_us:
                self._finish(error, "")
            else:
                await self._reopen(self.reconnect, error)
        finally:
            with self.backend.mutex:
                if self._reopening is link:
                    self._reopening = None
            self._wake_parked()
        if self.closed is not None:
            if unsent is not None:
                error.unsent_frames.append(frame_of(unsent))
            try:
                raise error
            finally:
                del error  # else the frame and the error would keep each other alive

    async def _reopen(self, reconnect: Reconnect, error: WebSocketConnectionClosedError) -> None:
        """Open the session again, as often as the policy says; or finish it with `error`."""
        code, attempts, stop = code_of(error), 0, ""
        resent: int | None = None
        while resent is None:
            self.attempts += 1
            attempts += 1
            verdict = self._decide(reconnect, code)
            if not isinstance(verdict, Again):
                stop = verdict.reason
            elif not await self._wait_for_attempt(reconnect, code, verdict.seconds):
                stop = "it was given up here"
            if stop:
                self._finish(error, stop)
                return
            try:
                self.link = await self.connector.connect()
                resent = await self._say_again(self.link)
            except LinkEnded:
                code = NO_CLOSE
                error.unsure_frames += self.outbox.doubt()
            except APIError as failure:
                error.__cause__ = failure
                error.unsure_frames += self.outbox.doubt()
                if isinstance(failure, APIStatusError) and failure.status_code in FINAL:
                    self._finish(error, failure.message)
                    return
        self.notices = queued(
            self.notices,
            ReconnectedEvent(
                attempts=attempts,
                close_code=code_of(error),
                reason=error.message,
                unsure_events=tuple(error.unsure_frames),
                resent_events=resent,
            ),
        )
        self.outbox.unsure = ()

    def _decide(self, reconnect: Reconnect, code: int) -> Again | Stop:
        verdict = reconnect.decide(code, self.attempts, self.backend.random())
        if self._once and isinstance(verdict, Again):
            return Stop("opening it again would do at the server what was done already")
        return verdict

    async def _wait_for_attempt(self, reconnect: Reconnect, code: int, seconds: float) -> bool:
        """Tell the caller, wait, and say whether to go on; `close` ends the wait."""
        from ..api.session_options import ReconnectingEvent

        connector, backend = self.connector, self.backend
        event = ReconnectingEvent(
            attempt=self.attempts,
            max_attempts=reconnect.max_attempts,
            delay=seconds,
            close_code=code,
            extra_query=dict(connector.operation.query),
            extra_headers=dict(connector.operation.headers),
        )
        changes = reconnect.told(event)
        if changes.get("abort") or self._ended_by_us:
            return False
        connector.change(changes)
        try:
            await backend.park(self._place(), backend.now() + seconds)
        except DeadlinePassed:
            pass
        return not self._ended_by_us

    async def _say_again(self, link: Link[Any]) -> int:
        """Say what makes the session what it is, then what waits; return how much of that."""
        count = 0
        try:
            if self._ended_by_us:
                raise LinkEnded
            for message in [*self.outbox.opening.values()]:
                if message not in self.outbox.waiting:
                    await link.send(message, begun=_not_the_callers)
            while self._reopening is not None:
                count += await self._send_waiting()
                with self.backend.mutex:
                    if not self.outbox.waiting:
                        self._reopening = None  # from here on others send by themselves
        except BaseException:
            link.end(None)
            raise
        return count

    async def _wait_for_reopening(self, link: Link[Any], deadline: float) -> None:
        """Wait until another task or thread has opened the session again, or could not."""
        backend = self.backend
        while self._reopening is link and self.closed is None:
            await backend.park(self._place(), deadline)

    def _place(self) -> Ticket[Any]:
        """A ticket on which to wait until something changes."""
        ticket: Ticket[Any] = Ticket(_NOWHERE)
        with self.backend.mutex:
            if self._ended_by_us or self._reopening is None:
                ticket.granted = True
            else:
                self._parked += (ticket,)
        return ticket

    def _wake_parked(self) -> None:
        backend = self.backend
        with backend.mutex:
            parked, self._parked = self._parked, ()
        for ticket in parked:
            backend.grant(ticket)

    def _finish(self, error: WebSocketConnectionClosedError, why: str) -> None:
        """End the session with `error`, which has everything that was not sent."""
        error.unsent_frames += map(frame_of, self.outbox.waiting)
        self.outbox.waiting = ()
        if why:
            error.message += f"; it was not opened again: {why}"
            error.args = (error.message,)
        self.outbox.unsure = ()
        self.closed = again(error, None)

    async def close(self, close: Close) -> None:
        """Close the session; `LocalProtocolError` for a close that may not be sent."""
        check_close(close)
        link = self.link
        if self.closed is not None or link is None:
            return
        self._ended_by_us = True
        self._wake_parked()  # who waits to open it again
        await link.close(close, self._close_timeout)

    def abandon(self) -> None:
        """End at once, without a word to the server."""
        self._ended_by_us = True
        if self.link is not None:
            self.link.closing = True
            self.link.end(None)


def _not_the_callers(message: Message) -> None:
    """Nobody is told of what was only said again."""
