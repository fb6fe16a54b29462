"""Answers as bytes and as the events that they are, and how tests run them through the machine."""

from hypothesis import strategies as st

from api_openai.core.http.http1 import Http1Client, ServerEvent
from api_openai.core.terms.http_message import (
    Data,
    EndOfMessage,
    Headers,
    InformationalResponse,
    Request,
    ResponseHead,
)
from api_openai.core.terms.sentinels import NEED_DATA, PAUSED

HOST = (b"host", b"example.org")
GET = Request(b"GET", b"/v1/models", (HOST,))
POST = Request(b"POST", b"/v1/x", (HOST, (b"content-length", b"5")))
CHUNKED = Request(b"POST", b"/v1/x", (HOST, (b"transfer-encoding", b"chunked")))


def asked(request: Request = GET) -> Http1Client:
    """A machine that has sent a request without a body."""
    machine = Http1Client()
    machine.send(request)
    machine.send(EndOfMessage())
    return machine


def events(machine: Http1Client, *pieces: bytes) -> list[ServerEvent]:
    """All events of an answer in these pieces, the parts of its body joined."""
    found: list[ServerEvent] = []
    for piece in pieces:
        machine.receive_data(piece)
        drain(machine, found)
    return found


def drain(machine: Http1Client, found: list[ServerEvent]) -> None:
    while (event := machine.next_event()) is not NEED_DATA and event is not PAUSED:
        if isinstance(event, Data) and found and isinstance(found[-1], Data):
            found[-1] = Data(found[-1].data + event.data)
        else:
            found.append(event)


def parts(raw: bytes, cuts: list[int]) -> list[bytes]:
    """`raw` cut at these places."""
    ends = sorted(cut for cut in set(cuts) if 0 < cut < len(raw))
    return [raw[a:b] for a, b in zip([0, *ends], [*ends, len(raw)], strict=True)]


CUTS = st.lists(st.integers(1, 300), max_size=20)


def head(
    status: int = 200,
    *fields: tuple[str, str],
    version: bytes = b"1.1",
    reason: bytes = b"OK",
) -> ResponseHead:
    return ResponseHead(status, Headers.of(fields), version, reason)


OK = b"HTTP/1.1 200 OK\r\n"
IN_CHUNKS = OK + b"transfer-encoding: chunked\r\n\r\n"

ANSWERS: list[tuple[str, bytes, list[ServerEvent], bool]] = [
    (
        "length",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        [head(200, ("content-length", "3")), Data(b"abc"), EndOfMessage()],
        True,
    ),
    (
        "no body",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        [head(200, ("content-length", "0")), EndOfMessage()],
        True,
    ),
    ("204", b"HTTP/1.1 204 OK\r\n\r\n", [head(204), EndOfMessage()], True),
    (
        "304 with a length",
        b"HTTP/1.1 304 OK\r\ncontent-length: 9\r\n\r\n",
        [head(304, ("content-length", "9")), EndOfMessage()],
        True,
    ),
    (
        "chunks",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
        [head(200, ("transfer-encoding", "chunked")), Data(b"abc0123456789"), EndOfMessage()],
        True,
    ),
    (
        "chunks with extensions and trailers",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        b'3;a=b;c="d"\r\nabc\r\n000;x\r\nX-Check: 1\r\ny: 2 \r\n\r\n',
        [
            head(200, ("transfer-encoding", "chunked")),
            Data(b"abc"),
            EndOfMessage(Headers.of([("x-check", "1"), ("y", "2")])),
        ],
        True,
    ),
    (
        "connection close",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\na",
        [head(200, ("connection", "close"), ("content-length", "1")), Data(b"a"), EndOfMessage()],
        False,
    ),
    (
        "HTTP/1.0 keeps no connection",
        b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\na",
        [head(200, ("content-length", "1"), version=b"1.0"), Data(b"a"), EndOfMessage()],
        False,
    ),
    (
        "a failed server that promises nothing",
        b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
        [head(500, ("content-length", "0"), reason=b"Oops"), EndOfMessage()],
        False,
    ),
    (
        "a failed server that keeps the connection",
        b"HTTP/1.1 502 Bad\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n",
        [
            head(502, ("connection", "keep-alive"), ("content-length", "0"), reason=b"Bad"),
            EndOfMessage(),
        ],
        True,
    ),
    (
        "HTTP/1.0 with keep-alive",
        b"HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 1\r\n\r\na",
        [
            head(200, ("connection", "Keep-Alive"), ("content-length", "1"), version=b"1.0"),
            Data(b"a"),
            EndOfMessage(),
        ],
        True,
    ),
    (
        "100 and 103 before the answer",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        [
            InformationalResponse(100, Headers()),
            InformationalResponse(103, Headers.of([("link", "x")])),
            head(200, ("content-length", "0")),
            EndOfMessage(),
        ],
        True,
    ),
    (
        "length and chunks: chunks count, the connection does not",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        [
            head(200, ("content-length", "9"), ("transfer-encoding", "chunked")),
            Data(b"a"),
            EndOfMessage(),
        ],
        False,
    ),
    (
        "chunks in HTTP/1.0: read, and the connection is not trusted",
        b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        [
            head(
                200,
                ("connection", "keep-alive"),
                ("transfer-encoding", "chunked"),
                version=b"1.0",
            ),
            EndOfMessage(),
        ],
        False,
    ),
    (
        "several connection fields",
        b"HTTP/1.1 200 OK\r\nconnection: x, Close\r\nconnection: y\r\ncontent-length: 0\r\n\r\n",
        [
            head(200, ("connection", "x, Close"), ("connection", "y"), ("content-length", "0")),
            EndOfMessage(),
        ],
        False,
    ),
    (
        "a length said twice",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\ncontent-length: 1\r\n\r\na",
        [head(200, ("content-length", "1")), Data(b"a"), EndOfMessage()],
        True,
    ),
    (
        "bare LF in the head",
        b"HTTP/1.1 200 OK\ncontent-length: 1\n\na",
        [head(200, ("content-length", "1")), Data(b"a"), EndOfMessage()],
        True,
    ),
]


def same(found: list[ServerEvent], expected: list[ServerEvent]) -> bool:
    """Whether two lists of events are equal; headers are compared in order."""

    def plain(event: ServerEvent) -> tuple[object, ...]:
        match event:
            case ResponseHead():
                return event.status, event.headers.raw, event.http_version, event.reason
            case InformationalResponse():
                return event.status, event.headers.raw
            case EndOfMessage():
                return (event.trailers.raw,)
            case Data():
                return (event.data,)

    return [(type(e), *plain(e)) for e in found] == [(type(e), *plain(e)) for e in expected]
