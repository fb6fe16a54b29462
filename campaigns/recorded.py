"""Answers of the emulator, recorded byte by byte, and what a client makes of one.

Each is there as it was sent, and in the other framings that servers use.
"""

import gzip
import pickle
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from tests.conformance.callers import AsyncCaller, Caller
from tests.conformance.ways import in_asyncio
from tests.emulator.peer import actions, answers, sent
from tests.support.http import END, chunk, head
from tests.support.port import Conn, ScriptedPort, Step, run
from tests.support.scripted import PortTransport

from api_openai import AsyncClient, OpenAIError
from api_openai.core.api.operations import chat, files, models, responses
from api_openai.core.json.encode import encode
from api_openai.core.request.operation import Operation
from api_openai.emulator import Emulator

ASK: Final[Any] = [{"role": "user", "content": "Say what you have to say, in a few words."}]
OPERATIONS: Final[dict[str, Operation[Any, Any]]] = {
    "chat": chat.completions_create(model="gpt-4o", messages=ASK),
    "response": responses.create(model="gpt-4o", input="Hello"),
    "list": models.list_(),
    "upload": files.create(file=("a.jsonl", b'{"a": 1}\n' * 40), purpose="batch"),
    "chat stream": chat.completions_create_stream(model="gpt-4o", messages=ASK, stream=True),
    "response stream": responses.create_stream(model="gpt-4o", input="Hello", stream=True),
}


@dataclass(frozen=True)
class Recorded:
    """An answer, and the operation that it answers."""

    name: str
    operation: Operation[Any, Any]
    answer: bytes
    streams: bool

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Told:
    """What the caller was told: documents, and how it ended."""

    documents: list[bytes]
    error: OpenAIError | None = None

    def check(self, whole: "Told") -> None:
        """Nothing is lost without a word, and nothing made up: a whole answer, or an error."""
        if self.error is None:
            assert self.documents == whole.documents, f"{len(self.documents)} documents, no error"
        else:
            assert self.documents == whole.documents[: len(self.documents)], "other documents"
            assert str(pickle.loads(pickle.dumps(self.error))) == str(self.error)


class _Recording(Conn):
    """A connection to the emulator, whose answer is kept."""

    def __init__(self) -> None:
        super().__init__(deque())
        self.said = b""
        self._peer = Emulator().connection()

    def take(self, data: bytes | memoryview) -> None:
        super().take(data)
        self._peer.receive_data(bytes(data))
        if said := sent(actions(self._peer)):
            self.said += said
            self.steps.append(said)


def _framings(answer: bytes, method: str) -> Iterator[tuple[str, bytes]]:
    yield "as it was", answer
    [read] = answers(answer, method)
    body = gzip.decompress(read.body) if "gzip" in str(read.headers) else read.body
    kind, size = f"content-type: {read.headers['content-type']}", 97
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunked = head("200 OK", kind, "transfer-encoding: chunked")
    yield "chunked", chunked + b"".join(map(chunk, pieces)) + END
    yield "until close", head("200 OK", kind, "connection: close") + body
    packed = gzip.compress(body, mtime=0)
    fields = (kind, "content-encoding: gzip", f"content-length: {len(packed)}")
    yield "gzip", head("200 OK", *fields) + packed


@cache
def recorded() -> list[Recorded]:
    """All answers in all framings."""
    found: list[Recorded] = []
    for name, operation in OPERATIONS.items():
        conn = _Recording()
        told = over(ScriptedPort(conn), operation, streams="stream" in name)
        assert told.error is None, told.error
        for framing, answer in _framings(conn.said, operation.method):
            found.append(Recorded(f"{name}, {framing}", operation, answer, "stream" in name))
    return found


def plain(value: Any) -> bytes:
    """A result as JSON."""
    return encode([*value.data] if hasattr(value, "iter_pages") else value)


async def tell(
    caller: Caller,
    operation: Operation[Any, Any],
    *,
    streams: bool,
    show: Callable[[Any], bytes] = plain,
) -> Told:
    """Make a call and say what came of it. No error that is not ours is expected."""
    documents: list[bytes] = []
    try:
        if streams:
            async with await caller.stream(operation) as stream:
                async for event in stream:
                    documents.append(show(event))
        else:
            documents.append(show(await caller.send(operation)))
    except OpenAIError as error:
        return Told(documents, error)
    return Told(documents)


def over(port: ScriptedPort, operation: Operation[Any, Any], *, streams: bool) -> Told:
    """Make a call over a script; nothing is in use after it."""
    transport = PortTransport(port)
    client = AsyncClient(api_key="sk-x", base_url="http://api.test/v1", transport=transport)
    told = run(tell(AsyncCaller(client, in_asyncio), operation, streams=streams))
    assert (port.pool.in_use, port.pool.waiting) == (0, 0)
    return told


def scripted(one: Recorded, *steps: Step) -> Told:
    """What is told of an answer that comes like this, its connection closed behind it."""
    return over(ScriptedPort([*steps, b""]), one.operation, streams=one.streams)


@cache
def whole(one: Recorded) -> Told:
    """What is told of the whole answer."""
    told = scripted(one, one.answer)
    assert told.error is None, told.error
    return told
