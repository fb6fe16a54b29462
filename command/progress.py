"""Progress of uploads and downloads: one line on a terminal, which goes away in the end."""

import io
import os
import sys
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Progress", "at_terminal"]

EVERY: Final = 0.1
"""Seconds between two looks of the line."""


def at_terminal() -> "Progress | None":
    """Return what shows progress where somebody can see it."""
    return Progress() if sys.stderr.isatty() else None


class Progress:
    """Counts bytes, and says on standard error how many there are."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._seen = -EVERY
        self._total = 0
        self._done = 0
        self._shows = False

    def expect(self, size: int | None) -> None:
        """Say how many bytes there will be, if that is known."""
        self._total += size or 0

    def add(self, size: int) -> None:
        """Count bytes."""
        self._done += size
        if self._now() - self._seen >= EVERY:
            self._seen = self._now()
            of = f" of {_bytes(self._total)}" if self._total else ""
            sys.stderr.write(f"\r{_bytes(self._done)}{of}\x1b[K")
            sys.stderr.flush()
            self._shows = True

    def over(self) -> None:
        """Take the line away, and begin anew."""
        if self._shows:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        self._total = self._done = 0
        self._shows = False

    def reading(self, path: str) -> io.RawIOBase:
        """Open a file whose bytes are counted as they are sent."""
        self.expect(os.path.getsize(path))
        return _Counted(path, self.add)


class _Counted(io.RawIOBase):
    """A file that tells how much of it was read; it has no descriptor, so that all of it is read."""

    def __init__(self, path: str, told: Callable[[int], None]) -> None:
        self.name = path
        self._file = open(path, "rb")  # noqa: SIM115  # closed with this one
        self._told = told

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._told(len(data))
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def _bytes(size: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"
