"""An answer: what is known of it, and its body to be read whole, in parts, or given up."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec

from ..request.operation import Operation
from ..request.redaction import Redaction
from ..terms.errors import APIConnectionError, APIError, Attempt, RemoteProtocolError
from ..terms.http_message import Headers, RawHeaders, ResponseHead
from .deadlines import Deadlines
from .trace import Tracer
from .wire import Exchange

if TYPE_CHECKING:
    from ..http.content_coding import ContentDecoder
    from ..request.endpoint import Endpoint
    from ..terms.http_facts import RequestFacts
    from ..terms.rate_limits import RateLimits
    from .settings import Settings

ErrorT = TypeVar("ErrorT", bound=APIError)
_PACKED: Final = tuple[int, RawHeaders, bytes, bytes]


class Reported(Protocol):
    """An attempt that can say how it went."""

    def attempt(self, outcome: str, /) -> Attempt:
        """Return it as errors and answers list it."""
        ...


class KeptTurn(msgspec.Struct, frozen=True):
    """An attempt whose call is long over."""

    made: Attempt

    def attempt(self, outcome: str, /) -> Attempt:
        """Return it, whatever its outcome is called."""
        return self.made


class Answered:
    """What is known of the answer to a call, and put on the errors that tell of it."""

    __slots__ = ("earlier", "endpoint", "name", "seconds", "turn")

    def __init__(self, name: str) -> None:
        self.name = name
        """The operation's."""
        self.earlier: tuple[Attempt, ...] = ()
        """The other attempts of the call."""
        self.turn: Reported | None = None
        """Its attempt, where policies had a say in it."""
        self.seconds = 0.0
        """From taking a connection to this answer."""
        self.endpoint: Endpoint | None = None
        """The server that answered, and its credentials."""

    @property
    def head(self) -> ResponseHead:
        """Its status and header fields."""
        raise NotImplementedError

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try of the call, this answer's last; made when somebody asks."""
        if self.endpoint is None:
            return self.earlier
        outcome = f"answered {self.head.status}"
        if self.turn is not None:
            return (*self.earlier, self.turn.attempt(outcome))
        number = len(self.earlier) + 1
        return (*self.earlier, Attempt(number, str(self.endpoint.origin), outcome, self.seconds))

    @property
    def redaction(self) -> Redaction:
        """What masks the credentials of the call in what the server said; for errors."""
        raise NotImplementedError

    @property
    def status_code(self) -> int:
        """The status of the answer."""
        return self.head.status

    @property
    def headers(self) -> Headers:
        """The header fields of the answer."""
        return self.head.headers

    @property
    def request_id(self) -> str | None:
        """The server's `x-request-id`."""
        return self.head.headers.get("x-request-id")

    @property
    def rate_limits(self) -> "RateLimits | None":
        """What the `x-ratelimit-*` header fields say."""
        from ..terms.rate_limits import RateLimits

        return RateLimits.of(self.head.headers)

    @property
    def asked(self) -> "RequestFacts | None":
        """The request, without its body and with its credentials masked, where it is kept."""
        return None

    def on_error(self, error: ErrorT) -> ErrorT:
        """Put on an error of this answer what is known of the call."""
        error.operation = self.name
        error.request = self.asked
        error.request_id = self.request_id
        error.rate_limits = self.rate_limits
        error.attempts = self.attempts
        return error


class KeptAnswer(Answered):
    """What a session keeps of the answer to its handshake, as long as it lasts, in little room."""

    __slots__ = ("_packed", "_redaction")

    def __init__(self, reply: "Reply", operation: Operation[Any, Any]) -> None:
        """`operation` is the one that was sent, as far as its credentials go."""
        super().__init__(reply.name)
        self.earlier, self.seconds = reply.earlier, reply.seconds
        self.turn = None if reply.turn is None else KeptTurn(reply.attempts[-1])
        self.endpoint = reply.endpoint
        self._redaction = reply.redaction_of(operation)
        head = reply.head
        self._packed = msgspec.msgpack.encode(
            (head.status, head.headers.raw, head.http_version, head.reason)
        )

    @property
    def head(self) -> ResponseHead:
        status, raw, version, reason = msgspec.msgpack.decode(self._packed, type=_PACKED)
        return ResponseHead(status, Headers(raw), version, reason)

    @property
    def redaction(self) -> Redaction:
        return self._redaction


