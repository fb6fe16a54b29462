"""A moment of each campaign, and the page that shows them."""

import re
from itertools import islice
from random import Random

import pytest
from campaigns import table
from campaigns.__main__ import CAMPAIGNS, main
from campaigns.harness import Campaign, Cases, Figures, conduct, conduct_all

NAMES = [each.name for each in CAMPAIGNS]


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=NAMES)
def test_a_moment_of_each(campaign: Campaign) -> None:
    figures = conduct(campaign, seed=1, seconds=0.5)
    assert figures.failures == []
    assert figures.tried >= 1


def some(random: Random) -> Cases:
    yield "fine", lambda: None
    yield "wrong", lambda: 1 / 0
    yield f"by chance {random.random()}", lambda: None


SOME = Campaign("some", "whether it is counted", some)


def test_what_fails_is_counted_and_named() -> None:
    figures = conduct(SOME, seed=1, seconds=60)
    assert figures.tried == 3
    assert figures.failures == ["some: ZeroDivisionError: division by zero\n  in wrong"]


def test_time_is_bounded() -> None:
    assert conduct(SOME, seed=1, seconds=0).tried == 1
    assert [each.tried for each in conduct_all([SOME, SOME], 1, 0)] == [1, 1]


def test_a_seed_repeats_a_run() -> None:
    def names(seed: int) -> list[str]:
        [cuts, *_] = CAMPAIGNS
        cases = cuts.cases(Random(seed))
        found = [name for name, _ in islice(cases, 20)]
        cases.close()
        return found

    assert names(1) == names(1) != names(2)


def test_the_table() -> None:
    lines = table.render([Figures(SOME, 1_234, 5.4, ["x"])]).splitlines()
    assert [line.split()[:4] for line in lines[2:]] == [
        ["some", "1,234", "1", "5"],
        ["all", "1,234", "1", "5"],
    ]


def test_the_page_shows_all_campaigns() -> None:
    page = table.PAGE.read_text()
    shown = page.partition(table.BEGIN)[2].partition(table.END)[0]
    figures = re.findall(r"^([a-z]+) +([\d,]+) +(\d+) +\d+ ", shown, re.MULTILINE)
    assert [name for name, _, _ in figures] == NAMES
    assert all(failed == "0" for _, _, failed in figures)
    assert re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE) == NAMES
    for each in CAMPAIGNS:
        assert each.what in shown


def test_an_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cut"]) == 2
    assert "no campaign is called cut; there are cuts, splits" in capsys.readouterr().out


def test_one_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cuts", "--seconds", "0.1", "--seed", "7"]) == 0
    assert "seed 7" in capsys.readouterr().out
