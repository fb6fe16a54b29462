"""Machines that cut a body, as it comes, into parts of one size, into text, or into lines."""

import codecs
from collections.abc import Callable, Iterator
from typing import Final

from ..terms.errors import RemoteProtocolError

MAX_LINE: Final = 1 << 24
"""Bytes that a line may have before it is taken for no line at all."""


def checked_size(size: int | None) -> int | None:
    """Return the size of parts; `ValueError` for one that is none."""
    if size is not None and size <= 0:
        raise ValueError(f"chunk_size={size!r}: expected a number above 0, or None")
    return size


class Rechunker:
    """Parts of any size into parts of exactly `size` bytes, but the last; `None` leaves them."""

    __slots__ = ("_buffer", "_size")

    def __init__(self, size: int | None) -> None:
        self._size = checked_size(size)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take a part and give what is complete."""
        if self._size is None:
            yield data
            return
        buffer, size = self._buffer, self._size
        buffer += data
        whole = len(buffer) - len(buffer) % size
        for start in range(0, whole, size):
            yield bytes(buffer[start : start + size])
        del buffer[:whole]

    def rest(self) -> Iterator[bytes]:
        """Give what is left at the end."""
        if self._buffer:
            yield bytes(self._buffer)
            self._buffer.clear()


class TextChunks:
    """Texts of any size into texts of exactly `size` characters, but the last; `None` leaves them."""

    __slots__ = ("_rest", "_size")

    def __init__(self, size: int | None) -> None:
        self._size = checked_size(size)
        self._rest = ""

    def feed(self, text: str) -> Iterator[str]:
        """Take a part and give what is complete."""
        if self._size is None:
            if text:
                yield text
            return
        text, size = self._rest + text, self._size
        whole = len(text) - len(text) % size
        self._rest = text[whole:]
        for start in range(0, whole, size):
            yield text[start : start + size]

    def rest(self) -> Iterator[str]:
        """Give what is left at the end."""
        if self._rest:
            yield self._rest
            self._rest = ""


class LineSplitter:
    """Parts of any size into lines of UTF-8 text, which end with LF or CRLF."""

    __slots__ = ("_parts", "_size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[str]:
        """Take a part and give the lines that it completes."""
        *complete, last = data.split(b"\n")
        for line in complete:
            self._parts.append(line)
            yield self._take()
        if last:
            self._parts.append(last)
            self._size += len(last)
            if self._size > MAX_LINE:
                raise RemoteProtocolError(f"a line of more than {MAX_LINE} bytes")

    def rest(self) -> Iterator[str]:
        """Give the last line, if it had no end."""
        if self._parts:
            yield self._take()

    def _take(self) -> str:
        line = b"".join(self._parts).removesuffix(b"\r")
        self._parts.clear()
        self._size = 0
        return line.decode("utf-8", "replace")


def utf8() -> Callable[..., str]:
    """Return an incremental UTF-8 decoder: `decode(data, final=False)`."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode
