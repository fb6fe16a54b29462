"""`python -m campaigns`: throw faults at the client in bulk, and print what came of it."""

import argparse
import os
import platform
import secrets as chance
import sys
from collections.abc import Sequence
from typing import Final

from .bombs import bombs
from .cancellation import cancellation
from .cuts import cuts, splits
from .dialects import dialects
from .harness import SHOWN, Campaign, conduct_all
from .heads import same_heads
from .mutations import mutations
from .secrets import secrets
from .sessions import sessions
from .table import render, write
from .threads import threads

SECONDS: Final = 300.0

CAMPAIGNS: Final = (
    Campaign("cuts", "an answer ends at any byte: whole, or an error of ours with what came", cuts),
    Campaign("splits", "an answer comes in any pieces: the same result", splits),
    Campaign("mutations", "bytes and JSON are damaged: values or errors of ours", mutations),
    Campaign(
        "cancellation", "a call is cancelled at any await: nothing stays behind", cancellation
    ),
    Campaign("threads", "one client in many threads: right answers, pool kept", threads),
    Campaign("secrets", "calls fail and servers echo: no credential shows", secrets),
    Campaign(
        "sessions", "a session is cut at any byte: nothing twice, nothing lost unseen", sessions
    ),
    Campaign("heads", "heads of any kind: read as h11 reads them", same_heads),
    Campaign("dialects", "servers add fields: what is learnt of them changes no answer", dialects),
    Campaign("bombs", "answers made to cost much: bounded time and memory", bombs),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run campaigns; 1 when a case has failed."""
    options = _options(arguments)
    unknown = {*options.names} - {each.name for each in CAMPAIGNS}
    if unknown:
        known = ", ".join(each.name for each in CAMPAIGNS)
        print(f"no campaign is called {', '.join(sorted(unknown))}; there are {known}")
        return 2
    chosen = [each for each in CAMPAIGNS if not options.names or each.name in options.names]
    print(f"seed {options.seed}, {options.seconds:g} s at most", flush=True)
    figures = conduct_all(chosen, options.seed, options.seconds)
    failures = [each for one in figures for each in one.failures]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    table = f"{render(figures)}\n{python}, seed {options.seed}"
    print(table)
    for one in figures:
        for failure in one.failures[:SHOWN]:
            print(f"\nFAILED {failure}")
    if options.write and not options.names and not failures:
        write(table)
    return int(bool(failures))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m campaigns", description=__doc__)
    parser.add_argument("names", nargs="*", help="campaigns; all by default")
    given = float(os.environ.get("CAMPAIGN_SECONDS") or SECONDS)
    parser.add_argument("--seconds", type=float, default=given, help="in all; default %(default)g")
    parser.add_argument(
        "--seed", type=int, default=chance.randbelow(1 << 32), help="repeats a run; by chance"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/campaigns.md if all is well"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
