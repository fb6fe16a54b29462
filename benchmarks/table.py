"""The table: one line per figure, ratios first."""

from collections.abc import Sequence
from typing import Final

from .results import Line, Results
from .rows import TRANSFER

_HEAD: Final = (
    *("", "to SDK", "target", "to floor", "target", ""),
    *("api_openai", "official", "floor"),
)


def render(results: Results) -> str:
    """A run as text; failures stand below the table."""
    return "\n".join([table(results.lines), *results.failures, results.machine])


def table(lines: Sequence[Line]) -> str:
    return columns([_HEAD, *map(_cells, lines)])


def columns(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells below each other, the first column to the left; a rule below the head."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    rows.insert(1, "-" * max(map(len, rows)))
    return "\n".join(rows)


def _cells(line: Line) -> tuple[str, ...]:
    limit = "" if line.limit is None else value(line.limit, line)
    return (
        line.label,
        ratio(line.ratio("official")),
        limit if line.target is None else f"{line.target:.3f}",
        ratio(line.ratio("floor")),
        "" if line.to_floor is None else f"{line.to_floor:.3f}",
        line.verdict,
        *(value(line.value(side), line) for side in ("ours", "official", "floor")),
    )


def ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.3f}" if ratio < 10 else f"{ratio:.1f}"


def value(value: float | None, line: Line) -> str:
    """A figure in the unit that people read it in."""
    if value is None:
        return "-"
    match line.unit:
        case "seconds":
            return _scaled(value, ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")))
        case "bytes":
            return _scaled(value, ((1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")))
        case "transfer":
            return f"{TRANSFER / 1e6 / value:.0f} MB/s"
        case "modules":
            return f"{value:.0f}"


def _scaled(value: float, units: tuple[tuple[float, str], ...]) -> str:
    size, name = next((unit for unit in units if value >= unit[0]), units[-1])
    return f"{value / size:.3g} {name}" if value / size < 1000 else f"{value / size:.0f} {name}"
