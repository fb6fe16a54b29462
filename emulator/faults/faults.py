"""Scripted faults: what can go wrong between a client and its server, on request.

A fault acts at one or more of four places, in the order in which an exchange passes them:

    early    when the head of the request has come, its body has not been read
    answer   in place of the API, after the whole request was read
    shape    on the response, before it becomes bytes
    wire     on what is sent and done, byte for byte

Several faults on one request act one after another at each place. Counts of bytes are bytes on the
wire, the head of the answer included; where the answer is shorter, a fault acts at its end.
"""

import math
import zlib
from collections.abc import Callable, Iterable, Iterator

import msgspec

from ...core.terms.sentinels import NeedData
from ..http.actions import Action, CloseConnection, Pause, ResetConnection, SendBytes
from ..http.codings import CODINGS, Coding
from ..http.errors import ApiError, error_document
from ..http.json_documents import Object, encode
from ..http.response import Fields, HttpResponse, TimedPart
from .scripted import Scripted

Actions = Iterator[Action | NeedData]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all faults: does nothing."""

    def early(self) -> HttpResponse | Action | None:
        """What happens before the request's body is read."""
        return None

    def answer(self) -> HttpResponse | None:
        """What is answered in place of the API."""
        return None

    def shape(self, response: HttpResponse) -> HttpResponse:
        """What becomes of the response."""
        return response

    def wire(self, actions: Actions) -> Actions:
        """What becomes of the bytes."""
        return actions

    def script(self) -> Scripted | None:
        """What the API's answer is to say."""
        return None


class Say(Fault, frozen=True):
    """No fault: the model answers with `text`."""

    text: str

    def script(self) -> Scripted:
        return Scripted(text=self.text)


class CallFunction(Fault, frozen=True):
    """No fault: the model calls the function `name`; `arguments` is JSON text."""

    name: str
    arguments: str = "{}"

    def script(self) -> Scripted:
        return Scripted(call=(self.name, self.arguments))


class Reset(Fault, frozen=True):
    """RST after so many bytes of the answer; by default before the request's body is read."""

    after_bytes: int | None = None

    def early(self) -> Action | None:
        return ResetConnection() if self.after_bytes is None else None

    def wire(self, actions: Actions) -> Actions:
        yield from _first(actions, self.after_bytes or 0)
        yield ResetConnection()


class Close(Fault, frozen=True):
    """FIN after so many bytes of the answer."""

    after_bytes: int = 0

    def wire(self, actions: Actions) -> Actions:
        yield from _first(actions, self.after_bytes)
        yield CloseConnection()


class Stall(Fault, frozen=True):
    """Silence of so many seconds (for ever by default) after so many bytes, then the rest."""

    after_bytes: int = 0
    seconds: float = math.inf

    def wire(self, actions: Actions) -> Actions:
        left: int | None = self.after_bytes
        for action in actions:
            if left is None or not isinstance(action, SendBytes) or len(action.data) <= left:
                if left is not None and isinstance(action, SendBytes):
                    left -= len(action.data)
                yield action
                continue
            if left:
                yield SendBytes(action.data[:left])
            yield Pause(self.seconds)
            yield SendBytes(action.data[left:])
            left = None
        if left is not None:
            yield Pause(self.seconds)


class Slow(Fault, frozen=True):
    """The answer at so many bytes per second, in pieces, 20 of them per second where it can be."""

    bytes_per_second: float

    def wire(self, actions: Actions) -> Actions:
        size = max(1, int(self.bytes_per_second / 20))
        for action in actions:
            if not isinstance(action, SendBytes):
                yield action
                continue
            for at in range(0, len(action.data), size):
                piece = action.data[at : at + size]
                yield SendBytes(piece)
                yield Pause(len(piece) / self.bytes_per_second)


class DropKeepAlive(Fault, frozen=True):
    """The connection ends after the answer, which does not say so."""

    def wire(self, actions: Actions) -> Actions:
        yield from actions
        yield CloseConnection()


class Raw(Fault, frozen=True):
    """These bytes for an answer, and then the end of the connection unless `close` is false."""

    data: bytes
    close: bool = True

    def answer(self) -> HttpResponse:
        return HttpResponse()

    def wire(self, actions: Actions) -> Actions:
        yield SendBytes(self.data)
        if self.close:
            yield CloseConnection()


class Garbage(Raw, frozen=True):
    """Bytes that are not HTTP."""

    data: bytes = b"\x16\x03\x03\x00\x02\x02\x28 +OK this is something else\r\n\r\n"


class Status(Fault, frozen=True):
    """An error status in place of the answer. `retry_after` is in seconds, or a date."""

    status: int = 429
    message: str = "Asked to fail."
    type: str | None = None
    code: str | None = None
    param: str | None = None
    retry_after: float | str | None = None
    body: dict[str, object] | str | None = None
    """In place of the API's error form: a JSON document, or text as it is."""
    headers: dict[str, str] = {}

    def answer(self) -> HttpResponse:
        kinds = {429: ("requests", "rate_limit_exceeded")}
        kind, code = kinds.get(
            self.status, ("server_error" if self.status >= 500 else "invalid_request_error", None)
        )
        document: Object = error_document(
            self.message, self.type or kind, self.param, self.code or code
        )
        body = self.body.encode() if isinstance(self.body, str) else encode(self.body or document)
        content_type = "text/plain" if isinstance(self.body, str) else "application/json"
        fields = {"content-type": content_type}
        if self.retry_after is not None:
            fields["retry-after"] = (
                f"{self.retry_after:g}"
                if isinstance(self.retry_after, (int, float))
                else self.retry_after
            )
        fields |= {name.lower(): value for name, value in self.headers.items()}
        return HttpResponse(status=self.status, headers=tuple(fields.items()), body=body)


