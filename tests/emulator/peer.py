"""A client for tests, made of bytes: drives the machine of a connection by hand."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import h11
import msgspec

from api_openai.core.terms.sentinels import NEED_DATA
from api_openai.emulator import CloseConnection, Emulator, Pause, ResetConnection, SendBytes
from api_openai.emulator.http.connection import ServerConnection

KEY = {"authorization": "Bearer sk-test"}


def request(
    method: str,
    path: str,
    document: object = None,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of a request."""
    if body is None:
        body = b"" if document is None else msgspec.json.encode(document)
    fields = {"host": "emulator", **KEY, **(headers or {})}
    if body and "transfer-encoding" not in fields:
        fields.setdefault("content-length", str(len(body)))
        fields.setdefault("content-type", "application/json")
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def actions(
    connection: ServerConnection,
) -> list[SendBytes | Pause | CloseConnection | ResetConnection]:
    """Return all that the machine asks for now, up to a wait for ever."""
    found: list[SendBytes | Pause | CloseConnection | ResetConnection] = []
    while (action := connection.next_action()) is not NEED_DATA:
        found.append(action)
        if isinstance(action, Pause) and action.seconds == math.inf:
            break
    return found


def sent(found: Iterable[SendBytes | Pause | CloseConnection | ResetConnection]) -> bytes:
    """Return the bytes among actions."""
    return b"".join(action.data for action in found if isinstance(action, SendBytes))


@dataclass
class Answer:
    """One answer, read by h11."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    parts: list[bytes] = field(default_factory=list[bytes])
    complete: bool = False

    @property
    def document(self) -> dict[str, object]:
        return msgspec.json.decode(self.body, type=dict[str, object])

    @property
    def error(self) -> dict[str, str | None]:
        body = msgspec.json.decode(self.body, type=dict[str, dict[str, str | None]])
        return body["error"]

    @property
    def events(self) -> list[bytes]:
        """The data of server-sent events."""
        lines = self.body.split(b"\n")
        return [line[6:] for line in lines if line.startswith(b"data: ")]


def answers(data: bytes, *methods: str) -> list[Answer]:
    """Read the answers in `data`, which are to requests of these methods."""
    found: list[Answer] = []
    client = h11.Connection(h11.CLIENT)
    client.receive_data(data)
    for method in methods:
        client.send(h11.Request(method=method, target="/", headers=[("host", "emulator")]))
        client.send(h11.EndOfMessage())
        while True:
            event = client.next_event()
            if isinstance(event, h11.Response):
                fields = {name.decode(): value.decode() for name, value in event.headers}
                found.append(Answer(event.status_code, fields))
            elif isinstance(event, h11.Data):
                found[-1].body += event.data
                found[-1].parts.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                found[-1].complete = True
                break
            elif event is h11.NEED_DATA:
                return found
        if client.our_state is h11.DONE and client.their_state is h11.DONE:
            client.start_next_cycle()
    return found


def ask(
    emulator: Emulator,
    method: str,
    path: str,
    document: object = None,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Make one request on a connection of its own, and return its answer."""
    connection = emulator.connection()
    connection.receive_data(request(method, path, document, body=body, headers=headers))
    return answers(sent(actions(connection)), method)[0]


def decoded(data: bytes) -> dict[str, object]:
    """Read a JSON object."""
    return msgspec.json.decode(data, type=dict[str, object])
