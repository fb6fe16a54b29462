"""The figures of a simulation as tables of a page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from .drawing import picture
from .figures import CALLS, PATIENCE, SEED, Run
from .servers import ILL
from .stacks import STACKS

DOCS: Final = Path(__file__).resolve().parents[2] / "docs" / "policies"
PAGE: Final = DOCS / "simulation.md"
PICTURE: Final = DOCS / "simulation.svg"
BEGIN: Final = "<!-- figures: python -m campaigns.simulation -->"
END: Final = "<!-- end of figures -->"
HEAD: Final = (
    "| stack | answered | of no policy's | requests | while ill | refused | waited, s | 99 % within, s "
    "| recovery, s |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def tables(runs: Sequence[Run]) -> str:
    """Return a table for each server, and one of the stacks."""
    parts = ["| stack | policies |\n|---|---|"]
    parts[0] += "".join(f"\n| {name} | {written} |" for name, (written, _) in STACKS.items())
    for server in ILL:
        of_server = [run for run in runs if run.server is server]
        [bare] = [run for run in of_server if run.stack == "none"]
        rows = "\n".join(row(run, bare) for run in of_server)
        parts.append(f"### {server.name.capitalize()}\n\nIll, it {server.what}.\n\n{HEAD}\n{rows}")
    last = (
        f"{CALLS:,} calls of each stack to each server, {PATIENCE:g} s for each call; seed {SEED}."
    )
    return "\n\n".join([*parts, last])


def row(run: Run, bare: Run) -> str:
    """Return the line of one stack."""
    return (
        f"| {run.stack} | {run.answered:,} | {run.answered / bare.answered:.0%} | {run.attempts:,} "
        f"| {run.while_ill:,} | {run.refused:,} | {run.waited:,.0f} | {run.slowest:.1f} "
        f"| {run.recovery:.1f} |"
    )


def page(text: str, runs: Sequence[Run]) -> str:
    """Return the page with the figures of these runs."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(runs)}\n\n{END}{after}"


def write(runs: Sequence[Run]) -> None:
    """Write the page and its picture."""
    PAGE.write_text(page(PAGE.read_text("utf-8"), runs), "utf-8")
    PICTURE.write_text(picture(runs), "utf-8")
