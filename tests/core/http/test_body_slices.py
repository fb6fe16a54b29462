"""Parts of files as bodies: together they are the file, and each is what it was announced as."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.body import Body
from api_openai.core.http.body_readers import PIECE
from api_openai.core.http.body_slices import BytesSlice, FileSlice, PathSlice
from api_openai.core.terms.errors import LocalProtocolError

from .body_files import Direct, Threaded, drain, run

CONTENT: Final = b"abcdefghij"


class Ragged(io.BytesIO):
    """A file whose reads are short."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 3))


def of_bytes(content: bytes, start: int, size: int) -> Body:
    return BytesSlice(memoryview(content)[start : start + size])


def of_path(content: bytes, start: int, size: int) -> Body:
    return PathSlice(written(content), start, size, len(content))


def of_file(content: bytes, start: int, size: int) -> Body:
    return FileSlice(io.BytesIO(content), start, size, len(content))


def of_ragged_file(content: bytes, start: int, size: int) -> Body:
    return FileSlice(Ragged(content), start, size, len(content))


def written(content: bytes) -> str:
    """The path of a file that has this content; one directory of them for all tests."""
    path = Path(_directory.name) / str(hash(content))
    path.write_bytes(content)
    return str(path)


_directory = tempfile.TemporaryDirectory()

MAKE: Final = [of_bytes, of_path, of_file, of_ragged_file]
Make = Callable[[bytes, int, int], Body]
makes = pytest.mark.parametrize("make", MAKE)


@makes
@given(content=st.binary(min_size=1, max_size=200), size=st.integers(1, 250))
def test_the_parts_are_the_whole(make: Make, content: bytes, size: int) -> None:
    starts = range(0, len(content), size)
    bodies = [make(content, start, min(size, len(content) - start)) for start in starts]
    files = Direct()
    for _ in range(2):  # each can be sent again
        assert b"".join(run(drain(body, files)) for body in bodies) == content
    assert all(body.replayable and body.whole() is None for body in bodies)
    assert all(file.closed for file in files.opened)


@makes
def test_a_part_is_read_in_pieces(make: Make) -> None:
    content = bytes(3 * PIECE + 5)
    body = make(content, 1, 2 * PIECE + 1)

    async def pieces() -> list[int]:
        reader = await body.open(Direct())
        assert (reader.length, reader.content_type) == (2 * PIECE + 1, None)
        sizes: list[int] = []
        while piece := await reader.read(Direct()):
            sizes.append(len(piece))
        return sizes

    sizes = run(pieces())
    assert sum(sizes) == 2 * PIECE + 1
    assert max(sizes) <= PIECE


@makes
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_in_threads_under_an_event_loop(make: Make, backend: str) -> None:
    async def program() -> None:
        files = Threaded()
        assert await drain(make(CONTENT, 2, 5), files) == b"cdefg"
        assert all(file.closed for file in files.opened)

    anyio.run(program, backend=backend)


@makes
def test_closed_in_the_middle(make: Make) -> None:
    files = Direct()

    async def program() -> None:
        reader = await make(bytes(2 * PIECE), 0, 2 * PIECE).open(files)
        assert await reader.read(files)
        reader.close()
        reader.close()
        assert await reader.read(files) == b""

    run(program())
    assert all(file.closed for file in files.opened)


def path_of(now: bytes, start: int) -> Body:
    return PathSlice(written(now), start, 5, 10)


def file_of(now: bytes, start: int) -> Body:
    return FileSlice(io.BytesIO(now), start, 5, 10)


changing = pytest.mark.parametrize("make", [path_of, file_of])


@changing
@pytest.mark.parametrize("start", [0, 5])
@pytest.mark.parametrize("now", [b"", CONTENT[:9], CONTENT + b"k"])
def test_another_size_than_was_announced(
    make: Callable[[bytes, int], Body], start: int, now: bytes
) -> None:
    files = Direct()
    with pytest.raises(LocalProtocolError, match=rf"it had 10 bytes, now {len(now)}$"):
        run(drain(make(now, start), files))
    assert all(file.closed for file in files.opened)


@pytest.mark.parametrize(
    ("start", "now", "message"),
    [
        (0, CONTENT[:3], "its end came after 3 of 5"),
        (5, CONTENT[:7], "its end came after 2 of 5"),
        (5, CONTENT + b"k", "more than the 5 bytes"),
    ],
)
@pytest.mark.parametrize("kind", ["path", "file"])
def test_another_size_while_it_is_read(kind: str, start: int, now: bytes, message: str) -> None:
    files, path, file = Direct(), Path(written(CONTENT)), io.BytesIO(CONTENT)
    body = PathSlice(str(path), start, 5, 10) if kind == "path" else FileSlice(file, start, 5, 10)

    def change() -> None:
        path.write_bytes(now)
        file.seek(0)
        file.truncate()
        file.write(now)

    async def program() -> None:
        reader = await body.open(files)
        change()
        try:
            while await reader.read(files):
                pass
        finally:
            reader.close()

    with pytest.raises(LocalProtocolError, match=message):
        run(program())
    assert all(file.closed for file in files.opened)


def test_what_follows_a_part_is_no_growth() -> None:
    assert run(drain(PathSlice(written(CONTENT), 0, 5, 10), Direct())) == b"abcde"
    assert run(drain(FileSlice(io.BytesIO(CONTENT), 0, 5, 10), Direct())) == b"abcde"


def test_a_file_that_is_gone() -> None:
    with pytest.raises(FileNotFoundError):
        run(drain(PathSlice("/nowhere/at/all", 0, 1, 1), Direct()))
