"""What follows from the rounds: ratios, verdicts, the table, the file."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Contestant, Outcome
from benchmarks.results import Line, Results, lines
from benchmarks.rows import Figure, Row
from benchmarks.table import render

if TYPE_CHECKING:
    from benchmarks.subjects.plan import Side


def line(figure: Figure, **rounds: list[float]) -> Line:
    row = Row(name="row", group="row", task="", scenario="", figures=(figure,))
    sides: tuple[Side, ...] = ("ours", "official", "floor")
    found = {
        Contestant(side): measured(figure.key, *rounds[side]) for side in sides if side in rounds
    }
    [only] = lines(Outcome(row, found, {}))
    return only


def measured(key: str, *values: float) -> list[Mapping[str, float]]:
    return [{key: value} for value in values]


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    figure = Figure("cpu", "a call", "seconds", target=0.2)
    slow_machine_in_one_round = line(figure, ours=[1.0, 10.0, 1.0], official=[10.0, 100.0, 4.0])
    assert slow_machine_in_one_round.ratio("official") == 0.1
    assert slow_machine_in_one_round.verdict == "ok"
    assert line(figure, ours=[3.0], official=[10.0]).verdict == "MISSED"


def test_a_limit_needs_nobody_to_compare_with() -> None:
    figure = Figure("growth", "growth", "bytes", limit=8.0)
    assert line(figure, ours=[8.0]).verdict == "ok"
    assert line(figure, ours=[9.0]).verdict == "MISSED"


def test_a_target_may_be_relative_to_the_floor() -> None:
    figure = Figure("cpu", "an event", "seconds", target=0.2, to_floor=1.5)
    assert line(figure, ours=[1.5], official=[10.0], floor=[1.0]).verdict == "ok"
    assert line(figure, ours=[1.6], official=[10.0], floor=[1.0]).verdict == "MISSED"
    assert line(figure, ours=[1.5], official=[2.0], floor=[1.0]).verdict == "MISSED"
    assert line(figure, ours=[1.6], floor=[1.0]).verdict == "MISSED"
    assert line(figure, ours=[1.6]).verdict == ""


def test_of_several_variants_the_best_counts() -> None:
    figure = Figure("cpu", "a call", "seconds")
    row = Row(name="row", group="row", task="", scenario="", figures=(figure,))
    rounds = {
        Contestant("ours"): measured("cpu", 1.0),
        Contestant("official"): measured("cpu", 5.0),
        Contestant("official", "other"): measured("cpu", 2.0),
    }
    [only] = lines(Outcome(row, rounds, {}))
    assert only.ratio("official") == 0.5


def test_the_table_says_what_bounds_what() -> None:
    results = Results(
        "a machine",
        (
            line(
                Figure("cpu", "an event", "seconds", 0.125, None, 1.5),
                ours=[2e-6],
                official=[2e-5],
                floor=[1e-6],
            ),
            line(Figure("growth", "growth", "bytes", limit=8.0 * 2**20), ours=[2.0**20]),
        ),
        ("row: official failed: no",),
    )
    table = render(results).splitlines()
    assert table[2].split() == [
        *("an", "event", "0.100", "0.125", "2.000", "1.500", "MISSED"),
        *("2", "us", "20", "us", "1", "us"),
    ]
    assert table[3].split() == ["growth", "-", "8", "MiB", "-", "ok", "1", "MiB", "-", "-"]
    assert table[4:] == ["row: official failed: no", "a machine"]


def test_a_run_survives_its_file(tmp_path: Path) -> None:
    figure = Figure("cpu", "a call", "seconds", 0.2, None, 1.5, "call")
    results = Results("a machine", (line(figure, ours=[1.0, 2.0], official=[3.0]),), ("failed",))
    results.write(tmp_path / "run.json")
    assert Results.read(tmp_path / "run.json") == results
