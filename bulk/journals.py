"""`Journals`: results that several processes keep in one folder, each in a file of its own.

Who does a row again, since another process has died or its results were lost, finds here what came of
it the first time. Files are only ever appended to, and read on from where they were read last; a row
is there when its newline is. The folder is on a file system that all these processes share.
"""

import os
from pathlib import Path
from secrets import token_hex
from socket import gethostname
from threading import Lock
from typing import TYPE_CHECKING, Final

from .journal import Journal, ended_of
from .places import Places

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Journals", "journal_files"]

PLACE_BITS: Final = 44
"""Bits of a place that are the byte in its file; those above are the file's number."""


class _Read:
    """A file of the folder, and how far it has been read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = 0


class Journals:
    """A folder of results; a process opens it once, and its threads share that.

    With `redo_failed` rows that failed count as not done. Raises `OSError` where the folder cannot be
    made or written to, `ValueError` for a file in it that has other things than results.
    """

    def __init__(self, folder: "str | os.PathLike[str]", *, redo_failed: bool = False) -> None:
        self.folder = Path(folder)
        self._redo_failed = redo_failed
        self._places = Places()
        self._lock = Lock()
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{gethostname()}-{os.getpid()}-{token_hex(4)}.jsonl"
        self._own = Journal.open(self.folder / name)
        self._files = [_Read(Path(self._own.path))]
        self._known = {name: 0}
        self.look()

    def look(self) -> None:
        """Read what others have written since the last look."""
        with self._lock:
            for name, size in _listed(self.folder):
                number = self._known.get(name)
                if number is None:
                    number = self._known[name] = len(self._files)
                    self._files.append(_Read(self.folder / name))
                if number and size > self._files[number].at:
                    self._read_on(number)

    def _read_on(self, number: int) -> None:
        file = self._files[number]
        with file.path.open("rb") as lines:
            lines.seek(file.at)
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # torn, or being written
                if line.strip():
                    self._note(line, number)
                file.at += len(line)

    def _note(self, line: bytes, number: int) -> None:
        file = self._files[number]
        ended = ended_of(line, str(file.path))
        if not (self._redo_failed and ended.failed):
            self._places.put(ended.custom_id, number << PLACE_BITS | file.at)

    def find(self, key: str) -> bytes | None:
        """The row of a key that has ended, as of the last look."""
        with self._lock:
            place = self._places.get(key)
            if place is None:
                return None
            path = self._files[place >> PLACE_BITS].path
        with path.open("rb") as lines:
            lines.seek(place & (1 << PLACE_BITS) - 1)
            line = lines.readline()
        return line if ended_of(line, str(path)).custom_id == key else None

    def append(self, row: bytes) -> None:
        """Write one row, newline included; whole when it returns, and there for all who look."""
        with self._lock:
            self._own.append(row)
            self._note(row, 0)
            self._files[0].at += len(row)

    def sync(self) -> None:
        """See that what was written is on the disk."""
        self._own.sync()

    def close(self) -> None:
        """Sync and close; a file without a row goes."""
        with self._lock:
            self._own.close()
            if not self._files[0].at:
                self._files[0].path.unlink(missing_ok=True)

    def __enter__(self) -> "Journals":
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        traceback: "TracebackType | None",
    ) -> None:
        self.close()


def journal_files(folder: "str | os.PathLike[str]") -> list[Path]:
    """The files of a folder of results, for `bulk.results`; a row that two processes did is in two."""
    return [Path(folder) / name for name, _ in _listed(Path(folder))]


def _listed(folder: Path) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    with os.scandir(folder) as entries:
        for each in entries:
            if each.name.endswith(".jsonl"):
                try:
                    found.append((each.name, each.stat().st_size))
                except FileNotFoundError:  # an empty one, whose process has ended
                    continue
    return sorted(found)
