"""What the machines for HTTP/1.1 and server-sent events cost, beside h11 and a line-wise decoder.

    python -m benchmarks.machines

Prints microseconds per unit (the best of several rounds, the subjects taking turns) and our share
of what the other one takes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

import h11

from api_openai.core.http.http1 import Http1Client
from api_openai.core.http.sse import SSEDecoder
from api_openai.core.terms.http_message import Data, EndOfMessage, Request, ResponseHead
from api_openai.core.terms.sentinels import NEED_DATA

Run = Callable[[], object]

REQUEST_FIELDS = [
    (b"host", b"api.openai.com"),
    (b"user-agent", b"api-openai/1.0"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate"),
    (b"authorization", b"Bearer sk-" + b"x" * 48),
    (b"content-type", b"application/json"),
    (b"content-length", b"300"),
]
RESPONSE_FIELDS = (
    b"HTTP/1.1 200 OK\r\n"
    b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
    b"Content-Type: application/json\r\n"
    b"Connection: keep-alive\r\n"
    b"x-request-id: req_0123456789abcdef0123456789abcdef\r\n"
    b"openai-organization: org-0123456789\r\n"
    b"openai-processing-ms: 120\r\n"
    b"openai-version: 2020-10-01\r\n"
    b"x-ratelimit-limit-requests: 10000\r\n"
    b"x-ratelimit-remaining-requests: 9999\r\n"
    b"x-ratelimit-reset-requests: 6ms\r\n"
    b"Server: cloudflare\r\n"
)
QUESTION = b"q" * 300
ANSWER = RESPONSE_FIELDS + b"Content-Length: 1000\r\n\r\n" + b"a" * 1000
STREAM = RESPONSE_FIELDS + b"Transfer-Encoding: chunked\r\n\r\n"
EVENT = (
    b"event: response.output_text.delta\n"
    b'data: {"type":"response.output_text.delta","item_id":"msg_0123456789","output_index":0,'
    b'"content_index":0,"delta":" hello","sequence_number":12}\n\n'
)
CHAT_EVENT = (
    b'data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1700000000,'
    b'"model":"gpt","choices":[{"index":0,"delta":{"content":" hello"},"finish_reason":null}]}\n\n'
)
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)
MANY = 200
PIECE = b"b" * 65536
PIECES = 64


def our_exchange() -> None:
    machine = Http1Client()
    machine.send(Request(b"POST", b"/v1/responses", tuple(REQUEST_FIELDS)))
    machine.send(Data(QUESTION))
    machine.send(EndOfMessage())
    machine.receive_data(ANSWER)
    while not isinstance(machine.next_event(), EndOfMessage):
        pass
    assert machine.reusable


def h11_exchange() -> None:
    machine = h11_asked(REQUEST_FIELDS, QUESTION)
    machine.receive_data(ANSWER)
    while not isinstance(machine.next_event(), h11.EndOfMessage):
        pass


def h11_asked(fields: list[tuple[bytes, bytes]], body: bytes = b"") -> h11.Connection:
    machine = h11.Connection(h11.CLIENT)
    machine.send(h11.Request(method="POST", target="/v1/responses", headers=fields))
    if body:
        machine.send(h11.Data(data=body))
    machine.send(h11.EndOfMessage())
    return machine


def our_reads(head: bytes, read: bytes, times: int) -> Run:
    """A run that takes `read` so many times as a part of one response."""

    def run() -> None:
        machine = Http1Client()
        machine.send(Request(b"POST", b"/v1/responses", (REQUEST_FIELDS[0],)))
        machine.send(EndOfMessage())
        machine.receive_data(head)
        assert isinstance(machine.next_event(), ResponseHead)
        for _ in range(times):
            machine.receive_data(read)
            while machine.next_event() is not NEED_DATA:
                pass

    return run


def h11_reads(head: bytes, read: bytes, times: int) -> Run:
    """The same with h11."""

    def run() -> None:
        machine = h11_asked(REQUEST_FIELDS[:1])
        machine.receive_data(head)
        assert isinstance(machine.next_event(), h11.Response)
        for _ in range(times):
            machine.receive_data(read)
            while machine.next_event() is not h11.NEED_DATA:
                pass

    return run


def our_events(read: bytes, times: int) -> Run:
    """A run that decodes `read` so many times as a part of one stream of events."""

    def run() -> None:
        decoder = SSEDecoder()
        for _ in range(times):
            decoder.receive_data(read)
            for event in decoder.events():
                assert event.data

    return run


def linewise_events(read: bytes, times: int) -> Run:
    """The same with text and one line after the other, as most clients do it."""

    def run() -> None:
        decoder = LinewiseDecoder()
        for _ in range(times):
            for event in decoder.feed(read):
                assert event.data

    return run


@dataclass(frozen=True)
class LinewiseEvent:
    event: str
    data: str
    id: str
    retry: int | None


class LinewiseDecoder:
    """Bytes to text, text to lines, a call for each line: the usual way to read events."""

    def __init__(self) -> None:
        self.buffer = ""
        self.last_id = ""
        self.clear()

    def clear(self) -> None:
        self.name = ""
        self.data: list[str] = []
        self.retry: int | None = None

    def feed(self, data: bytes) -> Iterator[LinewiseEvent]:
        text = (self.buffer + data.decode()).replace("\r\n", "\n").replace("\r", "\n")
        *lines, self.buffer = text.split("\n")
        for line in lines:
            event = self.decode(line)
            if event is not None:
                yield event

    def decode(self, line: str) -> LinewiseEvent | None:
        if not line:
            if not self.data:
                return None
            event = LinewiseEvent(self.name, "\n".join(self.data), self.last_id, self.retry)
            self.clear()
            return event
        if line.startswith(":"):
            return None
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self.name = value
        elif field == "data":
            self.data.append(value)
        elif field == "id":
            self.last_id = value
        elif field == "retry" and value.isdecimal():
            self.retry = int(value)
        return None


def best(ours: Run, other: Run, units: int, rounds: int = 15) -> tuple[float, float]:
    """Microseconds per unit of both, in turns."""
    times = ([0.0] * rounds, [0.0] * rounds)
    repeats = max(1, 1000 // units)
    for number in range(rounds):
        for mine, run in zip(times, (ours, other), strict=True):
            start = perf_counter()
            for _ in range(repeats):
                run()
            mine[number] = (perf_counter() - start) / repeats / units * 1e6
    return min(times[0]), min(times[1])


LENGTH = RESPONSE_FIELDS + b"Content-Length: %d\r\n\r\n" % (len(PIECE) * (PIECES + 1))
ROWS: list[tuple[str, str, Run, Run, int]] = [
    ("unary exchange, 7 and 12 fields", "h11", our_exchange, h11_exchange, 1),
    (
        "chunk, one in a read",
        "h11",
        our_reads(STREAM, CHUNK, 1000),
        h11_reads(STREAM, CHUNK, 1000),
        1000,
    ),
    (
        f"chunk, {MANY} in a read",
        "h11",
        our_reads(STREAM, CHUNK * MANY, 5),
        h11_reads(STREAM, CHUNK * MANY, 5),
        5 * MANY,
    ),
    (
        "64 KiB of a counted body",
        "h11",
        our_reads(LENGTH, PIECE, PIECES),
        h11_reads(LENGTH, PIECE, PIECES),
        PIECES,
    ),
    (
        "event with a name, one in a read",
        "line by line",
        our_events(EVENT, 1000),
        linewise_events(EVENT, 1000),
        1000,
    ),
    (
        f"event with a name, {MANY} in a read",
        "line by line",
        our_events(EVENT * MANY, 5),
        linewise_events(EVENT * MANY, 5),
        5 * MANY,
    ),
    (
        f"event without a name, {MANY} in a read",
        "line by line",
        our_events(CHAT_EVENT * MANY, 5),
        linewise_events(CHAT_EVENT * MANY, 5),
        5 * MANY,
    ),
]


def main() -> None:
    """Measure every row and print it."""
    print(f"{'us per':<42}{'ours':>8}{'other':>8}  ratio")
    for name, other, ours, theirs, units in ROWS:
        mine, others = best(ours, theirs, units)
        print(f"{name:<42}{mine:8.2f}{others:8.2f}{mine / others:7.2f}  {other}")


if __name__ == "__main__":
    main()