class Reply(Answered):
    """The answer to one call, under way.

    `content` is the whole body once it has been read; parts handed out by `part` are not kept.
    """

    __slots__ = (
        "_decoder",
        "_ended",
        "_pieces",
        "_reading",
        "content",
        "deadlines",
        "exchange",
        "head",
        "max_size",
        "on_end",
        "operation",
        "settings",
        "tracer",
        "undecoded",
        "way",
    )

    def __init__(
        self,
        operation: Operation[Any, Any],
        exchange: Exchange,
        deadlines: Deadlines,
        tracer: Tracer,
    ) -> None:
        super().__init__(operation.name)
        self.operation = operation
        self.head: ResponseHead = exchange.head  # pyright: ignore[reportIncompatibleMethodOverride]  # a slot, for speed
        self.exchange = exchange
        self.deadlines = deadlines
        self.tracer = tracer
        self.settings: Settings | None = None
        """What the call was made with."""
        self.on_end: Callable[[], object] | None = None
        """Called once, when the body has been read, has broken off, or was given up."""
        self.way: Redaction | None = None
        """What masks the credentials of a proxy."""
        self.max_size: int | None = None
        """How many bytes `read` takes."""
        self.content: bytes | None = None
        self._ended = False
        self._reading = False
        self._pieces: Iterator[bytes] = iter(())
        self.undecoded = ""
        """Why an error's body is as it came and cannot be read; empty when it can."""
        self._decoder = self._content_decoder()

    @property
    def redaction(self) -> Redaction:
        return self.redaction_of(self.operation)

    def redaction_of(self, operation: Operation[Any, Any]) -> Redaction:
        """What masks the credentials of `operation`, sent as this one was."""
        if self.endpoint is None:
            return self.way or Redaction()
        return self.endpoint.redaction(operation, body=True).joined(self.way)

    @property
    def asked(self) -> "RequestFacts | None":
        if self.endpoint is None:
            return None
        from ..request.asked import asked

        return asked(self.endpoint, self.operation, self.redaction)

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read: the end has come, or the answer was given up."""
        return self._ended

    def _content_decoder(self) -> "ContentDecoder | None":
        coding = self.head.headers.raw_value(b"content-encoding")
        if coding is None or coding == b"identity" or self.operation.untouched:
            return None
        return self._decoder_of(coding)

    def _decoder_of(self, coding: bytes) -> "ContentDecoder | None":
        from ..http.content_coding import decoder_for

        try:
            return decoder_for(coding.decode("latin-1"))
        except RemoteProtocolError as error:
            if self.head.status < 300:
                raise
            self.undecoded = error.message  # the status says more than the body would
            return None

    @property
    def readable(self) -> bytes | None:
        """The whole body once it has been read, for who looks at it: never in a content coding."""
        content, coding = self.content, self.head.headers.raw_value(b"content-encoding")
        if content is None or self._decoder is not None or coding in (None, b"identity"):
            return content
        assert coding is not None
        try:
            decoder = self._decoder_of(coding)
            return content if decoder is None else b"".join(decoder.decode(content))
        except RemoteProtocolError:
            return None

    def undo_coding(self) -> None:
        """Undo the content coding of an answer that would have been handed through with it."""
        coding = self.head.headers.raw_value(b"content-encoding")
        if coding is not None and coding != b"identity":
            self._decoder = self._decoder_of(coding)

    async def part(self) -> bytes:
        """Return the next part of the body, content coding undone; `b""` is its end."""
        while True:
            for piece in self._pieces:
                return piece
            if self._ended:
                return b""
            if self._reading:
                raise RuntimeError(
                    "This answer is being read by another task or thread: one reads it at a time"
                )
            self._reading = True
            try:
                data = await self.exchange.read(self.deadlines)
            except BaseException:
                self._is_over()
                raise
            finally:
                self._reading = False
            if not data:
                self._ended = True
                self._is_over()
                self.tracer("response.end")
                if self._decoder is not None:
                    self._decoder.finish()
            if self._decoder is None:
                return data
            self._pieces = self._undone(self._decoder.decode(data))

    async def comes_by(self, deadline: float) -> bool:
        """Wait for the next part until then, and say whether it is there, or the end.

        Nothing else happens when time is over. Of a wire that cannot wait so, it is true at once.
        """
        read_by = getattr(self.exchange, "read_by", None)
        if read_by is None or self._ended or self._decoder is not None or self._reading:
            return True
        self._reading = True
        try:
            data: bytes | None = await read_by(self.deadlines, deadline)
        except Exception as error:  # it is for who reads the part
            self._is_over()
            self._pieces = _broken(error)
            return True
        finally:
            self._reading = False
        if data is None:
            return False
        if data:
            self._pieces = iter((data,))
        else:
            self._ended = True
            self._is_over()
            self.tracer("response.end")
        return True

    def _undone(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Pieces of the body, and the end of the connection if they turn out to be broken."""
        try:
            yield from pieces
        except RemoteProtocolError:
            self.abort()
            raise

    async def read(self) -> bytes:
        """Read the rest of the body and return it; again and again the same.

        `APIConnectionError` for one that is larger than the caller's limit.
        """
        if self.content is None:
            first = await self.part()
            self._count(len(first))
            second = await self.part() if first else b""
            self.content = await self._joined(first, second) if second else first
        return self.content

    async def _joined(self, first: bytes, second: bytes) -> bytes:
        """Read the rest behind two parts, in memory that grows with what comes and is handed out.

        A list of parts and their sum would take the size of the body twice.
        """
        whole = BytesIO()
        size = whole.write(first) + whole.write(second)
        self._count(size)
        while data := await self.part():
            size += whole.write(data)
            self._count(size)
        return whole.getvalue()  # what it wrote into: CPython makes no copy

    def _count(self, size: int) -> None:
        """Refuse a body that has `size` bytes so far, if these are too many."""
        limit = self.max_size
        if limit is not None and size > limit:
            self.abort()
            raise self.on_error(
                APIConnectionError(
                    f"the answer has more than the {limit} bytes of limits.answer",
                    sent="answered",
                )
            )

    async def read_up_to(self, limit: int, seconds: float) -> bytes:
        """Read at most about `limit` bytes, give up the rest, and return what came.

        The head has come, and is worth more to the caller than how the body ends: a body that
        breaks off or drips counts as far as it has come within `seconds`.
        """
        parts: list[bytes] = []
        size = 0
        self.deadlines = self.deadlines.briefly(seconds)
        try:
            while size < limit and (data := await self.part()):
                parts.append(data)
                size += len(data)
        except APIConnectionError:
            pass
        if not self._ended:
            self.abort()
        self.content = b"".join(parts)
        return self.content

    def abort(self) -> None:
        """Give up the rest and close the connection; does nothing at the end."""
        if not self._ended:
            self._ended = True
            self.exchange.abort()
            self.tracer("response.abort")
            self._is_over()

    def on_error(self, error: ErrorT) -> ErrorT:
        """Put on an error of this answer what is known of the call, and tell of it."""
        error = super().on_error(error)
        self.tracer("answer.failed", error.message, error=error)
        return error

    def _is_over(self) -> None:
        told, self.on_end = self.on_end, None
        if told is not None:
            told()


def _broken(error: Exception) -> Iterator[bytes]:
    """Pieces of a body that cannot be read any further."""
    raise error
    yield b""
