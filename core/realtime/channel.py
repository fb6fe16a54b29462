"""A session: events over one connection after another, as the caller's settings say.

Written once for every way of doing I/O; the client has the faces. A session opens when it is told to,
and ends when either side closes it or its connection breaks. With a `Reconnect` it is opened again
by whoever finds it broken, in `recv` or in `send`.
"""

from collections import deque
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ..api.type_names import codec_of
from ..call.backend import Backend, DeadlinePassed
from ..call.error_answers import reported_error, unreadable
from ..call.policy import Again, Stop
from ..call.pool import Ticket
from ..json.encode import encode
from ..request.operation import Operation
from ..request.url import Origin
from ..terms.errors import APIError, APIStatusError, APITimeoutError
from ..terms.http_message import Headers
from ..terms.json_text import CodecError, decode_json
from ..terms.sentinels import NEED_DATA, NeedData
from ..terms.session_errors import WebSocketConnectionClosedError
from ..websocket.events import NORMAL, Binary, Close, Message, Text
from ..websocket.machine import check_close
from .connector import Connector, Opener
from .endings import again, code_of, error_of, is_regular
from .link import Link
from .outbox import Outbox, frame_of
from .reconnect import FINAL, NO_CLOSE, Reconnect, ReconnectedEvent
from .sending import LinkEnded

if TYPE_CHECKING:
    from ..request.answer_kinds import SocketAnswer
    from .kinds import SocketKind
    from .options import SocketOptions

E = TypeVar("E")

_NOWHERE = Origin("", "", 0)
"""The origin of tickets that no pool knows."""


