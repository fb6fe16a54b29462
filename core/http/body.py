"""Request bodies: what is sent, whether it can be sent twice, and the pieces it is sent in.

A `Body` is a value that an operation carries. Every attempt to send it opens it anew and reads
pieces from the `BodyReader` until `b""`. The core does no I/O of its own: disks, the caller's file
objects and the caller's iterators are reached through `Files`, a side of the backend, which uses
worker threads under an event loop.

| given                        | body           | sent again                       | length      |
|------------------------------|----------------|----------------------------------|-------------|
| bytes, bytearray, memoryview | `BytesBody`    | yes                              | known       |
| list or tuple of bytes       | `PiecesBody`   | yes                              | known       |
| path (`os.PathLike`)         | `PathBody`     | yes                              | known       |
| binary file object           | `FileBody`     | if it can seek                   | if it can   |
| iterable of bytes            | `IterableBody` | unless it is an iterator         | unknown     |
| async iterable or async file | `AsyncBody`    | unless it is an iterator or file | unknown     |

A body of unknown length goes out in the chunked transfer coding (RFC 9112 section 7.1). A declared
length is kept to the byte: a file that shrinks or grows while it is sent is a `LocalProtocolError`.
"""

import io
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import IO, Protocol, TypeAlias, TypeGuard, runtime_checkable

import msgspec

from ..terms.effects import Files
from ..terms.errors import LocalProtocolError
from .body_readers import (
    AsyncReadable,
    AsyncReader,
    MemoryReader,
    OnceReader,
    PathReader,
    Pull,
    Readable,
    Tally,
    Window,
    WindowReader,
    WorkerReader,
    as_piece,
    can_seek,
    is_async_file,
    is_buffer,
    is_readable,
    rewind,
)


class BodyReader(Protocol):
    """One pass over a body."""

    @property
    def length(self) -> int | None:
        """How many bytes there are, or `None` when only the end will tell."""
        ...

    @property
    def content_type(self) -> str | None:
        """What the `content-type` header field says; `None` leaves the field out."""
        ...

    async def read(self, files: Files, /) -> bytes:
        """Return the next bytes, `b""` at the end; at most 1 MiB of what comes from a file."""
        ...

    def close(self) -> None:
        """Close the files that this reader opened. May be called at any time and again."""
        ...


@runtime_checkable
class Body(Protocol):
    """What a request carries."""

    @property
    def content_type(self) -> str | None:
        """The type where it is known before the body is opened; the reader's is the one to send."""
        ...

    @property
    def replayable(self) -> bool:
        """Whether `open` gives the same bytes any number of times."""
        ...

    def whole(self) -> bytes | None:
        """Return all of the body when it is in memory already, else `None`."""
        ...

    async def open(self, files: Files, /) -> BodyReader:
        """Begin to read from the start.

        `LocalProtocolError` when the body was of the kind that is sent once, and has been.
        """
        ...


class PathLike(Protocol):
    """Anything that `os.fspath` takes, text paths only."""

    def __fspath__(self) -> str: ...


Sendable: TypeAlias = (
    bytes
    | bytearray
    | memoryview
    | IO[bytes]
    | PathLike
    | Iterable[bytes]
    | AsyncIterable[bytes]
    | Body
)
"""What callers may give where bytes are to be sent. A `str` is not among them: it is neither a path
nor bytes of a known encoding."""


def as_body(value: object, name: str, content_type: str | None = None) -> Body:
    """Make a body from what the caller gave for the argument `name`.

    `TypeError` names the argument, the type it got and what was expected. A bytearray or memoryview
    is copied, since it may change before it is sent.
    """
    if isinstance(value, bytes):
        return BytesBody(value, content_type)
    if is_buffer(value):
        return BytesBody(bytes(value), content_type)
    if isinstance(value, str):
        raise TypeError(
            f"{name}: expected bytes, a pathlib.Path, a binary file or an iterable of bytes, got "
            f"str; use pathlib.Path(...) for a file on disk, or text.encode() for its bytes"
        )
    if isinstance(value, Body):
        return value
    if _is_path(value):
        return PathBody(_text_path(value.__fspath__(), name), content_type)
    if is_async_file(value) or _is_async_iterable(value):
        return AsyncBody(value, name, content_type)
    if is_readable(value):
        return FileBody(value, name, content_type)
    if _is_sequence(value):
        return PiecesBody(tuple(as_piece(piece, name) for piece in value), content_type)
    if _is_iterable(value):
        return IterableBody(value, name, content_type)
    raise TypeError(
        f"{name}: expected bytes, a pathlib.Path, a binary file or an iterable of bytes, got "
        f"{type(value).__name__}"
    )


def _is_path(value: object) -> TypeGuard[PathLike]:
    return hasattr(type(value), "__fspath__")  # as `os.fspath` does


def _text_path(path: object, name: str) -> str:
    if isinstance(path, str):
        return path
    raise TypeError(f"{name}: expected a path of text, got one of {type(path).__name__}")


def _is_sequence(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return isinstance(value, list | tuple)


def _is_async_iterable(value: object) -> TypeGuard[AsyncIterable[object]]:
    return isinstance(value, AsyncIterable)


def _is_iterable(value: object) -> TypeGuard[Iterable[object]]:
    """Say whether `value` may give bytes: mappings and arrays give their keys and numbers."""
    if hasattr(value, "__array_interface__") or hasattr(value, "typecode"):
        return False
    return isinstance(value, Iterable) and not isinstance(value, Mapping)


class BytesBody(msgspec.Struct, frozen=True, gc=False):
    """Bytes in memory."""

    data: bytes
    content_type: str | None = None

    @property
    def replayable(self) -> bool:
        return True

    def whole(self) -> bytes | None:
        return self.data

    async def open(self, files: Files, /) -> BodyReader:
        return MemoryReader((self.data,), self.content_type)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.data)} bytes, content_type={self.content_type!r})"


