"""Where the body of a response ends (RFC 9112 section 6): by count, in chunks, or with everything.

A framing is fed with what has come and answers (body bytes, bytes it has no use for yet). Once
`trailers` is set the body is complete, and the bytes left over belong to whatever follows. Faults
are raised when nothing of the body stands before them, so that a body is never cut shorter than its
good part, and the same bytes give the same body however they were split.
"""

import re
from typing import Final, Protocol

from ..terms.errors import LocalProtocolError, RemoteProtocolError
from ..terms.http_message import Headers, header_name, header_value

MAX_SIZE_LINE: Final = 4096
"""Bytes of the line before a chunk: its size, and extensions, which mean nothing to us."""

MAX_KNOWN: Final = 4096

NO_TRAILERS: Final = Headers()

_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n\0]*)?\r\n").match
_SIZE_LINE_BEGUN: Final = re.compile(rb"(?:[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n\0]*)?\r?)?").fullmatch


_known: Final[dict[bytes, int]] = {}
"""Sizes by the end of a chunk and the size line after it, of short lines that have been read.

In a stream each event is a chunk, and their size lines are of one length: so the next is looked up
at once, where another would be searched for, matched and made a number.
"""


class Framing(Protocol):
    """One way of telling where a body ends."""

    trailers: Headers | None
    """The fields after the body, once it is complete."""

    def feed(self, data: bytes, /) -> tuple[bytes, bytes]:
        """Return the body bytes in `data` and what is left over; not called once complete."""
        ...

    def end(self, *, cut: bool = False) -> None:
        """Say that the connection has ended; `RemoteProtocolError` if the body has not."""
        ...


class Counted:
    """As many bytes as `content-length` says; a part that came alone is passed on uncopied."""

    __slots__ = ("_left", "_length", "trailers")

    def __init__(self, length: int) -> None:
        self._length = self._left = length
        self.trailers: Headers | None = None if length else NO_TRAILERS

    def feed(self, data: bytes, /) -> tuple[bytes, bytes]:
        """Return (body bytes, bytes left over)."""
        left = self._left - len(data)
        if left > 0:
            self._left = left
            return data, b""
        self.trailers = NO_TRAILERS
        if left == 0:
            return data, b""
        return data[:left], data[left:]

    def end(self, *, cut: bool = False) -> None:
        """Complain of the missing bytes."""
        raise RemoteProtocolError(
            f"the server closed the connection {self._left} bytes before the end of a body "
            f"of {self._length} bytes"
        )


class UntilClose:
    """Everything up to the end of the connection, as in HTTP/1.0."""

    __slots__ = ("trailers",)

    def __init__(self) -> None:
        self.trailers: Headers | None = None

    def feed(self, data: bytes, /) -> tuple[bytes, bytes]:
        """Return (body bytes, bytes left over)."""
        return data, b""

    def end(self, *, cut: bool = False) -> None:
        """Complete the body, unless the connection was cut."""
        if cut:
            raise RemoteProtocolError("the connection was cut, and with it the body")
        self.trailers = NO_TRAILERS


class Chunked:
    """Chunks, each after its size, then trailer fields (RFC 9112 section 7.1).

    `_left` counts what is to come of a chunk that has begun, its line end included; at 0 a size is
    expected. A line end that came by half is left over, so `_left` is never 1.
    """

    __slots__ = ("_last", "_left", "_max_trailers", "_width", "trailers")

    def __init__(self, max_trailers: int) -> None:
        self._max_trailers = max_trailers
        self._left = 0
        self._width = 4  # of the size line before
        self._last = False
        self.trailers: Headers | None = None

    def feed(self, data: bytes, /) -> tuple[bytes, bytes]:
        """Return (body bytes, bytes left over)."""
        if self._last:
            return b"", self._read_trailers(data)
        parts: list[bytes] = []
        left, at, width = self._left, 0, self._width
        if not left and (left := _known.get(b"\r\n" + data[:width], 0)):
            at = width
        while at < len(data):
            if not left:
                line = _SIZE_LINE(data, at, at + MAX_SIZE_LINE)
                if line is None:
                    break
                at = line.end()
                left = int(line[1], 16) + 2
                if left == 2:
                    self._last = True
                    break
                width = self._width = len(line[0])
                if width <= 6 and len(_known) < MAX_KNOWN:
                    _known[b"\r\n" + line[0]] = left
            stop = at + left
            if left > 2 and (following := _known.get(data[stop - 2 : stop + width])):
                parts.append(data[at : stop - 2])
                at, left = stop + width, following
            elif data[stop - 2 : stop] == b"\r\n":
                if left > 2:
                    parts.append(data[at : stop - 2])
                at, left = stop, 0
            else:
                if left > 2 and (part := data[at : stop - 2]):
                    parts.append(part)
                    at += len(part)
                    left -= len(part)
                break
        self._left = left
        rest = data[at:]
        if not parts:
            return b"", self._read_trailers(rest) if self._last else self._checked(rest)
        return parts[0] if len(parts) == 1 else b"".join(parts), rest

    def end(self, *, cut: bool = False) -> None:
        """Complain of the missing bytes."""
        missing = (
            f"{self._left - 2} bytes before the end of a chunk"
            if self._left > 2
            else "before the last chunk"
            if not self._last
            else "in the trailer fields"
        )
        raise RemoteProtocolError(f"the server closed the connection {missing} of the body")

    def _checked(self, rest: bytes) -> bytes:
        """Return `rest` if it may be the beginning of what is expected."""
        if self._left == 2 and not b"\r\n".startswith(rest):
            raise RemoteProtocolError(f"expected a line end after a chunk, got {rest[:2]!r}")
        if not self._left and not (_SIZE_LINE_BEGUN(rest) and len(rest) <= MAX_SIZE_LINE):
            raise RemoteProtocolError(f"expected the size of a chunk, got {rest[:40]!r}")
        return rest

    def _read_trailers(self, data: bytes) -> bytes:
        """Read fields up to the empty line; return what is left over."""
        if data.startswith(b"\r\n"):
            self.trailers = NO_TRAILERS
            return data[2:]
        section, found, rest = data.partition(b"\r\n\r\n")
        if len(section) > self._max_trailers:
            raise RemoteProtocolError(f"more than {self._max_trailers} bytes of trailer fields")
        if not found:
            return data
        self.trailers = Headers([_trailer(line) for line in section.split(b"\r\n")])
        return rest


def _trailer(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    try:
        return header_name(name), header_value(name, value)
    except LocalProtocolError as error:  # the rules are those for our own fields
        raise RemoteProtocolError(f"expected a trailer field, got {line[:40]!r}") from error
