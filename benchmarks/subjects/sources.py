"""What an upload is made from: a path, an open file, bytes, or an iterator of them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from .plan import Plan

_BLOCK: Final = 64 << 10


def source(plan: Plan) -> Any:
    """The argument `file=` of one call."""
    path = plan.file
    assert path is not None
    match plan.task:
        case "upload-opened":
            return path.open("rb")
        case "upload-bytes":
            return path.name, _contents(path)
        case "upload-iterated" if plan.who == "ours":
            return path.name, _blocks(path)
        case "upload-iterated":
            return path.open("rb")  # the official SDK takes no iterator
        case _:
            return path


def prepare(plan: Plan) -> None:
    """Read what is to be sent from memory before anything is measured."""
    if plan.task == "upload-bytes":
        source(plan)


@cache
def _contents(path: Path) -> bytes:
    return path.read_bytes()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
