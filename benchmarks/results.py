"""The figures of one run: what was measured in every round, and what follows from it."""

import os
import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Self, get_args

import msgspec

from .rows import Figure, Unit
from .subjects.plan import Side

if TYPE_CHECKING:
    from .harness import Outcome


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure of one row. `rounds` has a value per round of everybody who was measured."""

    row: str
    group: str
    key: str
    label: str
    unit: Unit
    rounds: dict[Side, list[float]]
    target: float | None = None
    limit: float | None = None
    to_floor: float | None = None
    bar: str = ""

    def value(self, side: Side) -> float | None:
        """The median over the rounds."""
        values = self.rounds.get(side)
        return median(values) if values else None

    def ratio(self, side: Side) -> float | None:
        """Our figure by that of `side`: the median of the ratios of each round."""
        pairs = zip(self.rounds.get("ours", ()), self.rounds.get(side, ()), strict=False)
        ratios = [ours / theirs for ours, theirs in pairs if theirs]
        return median(ratios) if ratios else None

    @property
    def verdict(self) -> str:
        """`ok` or `MISSED` where there is a target and something to compare, else empty."""
        bounds = (
            (self.ratio("official"), self.target),
            (self.ratio("floor"), self.to_floor),
            (self.value("ours"), self.limit),
        )
        held = [
            figure <= bound for figure, bound in bounds if figure is not None and bound is not None
        ]
        return "" if not held else "ok" if all(held) else "MISSED"


class Results(msgspec.Struct, frozen=True):
    """A run. `machine` is said below the table: interpreter, peer, cores, how long it took."""

    machine: str
    lines: tuple[Line, ...]
    failures: tuple[str, ...] = ()

    @classmethod
    def of(cls, outcomes: Iterable["Outcome"], seconds: float) -> Self:
        outcomes = list(outcomes)
        return cls(
            _machine(seconds),
            tuple(line for outcome in outcomes for line in lines(outcome)),
            tuple(
                f"{outcome.row.name}: {one} failed: {reason}"
                for outcome in outcomes
                for one, reason in outcome.failures.items()
            ),
        )

    @classmethod
    def read(cls, file: Path) -> Self:
        return msgspec.json.decode(file.read_bytes(), type=cls)

    def write(self, file: Path) -> None:
        """One line of the file for each line of the table, so that two runs can be compared."""
        encode = msgspec.json.Encoder().encode
        listed = b",\n  ".join(map(encode, self.lines))
        file.write_bytes(
            b'{"machine": %b,\n "failures": %b,\n "lines": [\n  %b\n]}\n'
            % (encode(self.machine), encode(self.failures), listed)
        )


def lines(outcome: "Outcome") -> Iterator[Line]:
    """The lines of one row; of several variants of a subject the best."""
    bests = [(side, outcome.best(side)) for side in get_args(Side)]
    for figure in outcome.row.figures:
        measured: dict[Side, list[float]] = {
            side: [float(f"{figures[figure.key]:.4g}") for figures in outcome.rounds[best]]
            for side, best in bests
            if best is not None
        }
        yield line(outcome.row.name, outcome.row.group, figure, measured)


def line(row: str, group: str, figure: Figure, measured: dict[Side, list[float]]) -> Line:
    return Line(
        row,
        group,
        figure.key,
        figure.label,
        figure.unit,
        measured,
        figure.target,
        figure.limit,
        figure.to_floor,
        figure.bar,
    )


def _machine(seconds: float) -> str:
    try:
        peer = f"official SDK {version('openai')}"
    except PackageNotFoundError:
        peer = "no official SDK"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {peer}, {os.cpu_count()} cores, {seconds:.0f} s"
