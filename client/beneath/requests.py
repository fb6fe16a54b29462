"""Requests of httpx and httpx2, as this client sends them."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ...core.api.routes import blueprint_for
from ...core.http.body import Body, BodyReader, BytesBody
from ...core.request.answer_kinds import Answer, BytesAnswer, JsonAnswer, PageAnswer
from ...core.request.passed_on import PassedOn
from ...core.request.timeout import Timeout
from ...core.request.url import Origin
from ...core.terms.errors import LocalProtocolError
from ...core.terms.http_message import header_name
from ...core.terms.nesting import decoder
from .limits import timeout_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ...core.terms.effects import Files

__all__ = ["origin_of", "passed_on"]

_ANYTHING: Final = BytesAnswer()
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_FRAMING: Final = frozenset({b"content-length", b"transfer-encoding", b"content-type"})
_PORTS: Final = {"http": 80, "https": 443}


@lru_cache(maxsize=256)
def _name_of(given: bytes) -> bytes:
    return header_name(given)


class _Asked(msgspec.Struct):
    """What is to be known of a JSON body."""

    stream: Any = False
    model: Any = None


_asked: Final = decoder(_Asked)
_UNKNOWN: Final = _Asked()


def origin_of(url: Any) -> Origin | None:
    """The server of a URL of httpx; `None` for a scheme that is not HTTP's."""
    scheme: str = url.scheme
    port = url.port or _PORTS.get(scheme)
    if port is None or scheme not in _PORTS:
        return None
    return Origin(scheme, url.raw_host.decode("ascii"), port)


def passed_on(request: Any, package: Any, timeout: Timeout) -> PassedOn:
    """Make an operation of a request of `package`; `LocalProtocolError` for what HTTP does not allow."""
    extensions: dict[str, Any] = request.extensions
    if extensions.get("sni_hostname"):
        raise LocalProtocolError(
            "extensions['sni_hostname']: expected none; TLS asks for the URL's host"
        )
    method: str = request.method
    target: bytes = extensions.get("target") or request.url.raw_path
    fields: list[tuple[bytes, bytes]] = []
    framing: dict[bytes, bytes] = {}
    for given, value in request.headers.raw:
        name = _name_of(given)
        if name in _FRAMING:
            framing[name] = value
        else:
            fields.append((name, value))
    body = _body_of(request, package, framing)
    path = target.partition(b"?")[0].decode("latin-1")
    blueprint = blueprint_for(method, path)
    asked = _UNKNOWN if blueprint is None or body is None else _what_is_asked(body)
    answer: Answer = _ANYTHING
    if blueprint is not None:
        answer = blueprint.answer
        if blueprint.events is not None and (asked.stream or b"stream=true" in target):
            answer = blueprint.events
    return PassedOn(
        name=f"{method} {path}" if blueprint is None else blueprint.name,
        method=method,
        path=path,
        answer=answer,
        body=body,
        timeout=timeout_of(timeout, extensions.get("timeout")),
        safe=method in _SAFE,
        model=asked.model if isinstance(asked.model, str) else None,
        fields=tuple(fields),
        target=target,
    )


def is_read_whole(answer: Answer) -> bool:
    """Whether the body of an answer is read as a part of the call."""
    return isinstance(answer, JsonAnswer | PageAnswer)


def _what_is_asked(body: Body) -> _Asked:
    if body.content_type != "application/json":
        return _UNKNOWN
    try:
        return _asked(body.whole() or b"{}")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _UNKNOWN


def _body_of(request: Any, package: Any, framing: dict[bytes, bytes]) -> "Body | None":
    kind = framing.get(b"content-type")
    content_type = None if kind is None else kind.decode("latin-1")
    stream = request.stream
    length = framing.get(b"content-length")
    if isinstance(stream, package.ByteStream):
        content = b"".join(stream)
        if not content and length is None and content_type is None:
            return None
        return BytesBody(content, content_type)
    if length is not None and not length.isdigit():
        raise LocalProtocolError("content-length: expected a number of bytes")
    both = isinstance(stream, package.SyncByteStream) and isinstance(
        stream, package.AsyncByteStream
    )
    return StreamBody(
        stream,
        None if length is None else int(length),
        content_type,
        replayable=both and bool(length),
    )


class StreamBody:
    """The body of a request that is made while it is sent.

    Forms with files are the kind that can be made again: they know their length, for they can seek.
    """

    __slots__ = ("content_type", "length", "replayable", "stream")

    def __init__(
        self, stream: Any, length: int | None, content_type: str | None, *, replayable: bool
    ) -> None:
        self.stream = stream
        self.length = length
        self.content_type = content_type
        self.replayable = replayable

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: "Files", /) -> BodyReader:
        return _Pieces(self, asynchronous=files.asynchronous)


class _Pieces:
    """One pass over the stream of a request."""

    __slots__ = ("_asynchronous", "_pieces", "content_type", "length")

    def __init__(self, body: StreamBody, *, asynchronous: bool) -> None:
        self.length = body.length
        self.content_type = body.content_type
        self._asynchronous = asynchronous
        self._pieces: Any = aiter(body.stream) if asynchronous else iter(body.stream)

    async def read(self, files: "Files", /) -> bytes:
        if not self._asynchronous:
            pieces: Iterator[bytes] = self._pieces
            return next(filter(None, pieces), b"")
        more: AsyncIterator[bytes] = self._pieces
        async for piece in more:
            if piece:
                return piece
        return b""

    def close(self) -> None:
        """Do nothing: what the stream reads from is its maker's."""
