"""The server's side of one HTTP/1.1 connection, as a machine on the server role of h11.

    WAITING ──head──> READING ──body ends──> ANSWERING ──answer ends──> WAITING
       │                 │ an early answer ──────┘  └─ body not ended ──> DRAINING ──> WAITING
       │                 └─ a 101 ──> SWITCHED
       └──end, or bytes that are not HTTP──> ENDED <── answer that closes, fault, SWITCHED's end

Bytes go in by `receive_data`; what has to be done comes out of `next_action`, in order: bytes to
send, seconds to wait, an end. The machine neither sends nor waits. Requests that come while an
answer is under way are kept, and answered after it (pipelining); `wants_data` says when enough of
them are kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

import h11

from ...core.terms.errors import LocalProtocolError
from ...core.terms.sentinels import NEED_DATA, NeedData
from .actions import Action, CloseConnection, Pause, ResetConnection, SendBytes
from .errors import ApiError
from .receiver import OtherProtocol, Receiver, Upgrade
from .request import RequestHead
from .response import HttpResponse, TimedPart

_REASONS: Final = {status.value: status.phrase.encode() for status in HTTPStatus}
_MOST_HEAD: Final = 64 * 1024
_MOST_AHEAD: Final = 256 * 1024
_PIECE: Final = 128 * 1024


class State(Enum):
    """Where a connection stands."""

    WAITING = auto()
    READING = auto()
    ANSWERING = auto()
    DRAINING = auto()
    SWITCHED = auto()
    ENDED = auto()


class Transition(Enum):
    """What takes a connection from one state to the next."""

    HEAD = auto()
    ANSWER = auto()
    ANSWERED = auto()
    UNREAD = auto()
    SWITCH = auto()
    END = auto()


TABLE: Final[Mapping[State, Mapping[Transition, State]]] = {
    State.WAITING: {
        Transition.HEAD: State.READING,
        Transition.ANSWER: State.ANSWERING,
        Transition.END: State.ENDED,
    },
    State.READING: {
        Transition.ANSWER: State.ANSWERING,
        Transition.SWITCH: State.SWITCHED,
        Transition.END: State.ENDED,
    },
    State.ANSWERING: {
        Transition.ANSWERED: State.WAITING,
        Transition.UNREAD: State.DRAINING,
        Transition.END: State.ENDED,
    },
    State.DRAINING: {Transition.ANSWERED: State.WAITING, Transition.END: State.ENDED},
    State.SWITCHED: {Transition.END: State.ENDED},
    State.ENDED: {},
}


class ServerConnection:
    """One connection; `receive` takes a request up whose head has come."""

    def __init__(self, receive: Callable[[RequestHead], Receiver]) -> None:
        self._receive = receive
        self._http = _server()
        self._state = State.WAITING
        self._receiver: Receiver | None = None
        self._actions: Iterator[Action | NeedData] = iter(())
        self._other: OtherProtocol | None = None
        self._head_only = False
        self._ahead = 0
        self._eof = False

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    @property
    def wants_data(self) -> bool:
        """Whether to go on reading; false while much has come that is not answered yet."""
        if self._other is not None and not self._other.wants_data:
            return False
        return not self._eof and self._ahead < _MOST_AHEAD and self._state is not State.ENDED

    @property
    def eof(self) -> bool:
        """Whether the peer has said that nothing more comes."""
        return self._eof

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer; `b""` is its end."""
        if self._eof or self._state is State.ENDED:
            return
        self._eof = not data
        if self._other is not None:
            self._other.receive_data(data)
            return
        if self._state is State.ANSWERING:
            self._ahead += len(data)
        self._http.receive_data(data)

    def next_action(self) -> Action | NeedData:
        """Return what to do next, or `NEED_DATA`. After `Close` and `Reset` nothing follows."""
        while self._state is not State.ENDED:
            action: Action | NeedData | None
            if self._state is State.ANSWERING:
                action = next(self._actions, None)
                if action is None:
                    self._answered()
            elif self._state is State.SWITCHED:
                action = next(self._actions, CloseConnection())
            else:
                action = self._read()
            if isinstance(action, (CloseConnection, ResetConnection)):
                self._move(Transition.END)
            if action is not None:
                return action
        return NEED_DATA

    def _move(self, transition: Transition) -> None:
        following = TABLE[self._state].get(transition)
        if following is None:
            raise LocalProtocolError(f"{transition.name} in the state {self._state.name}")
        self._state = following

    def _read(self) -> Action | NeedData | None:
        """Take the next event of a request; `None` when there is nothing to do for it."""
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            return self._refuse(error)
        if event is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue and self._state is State.READING:
                return self._send(h11.InformationalResponse(status_code=100, headers=[]))
            return NEED_DATA
        if isinstance(event, h11.Request):
            return self._begin(event)
        if isinstance(event, h11.ConnectionClosed):
            return CloseConnection()
        if self._state is State.DRAINING:
            if isinstance(event, h11.EndOfMessage):
                self._next_cycle()
            return None
        receiver = self._receiver
        if receiver is None:
            return CloseConnection()
        if isinstance(event, h11.Data):
            early = receiver.receive_data(bytes(event.data))
            if early is not None:
                self._answer(early)
        elif (upgrade := receiver.upgrade()) is not None:
            self._switch(receiver, upgrade)
        else:
            self._answer(receiver.response())
        return None

    def _switch(self, receiver: Receiver, upgrade: Upgrade) -> None:
        """Grant another protocol, which has the connection from here on."""
        self._move(Transition.SWITCH)
        fields = [*upgrade.fields]
        head = self._send(h11.InformationalResponse(status_code=101, headers=fields))
        self._other = upgrade.peer
        self._actions = receiver.wire(_session(head, upgrade.peer))
        rest, ended = self._http.trailing_data
        if rest:
            self._other.receive_data(rest)
        if ended:
            self._other.receive_data(b"")

    def _begin(self, request: h11.Request) -> Action | None:
        self._move(Transition.HEAD)
        head = RequestHead.of(request.method, request.target, request.headers)
        self._head_only = head.method == "HEAD"
        self._receiver = self._receive(head)
        early = self._receiver.early
        if isinstance(early, HttpResponse):
            self._answer(early)
            return None
        return early

    def _refuse(self, error: h11.RemoteProtocolError) -> Action | None:
        """Answer bytes that are not a request, where an answer can still be given."""
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE) or self._eof:
            return CloseConnection()
        refusal = ApiError(error.error_status_hint, f"The request is not HTTP: {error}.")
        self._receiver = None
        self._answer(refusal.response(close=True))
        return None

    def _answer(self, response: HttpResponse) -> None:
        self._move(Transition.ANSWER)
        actions = self._rendered(response)
        self._actions = actions if self._receiver is None else self._receiver.wire(actions)

    def _rendered(self, response: HttpResponse) -> Iterator[Action | NeedData]:
        body = response.body
        headers = [
            (name.encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in response.headers
        ]
        size = len(body) if isinstance(body, (bytes, bytearray)) else None
        if size is not None:
            headers.append((b"content-length", b"%d" % size))
        if response.close:
            headers.append((b"connection", b"close"))
        elif response.status >= 500:  # a failed server is trusted to go on when it says so
            headers.append((b"connection", b"keep-alive"))
        reason = _REASONS.get(response.status, b"")
        head = self._send(h11.Response(status_code=response.status, headers=headers, reason=reason))
        if self._head_only or response.status in (204, 304):
            yield head
            yield self._send(h11.EndOfMessage())
            return
        parts = _pieces(body) if isinstance(body, (bytes, bytearray)) else body
        if size is not None and size <= _PIECE:
            rest = [self._send(h11.Data(data=part.data)).data for part in parts]
            yield SendBytes(b"".join((head.data, *rest)))
        else:
            yield head
            for part in parts:
                if part.delay > 0:
                    yield Pause(part.delay)
                if part.data:
                    yield self._send(h11.Data(data=part.data))
        if not response.complete:
            yield CloseConnection(self._unread())
            return
        end = self._send(h11.EndOfMessage())
        if end.data:
            yield end

    def _send(self, event: h11.Event) -> SendBytes:
        return SendBytes(self._http.send(event) or b"")

    def _unread(self) -> bool:
        return self._http.their_state in (h11.SEND_BODY, h11.ERROR)

    def _answered(self) -> None:
        """Go on to the next request, or to the end, when an answer was sent."""
        self._receiver = None
        self._actions = iter(())
        if self._http.our_state is h11.SEND_RESPONSE:
            # A fault has answered with bytes of its own, which h11 knows nothing of.
            self._http = _restarted(self._http, self._eof)
        if self._http.our_state is h11.MUST_CLOSE or self._http.their_state is h11.ERROR:
            self._actions = iter((CloseConnection(self._unread()),))
        elif self._unread():
            self._ahead = 0
            self._move(Transition.UNREAD)
        else:
            self._next_cycle()

    def _next_cycle(self) -> None:
        if self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
        if self._ahead:
            self._ahead = len(self._http.trailing_data[0])
        self._move(Transition.ANSWERED)


def _server() -> h11.Connection:
    return h11.Connection(h11.SERVER, max_incomplete_event_size=_MOST_HEAD)


def _restarted(http: h11.Connection, eof: bool) -> h11.Connection:
    """Return a machine for the requests that follow the one that `http` was at."""
    fresh = _server()
    rest, _ = http.trailing_data
    if rest:
        fresh.receive_data(rest)
    if eof:
        fresh.receive_data(b"")
    return fresh


def _session(head: SendBytes, peer: OtherProtocol) -> Iterator[Action | NeedData]:
    """What is done after a request for another protocol: its 101, and what the peer does."""
    yield head
    while True:
        yield peer.next_action()


def _pieces(body: bytes | bytearray) -> Iterable[TimedPart]:
    view = memoryview(body)
    for at in range(0, len(view), _PIECE):
        yield TimedPart(0.0, bytes(view[at : at + _PIECE]))
