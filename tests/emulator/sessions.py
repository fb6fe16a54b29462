"""A client of the emulator's sessions, without a network, that checks each event it hears."""

from base64 import b64encode
from math import inf
from typing import Any

import msgspec

from api_openai.core.api.type_names import codec_of
from api_openai.core.realtime.kinds import KINDS
from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.sentinels import NEED_DATA
from api_openai.core.websocket.events import Close, Ping, Pong, Text
from api_openai.core.websocket.handshake import ClientHandshake
from api_openai.core.websocket.machine import WebSocket
from api_openai.emulator import Emulator, Pause, SendBytes
from api_openai.emulator import faults as f
from api_openai.emulator.http.json_documents import is_object

Event = dict[str, Any]
SOUND = b64encode(bytes(range(1, 251)) * 20).decode()
SILENCE = b64encode(bytes(14_400)).decode()
"""300 ms of it."""
PATHS = {
    "realtime.connect": "/v1/realtime?model=gpt-realtime",
    "beta.realtime.connect": "/v1/realtime?model=gpt-realtime",
    "realtime.translations.connect": "/v1/realtime/translations?model=gpt-realtime",
    "responses.connect": "/v1/responses",
    "beta.responses.connect": "/v1/responses",
    "live.connect": "/v1/live/sessions",
    "live.sideband.connect": "/v1/live/sessions/s1/attach",
    "live.forks.connect": "/v1/live/sessions/s1/fork",
}


class Peer:
    """A client of the emulator's machine, without a network; every event has to fit its type."""

    def __init__(
        self,
        name: str = "realtime.connect",
        *,
        target: str | None = None,
        faults: tuple[f.Fault, ...] = (),
        fields: tuple[tuple[str, str], ...] = (("authorization", "Bearer k"),),
        deflate: bool = False,
        headers: bool = True,
        strict: bool = True,
        emulator: Emulator | None = None,
    ) -> None:
        emulator = emulator or Emulator()
        if faults:
            emulator.script(faults)
        answer: Any = KINDS[name].blueprint.answer
        self.codec = codec_of(answer.type)
        self.strict = strict
        self.connection = emulator.connection()
        offered = dict(fields).get("sec-websocket-protocol", "")
        handshake = ClientHandshake(bytes(16), deflate=deflate, subprotocols=["realtime"])
        asked = KINDS[name].blueprint.headers if headers else ()
        lines = [f"{key}: {value}" for key, value in (("host", "h"), *fields, *asked)]
        lines += [
            f"{key.decode()}: {value.decode()}"
            for key, value in handshake.fields()
            if not (offered and key == b"sec-websocket-protocol")
        ]
        head = f"GET {target or PATHS[name]} HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n"
        self.connection.receive_data(head.encode())
        self.ends: list[Any] = []
        self.pauses: list[float] = []
        data = self._bytes()
        self.head, _, rest = data.partition(b"\r\n\r\n")
        self.rest = rest
        if not self.head.startswith(b"HTTP/1.1 101"):
            return
        names = [line.partition(b": ") for line in self.head.split(b"\r\n")[1:]]
        self.agreed = handshake.check(Headers((k.lower(), v) for k, _, v in names))
        self.socket = WebSocket("client", mask=lambda: b"mask", deflate=self.agreed.deflate)
        if rest:
            self.socket.receive_data(rest)

    def _step(self) -> bytes | None:
        """What the server sends next; nothing where it waits for the client, or has ended."""
        match self.connection.next_action():
            case SendBytes(data):
                return data
            case Pause(seconds):
                self.pauses.append(seconds)
                return None if seconds == inf else b""
            case end:
                if end is not NEED_DATA:
                    self.ends.append(end)
                return None

    def _bytes(self) -> bytes:
        data = b""
        while (more := self._step()) is not None:
            data += more
        return data

    def hear(self, until: str = "") -> list[Any]:
        """What the server says, events checked: all, or up to the first event of a type."""
        found: list[Any] = []
        while (data := self._step()) is not None:
            if data:
                self.socket.receive_data(data)
            found += self._events()
            if any(_is(event, until) for event in found):
                return found
        return found + self._events()

    def _events(self) -> list[Any]:
        found: list[Any] = []
        while True:
            event = self.socket.next_event()
            if not isinstance(event, Text | Ping | Pong | Close):
                return found
            if isinstance(event, Text):
                self.codec.decode(event.data, strict=self.strict)
                found.append(msgspec.json.decode(event.data))
            else:
                found.append(event)

    def say(self, kind: str, **fields: Any) -> None:
        """Say something."""
        event = {"type": kind, "event_id": "mine", **fields}
        self.connection.receive_data(self.socket.send(Text(msgspec.json.encode(event))))

    def ask(self, kind: str, **fields: Any) -> list[Any]:
        """Say something, and hear what is said to it."""
        self.say(kind, **fields)
        return self.hear()


def _is(event: Any, kind: str) -> bool:
    return is_object(event) and event["type"] == kind


def types(events: list[Event]) -> list[str]:
    """The types of events."""
    return [event["type"] for event in events]


def user(text: str) -> Event:
    """A message of the user's."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}


def runs(names: list[str]) -> list[str]:
    """Names without repetitions in a row."""
    return [name for place, name in enumerate(names) if names[place - 1 : place] != [name]]


def only(events: list[Event], kind: str) -> list[Event]:
    """The events of a type."""
    return [event for event in events if event["type"] == kind]


def pcm(*stretches: tuple[int, int]) -> str:
    """Audio in base64: stretches of so many milliseconds, each of one loudness."""
    data = b"".join(
        loudness.to_bytes(2, "little", signed=True) * (24 * ms) for ms, loudness in stretches
    )
    return b64encode(data).decode()


def begun(name: str = "realtime.connect", *, pace: float = 0, **options: Any) -> Peer:
    """A session after its greeting."""
    peer = Peer(name, emulator=Emulator(pace=pace), **options)
    peer.hear()
    return peer


def updated(peer: Peer, **session: Any) -> list[Event]:
    """Change the session of a peer, and return what it hears."""
    return peer.ask("session.update", session={"type": "realtime", **session})
