"""Rows as a batch of the API: results in one file, and no file without results."""

from pathlib import Path
from typing import Any

import pytest

from api_openai import PollTimeoutError
from api_openai.bulk import BatchFailedError, batch, results

from ..support.clients import KINDS, client_of, settled
from ..support.ports import drive
from .runs import rows, server
from .samples import row

pytestmark = pytest.mark.parametrize("kind", KINDS)


def sent(kind: str, source: Any, out: Path, **options: Any) -> Any:
    async def program() -> Any:
        made: Any = batch
        return await settled(made(source, out, client_of(kind, server()), **options))

    return drive(kind, program)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


def test_all_results_are_in_the_file(kind: str, out: Path) -> None:
    summary = sent(kind, rows(5), out)
    assert (summary.done, summary.failed, summary.stopped) == (5, 0, None)
    assert sorted(each.custom_id for each in results(out)) == [f"k{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("source", "options", "error"),
    [
        (rows(3), {"max_wait_seconds": 0}, PollTimeoutError),
        ([row("a"), row("b", url="/v1/responses")], {}, BatchFailedError),
        ([row("a"), 3], {}, ValueError),
        ([], {}, ValueError),
    ],
    ids=["no time", "refused", "no row", "empty"],
)
def test_no_file_is_left_without_results(
    kind: str, out: Path, source: Any, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        sent(kind, source, out, **options)
    assert not out.exists()
    out.touch()
    with pytest.raises(error):
        sent(kind, source, out, **options)
    assert out.exists(), "it was there before"
