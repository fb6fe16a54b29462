"""Answers that are bytes: audio, images, files."""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, Self, TypeVar

from ..terms.in_memory import InMemory
from .lines import LineSplitter, TextChunks, checked_size

if TYPE_CHECKING:
    from ..terms.http_facts import ResponseFacts
    from ..terms.http_message import ResponseHead

T = TypeVar("T")

CHUNK: Final = 1 << 16

Save = Callable[[str, bytes], None]
"""Writes bytes to a path: the client's door to the disk."""


class PathObject(Protocol):
    """What has a path in the file system: `pathlib.Path`, for one."""

    def __fspath__(self) -> str: ...


PathLike = str | PathObject


def path_text(path: PathLike) -> str:
    """Return a path as text."""
    return path if isinstance(path, str) else path.__fspath__()


class InAsync(AsyncIterator[T], Generic[T]):
    """What is in memory, for `async for`; with an `await` in front, as the official SDK wants it, too."""

    def __init__(self, parts: Iterator[T]) -> None:
        self._parts = parts

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        for part in self._parts:
            return part
        raise StopAsyncIteration

    def __await__(self) -> Generator[Any, Any, Self]:
        return self
        yield  # what makes this a generator


class BinaryContent(InMemory):
    """A body of bytes, whole in memory; `with_streaming_response` reads one in parts instead."""

    __slots__ = ("_save", "content", "head")

    def __init__(self, content: bytes, head: "ResponseHead", save: Save) -> None:
        self.content = content
        self.head = head
        self._save = save

    @property
    def content_type(self) -> str | None:
        """The media type that the server gave it."""
        return self.head.headers.get("content-type")

    @property
    def charset_encoding(self) -> str | None:
        """The encoding that the media type names, as `utf-8`."""
        _, found, rest = (self.content_type or "").lower().partition("charset=")
        return rest.partition(";")[0].strip(' "') or None if found else None

    @property
    def encoding(self) -> str:
        """How `text` reads the bytes."""
        return "utf-8"

    @property
    def response(self) -> "ResponseFacts":
        """Status, header fields and body."""
        from ..terms.http_facts import ResponseFacts

        return ResponseFacts(self.head.status, self.head.headers, self.content)

    def write_to_file(self, file: PathLike) -> None:
        """Write the bytes to a file; `OSError` when that fails."""
        self._save(path_text(file), self.content)

    def stream_to_file(self, file: PathLike, *, chunk_size: int | None = None) -> None:
        """`write_to_file`, by an older name that the official SDK has for it."""
        self.write_to_file(file)

    def iter_bytes(self, chunk_size: int | None = CHUNK) -> Iterator[bytes]:
        """Give the bytes in parts of `chunk_size`; `None` gives them at once."""
        size = checked_size(chunk_size) or len(self.content) or 1
        for start in range(0, len(self.content), size):
            yield self.content[start : start + size]

    iter_raw = iter_bytes  # their content coding was undone when they came

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Give the text, in parts of `chunk_size` characters."""
        parts = TextChunks(chunk_size)
        yield from parts.feed(self.text)
        yield from parts.rest()

    def iter_lines(self) -> Iterator[str]:
        """Give the lines of the text, without their ends: the rows of a JSONL file."""
        lines = LineSplitter()
        for data in self.iter_bytes():
            yield from lines.feed(data)
        yield from lines.rest()

    # For programs written for the official SDK: everything is in memory, and nothing waits.

    async def aread(self) -> bytes:
        """Return the bytes."""
        return self.content

    def aiter_bytes(self, chunk_size: int | None = CHUNK) -> InAsync[bytes]:
        """`iter_bytes` for `async for`."""
        return InAsync(self.iter_bytes(chunk_size))

    aiter_raw = aiter_bytes

    def aiter_text(self, chunk_size: int | None = None) -> InAsync[str]:
        """`iter_text` for `async for`."""
        return InAsync(self.iter_text(chunk_size))

    def aiter_lines(self) -> InAsync[str]:
        """`iter_lines` for `async for`."""
        return InAsync(self.iter_lines())

    async def astream_to_file(self, file: PathLike, *, chunk_size: int | None = None) -> None:
        """`write_to_file`."""
        self.write_to_file(file)

    def close(self) -> None:
        """Do nothing: it holds no connection."""

    async def aclose(self) -> None:
        """Do nothing, as `close`."""

    def __bytes__(self) -> bytes:
        return self.content

    def __len__(self) -> int:
        return len(self.content)

    def __repr__(self) -> str:
        return f"BinaryContent({len(self.content)} bytes of {self.content_type})"
