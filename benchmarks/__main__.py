"""`python -m benchmarks`: this client next to the official SDK and the floor, as ratios."""

import argparse
import dataclasses
import json
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .harness import Bench, Outcome, Settings, installed
from .rows import select
from .table import render

if TYPE_CHECKING:
    from .subjects.plan import Who

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
    whom: list[Who] = [who for who in options.who.split(",") if installed(who)]
    if "official" in options.who and "official" not in whom:
        print("The official SDK is not installed, so there are no ratios to it.", file=sys.stderr)
        print(
            "`make bench` installs it into .venv; by hand: pip install --group bench",
            file=sys.stderr,
        )
    begun = time.perf_counter()
    outcomes: list[Outcome] = []
    with Bench(settings) as bench:
        for row in rows:
            _progress(row.name)
            outcomes.append(bench.run(row, whom))
    _progress("")
    print(render(outcomes))
    seconds = time.perf_counter() - begun
    print(f"{platform.python_implementation()} {platform.python_version()}, {seconds:.0f} s")
    if options.json:
        options.json.write_text(json.dumps([_record(one) for one in outcomes], indent=1))
    return int(any(one.who == "ours" for outcome in outcomes for one in outcome.failures))


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{name}", end="", file=sys.stderr, flush=True)


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
    return parser.parse_args(arguments)


def _record(outcome: Outcome) -> dict[str, object]:
    """Everything that was measured of one row, ready for JSON."""
    return {
        "row": outcome.row.name,
        "rounds": [
            {"who": one.who, "variant": one.variant, "figures": figures}
            for one, figures in outcome.rounds.items()
        ],
        "ratios": {
            figure.key: {who: outcome.ratio(who, figure.key) for who in ("official", "floor")}
            for figure in outcome.row.figures
        },
        "failures": [
            {"who": one.who, "variant": one.variant, "reason": reason}
            for one, reason in outcome.failures.items()
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
