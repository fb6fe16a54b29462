"""Answers that are bytes: audio, images, files."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Protocol

from ..terms.in_memory import InMemory
from .lines import LineSplitter

if TYPE_CHECKING:
    from ..terms.http_message import ResponseHead

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

    def write_to_file(self, path: PathLike) -> None:
        """Write the bytes to a file; `OSError` when that fails."""
        self._save(path_text(path), self.content)

    def stream_to_file(self, path: PathLike) -> None:
        """`write_to_file`, by an older name that the official SDK has for it."""
        self.write_to_file(path)

    def iter_bytes(self, chunk_size: int = CHUNK) -> Iterator[bytes]:
        """Give the bytes in parts of `chunk_size`."""
        for start in range(0, len(self.content), chunk_size):
            yield self.content[start : start + chunk_size]

    def iter_lines(self) -> Iterator[str]:
        """Give the lines of the text, without their ends: the rows of a JSONL file."""
        lines = LineSplitter()
        for data in self.iter_bytes():
            yield from lines.feed(data)
        yield from lines.rest()

    def __bytes__(self) -> bytes:
        return self.content

    def __len__(self) -> int:
        return len(self.content)

    def __repr__(self) -> str:
        return f"BinaryContent({len(self.content)} bytes of {self.content_type})"
