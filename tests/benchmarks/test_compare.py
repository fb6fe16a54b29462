"""This tree next to another commit: the files of both, and what counts as moved."""

import subprocess
from pathlib import Path

import pytest
from benchmarks import compare
from benchmarks.processes import ROOT
from benchmarks.results import Line, Results
from benchmarks.rows import Unit


def line(ours: list[float], base: list[float], key: str = "cpu", unit: Unit = "seconds") -> Line:
    return Line("row", "row", key, "a call", unit, {"ours": ours, "base": base})


@pytest.mark.parametrize(
    ("ours", "base", "moved"),
    [
        ([1.10, 1.08, 1.09], [1.0, 1.0, 1.0], True),
        ([0.90, 0.92, 0.91], [1.0, 1.0, 1.0], True),
        ([1.04, 1.04, 1.04], [1.0, 1.0, 1.0], False),
        ([1.00, 1.30, 1.30], [1.0, 1.0, 1.0], False),  # the best round says that it was the machine
        ([1.10, 1.00, 1.00], [1.0, 1.0, 1.0], False),
        ([1.10], [], False),
    ],
)
def test_the_middle_and_the_best_agree_about_what_moved(
    ours: list[float], base: list[float], moved: bool
) -> None:
    assert compare.moved(line(ours, base)) is moved


def test_a_peak_grows_by_a_few_pages_by_chance() -> None:
    assert not compare.moved(line([400e3], [20e3], "growth", "bytes"))
    assert compare.moved(line([4e6], [2e6], "growth", "bytes"))


def test_the_report_has_the_dearest_first_and_counts_the_rest() -> None:
    lines = (line([0.5], [1.0]), line([2e-3], [1e-3]), line([1.0], [1.0]))
    moves = [one for one in lines if compare.moved(one)]
    report = compare.report(Results("a machine", lines), moves, "v1").splitlines()
    assert report[0].split() == ["ratio", "now", "v1"]
    assert report[2].split() == ["a", "call", "2.000", "2", "ms", "1", "ms"]
    assert report[3].split() == ["a", "call", "0.500", "500", "ms", "1", "s"]
    assert report[4:] == ["1 of 3 figures within 5 %", "a machine"]


def in_git() -> bool:
    head = ["git", "rev-parse", "--verify", "HEAD"]
    try:
        return subprocess.run(head, cwd=ROOT, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


needs_git = pytest.mark.skipif(not in_git(), reason="there is no commit to compare with")


@needs_git
def test_both_trees_are_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(commit: str, folder: Path) -> None:
        check_out(commit, folder)
        (folder / "src" / "api_openai" / "__init__.py").write_text("raise ImportError('base')")

    check_out = compare.check_out
    arguments = ["HEAD", "--rows=cold-import", "--rounds=1"]
    assert compare.main(arguments) in (0, 1)
    assert "figures within 5 %" in capsys.readouterr().out
    monkeypatch.setattr(compare, "check_out", broken)
    assert compare.main(arguments) == 1
    said = capsys.readouterr().out
    assert "cold-import: base failed: ImportError: base" in said
    assert "ours failed" not in said


@needs_git
def test_a_commit_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main(["no-such-commit", "--rows=cold-import"]) == 2
    assert "no-such-commit" in capsys.readouterr().err
