"""A peer in memory that keeps the bytes of every request, read by the standard library alone."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from api_openai import APIStatusError, Client
from api_openai.core.terms.sentinels import NEED_DATA, NeedData
from api_openai.emulator import Emulator, MemoryTransport, SendBytes
from api_openai.emulator.http.actions import Action
from api_openai.emulator.http.connection import ServerConnection

from .methods import at

_REFUSAL: Final = b"HTTP/1.1 418 No\r\ncontent-length: 2\r\n\r\n{}"
"""The answer to everything: what is asked here is what was sent."""

KEY: Final = "sk-plain"
ADMIN_KEY: Final = "sk-admin"


@dataclass(frozen=True)
class Part:
    """One part of a form."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


@dataclass(frozen=True)
class Sent:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Sent":
        """Read the bytes of one request; no header field may come twice."""
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        method, target, version = first.split(" ")
        assert version == "HTTP/1.1"
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs)
        assert int(headers.get("content-length", "0")) == len(body)
        return cls(method, target, headers, body)

    @property
    def path(self) -> str:
        """The path, still encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query, decoded."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True, strict_parsing=True)

    @property
    def content_type(self) -> str | None:
        """What the body is, without parameters."""
        kind = self.headers.get("content-type")
        return None if kind is None else kind.partition(";")[0]

    def json(self) -> Any:
        """The body."""
        assert self.content_type == "application/json"
        return json.loads(self.body)

    def parts(self) -> list[Part]:
        """The parts of a form."""
        assert self.content_type == "multipart/form-data"
        head = b"content-type: " + self.headers["content-type"].encode() + b"\r\n\r\n"
        message = BytesParser().parsebytes(head + self.body)
        assert message.is_multipart() or not self.body
        assert not message.defects
        return [_part(each) for each in message.walk() if not each.is_multipart()]


def _part(message: Message) -> Part:
    name = message.get_param("name", header="content-disposition")
    content = message.get_payload(decode=True)
    assert isinstance(name, str)
    assert isinstance(content, bytes)
    kind = message["content-type"]
    return Part(name, message.get_filename(), None if kind is None else str(kind), content)


class Recorder(Emulator):
    """Keeps what comes, and refuses it."""

    def __init__(self) -> None:
        super().__init__()
        self.raw: list[bytes] = []

    def connection(self) -> ServerConnection:
        """One connection."""
        return _Connection(self)


class _Connection(ServerConnection):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder.receiver)
        self._recorder = recorder
        self._data = b""

    def receive_data(self, data: bytes) -> None:
        self._data += data

    def next_action(self) -> Action | NeedData:
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return NEED_DATA
        self._recorder.raw.append(self._data)
        self._data = b""
        return SendBytes(_REFUSAL)


def _length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length: ")
    return int(rest.partition(b"\r\n")[0]) if found else 0


class Wire:
    """A client and what it sends."""

    def __init__(self) -> None:
        self._recorder = Recorder()
        self.client = Client(
            api_key=KEY,
            admin_api_key=ADMIN_KEY,
            base_url="http://api.test/v1",
            transport=MemoryTransport(self._recorder),
        )

    def sent(self, path: str, places: Sequence[object], given: Mapping[str, Any]) -> Sent:
        """Return the one request that a call of the method at `path` makes."""
        self._recorder.raw.clear()
        with pytest.raises(APIStatusError) as refused:
            at(self.client, path)(*places, **given)
        assert refused.value.status_code == 418
        (raw,) = self._recorder.raw
        return Sent.of(raw)

    @contextmanager
    def nothing_sent(self) -> Generator[None]:
        """See that nothing is sent."""
        self._recorder.raw.clear()
        yield
        assert self._recorder.raw == []
