"""The least that has to be done with the bytes: what the floor's three loops have in common.

No errors, no options, no limits: what remains is the price of the bytes themselves.
"""

import base64
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec

RECEIVE: Final = 256 << 10


class Message(msgspec.Struct, gc=False):
    role: str
    content: str | None


class Choice(msgspec.Struct, gc=False):
    index: int
    message: Message
    finish_reason: str


class Usage(msgspec.Struct, gc=False):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(msgspec.Struct, gc=False):
    id: str
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class Day(msgspec.Struct, gc=False):
    date: str
    high: float
    low: float
    sky: str | None = None


class Forecast(msgspec.Struct, gc=False):
    city: str
    days: list[Day]
    warnings: list[str]


class Delta(msgspec.Struct, gc=False):
    content: str | None = None


class ChunkChoice(msgspec.Struct, gc=False):
    index: int
    delta: Delta
    finish_reason: str | None


class Chunk(msgspec.Struct, gc=False):
    id: str
    created: int
    model: str
    choices: list[ChunkChoice]


class Event(msgspec.Struct, gc=False):
    type: str
    sequence_number: int
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    delta: str | None = None


class DeliveryData(msgspec.Struct, gc=False):
    id: str


class Delivery(msgspec.Struct, gc=False):
    id: str
    created_at: int
    type: str
    data: DeliveryData


class Vector(msgspec.Struct, gc=False):
    index: int
    embedding: list[float]


class Vectors(msgspec.Struct, gc=False):
    data: list[Vector]


class PackedVector(msgspec.Struct, gc=False):
    index: int
    embedding: bytes  # msgspec decodes base64, four times faster than binascii


class PackedVectors(msgspec.Struct, gc=False):
    data: list[PackedVector]


completion: Final = msgspec.json.Decoder(Completion).decode
_forecast: Final = msgspec.json.Decoder(Forecast).decode
chunk: Final = msgspec.json.Decoder(Chunk).decode
event: Final = msgspec.json.Decoder(Event).decode
_delivery: Final = msgspec.json.Decoder(Delivery).decode
_vectors: Final = msgspec.json.Decoder(Vectors).decode
_packed: Final = msgspec.json.Decoder(PackedVectors).decode


def received(body: bytes, headers: Mapping[str, str], key: bytes) -> int:
    """Verify and decode a webhook; `headers` are in lower case."""
    timestamp = headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > 300:
        raise ValueError("not of now")
    signed = b"%b.%b.%b" % (headers["webhook-id"].encode(), timestamp.encode(), body)
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    if not hmac.compare_digest(f"v1,{expected}", headers["webhook-signature"]):
        raise ValueError("not signed with this key")
    return 1 if _delivery(body).data.id.startswith("resp_") else 0


def floats(body: bytes) -> Sequence[Sequence[float]]:
    return [item.embedding for item in _vectors(body).data]


def base64_floats(body: bytes) -> Sequence[Sequence[float]]:
    return [memoryview(item.embedding).cast("f") for item in _packed(body).data]


def request(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    return head("POST", path, len(body), content_type) + body


def head(method: str, path: str, length: int, content_type: str) -> bytes:
    return (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer sk-benchmark\r\n"
        f"accept: */*\r\nuser-agent: floor\r\ncontent-type: {content_type}\r\n"
        f"content-length: {length}\r\n\r\n"
    ).encode()


def post(path: str, document: Mapping[str, object]) -> bytes:
    return request(path, msgspec.json.encode(document))


class Reader(Protocol):
    """Takes bytes of one response; `feed` says True when it is over, or enough of it is there."""

    units: int

    def feed(self, data: bytes) -> bool: ...


class Decode(Protocol):
    def __call__(self, body: bytes, /) -> object: ...


class Answer:
    """A response with a content-length, decoded as a whole."""

    def __init__(self, decode: Decode) -> None:
        self.units = 0
        self._decode = decode
        self._parts: list[bytes] = []
        self._left = -1

    def feed(self, data: bytes) -> bool:
        if self._left < 0:
            top, _, data = data.partition(b"\r\n\r\n")
            self._left = int(top.lower().partition(b"content-length:")[2].partition(b"\r")[0])
        self._parts.append(data)
        self._left -= len(data)
        if self._left:
            return False
        self._decode(b"".join(self._parts))
        self.units = 1
        return True


class Stream:
    """A chunked event stream, each event decoded; stops after `most` events if that is given."""

    def __init__(self, decode: Decode, most: int = 0) -> None:
        self.units = 0
        self._decode = decode
        self._most = most
        self._buffer = b""
        self._text = b""
        self._in_head = True

    def feed(self, data: bytes) -> bool:
        buffer = self._buffer + data
        at = 0
        if self._in_head:
            at = buffer.index(b"\r\n\r\n") + 4
            self._in_head = False
        parts = [self._text]
        over = False
        while (line := buffer.find(b"\r\n", at)) >= 0:
            size = int(buffer[at:line], 16)
            end = line + 2 + size
            if len(buffer) < end + 2:
                break
            parts.append(buffer[line + 2 : end])
            at = end + 2
            if not size:
                over = True
                break
        self._buffer = buffer[at:]
        *events, self._text = b"".join(parts).split(b"\n\n")
        for lines in events:
            payload = lines[lines.index(b"data: ") + 6 :]
            if payload != b"[DONE]":
                self._decode(payload)
                self.units += 1
        return over or 0 < self._most <= self.units


def forecast(data: bytes) -> Forecast:
    """The structured output in a completion."""
    return _forecast(completion(data).choices[0].message.content or "")
