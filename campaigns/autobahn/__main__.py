"""`python -m campaigns.autobahn`: run the Autobahn test suite in both roles, and print its verdicts."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from .roles import ROLES, play
from .suite import SUITE, NoPython27, installed
from .table import GROUPS, Group, faults, render, write

REPORTS: Final = Path(__file__).parents[2] / "build" / "autobahn"

_PARTS: Final = {12: 5, 13: 7}
"""Groups that take long are run part by part."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all cases; 1 when a verdict is not what it has to be."""
    options = _options(arguments)
    groups = [group for group in GROUPS if not options.groups or group.number in options.groups]
    if unknown := {*options.groups} - {group.number for group in groups}:
        known = ", ".join(str(group.number) for group in GROUPS)
        print(f"no group is number {', '.join(map(str, sorted(unknown)))}; there are {known}")
        return 2
    try:
        program = installed()
    except NoPython27 as error:
        print(f"skipped: the Autobahn test suite needs Python 2.7: {error}")
        return 0
    roles = _run(program, groups, options.jobs)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    table = f"{render(roles, groups)}\n{SUITE.replace('==', ' ')}, {python}"
    print(table)
    found = [f"{role}: {each}" for role in ROLES for each in faults(roles[role], groups)]
    for each in found:
        print(f"FAILED as {each}")
    if found:
        print(f"its reports are in {REPORTS}")
    elif options.write and not options.groups:
        write(table)
    return int(bool(found))


def _run(program: Path, groups: Sequence[Group], jobs: int) -> dict[str, dict[str, str]]:
    """Run every part in a process of its own, so many at a time."""
    roles: dict[str, dict[str, str]] = {role: {} for role in ROLES}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {
            pool.submit(play, role, program, cases, REPORTS / role / cases.rstrip(".*")): (
                str(role),
                cases,
            )
            for cases in _patterns(groups)
            for role in ROLES
        }
        began = time.monotonic()
        for done in as_completed(waiting):
            role, cases = waiting[done]
            if error := done.exception():
                print(f"{role}, {cases}: {type(error).__name__}: {error}", flush=True)
                continue
            verdicts = done.result()
            roles[role] |= verdicts
            print(
                f"{time.monotonic() - began:6.0f} s  {role}, {cases}: {len(verdicts)} cases",
                flush=True,
            )
    return roles


def _patterns(groups: Sequence[Group]) -> list[str]:
    """The parts, those that take long first."""
    parts = {group.number: _PARTS.get(group.number, 0) for group in groups}
    long = [f"{number}.{part}.*" for number, of in parts.items() for part in range(1, of + 1)]
    return long + [f"{number}.*" for number, of in parts.items() if not of]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m campaigns.autobahn", description=__doc__)
    parser.add_argument("groups", nargs="*", type=int, help="their numbers; all by default")
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 2,
        help="parts that run at a time; default %(default)s",
    )
    parser.add_argument(
        "--write",
        action="store_true",
        help="put the table into docs/websocket-conformance.md if all is well",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