class Html(Fault, frozen=True):
    """A page of HTML, under the status of a success."""

    status: int = 200

    def answer(self) -> HttpResponse:
        page = b"<!doctype html>\n<title>Welcome</title>\n<h1>This is not the API</h1>\n"
        fields = (("content-type", "text/html; charset=utf-8"),)
        return HttpResponse(status=self.status, headers=fields, body=page)


class EarlyError(Fault, frozen=True):
    """An error before the request's body was read; `close` ends the connection after it."""

    status: int = 413
    message: str = "The request is refused before it was read."
    close: bool = True

    def early(self) -> HttpResponse:
        return ApiError(self.status, self.message).response(close=self.close)


class EarlyHints(Fault, frozen=True):
    """No fault: a 103 (RFC 8297) before the answer, or before the 101 of a session."""

    def early(self) -> Action:
        return SendBytes(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n")


class Truncate(Fault, frozen=True):
    """The body ends after so many events of a stream, or so many bytes of a document.

    A `proper` end is well framed: nothing but the content tells that something is missing.
    """

    after: int = 0
    proper: bool = False

    def shape(self, response: HttpResponse) -> HttpResponse:
        body = response.body
        if not isinstance(body, (bytes, bytearray)):
            cut = _take(body, self.after)
            return msgspec.structs.replace(response, body=cut, complete=self.proper)
        if self.proper:
            return msgspec.structs.replace(response, body=bytes(body[: self.after]))
        fields = (*response.headers, ("content-length", str(len(body))))
        parts = [TimedPart(0.0, bytes(body[: self.after]))]
        return msgspec.structs.replace(response, headers=fields, body=parts, complete=False)


class MidStreamError(Fault, frozen=True):
    """After so many events, an error as one more event, and the end of the stream."""

    after: int = 1
    message: str = "The server had an error while answering."
    type: str = "server_error"
    code: str | None = None

    def shape(self, response: HttpResponse) -> HttpResponse:
        error = encode(error_document(self.message, self.type, None, self.code))

        def change(parts: Iterable[TimedPart]) -> Iterator[TimedPart]:
            yield from _take(parts, self.after)
            yield TimedPart(0.0, b"data: %b\n\n" % error)

        return _events(response, change)


class NoDone(Fault, frozen=True):
    """A stream without its `[DONE]`."""

    def shape(self, response: HttpResponse) -> HttpResponse:
        def change(parts: Iterable[TimedPart]) -> Iterator[TimedPart]:
            return (part for part in parts if part.data != b"data: [DONE]\n\n")

        return _events(response, change)


class Comments(Fault, frozen=True):
    """A comment line, as servers send them to keep connections alive, before each event."""

    text: str = "keep-alive"

    def shape(self, response: HttpResponse) -> HttpResponse:
        comment = b": %b\n\n" % self.text.encode()

        def change(parts: Iterable[TimedPart]) -> Iterator[TimedPart]:
            for part in parts:
                yield TimedPart(0.0, comment)
                yield part

        return _events(response, change)


class Compress(Fault, frozen=True):
    """The body compressed, whatever the client accepts; a stream event by event."""

    coding: Coding = "gzip"

    def __post_init__(self) -> None:
        if self.coding not in CODINGS:
            raise ValueError(f"coding {self.coding!r}: expected one of {', '.join(CODINGS)}")

    def shape(self, response: HttpResponse) -> HttpResponse:
        return compressed(response, self.coding)


def compressed(response: HttpResponse, coding: Coding) -> HttpResponse:
    """Return `response` with its body coded: `gzip`, or `deflate` (RFC 9110: zlib)."""
    body = response.body
    packer = zlib.compressobj(6, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    fields: Fields = (*response.headers, ("content-encoding", coding), ("vary", "accept-encoding"))
    if isinstance(body, (bytes, bytearray)):
        packed = packer.compress(body) + packer.flush()
        return msgspec.structs.replace(response, headers=fields, body=packed)

    def change(parts: Iterable[TimedPart]) -> Iterator[TimedPart]:
        for part in parts:
            yield TimedPart(
                part.delay, packer.compress(part.data) + packer.flush(zlib.Z_SYNC_FLUSH)
            )
        yield TimedPart(0.0, packer.flush())

    return msgspec.structs.replace(response, headers=fields, body=change(body))


def _events(
    response: HttpResponse, change: Callable[[Iterable[TimedPart]], Iterator[TimedPart]]
) -> HttpResponse:
    body = response.body
    if isinstance(body, (bytes, bytearray)):
        return response
    return msgspec.structs.replace(response, body=change(body))


def _take(parts: Iterable[TimedPart], count: int) -> Iterator[TimedPart]:
    for index, part in enumerate(parts):
        if index >= count:
            return
        yield part


def _first(actions: Actions, count: int) -> Actions:
    """Pass on what is done up to the byte number `count`."""
    for action in actions:
        if count <= 0:
            return
        if isinstance(action, SendBytes):
            action = SendBytes(action.data[:count])
            count -= len(action.data)
        yield action
