"""The readers behind the kinds of bodies, and the functions that they run in worker threads."""

import io
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
)
from typing import (
    TYPE_CHECKING,
    BinaryIO,
    Final,
    NamedTuple,
    Protocol,
    TypeGuard,
    runtime_checkable,
)

from ..terms.errors import LocalProtocolError

if TYPE_CHECKING:
    from ..terms.effects import Files

PIECE: Final = 1024 * 1024
"""The most that is read from a file at once, in bytes: an event loop reads in a worker thread, and
each way there and back costs as much as copying some 100 KiB."""

LAST: Final = 64 * 1024
"""The bytes at the end of a file that are always read, which shows a file that grew or shrank."""

_CO_COROUTINE: Final = 0x80  # inspect.CO_COROUTINE; importing inspect costs more than all of this


class Span(NamedTuple):
    """Bytes of an open file."""

    fd: int
    at: int
    size: int


@runtime_checkable
class InFile(Protocol):
    """A reader whose next bytes may go out without being read: the system can copy them itself."""

    def span(self) -> Span | None:
        """Say where the next bytes are; `None` when they have to be read."""
        ...

    def skip(self, size: int, /) -> None:
        """Go on behind `size` of them, which have been sent."""
        ...


class Readable(Protocol):
    """A binary file, as far as sending it once needs."""

    def read(self, size: int, /) -> bytes: ...


class Seekable(Readable, Protocol):
    """A binary file, as far as sending it again needs."""

    def seek(self, offset: int, whence: int = 0, /) -> object: ...
    def tell(self) -> int: ...


class AsyncReadable(Protocol):
    """A binary file whose `read` is a coroutine function."""

    def read(self, size: int, /) -> Awaitable[bytes]: ...


def is_async_file(value: object) -> TypeGuard[AsyncReadable]:
    """Say whether `value` has a `read` made with `async def`."""
    code = getattr(getattr(value, "read", None), "__code__", None)
    return bool(getattr(code, "co_flags", 0) & _CO_COROUTINE)


async def rewind(file: AsyncReadable) -> None:
    """Go back to the beginning of an async file, where it can."""
    seek = getattr(file, "seek", None)
    if callable(seek):
        try:
            found = seek(0)
            if isinstance(found, Awaitable):
                await found
        except (OSError, ValueError):  # a pipe, for one
            pass


def is_readable(value: object) -> TypeGuard[Readable]:
    """Say whether `value` is read like a file.

    It is asked, not looked at as `isinstance` would do for a protocol from Python 3.12 on: wrappers
    of files, as those of `tempfile`, have their methods when they are asked for them.
    """
    return callable(getattr(value, "read", None))


def can_seek(file: object) -> TypeGuard[Seekable]:
    """Say whether `file` can go back; what has `seek` and `tell` alone (an old mmap) can."""
    if not (callable(getattr(file, "seek", None)) and callable(getattr(file, "tell", None))):
        return False
    seekable = getattr(file, "seekable", None)
    return bool(seekable()) if callable(seekable) else True


def is_buffer(value: object) -> TypeGuard[bytearray | memoryview]:
    """Say whether `value` is bytes that may change."""
    return isinstance(value, bytearray | memoryview)


def as_piece(value: object, name: str) -> bytes:
    """Return a piece as bytes; `TypeError` naming the argument unless it is made of bytes."""
    if isinstance(value, bytes):
        return value
    if is_buffer(value):
        return bytes(value)
    raise TypeError(f"{name}: expected pieces of bytes, got one of {type(value).__name__}")


