"""Where answers go: JSON in lines or indented, text, bytes; to standard output or a file."""

import errno
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Final, Self

import msgspec

from ..core.terms.nesting import reformatted
from .options import FORMATS
from .usage import UsageError

__all__ = ["Output", "harmless"]

_CONTROLS: Final = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"
}


def harmless(text: str) -> str:
    """Return a text without what a terminal would take for orders."""
    return text.translate(_CONTROLS)


class Output:
    """What is written to. In a terminal JSON is indented, and control characters are escaped."""

    def __init__(self, path: str | None, how: str | None) -> None:
        if how not in (None, *FORMATS):
            raise UsageError(f"--format: {how!r}: expected {', '.join(FORMATS)}")
        if path not in (None, "-"):
            _refuse_what_cannot_be_written(path)
        self._path = path
        self.forced = path is not None
        """Whether somebody said where the answer goes."""
        self.terminal = path in (None, "-") and sys.stdout.isatty()
        self.how = how
        """The format that was asked for."""
        self._own: BinaryIO | None = None
        self._ends_line = True
        self._first: Callable[[], None] | None = None

    def first(self, act: Callable[[], None]) -> None:
        """Do that before anything is written: in a terminal a line of progress goes away."""
        self._first = act

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._own is not None:
            self._own.close()

    def document(self, raw: bytes) -> None:
        """Write a JSON document: on one line, or indented."""
        indented = self.how == "indented" or (self.how is None and self.terminal)
        try:
            text = reformatted(raw, 2 if indented else -1)
        except (
            msgspec.DecodeError,
            RecursionError,
        ):  # what the codec takes beyond JSON: as it came
            text = raw.replace(b"\n", b" ")
        self.line(text)

    def line(self, data: bytes) -> None:
        """Write bytes and a line end, and let them out."""
        if self.terminal:
            data = harmless(data.decode("utf-8", "replace")).encode("utf-8", "replace")
        self.raw(data + b"\n")
        self.flush()

    def text(self, text: str) -> None:
        """Write a piece of text, and let it out."""
        if text:
            shown = harmless(text) if self.terminal else text
            self.raw(shown.encode("utf-8", "replace"))
            self._ends_line = text.endswith("\n")
            self.flush()

    def end_line(self) -> None:
        """Begin a new line in a terminal, where text has come that ends without one."""
        if self.terminal and not self._ends_line:
            self.raw(b"\n")
            self.flush()
        self._ends_line = True

    def raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        if self._first is not None:
            self._first()
            self._first = None
        self._opened().write(data)

    def flush(self) -> None:
        """Let out what was written."""
        self._opened().flush()

    def _opened(self) -> BinaryIO:
        """What is written to; a file is there once something is written to it."""
        if self._path in (None, "-"):
            return sys.stdout.buffer
        if self._own is None:
            self._own = open(self._path, "wb")  # noqa: SIM115  # closed on leaving
        return self._own


def _refuse_what_cannot_be_written(path: str) -> None:
    """Raise `OSError` before anything is sent: an answer that has no place is paid for as well."""
    folder = os.path.dirname(path) or os.curdir
    if os.path.isdir(path):
        fault = errno.EISDIR
    elif not path or not os.path.exists(folder):
        fault = errno.ENOENT
    elif not os.path.isdir(folder):
        fault = errno.ENOTDIR
    elif not os.access(path if os.path.exists(path) else folder, os.W_OK):
        fault = errno.EACCES
    else:
        return
    raise OSError(fault, os.strerror(fault), path)