@cache
def _encode() -> "Callable[[object], bytes]":
    from ..json.encode import encode  # not before there is something to encode

    return encode


class JsonBody(BytesBody, frozen=True, gc=False):
    """A JSON document, encoded already."""

    content_type: str | None = "application/json"

    @classmethod
    def of(cls, value: object) -> "JsonBody":
        """Encode `value` (see `core.json.codec.encode`)."""
        return cls(_encode()(value))


class MaskedBody(JsonBody, frozen=True, gc=False):
    """A JSON document whose credentials did not come along in a pickle: it can be shown, not sent."""

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        raise LocalProtocolError(
            "the body: its credentials did not come along in the pickle of the operation, and are "
            "masked; build it where it is sent, or pickle within Secret.in_pickles()"
        )


class PiecesBody(msgspec.Struct, frozen=True):
    """Pieces of bytes in memory, sent one after the other and not joined."""

    pieces: tuple[bytes, ...]
    content_type: str | None = None

    @property
    def replayable(self) -> bool:
        return True

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        return MemoryReader(self.pieces, self.content_type)

    def __repr__(self) -> str:
        size = sum(map(len, self.pieces))
        return f"PiecesBody({size} bytes, content_type={self.content_type!r})"


class PathBody(msgspec.Struct, frozen=True, gc=False):
    """A file on disk, opened when it is sent and closed when that is over."""

    path: str
    content_type: str | None = None

    @property
    def replayable(self) -> bool:
        return True

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        file, size = await files.open_file(self.path)
        return PathReader(file, Tally(size, f"file {self.path!r}"), self.content_type)


class FileBody:
    """A binary file object of the caller's, sent from its beginning; it stays open.

    A seekable one is read by position, wherever it stands, so that it can be sent again, and so
    that two parts of a form may share one file. One that cannot seek is sent once, in the chunked
    transfer coding; it is an error where it has nothing left. `TypeError` for a text file,
    `ValueError` for a closed one.
    """

    __slots__ = ("_used", "content_type", "file", "name", "replayable")

    def __init__(self, file: Readable, name: str, content_type: str | None = None) -> None:
        if isinstance(file, io.TextIOBase) or hasattr(file, "encoding"):
            raise TypeError(f"{name}: expected a binary file, got a text file; open it with 'rb'")
        if getattr(file, "closed", False) is True:
            raise ValueError(f"{name}: expected an open file, got a closed one")
        self.file = file
        self.name = name
        self.content_type = content_type
        self.replayable = can_seek(file)
        self._used = False

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        file = self.file
        if not can_seek(file):
            if self._used:
                raise _used_up(self.name, "a file that cannot seek")
            self._used = True
            return OnceReader(file.read, self.name, Tally(None, self.name), self.content_type)
        window = Window(file, 0, self.name)
        memory = isinstance(file, io.BytesIO)
        size = window.size() if memory else await files.in_worker(window.size)
        tally = Tally(size, f"{self.name}: the file")
        return WindowReader(window, self.name, tally, self.content_type, direct=memory)

    def __repr__(self) -> str:
        return f"FileBody({self.file!r}, content_type={self.content_type!r})"


class IterableBody:
    """Pieces that an iterable of the caller's makes; an iterator is sent once, others again."""

    __slots__ = ("_last", "_used", "content_type", "name", "replayable", "value")

    def __init__(self, value: Iterable[object], name: str, content_type: str | None = None) -> None:
        self.value = value
        self.name = name
        self.content_type = content_type
        self.replayable = not isinstance(value, Iterator)
        self._last: Iterator[object] | None = None
        self._used = False

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        if self._used and not self.replayable:
            raise _used_up(self.name, "an iterator")
        self._used = True
        iterator = await files.in_worker(self._iter)
        step = Pull(iterator, self.name, once=not self.replayable).read
        return WorkerReader(step, self.name, Tally(None, self.name), self.content_type)

    def _iter(self) -> Iterator[object]:
        iterator = iter(self.value)
        if iterator is self._last:
            raise _used_up(self.name, "an iterable that gives the same iterator each time")
        self._last = iterator
        return iterator

    def __repr__(self) -> str:
        return f"IterableBody({self.value!r}, content_type={self.content_type!r})"


class AsyncBody:
    """Pieces that an async iterable makes, or an async file of the caller's from its beginning.

    Needs a backend that is `asynchronous`; `TypeError` when it is opened under another.
    """

    __slots__ = ("_used", "content_type", "name", "replayable", "value")

    def __init__(
        self,
        value: AsyncIterable[object] | AsyncReadable,
        name: str,
        content_type: str | None = None,
    ) -> None:
        self.value = value
        self.name = name
        self.content_type = content_type
        self.replayable = not (isinstance(value, AsyncIterator) or is_async_file(value))
        self._used = False

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        if not files.asynchronous:
            raise TypeError(
                f"{self.name}: {type(self.value).__name__} is read with await, which needs an "
                f"async client; expected bytes, a pathlib.Path, a binary file or an iterable"
            )
        if self._used and not self.replayable:
            raise _used_up(self.name, "an async iterator")
        self._used = True
        if is_async_file(self.value):
            await rewind(self.value)
        return AsyncReader(self.value, self.name, self.content_type, once=not self.replayable)

    def __repr__(self) -> str:
        return f"AsyncBody({self.value!r}, content_type={self.content_type!r})"


def _used_up(name: str, what: str) -> LocalProtocolError:
    return LocalProtocolError(f"{name}: {what} can be sent once, and this one has been")
