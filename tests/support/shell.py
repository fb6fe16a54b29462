"""A shell that runs the command in this process, with standard streams of its own."""

import io
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

from api_openai.command.main import main


class Ran(NamedTuple):
    """What a run of the command left."""

    code: int
    bytes: bytes
    err: str

    @property
    def out(self) -> str:
        return self.bytes.decode()


class Stream(io.TextIOWrapper):
    """A standard stream that says what it is told about a terminal, and shows what came so far."""

    def __init__(self, data: bytes = b"", *, terminal: bool = False) -> None:
        self.memory = io.BytesIO(data)
        super().__init__(self.memory, encoding="utf-8", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@contextmanager
def streams(stdin: bytes, out: Stream, err: Stream) -> Generator[None]:
    with (
        mock.patch.object(sys, "stdin", Stream(stdin)),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", err),
    ):
        yield


def run(*arguments: str, stdin: bytes = b"", terminal: bool = False, seen: bool = False) -> Ran:
    """Run `api-openai` with arguments. `terminal`: standard output is one; `seen`: errors are too."""
    out, err = Stream(terminal=terminal), Stream(terminal=seen)
    with streams(stdin, out, err):
        code = main(arguments)
    return Ran(code, out.memory.getvalue(), err.memory.getvalue().decode())
