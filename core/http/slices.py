"""Parts of a file as bodies: each is read by its place in the file, and nothing else is held.

The file is announced to the server with its size before the first part goes out, so a file that has
another size when a part of it is sent is a `LocalProtocolError`.
"""

from collections.abc import Callable
from typing import BinaryIO

import msgspec

from ..errors import LocalProtocolError
from .body import BodyReader, Files
from .readers import PIECE, Seekable, Tally, Window


class _Exact(Tally):
    """Keeps a reader to a part that others follow: what comes after it is no growth."""

    __slots__ = ()

    @property
    def ask(self) -> int:
        return min(self.left or 0, PIECE)


def _tally(start: int, size: int, total: int, what: str) -> Tally:
    """One that also sees a file that has grown, where the part is the last one."""
    return (Tally if start + size == total else _Exact)(size, what)


def _changed(what: str, total: int, now: int | None) -> LocalProtocolError:
    return LocalProtocolError(f"{what} changed while it was sent: it had {total} bytes, now {now}")


class BytesSlice(msgspec.Struct, frozen=True):
    """Bytes in memory that belong to somebody else: copied piece by piece, when they are sent."""

    data: memoryview
    content_type: str | None = None

    @property
    def replayable(self) -> bool:
        return True

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        return _MemoryReader(self.data, self.content_type)


class PathSlice(msgspec.Struct, frozen=True, gc=False):
    """`size` bytes from `start` of a file on disk that has `total`; each pass opens it anew."""

    path: str
    start: int
    size: int
    total: int
    content_type: str | None = None

    @property
    def replayable(self) -> bool:
        return True

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        what = f"file {self.path!r}"
        file, total = await files.open_file(self.path)
        try:
            if total != self.total:
                raise _changed(what, self.total, total)
            file.seek(self.start)
        except BaseException:
            file.close()
            raise
        tally = _tally(self.start, self.size, self.total, what)
        return _PathReader(file, self.size, tally, self.content_type)


class FileSlice(msgspec.Struct, frozen=True):
    """`size` bytes from `start` of what lies behind `base` in a file object of the caller's.

    It has one position, so that only one part of it can be sent at a time.
    """

    file: Seekable
    base: int
    start: int
    size: int
    total: int
    content_type: str | None = None

    @property
    def replayable(self) -> bool:
        return True

    def whole(self) -> bytes | None:
        return None

    async def open(self, files: Files, /) -> BodyReader:
        total = await files.in_worker(Window(self.file, self.base, "file").size)
        if total != self.total:
            raise _changed("file", self.total, total)
        window = Window(self.file, self.base + self.start, "file")
        tally = _tally(self.start, self.size, self.total, "file")
        return _WindowReader(window.read, self.size, tally, self.content_type)


class _MemoryReader:
    __slots__ = ("_data", "content_type", "length")

    def __init__(self, data: memoryview, content_type: str | None) -> None:
        self.length: int | None = len(data)
        self.content_type = content_type
        self._data = data

    async def read(self, files: Files, /) -> bytes:
        piece = bytes(self._data[:PIECE])
        self._data = self._data[PIECE:]
        return piece

    def close(self) -> None:
        self._data = memoryview(b"")


class _PathReader:
    __slots__ = ("_file", "_tally", "content_type", "length")

    def __init__(self, file: BinaryIO, size: int, tally: Tally, content_type: str | None) -> None:
        self.length: int | None = size
        self.content_type = content_type
        self._file: BinaryIO | None = file
        self._tally = tally

    async def read(self, files: Files, /) -> bytes:
        if self._file is None:
            return b""
        piece = await files.read_file(self._file, self._tally.ask)
        if self._tally.count(piece):
            self.close()
        return piece

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


class _WindowReader:
    __slots__ = ("_step", "_tally", "content_type", "length")

    def __init__(
        self, step: Callable[[int], bytes], size: int, tally: Tally, content_type: str | None
    ) -> None:
        self.length: int | None = size
        self.content_type = content_type
        self._step: Callable[[int], bytes] | None = step
        self._tally = tally

    async def read(self, files: Files, /) -> bytes:
        step, ask = self._step, self._tally.ask
        if step is None:
            return b""
        piece = await files.in_worker(lambda: step(ask))
        if self._tally.count(piece):
            self.close()
        return piece

    def close(self) -> None:
        self._step = None
