"""`python -m benchmarks`: this client next to the official SDK and the floor, as ratios."""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .harness import Bench, Settings, installed, run
from .publish import FIGURES, publish
from .rows import select
from .table import render

if TYPE_CHECKING:
    from .subjects.plan import Side

_QUICK = Settings(rounds=2, fresh_rounds=1, events=400, paced=150)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks. 1 when our client could not be measured somewhere."""
    options = _options(arguments)
    settings = _QUICK if options.quick else Settings()
    if options.rounds:
        changes = {"rounds": options.rounds, "fresh_rounds": options.rounds}
        settings = dataclasses.replace(settings, **changes)
    settings = dataclasses.replace(settings, all_variants=options.variants)
    rows = [row for row in select(options.rows) if row.quick or options.rows or not options.quick]
    whom: list[Side] = [who for who in options.who.split(",") if installed(who)]
    if "official" in options.who and "official" not in whom:
        print("The official SDK is not installed, so there are no ratios to it.", file=sys.stderr)
        print(
            "`make bench` installs it into .venv; by hand: pip install --group bench",
            file=sys.stderr,
        )
    with Bench(settings) as bench:
        results = run(bench, rows, whom)
    print(render(results))
    if options.json:
        results.write(options.json)
    if options.publish:
        results.write(FIGURES)
        publish(results)
    return int(any(": ours failed: " in failure for failure in results.failures))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="rounds of every row")
    parser.add_argument("--rows", default="", help="names or groups of rows, comma-separated")
    parser.add_argument("--who", default="ours,official,floor", help="subjects, comma-separated")
    parser.add_argument("--quick", action="store_true", help="fewer rows and rounds")
    parser.add_argument(
        "--variants",
        action="store_true",
        help="try every variant of the official SDK, keep the best",
    )
    parser.add_argument("--json", type=Path, help="also write all rounds to this file")
    parser.add_argument(
        "--publish", action="store_true", help="write the picture and the tables of the docs"
    )
    options = parser.parse_args(arguments)
    if options.publish and (options.rows or options.quick):
        parser.error("--publish needs a full run: no --rows, no --quick")
    return options


if __name__ == "__main__":
    sys.exit(main())
