"""`python -m benchmarks.compare BASE`: this tree's client next to that of another commit.

Both are measured by the benchmarks of this tree, in one run, in turns. Prints what moved by more
than 5 %, and ends with 1 when something became dearer by that.
"""

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .harness import Bench, Settings, run
from .processes import ROOT
from .results import Line, Results
from .rows import select
from .table import columns, ratio, value

MOVED: Final = 0.05
_ROUNDS: Final = 7
_UNSEEN: Final = 1 << 20
"""Bytes: a peak of memory that grew by less than this grew by chance."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    rows = [row for row in select(options.rows) if row.quick or options.rows]
    settings = Settings(rounds=options.rounds, fresh_rounds=options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        try:
            check_out(options.base, base)
        except subprocess.CalledProcessError as error:
            print(error.stderr.decode().strip(), file=sys.stderr)
            return 2
        with Bench(settings, base) as bench:
            results = run(bench, rows, ["ours", "base"])
    moves = [line for line in results.lines if moved(line)]
    print(report(results, moves, options.base))
    return int(any((line.ratio("base") or 0.0) > 1 for line in moves) or bool(results.failures))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("base", help="a commit, tag or branch")
    parser.add_argument("--rows", default="", help="names or groups of rows, comma-separated")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="rounds of every row")
    return parser.parse_args(arguments)


def check_out(commit: str, folder: Path) -> None:
    """Write the files of `commit` into `folder`; the working tree stays as it is."""
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=ROOT, check=True, capture_output=True
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")


def moved(line: Line) -> bool:
    """Whether the median of the rounds' ratios and the best rounds agree on more than 5 %."""
    middle, ours, base = line.ratio("base"), line.rounds.get("ours"), line.rounds.get("base")
    if middle is None or not ours or not base:
        return False
    if line.key == "growth" and max(*ours, *base) < _UNSEEN:
        return False
    best = min(ours) / min(base) if min(base) else middle
    return min(middle, best) > 1 + MOVED or max(middle, best) < 1 - MOVED


def report(results: Results, moves: Sequence[Line], commit: str) -> str:
    """The lines that moved, the dearest first, and how many did not."""
    ordered = sorted(moves, key=lambda line: -(line.ratio("base") or 0.0))
    rows = [
        (
            line.label,
            ratio(line.ratio("base")),
            value(line.value("ours"), line),
            value(line.value("base"), line),
        )
        for line in ordered
    ]
    still = f"{len(results.lines) - len(moves)} of {len(results.lines)} figures within 5 %"
    shown = [columns([("", "ratio", "now", commit), *rows])] if rows else []
    return "\n".join([*shown, *results.failures, still, results.machine])


if __name__ == "__main__":
    sys.exit(main())