class Channel(Generic[E]):
    """One session; `operation` is its opening handshake.

    Any number of threads or tasks may send, and one at a time receives.
    """

    def __init__(
        self,
        opener: Opener,
        kind: "SocketKind",
        operation: Operation[Any, Any],
        options: "SocketOptions",
    ) -> None:
        reconnect = options.reconnect
        replay = kind.start if reconnect is not None and reconnect.replay else ()
        self._kind = kind
        self._options = options
        self._connector = Connector(opener, operation, options)
        self._codec = codec_of(cast("SocketAnswer", kind.blueprint.answer).type)
        self._link: Link[Any] | None = None
        self._outbox = Outbox(options.max_queue, replay)
        self._notices: deque[ReconnectedEvent] = deque()
        self._attempts = 0  # to open it again, since it last worked
        self._reopening: Link[Any] | None = None  # the connection that is being replaced
        self._parked: list[Ticket[Any]] = []
        self._ended_by_us = False
        self.closed: WebSocketConnectionClosedError | None = None
        """How the session ended; `None` while it goes on."""

    @property
    def opened(self) -> bool:
        """Whether a server has accepted it."""
        return self._link is not None

    @property
    def headers(self) -> Headers:
        """The header fields of the server's 101."""
        self._backend()
        return self._connector.reply.headers

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
        return self._connector.subprotocol

    @property
    def latency(self) -> float | None:
        """Seconds from the last ping that was answered to its pong; see `ping_interval`."""
        return None if self._link is None else self._link.latency

    @property
    def ended_well(self) -> bool:
        """Whether it is over by the caller's own close, or by the server's with code 1000."""
        closed = self.closed
        return closed is not None and (self._ended_by_us or is_regular(closed))

    async def open(self) -> None:
        """Perform the handshake, and send what was queued; errors as `Connector.connect`."""
        if self._link is not None:
            raise RuntimeError("This session was opened already")
        self._link = await self._connector.connect()
        try:
            await self._send_waiting()
        except LinkEnded:
            pass  # what was not sent waits still; the next call finds out
        except BaseException:
            self.abandon()
            raise

    # Receiving

    def pull(self) -> "E | NeedData":
        """Return an event that has come already; the quick way, which never waits."""
        link = self._link
        if link is None or self._notices:
            return NEED_DATA
        message = link.pull()
        if message is NEED_DATA:
            return message
        self._outbox.heard()
        return self._event(message)

    async def recv(self, timeout: float | None = None) -> E:
        """Return the next event.

        `WebSocketConnectionClosedError` at the end of the session, whoever ended it;
        `APITimeoutError` where nothing comes within `timeout` seconds, and the session goes on;
        `ResponseDecodeError` about a message that is no JSON object, and the session goes on.
        """
        message = await self._next(timeout)
        if isinstance(message, ReconnectedEvent):
            return cast("E", message)  # ours, among the server's
        return self._event(message)

    async def recv_bytes(self, timeout: float | None = None) -> bytes:
        """Return the next message as it came, text or binary."""
        message = await self._next(timeout)
        return encode(message) if isinstance(message, ReconnectedEvent) else message.data

    async def _next(self, timeout: float | None) -> Message | ReconnectedEvent:
        deadline = inf if timeout is None else self._backend().now() + timeout
        while True:
            if self._notices:
                return self._notices.popleft()
            link = self._current(None)
            try:
                message = await link.receive(deadline)
            except DeadlinePassed:
                raise APITimeoutError(
                    f"no event within {timeout:g} s", phase="idle", seconds=timeout, sent="answered"
                ) from None
            except LinkEnded:
                pass  # and on below: nothing is awaited while an exception is in hand
            else:
                self._outbox.heard()
                return message
            await self._go_on_after(link, None)

    def _event(self, message: Message) -> E:
        event = self.parse_event(message.data)
        if self._attempts and getattr(event, "type", None) not in self._kind.greetings:
            self._attempts = 0
        return event

    def parse_event(self, data: str | bytes) -> E:
        """Make an event of a message; what is unknown becomes `Unknown`, as everywhere.

        `ResponseDecodeError` for what is no JSON object.
        """
        raw = data.encode() if isinstance(data, str) else data
        try:
            event: E = self._codec.decode(raw)
        except CodecError as error:
            self._backend()
            reply = self._connector.reply
            said = reply.redaction.data(raw)
            failure = unreadable(error, reply.head, said, "An event cannot be read")
            raise reply.on_error(failure) from error
        return event

    def reported(self, event: object) -> APIError:
        """Make the exception for an `error` event of this session: it has the API's words."""
        reply = self._connector.reply
        document = decode_json(reply.redaction.data(encode(event)))
        return reply.on_error(reported_error(document))

    # Sending

    def queue(self, event: object) -> None:
        """Keep an event for when the session is opened; `WebSocketQueueFullError` beyond the limit."""
        self._outbox.keep(_text(event))

    async def send(self, event: object) -> None:
        """Send an event: a mapping, a typed dict, a struct, a dataclass or a pydantic model.

        It returns when the system has taken it. While the connection is being opened again it is
        queued. `WebSocketConnectionClosedError` at the end of the session: the event is in its
        `unsent_frames`, or `unsure_frames`. `APITimeoutError` where the server takes nothing within
        the client's limit to pauses; its `sent` says whether anything went out.
        """
        await self._send(_text(event))

    async def send_raw(self, data: str | bytes) -> None:
        """Send a message as it is: text as a text message, bytes as a binary one."""
        if isinstance(data, str):
            await self._send(Text(data.encode()))
        else:
            await self._send(Binary(memoryview(data).tobytes()))

    async def _send(self, message: Message) -> None:
        self._outbox.note(message)
        while True:
            link = self._current(message)
            if self._reopening is not None and self._kept_for_later(message):
                return
            try:
                await link.send(message)
            except LinkEnded as end:
                if end.taken:
                    raise self._error_of(link) from None
            else:
                if self._options.reconnect is not None:
                    self._outbox.sent(message)
                return
            await self._go_on_after(link, message)

    def _kept_for_later(self, message: Message) -> bool:
        """Queue a message while the session is being opened again; False if it is not any more."""
        with self._backend().mutex:
            if self._reopening is None:
                return False
            self._outbox.keep(message)
            return True

    async def _send_waiting(self) -> int:
        """Send what waits for a connection; what does not go stays."""
        link, waiting, count = self._current(None), self._outbox.waiting, 0
        while waiting:
            message = waiting[0]
            try:
                await link.send(message)
            except LinkEnded as end:
                if end.taken:
                    waiting.popleft()
                raise
            waiting.popleft()
            self._outbox.note(message)
            count += 1
        return count

    # The end of a connection, and the next one

    def _backend(self) -> Backend[Any]:
        backend = self._connector.backend
        if backend is None or self._link is None:
            raise RuntimeError("This session is not open: use it in a `with` block, or enter() it")
        return backend

    def _current(self, message: Message | None) -> Link[Any]:
        """The connection in use; the error of the end where the session is over."""
        if self.closed is not None:
            raise again(self.closed, None if message is None else frame_of(message))
        self._backend()
        assert self._link is not None
        return self._link

    def _error_of(self, link: Link[Any]) -> WebSocketConnectionClosedError:
        return error_of(link, self._connector.reply, self._outbox.unheard())

    async def _go_on_after(self, link: Link[Any], unsent: Message | None) -> None:
        """Open the session again after its connection has ended, or raise how it ended.

        `unsent` is what the caller could not send, and will send by the new one.
        """
        with self._backend().mutex:
            mine = self._link is link and self._reopening is None and self.closed is None
            if mine:
                self._reopening = link
        if self.closed is not None:
            raise again(self.closed, None if unsent is None else frame_of(unsent))
        if not mine:
            await self._wait_for_reopening(link)
            return
        error = self._error_of(link)
        try:
            if self._options.reconnect is None or self._ended_by_us:
                self._finish(error, "")
            else:
                await self._reopen(self._options.reconnect, error)
        finally:
            with self._backend().mutex:
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
        link: Link[Any] | None = None
        resent: int | None = None
        while resent is None:
            self._attempts += 1
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
                self._link = link = await self._connector.connect()
                resent = await self._say_again(link)
            except LinkEnded:
                code = NO_CLOSE
                if link is not None:
                    error.unsure_frames += map(frame_of, link.unsure)
            except APIError as failure:
                error.__cause__ = failure
                if isinstance(failure, APIStatusError) and failure.status_code in FINAL:
                    self._finish(error, failure.message)
                    return
        self._notices.append(
            ReconnectedEvent(
                attempts=attempts,
                close_code=code_of(error),
                reason=error.message,
                unsure_events=tuple(error.unsure_frames),
                resent_events=resent,
            )
        )
        self._outbox.heard()

    def _decide(self, reconnect: Reconnect, code: int) -> Again | Stop:
        verdict = reconnect.decide(code, self._attempts, self._backend().random())
        if self._kind.once and isinstance(verdict, Again):
            return Stop("opening it again would do at the server what was done already")
        return verdict

    async def _wait_for_attempt(self, reconnect: Reconnect, code: int, seconds: float) -> bool:
        """Tell the caller, wait, and say whether to go on; `close` ends the wait."""
        from ..api.session_options import ReconnectingEvent

        connector, backend = self._connector, self._backend()
        event = ReconnectingEvent(
            attempt=self._attempts,
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
            for message in [*self._outbox.opening.values()]:
                if message not in self._outbox.waiting:
                    await link.send(message)
            while self._reopening is not None:
                count += await self._send_waiting()
                with self._backend().mutex:
                    if not self._outbox.waiting:
                        self._reopening = None  # from here on others send by themselves
        except BaseException:
            link.end(None)
            raise
        return count

    async def _wait_for_reopening(self, link: Link[Any]) -> None:
        """Wait until another task or thread has opened the session again, or could not."""
        backend = self._backend()
        while self._reopening is link and self.closed is None:
            await backend.park(self._place(), inf)

    def _place(self) -> Ticket[Any]:
        """A ticket on which to wait until something changes."""
        ticket: Ticket[Any] = Ticket(_NOWHERE)
        with self._backend().mutex:
            if self._ended_by_us or self._reopening is None:
                ticket.granted = True
            else:
                self._parked.append(ticket)
        return ticket

    def _wake_parked(self) -> None:
        backend = self._backend()
        with backend.mutex:
            parked, self._parked = self._parked, []
        for ticket in parked:
            backend.grant(ticket)

    def _finish(self, error: WebSocketConnectionClosedError, why: str) -> None:
        """End the session with `error`, which has everything that was not sent."""
        error.unsent_frames += map(frame_of, self._outbox.waiting)
        self._outbox.waiting.clear()
        if why:
            error.message += f"; it was not opened again: {why}"
            error.args = (error.message,)
        self.closed = again(error, None)

    # Closing

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the session, with a code and at most 123 bytes of reason; any number of times.

        `LocalProtocolError` for a code that may not be sent: 1000 to 1003, 1007 to 1014 and 3000 to
        4999 may. What waits to be sent goes first, as far as the limit to closing lets it.
        """
        close = Close(code, reason)
        check_close(close)
        link = self._link
        if self.closed is not None or link is None:
            return
        self._ended_by_us = True
        self._wake_parked()  # who waits to open it again
        await link.close(close, self._options.close_timeout)

    def abandon(self) -> None:
        """End at once, without a word to the server."""
        self._ended_by_us = True
        if self._link is not None:
            self._link.end(None)


def _text(event: object) -> Text:
    """An event as a message: one line of JSON."""
    kind = type(event).__name__
    if kind in ("str", "bytes", "bytearray", "memoryview"):
        raise TypeError(
            f"send: expected an event (a mapping or a model), got {kind}; send_raw takes it as it is"
        )
    return Text(encode(event))
