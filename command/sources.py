"""Where values come from that are not written on the command line: files and standard input."""

import os
import sys
from typing import BinaryIO

from .usage import UsageError

__all__ = ["STDIN", "Sources"]

STDIN = "-"


class Sources:
    """Reads each value from where it is; standard input once."""

    def __init__(self) -> None:
        self._taken_by = ""

    def text(self, written: str, name: str) -> tuple[str, bool]:
        """Return a text, and whether everybody can read it among the arguments.

        `-` is standard input, `@path` what is in a file, `@@...` a text that begins with `@`.
        """
        if written == STDIN:
            return _decoded(self.stdin(name).read(), name, "standard input"), False
        if not written.startswith("@"):
            return _as_utf8(written, name), True
        if written.startswith("@@"):
            return _as_utf8(written[1:], name), True
        path = written[1:]
        try:
            with open(path, "rb") as file:
                return _decoded(file.read(), name, path), False
        except OSError as error:
            raise UsageError(f"{name}: {path!r}: {error.strerror}") from None

    def stdin(self, name: str) -> BinaryIO:
        """Return standard input for one value; `UsageError` where another has taken it."""
        if self._taken_by:
            raise UsageError(f"{name}: standard input is read already, for {self._taken_by}")
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]  # as by `<&-`
            raise UsageError(f"{name}: standard input is closed")
        self._taken_by = name
        return sys.stdin.buffer


def _as_utf8(written: str, name: str) -> str:
    """Return an argument as text; where the locale could not read it, its bytes are UTF-8."""
    try:
        written.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(written).decode()
        except UnicodeError:
            raise UsageError(f"{name}: {written!r}: it is not UTF-8") from None
    return written


def _decoded(data: bytes, name: str, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: {where} is not UTF-8") from None
