"""What a scripted server does in a WebSocket: actions for the scripts of `server.py`.

After `Upgrade` the peer has a `session`, which writes down what the client says. Bytes in a script
go out as they are: `frame` of `core.websocket.frames` makes frames that no machine would.
"""

import json
import threading
from collections.abc import Callable
from typing import Any, Final

from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.sentinels import NEED_DATA, PAUSED
from api_openai.core.websocket.events import Binary, Close, Event, Text
from api_openai.core.websocket.handshake import accept
from api_openai.core.websocket.machine import State, WebSocket

from .server import PATIENCE, Hangup, Move, Peer, Received

Said = dict[str, Any] | str | bytes | Event
"""What a server says: an event of the API, a text, bytes, or a frame of its own."""


def message(said: Said) -> Event:
    """A frame of the server's."""
    match said:
        case dict():
            return Text(json.dumps(said).encode())
        case str():
            return Text(said.encode())
        case bytes():
            return Binary(said)
        case _:
            return said


class Session:
    """The server's side of one WebSocket."""

    def __init__(self, peer: Peer, machine: WebSocket, *, answers: bool) -> None:
        self._peer = peer
        self.machine = machine
        self.answers = answers
        self.heard: list[Event] = []
        """What the client said, frame by frame."""

    def hear(self) -> Event:
        """Wait for what the client says next, and answer what asks for an answer."""
        while True:
            try:
                event = self.machine.next_event()
            except RemoteProtocolError as error:
                self._peer.failure = f"the client broke the rules: {error}"
                raise Hangup from error
            if event is PAUSED:
                raise Hangup
            if event is not NEED_DATA:
                self.heard.append(event)
                if self.answers:
                    self._peer.sock.sendall(self.machine.data_to_send())
                return event
            self.machine.receive_data(self._peer.take())  # an end without a close is no fault

    @property
    def messages(self) -> list[Any]:
        """The messages of the client: what JSON there is read, other text and bytes as they are."""
        found: list[Any] = []
        for event in self.heard:
            if isinstance(event, Text):
                text = event.data.decode()
                found.append(json.loads(text) if text[:1] in ("{", "[") else text)
            elif isinstance(event, Binary):
                found.append(event.data)
        return found

    @property
    def close(self) -> Close | None:
        """The client's close."""
        last = self.heard[-1] if self.heard else None
        return last if isinstance(last, Close) else None


class Upgrade(Move):
    """Read an opening handshake and grant it.

    `then` is said with the 101, in the same segment; `before` goes out in front of it; `edit` may
    change the 101. `answers` says whether pings and closes are answered.
    """

    def __init__(
        self,
        *then: Said,
        before: bytes = b"",
        fields: bytes = b"",
        edit: Callable[[bytes], bytes] = bytes,
        deflate: bool = True,
        answers: bool = True,
    ) -> None:
        self._then = then
        self._before = before
        self._fields = fields
        self._edit = edit
        self._deflate = deflate
        self._answers = answers

    def play(self, peer: Peer) -> None:
        peer.request()
        fields, agreed = accept(
            _headers(peer.requests[-1]),
            subprotocols=("one", "two", "realtime"),
            deflate=self._deflate,
        )
        machine = WebSocket("server", deflate=agreed.deflate)
        peer.session = Session(peer, machine, answers=self._answers)
        lines = b"".join(b"%b: %b\r\n" % field for field in fields)
        head = b"HTTP/1.1 101 Switching Protocols\r\n" + lines + self._fields + b"\r\n"
        said = b"".join(machine.send(message(each)) for each in self._then)
        peer.sock.sendall(self._before + self._edit(head) + said)


def _headers(request: Received) -> Headers:
    return Headers(tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in request.headers))


class Say(Move):
    """Send messages and control frames, all in one piece."""

    def __init__(self, *said: Said) -> None:
        self._said = said

    def play(self, peer: Peer) -> None:
        machine = peer.session.machine
        peer.sock.sendall(b"".join(machine.send(message(each)) for each in self._said))


class Pieces(Move):
    """Send messages in segments of `size` bytes."""

    def __init__(self, *said: Said, size: int) -> None:
        self._said = said
        self._size = size

    def play(self, peer: Peer) -> None:
        machine = peer.session.machine
        data = b"".join(machine.send(message(each)) for each in self._said)
        for at in range(0, len(data), self._size):
            peer.sock.sendall(data[at : at + self._size])


class Pour(Move):
    """Send a message `count` times; `taken` is what went out before nobody took more."""

    def __init__(self, said: Said, count: int) -> None:
        self._said = message(said)
        self._count = count
        self.taken = 0
        self.full = threading.Event()

    def play(self, peer: Peer) -> None:
        rest = memoryview(peer.session.machine.send(self._said) * self._count)
        peer.sock.settimeout(0.2)  # real seconds, in which nothing moves
        try:
            while rest:
                sent = peer.sock.send(rest[:16384])
                self.taken += sent
                rest = rest[sent:]
        except TimeoutError:
            pass
        self.full.set()
        peer.sock.settimeout(PATIENCE)
        peer.sock.sendall(rest)


class Hear(Move):
    """Wait until the client has said `count` things of a kind; what else it says is noted."""

    def __init__(self, count: int = 1, kind: type[Any] | tuple[type[Any], ...] = (Text, Binary)):
        self._count = count
        self._kind = kind

    def play(self, peer: Peer) -> None:
        count = 0
        while count < self._count:
            count += isinstance(peer.session.hear(), self._kind)


class Until(Move):
    """Wait for a message with a text in it."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def play(self, peer: Peer) -> None:
        while True:
            event = peer.session.hear()
            if isinstance(event, Text) and self._text in event.data:
                return


class Rest(Move):
    """Note what the client says up to its close, or to the end of the connection."""

    def play(self, peer: Peer) -> None:
        session = peer.session
        while session.machine.receiving is State.OPEN:
            session.hear()


class Echo(Move):
    """Say again what the client says, until it closes."""

    def play(self, peer: Peer) -> None:
        while True:
            event = peer.session.hear()
            if isinstance(event, Text | Binary):
                peer.sock.sendall(peer.session.machine.send(event))


REST: Final = Rest()
ECHO: Final = Echo()
HEAR: Final = Hear()
CLOSING: Final = Hear(1, Close)
"""Waits for the client's close, and answers it."""
