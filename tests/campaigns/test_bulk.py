"""The long runs of bulk work, short; what judges them; and the page."""

import re
from random import Random

import pytest
from campaigns.bulk import measures, server, table
from campaigns.bulk.measures import Figure, killed, long
from campaigns.bulk.server import Bucket, Limit, Seen


def test_a_run_that_is_killed() -> None:
    figures = killed(Random(3), 40, 2, workers=3)
    assert [each.what for each in figures if not each.fine] == []


def test_a_run_in_another_process() -> None:
    _, wrong = long(300, workers=5)
    assert wrong.value == 0


class Clock:
    """The time of a bucket."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


def test_a_bucket_counts_what_is_early(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seen = Clock(), Seen()
    monkeypatch.setattr(server, "time", clock)
    bucket = Bucket(Limit(rate=10, burst=2, after=5), seen)
    assert [bucket.takes() for _ in range(3)] == [True, True, False]
    clock.now += 0.5
    assert bucket.takes()
    assert seen.early == 0, "it was under way"
    clock.now += 4
    assert bucket.takes()
    assert seen.early == 1
    clock.now += 0.6
    assert bucket.takes()
    assert seen.early == 1


def test_a_figure_that_is_too_much_is_shown() -> None:
    said = table.render([Figure("a", 1.5, 1), Figure("b", 3, 3)]).splitlines()
    assert said[2:] == ["1.50        1  a  TOO MUCH", "   3        3  b"]


def test_the_page_shows_that_all_is_well() -> None:
    page = table.PAGE.read_text()
    shown = page.partition(table.BEGIN)[2].partition(table.END)[0]
    rows = re.findall(r"^ *(\S+) +(\S+)  (\S.*)$", shown, re.MULTILINE)
    figures = [(float(value), float(most), what) for value, most, what in rows if value != "is"]
    assert len(figures) == 4 + 4 + 3 + 2
    assert all(value <= most for value, most, _ in figures)
    assert "1,000,000 rows, 200 in flight" in shown
    assert "200 kills" in shown
    assert "TOO MUCH" not in shown
    assert measures.REFUSED_ROWS == 400
