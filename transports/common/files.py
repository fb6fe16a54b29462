"""Opening files, for backends: directly, or in a worker thread whose waiter may be gone."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")


def open_sized(path: str) -> tuple[BinaryIO, int | None]:
    """Open `path` for reading; return the file and its size, `None` unless it is a regular file."""
    file = open(path, "rb")  # noqa: SIM115 (it is the caller's to close)
    try:
        status = os.fstat(file.fileno())
    except BaseException:
        file.close()
        raise
    return file, status.st_size if stat.S_ISREG(status.st_mode) else None


class Opening:
    """Opens a file in a worker thread, and closes it if nobody waits for it any more.

    Both sides leave their mark before they look for the other's, so that one of them sees both;
    closing twice does no harm.
    """

    __slots__ = ("_abandoned", "_file", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._abandoned = False
        self._file: BinaryIO | None = None

    def open(self) -> tuple[BinaryIO, int | None]:
        """Open the file. Called in the worker."""
        file, size = open_sized(self._path)
        self._file = file
        if self._abandoned:
            file.close()
        return file, size

    def abandon(self) -> None:
        """Have the file closed, now or when it has been opened. Called by who waited."""
        self._abandoned = True
        if self._file is not None:
            self._file.close()


class DirectFiles:
    """Opens and reads files where nothing ever suspends."""

    asynchronous = False

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        return open_sized(path)

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        return file.read(size)

    async def in_worker(self, function: Callable[[], R], /) -> R:
        return function()
