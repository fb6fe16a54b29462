"""A folder of results that several processes keep: who finds what, of whom, and when."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from api_openai.bulk.journals import Journals, journal_files

DIES: Final = """
import os, signal, sys
from api_openai.bulk.journals import Journals
journals = Journals(sys.argv[1])
for number in range(100):
    journals.append(b'{"custom_id":"%d","id":"of the dead","response":{"status_code":200}}\\n' % number)
os.write(journals._own._file, b'{"custom_id":"torn","id"')
os.kill(os.getpid(), signal.SIGKILL)
"""


def row(key: str, status: int = 200, **more: Any) -> bytes:
    """A row of results."""
    found = {"custom_id": key, "id": f"of {key}", "response": {"status_code": status}, **more}
    return json.dumps(found).encode() + b"\n"


def test_what_is_written_is_found_by_who_wrote_it(tmp_path: Path) -> None:
    with Journals(tmp_path / "made" / "here") as journals:
        journals.append(row("a"))
        journals.append(row("b"))
        assert journals.find("b") == row("b")
        assert journals.find("a") == row("a")
        assert journals.find("c") is None


def test_another_finds_it_at_its_next_look(tmp_path: Path) -> None:
    with Journals(tmp_path) as one, Journals(tmp_path) as other:
        one.append(row("a"))
        assert other.find("a") is None
        other.look()
        assert other.find("a") == row("a")
        one.append(row("b"))
        one.append(row("ü" * 5000))
        other.look()
        assert [other.find(key) for key in ("a", "b", "ü" * 5000)] == [
            row("a"),
            row("b"),
            row("ü" * 5000),
        ]


def test_files_are_read_on_from_where_they_were_read_last(tmp_path: Path) -> None:
    first = tmp_path / "of-another.jsonl"
    first.write_bytes(row("a"))
    with Journals(tmp_path) as journals:
        # Were it read again from its beginning, the first line would be no row.
        with first.open("r+b") as file:
            file.write(b"?" * (len(row("a")) - 1))
            file.seek(0, os.SEEK_END)
            file.write(row("b"))
        journals.look()
        assert journals.find("b") == row("b")


def test_a_row_without_its_newline_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "of-another.jsonl"
    path.write_bytes(row("a") + row("b")[:-7])
    with Journals(tmp_path) as journals:
        assert journals.find("b") is None
        with path.open("ab") as file:
            file.write(row("b")[-7:] + row("c"))
        journals.look()
        assert (journals.find("b"), journals.find("c")) == (row("b"), row("c"))


def test_what_a_killed_process_wrote_is_there(tmp_path: Path) -> None:
    with Journals(tmp_path) as journals:
        died = subprocess.run([sys.executable, "-c", DIES, str(tmp_path)], check=False)
        assert died.returncode == -signal.SIGKILL
        assert journals.find("0") is None
        journals.look()
        found = [journals.find(str(number)) for number in range(100)]
        assert all(each is not None and b"of the dead" in each for each in found)
        assert journals.find("torn") is None


def test_of_two_rows_with_one_key_the_latest_read_counts(tmp_path: Path) -> None:
    with Journals(tmp_path) as journals:
        journals.append(row("a", 500))
        journals.append(row("a"))
        assert journals.find("a") == row("a")


@pytest.mark.parametrize(
    "failed",
    [row("a", 429), row("a", error={"code": "no_answer", "message": "gone"})],
    ids=["refused", "without an answer"],
)
def test_a_failed_row_has_ended_unless_it_is_to_be_done_again(
    tmp_path: Path, failed: bytes
) -> None:
    (tmp_path / "of-another.jsonl").write_bytes(failed)
    with Journals(tmp_path) as journals, Journals(tmp_path, redo_failed=True) as again:
        assert journals.find("a") == failed
        assert again.find("a") is None
        again.append(row("a"))
        assert again.find("a") == row("a")


def test_each_process_has_a_file_and_one_without_rows_goes(tmp_path: Path) -> None:
    with Journals(tmp_path) as one, Journals(tmp_path):
        one.append(row("a"))
        assert len(journal_files(tmp_path)) == 2
    (left,) = journal_files(tmp_path)
    assert left.read_bytes() == row("a")


def test_other_files_are_left_alone_and_a_line_that_is_no_row_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"hello\n")
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"hello\n")
    with pytest.raises(ValueError, match=r"rows\.jsonl"):
        Journals(tmp_path)
