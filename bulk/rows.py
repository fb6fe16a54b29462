"""Rows of the Batch API, in and out: what a run reads, and what it writes.

In: `{"custom_id", "method", "url", "body"}`. Out: `{"id", "custom_id", "response", "error"}`, where
`response` is `{"status_code", "request_id", "body"}` of an answer, also of one that refuses, and
`error` is `{"code", "message"}` where no answer came. Our own rows say more: `seconds` is how long the
answer took; of a failure `attempts` lists the tries, and `error` has the `type` of the exception.
"""

import os
from codecs import BOM_UTF8
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..core.http.body import BytesBody, JsonBody, PathBody
from ..core.request.answer_kinds import EventsAnswer, JsonAnswer, PageAnswer, TextAnswer
from ..core.request.operation import Operation
from ..core.terms.errors import APIError, APIStatusError
from ..core.terms.nesting import decoder
from .tidying import sayable, strict, tidied

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..core.call.reply import Reply
    from ..core.http.body import Body
    from ..core.terms.errors import Attempt

__all__ = [
    "OWN_IDS",
    "Request",
    "RowError",
    "Usage",
    "answered",
    "failed",
    "id_of_none",
    "request_row",
    "usage_of",
]

OWN_IDS: Final = "bulk_req_"
"""What the ids of rows begin with that a run has written."""
LF: Final = 0x0A
CR: Final = 0x0D
URL_ROOT: Final = "/v1"
"""What the urls of rows begin with, and base URLs end with."""
_encode: Final = msgspec.json.Encoder().encode


class RowError(ValueError):
    """A row of a source is none: `number` counts from 1, `key` is its `custom_id` if it has one."""

    def __init__(self, message: str, number: int, key: str | None = None) -> None:
        super().__init__(message, number, key)
        self.message = message
        self.number = number
        self.key = key

    def __str__(self) -> str:
        return f"row {self.number}: {self.message}"


def id_of_none(key: str, error: RowError) -> str:
    """The id of a row that is no request: of its key, and of what is wrong with it."""
    return f"{OWN_IDS}{blake2b(_encode((key, sayable(error.message))), digest_size=12).hexdigest()}"


class Request(msgspec.Struct, frozen=True):
    """One row of a source: what is to be sent, under which key."""

    key: str
    operation: Operation[Any, Any]

    @property
    def id(self) -> str:
        """What tells it from another request with the same key: made of all that is sent."""
        operation = self.operation
        said = (self.key, operation.method, operation.path, operation.query)
        digest = blake2b(_encode(said), digest_size=12)
        body = operation.body
        if isinstance(body, BytesBody):
            digest.update(body.data)
        elif body is not None:
            for data in _contents(body):
                digest.update(data)
        return f"{OWN_IDS}{digest.hexdigest()}"

    @classmethod
    def of_operation(cls, key: str, operation: Operation[Any, Any], number: int) -> "Request":
        """Take an operation whose answer can be a row."""
        kind = operation.answer
        if isinstance(kind, _JSON):
            return cls(key, operation)
        what = "a stream" if isinstance(kind, EventsAnswer) else "no JSON document"
        words = f"{operation.name}: its answer is {what}, and rows hold JSON documents"
        raise RowError(words, number, key)

    @classmethod
    def of_row(cls, row: "bytes | str | Mapping[str, Any]", number: int) -> "Request":
        """Take a row in the Batch API's form; `RowError` says what is wrong with one."""
        read = _read(row, number)
        key, method, url, body = read.custom_id, read.method, read.url, bytes(read.body)
        if not isinstance(key, str) or not key:
            raise RowError(f"custom_id={_short(key)}: expected text", number)
        if not isinstance(url, str) or not url.startswith("/") or not _is_path(url):
            raise RowError(f"url={_short(url)}: expected a path, as /v1/responses", number, key)
        if method not in _METHODS:
            raise RowError(f"method={_short(method)}: expected POST", number, key)
        said = _said(body, number, key)
        path, _, query = url.removeprefix(URL_ROOT).partition("?")
        if query:
            raise RowError(f"url={_short(url)}: expected no query", number, key)
        operation = Operation[Any, Any](
            name=f"{method} {path}",
            method=str(method),
            path=path,
            answer=_ANY,
            body=JsonBody(body),
            model=said.model if isinstance(said.model, str) else None,
        )
        return cls(key, operation)


