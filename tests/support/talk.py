"""A realtime session to be cut: what the client says, and a server that answers it."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from api_openai.core.terms.errors import RemoteProtocolError
from api_openai.core.terms.http_message import Headers
from api_openai.core.terms.sentinels import NEED_DATA, PAUSED
from api_openai.core.websocket.deflate import Deflate  # noqa: TC001
from api_openai.core.websocket.events import Close, Event, Ping, Text
from api_openai.core.websocket.frames import CONTINUATION, FIN, PING, RSV1, TEXT, frame
from api_openai.core.websocket.handshake import accept
from api_openai.core.websocket.machine import State, WebSocket

Said = dict[str, Any]

GOING: Final = Close(1001, "restart")


def client_events(large: bool) -> list[Said]:
    """What the client says, with ids that count."""
    sizes = (0, 40, 300, 66_000 if large else 1500)
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "é"}]}
    said: list[Said] = [
        {"type": "session.update", "session": {"type": "realtime", "instructions": "Be brief"}},
        *({"type": "input_audio_buffer.append", "audio": "A" * size} for size in sizes),
        {"type": "conversation.item.create", "item": item},
        {"type": "response.create"},
    ]
    return [{**event, "event_id": f"c{number}"} for number, event in enumerate(said)]


_OF_ITEM: Final = {"response_id": "r", "item_id": "i", "output_index": 0}
_CALL: Final = {**_OF_ITEM, "call_id": "call"}
_ANSWERS: Final[dict[str, tuple[Said, ...]]] = {
    "session.update": ({"type": "session.updated", "session": {"type": "realtime"}},),
    "input_audio_buffer.append": (),
    "conversation.item.create": (
        {"type": "conversation.item.added", "item": {"id": "i", "type": "message"}},
    ),
    "response.create": (
        {"type": "response.created", "response": {"id": "r"}},
        *(
            {"type": "response.output_text.delta", "content_index": 0, "delta": text, **_OF_ITEM}
            for text in ("", "Bon", "jour, \u00e9t\u00e9 " * 12, "\N{HONEYBEE}")
        ),
        {"type": "response.function_call_arguments.delta", "delta": '{"a":', **_CALL},
        {"type": "response.function_call_arguments.done", "arguments": '{"a": 1}', **_CALL},
        {
            "type": "response.output_audio.delta",
            "content_index": 0,
            "delta": Random(1).randbytes(20_000).hex(),
            **_OF_ITEM,
        },
        {"type": "response.done", "response": {"id": "r", "status": "completed"}},
    ),
}
ANSWERS: Final = {kind: len(said) for kind, said in _ANSWERS.items()}
"""How many events answer one of the client's."""


class Talker:
    """The server's side of one connection."""

    def __init__(self, *, deflate: bool) -> None:
        self.said: list[bytes] = []
        """Its events, as they were before they went into frames."""
        self.ends: list[int] = []
        """Where a frame ends in what it said."""
        self.heard: list[Said] = []
        self.close: Close | None = None
        self.failure = ""
        """How the client broke the rules."""
        self.opened = False
        self._grants = deflate
        self._asked = b""
        self._size = 0
        self._deflate: Deflate | None = None
        self._machine = WebSocket("server")

    def hear(self, data: bytes, /) -> bytes:
        """Take bytes of the client, and return the answer."""
        if not self.opened:
            return self._open(data)
        self._machine.receive_data(data)
        return b"".join(self._answers())

    def farewell(self, after: bytes, /) -> bytes:
        """A close, where no frame has been begun."""
        if self._machine.sending is not State.OPEN or len(after) not in self.ends:
            return b""
        return self._machine.send(GOING)

    def _open(self, data: bytes) -> bytes:
        self._asked += data
        head, end, rest = self._asked.partition(b"\r\n\r\n")
        if not end:
            return b""
        pairs = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        headers = Headers(tuple((name.lower(), value) for name, _, value in pairs))
        fields, agreed = accept(headers, deflate=self._grants)
        self._deflate = agreed.deflate
        self._machine = WebSocket("server", deflate=agreed.deflate)
        self.opened = True
        lines = b"".join(b"%b: %b\r\n" % pair for pair in fields)
        said = self._noted(b"HTTP/1.1 101 Switching Protocols\r\n" + lines + b"\r\n")
        said += self._frames({"type": "session.created", "session": {"type": "realtime"}})
        said += self._noted(self._machine.send(Ping(b"p")))
        return said + (self.hear(rest) if rest else b"")

    def _answers(self) -> Iterator[bytes]:
        for event in self._events():
            if isinstance(event, Close):
                self.close = event
            elif isinstance(event, Text):
                document: Said = json.loads(event.data)
                self.heard.append(document)
                for answer in _ANSWERS[document["type"]]:
                    yield self._frames(answer)
                yield self._noted(self._machine.send(Ping(b"again")))
            yield self._noted(self._machine.data_to_send())

    def _events(self) -> Iterator[Event]:
        try:
            while (event := self._machine.next_event()) is not NEED_DATA and event is not PAUSED:
                yield event
        except RemoteProtocolError as error:
            self.failure = str(error)

    def _frames(self, said: Said) -> bytes:
        """The frames of an event; longer ones are fragmented, with pings in between."""
        data = json.dumps({"event_id": f"s{len(self.said)}", **said}, ensure_ascii=False).encode()
        self.said.append(data)
        if not 400 < len(data) < 10_000:
            return self._noted(self._machine.send(Text(data)))
        first = TEXT
        if self._deflate is not None:
            data, first = self._deflate.compress(data), TEXT | RSV1
        middle = len(data) // 2
        parts = (
            frame(first, data[:7], None),
            frame(CONTINUATION, data[7:middle], None),
            frame(FIN | PING, b"between", None),
            frame(FIN | CONTINUATION, data[middle:], None),
        )
        return b"".join(map(self._noted, parts))

    def _noted(self, data: bytes) -> bytes:
        """Write down where a frame ends."""
        self._size += len(data)
        self.ends.append(self._size)
        return data