class Tally:
    """Keeps a reader to the length that was declared; without one it only sees the end."""

    __slots__ = ("_what", "left", "length")

    def __init__(self, length: int | None, what: str) -> None:
        self.length = length
        self._what = what
        self.left = length

    @property
    def ask(self) -> int:
        """How much to read next: at the end one byte too many, which shows a file that grew."""
        return PIECE if self.left is None or self.left > PIECE else self.left + 1

    @property
    def unread(self) -> int:
        """How many of the next bytes need not be read."""
        return 0 if self.left is None or self.left <= PIECE else self.left - LAST

    def skip(self, size: int) -> None:
        """Take note of bytes that were sent without being read."""
        assert self.left is not None
        self.left -= size

    def count(self, piece: bytes) -> bool:
        """Take note of `piece`; return whether the end is reached.

        `LocalProtocolError` when it goes beyond the length, or is the end before it.
        """
        if self.left is None:
            return not piece
        if len(piece) > self.left:
            raise self._changed(f"more than the {self.length} bytes it had")
        if not piece and self.left:
            done = (self.length or 0) - self.left
            raise self._changed(f"its end came after {done} of {self.length} bytes")
        self.left -= len(piece)
        return not self.left

    def _changed(self, how: str) -> LocalProtocolError:
        return LocalProtocolError(f"{self._what} changed while it was sent: {how}")


class PartTally(Tally):
    """Keeps a reader to a part that others follow: what comes after it is no growth."""

    __slots__ = ()

    @property
    def ask(self) -> int:
        return min(self.left or 0, PIECE)


def _nothing(name: str) -> LocalProtocolError:
    return LocalProtocolError(
        f"{name}: expected bytes, and there are none left: it was read before, and it cannot go back"
    )


class MemoryReader:
    """Pieces that are in memory already."""

    __slots__ = ("_pieces", "content_type", "length")

    def __init__(self, pieces: tuple[bytes, ...], content_type: str | None) -> None:
        self.length: int | None = sum(map(len, pieces))
        self.content_type = content_type
        self._pieces = iter([piece for piece in pieces if piece])

    async def read(self, files: "Files", /) -> bytes:
        return next(self._pieces, b"")

    def close(self) -> None:
        self._pieces = iter(())


class PathReader:
    """A file that was opened for this pass, and stands at `start`."""

    __slots__ = ("_at", "_file", "_tally", "content_type", "length")

    def __init__(
        self, file: BinaryIO, tally: Tally, content_type: str | None, start: int = 0
    ) -> None:
        self._at = start
        self.length = tally.length
        self.content_type = content_type
        self._file: BinaryIO | None = file
        self._tally = tally

    async def read(self, files: "Files", /) -> bytes:
        if self._file is None:
            return b""
        piece = await files.read_file(self._file, self._tally.ask)
        self._at += len(piece)
        if self._tally.count(piece):
            self.close()
        return piece

    def span(self) -> Span | None:
        size = self._tally.unread
        return Span(self._file.fileno(), self._at, size) if self._file and size else None

    def skip(self, size: int, /) -> None:
        self._tally.skip(size)
        self._at += size
        if self._file is not None:
            self._file.seek(self._at)

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


class WorkerReader:
    """Pieces made by `step(size)`, which may block and gives `b""` at the end."""

    __slots__ = ("_direct", "_name", "_step", "_tally", "content_type", "length")

    def __init__(
        self,
        step: Callable[[int], object],
        name: str,
        tally: Tally,
        content_type: str | None,
        *,
        direct: bool = False,
    ) -> None:
        self.length = tally.length
        self.content_type = content_type
        self._name = name
        self._tally = tally
        self._step: Callable[[int], object] | None = step
        self._direct = direct

    async def read(self, files: "Files", /) -> bytes:
        step, size = self._step, self._tally.ask
        if step is None:
            return b""
        made = step(size) if self._direct else await files.in_worker(lambda: step(size))
        piece = as_piece(made, self._name)
        if self._tally.count(piece):
            self._step = None
        return piece

    def close(self) -> None:
        self._step = None


class WindowReader(WorkerReader):
    """A file of the caller's that can go back."""

    __slots__ = ("_window",)

    def __init__(
        self,
        window: "Window",
        name: str,
        tally: Tally,
        content_type: str | None,
        *,
        direct: bool = False,
    ) -> None:
        super().__init__(window.read, name, tally, content_type, direct=direct)
        self._window = window

    def span(self) -> Span | None:
        size = self._tally.unread
        return self._window.span(size) if size and self._step is not None else None

    def skip(self, size: int, /) -> None:
        self._tally.skip(size)
        self._window.skip(size)