def request_row(request: Request) -> bytes:
    """Return a request as a row of the Batch API, newline included; `RowError` where it cannot be one."""
    operation = request.operation
    body = operation.body
    if operation.query or not isinstance(body, JsonBody):
        words = f"{operation.name}: a row of the Batch API has a JSON body and no query"
        raise RowError(words, 0, request.key)
    return b'{"custom_id":%b,"method":%b,"url":%b,"body":%b}\n' % (
        _encode(request.key),
        _encode(operation.method),
        _encode(URL_ROOT + operation.path),
        _one_line(body.data),
    )


class Usage(msgspec.Struct):
    """Tokens of one answer."""

    input: int = 0
    output: int = 0

    @property
    def total(self) -> int:
        """Both together."""
        return self.input + self.output


def answered(request: Request, id: str, reply: "Reply") -> tuple[bytes, Usage | None]:
    """Return the row of an answer, and its tokens: `None` where it cannot be read, and has failed.

    The answer's JSON is in it as it came, on one line.
    """
    content, head = reply.content or b"", reply.head
    raw_id = head.headers.raw_value(b"x-request-id")
    request_id = b"null" if raw_id is None else _encode(raw_id.decode("latin-1"))
    took = b',"seconds":%.6f' % reply.seconds
    error, usage = b"null", None
    try:
        if isinstance(request.operation.answer, TextAnswer):
            body, usage = _encode(content.decode()), Usage()
        else:
            usage, body = _told(content)
    except (ValueError, RecursionError) as why:
        words = {
            "code": "unreadable_answer",
            "message": f"The answer is no JSON document: {why}",
            "type": "ResponseDecodeError",
        }
        body, error = _encode(content.decode("utf-8", "replace")), _encode(words)
    return _row_of_answer(request.key, id, head.status, request_id, body, error, took), usage


def failed(request_key: str, id: str, error: Exception) -> bytes:
    """Return the row of a call that failed."""
    attempts = _tries(error.attempts) if isinstance(error, APIError) else b""
    if isinstance(error, APIStatusError):
        answer = error.response
        request_id, body = _encode(error.request_id), _document(answer.content)
        status = error.status_code
        return _row_of_answer(request_key, id, status, request_id, body, b"null", attempts)
    words: dict[str, object] = {
        "code": getattr(error, "code", None) or _code(type(error).__name__),
        "message": sayable(str(error)),
        "type": type(error).__name__,
    }
    for name in ("sent", "phase", "seconds", "policy", "after"):
        if (value := getattr(error, name, None)) is not None:
            words[name] = _rounded(value)
    row = b'{"id":"%b","custom_id":%b,"response":null,"error":%b%b}\n'
    return row % (id.encode(), _encode(request_key), _encode(words), attempts)


_JSON: Final = (JsonAnswer, PageAnswer, TextAnswer)
_METHODS: Final = ("POST", "GET", "PUT", "DELETE", "PATCH")
_ANY: Final = JsonAnswer(Any)


class _Row(msgspec.Struct):
    """What a row has, whatever it is."""

    body: msgspec.Raw
    custom_id: object = None
    method: object = "POST"
    url: object = None


class _Named(msgspec.Struct):
    custom_id: object = None


class _Said(msgspec.Struct):
    """What is looked at in a body."""

    model: object = None
    stream: object = None


