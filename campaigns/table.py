"""The table of figures, printed and in the docs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .harness import Figures

PAGE: Final = Path(__file__).parent.parent / "docs" / "campaigns.md"
BEGIN: Final = "<!-- The figures: written by `python -m campaigns --write` -->\n"
END: Final = "<!-- end of the figures -->\n"

_HEAD: Final = ("", "cases", "failed", "seconds", "what is tried, and what has to hold")


def render(figures: Iterable[Figures]) -> str:
    """A line for each campaign, and their sum."""
    figures = [*figures]
    lines: list[tuple[str, str, str, str, str]] = [_HEAD]
    for one in figures:
        lines.append(_line(one.campaign.name, [one], one.campaign.what))
    lines.append(_line("all", figures, ""))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    rows = [
        "  ".join((name.ljust(widths[0]), *map(str.rjust, cells, widths[1:]), what)).rstrip()
        for name, *cells, what in lines
    ]
    rows.insert(1, "-" * max(map(len, rows)))
    return "\n".join(rows)


def _line(name: str, figures: list[Figures], what: str) -> tuple[str, str, str, str, str]:
    tried = sum(one.tried for one in figures)
    failed = sum(len(one.failures) for one in figures)
    return name, f"{tried:,}", f"{failed:,}", f"{sum(one.seconds for one in figures):.0f}", what


def write(table: str) -> None:
    """Put a table into the page, in place of the last."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n```\n{table}\n```\n\n{END}{after}")
