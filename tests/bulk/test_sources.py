"""What a run reads: all forms of it, keys, rows that are none, and sources that have changed."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from api_openai.bulk import RowError, SourceChangedError
from api_openai.bulk.journal import Finished
from api_openai.bulk.sources import Bad, Source

from .samples import line, lines, operation, request, row


def all_of(source: Source) -> list[str]:
    """Keys of requests, and `!` before those of rows that are none."""
    found: list[str] = []
    while (taken := source.take()) is not None:
        found.append(f"!{taken.key}" if isinstance(taken, Bad) else taken[0].key)
    assert source.take() is None
    return found


def finished(*keys: str, **ids: str) -> Finished:
    found = Finished()
    for key in keys:
        found.add(key, request(key).id)
    for key, id in ids.items():
        found.add(key, id)
    return found


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], []),
        ([operation(), operation()], ["0", "1"]),
        ([("a", operation()), operation()], ["a", "1"]),
        ([row("a"), line("b"), line("c").decode()], ["a", "b", "c"]),
        ((row(key) for key in "ab"), ["a", "b"]),
        (map(row, "ab"), ["a", "b"]),
        ({"a": operation()}.items(), ["a"]),
        (io.BytesIO(line("a") + line("b")), ["a", "b"]),
        (io.StringIO(line("a").decode()), ["a"]),
    ],
)
def test_forms(rows: Any, expected: list[str]) -> None:
    source = Source(rows)
    assert all_of(source) == expected
    assert source.read == len(expected)
    source.close()


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(line("a") + b"\n  \r\n" + line("b").replace(b"\n", b"\r\n") + line("c")[:-1])
    for rows in (path, str(path)):
        source = Source(rows)
        assert all_of(source) == ["a", "b", "c"]
        source.close()
        source.close()
    path.write_bytes(json.dumps(row("a"), indent=1).encode())
    source = Source(path)
    assert {each[:4] for each in all_of(source)} == {"!row"}
    source.close()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Source(tmp_path / "none.jsonl")


@pytest.mark.parametrize("rows", [b"{}", {"custom_id": "a"}, 3, None, operation()])
def test_what_is_no_source(rows: Any) -> None:
    kind = type(rows).__name__
    with pytest.raises(
        TypeError, match=f"source: expected a path or an iterable of rows, not {kind}"
    ):
        Source(rows)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (3, "not int"),
        (None, "not NoneType"),
        ((operation(),), "not tuple"),
        (("a", operation(), 1), "not tuple"),
        ((3, operation()), "key=3: expected text"),
        (("", operation()), "key='': expected text"),
        (("\ud800", operation()), "expected text"),
        (("a", 3), "not tuple"),
        (("a", row("b")), "not tuple"),
    ],
)
def test_rows_that_are_none_are_said_to_be(given: Any, words: str) -> None:
    source = Source([row("x"), given, row("y")])
    assert not isinstance(source.take(), Bad)
    found = source.take()
    assert isinstance(found, Bad)
    assert found.key == "row 2"
    assert words in str(found.error)
    assert isinstance(found.error, RowError)
    assert all_of(source) == ["y"]


def test_a_key_that_comes_again_is_an_error() -> None:
    source = Source([row("a"), row("b"), row("a"), row("a", url="x"), row("c", url="x"), row("c")])
    assert all_of(source) == ["a", "b", "!row 3", "!row 4", "!c", "!row 6"]


def test_a_number_that_a_row_has_by_its_place_is_nobody_elses_key() -> None:
    numbered = [operation(), operation()]
    keyed = [(key, operation()) for key in ("1", "01", "2", "9" * 5000, "¹")]
    source = Source([*numbered, *keyed, operation(), ("7", operation())])
    assert all_of(source) == ["0", "1", "!row 3", "01", "2", "9" * 5000, "¹", "7", "!row 9"]


def test_what_is_finished_is_skipped() -> None:
    source = Source([row(key) for key in "abc"], finished("a", "c"))
    assert all_of(source) == ["b"]
    assert (source.read, source.skipped) == (3, 2)


def test_rows_that_are_none_are_skipped_as_well() -> None:
    none: Any = 3
    source = Source([none, row("b")], finished(**{"row 1": "bulk_req_none"}))
    assert all_of(source) == ["b"]
    assert source.skipped == 1


def test_a_source_that_has_changed_is_noticed() -> None:
    source = Source([row("a"), row("b", body={"model": "n"})], finished("a", "b"))
    with pytest.raises(SourceChangedError, match=r"row 2, custom_id='b', is another request"):
        source.take()


def test_rows_without_an_id_of_ours_are_taken_for_the_same() -> None:
    assert all_of(Source([row("a")], finished(a="batch_req_1"))) == []


def test_a_source_that_raises_goes_on_to_its_caller() -> None:
    def rows() -> Iterator[Any]:
        yield row("a")
        raise LookupError("it broke")

    source = Source(rows())
    assert source.take() is not None
    with pytest.raises(LookupError, match="it broke"):
        source.take()


@pytest.mark.anyio
async def test_rows_that_are_awaited() -> None:
    async def rows() -> AsyncIterator[Any]:
        for each in (row("a"), 3, line("b")):
            yield each

    source, found = Source(rows()), list[str]()
    assert source.asynchronous
    while (taken := await source.take_async()) is not None:
        found.append(taken.key if isinstance(taken, Bad) else taken[0].key)
    assert found == ["a", "row 2", "b"]
    source.close()


def test_files_of_many_rows_are_read_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines(1000))
    source = Source(path)
    assert source.take() is not None
    assert source.read == 1
    source.close()