class _Tokens(msgspec.Struct):
    """Usage under the names of its APIs."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None


class _Answer(msgspec.Struct):
    usage: _Tokens | None = None


_row_of: Final = decoder(_Row)
_named_of: Final = decoder(_Named)
_said_of: Final = decoder(_Said)
_answer_of: Final = decoder(_Answer)
_any_of: Final = decoder(msgspec.Raw)


def _read(row: "bytes | str | Mapping[str, Any]", number: int) -> _Row:
    data: bytes | str = b""
    try:
        data = row if isinstance(row, bytes | str) else _encode({**row})
        if number == 1:
            data = _without_mark(data)
        if isinstance(data, bytes) and not data.isascii():
            data.decode()
        return _row_of(data)
    except msgspec.ValidationError as error:
        words = f"expected an object with custom_id, method, url, body: {error}"
        raise RowError(words, number, _key_in(data)) from None
    except (ValueError, RecursionError, TypeError) as error:
        raise RowError(f"expected JSON: {error}", number) from None


def _without_mark(data: "bytes | str") -> "bytes | str":
    """The first line of a file without the byte order mark that some editors put before it."""
    return data.removeprefix("\ufeff") if isinstance(data, str) else data.removeprefix(BOM_UTF8)


def _key_in(data: "bytes | str") -> str | None:
    """The key of a row that is no whole one."""
    try:
        key = _named_of(data).custom_id
    except (ValueError, RecursionError):
        return None
    return key if isinstance(key, str) and key else None


def _said(body: bytes, number: int, key: str) -> _Said:
    try:
        said = _said_of(body)
    except (ValueError, RecursionError):
        raise RowError(f"body={_cut(body.decode())}: expected an object", number, key) from None
    if said.stream:
        raise RowError("body.stream: expected none, for rows hold whole answers", number, key)
    return said


def _contents(body: "Body") -> "Iterator[bytes]":
    """What a body is known by; of an open file that is nothing, for it may be another one next time."""
    if isinstance(body, BytesBody):
        yield body.data
        return
    from ..core.http.multipart import MultipartBody  # here, for few rows have files

    if isinstance(body, MultipartBody):
        for part in body.parts:
            yield _encode((part.name, part.filename))
            yield from _contents(part.body)
    elif isinstance(body, PathBody):
        yield os.fsencode(body.path)
    else:
        yield body.whole() or b""


def usage_of(content: bytes) -> Usage:
    """Tokens of an answer; `ValueError` where it is no JSON document."""
    if not content.isascii():
        content.decode()
    try:
        tokens = _answer_of(content).usage
    except msgspec.ValidationError:  # another kind of document, or of usage
        _any_of(content)
        return Usage()
    if tokens is None:
        return Usage()
    given = tokens.prompt_tokens if tokens.input_tokens is None else tokens.input_tokens
    made = tokens.completion_tokens if tokens.output_tokens is None else tokens.output_tokens
    if given is None:
        given = (tokens.total_tokens or 0) - (made or 0)
    made = made or 0
    return Usage(given if given > 0 else 0, made if made > 0 else 0)


def _told(content: bytes) -> tuple[Usage, bytes]:
    """Tokens of an answer, and its JSON: as it came, if it is such that all can read it."""
    try:
        return usage_of(content), _one_line(content)
    except (ValueError, RecursionError):
        document = tidied(content)
    return usage_of(document), document


def _one_line(document: bytes) -> bytes:
    """The same JSON without line ends, which are only ever between its parts."""
    document = document.strip()
    if LF in document or CR in document:
        document = document.replace(b"\r", b" ").replace(b"\n", b" ")
    return document


def _document(content: bytes) -> bytes:
    """An error's body as JSON: itself, or its text."""
    try:
        content.decode()
        _any_of(content)
    except (ValueError, RecursionError):
        return _encode(content.decode("utf-8", "replace"))
    return _one_line(content)


def _tries(attempts: "tuple[Attempt, ...]") -> bytes:
    if not attempts:
        return b""
    tries = [{name: _rounded(value) for name, value in each._asdict().items()} for each in attempts]
    return b',"attempts":' + _encode(strict(tries))


def _rounded(value: Any) -> Any:
    """Seconds as microseconds tell them; anything else as it is."""
    return round(value, 6) if isinstance(value, float) else value


def _row_of_answer(
    key: str, id: str, status: int, request_id: bytes, body: bytes, error: bytes, more: bytes
) -> bytes:
    return (
        b'{"id":"%b","custom_id":%b,"response":{"status_code":%d,"request_id":%b,"body":%b},"error":%b%b}\n'
        % (id.encode(), _encode(key), status, request_id, body, error, more)
    )


def _code(name: str) -> str:
    """`APITimeoutError` as `api_timeout_error`."""
    return "".join(
        f"_{letter.lower()}"
        if letter.isupper()
        and place
        and (name[place - 1].islower() or name[place + 1 : place + 2].islower())
        else letter.lower()
        for place, letter in enumerate(name)
    )


def _is_path(url: str) -> bool:
    return url.isascii() and url.isprintable() and not {"#", " "} & set(url) and "//" not in url[:2]


def _short(value: object) -> str:
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
