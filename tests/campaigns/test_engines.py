"""The campaign of engines: there are tests for each, and its figures stand in the page."""

from pathlib import Path

import pytest
from campaigns.engines import __main__ as engines
from campaigns.engines.work import never_more_than

FOLDER = Path(engines.__file__).parent
PAGE = f"# Page\n\n{engines.BEGIN}{engines.END}\nEnd.\n"


def test_there_are_tests_for_each() -> None:
    tests = {path.stem for path in FOLDER.glob("test_on_*.py")}
    assert tests == {f"test_on_{engine.name}" for engine in engines.ENGINES}
    figures = {path.stem for path in FOLDER.glob("throughput_on_*.py")}
    assert figures == {f"throughput_on_{each.name}" for each in engines.ENGINES if each.figures}


def test_figures_are_written_into_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    monkeypatch.setattr(engines, "PAGE", page)
    for calls in (900.0, 1000.0):
        engines.write({"stage": 20.0, "calls": calls})
    table = engines.table({"stage": 20.0, "calls": 1000.0})
    assert table.endswith("| `Calls`, 64 in flight | 1000 | 50 |\n")
    assert page.read_text() == PAGE.replace(engines.END, table + engines.END)


def test_the_page_has_figures() -> None:
    table = engines.PAGE.read_text("utf-8").partition(engines.BEGIN)[2].partition(engines.END)[0]
    ratio = int(table.splitlines()[-1].split("|")[-2])
    assert ratio >= 40


def test_packages_that_cannot_be_had_are_told(tmp_path: Path) -> None:
    engine = engines.Engine("none", (str(tmp_path / "no-such-package.whl"),))
    with pytest.raises(engines.Unavailable):
        engines.installed(engine, tmp_path)


def test_more_than_a_limit_is_noticed() -> None:
    never_more_than([n / 100 for n in range(300)], rate=100, burst=20)
    with pytest.raises(AssertionError):
        never_more_than([n / 200 for n in range(300)], rate=100, burst=20)
