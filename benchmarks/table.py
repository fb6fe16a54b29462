"""The table: one line per figure, ratios first."""

from collections.abc import Iterable, Iterator
from typing import Final

from .harness import Outcome
from .rows import TRANSFER, Figure

_HEAD: Final = ("", "ratio", "target", "", "to floor", "api_openai", "official", "floor")


def render(outcomes: Iterable[Outcome]) -> str:
    """All outcomes as text; failures stand below the table."""
    outcomes = list(outcomes)
    lines = [_HEAD, *(cells for outcome in outcomes for cells in _lines(outcome))]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    rows = [
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for line in lines
    ]
    rows.insert(1, "-" * max(map(len, rows)))
    failed = [
        f"{outcome.row.name}: {one} failed: {reason}"
        for outcome in outcomes
        for one, reason in outcome.failures.items()
    ]
    return "\n".join([*rows, *failed])


def _lines(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    for figure in outcome.row.figures:
        yield (
            figure.label,
            _ratio(outcome.ratio("official", figure.key)),
            _target(figure),
            verdict(outcome, figure),
            _ratio(outcome.ratio("floor", figure.key)),
            *(
                _value(outcome.value(who, figure.key), figure)
                for who in ("ours", "official", "floor")
            ),
        )


def verdict(outcome: Outcome, figure: Figure) -> str:
    """`ok` or `MISSED` where there is a target and something to compare, else empty."""
    ratio, value = outcome.ratio("official", figure.key), outcome.value("ours", figure.key)
    if figure.target is not None and ratio is not None:
        return "ok" if ratio <= figure.target else "MISSED"
    if figure.limit is not None and value is not None:
        return "ok" if value <= figure.limit else "MISSED"
    return ""


def _target(figure: Figure) -> str:
    if figure.target is not None:
        return f"{figure.target:.3f}"
    return "" if figure.limit is None else _value(figure.limit, figure)


def _ratio(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.3f}" if ratio < 10 else f"{ratio:.1f}"


def _value(value: float | None, figure: Figure) -> str:
    if value is None:
        return "-"
    match figure.unit:
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
