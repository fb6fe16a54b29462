"""Makes the connections of a session: the opening handshake, as a call of the client's."""

from collections.abc import Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

from ..call.backend import Backend
from ..call.error_answers import status_error
from ..call.reply import KeptAnswer
from ..request.operation import Operation
from ..request.timeout import Timeout
from ..terms.errors import OpenAIError, RemoteProtocolError
from ..websocket.handshake import Agreed, ClientHandshake
from .endings import words_of
from .link import Link

if TYPE_CHECKING:
    from ..call.reply import Answered, Reply
    from ..call.trace import Tracer
    from ..call.wire import HttpExchange
    from .options import SocketOptions

ERROR_BODY_BYTES = 1 << 16
ERROR_BODY_SECONDS = 5.0


class Opener(Protocol):
    """The client, as a session needs it: it makes the calls."""

    @property
    def timeout(self) -> Timeout:
        """The limits of calls that state none of their own."""
        ...

    def socket_backend(self) -> Backend[Any]:
        """Return what sessions run over; `OpenAIError` for a transport that has nothing for them."""
        ...

    def open_socket(self, operation: Operation[Any, Any], /) -> "Coroutine[Any, Any, Reply]":
        """Perform an opening handshake: the answer is a 101, or another status below 300."""
        ...


class Connector:
    """Opens the connections of one session; `operation` is its opening handshake."""

    __slots__ = ("_answered", "_opener", "_operation", "_options", "backend", "subprotocol")

    def __init__(
        self, opener: Opener, operation: Operation[Any, Any], options: "SocketOptions"
    ) -> None:
        self._opener = opener
        self._options = options
        self._answered: Answered | None = None
        self.backend: Backend[Any] | None = None
        """What the session runs over, once it has been opened."""
        self._operation: Operation[Any, Any] | None = operation
        self.subprotocol: str | None = None
        """The one that the server chose."""

    @property
    def operation(self) -> Operation[Any, Any]:
        """The opening handshake, as long as there may be one."""
        assert self._operation is not None
        return self._operation

    @property
    def answered(self) -> "Answered":
        """The answer to the last handshake: there is one once a connection was made."""
        assert self._answered is not None
        return self._answered

    async def connect(self) -> Link[Any]:
        """Perform the handshake.

        `APIStatusError` where the server refuses, whatever the status; `RemoteProtocolError` where
        its 101 is none; `APIConnectionError` where no answer comes.
        """
        options = self._options
        backend = self.backend = self._opener.socket_backend()
        if options.ping_interval is not None and not getattr(backend, "pings", True):
            raise OpenAIError(
                f"ping_interval={options.ping_interval!r}: a browser sends no pings that anybody may ask "
                "for; leave it out in Pyodide"
            )
        nonce = b"".join(backend.mask() for _ in range(4))
        handshake = ClientHandshake(
            nonce, subprotocols=options.subprotocols, deflate=options.compression
        )
        asking = self._asking(handshake)
        reply = await self._opener.open_socket(asking)
        try:
            if reply.status_code != 101:
                body = await reply.read_up_to(ERROR_BODY_BYTES, ERROR_BODY_SECONDS)
                raise reply.on_error(status_error(reply.head, reply.redaction.data(body)))
            # Not the masked ones: a subprotocol that was offered may have been taken for a key.
            agreed = handshake.check(reply.exchange.head.headers)
        except RemoteProtocolError as error:
            reply.abort()
            raise reply.redaction.error(error) from None
        except BaseException:
            reply.abort()
            raise
        # A subprotocol may be a key, to be masked. Else the handshake's own fields are not kept.
        self._answered = KeptAnswer(reply, asking if options.subprotocols else self.operation)
        self.subprotocol = agreed.subprotocol
        if options.reconnect is None:
            self._operation = None  # there is no other
        return self._link(reply, agreed)

    def _asking(self, handshake: ClientHandshake) -> Operation[Any, Any]:
        """The operation with the fields of the handshake, and the caller's limit to it."""
        operation, seconds = self.operation, self._options.open_timeout
        fields = tuple((name.decode(), value.decode()) for name, value in handshake.fields())
        timeout = operation.timeout
        if seconds is not None:
            before = self._opener.timeout if isinstance(timeout, msgspec.UnsetType) else timeout
            timeout = msgspec.structs.replace(before, total=seconds)
        return msgspec.structs.replace(
            operation, headers=(*operation.headers, *fields), timeout=timeout
        )

    def _link(self, reply: "Reply", agreed: Agreed) -> Link[Any]:
        options = self._options
        exchange = cast("HttpExchange[Any]", reply.exchange)  # as `socket_backend` has made sure
        backend, ticket, data = exchange.switch()
        link: Link[Any] = Link(
            backend,
            ticket,
            agreed,
            max_message=options.max_message,
            max_queue=options.max_queue,
            high_water=options.high_water,
            ping_interval=options.ping_interval,
            ping_timeout=options.ping_timeout,
            send_seconds=self._opener.timeout.idle,
        )
        if reply.tracer.listens:
            reply.tracer.hand_over()
            link.on_end = partial(_tell_end, reply.tracer)
        link.feed(data)
        return link

    def change(self, changes: Mapping[str, Any]) -> None:
        """Take what `on_reconnecting` returned; it replaces what was said before, and stays."""
        operation = self.operation
        query, fields = operation.query, operation.headers
        if more := changes.get("extra_query"):
            from ..http.query import encode_query

            extra = encode_query(more)
            names = {name for name, _ in extra}
            query = (*(pair for pair in query if pair[0] not in names), *extra)
        if more := changes.get("extra_headers"):
            own: dict[str, str | None] = {name.lower(): value for name, value in more.items()}
            fields = (*(field for field in fields if field[0] not in own), *own.items())
        self._operation = msgspec.structs.replace(operation, query=query, headers=fields)


def _tell_end(tracer: "Tracer", link: Link[Any]) -> None:
    tracer("session.end", words_of(link), error=link.failure)
