"""`python -m campaigns.bulk`: measure, print the figures, and with `--write` put them into the docs."""

import argparse
import platform
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Final

from .measures import killed, long, refused
from .table import render, write

ROWS: Final = 1_000_000
KILLED_ROWS: Final = 5_000
KILLS: Final = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure all; 1 when a figure is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.bulk", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="of the long run; %(default)s")
    parser.add_argument("--kills", type=int, default=KILLS, help="by default %(default)s")
    parser.add_argument("--killed-rows", type=int, default=KILLED_ROWS, help="of the run with them")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of kills")
    parser.add_argument(
        "--write", action="store_true", help="put the figures into docs/campaigns.md"
    )
    options = parser.parse_args(arguments)
    figures = [*refused(known=True), *refused(known=False)]
    print(render(figures), flush=True)
    kills = partial(killed, Random(options.seed), options.killed_rows, options.kills)
    with ThreadPoolExecutor() as pool:  # beside one another, for neither looks at the time
        others = [pool.submit(kills), pool.submit(long, options.rows)]
        for each in others:
            figures += each.result()
    table = render(figures)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(table)
    if options.write:
        write(f"{table}\n{python}")
    return int(not all(each.fine for each in figures))


if __name__ == "__main__":
    sys.exit(main())
