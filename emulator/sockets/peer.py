"""The server's side of one session: frames of the machine in `core.websocket`, and faults in them."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from ...core.terms.errors import LocalProtocolError, RemoteProtocolError
from ...core.terms.nesting import decode
from ...core.terms.sentinels import NEED_DATA, NeedData
from ...core.websocket.events import Binary, Close, Event, Ping, Text
from ...core.websocket.handshake import Agreed
from ...core.websocket.machine import State, WebSocket
from ..faults.faults import Fault
from ..faults.socket_faults import SocketFault, SocketReply, Strike
from ..http.actions import Action, CloseConnection, Pause, ResetConnection, SendBytes
from ..http.json_documents import Object, encode
from .conversation import MOST_EVENT, Conversation

_MOST_AHEAD: Final = 256 * 1024
"""Bytes to be sent, from which on nothing more is read."""


class _Typed(msgspec.Struct):
    type: str = ""


class SocketPeer:
    """Plays a conversation over a connection; `pace` is the wait between the words of a model.

    Bytes go in by `receive_data`, and what has to be done comes out of `next_action`. `heard` is
    told each message of the client.
    """

    def __init__(
        self,
        conversation: Conversation,
        agreed: Agreed,
        faults: Sequence[Fault],
        *,
        pace: float,
        heard: Callable[[bytes], None],
    ) -> None:
        self._conversation = conversation
        self._machine = WebSocket("server", deflate=agreed.deflate, max_message=MOST_EVENT)
        self._faults = [fault for fault in faults if isinstance(fault, SocketFault)]
        self._replies = [each for each in faults if isinstance(each, SocketReply)]
        self._left = [reply.times for reply in self._replies]
        self._heard = heard
        self._pace = pace
        self._paused = False
        self._sent = 0  # events
        self._actions: deque[Action] = deque()
        self._ahead = 0  # bytes in them
        self._ended = False
        greeting, reply = conversation.greeting(), self._reply("")
        if reply is None:
            self._say_all(greeting)
        else:
            self._say_instead(reply)

    @property
    def wants_data(self) -> bool:
        """Whether to go on reading; false while much is to be sent that was not taken yet."""
        return self._ahead < _MOST_AHEAD

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer; `b""` is its end."""
        if self._ended:
            return
        self._machine.receive_data(data)
        if not data:
            self._end(CloseConnection())
            return
        broken = False
        try:
            while self._machine.receiving is State.OPEN:
                event = self._machine.next_event()
                if event is NEED_DATA:
                    break
                self._take(event)
                self._pay()
        except RemoteProtocolError:
            broken = True  # what that earns is owed
        self._pay()
        if self._machine.receiving is not State.OPEN:
            self._end(CloseConnection(linger=broken))

    def _take(self, event: object) -> None:
        if not isinstance(event, Text | Binary) or self._machine.sending is not State.OPEN:
            return
        self._heard(event.data)
        kind = _type_of(event.data) if self._replies else ""
        reply = self._reply(kind) if kind else None
        if reply is None:
            self._say_all(self._conversation.hear(event.data))
        else:
            self._say_instead(reply)

    def _pay(self) -> None:
        if owed := self._machine.data_to_send():
            self._send(SendBytes(owed))

    def next_action(self) -> Action | NeedData:
        """Return what to do next, or `NEED_DATA`. After an end nothing follows."""
        if self._actions:
            return self._next()
        if self._ended or self._machine.sending is not State.OPEN:
            return NEED_DATA
        if self._pace > 0 and not self._paused:
            self._paused = True
            return Pause(self._pace)
        self._paused = False
        event = self._conversation.speak()
        if event is None:
            self._paused = True  # nothing to be said: no more pauses until there is
            return NEED_DATA
        self._say(event)
        return self._next() if self._actions else NEED_DATA

    def _next(self) -> Action:
        action = self._actions.popleft()
        if isinstance(action, SendBytes):
            self._ahead -= len(action.data)
        return action

    def _send(self, action: Action) -> None:
        if isinstance(action, SendBytes):
            self._ahead += len(action.data)
        self._actions.append(action)

    def _reply(self, kind: str) -> SocketReply | None:
        """What a script says to an event, in place of the conversation."""
        for place, reply in enumerate(self._replies):
            if reply.to == kind and self._left[place] > 0:
                self._left[place] -= 1
                return reply
        return None

    def _say_instead(self, reply: SocketReply) -> None:
        for said in reply.events:
            if isinstance(said, SocketFault):
                self._strike_by(said)
            elif isinstance(said, str | bytes):
                message = Text(said.encode()) if isinstance(said, str) else Binary(said)
                self._message(message)
            else:
                self._say(self._conversation.named({**said}))

    def _say_all(self, events: list[Object]) -> None:
        """Say what the conversation says, and close where it ends with that."""
        for event in events:
            self._say(event)
        if self._conversation.ended is not None:
            self._frame(self._conversation.ended)

    def _say(self, event: Object) -> None:
        self._message(Text(encode(event)))

    def _message(self, message: Text | Binary) -> None:
        """Send an event, and what goes wrong before it."""
        for fault in [*self._faults]:
            if fault.at <= self._sent and not self._ended:
                self._faults.remove(fault)
                self._strike_by(fault)
        if not self._ended:
            self._frame(message)
            self._sent += 1

    def _strike_by(self, fault: SocketFault) -> None:
        for strike in fault.strikes():
            if not self._ended:
                self._strike(strike)

    def _strike(self, strike: Strike) -> None:
        if isinstance(strike, CloseConnection | ResetConnection):
            self._end(strike)
        elif isinstance(strike, Close | Text | Ping):
            self._frame(strike)
        else:
            self._send(strike)

    def _frame(self, event: Event) -> None:
        try:
            self._send(SendBytes(self._machine.send(event)))
        except LocalProtocolError:
            pass  # this side has closed: nothing more is said

    def _end(self, action: Action) -> None:
        self._ended = True
        self._send(action)


def _type_of(data: bytes) -> str:
    try:
        return decode(data, _Typed).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
