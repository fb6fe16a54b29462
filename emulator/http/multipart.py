"""multipart/form-data as a machine: bytes in, parts out, however large (RFC 7578, RFC 2046).

    preamble ──delimiter──> head ──empty line──> data ──delimiter──> head ...
                                                  └──last delimiter──> epilogue (ignored)

Nothing is held but the head of a part and as many bytes as could be the start of a delimiter.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from ...core.terms.sentinels import END, NEED_DATA, End, NeedData

_PARAMETER: Final = re.compile(r';\s*([\w-]+\*?)=("(?:[^"\\]|\\.)*"|[^;\s]*)')
_MOST_HEAD: Final = 16 * 1024


class FormError(Exception):
    """The body is not multipart/form-data."""


class PartBegin(NamedTuple):
    """The head of a part; `filename` is None for a plain field."""

    name: str
    filename: str | None
    content_type: str


class PartData(NamedTuple):
    """A piece of a part's content."""

    data: bytes


class PartEnd(NamedTuple):
    """The end of a part."""


class _State(Enum):
    PREAMBLE = auto()
    HEAD = auto()
    DATA = auto()
    EPILOGUE = auto()


def boundary_of(content_type: str) -> bytes:
    """Return the boundary in a Content-Type field; `FormError` where there is none."""
    kind, _, _ = content_type.partition(";")
    if kind.strip().lower() == "multipart/form-data":
        value = _parameters(content_type).get("boundary", "")
        if 0 < len(value) <= 200:
            return value.encode("latin-1", "replace")
    raise FormError("expected multipart/form-data with a boundary")


class FormReader:
    """Reads one body; `receive_data(b"")` is its end."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        # The first delimiter has no line before it; with one given, all delimiters are alike.
        self._buffer = bytearray(b"\r\n")
        self._state = _State.PREAMBLE
        self._eof = False

    def receive_data(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if data:
            self._buffer += data
        else:
            self._eof = True

    def next_event(self) -> PartBegin | PartData | PartEnd | NeedData | End:
        """Return what comes next; `FormError` when that is not a form."""
        while True:
            match self._state:
                case _State.PREAMBLE:
                    if not self._skip_to_delimiter():
                        return self._starved()
                    self._state = _State.HEAD
                case _State.HEAD:
                    head = self._head()
                    return self._starved() if head is None else head
                case _State.DATA:
                    event = self._data()
                    return self._starved() if event is None else event
                case _State.EPILOGUE:
                    self._buffer.clear()
                    return END if self._eof else NEED_DATA

    def _starved(self) -> NeedData:
        if self._eof:
            raise FormError("the form ends before its last boundary")
        return NEED_DATA

    def _skip_to_delimiter(self) -> bool:
        at = self._buffer.find(self._delimiter)
        if at < 0:
            del self._buffer[: max(0, len(self._buffer) - len(self._delimiter))]
            return False
        del self._buffer[: at + len(self._delimiter)]
        return True

    def _head(self) -> PartBegin | End | NeedData | None:
        """Read what follows a delimiter: `--` at the end of the form, or a part's head."""
        if self._buffer.startswith(b"--"):
            self._state = _State.EPILOGUE
            self._buffer.clear()
            return END if self._eof else NEED_DATA
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _MOST_HEAD:
                raise FormError(f"the head of a part is longer than {_MOST_HEAD} bytes")
            return None
        lines = self._buffer[:end].decode("utf-8", "replace").split("\r\n")[1:]
        del self._buffer[: end + 4]
        fields = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        parameters = _parameters(fields.get("content-disposition", ""))
        if "name" not in parameters:
            raise FormError("a part has no name")
        self._state = _State.DATA
        return PartBegin(
            parameters["name"], parameters.get("filename"), fields.get("content-type", "")
        )

    def _data(self) -> PartData | PartEnd | None:
        at = self._buffer.find(self._delimiter)
        if at == 0:
            del self._buffer[: len(self._delimiter)]
            self._state = _State.HEAD
            return PartEnd()
        # Without a delimiter in sight, its beginning may still be at the end.
        ready = at if at > 0 else len(self._buffer) - len(self._delimiter)
        if ready <= 0:
            return None
        data = bytes(memoryview(self._buffer)[:ready])
        del self._buffer[:ready]
        return PartData(data)


def _parameters(field: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _PARAMETER.findall(field):
        quoted = value[1:-1] if value.startswith('"') else value
        found[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted != value else value
    return found
