"""The file side of a port, for the tests of bodies: direct, or in worker threads under anyio."""

import io
import os
from collections.abc import Callable, Coroutine
from typing import Any, BinaryIO, TypeVar

from anyio import to_thread

from api_openai.core.http.body import Body, BodyReader
from api_openai.core.terms.effects import Files

T = TypeVar("T")


def run(program: Coroutine[Any, Any, T]) -> T:
    """Run a program that never suspends, as a blocking port does."""
    try:
        program.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    program.close()
    raise AssertionError("the program suspended")


def _open(path: str) -> BinaryIO:
    return open(path, "rb")


class Direct:
    """Blocking: every call happens at once. `opened` are the files, `asked` the sizes of reads."""

    asynchronous = False

    def __init__(self) -> None:
        self.opened: list[BinaryIO] = []
        self.asked: list[int] = []
        self.workers = 0
        self.tokens = 0

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        file = _open(path)
        self.opened.append(file)
        return file, os.fstat(file.fileno()).st_size

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        self.asked.append(size)
        return file.read(size)

    async def in_worker(self, function: Callable[[], T], /) -> T:
        self.workers += 1
        return function()

    def token(self) -> str:
        self.tokens += 1
        return f"{self.tokens:032}"


class Threaded(Direct):
    """Under an event loop: every call that may block runs in a worker thread."""

    asynchronous = True

    async def open_file(self, path: str, /) -> tuple[BinaryIO, int | None]:
        file = await to_thread.run_sync(_open, path)
        self.opened.append(file)
        return file, os.fstat(file.fileno()).st_size

    async def read_file(self, file: BinaryIO, size: int, /) -> bytes:
        return await to_thread.run_sync(file.read, size)

    async def in_worker(self, function: Callable[[], T], /) -> T:
        self.workers += 1
        return await to_thread.run_sync(function)


async def drain(body: Body, files: Files) -> bytes:
    """Read a body to its end."""
    reader = await body.open(files)
    data = await rest(reader, files)
    if reader.length is not None:
        assert len(data) == reader.length
    reader.close()
    return data


async def rest(reader: BodyReader, files: Files) -> bytes:
    pieces = io.BytesIO()
    while piece := await reader.read(files):
        pieces.write(piece)
    assert await reader.read(files) == b""
    return pieces.getvalue()
