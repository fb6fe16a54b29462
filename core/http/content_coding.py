"""Content codings of a body (RFC 9110 section 8.4): gzip and deflate, undone part by part.

What comes out is bounded twice, so that a few kilobytes cannot fill the memory: each step gives at
most `PIECE` bytes, and a body that is above `MAX_FREE` bytes may not be more than `MAX_RATIO` times
what came in. A body that breaks off, or has bytes after its end, is an error.
"""

from collections.abc import Iterator
from typing import Any, Final

from ..terms.errors import RemoteProtocolError

PIECE: Final = 256 * 1024
"""The most that one step gives, in bytes."""

MAX_RATIO: Final = 100
"""How many times larger a large body may become. Deflate could do 1032, JSON does 5 to 20."""

MAX_FREE: Final = 64 * 1024 * 1024
"""Bytes up to which a body may grow however it does."""

MAX_CODINGS: Final = 2
"""Codings one upon the other; nobody needs more."""

_GZIP: Final = 16 + 15
_ZLIB: Final = 15
_RAW: Final = -15


class Inflater:
    """Undoes one coding. Takes gzip with several members, and deflate with its header or without.

    `decode` returns an iterator: memory holds one piece of the output at a time.
    """

    __slots__ = ("_begun", "_coding", "_inflate", "_members")

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._inflate: Any = None  # zlib gives the type no public name
        self._begun = b""  # a beginning that is too short to tell one format from the other
        self._members = 0  # that are complete

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give what `data` decodes to."""
        from zlib import error as ZlibError

        while data := self._start(data):
            inflate, full = self._inflate, True
            while full:
                try:
                    piece: bytes = inflate.decompress(data, PIECE)
                except ZlibError as error:
                    raise RemoteProtocolError(
                        f"the body is not valid {self._coding}: {error}"
                    ) from error
                if piece:
                    yield piece
                # After a full piece more may wait inside zlib, even if it has taken all the input.
                full = len(piece) == PIECE and not inflate.eof
                data = inflate.unconsumed_tail
            if inflate.eof:
                data = inflate.unused_data
                self._inflate = None
                self._members += 1

    def finish(self) -> None:
        """Say that the body is over; `RemoteProtocolError` if the coded one is not."""
        if self._inflate is not None or self._begun:
            raise RemoteProtocolError(f"the body ended before its {self._coding} did")

    def _start(self, data: bytes) -> bytes:
        """Have a decompressor ready; return what it is to take, nothing if there is nothing yet."""
        if self._inflate is not None or not data:
            return data
        if self._members and self._coding == "deflate":
            raise RemoteProtocolError("the body goes on after the end of its deflate")
        if self._members:
            data = data.lstrip(b"\0")  # gzip members may be padded
        data = self._begun + data
        if not data or (self._coding == "deflate" and len(data) < 2):
            self._begun = data
            return b""
        from zlib import decompressobj

        self._begun = b""
        self._inflate = decompressobj(_window(self._coding, data))
        return data


def _window(coding: str, data: bytes) -> int:
    """Which format zlib is to expect.

    RFC 9110 means the zlib format by `deflate`, and some servers send it bare. A zlib header is two
    bytes that are a multiple of 31, with 8 in the low half of the first.
    """
    if coding == "gzip":
        return _GZIP
    return _ZLIB if data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0 else _RAW


class ContentDecoder:
    """Undoes all codings of one body, the last applied first."""

    __slots__ = ("_max_free", "_stages", "_taken", "_written")

    def __init__(self, stages: list[Inflater], max_free: int) -> None:
        self._stages = stages
        self._max_free = max_free
        self._taken = 0
        self._written = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give what `data` decodes to, in pieces of at most 256 KiB.

        Raises `RemoteProtocolError` if it is not coded as announced, or grows beyond measure.
        """
        self._taken += len(data)
        for piece in self._through(0, data):
            self._written += len(piece)
            if self._written > max(self._max_free, self._taken * MAX_RATIO):
                raise RemoteProtocolError(
                    f"the body grows from {self._taken} to {self._written} bytes and more"
                )
            yield piece

    def finish(self) -> None:
        """Say that the body is over; `RemoteProtocolError` if a coding of it is not."""
        for stage in self._stages:
            stage.finish()

    def _through(self, index: int, data: bytes) -> Iterator[bytes]:
        if index == len(self._stages):
            yield data
            return
        for piece in self._stages[index].decode(data):
            yield from self._through(index + 1, piece)


def decoder_for(content_encoding: str, *, max_free: int = MAX_FREE) -> ContentDecoder | None:
    """Return a decoder for a `content-encoding` field, `None` where there is nothing to undo.

    Codings are gzip, x-gzip, deflate and identity; another one, or more than two of them one upon
    the other, raises `RemoteProtocolError`.
    """
    names = [each.strip().lower() for each in content_encoding.split(",")]
    codings = [name.removeprefix("x-") for name in names if name not in ("", "identity")]
    if unknown := [name for name in codings if name not in ("gzip", "deflate")]:
        raise RemoteProtocolError(
            f"content-encoding {unknown[0]!r}: expected gzip, deflate or identity"
        )
    if len(codings) > MAX_CODINGS:
        raise RemoteProtocolError(f"content-encoding {content_encoding[:80]!r}: too many codings")
    stages = [Inflater(coding) for coding in reversed(codings)]
    return ContentDecoder(stages, max_free) if stages else None
