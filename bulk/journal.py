"""`Journal`: the file that results are appended to, and what is finished already in one.

A row is one write with its newline at the end, in append mode. A process that is killed may leave half
a row at the end of the file, and the next row would be joined to it: `open` cuts what comes after the
last newline. So one process has a file, which a lock says; several have several files.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, Literal

import msgspec

from ..core.terms.nesting import decoder
from .rows import OWN_IDS
from .seen import Seen
from .tidying import tidied

__all__ = ["Ended", "Finished", "Journal", "ended_of", "rows_of"]

BEGINNING: Final = b'{"id":'
"""What every row of a run begins with."""
PIECE: Final = 1 << 20
"""Bytes that are read at once."""


class Finished:
    """What a file of results has: its keys, and which requests they were for."""

    def __init__(self) -> None:
        self.keys = Seen()
        self.failed = 0
        """Rows that have failed."""
        self._requests = Seen()

    def add(self, key: str, id: str | None, *, failed: bool = False) -> None:
        """Add a row."""
        self.keys.add(key)
        self.failed += failed
        own = id is not None and id.startswith(OWN_IDS)
        self._requests.add(id if own and id else f"*{key}")

    def has(self, key: str, id: Callable[[], str]) -> Literal["no", "yes", "of another request"]:
        """Say whether the request `id()` of a key is there."""
        if key not in self.keys:
            return "no"
        if id() in self._requests or f"*{key}" in self._requests:
            return "yes"
        return "of another request"


class Ended(msgspec.Struct):
    """What a row says of its request, and whether it has failed."""

    custom_id: str
    response: "_Status | None"
    id: str | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def failed(self) -> bool:
        """Whether it is not an answer below 300."""
        bad = self.response is None or self.response.status_code >= 300
        return bad or bytes(self.error) != b"null"


class _Status(msgspec.Struct):
    status_code: int = 0


_decode: Final = decoder(Ended)


class Journal:
    """A file of results, open for appending; use it as a context manager."""

    def __init__(self, path: str, descriptor: int, *, is_new: bool = False) -> None:
        self.path = path
        self._is_new = is_new
        self._file = descriptor
        self._written = 0
        self._synced = 0
        self._lock = Lock()

    @classmethod
    def open(cls, path: "str | os.PathLike[str]", *, resume: bool = False) -> "Journal":
        """Open a file that is empty or new, or with `resume` any, cut after its last newline.

        `FileExistsError` for one that has rows without `resume`; `BlockingIOError` for one that
        another process has; `ValueError` for one whose last line is torn, and was no row, and for a
        pipe or a terminal; any other `OSError` as it comes.
        """
        name = os.fspath(path)
        is_new = not os.path.lexists(name)
        file = _opened(name)
        try:
            if not resume and os.fstat(file).st_size:
                raise FileExistsError(
                    f"out={name!r}: it has results already; resume=True (--resume) goes on where they end"
                )
            _check_tail(file, name)
            _cut_tail(file)
        except BaseException:
            os.close(file)
            raise
        return cls(name, file, is_new=is_new)

    def append(self, row: bytes) -> None:
        """Write one row, newline included; whole when it returns, though not on the disk yet.

        Where it raises nothing of the row is left, so that the next one is not joined to it.
        """
        with self._lock:
            try:
                written = os.write(self._file, row)
                while written < len(row):  # a disk that is nearly full takes a part
                    written += os.write(self._file, row[written:])
            except BaseException:
                _cut_tail(self._file)
                raise
            self._written += 1

    def sync(self) -> None:
        """See that what was written is on the disk."""
        written = self._written
        if written != self._synced:
            if not os.fstat(self._file).st_nlink:
                raise FileNotFoundError(
                    f"out={self.path!r}: the file was removed while results were written to it"
                )
            os.fsync(self._file)
            self._synced = written

    def finished(self) -> Finished:
        """Read what there is: once, before anything is written."""
        found = Finished()
        for line in rows_of(self.path):
            ended = ended_of(line, f"out={self.path!r}")
            found.add(ended.custom_id, ended.id, failed=ended.failed)
        return found

    def drop_failed(self) -> int:
        """Take the rows that failed out of the file, and say how many; all at once, or not at all."""
        other = f"{self.path}.tmp"
        try:
            dropped = self._copy_good(other)
            if dropped:
                _release(self._file)
                self._file = -1
                try:
                    os.replace(other, self.path)
                finally:
                    self._file = _opened(self.path)
            return dropped
        finally:
            with suppress(FileNotFoundError):
                os.unlink(other)

    def _copy_good(self, other: str) -> int:
        """Copy the rows that did not fail, and say how many did."""
        dropped = 0
        with open(other, "wb") as file:
            for line in rows_of(self.path):
                if ended_of(line, f"out={self.path!r}").failed:
                    dropped += 1
                else:
                    file.write(line)
            file.flush()
            os.fsync(file.fileno())
        return dropped

    def leave_no_empty_file(self) -> None:
        """Take the file away again where it was made for this run and nothing is in it."""
        if self._is_new and not os.fstat(self._file).st_size:
            if os.name == "nt":  # where no file is removed that is open
                _release(self._file)
                self._file = -1
            os.unlink(self.path)

    def close(self) -> None:
        """Sync and close."""
        if self._file >= 0:
            try:
                self.sync()
            finally:
                _release(self._file)
                self._file = -1

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def rows_of(path: "str | os.PathLike[str]") -> Iterator[bytes]:
    """The whole lines of a file; what comes after the last newline is a torn row, and none of them."""
    with Path(path).open("rb") as file:
        for line in file:
            if line.endswith(b"\n") and line.strip():
                yield line


def ended_of(line: bytes, where: str) -> Ended:
    """Read what a row says of its request; `ValueError` names the place of one that is none."""
    try:
        return _decode(line)
    except (ValueError, RecursionError) as error:
        with suppress(ValueError, RecursionError):
            return _decode(tidied(line))
        raise ValueError(f"{where}: a line of it is no row of results: {error}") from None


def _opened(name: str) -> int:
    """Open a file for appending, and hold it for this process where the system has locks for that."""
    if os.path.exists(name) and not (os.path.isfile(name) or os.path.isdir(name)):
        raise ValueError(
            f"out={name!r}: expected a regular file, for results are read and cut there to go on; "
            "it is a pipe, a terminal or a device"
        )
    file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o644)
    try:
        import fcntl
    except ImportError:
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        if not isinstance(error, BlockingIOError):
            raise
        raise BlockingIOError(
            f"out={name!r}: another run writes to it; one file is for one run"
        ) from None
    return file


def _release(file: int) -> None:
    """Close it; a thread that syncs it still has the file open, and must not hold it against others."""
    try:
        import fcntl
    except ImportError:
        pass
    else:
        fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def _check_tail(file: int, name: str) -> None:
    """Raise `ValueError` where what would be cut is nothing that a run has begun to write."""
    start = _end_of_lines(file)
    os.lseek(file, start, os.SEEK_SET)
    tail = os.read(file, len(BEGINNING))
    if not BEGINNING.startswith(tail):
        raise ValueError(f"out={name!r}: its last line has no end, and is no row of results")


def _cut_tail(file: int) -> None:
    """Cut what comes after the last newline."""
    end = _end_of_lines(file)
    if end < os.fstat(file).st_size:
        os.ftruncate(file, end)


def _end_of_lines(file: int) -> int:
    """The byte behind the last newline."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - PIECE)
        os.lseek(file, start, os.SEEK_SET)
        found = os.read(file, end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
