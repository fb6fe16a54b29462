"""The file of results: torn rows, locks, what is finished, and disks that are full."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest

from api_openai.bulk.journal import Journal, rows_of

ROWS: Final = [
    json.dumps(
        {"id": f"bulk_req_{key}", "custom_id": key, "response": {"status_code": status}}
    ).encode()
    + b"\n"
    for key, status in (("a", 200), ("b", 500), ("c", 200))
]
WHOLE: Final = b"".join(ROWS)
NO_ANSWER: Final = b'{"custom_id":"d","response":null,"error":{"code":"batch_expired"}}\n'

OTHER: Final = """
import sys
from api_openai.bulk.journal import Journal
try:
    Journal.open(sys.argv[1], resume=True)
except BlockingIOError as error:
    print(error)
else:
    print("opened")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def keys(path: Path) -> list[str]:
    return [json.loads(line)["custom_id"] for line in rows_of(path)]


def test_rows_are_appended(path: Path) -> None:
    with Journal.open(path) as journal:
        for each in ROWS:
            journal.append(each)
            assert path.read_bytes().endswith(each)
        journal.sync()
        journal.sync()
    journal.close()
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("at", range(len(WHOLE) + 1))
def test_what_was_torn_is_cut_off(path: Path, at: int) -> None:
    path.write_bytes(WHOLE[:at])
    whole = WHOLE[:at].count(b"\n")
    assert len([*rows_of(path)]) == whole
    with Journal.open(path, resume=True) as journal:
        found = journal.finished()
        assert len(found.keys) == whole
        journal.append(NO_ANSWER)
    assert path.read_bytes() == b"".join(ROWS[:whole]) + NO_ANSWER


def test_a_torn_row_may_be_long(path: Path) -> None:
    path.write_bytes(ROWS[0] + b'{"id":"' + b"x" * (3 << 20))
    Journal.open(path, resume=True).close()
    assert path.read_bytes() == ROWS[0]
    path.write_bytes(b'{"id":"' + b"x" * (3 << 20))
    Journal.open(path, resume=True).close()
    assert path.read_bytes() == b""


def test_results_are_not_overwritten(path: Path) -> None:
    path.write_bytes(WHOLE[:10])
    with pytest.raises(FileExistsError, match=r"out=.*out.jsonl.*resume=True"):
        Journal.open(path)
    assert path.read_bytes() == WHOLE[:10]
    path.write_bytes(b"")
    Journal.open(path).close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journal.open(tmp_path / "no" / "out.jsonl")


def test_a_second_run_of_the_same_process_is_refused(path: Path) -> None:
    with Journal.open(path), pytest.raises(BlockingIOError, match="another run writes to it"):
        Journal.open(path, resume=True)
    Journal.open(path).close()


def test_a_second_run_of_another_process_is_refused(path: Path) -> None:
    command = (sys.executable, "-c", OTHER, str(path))

    def said() -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with Journal.open(path):
        assert "another run writes to it" in said()
    assert said() == "opened\n"


def test_a_thread_that_syncs_does_not_keep_others_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptors: list[int] = []
    monkeypatch.setattr(os, "fsync", descriptors.append)
    journal = Journal.open(path)
    journal.append(ROWS[0])
    journal.sync()
    copy = os.dup(descriptors[0])  # as a system call in another thread has it
    journal.close()
    Journal.open(path, resume=True).close()
    os.close(copy)


def test_what_is_finished(path: Path) -> None:
    path.write_bytes(
        WHOLE + NO_ANSWER + b'{"id":"batch_req_9","custom_id":"e","response":null}\n\n'
    )
    with Journal.open(path, resume=True) as journal:
        found = journal.finished()
    assert found.has("a", lambda: "bulk_req_a") == "yes"
    assert found.has("a", lambda: "bulk_req_z") == "of another request"
    assert found.has("d", lambda: "bulk_req_z") == "yes", "who knows"
    assert found.has("e", lambda: "bulk_req_z") == "yes", "it is of a batch"
    assert found.has("z", lambda: "bulk_req_a") == "no"


@pytest.mark.parametrize("line", [b"{}\n", b"null\n", b"x\n", b'{"custom_id":3}\n', b"\xff\n"])
def test_lines_that_are_no_results(path: Path, line: bytes) -> None:
    path.write_bytes(ROWS[0] + line)
    with Journal.open(path, resume=True) as journal:
        with pytest.raises(ValueError, match=r"out=.*no row of results"):
            journal.finished()
        with pytest.raises(ValueError, match="no row of results"):
            journal.drop_failed()
    assert path.read_bytes() == ROWS[0] + line
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_failed_rows_are_dropped(path: Path) -> None:
    path.write_bytes(WHOLE + NO_ANSWER)
    with Journal.open(path, resume=True) as journal:
        assert journal.drop_failed() == 2
        assert keys(path) == ["a", "c"]
        with pytest.raises(BlockingIOError):
            Journal.open(path, resume=True)
        assert journal.drop_failed() == 0
        journal.append(ROWS[1])
    assert keys(path) == ["a", "c", "b"]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_all_failed_rows_are_dropped_or_none(
    path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(WHOLE)

    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Journal.open(path, resume=True) as journal:
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fails)
            with pytest.raises(OSError, match="No space"):
                journal.drop_failed()
        assert path.read_bytes() == WHOLE
        journal.append(NO_ANSWER)
    assert path.read_bytes() == WHOLE + NO_ANSWER
    assert [each.name for each in path.parent.iterdir()] == [path.name]


# Disks.


class Disk:
    """`os.write` of a disk with so much room, which takes so much at once."""

    def __init__(self, room: int, at_once: int, patch: pytest.MonkeyPatch) -> None:
        self.room = room
        self._at_once = at_once
        self._write = os.write
        patch.setattr(os, "write", self.write)

    def write(self, file: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self._write(file, data[: min(self.room, self._at_once)])
        self.room -= written
        return written


def test_a_disk_that_takes_a_part_gets_the_rest(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.open(path) as journal:
        Disk(1 << 20, 7, monkeypatch)
        for each in ROWS:
            journal.append(each)
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize("room", range(0, len(WHOLE), 5))
def test_a_full_disk_leaves_no_part_of_a_row(
    path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.open(path) as journal:
        disk, written = Disk(room, 50, monkeypatch), list[bytes]()

        def fill() -> None:
            for each in ROWS:
                journal.append(each)
                written.append(each)

        with pytest.raises(OSError, match="No space"):
            fill()
        assert path.read_bytes() == b"".join(written)
        disk.room = 1 << 20
        journal.append(NO_ANSWER)
    assert path.read_bytes() == b"".join(written) + NO_ANSWER


def test_rows_of_threads_are_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(path) as journal:
        Disk(1 << 30, 30, monkeypatch)

        def write() -> None:
            for _ in range(50):
                for each in ROWS:
                    journal.append(each)

        threads: list[Any] = [Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(ROWS * 200)


@pytest.mark.parametrize(
    "tail", [b"my only line of notes", b'{"custom_id":"a","method":"POST"', b"{"]
)
def test_what_is_no_row_is_not_cut_off(tail: bytes, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(tail)
    if tail == b"{":
        with Journal.open(path, resume=True):
            pass
        assert path.read_bytes() == b""
        return
    with pytest.raises(ValueError, match="its last line has no end, and is no row of results"):
        Journal.open(path, resume=True)
    assert path.read_bytes() == tail


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_results_go_into_files_alone(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for resume in (False, True):
        with pytest.raises(ValueError, match="expected a regular file"):
            Journal.open(path, resume=resume)
