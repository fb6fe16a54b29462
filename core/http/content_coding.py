"""Content codings of a body (RFC 9110 section 8.4), undone part by part.

gzip and deflate are always there, br and zstd where `decompressors` finds their library. What comes
out is bounded, so that a few kilobytes fill neither the memory nor the time: each step gives a
bounded piece, a coding may not make more than `MAX_RATIO` times what came in of a body above
`MAX_FREE` bytes, and may not consist of countless members with nothing in them. A body that breaks
off, or has bytes after its end, is an error behind all that is good of it, the same however the
bytes were split.
"""

from collections.abc import Iterator
from typing import Final

from ..terms.errors import RemoteProtocolError
from .decompressors import BrokenError, Decompressor, available, decompressor

MAX_RATIO: Final = 100
"""How many times larger a large body may become. Deflate could do 1032, JSON does 5 to 20."""

MAX_FREE: Final = 64 * 1024 * 1024
"""Bytes up to which a body may grow however it does."""

MAX_MEMBERS: Final = 1000
"""Members that a body may have, and one more for each KiB that came out: each costs its time."""

SLICE: Final = 16 * 1024
"""Bytes that are undone at once: at the end of each member what is left of them is copied."""

MAX_CODINGS: Final = 2
"""Codings one upon the other; nobody needs more."""

_REPEATED: Final = ("gzip", "zstd")
"""Codings of which several members may follow one another."""

_CODINGS: Final = frozenset(
    "gzip deflate br zstd compress aes128gcm dcb dcz exi pack200-gzip lz4 lzma xz bzip2 snappy".split()
)
"""Registered ones, and some that are not. Another name (`UTF-8`, `none`) is a server's mistake, and
such bodies are not coded."""


class Stage:
    """Undoes one coding. `decode` returns an iterator: memory holds one piece of it at a time."""

    __slots__ = ("_begun", "_coding", "_member", "_members", "written")

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._member: Decompressor | None = None
        self._begun = b""  # a beginning that is too short to tell one format from the other
        self._members = 0  # that are complete
        self.written = 0
        """Bytes that it has given."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give what `data` decodes to."""
        for start in range(0, len(data), SLICE):
            yield from self._slice(data[start : start + SLICE])

    def finish(self) -> None:
        """Say that the body is over; `RemoteProtocolError` if the coded one is not."""
        if self._member is not None or self._begun:
            raise RemoteProtocolError(f"the body ended before its {self._coding} did")

    def _slice(self, data: bytes) -> Iterator[bytes]:
        while data := self._start(data):
            member = self._member
            assert member is not None
            try:
                for piece in member.pieces(data):
                    self.written += len(piece)
                    yield piece
            except BrokenError as error:
                raise RemoteProtocolError(
                    f"the body is not valid {self._coding}: {error}"
                ) from error
            data = member.rest
            if member.ended:
                self._member = None
                self._members += 1

    def _start(self, data: bytes) -> bytes:
        """Have a decompressor ready; return what it is to take, nothing if there is nothing yet."""
        if self._member is not None or not data:
            return data
        if self._members and self._coding not in _REPEATED:
            raise RemoteProtocolError(f"the body goes on after the end of its {self._coding}")
        if self._members > MAX_MEMBERS + self.written // 1024:
            raise RemoteProtocolError(
                f"the body has {self._members} members of {self._coding} for {self.written} bytes"
            )
        if self._members and self._coding == "gzip":
            data = data.lstrip(b"\0")  # gzip members may be padded
        data = self._begun + data
        if not data or (self._coding == "deflate" and len(data) < 2):
            self._begun = data
            return b""
        self._begun = b""
        self._member = decompressor(self._coding, data)
        return data


class ContentDecoder:
    """Undoes all codings of one body, the last applied first."""

    __slots__ = ("_max_free", "_stages", "_taken")

    def __init__(self, stages: list[Stage], max_free: int) -> None:
        self._stages = stages
        self._max_free = max_free
        self._taken = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give what `data` decodes to, in pieces.

        Raises `RemoteProtocolError` if it is not coded as announced, or grows beyond measure.
        """
        self._taken += len(data)
        return self._through(0, data)

    def finish(self) -> None:
        """Say that the body is over; `RemoteProtocolError` if a coding of it is not."""
        for stage in self._stages:
            stage.finish()

    def _through(self, index: int, data: bytes) -> Iterator[bytes]:
        if index == len(self._stages):
            yield data
            return
        stage = self._stages[index]
        for piece in stage.decode(data):
            if stage.written > max(self._max_free, self._taken * MAX_RATIO):
                raise RemoteProtocolError(
                    f"the body grows from {self._taken} to {stage.written} bytes and more"
                )
            yield from self._through(index + 1, piece)


def decoder_for(content_encoding: str, *, max_free: int = MAX_FREE) -> ContentDecoder | None:
    """Return a decoder for a `content-encoding` field, `None` where there is nothing to undo.

    A coding that cannot be undone here, or more than two of them one upon the other, raises
    `RemoteProtocolError`.
    """
    names = [each.strip().lower().removeprefix("x-") for each in content_encoding.split(",")]
    codings = [name for name in names if name in _CODINGS]
    if unknown := [name for name in codings if name not in available()]:
        raise RemoteProtocolError(
            f"content-encoding {unknown[0]!r} cannot be undone: expected {', '.join(available())}"
        )
    if len(codings) > MAX_CODINGS:
        raise RemoteProtocolError(f"content-encoding {content_encoding[:80]!r}: too many codings")
    stages = [Stage(coding) for coding in reversed(codings)]
    return ContentDecoder(stages, max_free) if stages else None
