"""The picture and the tables of the docs are made from the last full run, and from nothing else."""

from xml.etree import ElementTree

import pytest
from benchmarks import publish
from benchmarks.__main__ import main
from benchmarks.picture import draw
from benchmarks.results import Results
from benchmarks.rows import ROWS


def test_the_docs_show_the_last_run() -> None:
    results = Results.read(publish.FIGURES)
    page = publish.PAGE.read_text("utf-8")
    assert publish.tabled(page, results) == page, "python -m benchmarks.publish writes them anew"
    assert publish.PICTURE.read_text("utf-8") == draw(results)


def test_the_last_run_had_every_row() -> None:
    measured = {line.row for line in Results.read(publish.FIGURES).lines}
    assert measured == {row.name for row in ROWS}


def test_the_picture_is_made_of_bars_within_it() -> None:
    picture = ElementTree.fromstring(draw(Results.read(publish.FIGURES)))
    _, _, width, height = map(float, picture.attrib["viewBox"].split())
    bars = [part.attrib for part in picture if part.tag.endswith("rect")]
    assert len(bars) > 3 * 10
    for bar in bars:
        assert float(bar["x"]) + float(bar["width"]) <= width
        assert float(bar["y"]) + float(bar["height"]) <= height


def test_every_group_stands_in_one_table() -> None:
    results = Results("a machine", ())
    page = publish.PAGE.read_text("utf-8")
    with pytest.raises(ValueError, match="no table or no row has: nonsense, realtime"):
        publish.tabled(page.replace("table: realtime", "table: nonsense"), results)


def test_part_of_a_run_is_not_published(capsys: pytest.CaptureFixture[str]) -> None:
    for part in ("--rows=cold", "--quick"):
        with pytest.raises(SystemExit):
            main(["--publish", part])
        assert "needs a full run" in capsys.readouterr().err
