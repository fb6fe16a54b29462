"""A server on loopback that opens sessions, and plays a script in each of them."""

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from api_openai.core.websocket.events import Binary, Close, Event, Text
from api_openai.core.websocket.handshake import accept_token
from api_openai.core.websocket.machine import WebSocket


class Word(Enum):
    """What a server does besides sending."""

    HEAR = "waits for a message"
    DROP = "closes the connection without a word"
    SILENCE = "neither reads nor writes until the client is gone"


class Refusal(NamedTuple):
    """The answer to a handshake, in place of a session."""

    status: str
    document: object


class Together(tuple[dict[str, Any], ...]):
    """Events that arrive in one piece."""


HEAR: Final = Word.HEAR
DROP: Final = Word.DROP
SILENCE: Final = Word.SILENCE
Step = dict[str, Any] | str | bytes | Close | Word | Refusal | Together


class Session:
    """One connection: what was asked for, and what was heard in it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._machine = WebSocket("server", mask=lambda: b"")
        self._events: Iterator[Event] = iter(self._read())
        self.head = ""
        self.heard: list[Any] = []
        self.close: Close | None = None
        """How the client closed it."""

    @property
    def target(self) -> str:
        """What was asked for: path and query."""
        return self.head.split(" ")[1]

    @property
    def fields(self) -> dict[str, str]:
        """The header fields of the handshake."""
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return {name.lower(): value for name, _, value in lines if name}

    def play(self, steps: Sequence[Step]) -> None:
        """Answer the handshake, play a script, and listen to the end."""
        while not self.head.endswith("\r\n\r\n"):
            self.head += self._sock.recv(1).decode()
        if steps and isinstance(steps[0], Refusal):
            self._refuse(steps[0])
            return
        key = self.fields["sec-websocket-key"].encode()
        offered = self.fields.get("sec-websocket-protocol", "").partition(",")[0]
        chosen = f"sec-websocket-protocol: {offered}\r\n" if offered else ""
        self._sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"x-request-id: req_1\r\nsec-websocket-accept: %b\r\n%b\r\n"
            % (accept_token(key).encode(), chosen.encode())
        )
        for step in steps:
            if step is DROP:
                return
            if step is SILENCE:
                while self._sock.recv(1 << 16):
                    pass
                return
            if step is HEAR:
                next(self._events)
            else:
                self._say(step)
        for _ in self._events:
            pass

    def _refuse(self, refusal: Refusal) -> None:
        body = json.dumps(refusal.document).encode()
        head = f"HTTP/1.1 {refusal.status}\r\ncontent-length: {len(body)}\r\n\r\n"
        self._sock.sendall(head.encode() + body)

    def _say(self, step: object) -> None:
        if isinstance(step, Together):
            events = (Text(json.dumps(each).encode()) for each in step)
            self._sock.sendall(b"".join(map(self._machine.send, events)))
            return
        match step:
            case Close():
                event: Event = step
            case bytes():
                event = Binary(step)
            case str():
                event = Text(step.encode())
            case _:
                event = Text(json.dumps(step).encode())
        self._sock.sendall(self._machine.send(event))

    def _read(self) -> Iterator[Event]:
        while True:
            event = self._machine.next_event()
            if isinstance(event, Text):
                self.heard.append(json.loads(event.data))
                yield event
            elif isinstance(event, Binary):
                self.heard.append(event.data)
                yield event
            elif isinstance(event, Close):
                self.close = event
                self._sock.sendall(self._machine.data_to_send())
                return
            elif not isinstance(event, tuple | str) and event.__class__.__name__ == "Sentinel":
                data = self._sock.recv(1 << 16)
                if not data:
                    return
                self._machine.receive_data(data)


class Peer:
    """Plays the n-th script in the n-th connection."""

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self._scripts = [*scripts]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.sessions: list[Session] = []
        self.failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.join()
        if error is None:
            assert not self.failures, self.failures

    def join(self) -> None:
        """Wait until every session is over."""
        for thread in [*self._threads]:
            thread.join(10)
            assert not thread.is_alive(), "a client has left its session open"

    def _accept(self) -> None:
        for steps in self._scripts:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            session = Session(sock)
            self.sessions.append(session)
            thread = threading.Thread(target=self._run, args=(sock, session, steps), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, sock: socket.socket, session: Session, steps: Sequence[Step]) -> None:
        with sock:
            try:
                session.play(steps)
            except ConnectionError:
                pass
            except BaseException as error:
                self.failures.append(error)
