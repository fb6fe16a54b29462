"""multipart/form-data (RFC 7578), streamed: parts are opened, measured and sent one after another.

Names are bracket-encoded as in a query (see `query`). Quotes and control characters in names and
file names are percent-encoded, as browsers do (WHATWG HTML, multipart/form-data); other characters
go as UTF-8.

The boundary is what keeps the content of one file from posing as the next field. It is drawn anew
at each `open` from `Files.token`, so that nobody who supplies content can know it.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

import msgspec

from ..json.values import is_mapping
from ..terms.effects import Files
from ..terms.errors import LocalProtocolError
from ..terms.http_message import header_name, header_value
from ..terms.omit import is_omitted
from .body import Body, BodyReader, BytesBody, PathBody, Sendable, as_body
from .body_readers import InFile, Span
from .path import escape
from .query import flatten, is_list_or_tuple

FileTypes: TypeAlias = (
    Sendable
    | tuple[str | None, Sendable]
    | tuple[str | None, Sendable, str | None]
    | tuple[str | None, Sendable, str | None, Mapping[str, str]]
)
"""A file: its content, or (file name, content), then its content type, then header fields."""

_SMALL: Final = 16 * 1024
"""Contents in memory up to this size are joined with their neighbours before they are sent."""

_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=?]{16,70}").fullmatch
_UNQUOTED: Final = re.compile(rb'["\x00-\x1f\x7f]')

_TYPES: Final[Mapping[str, str]] = {
    "aac": "audio/aac",
    "csv": "text/csv",
    "flac": "audio/flac",
    "gif": "image/gif",
    "html": "text/html",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m4a": "audio/mp4",
    "md": "text/markdown",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mpga": "audio/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "zip": "application/zip",
}


class Part(msgspec.Struct, frozen=True):
    """One part of a form: a text field, or a file where `filename` or `content_type` is given."""

    name: str
    body: Body
    filename: str | None = None
    content_type: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def head(self) -> bytes:
        """Render the header fields and the empty line after them (RFC 7578 section 4.2)."""
        lines = [b'Content-Disposition: form-data; name="' + _quoted(self.name) + b'"']
        if self.filename is not None:
            lines[0] += b'; filename="' + _quoted(self.filename) + b'"'
        lines += [name + b": " + value for name, value in self.headers]
        if self.content_type is not None:
            lines.append(b"Content-Type: " + header_value("content-type", self.content_type))
        return b"\r\n".join((*lines, b"", b""))


class MultipartBody(msgspec.Struct, frozen=True):
    """A form. It can be sent again if each of its parts can.

    A `boundary` of the caller's own makes the bytes the same each time. It has to be one that those
    who supply contents cannot know: contents in memory are searched for it, streamed ones are not.
    """

    parts: tuple[Part, ...]
    boundary: str | None = None

    def __post_init__(self) -> None:
        if self.boundary is None:
            return
        if not _BOUNDARY(self.boundary):
            raise ValueError(
                f"boundary={self.boundary!r}: expected 16 to 70 characters of RFC 2046"
            )
        delimiter = b"--" + self.boundary.encode()
        for part in self.parts:
            if delimiter in (part.body.whole() or b""):
                raise ValueError(f"{part.name}: the content has the boundary of the form in it")

    @classmethod
    def of(
        cls,
        fields: Mapping[str, object],
        files: Mapping[str, object],
        boundary: str | None = None,
    ) -> "MultipartBody":
        """Make a form: `fields` as text, then `files`.

        A file is a `FileTypes`, or a list of them (sent as `name[]`), or a mapping, whose text
        values are fields `name[key]` beside its files. `None` and `omit` are left out. Raises
        `TypeError`, naming the argument, for a value that is none of these and
        `LocalProtocolError` for header fields that cannot be sent.
        """
        parts = [_field(*pair) for name, value in fields.items() for pair in flatten(name, value)]
        for name, value in files.items():
            parts += _file_parts(name, value)
        return cls(tuple(parts), boundary)

    @property
    def content_type(self) -> str | None:
        return None if self.boundary is None else _content_type(self.boundary)

    @property
    def replayable(self) -> bool:
        return all(part.body.replayable for part in self.parts)

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        boundary = self.boundary or f"form-{files.token()}"
        readers: list[BodyReader] = []
        try:
            for part in self.parts:
                readers.append(await part.body.open(files))
        except BaseException:
            _close(readers)
            raise
        return MultipartReader(self.parts, readers, boundary)


class MultipartReader:
    """One pass over a form."""

    __slots__ = ("_segments", "content_type", "length")

    def __init__(self, parts: tuple[Part, ...], readers: list[BodyReader], boundary: str) -> None:
        self.content_type: str | None = _content_type(boundary)
        self._segments: deque[bytes | BodyReader] = deque()
        delimiter = b"--" + boundary.encode()
        text = bytearray()
        for part, reader in zip(parts, readers, strict=True):
            text += delimiter + b"\r\n" + part.head()
            whole = part.body.whole()
            if whole is not None and len(whole) <= _SMALL:
                text += whole
            else:
                self._segments += (bytes(text), reader)
                text.clear()
            text += b"\r\n"
        self._segments.append(bytes(text) + delimiter + b"--\r\n")
        self.length = self._measure()

    def _measure(self) -> int | None:
        total = 0
        for segment in self._segments:
            size = len(segment) if isinstance(segment, bytes) else segment.length
            if size is None:
                return None
            total += size
        return total

    async def read(self, files: Files, /) -> bytes:
        while self._segments:
            segment = self._segments[0]
            if isinstance(segment, bytes):
                self._segments.popleft()
                return segment
            if piece := await segment.read(files):
                return piece
            segment.close()
            self._segments.popleft()
        return b""

    def span(self) -> Span | None:
        """Where the next bytes are, if they are those of a file."""
        segment = self._segments[0] if self._segments else None
        return segment.span() if isinstance(segment, InFile) else None

    def skip(self, size: int, /) -> None:
        """Go on behind `size` bytes of a file."""
        segment = self._segments[0]
        assert isinstance(segment, InFile)
        segment.skip(size)

    def close(self) -> None:
        _close(segment for segment in self._segments if not isinstance(segment, bytes))
        self._segments.clear()


def _close(readers: Iterable[BodyReader]) -> None:
    for reader in readers:
        reader.close()


def _content_type(boundary: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z'+_\-.]+", boundary):
        boundary = f'"{boundary}"'
    return f"multipart/form-data; boundary={boundary}"


def _field(name: str, text: str) -> Part:
    return Part(name, BytesBody(text.encode()))


def _file_parts(name: str, value: object, *, nested: bool = False) -> Iterator[Part]:
    if value is None or value is msgspec.UNSET or is_omitted(value):
        return
    if is_mapping(value):
        for key, item in value.items():
            yield from _file_parts(f"{name}[{key}]", item, nested=True)
    elif is_list_or_tuple(value) and not isinstance(value, tuple):
        for item in value:
            yield from _file_parts(f"{name}[]", item, nested=nested)
    elif nested and isinstance(value, str | int | float):
        yield from (_field(*pair) for pair in flatten(name, value))
    elif is_list_or_tuple(value):
        yield _named_part(name, *value)
    else:
        body = as_body(value, name)
        filename = _filename(value, body)
        yield Part(name, body, filename, body.content_type or guess_type(filename))


def _named_part(name: str, filename: object, *rest: object) -> Part:
    if len(rest) not in (1, 2, 3) or not isinstance(filename, str | None):
        raise TypeError(
            f"{name}: a tuple is (file name, content), with a content type and header fields after "
            f"these at will; expected a file name or None in front, and several files in a list"
        )
    content, content_type, headers = (*rest, None, None)[:3]
    if not isinstance(content_type, str | None):
        raise TypeError(f"{name}: expected its content type as a str, got {content_type!r}")
    body = as_body(content, name)
    fields = tuple(_part_headers(name, headers))
    if content_type is None and b"content-type" not in dict(fields):
        content_type = body.content_type or (None if filename is None else guess_type(filename))
    if content_type is not None:
        header_value(f"content-type of {name}", content_type)
    return Part(name, body, filename, content_type, fields)


def _part_headers(name: str, headers: object) -> Iterator[tuple[bytes, bytes]]:
    if headers is None:
        return
    if not is_mapping(headers):
        raise TypeError(f"{name}: expected header fields as a mapping, got {headers!r}")
    for field, value in headers.items():
        if not (isinstance(field, str) and isinstance(value, str)):
            raise TypeError(f"{name}: expected header fields of str, got {field!r}: {value!r}")
        key = header_name(field)
        if key == b"content-disposition":
            raise LocalProtocolError(f"{name}: content-disposition is made from the file name")
        yield key, header_value(field, value)


def _filename(value: object, body: Body) -> str:
    """Name a file by its path, by the `filename` or `name` of its object, or `upload`."""
    for attribute in ("filename", "name"):
        name = getattr(value, attribute, None)
        if isinstance(name, str) and name:
            break
    else:
        name = body.path if isinstance(body, PathBody) else ""
    if hasattr(value, "__fspath__"):
        return name.rpartition("/")[2] or "upload"
    return re.split(r"[/\\]", name)[-1] or "upload"


def guess_type(filename: str) -> str:
    """Return the content type for a file name by its ending."""
    _, dot, ending = filename.rpartition(".")
    return _TYPES.get(ending.lower() if dot else "", "application/octet-stream")


def _quoted(text: str) -> bytes:
    return _UNQUOTED.sub(escape, text.encode(errors="replace"))
