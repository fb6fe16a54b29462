"""The server's side of one session: frames of the machine in `core.websocket`, and faults in them."""

from collections import deque
from collections.abc import Iterable

from ...core.terms.errors import LocalProtocolError, RemoteProtocolError
from ...core.terms.sentinels import NEED_DATA, NeedData
from ...core.websocket.events import Binary, Close, Event, Ping, Pong, Text
from ...core.websocket.handshake import Agreed
from ...core.websocket.machine import State, WebSocket
from ..faults.socket_faults import SocketFault, Strike
from ..http.actions import Action, CloseConnection, Pause, ResetConnection, SendBytes
from ..http.json_documents import Object, encode
from .conversation import MOST_EVENT, Conversation


class SocketPeer:
    """Plays a conversation over a connection; `pace` is the wait between the words of a model.

    Bytes go in by `receive_data`, and what has to be done comes out of `next_action`.
    """

    def __init__(
        self,
        conversation: Conversation,
        agreed: Agreed,
        faults: Iterable[SocketFault],
        *,
        pace: float,
    ) -> None:
        self._conversation = conversation
        self._machine = WebSocket("server", deflate=agreed.deflate, max_message=MOST_EVENT)
        self._faults = [*faults]
        self._pace = pace
        self._paused = False
        self._sent = 0  # events
        self._actions: deque[Action] = deque()
        self._ended = False
        for event in conversation.greeting():
            self._say(event)

    def receive_data(self, data: bytes) -> None:
        """Take bytes from the peer; `b""` is its end."""
        if self._ended:
            return
        self._machine.receive_data(data)
        if not data:
            self._end(CloseConnection())
            return
        try:
            while self._machine.receiving is State.OPEN:
                event = self._machine.next_event()
                if event is NEED_DATA:
                    break
                self._take(event)
                self._pay()
        except RemoteProtocolError:
            pass  # what it earns is owed
        self._pay()
        if self._machine.receiving is not State.OPEN:
            self._end(CloseConnection())

    def _take(self, event: object) -> None:
        if isinstance(event, Text | Binary):
            for said in self._conversation.hear(event.data):
                self._say(said)
            if self._conversation.ended:
                self._close(Close(1000))

    def _pay(self) -> None:
        if owed := self._machine.data_to_send():
            self._actions.append(SendBytes(owed))

    def next_action(self) -> Action | NeedData:
        """Return what to do next, or `NEED_DATA`. After an end nothing follows."""
        if self._actions:
            return self._actions.popleft()
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
        return self._actions.popleft() if self._actions else NEED_DATA

    def _say(self, event: Object) -> None:
        """Send an event, and what goes wrong before it."""
        if self._ended:
            return
        for fault in [*self._faults]:
            if fault.at <= self._sent and not self._ended:
                self._faults.remove(fault)
                for strike in fault.strikes():
                    self._strike(strike)
        if not self._ended:
            self._frame(Text(encode(event)))
            self._sent += 1

    def _strike(self, strike: Strike) -> None:
        if isinstance(strike, CloseConnection | ResetConnection):
            self._end(strike)
        elif isinstance(strike, Close):
            self._close(strike)
        elif isinstance(strike, Text | Binary | Ping | Pong):
            self._frame(strike)
        else:
            self._actions.append(strike)

    def _close(self, close: Close) -> None:
        self._frame(close)

    def _frame(self, event: Event) -> None:
        try:
            self._actions.append(SendBytes(self._machine.send(event)))
        except LocalProtocolError:
            pass  # this side has closed: nothing more is said

    def _end(self, action: Action) -> None:
        self._ended = True
        self._actions.append(action)
