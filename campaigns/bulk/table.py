"""The table of figures, printed and in the docs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .measures import Figure

PAGE: Final = Path(__file__).parents[2] / "docs" / "campaigns.md"
BEGIN: Final = "<!-- Bulk: written by `python -m campaigns.bulk --write` -->\n"
END: Final = "<!-- end of bulk -->\n"


def render(figures: Iterable[Figure]) -> str:
    """A line for each figure."""
    lines = [("is", "at most", ""), *map(_line, figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    rows = [
        f"{value.rjust(widths[0])}  {most.rjust(widths[1])}  {what}".rstrip()
        for value, most, what in lines
    ]
    rows.insert(1, "-" * max(map(len, rows)))
    return "\n".join(rows)


def _line(figure: Figure) -> tuple[str, str, str]:
    value = f"{figure.value:g}" if figure.value == int(figure.value) else f"{figure.value:.2f}"
    return value, f"{figure.most:g}", figure.what + ("" if figure.fine else "  TOO MUCH")


def write(table: str) -> None:
    """Put a table into the page, in place of the last."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n```\n{table}\n```\n\n{END}{after}")
