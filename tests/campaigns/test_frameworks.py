"""The programs of frameworks: there is one for each, and what is written of them stays in order."""

from pathlib import Path

import pytest
from campaigns.frameworks import __main__ as frameworks
from campaigns.frameworks.kit import CASES, WAYS, Bench, Caught, raises

from api_openai.emulator import Emulator, serve_in_thread

FOLDER = Path(frameworks.__file__).parent
PAGE = f"# Page\n\n{frameworks.BEGIN}{frameworks.END}\nEnd.\n"


def test_there_is_a_program_for_each() -> None:
    programs = {path.stem for path in FOLDER.glob("with_*.py")}
    assert programs == {framework.program for framework in frameworks.FRAMEWORKS}
    assert CASES == {}


def test_each_has_a_row() -> None:
    table = frameworks.PAGE.read_text("utf-8").partition(frameworks.BEGIN)[2]
    for framework in frameworks.FRAMEWORKS:
        assert f"| {framework.packages[0]} |" in table


def test_rows_that_are_not_written_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    monkeypatch.setattr(frameworks, "PAGE", page)
    first, second = frameworks.FRAMEWORKS[:2]
    right = {way: {"a": "", "b": "wrong"} for way in WAYS}
    frameworks.write([frameworks.row(second, right)])
    frameworks.write([frameworks.row(first, right)])
    line = "| 1 of 2 | 1 of 2 | 1 of 2 | 1 of 2 |\n"
    rows = "".join(f"| {each.packages[0]} {line}" for each in (first, second))
    assert page.read_text() == PAGE.replace(frameworks.END, frameworks.HEAD + rows + frameworks.END)


def test_calls_that_this_client_carries_are_counted() -> None:
    emulator = Emulator()
    with serve_in_thread(emulator) as url:
        bench = Bench("plain", emulator, url)
        with bench.client() as client:
            client.models.list()
    assert bench.carried == len(emulator.requests) == 1


def test_an_error_that_does_not_come() -> None:
    with raises(ValueError) as caught:
        raise ValueError("so")
    assert isinstance(caught, Caught)
    assert str(caught.error) == "so"
    with pytest.raises(AssertionError, match="no ValueError"), raises(ValueError):
        pass