class OnceReader(WorkerReader):
    """A file that cannot go back. Nothing at all means that it has been read: that is an error."""

    __slots__ = ("_begun",)

    def __init__(
        self, step: Callable[[int], object], name: str, tally: Tally, content_type: str | None
    ) -> None:
        super().__init__(step, name, tally, content_type)
        self._begun = False

    async def read(self, files: "Files", /) -> bytes:
        piece = await super().read(files)
        if not (piece or self._begun):
            raise _nothing(self._name)
        self._begun = True
        return piece


class AsyncReader:
    """Pieces awaited from an async file or iterator of the caller's."""

    __slots__ = ("_name", "_read", "_suspect", "content_type", "length")

    def __init__(
        self,
        value: AsyncIterable[object] | AsyncReadable,
        name: str,
        content_type: str | None,
        *,
        once: bool,
    ) -> None:
        self.length: int | None = None
        self._suspect = once  # whether having nothing would show that it was read before
        self.content_type = content_type
        self._name = name
        self._read: Callable[[int], Awaitable[object]] | None
        if is_async_file(value):
            self._read = value.read
        elif isinstance(value, AsyncIterable):
            self._suspect = False
            self._read = AsyncPull(aiter(value), name, once=once).read

    async def read(self, files: "Files", /) -> bytes:
        if self._read is None:
            return b""
        piece = as_piece(await self._read(PIECE), self._name)
        if not piece:
            self._read = None
            if self._suspect:
                raise _nothing(self._name)
        self._suspect = False
        return piece

    def close(self) -> None:
        self._read = None


class Window:
    """What lies behind `start` in a file of the caller's, read by position."""

    __slots__ = ("_at", "_file", "_name", "_start")

    def __init__(self, file: Seekable, start: int, name: str) -> None:
        self._file = file
        self._name = name
        self._start = self._at = start

    def size(self) -> int | None:
        """Measure it, if the file lets its end be found (a compressed one may not)."""
        try:
            self._file.seek(0, io.SEEK_END)
            return max(self._file.tell() - self._start, 0)
        except (OSError, ValueError):
            return None

    def read(self, size: int) -> bytes:
        """Return the next bytes wherever the file's position has gone since the last.

        `LocalProtocolError` when it moves during the read: another thread uses the file too, and
        the bytes may not be ours.
        """
        self._file.seek(self._at)
        piece = as_piece(self._file.read(size), self._name)
        self._at += len(piece)
        if self._file.tell() != self._at:
            raise LocalProtocolError(f"{self._name}: the file was read elsewhere meanwhile")
        return piece

    def span(self, size: int) -> Span | None:
        """The next `size` bytes, of a file that holds nothing back from the disk."""
        file = self._file
        raw = file.raw if type(file) is io.BufferedReader else file
        return Span(raw.fileno(), self._at, size) if type(raw) is io.FileIO else None

    def skip(self, size: int) -> None:
        """Go on behind bytes that need not be read."""
        self._at += size


class Pull:
    """The next piece of an iterator that is not empty; with `once` it is an error to make none."""

    __slots__ = ("_iterator", "_name", "_suspect")

    def __init__(self, iterator: Iterator[object], name: str, *, once: bool) -> None:
        self._iterator = iterator
        self._name = name
        self._suspect = once

    def read(self, size: int) -> bytes:
        """Return it, `b""` at the end, of whatever size it is."""
        for made in self._iterator:
            self._suspect = False
            if piece := as_piece(made, self._name):
                return piece
        if self._suspect:
            raise _nothing(self._name)
        return b""


class AsyncPull:
    """`Pull` for an async iterator."""

    __slots__ = ("_iterator", "_name", "_suspect")

    def __init__(self, iterator: AsyncIterator[object], name: str, *, once: bool) -> None:
        self._iterator = iterator
        self._name = name
        self._suspect = once

    async def read(self, size: int) -> bytes:
        """Return it, `b""` at the end, of whatever size it is."""
        try:
            while True:
                made = await anext(self._iterator)
                self._suspect = False
                if piece := as_piece(made, self._name):
                    return piece
        except StopAsyncIteration:
            pass
        if self._suspect:
            raise _nothing(self._name)
        return b""
