"""This client beneath the official SDK, next to what the SDK has there itself."""

from typing import Final

from ..subjects.plan import Mode
from .row import MODES, Figure, Row, cpu

_KINDS: Final = (
    ("beneath-answer", "answer", "chat completion", "call", 50, 0.9),
    ("beneath-responses", "responses-chunks", "Responses, an event per chunk", "event", 1, 0.7),
)


def _row(mode: Mode, kind: tuple[str, str, str, str, int, float]) -> Row:
    task, scenario, label, unit, count, target = kind
    return Row(
        name=f"{task}-{mode}",
        group="beneath",
        task=task,
        scenario=scenario,
        mode=mode,
        count=count,
        warm=10 if count > 1 else 1,
        figures=cpu(f"beneath the SDK: {label}, {mode}: CPU per {unit}", target),
        absent=("floor",),
        quick=False,
    )


def _held(mode: Mode) -> Row:
    label = f"beneath the SDK: 100 streams open, {mode}: RSS each"
    return Row(
        name=f"beneath-open-{mode}",
        group="beneath",
        task="beneath-hold",
        scenario="held",
        mode=mode,
        count=100,
        warm=100,
        fresh=True,
        figures=(Figure("rss", label, "bytes", 0.8),),
        absent=("floor",),
        quick=False,
    )


ROWS: Final[tuple[Row, ...]] = (
    *(_row(mode, kind) for kind in _KINDS for mode in MODES[:2]),
    *map(_held, MODES[:2]),
)
