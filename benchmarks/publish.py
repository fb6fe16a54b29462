"""`python -m benchmarks.publish`: the picture and the tables of the docs, from the last full run.

`make bench` keeps its figures in docs/benchmarks.json and calls this. A table stands between
`<!-- table: GROUPS -->` and `<!-- end of table -->` and has the rows of those groups.
"""

import re
from pathlib import Path
from typing import Final

from .picture import draw
from .results import Results
from .rows import ROWS
from .table import table

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
FIGURES: Final = DOCS / "benchmarks.json"
PICTURE: Final = DOCS / "benchmarks.svg"
PAGE: Final = DOCS / "benchmarks.md"

_TABLE: Final = re.compile(r"(<!-- table: (.*?) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def main() -> None:
    publish(Results.read(FIGURES))


def publish(results: Results) -> None:
    """Write the picture, and the tables into the page."""
    PICTURE.write_text(draw(results), encoding="utf-8")
    PAGE.write_text(tabled(PAGE.read_text("utf-8"), results), encoding="utf-8")


def tabled(page: str, results: Results) -> str:
    """`page` with the figures of `results` in its tables.

    `ValueError` where a table names a group that there is not, or a group stands in no table.
    """
    named = [group for match in _TABLE.finditer(page) for group in match[2].split(", ")]
    groups = {row.group for row in ROWS}
    if wrong := groups.symmetric_difference(named):
        raise ValueError(f"groups that no table or no row has: {', '.join(sorted(wrong))}")

    def filled(match: re.Match[str]) -> str:
        wanted = match[2].split(", ")
        lines = [line for line in results.lines if line.group in wanted]
        return f"{match[1]}```\n{table(lines)}\n{results.machine}\n```\n{match[3]}"

    return _TABLE.sub(filled, page)


if __name__ == "__main__":
    main()
