"""Bodies: what they take, what they give, whether they give it again."""

import array
import copy
import io
import mmap
import os
import pickle
import tempfile
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_openai.core.http.body import (
    AsyncBody,
    Body,
    BodyReader,
    BytesBody,
    FileBody,
    IterableBody,
    JsonBody,
    PathBody,
    PiecesBody,
    as_body,
)
from api_openai.core.http.body_readers import LAST, PIECE, InFile, Span
from api_openai.core.http.multipart import MultipartBody
from api_openai.core.terms.errors import LocalProtocolError

from .body_files import Direct, Threaded, drain, rest, run

CONTENT = bytes(range(256)) * (PIECE // 128) + b"tail"  # two full pieces and four bytes


class Pipe(io.RawIOBase):
    """A file that cannot seek and gives little at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(min(size, 1000))


class Again:
    """An iterable that gives a new iterator each time."""

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"a", b"", b"bc")


class AsyncAgain:
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in (b"a", b"", b"bc"):
            yield piece


class Upload:
    """As web frameworks give uploads: async methods, and no iteration."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    async def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


def generator(*pieces: object) -> Iterator[object]:
    yield from pieces


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "content.bin"
    path.write_bytes(CONTENT)
    return path


def twice(body: Body, data: bytes) -> None:
    """Check that a body replays, from different beginnings."""
    assert body.replayable
    files = Direct()
    reader = run(body.open(files))
    run(reader.read(files))
    reader.close()
    assert run(drain(body, files)) == data
    assert run(drain(body, files)) == data
    assert all(file.closed for file in files.opened)


async def collect(reader: BodyReader, pieces: list[bytes]) -> None:
    while piece := await reader.read(Direct()):
        pieces.append(piece)


def once(body: Body, data: bytes) -> None:
    assert not body.replayable
    assert run(drain(body, Direct())) == data
    with pytest.raises(LocalProtocolError, match=r"argument: .* can be sent once"):
        run(body.open(Direct()))


def test_bytes_are_sent_as_they_are() -> None:
    body = as_body(CONTENT, "argument")
    assert body.whole() is CONTENT
    assert run(run(body.open(Direct())).read(Direct())) is CONTENT
    twice(body, CONTENT)


def test_bytes_that_may_change_are_copied() -> None:
    buffer = bytearray(b"abcdef")
    bodies = as_body(buffer, "argument"), as_body(memoryview(buffer)[::2], "argument")
    buffer[:] = b"xxxxxx"
    assert [body.whole() for body in bodies] == [b"abcdef", b"ace"]


def test_json() -> None:
    body = JsonBody.of({"a": [1, None]})
    assert (body.whole(), body.content_type) == (b'{"a":[1,null]}', "application/json")
    twice(body, b'{"a":[1,null]}')


def test_pieces() -> None:
    body = as_body([b"a", b"", bytearray(b"bc")], "argument")
    twice(body, b"abc")
    assert run(body.open(Direct())).length == 3


def test_path(path: Path) -> None:
    body = as_body(path, "argument")
    twice(body, CONTENT)
    assert body.whole() is None


def test_path_is_read_in_pieces(path: Path) -> None:
    files = Direct()
    reader = run(as_body(path, "argument").open(files))
    sizes = [len(run(reader.read(files))) for _ in range(4)]
    assert sizes == [PIECE, PIECE, 4, 0]
    assert files.opened[0].closed, "a file is closed at its end, not only by close()"


def test_closing_early_closes_the_file(path: Path) -> None:
    files = Direct()
    reader = run(as_body(path, "argument").open(files))
    reader.close()
    reader.close()
    assert files.opened[0].closed
    assert run(reader.read(files)) == b""


def test_file_is_sent_from_its_beginning_wherever_it_stands(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(5)
        body = as_body(file, "argument")
        file.seek(77)
        twice(body, CONTENT)
        assert not file.closed
    written = io.BytesIO()
    written.write(CONTENT)
    twice(as_body(written, "argument"), CONTENT)
    twice(as_body(io.BytesIO(), "argument"), b"")


def test_file_calls_run_in_a_worker(path: Path) -> None:
    files = Direct()
    with path.open("rb") as file:
        run(drain(as_body(file, "argument"), files))
        assert files.workers == 4, "one to measure, three to read"
        run(drain(as_body(io.BytesIO(CONTENT), "argument"), files))
        assert files.workers == 4, "memory needs no worker"


@pytest.mark.parametrize("offset", [0, 3])
def test_kinds_of_files(path: Path, offset: int) -> None:
    with (
        path.open("rb") as buffered,
        path.open("rb", buffering=0) as raw,
        path.open("r+b") as update,
        mmap.mmap(buffered.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        tempfile.SpooledTemporaryFile(max_size=10) as spooled,
        tempfile.NamedTemporaryFile() as named,
    ):
        spooled.write(CONTENT)
        named.write(CONTENT)
        for file in (buffered, raw, update, mapped, spooled, named, io.BytesIO(CONTENT)):
            file.seek(offset)
            twice(as_body(file, "argument"), CONTENT)


def test_two_bodies_share_a_file(path: Path) -> None:
    files = Direct()
    with path.open("rb") as file:
        first, second = as_body(file, "argument"), as_body(file, "argument")
        readers = run(first.open(files)), run(second.open(files))
        pieces = [[run(reader.read(files)) for reader in readers] for _ in range(3)]
        assert [b"".join(made) for made in zip(*pieces, strict=True)] == [CONTENT, CONTENT]


def test_a_file_that_another_thread_reads_is_an_error() -> None:
    class Shared(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            super().read(1)
            return data

    files = Direct()
    reader = run(as_body(Shared(CONTENT), "argument").open(files))
    with pytest.raises(LocalProtocolError, match="argument: the file was read elsewhere"):
        run(reader.read(files))


def test_pipe_is_sent_once() -> None:
    body = as_body(Pipe(CONTENT), "argument")
    once(body, CONTENT)


def test_pipe_has_no_length() -> None:
    assert run(as_body(Pipe(CONTENT), "argument").open(Direct())).length is None


def test_file_whose_end_cannot_be_found() -> None:
    class Forward(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            if whence:
                raise io.UnsupportedOperation("seek from the end")
            return super().seek(offset)

    body = as_body(Forward(CONTENT), "argument")
    assert run(body.open(Direct())).length is None
    twice(body, CONTENT)


def test_iterator_is_sent_once() -> None:
    once(as_body(generator(b"a", b"", bytearray(b"b"), memoryview(b"c")), "argument"), b"abc")


def test_iterable_is_sent_again() -> None:
    twice(as_body(Again(), "argument"), b"abc")


def test_iterable_with_one_iterator_is_found_out() -> None:
    class Same:
        def __init__(self) -> None:
            self.made = generator(b"a")

        def __iter__(self) -> Iterator[object]:
            return self.made

    body = as_body(Same(), "argument")
    assert run(drain(body, Direct())) == b"a"
    with pytest.raises(LocalProtocolError, match=r"argument: .* can be sent once"):
        run(body.open(Direct()))


@pytest.mark.parametrize("bad", ["text", None, 3])
def test_wrong_pieces_name_the_argument(bad: object) -> None:
    expected = f"argument: expected pieces of bytes, got one of {type(bad).__name__}"
    with pytest.raises(TypeError, match=expected):
        run(drain(as_body(generator(b"a", bad), "argument"), Direct()))
    with pytest.raises(TypeError, match=expected):
        as_body([b"a", bad], "argument")


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("notes.txt", "got str; use pathlib.Path"),
        (None, "got NoneType"),
        (7, "got int"),
        ({"a": b"b"}, "got dict"),
        (array.array("i", [1]), "got array"),
        (io.StringIO("text"), "got a text file; open it with 'rb'"),
        (generator, "got function"),
    ],
)
def test_what_is_not_taken(value: object, complaint: str) -> None:
    with pytest.raises(TypeError, match=f"^argument: expected .*{complaint}"):
        as_body(value, "argument")


def test_text_files_are_not_taken(path: Path) -> None:
    with (
        path.open() as text,
        tempfile.NamedTemporaryFile("w") as named,
        tempfile.SpooledTemporaryFile(mode="w") as spooled,
    ):
        for file in (text, named, spooled):
            with pytest.raises(TypeError, match=r"argument: .* got a text file"):
                as_body(file, "argument")


def test_closed_files_are_not_taken() -> None:
    file = io.BytesIO()
    file.close()
    with pytest.raises(ValueError, match="argument: expected an open file, got a closed one"):
        as_body(file, "argument")


def test_paths_of_bytes_are_not_taken() -> None:
    class Entry:
        def __fspath__(self) -> bytes:
            return b"name"

    with pytest.raises(TypeError, match="argument: expected a path of text, got one of bytes"):
        as_body(Entry(), "argument")


def test_missing_file_is_the_callers_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        run(as_body(tmp_path / "nothing", "argument").open(Direct()))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
@pytest.mark.parametrize("kind", ["path", "file"])
def test_a_file_that_grows_is_noticed_before_its_last_piece(
    tmp_path: Path, size: int, kind: str
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * size)
    files = Direct()
    with path.open("rb") as file:
        reader = run(as_body(path if kind == "path" else file, "argument").open(files))
        with path.open("ab") as more:
            more.write(b"y")
        pieces: list[bytes] = []
        with pytest.raises(LocalProtocolError, match=f"changed .* more than the {size} bytes"):
            run(collect(reader, pieces))
        assert sum(map(len, pieces)) < size or size == 0
        reader.close()


@pytest.mark.parametrize("kind", ["path", "file"])
def test_a_file_that_shrinks_is_noticed(path: Path, kind: str) -> None:
    files = Direct()
    with path.open("rb", buffering=0) as file:
        reader = run(as_body(path if kind == "path" else file, "argument").open(files))
        run(reader.read(files))
        os.truncate(path, PIECE + 5)
        assert len(run(reader.read(files))) == 5
        with pytest.raises(
            LocalProtocolError, match=f"changed .* after {PIECE + 5} of {len(CONTENT)} bytes"
        ):
            run(reader.read(files))
        reader.close()


def test_values_compare_pickle_and_copy(path: Path) -> None:
    bodies = [BytesBody(b"x"), BytesBody(b"x", "a/b"), JsonBody(b"1"), PathBody(str(path))]
    bodies += [PiecesBody((b"x",))]
    for body in bodies:
        for other in (pickle.loads(pickle.dumps(body)), copy.deepcopy(body)):
            assert other == body
            assert hash(other) == hash(body)
            assert type(other) is type(body)
    assert len(set(bodies)) == len(bodies)


def test_representation_does_not_show_content() -> None:
    assert repr(BytesBody(b"secret")) == "BytesBody(6 bytes, content_type=None)"
    assert repr(JsonBody(b"{}")) == "JsonBody(2 bytes, content_type='application/json')"
    assert repr(PiecesBody((b"a", b"b"))) == "PiecesBody(2 bytes, content_type=None)"


def test_bodies_pass_through() -> None:
    body = BytesBody(b"x")
    assert as_body(body, "argument") is body


@pytest.mark.parametrize("value", [b"x", [b"x"], io.BytesIO(b"x"), Again(), Pipe(b"x")])
def test_content_type_is_on_body_and_reader(value: object) -> None:
    body = as_body(value, "argument", "audio/wav")
    assert (body.content_type, run(body.open(Direct())).content_type) == ("audio/wav",) * 2


async def agenerator(*pieces: object) -> AsyncGenerator[object, None]:
    for piece in pieces:
        await anyio.lowlevel.checkpoint()
        yield piece


def test_async_bodies_need_an_async_port() -> None:
    for value in (agenerator(b"x"), AsyncAgain(), Upload(b"x")):
        with pytest.raises(TypeError, match=r"argument: .* needs an async client"):
            run(as_body(value, "argument").open(Direct()))


@pytest.mark.anyio
class TestUnderAnEventLoop:
    @pytest.fixture(params=["asyncio", "trio"])
    def anyio_backend(self, request: pytest.FixtureRequest) -> str:
        name: str = request.param
        return name

    async def test_path_and_file(self, path: Path) -> None:
        files = Threaded()
        with path.open("rb") as file:
            for value in (path, anyio.Path(path), file):
                assert await drain(as_body(value, "argument"), files) == CONTENT

    async def test_iterators_run_off_the_loop(self) -> None:
        threads: set[int] = set()

        def pieces() -> Iterator[bytes]:
            for _ in range(3):
                threads.add(threading.get_ident())
                yield b"x"

        assert await drain(as_body(pieces(), "argument"), Threaded()) == b"xxx"
        assert threading.get_ident() not in threads

    async def test_async_iterator_is_sent_once(self) -> None:
        body = as_body(agenerator(b"a", b"", b"b"), "argument")
        assert not body.replayable
        assert await drain(body, Threaded()) == b"ab"
        with pytest.raises(LocalProtocolError, match=r"argument: .* can be sent once"):
            await body.open(Threaded())

    async def test_async_iterable_is_sent_again(self) -> None:
        body = as_body(AsyncAgain(), "argument")
        assert body.replayable
        assert [await drain(body, Threaded()) for _ in range(2)] == [b"abc", b"abc"]

    async def test_async_files_are_read_in_pieces(self, path: Path) -> None:
        async with await anyio.open_file(path, "rb") as file:
            for value in (file, Upload(CONTENT)):
                body = as_body(value, "argument")
                assert isinstance(body, AsyncBody)
                reader = await body.open(Threaded())
                assert len(await reader.read(Threaded())) == PIECE
                assert await rest(reader, Threaded()) == CONTENT[PIECE:]

    async def test_async_files_are_sent_from_their_beginning(self, path: Path) -> None:
        async with await anyio.open_file(path, "rb") as file:
            await file.read()
            assert await drain(as_body(file, "argument"), Threaded()) == CONTENT

        class Gone:
            async def read(self, size: int = -1, /) -> bytes:
                return b""

        for value in (Gone(), aiter(agenerator())):
            with pytest.raises(LocalProtocolError, match=r"argument: .*none left"):
                await drain(as_body(value, "argument"), Threaded())

    async def test_wrong_pieces_name_the_argument(self) -> None:
        pieces = agenerator("text")
        body = as_body(pieces, "argument")
        with pytest.raises(TypeError, match="argument: expected pieces of bytes, got one of str"):
            await drain(body, Threaded())
        await pieces.aclose()


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(0, 60))
def test_every_kind_gives_the_same_bytes(pieces: list[bytes], offset: int) -> None:
    data = b"".join(pieces)
    file = io.BytesIO(data)
    file.seek(offset)
    for value in (data, pieces, tuple(pieces), iter(pieces or [b""]), file):
        assert run(drain(as_body(value, "argument"), Direct())) == data
    assert isinstance(as_body(file, "argument"), FileBody)
    assert isinstance(as_body(iter(pieces), "argument"), IterableBody)


class ReadPipe(io.RawIOBase):
    """A file that cannot seek, read before to its end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        return 0


def test_what_was_read_before_and_cannot_go_back_is_no_empty_body() -> None:
    nothing: list[bytes] = []
    gone: list[object] = [ReadPipe(), iter(nothing), (piece for piece in nothing)]
    for value in gone:
        body = as_body(value, "argument")
        with pytest.raises(LocalProtocolError, match=r"argument: .*none left"):
            run(drain(body, Direct()))
    empty: list[object] = [nothing, io.BytesIO(), iter([b""])]
    for value in empty:
        assert run(drain(as_body(value, "argument"), Direct())) == b""


@pytest.mark.parametrize("kind", ["path", "buffered", "raw", "form"])
def test_what_lies_in_a_file_need_not_be_read(path: Path, kind: str) -> None:
    files = Direct()
    with path.open("rb") as buffered, path.open("rb", buffering=0) as raw:
        content = {"path": path, "buffered": buffered, "raw": raw, "form": path}[kind]
        body: Body = as_body(content, "argument")
        if kind == "form":
            body = MultipartBody.of({}, {"file": content}, "b" * 16)
        reader = run(body.open(files))
        assert isinstance(reader, InFile)
        start = run(reader.read(files)) if kind == "form" else b""
        span = reader.span()
        assert span is not None
        assert (span.at, span.size) == (0, len(CONTENT) - LAST)
        reader.skip(1000)
        assert reader.span() == Span(span.fd, 1000, len(CONTENT) - LAST - 1000)
        assert run(reader.read(files)) == CONTENT[1000 : 1000 + PIECE]
        data = start + CONTENT[: 1000 + PIECE] + run(rest(reader, files))
        assert CONTENT in data
        assert len(data) == reader.length
        reader.close()


def test_files_that_may_hold_something_back_are_read(path: Path) -> None:
    with path.open("r+b") as both, tempfile.TemporaryFile() as wrapped, Pipe(CONTENT) as pipe:
        wrapped.write(CONTENT)
        for content in (both, wrapped, io.BytesIO(CONTENT), pipe):
            reader = run(as_body(content, "argument").open(Direct()))
            assert not isinstance(reader, InFile) or reader.span() is None


def test_what_was_sent_unread_counts(path: Path) -> None:
    """A file that became shorter or longer is seen at its end."""
    for change in (b"", CONTENT + b"x"):
        path.write_bytes(CONTENT)
        files = Direct()
        reader = run(as_body(path, "argument").open(files))
        assert isinstance(reader, InFile)
        span = reader.span()
        assert span is not None
        reader.skip(span.size)
        assert reader.span() is None
        path.write_bytes(change)
        with pytest.raises(LocalProtocolError, match="changed while it was sent"):
            run(rest(reader, files))
        reader.close()
