"""A session: events over one connection after another, as the caller's settings say.

Written once for every way of doing I/O; the client has the faces. A session opens when it is told to,
and ends when either side closes it or its connection breaks. With a `Reconnect` it is opened again
by whoever finds it broken, in `recv` or in `send`.
"""

from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ..api.type_names import codec_of
from ..call.backend import Backend, DeadlinePassed
from ..call.error_answers import reported_error, unreadable
from ..json.encode import encode
from ..request.operation import Operation
from ..terms.errors import APIError, APITimeoutError
from ..terms.http_message import Headers
from ..terms.json_text import CodecError, decode_json
from ..terms.sentinels import NEED_DATA, NeedData
from ..terms.session_errors import WebSocketConnectionClosedError
from ..websocket.events import NORMAL, Binary, Close, Message, Text
from .lifeline import Lifeline
from .outbox import type_of
from .reconnect import ReconnectedEvent
from .sending import LinkEnded

if TYPE_CHECKING:
    from ..request.answer_kinds import SocketAnswer
    from .connector import Opener
    from .kinds import SocketKind
    from .options import SocketOptions

E = TypeVar("E")


class Channel(Generic[E]):
    """One session; `operation` is its opening handshake.

    Any number of threads or tasks may send, and one at a time receives.
    """

    __slots__ = ("_codec", "_greetings", "_life")

    def __init__(
        self,
        opener: "Opener",
        kind: "SocketKind",
        operation: Operation[Any, Any],
        options: "SocketOptions",
    ) -> None:
        self._greetings = kind.greetings
        self._life = Lifeline(opener, kind, operation, options)
        self._codec = codec_of(cast("SocketAnswer", kind.blueprint.answer).type)

    async def open(self) -> None:
        """Perform the handshake, and send what was queued.

        `APIStatusError` where the server refuses, whatever the status; `APIConnectionError` where
        no answer comes, `RemoteProtocolError` where it is none.
        """
        await self._life.open()

    @property
    def opened(self) -> bool:
        """Whether a server has accepted it."""
        return self._life.link is not None

    @property
    def closed(self) -> WebSocketConnectionClosedError | None:
        """How the session ended; `None` while it goes on."""
        return self._life.closed

    @property
    def ended_well(self) -> bool:
        """Whether it is over by the caller's own close, or by the server's with code 1000."""
        return self._life.ended_well

    @property
    def backend(self) -> Backend[Any]:
        """What it runs over; `RuntimeError` for a session that was not opened."""
        return self._life.backend

    @property
    def headers(self) -> Headers:
        """The header fields of the server's 101."""
        return self._life.answered.headers

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the server chose."""
        return self._life.connector.subprotocol

    @property
    def latency(self) -> float | None:
        """Seconds from the last ping that was answered to its pong; see `ping_interval`."""
        link = self._life.link
        return None if link is None else link.latency

    # Receiving

    def pull(self) -> "E | NeedData":
        """Return an event that has come already; the quick way, which never waits."""
        life = self._life
        link = life.link
        if link is None or life.notices:
            return NEED_DATA
        message = link.pull()  # it may have come before what was sent last: that is not heard by it
        return message if message is NEED_DATA else self._event(message)

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
        if isinstance(message, ReconnectedEvent):
            return encode(message)
        if self._life.attempts and type_of(message) not in self._greetings:
            self._life.attempts = 0
        return message.data

    async def _next(self, timeout: float | None) -> Message | ReconnectedEvent:
        life = self._life
        deadline = inf if timeout is None else life.backend.now() + timeout
        while True:
            if life.notices:
                return life.notices.popleft()
            if (message := life.left()) is not NEED_DATA:
                return message
            link = life.current(None)
            try:
                message = await link.receive(deadline)
            except DeadlinePassed:
                raise _nothing_within(timeout) from None
            except LinkEnded:
                pass  # and on below: nothing is awaited while an exception is in hand
            else:
                # A greeting is no answer: a new connection begins with one, whatever was sent.
                if not life.attempts or type_of(message) not in self._greetings:
                    life.outbox.heard()
                return message
            try:
                await life.go_on_after(link, None, deadline)
            except DeadlinePassed:
                raise _nothing_within(timeout) from None

    def _event(self, message: Message) -> E:
        event = self.parse_event(message.data)
        if self._life.attempts and getattr(event, "type", None) not in self._greetings:
            self._life.attempts = 0
        return event

    def parse_event(self, data: str | bytes) -> E:
        """Make an event of a message; what is unknown becomes `Unknown`, as everywhere.

        `ResponseDecodeError` for what is no JSON object.
        """
        raw = data.encode() if isinstance(data, str) else data
        try:
            event: E = self._codec.decode(raw)
        except CodecError as error:
            answered = self._life.answered
            said = answered.redaction.data(raw)
            failure = unreadable(error, answered.head, said, "An event cannot be read")
            raise answered.on_error(failure) from error
        return event

    def reported(self, event: object) -> APIError:
        """Make the exception for an `error` event of this session: it has the API's words."""
        answered = self._life.answered
        document = decode_json(answered.redaction.data(encode(event)))
        return answered.on_error(reported_error(document))

    # Sending

    def queue(self, event: object) -> None:
        """Keep an event for when the session is opened; `WebSocketQueueFullError` beyond the limit."""
        self._life.outbox.keep(_text(event))

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
        life = self._life
        while True:
            link = life.current(message)
            if life.reopening and life.kept_for_later(message):
                return
            try:
                await link.send(message, begun=life.outbox.sent)
            except LinkEnded as end:
                taken = end.taken
            else:
                life.outbox.note(message)
                return
            if taken:
                life.outbox.note(message)
                raise life.error_of(link)
            await life.go_on_after(link, message)

    # Closing

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the session, with a code and at most 123 bytes of reason; any number of times.

        `LocalProtocolError` for a code that may not be sent: 1000 to 1003, 1007 to 1014 and 3000 to
        4999 may. What waits to be sent goes first, as far as the limit to closing lets it.
        """
        await self._life.close(Close(code, reason))

    def abandon(self) -> None:
        """End at once, without a word to the server."""
        self._life.abandon()


def _nothing_within(seconds: float | None) -> APITimeoutError:
    text = f"no event within {seconds:g} s"
    return APITimeoutError(text, phase="idle", seconds=seconds, sent="answered")


def _text(event: object) -> Text:
    """An event as a message: one line of JSON."""
    kind = type(event).__name__
    if kind in ("str", "bytes", "bytearray", "memoryview"):
        raise TypeError(
            f"send: expected an event (a mapping or a model), got {kind}; send_raw takes it as it is"
        )
    return Text(encode(event))
