"""Rows from standard input, for a run in an event loop of asyncio."""

import asyncio
import os
from collections.abc import AsyncIterator

__all__ = ["StandardInput"]

PIECE = 1 << 16


class StandardInput:
    """The lines of a pipe, a file or a terminal: while one is awaited, rows under way go on."""

    def __init__(self, file: int = 0) -> None:
        self._file = file
        self._over = False
        self._news: asyncio.Future[None] | None = None

    def end(self) -> None:
        """Read no more; who waits for a line gets the end."""
        self._over = True
        self._wake()

    async def rows(self) -> AsyncIterator[bytes]:
        """Lines that have something in them, one after the other."""
        rest = b""
        while not self._over:
            await self._wait()
            piece = b"" if self._over else os.read(self._file, PIECE)
            if not piece:
                break
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                if line.strip():
                    yield line
        if rest.strip() and not self._over:
            yield rest

    async def _wait(self) -> None:
        """Wait until there is something to read; a file on a disk is read at once."""
        loop = asyncio.get_running_loop()
        self._news = loop.create_future()
        try:
            loop.add_reader(self._file, self._wake)
        except (NotImplementedError, OSError):  # Windows; or a file on a disk
            return
        try:
            await self._news
        finally:
            loop.remove_reader(self._file)

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
