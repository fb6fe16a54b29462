"""A request body in chunks, thrown away: what counts is where it ends."""

from typing import Final

_LONGEST_LINE: Final = 1024


class Chunks:
    """One body (RFC 9112 section 7.1), without trailer fields."""

    def __init__(self) -> None:
        self._line = b""
        self._skip = 0
        self._last = False

    def rest(self, data: memoryview) -> bytes | None:
        """Take `data`; when the body is over, return what came after it."""
        while True:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
            if self._skip or not data:
                return None
            line, end, _ = (self._line + bytes(data[:_LONGEST_LINE])).partition(b"\r\n")
            if not end:
                if len(line) >= _LONGEST_LINE:
                    raise ValueError("this is not the size of a chunk")
                self._line = line
                return None
            data = data[len(line) + 2 - len(self._line) :]
            self._line = b""
            if self._last:
                return bytes(data)
            size = int(line.partition(b";")[0], 16)
            self._last = not size
            self._skip = size + 2 if size else 0
