"""Bodies that are parts of a file: each is read at its own place, and nothing else is held.

The file is announced to the server with its size before the first part goes out, so a file that has
another size when a part of it is sent is a `LocalProtocolError`.
"""

import msgspec

from ..terms.effects import Files
from ..terms.errors import LocalProtocolError
from .body import BodyReader
from .body_readers import PartTally, PathReader, Seekable, Tally, Window, WindowReader, WorkerReader


def _tally(start: int, size: int, total: int, what: str) -> Tally:
    """One that also sees a file that has grown, where the part is the last one."""
    return (Tally if start + size == total else PartTally)(size, what)


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
        tally, step = PartTally(len(self.data), "bytes"), _Pieces(self.data).read
        return WorkerReader(step, "file", tally, self.content_type, direct=True)


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
        return PathReader(file, tally, self.content_type, self.start)


class FileSlice(msgspec.Struct, frozen=True):
    """`size` bytes from `start` of a file object of the caller's.

    It has one position, so that only one part of it can be sent at a time.
    """

    file: Seekable
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
        total = await files.in_worker(Window(self.file, 0, "file").size)
        if total != self.total:
            raise _changed("file", self.total, total)
        window = Window(self.file, self.start, "file")
        tally = _tally(self.start, self.size, self.total, "file")
        return WindowReader(window, "file", tally, self.content_type)


class _Pieces:
    """Copies of bytes in memory, one piece after the other."""

    def __init__(self, data: memoryview) -> None:
        self._left = data

    def read(self, size: int) -> bytes:
        piece, self._left = bytes(self._left[:size]), self._left[size:]
        return piece
